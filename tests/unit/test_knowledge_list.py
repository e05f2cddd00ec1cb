"""The reviewed list: every record keeps the rules, and a broken one is caught by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.cards import CITIES, LocalText
from core.errors import InvalidInput
from knowledge.catalogue import (
    DATA,
    BrokenList,
    Catalogue,
    UnknownService,
    load_catalogue,
    make_catalogue,
    read_snapshot,
)
from knowledge.differences import compare, differs
from knowledge.facts import in_force, on_day, statements
from knowledge.model import FeeFact, ServiceItem, TextFact, TimeFact
from knowledge.present import list_services, service_json
from knowledge.validate import check

TODAY = dt.date(2026, 11, 23)


@cache
def the_list() -> Catalogue:
    """The list in the tree."""
    return load_catalogue()


def _with(item: ServiceItem, **changes: Any) -> Catalogue:
    """The list with one item changed."""
    whole = the_list()
    records = [record for found in whole.records.values() for record in found.values()]
    return make_catalogue([*records, item.model_copy(update=changes)])


def _errors(catalogue: Catalogue) -> list[str]:
    return [str(finding) for finding in check(catalogue) if finding.level == "error"]


def test_every_record_keeps_the_rules() -> None:
    """The build fails on a broken record: this is the check that fails it."""
    assert _errors(the_list()) == []
    assert len(the_list().items) == 106


def test_a_promise_longer_than_the_law_is_an_error() -> None:
    """promise <= statutory, in every city."""
    item = the_list().get("SG-HR-004")
    time = TimeFact(
        text=LocalText(zh="五天", en="five days"), statutory_days=Decimal(3),
        promise_days=Decimal(5), unit="working_day", status="to_confirm", source="DEMO",
        as_of=TODAY,
    )  # fmt: skip
    broken = _with(item, common=item.common.model_copy(update={"time": time}), cities={
        city: v.model_copy(update={"time": None}) if v else None for city, v in item.cities.items()
    })  # fmt: skip
    assert any("promised time" in line for line in _errors(broken))


def test_missing_english_unknown_relations_and_shared_names_are_errors() -> None:
    """Half a translation, a dangling code and an ambiguous alias never reach residents."""
    item = the_list().get("SG-HR-004")
    other = the_list().get("SG-HR-003")
    assert any("missing in zh or en" in e for e in _errors(
        _with(item, summary=LocalText(zh="补卡", en=" "))))  # fmt: skip
    assert any("unknown item" in e for e in _errors(_with(item, related=["SG-ZZ-999"])))
    assert any("share the name" in e for e in _errors(_with(item, name=other.name)))
    assert any("without a source" in e for e in _errors(_with(item, sources=[])))


def test_channels_need_hours_and_real_phones() -> None:
    """A channel without hours, or a telephone number that is none, is an error."""
    item = the_list().get("SG-HF-002")
    variant = item.cities["shenzhen"]
    assert variant is not None
    offer = variant.channels[0].model_copy(update={"hours": None, "phone": "call us"})
    cities = {**item.cities, "shenzhen": variant.model_copy(update={"channels": [offer]})}
    found = " ".join(_errors(_with(item, cities=cities)))
    assert "channel without hours" in found
    assert "not a phone number" in found


def test_what_an_unofficial_copy_says_is_never_called_verified() -> None:
    """ "Verified" means read from the issuing body; a copy is "reported" at best."""
    item = the_list().get("SG-PS-017")
    note = TextFact(
        text=LocalText(zh="半天", en="half a day"), status="verified", source="S28", as_of=TODAY
    )
    broken = _with(item, common=item.common.model_copy(update={"notes": [note]}))
    assert any("not official" in line for line in _errors(broken))


def test_unreadable_files_are_all_named_at_once(tmp_path: Path) -> None:
    """An editor sees every broken file in one go, with the field."""
    (tmp_path / "items").mkdir()
    (tmp_path / "sources.yaml").write_text((DATA / "sources.yaml").read_text(encoding="utf-8"))
    record = yaml.safe_load((DATA / "items" / "SG-HR-004.yaml").read_text(encoding="utf-8"))
    (tmp_path / "items" / "a.yaml").write_text("item_id: [unclosed")
    (tmp_path / "items" / "b.yaml").write_text(yaml.safe_dump({**record, "colour": "red"}))
    with pytest.raises(BrokenList) as caught:
        load_catalogue(tmp_path)
    files = caught.value.details["files"]
    assert set(files) == {"a.yaml", "b.yaml"}
    assert any("colour" in problem for problem in files["b.yaml"])


def test_a_snapshot_is_the_same_list() -> None:
    """What an index carries is exactly what was published, under the same version."""
    again = read_snapshot(the_list().snapshot)
    assert again.version == the_list().version
    assert dict(again.items) == dict(the_list().items)


def test_the_version_changes_with_the_content() -> None:
    """Two lists never share a version."""
    item = the_list().get("SG-HR-004")
    changed = read_snapshot(_with(item, summary=LocalText(zh="改了", en="changed")).snapshot)
    assert changed.version != the_list().version


def test_codes_are_found_in_any_case_and_unknown_ones_say_so() -> None:
    """`sg-hr-004` is SG-HR-004; a made-up code is a typed error in both languages."""
    assert the_list().get(" sg-hr-004 ").item_id == "SG-HR-004"
    with pytest.raises(UnknownService) as caught:
        the_list().get("SG-XX-999")
    assert "SG-XX-999" in caught.value.message("zh")
    assert caught.value.status == 404


def test_one_city_items_of_a_pair_are_sisters() -> None:
    """The purchase withdrawal of Shenzhen answers for Dongguan's and the reverse."""
    assert the_list().sister("SG-HF-004") == "SG-HF-005"
    assert the_list().sister("SG-HF-003") == "SG-HF-002"
    assert the_list().sister("SG-ED-001") == "SG-ED-002", "the cities' names for it differ"
    assert the_list().sister("SG-HF-006") is None
    assert the_list().sister("SG-TR-003") is None
    assert the_list().sister("SG-HR-004") is None


def _fee(amount: int, start: str | None, end: str | None) -> FeeFact:
    words = LocalText(zh=f"{amount} 元", en=f"CNY {amount}")
    return FeeFact.model_validate({
        "name": words.model_dump(), "text": words.model_dump(), "amount": amount,
        "valid_from": start, "valid_to": end, "status": "verified", "source": "S23",
        "as_of": "2026-01-01",
    })  # fmt: skip


def test_rules_change_on_their_date() -> None:
    """The day before and the day after a change give different answers; `valid_to` is the first day after."""
    fees = [_fee(10, None, "2027-01-01"), _fee(20, "2027-01-01", None)]
    assert [f.amount for f in in_force(fees, dt.date(2026, 12, 31))] == [10]
    assert [f.amount for f in in_force(fees, dt.date(2027, 1, 1))] == [20]


def test_the_expired_rent_rule_is_not_quoted() -> None:
    """Shenzhen's 100 % rule ended in October 2025, the 80 % one ends in October 2027."""
    item = the_list().get("SG-HF-002")
    for day, there, gone in (
        (dt.date(2025, 10, 1), "2023年11月1日至2025年10月31日", "80%提取。"),
        (dt.date(2026, 11, 23), "按月缴存额的80%提取", "旧办法按100%"),
    ):
        variant = on_day(item, "shenzhen", day)
        assert variant is not None
        words = " ".join(s.text for s in statements(variant, "zh") if s.facet == "overview")
        assert there in words
        assert gone not in words


def test_differences_are_computed_and_ignore_the_cities_own_names() -> None:
    """「深圳市公积金中心」 and 「东莞市公积金中心」 are the same answer; different amounts are not."""
    assert not differs("深圳市公积金中心窗口", "东莞市公积金中心窗口")
    assert differs("20 元", "免费")
    rows = compare(the_list(), the_list().get("SG-HF-005"), lang="zh", today=TODAY)
    assert rows[0].shenzhen is not None
    assert "SG-HF-004" in rows[0].shenzhen
    assert any(row.differs and row.facet == "eligibility" for row in rows)


def test_a_one_city_matter_says_so() -> None:
    """Shenzhen's plate quota has no Dongguan column to invent."""
    rows = compare(the_list(), the_list().get("SG-TR-003"), lang="en", today=TODAY)
    assert [(row.facet, row.dongguan) for row in rows] == [("which_city", None)]


@pytest.mark.parametrize("code", sorted(load_catalogue().items))
def test_every_item_can_be_shown(code: str) -> None:
    """The API shape holds for every item: both cities named, sources resolved, nothing dangling."""
    item = the_list().get(code)
    shown = service_json(item, the_list(), lang="en", today=TODAY)
    assert set(shown["cities"]) == set(CITIES)
    assert any(shown["cities"].values())
    assert [source["id"] for source in shown["sources"]] == list(item.sources)
    assert all(row["differs"] for row in shown["differences"])
    assert shown["status"] in ("verified", "reported", "to_confirm")


def test_the_list_is_paged_and_filtered() -> None:
    """Pages cover everything once; filters agree with the items; bad pages are refused."""
    seen: list[str] = []
    for page in (1, 2, 3):
        part = list_services(the_list(), page=page, page_size=50)
        seen += [item["code"] for item in part["items"]]
    assert seen == list(the_list().items)
    dongguan = list_services(the_list(), city="dongguan", page_size=200)
    assert "SG-TR-003" not in [item["code"] for item in dongguan["items"]]
    assert list_services(the_list(), domain="tax")["total"] == 5
    kiosks = list_services(the_list(), channel="kiosk", mode="nationwide", page_size=200)
    assert all("nationwide" in item["cross_city_modes"] for item in kiosks["items"])
    assert list_services(the_list(), domain="nothing")["total"] == 0
    with pytest.raises(InvalidInput):
        list_services(the_list(), page=0)
