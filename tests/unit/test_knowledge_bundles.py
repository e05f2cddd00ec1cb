"""Life events: the order of the steps, merged documents, answers, time; rules that change on a date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from core.cards import CITIES, dump_card, flatten, parse_card
from core.errors import InvalidInput
from core.i18n import LANGS, Lang
from knowledge.answer_card import answer_card
from knowledge.bundle_card import bundle_card, bundle_json, given_answers
from knowledge.bundles import (
    BrokenBundle,
    UnknownBundle,
    get_bundle,
    plan,
    read_answers,
    write_answers,
)
from knowledge.catalogue import Catalogue, load_catalogue, make_catalogue
from knowledge.changes import coming
from knowledge.checklists import bundle_checklist
from knowledge.facts import exists, on_day
from knowledge.model import Bundle, ServiceItem, TimeFact
from knowledge.present import service_json

TODAY = dt.date(2026, 11, 24)
_FACT = {"status": "to_confirm", "source": "DEMO", "as_of": "2026-11-01"}
_TEXT = {"zh": "某事", "en": "something"}


@cache
def _list() -> Catalogue:
    return load_catalogue()


def _bundle(*steps: dict[str, Any], questions: list[dict[str, Any]] | None = None) -> Bundle:
    return Bundle.model_validate(
        {
            **_FACT, "id": "B-TEST", "name": _TEXT, "summary": _TEXT, "wordings": {},
            "steps": list(steps), "questions": questions or [],
        }
    )  # fmt: skip


def _with(*records: Any) -> Catalogue:
    whole = [record for found in _list().records.values() for record in found.values()]
    return make_catalogue([*whole, *records])


def _order(
    bundle: Bundle, answers: dict[str, bool] | None = None
) -> list[tuple[str, tuple[int, ...]]]:
    made = plan(_list(), bundle, answers or {}, TODAY)
    return [(step.item.item_id, step.after) for step in made.steps]


def test_steps_come_after_what_they_need_and_else_as_the_list_has_them() -> None:
    """Topological and stable: the same bundle always gives the same order."""
    bundle = _bundle(
        {"item": "SG-PS-004", "after": ["SG-PS-003"]},
        {"item": "SG-HR-003"},
        {"item": "SG-PS-003"},
        {"item": "SG-HF-010", "after": ["SG-PS-004", "SG-HR-003"]},
    )
    assert _order(bundle) == [
        ("SG-HR-003", ()), ("SG-PS-003", ()), ("SG-PS-004", (2,)), ("SG-HF-010", (1, 3)),
    ]  # fmt: skip


def test_a_circle_of_steps_is_a_typed_error() -> None:
    """Two steps that wait for each other never become a plan."""
    circle = _bundle(
        {"item": "SG-PS-004", "after": ["SG-PS-003"]}, {"item": "SG-PS-003", "after": ["SG-PS-004"]}
    )
    with pytest.raises(BrokenBundle) as caught:
        plan(_list(), circle, {}, TODAY)
    assert caught.value.details["steps"] == ["SG-PS-003", "SG-PS-004"]


def test_a_question_answered_no_takes_its_steps_out_and_keeps_the_order_of_the_rest() -> None:
    """Unanswered: the step stays, marked; no: it goes, and what came after it moves up."""
    bundle = _bundle(
        {"item": "SG-PS-003"},
        {"item": "SG-PS-004", "after": ["SG-PS-003"]},
        {"item": "SG-PS-005", "after": ["SG-PS-004"]},
        questions=[{"id": "rents", "text": _TEXT, "items": ["SG-PS-004"]}],
    )
    open_plan = plan(_list(), bundle, {}, TODAY)
    assert [step.asked_by for step in open_plan.steps] == [(), ("rents",), ()]
    assert _order(bundle, {"rents": False}) == [("SG-PS-003", ()), ("SG-PS-005", (1,))]
    assert plan(_list(), bundle, {"rents": True}, TODAY).steps[1].asked_by == ()


def test_documents_are_listed_once_with_the_steps_that_need_them() -> None:
    """Each id once; copies are the most that one step asks for; exempt ones are not brought."""
    made = plan(_list(), get_bundle(_list(), "b-move"), {}, TODAY)
    ids = [document.record.id for document in made.documents]
    assert len(ids) == len(set(ids))
    for document in made.documents:
        asked = [
            record
            for step in made.steps
            if step.number in document.steps
            for variant in step.variants.values()
            for record in variant.materials
            if record.id == document.record.id and record.need != "exempt"
        ]
        assert document.copies == max(record.copies for record in asked)
        assert document.record.need in {record.need for record in asked}
    every = {
        record.id
        for step in made.steps
        for variant in step.variants.values()
        for record in variant.materials
        if record.need != "exempt"
    }
    assert set(ids) == every


def _timed(code: str, days: str, unit: str = "working_day") -> ServiceItem:
    item = _list().get(code)
    time = TimeFact.model_validate({**_FACT, "text": _TEXT, "promise_days": days, "unit": unit})
    cities = {c: v and v.model_copy(update={"time": None}) for c, v in item.cities.items()}
    common = item.common.model_copy(update={"time": time})
    return item.model_copy(update={"common": common, "cities": cities})


def test_the_total_is_the_longest_chain_or_is_not_told() -> None:
    """Parallel steps do not add up; a step without working days makes no total."""
    bundle = _bundle(
        {"item": "SG-PS-003"},
        {"item": "SG-PS-004", "after": ["SG-PS-003"]},
        {"item": "SG-HR-003"},
        {"item": "SG-HF-010", "optional": True},
    )
    timed = [_timed("SG-PS-003", "2.5"), _timed("SG-PS-004", "5"), _timed("SG-HR-003", "6")]
    assert plan(_with(*timed), bundle, {}, TODAY).working_days == Decimal("7.5")
    unsure = [timed[0], _timed("SG-PS-004", "1", "window_period"), timed[2]]
    assert plan(_with(*unsure), bundle, {}, TODAY).working_days is None


def test_answers_are_read_strictly() -> None:
    """`id:yes,id:no` and nothing else; unknown questions and repeats are errors."""
    bundle = get_bundle(_list(), "B-MOVE")
    assert read_answers(bundle, "") == {}
    given = read_answers(bundle, "has_car:yes,has_child:no")
    assert read_answers(bundle, write_answers(given)) == given
    for bad in ("has_car", "has_car:maybe", "wings:yes", "has_car:yes,has_car:no"):
        with pytest.raises(InvalidInput):
            read_answers(bundle, bad)
    with pytest.raises(UnknownBundle) as caught:
        get_bundle(_list(), "B-NOWHERE")
    assert "B-NOWHERE" in caught.value.message("en")


@pytest.mark.parametrize("lang", LANGS)
def test_every_bundle_of_the_list_makes_an_honest_card(lang: Lang) -> None:
    """At least ten; each in order, flattened to text, with its source, version and what is to confirm."""
    assert len(_list().bundles) >= 10
    for bundle in _list().bundles.values():
        card = bundle_card(_list(), bundle, lang=lang, answers={}, facts={}, today=TODAY)
        assert parse_card(dump_card(card)) == card
        assert [step.number for step in card.steps] == list(range(1, len(card.steps) + 1))
        assert all(before < step.number for step in card.steps for before in step.after)
        assert all(step.where for step in card.steps)
        words = flatten(card)
        assert all(step.code in words for step in card.steps)
        assert all(document.name in words for document in card.documents)
        assert card.list_version == _list().version
        assert card.status != "to_confirm" or card.disclaimer
        assert {action.kind for action in card.actions} >= {"keep", "report", "handoff"}
        assert [item.text for item in bundle_checklist(card).items] == [
            document.name for document in card.documents
        ]


def test_the_card_says_where_each_step_is_filed_and_why() -> None:
    """ "You live in Dongguan" settles the steps that residence decides; the others show the rule."""
    bundle = get_bundle(_list(), "B-MOVE")
    card = bundle_card(
        _list(), bundle, lang="zh", answers={"has_car": False},
        facts={"residence_city": "dongguan"}, today=TODAY,
    )  # fmt: skip
    steps = {step.code: step for step in card.steps}
    assert steps["SG-PS-003"].city == "dongguan"
    assert "您住在东莞" in steps["SG-PS-003"].where
    assert steps["SG-HR-008"].city == "both"
    assert "SG-PS-018" not in steps
    assert given_answers(card) == "has_car:no"
    shown = bundle_json(_list(), bundle, lang="en", answers={"has_car": False}, today=TODAY)
    assert shown["summary"] == bundle.summary.model_dump()
    assert "token" not in str(shown)
    assert shown["list_version"] == _list().version


# Rules that change on a date


def _changing() -> tuple[Catalogue, ServiceItem]:
    """SG-HR-004 with a fee that ends and one that starts on 1 January 2027, and a later time."""
    item = _list().get("SG-HR-004")
    fee = item.common.fees[0] if item.common.fees else None
    base = {**_FACT, "name": _TEXT, "text": {"zh": "20 元", "en": "CNY 20"}, "amount": "20",
            "basis": _TEXT, "source": "DEMO"}  # fmt: skip
    later = {**base, "text": {"zh": "10 元", "en": "CNY 10"}, "amount": "10"}
    model = type(fee) if fee is not None else None
    assert model is not None
    fees = [
        model.model_validate({**base, "valid_to": "2027-01-01"}),
        model.model_validate({**later, "valid_from": "2027-01-01"}),
    ]
    soon = TimeFact.model_validate(
        {**_FACT, "text": {"zh": "3 个工作日", "en": "3 working days"}, "unit": "working_day",
         "promise_days": "3", "valid_from": "2027-02-01"}
    )  # fmt: skip
    common = item.common.model_copy(update={"fees": fees, "later_times": [soon]})
    cities = {
        c: v and v.model_copy(update={"fees": [], "later_times": []})
        for c, v in item.cities.items()
    }
    changed = item.model_copy(update={"common": common, "cities": cities})
    return _with(changed), changed


def test_an_answer_before_and_after_the_date_differs() -> None:
    """Fees and times of the day asked; the last day of a rule is the day before `valid_to`."""
    catalogue, item = _changing()
    amounts = {
        day: [str(fee.amount) for fee in variant.fees]
        for day in (dt.date(2026, 12, 31), dt.date(2027, 1, 1))
        if (variant := on_day(item, "shenzhen", day)) is not None
    }
    assert list(amounts.values()) == [["20"], ["10"]]
    after = on_day(item, "shenzhen", dt.date(2027, 2, 1))
    assert after is not None
    assert after.time is not None
    assert after.time.text.zh == "3 个工作日"
    card = answer_card(
        catalogue, "SG-HR-004", lang="zh", city=None, facet="fee", today=dt.date(2027, 1, 1)
    )
    assert "10 元" in card.headline


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "2027-01-01 起：费用"), ("en", "From 2027-01-01: Fee")]
)
def test_a_change_within_ninety_days_is_told_with_its_source(lang: Lang, words: str) -> None:
    """Not earlier, and the ending rule is not told besides the one that replaces it."""
    catalogue, item = _changing()
    card = answer_card(catalogue, "SG-HR-004", lang=lang, city=None, facet=None, today=TODAY)
    assert [(change.on, change.facet, change.city) for change in card.changes] == [
        ("2027-01-01", "fee", "both"), ("2027-02-01", "time", "both"),
    ]  # fmt: skip
    assert card.changes[0].text.startswith(words)
    assert card.changes[0].source.id in catalogue.sources
    assert words in flatten(card)
    early = dt.date(2026, 9, 1)
    assert coming(item, "shenzhen", early, lang) == []
    shown = service_json(item, catalogue, lang=lang, today=TODAY)
    assert [change["on"] for change in shown["changes"]["dongguan"]] == ["2027-01-01", "2027-02-01"]


def test_a_matter_outside_its_own_time_is_not_offered() -> None:
    """From `valid_from` until the day before `valid_to`; its end is told in good time."""
    item = _list().get("SG-HR-004").model_copy(
        update={"valid_from": dt.date(2026, 1, 1), "valid_to": dt.date(2027, 1, 1)}
    )  # fmt: skip
    assert [
        exists(item, dt.date(2025, 12, 31)), exists(item, TODAY), exists(item, dt.date(2027, 1, 1)),
    ] == [False, True, False]  # fmt: skip
    card = answer_card(_with(item), "SG-HR-004", lang="zh", city=None, facet=None, today=TODAY)
    assert any("2026-12-31" in change.text for change in card.changes)


def test_the_service_json_has_all_of_the_model() -> None:
    """Whatever a guide has, `GET /services/{code}` shows: exclusions, steps, questions, places."""
    for code, item in _list().items.items():
        shown = service_json(item, _list(), lang="zh", today=TODAY)
        assert len(shown["faqs"]) == len([f for f in item.faqs if f.holds(TODAY)])
        assert shown["offered"] is True
        for city in CITIES:
            variant = item.variant(city)
            body = shown["cities"][city]
            assert (variant is None) == (body is None), code
            if variant is None:
                continue
            for field in ("conditions", "exclusions", "steps", "materials", "channels", "fees"):
                held = [fact for fact in getattr(variant, field) if fact.holds(TODAY)]
                assert len(body[field]) == len(held), (code, city, field)
            assert body.get("max_visits") == variant.max_visits
            assert body.get("online_depth") == variant.online_depth
    assert "B-MOVE" in service_json(_list().get("SG-PS-003"), _list(), today=TODAY)["bundles"]
