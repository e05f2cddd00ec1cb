"""The validator: every rule of the list, each broken once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from knowledge.catalogue import OutsideMatters, Record, make_catalogue
from knowledge.model import (
    Bundle,
    Centre,
    DoorToDoorOffer,
    LiaisonContact,
    ServiceItem,
    SourceRecord,
)
from knowledge.rules import is_phone, is_url
from knowledge.validate import Finding, check
from tests.list_factory import DAY, contact, demo_source, item, material, small_list

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"
TODAY = dt.date(2026, 11, 24)


def _fact(**values: Any) -> dict[str, Any]:
    return {"status": "to_confirm", "source": "DEMO", "as_of": DAY.isoformat(), **values}


def _words(name: str) -> dict[str, str]:
    return {"zh": f"名{name}", "en": name}


def centre(**changes: Any) -> Centre:
    """A hall with one window."""
    window = {"number": "1", "name": _words("window"), "serves": ["dongguan"], "items": [HR1]}
    body = _fact(
        id="DG-TEST", city="dongguan", level="town", district=_words("town"), name=_words("hall"),
        address=_words("street"), lat=22.9, lon=113.8, windows=[window], phones=["12345"],
        hours=[{"days": [1, 2], "opens": "09:00", "closes": "17:00"}],
    )  # fmt: skip
    return Centre.model_validate(body | changes)


def bundle(**changes: Any) -> Bundle:
    """Two matters, the second after the first."""
    body = _fact(
        id="B-TEST", name=_words("move"), summary=_words("moving"), wordings={},
        steps=[{"item": HR1}, {"item": HR2, "after": [HR1]}],
        questions=[{"id": "has_child", "text": _words("child"), "items": [HR2]}],
    )  # fmt: skip
    return Bundle.model_validate(body | changes)


def _shared(name: str, *materials: str) -> dict[str, Any]:
    """One paper for these materials."""
    return {"id": name, "name": _words(name), "materials": list(materials)}


def offer(**changes: Any) -> DoorToDoorOffer:
    """A team for one matter."""
    body = _fact(
        id="D-DG-1", city="dongguan", name=_words("team"), area=_words("area"), sites=_words("site"),
        items=[HR1], slots=_words("slots"), phone="12345",
    )  # fmt: skip
    return DoorToDoorOffer.model_validate(body | changes)


def _changed(record: BaseModel, **changes: Any) -> Any:
    return type(record).model_validate(record.model_dump(mode="json") | changes)


def _item(**common: Any) -> ServiceItem:
    """The first item with fields of `common` replaced."""
    whole = item(HR1, "社保卡补办", "Replace a social security card").model_dump(mode="json")
    return ServiceItem.model_validate({**whole, "common": {**whole["common"], **common}})


def _time(**changes: Any) -> dict[str, Any]:
    return _fact(text=_words("time"), unit="working_day", **changes)


def _fee(**changes: Any) -> dict[str, Any]:
    return _fact(name=_words("fee"), text=_words("cost"), amount=10) | changes


def _channel(**changes: Any) -> dict[str, Any]:
    return _fact(channel="online", name=_words("web"), hours=_words("always")) | changes


def _found(*records: Record) -> list[Finding]:
    base = [r for kind in small_list().records.values() for r in kind.values()]
    return check(make_catalogue([*base, centre(), bundle(), offer(), *records]), TODAY)


def test_a_list_that_keeps_the_rules_has_no_finding() -> None:
    """What the other tests break is whole."""
    assert _found() == []


BROKEN: list[tuple[Record, str]] = [
    (_item(time=_time(promise_days=5, statutory_days=3)), "promised time is longer"),
    (_item(later_times=[_time()]), "later time without valid_from"),
    (
        _item(later_times=[
            _time(valid_from="2027-01-01", valid_to="2027-03-01"), _time(valid_from="2027-02-01"),
        ]),
        "two later times hold on 2027-02-01",
    ),
    (_item(fees=[_fee()]), "charged without a basis"),
    (_item(channels=[_channel(hours=None)]), "channel without hours"),
    (_item(channels=[_channel(url="www.example")]), "not a web address"),
    (_item(channels=[_channel(phone="call us")]), "not a phone number"),
    (_item(phones=["0769"  "-1"]), "not a phone number"),
    (_item(materials=[]), "missing in the city and in common"),
    (_item(materials=[material("a_form", "表", "Form", need="conditional")]), "without a condition"),
    (_item(materials=[material("a_form", "表", "Form", form_url="ftp://x")]), "not a web address"),
    (_item(materials=[material("a_form", "表", "Form")] * 2), "listed twice"),
    (_item(steps=[_fact(text={"zh": "做", "en": " "})]), "missing in zh or en"),
    (_item(notes=[_fact(text=_words("n"), valid_from="2027-01-01", valid_to="2027-01-01")]),
     "valid_from is not before valid_to"),
    (_item(notes=[_fact(text=_words("n")) | {"source": "S99"}]), "unknown source S99"),
    (_item(notes=[_fact(text=_words("n")) | {"status": "verified"}]), "must have status to_confirm"),
    (_changed(_item(), valid_from="2027-01-02", valid_to="2027-01-01"), "not before valid_to"),
    (_changed(_item(), related=["SG-ZZ-999"]), "unknown item SG-ZZ-999"),
    (_changed(_item(), sources=[]), "without a source"),
    (_changed(_item(), same_standard={"level": "full", "source": "S98"}), "unknown source S98"),
    (_changed(_item(), name={"zh": "社保卡申领", "en": "Other"}), "share the name or alias"),
    (SourceRecord(id="S1", title=demo_source().title, url="nowhere", kind="official"),
     "not a web address"),
    (centre(windows=[], terminals=[]), "no window and no terminal"),
    (centre(hours=[{"days": [1], "opens": "17:00", "closes": "09:00"}]), "opens is not before closes"),
    (centre(hours=[]), "never open"),
    (centre(phones=["none"]), "not a phone number"),
    (centre(windows=[{"number": "1", "name": _words("w"), "serves": [], "items": []}]), "serves no city"),
    (centre(terminals=[
        {"id": "T1", "name": _words("t"), "serves": ["dongguan"], "items": ["SG-ZZ-998"]}]),
     "unknown item SG-ZZ-998"),
    (centre(source="S97"), "unknown source S97"),
    (bundle(steps=[{"item": HR1, "after": [HR2]}, {"item": HR2, "after": [HR1]}]),
     "wait for each other"),
    (bundle(steps=[{"item": HR1}, {"item": HR2, "after": [HF1]}]), "is no step of this bundle"),
    (bundle(steps=[{"item": HR1}, {"item": "SG-ZZ-997"}], questions=[]), "unknown item SG-ZZ-997"),
    (bundle(steps=[{"item": HR1}, {"item": HR1}], questions=[]), "is there twice"),
    (bundle(questions=[{"id": "has_car", "text": _words("car"), "items": [HF1]}]),
     "is no step of this bundle"),
    (bundle(questions=[{"id": "has_car", "text": _words("car"), "items": [], "skips": [HF1]}]),
     "is no step of this bundle"),
    (bundle(steps=[{"item": HR1, "without": ["no_such"]}, {"item": HR2}]),
     f"no_such is no material of {HR1}"),
    (bundle(steps=[{"item": HR1, "needs": ["no_such"]}, {"item": HR2}]),
     f"no_such is no material of {HR1}"),
    (bundle(steps=[{"item": HR1, "needs": ["id_card"], "without": ["id_card"]}, {"item": HR2}]),
     "id_card is left out"),
    (bundle(steps=[{"item": HR1, "gives": ["no_such"]}, {"item": HR2}]),
     "no_such is asked for by no other step"),
    (bundle(shared_materials=[_shared("papers", "no_such")]), "no_such is no material of a step"),
    (bundle(shared_materials=[_shared("papers", "id_card"), _shared("papers")]), "papers is there twice"),
    (bundle(shared_materials=[_shared("papers", "id_card"), _shared("others", "id_card")]),
     "id_card is there twice"),
    (bundle(shared_materials=[_shared("id_card")]), "id_card is another material"),
    (bundle(name={"zh": "", "en": "x"}), "missing in zh or en"),
    (offer(items=["SG-ZZ-996"]), "unknown item SG-ZZ-996"),
    (offer(phone="x"), "not a phone number"),
    (OutsideMatters.model_validate({"names": [{"zh": "社保卡补办", "en": "x"}]}),
     "社保卡补办 is what SG-HR-001 is called"),
    (_changed(contact(), phone="x"), "not a phone number"),
    (_changed(_item(), as_of="2099-01-01"), "as_of 2099-01-01 is in the future"),
    (_item(notes=[_fact(text=_words("n")) | {"as_of": "2026-11-25"}]), "as_of 2026-11-25 is in the future"),
    (centre(as_of="2026-11-25"), "as_of 2026-11-25 is in the future"),
    (_changed(demo_source(), issued="2026-11-25"), "issued 2026-11-25 is in the future"),
    (centre(hours=[{"days": [1, 2], "opens": "09:00", "closes": "12:00"}] * 2),
     "09:00-12:00 and 09:00-12:00 overlap on day 1, 2"),
    (centre(hours=[
        {"days": [1, 2], "opens": "09:00", "closes": "12:00"},
        {"days": [2, 3], "opens": "11:00", "closes": "17:00"}]),
     "11:00-17:00 and 09:00-12:00 overlap on day 2"),
    (centre(hours=[{"days": [1, 1], "opens": "09:00", "closes": "12:00"}]), "a day is there twice"),
    (_changed(_item(), aliases={"zh": [], "en": [], "yue": ["社保卡申領"]}), "share the name or alias"),
    (_changed(contact(), domains=[]), "a contact for no field"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "problem"), BROKEN, ids=[problem for _, problem in BROKEN])
def test_a_broken_rule_is_an_error_with_its_place(record: Record, problem: str) -> None:
    """Publishing stops, and the editor reads where and what."""
    errors = [finding for finding in _found(record) if finding.level == "error"]
    assert any(problem in finding.problem for finding in errors), errors
    assert all(finding.where.strip() for finding in errors)


def test_what_was_known_today_was_known() -> None:
    """A fact read this morning can be published; a hall that closes for lunch is open twice a day."""
    halves = [
        {"days": [1, 2], "opens": "09:00", "closes": "12:00"},
        {"days": [1, 2], "opens": "12:00", "closes": "17:00"},
    ]
    assert _found(centre(as_of=TODAY.isoformat(), hours=halves)) == []


@pytest.mark.parametrize("days", ["-3", "NaN", "1e9", "0.001"])
def test_a_time_is_never_negative_nor_absurd(days: str) -> None:
    """No resident is promised a result three days before the application."""
    for field in ("promise_days", "statutory_days"):
        with pytest.raises(ValidationError):
            _item(time=_time(**{field: days}))
    with pytest.raises(ValidationError):
        _item(steps=[_fact(text=_words("step"), days=days)])


@pytest.mark.parametrize("amount", ["-1", "1e400", "NaN", "Infinity", "0.001", "10000000000"])
def test_a_fee_is_an_amount_that_can_be_paid(amount: str) -> None:
    """Yuan and fen, neither negative nor beyond measure."""
    with pytest.raises(ValidationError):
        _item(fees=[_fee(amount=amount)])


@pytest.mark.parametrize(
    "number",
    ["12345", "12333", "96111", "961111", "95598", "110", "122", "0755-82002345", "02083333333",
     "0662-3681111", "+86 755 82002345", "0769-12345", "13800138000", "400-700-0690", "800 123 4567"],
)  # fmt: skip
def test_numbers_that_can_be_called(number: str) -> None:
    """As they are printed on a door."""
    assert is_phone(number)


@pytest.mark.parametrize(
    "number",
    ["12345\n", " 12345", "999", "1234", "00000000000", "10000000000", "0000-00000000", "１２３４５",
     "0755-8200234", "0123-1234567", "0755-00000000", "+86 12345", "82002345", ""],
)  # fmt: skip
def test_numbers_that_nobody_answers(number: str) -> None:
    """A digit too few, a code that no place has, a character that no telephone has."""
    assert not is_phone(number)


@pytest.mark.parametrize(
    "address",
    ["https://www.sz.gov.cn", "http://a.gov.cn:8080/x/%E5%8A%9E?id=1&n=2/?#top", "http://219.133.105.1/x",
     "https://xn--fiqs8s.xn--fiqs8s/"],
)  # fmt: skip
def test_addresses_that_a_browser_opens(address: str) -> None:
    """With port, query, fragment, escapes; by number; of a Chinese domain."""
    assert is_url(address)


@pytest.mark.parametrize(
    "address",
    ['https://a.gov.cn/"><xy>{z}', "https://a.gov.cn/x\n", "https://a..gov.cn", "http://me:pw@a.gov.cn/",
     "https://a.gov.cn/{x}", "https://a.gov.cn/x|y", "https://a.gov.cn/%zz", "https://a.gov.cn/办",
     "https://a.gov.cn:0/", "https://a.gov.cn:99999/", "https://-a.gov.cn", "https://a.gov.cn /",
     "https://999.1.1.1/", "ftp://a.gov.cn", "https://a", "www.sz.gov.cn"],
)  # fmt: skip
def test_addresses_that_are_no_iri(address: str) -> None:
    """None of them gets into a card or into linked data."""
    assert not is_url(address)


def test_one_material_under_two_names_is_a_warning() -> None:
    """Merged lists of documents would show one of the names."""
    other = _item(materials=[material("id_card", "户口簿", "Household register")])
    (found,) = _found(other)
    assert (found.level, found.where) == ("warning", "material id_card")
    assert "户口簿" in found.problem


def test_a_shared_everyday_wording_is_a_warning() -> None:
    """Allowed, and worth a look."""
    whole = _item().model_dump(mode="json")
    spoken = small_list().items[HR2].colloquial.model_dump()
    assert [f.level for f in _found(_changed(_item(), **{**whole, "colloquial": spoken}))] == [
        "warning"
    ] * len({*spoken["zh"], *spoken["en"], *spoken["yue"]})


def test_dates_of_contacts_are_no_rule_but_stale() -> None:
    """An old contact stops nothing: `stale` tells of it."""
    old: LiaisonContact = contact(dt.date(2020, 1, 1))
    assert _found(old) == []
