"""Service centres: which fit a wish, whether they are open, how far away they are, how they are asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from core.cards import dump_card, flatten, parse_card
from core.i18n import LANGS, Lang
from knowledge.asked_places import ask
from knowledge.catalogue import Catalogue, load_catalogue
from knowledge.centre_card import MOST, centres_card, hours_lines, list_centres
from knowledge.centres import (
    UnknownCentre,
    Wish,
    distance_m,
    districts_named,
    find,
    get_centre,
    is_open,
    terminals_for,
    windows_for,
)
from knowledge.model import Centre

TODAY = dt.date(2026, 11, 24)
NOW = dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC)
"""Tuesday, 10:30 in the cities."""


@cache
def _list() -> Catalogue:
    return load_catalogue()


def _centre(**changes: Any) -> Centre:
    base = _list().centres["SZ-LHUA"].model_dump()
    return Centre.model_validate({**base, **changes})


def _ids(wish: Wish) -> list[str]:
    return [place.centre.id for place in find(_list(), wish, TODAY)]


def test_hours_are_those_of_the_cities_whatever_the_clock_says() -> None:
    """China Standard Time, half-open: open at 09:00, not any more at 12:00; Sunday closed."""
    centre = _centre(hours=[{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"}])
    for moment, expected in (
        (dt.datetime(2026, 11, 24, 0, 59, tzinfo=dt.UTC), False),  # 08:59
        (dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC), True),  # 09:00
        (dt.datetime(2026, 11, 24, 3, 59, tzinfo=dt.UTC), True),  # 11:59
        (dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC), False),  # 12:00
        (dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC), False),  # Sunday
        (dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.timezone(dt.timedelta(hours=-8))), True),
    ):
        assert is_open(centre, moment) is expected, moment


def test_distance_is_in_metres_and_orders_the_places() -> None:
    """The civic centres of the two cities are some sixty kilometres apart."""
    assert distance_m((22.5446, 114.0545), (22.5446, 114.0545)) == 0
    assert 45_000 < distance_m((22.5446, 114.0545), (23.0207, 113.7518)) < 75_000
    here = get_centre(_list(), "dg-ca")
    places = find(_list(), Wish(near=(here.lat, here.lon)), TODAY)
    assert places[0].centre.id == "DG-CA"
    assert places[0].distance_m == 0
    distances = [place.distance_m or 0 for place in places]
    assert distances == sorted(distances)


def test_every_condition_narrows_and_holds() -> None:
    """City, district, day-and-night machine, cross-city counter, facility: all must hold at once."""
    everything = _ids(Wish())
    assert len(everything) == len(_list().centres) >= 60
    for wish, holds in (
        (Wish(city="dongguan"), lambda c: c.city == "dongguan"),
        (Wish(districts=("龙华区",)), lambda c: c.district.zh == "龙华区"),
        (Wish(all_day=True), lambda c: any(t.all_day and t.in_service for t in c.terminals)),
        (Wish(cross_city=True), lambda c: any(w.cross_city for w in c.windows)),
        (
            Wish(accessibility=frozenset({"sign_language"})),
            lambda c: "sign_language" in c.accessibility,
        ),
        (Wish(open_at=NOW), lambda c: is_open(c, NOW)),
    ):
        found = _ids(wish)
        assert found
        assert set(found) == {c.id for c in _list().centres.values() if holds(c)}


def test_a_machine_out_of_service_or_without_the_matter_is_no_place_to_go() -> None:
    """Terminals do what they list and only while they are in service; counters what their field is, where
    the matter itself sends to such a place."""
    item = _list().get("SG-HR-005")
    centre = _list().centres["SZ-LHUA"]
    assert terminals_for(centre, item)
    broken = [t.model_copy(update={"in_service": False}) for t in centre.terminals]
    assert terminals_for(centre.model_copy(update={"terminals": broken}), item) == []
    assert all(
        item.item_id in w.items or item.domain in w.domains for w in windows_for(centre, item)
    )
    only_shenzhen = _list().get("SG-HF-002")
    for place in find(_list(), Wish(item=only_shenzhen), TODAY):
        assert all("shenzhen" in window.serves for window in place.windows)


@pytest.mark.parametrize(
    "code",
    [
        "SG-CA-001", "SG-CA-002", "SG-PS-010", "SG-PS-013", "SG-PS-018", "SG-HR-013", "SG-HR-018", "SG-ED-003",
        "SG-ED-004", "SG-JU-002", "SG-VA-001", "SG-HF-015", "SG-TX-001", "SG-HF-011", "SG-HR-006", "SG-MS-006",
    ],
)  # fmt: skip
def test_nobody_travels_to_a_hall_that_does_not_do_it(code: str) -> None:
    """Marriages are registered at a registry, passports at an exit-entry hall, and what is done wholly online
    nowhere: the list holds no such place, so it names none."""
    assert _ids(Wish(item=_list().get(code))) == []


def test_a_place_is_of_a_kind_that_the_matter_names() -> None:
    """The fund's own hall for the fund, the office of the street or town for relief, any hall of a city,
    district or town for reimbursement."""
    assert _ids(Wish(item=_list().get("SG-HF-004"))) == ["SZ-HPF"]
    for code, levels in (
        ("SG-CA-005", {"town", "subdistrict"}),
        ("SG-MI-006", {"city", "district", "town"}),
        ("SG-HR-004", {"city", "district", "town", "bureau"}),
    ):
        places = find(_list(), Wish(item=_list().get(code)), TODAY)
        assert {place.centre.level for place in places} == levels, code


def test_a_cross_city_counter_takes_what_may_be_filed_elsewhere() -> None:
    """A Shenzhen card is replaced at a cross-city counter in Dongguan; Shenzhen's job subsidies are not."""
    for code, there in (("SG-HR-004", True), ("SG-HR-016", False), ("SG-HF-002", False)):
        wish = Wish(item=_list().get(code), city="dongguan", cross_city=True)
        assert bool(_ids(wish)) is there, code


def test_a_counter_that_names_a_matter_takes_it() -> None:
    """Whatever kind of place it is; a counter of its own kind takes only what goes to that kind."""
    marriage = _list().get("SG-CA-001")
    window = {"number": "9", "name": {"zh": "婚姻", "en": "Marriage"}, "serves": ["shenzhen"]}
    for more, taken in (
        ({"items": ["SG-CA-001"]}, True),
        ({"domains": ["civil"]}, False),
        ({"domains": ["civil"], "kind": "marriage_registry"}, True),
        ({"domains": ["hrss"], "kind": "marriage_registry"}, False),
    ):
        centre = _centre(windows=[{**window, **more}])
        assert bool(windows_for(centre, marriage)) is taken, more


def test_a_centre_outside_its_validity_is_not_listed() -> None:
    """`Fact.holds` counts for places too."""
    closing = _centre(valid_to="2026-11-24")
    catalogue = replace(_list(), centres={closing.id: closing})
    assert find(catalogue, Wish(), TODAY) == []
    assert len(find(catalogue, Wish(), TODAY - dt.timedelta(days=1))) == 1


@pytest.mark.parametrize(
    ("text", "place", "wish", "rest"),
    [
        (
            "龙华哪里有自助机可以办社保卡",
            True,
            {"districts": ("龙华区",), "terminal": True},
            "办社保卡",
        ),
        ("哪个窗口可以跨城办", True, {"cross_city": True}, ""),
        (
            "nearest service centre in chang'an",
            True,
            {"districts": ("长安镇",), "city": "dongguan"},
            "",
        ),
        ("哪里有24小时自助终端", True, {"all_day": True, "terminal": True}, ""),
        ("哪个大厅可以坐轮椅进去", True, {"accessibility": frozenset({"step_free"})}, ""),
        ("龙华政务大厅现在开门吗", True, {"open_at": NOW, "districts": ("龙华区",)}, ""),
        ("深圳市民中心几点下班", True, {"ids": ("SZ-CITY",)}, ""),
        ("东莞市民服务中心周末开门吗", True, {"ids": ("DG-CITY",)}, ""),
        ("phone number of the nanshan service hall", True, {"districts": ("南山区",)}, ""),
        ("福田政务大厅有没有无障碍通道", True, {"accessibility": frozenset({"step_free"})}, ""),
        ("离长安镇最近能办深圳业务的窗口", True, {"cross_city": True, "city": "dongguan"}, ""),
        ("公司在前海，我在虎门的仓库干活，投诉去哪", False, {"districts": ()}, None),
        ("我住龙华，附近哪里有自助机", True, {"districts": ("龙华区",)}, None),
        ("社保卡丢了怎么补办", False, {}, None),
        ("disability subsidy where to apply", False, {}, None),
        ("priority queue for disabled people at service halls", False, {}, None),
        ("ticket machines hate my home return card", False, {"terminal": False}, None),
        ("we landed at terminal 3 last week", False, {"terminal": False}, None),
        ("is there a machine in nanshan that prints it", False, {"terminal": True}, None),
    ],
)
def test_questions_about_places_are_told_from_questions_about_matters(
    text: str, place: bool, wish: dict[str, Any], rest: str | None
) -> None:
    """Hall, counter or machine asked for as such; what is left names the matter, if any."""
    asked = ask(text, _list(), NOW)
    assert asked.place is place
    for name, value in wish.items():
        assert getattr(asked.wish, name) == value
    if rest is not None:
        assert asked.rest == rest


def test_what_the_list_does_not_hold_of_a_centre_is_named() -> None:
    """Parking, queues and video counters are not recorded: said, never guessed."""
    assert ask("塘厦政务服务中心可以停车吗", _list(), NOW).unrecorded == ("parking",)
    asked = ask("is the nanshan service hall busy", _list(), NOW)
    assert asked.unrecorded == ("queue",)
    places = find(_list(), Wish(districts=("塘厦镇",)), TODAY)
    card = centres_card(_list(), places, Wish(), lang="zh", now=NOW, unrecorded=("parking", "lift"))
    assert "没有记录这里的停车情况、" in card.note


def test_a_saturday_asked_for_is_saturday() -> None:
    """ "At the weekend" is ten o'clock on the coming Saturday, not now."""
    wish = ask("周末有没有开门的服务大厅", _list(), NOW).wish
    assert wish.open_at is not None
    assert wish.open_at.isoweekday() == 6
    assert ask("周末有没有开门的服务大厅", _list(), None).wish.open_at is None


def test_districts_and_ids_are_found_as_people_write_them() -> None:
    """With or without 区, 镇; in English; unknown ones find nothing instead of everything."""
    assert districts_named(_list(), "龙华") == districts_named(_list(), "longhua") == ("龙华区",)
    assert districts_named(_list(), "Chang’an") == ("长安镇",)
    assert _ids(Wish(districts=districts_named(_list(), "亚特兰蒂斯"))) == []
    with pytest.raises(UnknownCentre) as caught:
        get_centre(_list(), "SZ-NOWHERE")
    assert caught.value.status == 404


@pytest.mark.parametrize("lang", LANGS)
def test_the_card_has_at_most_five_places_with_all_one_needs(lang: Lang) -> None:
    """Name, address, hours, open or not, counters, how to get in; source, version, what to confirm."""
    wish = Wish(city="dongguan", cross_city=True)
    places = find(_list(), wish, TODAY)
    card = centres_card(_list(), places, wish, lang=lang, now=NOW)
    assert parse_card(dump_card(card)) == card
    assert len(card.centres) == MOST < card.total == len(places)
    for line in card.centres:
        assert line.city == "dongguan"
        assert line.hours
        assert line.open is is_open(_list().centres[line.id], NOW)
        assert line.source.id in _list().sources
    words = flatten(card)
    assert all(line.name in words and line.address in words for line in card.centres)
    assert card.list_version == _list().version
    assert card.disclaimer
    assert any(action.kind == "report" for action in card.actions)
    unknown = centres_card(_list(), places, wish, lang=lang, now=None)
    assert {line.open for line in unknown.centres} == {None}


def test_weekly_hours_read_like_a_notice_at_the_door() -> None:
    """Runs of days are joined, the same days share a line, every day is "every day"."""
    centre = _centre(
        hours=[
            {"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"},
            {"days": [1, 2, 3, 4, 5], "opens": "14:00", "closes": "18:00"},
            {"days": [6], "opens": "09:00", "closes": "12:00"},
        ],
        hours_note=None,
    )
    assert hours_lines(centre, "zh") == ["周一至周五 09:00–12:00、14:00–18:00", "周六 09:00–12:00"]
    daily = _centre(
        hours=[{"days": list(range(1, 8)), "opens": "00:00", "closes": "23:59"}], hours_note=None
    )
    assert hours_lines(daily, "en") == ["Every day 00:00–23:59"]


def test_pages_of_centres_cover_all_of_them_once() -> None:
    """Paging loses none and repeats none."""
    places = find(_list(), Wish(), TODAY)
    seen: list[str] = []
    for page in range(1, 5):
        body = list_centres(_list(), places, now=NOW, page=page, page_size=20)
        seen += [item["id"] for item in body["items"]]
        assert body["at"].endswith("+08:00")
    assert seen == [place.centre.id for place in places]
