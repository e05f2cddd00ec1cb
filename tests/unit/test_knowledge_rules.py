"""The validator: every rule of the list, each broken once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import BaseModel

from knowledge.catalogue import OutsideMatters, Record, make_catalogue
from knowledge.model import (
    Bundle,
    Centre,
    DoorToDoorOffer,
    LiaisonContact,
    ServiceItem,
    SourceRecord,
)
from knowledge.validate import Finding, check
from tests.list_factory import DAY, contact, demo_source, item, material, small_list

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"


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
    return check(make_catalogue([*base, centre(), bundle(), offer(), *records]))


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
    (_item(fees=[_fee(amount=-1)]), "negative amount"),
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
    (bundle(name={"zh": "", "en": "x"}), "missing in zh or en"),
    (offer(items=["SG-ZZ-996"]), "unknown item SG-ZZ-996"),
    (offer(phone="x"), "not a phone number"),
    (OutsideMatters.model_validate({"names": [{"zh": "社保卡补办", "en": "x"}]}),
     "社保卡补办 is what SG-HR-001 is called"),
    (_changed(contact(), phone="x"), "not a phone number"),
    (_changed(contact(), domains=[]), "a contact for no field"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "problem"), BROKEN, ids=[problem for _, problem in BROKEN])
def test_a_broken_rule_is_an_error_with_its_place(record: Record, problem: str) -> None:
    """Publishing stops, and the editor reads where and what."""
    errors = [finding for finding in _found(record) if finding.level == "error"]
    assert any(problem in finding.problem for finding in errors), errors
    assert all(finding.where.strip() for finding in errors)


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
