"""Life events: the order of the steps, merged documents, answers, time; rules that change on a date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from core.cards import (
    CITIES,
    BundleCard,
    BundleDocument,
    BundleStepLine,
    dump_card,
    flatten,
    parse_card,
)
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


def _card(bundle: str, answers: dict[str, bool]) -> BundleCard:
    return bundle_card(
        _list(), get_bundle(_list(), bundle), lang="zh", answers=answers, facts={}, today=TODAY
    )


def _steps(bundle: str, answers: dict[str, bool]) -> dict[str, BundleStepLine]:
    return {step.code: step for step in _card(bundle, answers).steps}


def _documents(bundle: str, *, yes: bool) -> dict[str, BundleDocument]:
    """By name, with all questions answered yes, or none."""
    answers = {q.id: True for q in get_bundle(_list(), bundle).questions} if yes else {}
    return {document.name: document for document in _card(bundle, answers).documents}


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


def test_a_yes_can_make_a_step_needless() -> None:
    """Yes takes it out, no keeps it for certain; unanswered, the card says when it is for the resident."""
    bundle = get_bundle(_list(), "B-MOVE")
    for answer, there in ((True, False), (False, True)):
        steps = _steps("B-MOVE", {"move_hukou": answer})
        assert ("SG-PS-004" in steps) is there, answer
    assert not _steps("B-MOVE", {"move_hukou": False})["SG-PS-004"].optional
    undecided = _steps("B-MOVE", {})["SG-PS-004"]
    assert undecided.optional
    question = next(q.text.zh for q in bundle.questions if q.id == "move_hukou")
    assert undecided.condition.startswith(f"“{question}”回答“否”时")
    cooks = _steps("B-SHOP", {"cooks_food": True, "packed_food": True})
    assert {"SG-MS-007", "SG-MS-008"} & set(cooks) == {"SG-MS-007"}


def test_a_step_behind_two_questions_says_that_either_will_do() -> None:
    """A deed of inheritance is for the fund or for the home."""
    words = _steps("B-BEREAVE", {})["SG-JU-002"].condition
    assert words.startswith("“去世的亲人有公积金账户吗？”或“名下有房产要继承吗？”回答“是”时；")
    assert "SG-JU-002" in _steps("B-BEREAVE", {"has_fund": False, "has_home": True})
    assert "SG-JU-002" not in _steps("B-BEREAVE", {"has_fund": False, "has_home": False})


def test_documents_are_listed_once_with_the_steps_that_need_them() -> None:
    """Each once; nothing that a step asks for is lost but what the life event leaves out; copies are the
    most that one step asks for; exempt ones are not brought."""
    for bundle in _list().bundles.values():
        made = plan(_list(), bundle, {}, TODAY)
        ids = [document.id for document in made.documents]
        assert len(ids) == len(set(ids)), bundle.id
        for document in made.documents:
            records = [asked.record for asked in document.asked]
            assert document.copies == max(record.copies for record in records)
            assert document.need in {record.need for record in records}
        asked_for = {
            (step.number, record.id)
            for step in made.steps
            for variant in step.variants.values()
            for record in variant.materials
            if record.need != "exempt" and record.id not in step.step.without
        }
        assert asked_for == {
            (asked.number, asked.record.id)
            for document in made.documents
            for asked in document.asked
        }, bundle.id


def test_an_inheritance_asks_for_no_papers_of_a_sale_or_of_retiring() -> None:
    """Heirs have no purchase contract and prove no retirement; what to ask for is in the step's note."""
    answers = {"has_fund": True, "has_home": True, "hardship": False}
    made = plan(_list(), get_bundle(_list(), "B-BEREAVE"), answers, TODAY)
    asked = {one.record.id for document in made.documents for one in document.asked}
    assert not asked & {
        "purchase_contract", "buyer_and_seller_ids", "tax_receipt", "event_proof", "degree_certificate",
    }  # fmt: skip
    steps = _steps("B-BEREAVE", answers)
    assert all(words in steps["SG-HF-015"].note for words in ("死亡证明", "亲属关系证明", "先问"))
    assert "12329" in steps["SG-HF-012"].note
    notary = steps["SG-JU-002"].number
    needed = {
        one.record.id
        for document in made.documents
        for one in document.asked
        if one.number == notary and one.record.need == "required"
    }
    assert needed >= {"death_proof", "kinship_proof", "household_register"}


def test_a_lost_permit_is_replaced_without_the_papers_of_a_first_application() -> None:
    """No proof of address, work or study again; and nobody is asked for the card that is lost."""
    documents = _documents("B-LOST", yes=True)
    gone = (
        "住所证明",
        "就业证明",
        "就读证明",
        "社会保险参保记录",
        "原",
        "驾驶人身体条件证明",
        "社会保障卡",
    )
    assert not [name for name in documents if name.startswith(gone)]
    assert documents["遗失声明（书面）"].need == "required"
    steps = _steps("B-LOST", {"permit": True})
    number = steps["SG-PS-004"].number
    assert [name for name, document in documents.items() if number in document.steps]
    assert "不用再交首次申领" in steps["SG-PS-004"].note
    assert documents["户口簿或其他身份证明"].need == "required"


@pytest.mark.parametrize(
    ("bundle", "one", "others"),
    [
        ("B-BABY", "父母身份证", ("双方身份证", "居民身份证", "监护人身份证")),
        ("B-BABY", "父母户口簿", ("户口簿",)),
        ("B-HOME", "买卖双方身份证", ("居民身份证",)),
        ("B-MARRY", "双方身份证", ("居民身份证",)),
        ("B-SCHOOL", "家长身份证", ("居民身份证", "有效身份证件")),
        (
            "B-SCHOOL",
            "住所证明（租赁合同、房产证明等）",
            ("房产证明或租赁合同", "租赁合同或留宿人证明"),
        ),
        (
            "B-MOVE",
            "住所证明（租赁合同、房产证明等）",
            ("房产证明或租赁合同", "租赁合同或留宿人证明"),
        ),
        ("B-JOB", "居民身份证", ("身份证或社会保障卡", "有效身份证件")),
    ],
)
def test_one_paper_under_several_names_is_one_line(
    bundle: str, one: str, others: tuple[str, ...]
) -> None:
    """Its line says what each step calls it."""
    documents = _documents(bundle, yes=bundle != "B-SCHOOL")
    assert one in documents
    assert not set(others) & set(documents)


def test_a_merged_line_keeps_the_condition_of_every_step() -> None:
    """Not the first one's alone: each with the numbers of its steps."""
    notes = {name: document.note for name, document in _documents("B-HOME", yes=True).items()}
    assert notes["结婚证"] == (
        "第 3 步：已婚的；第 4 步：已婚且系统查不到的；第 5 步：双方或一方已婚的；"
        "第 6、7 步：夫妻一起提取、系统查不到时"
    )
    assert notes["购房合同"] == "第 1 步：买方以合同为依据查所购房屋的"
    assert notes["本人银行卡"] == ""
    for bundle in _list().bundles.values():
        made = plan(_list(), bundle, {}, TODAY)
        card = bundle_card(_list(), bundle, lang="en", answers={}, facts={}, today=TODAY)
        for document, line in zip(made.documents, card.documents, strict=True):
            for asked in document.asked:
                if asked.record.need == "conditional" and asked.record.condition is not None:
                    assert asked.record.condition.en.rstrip(".") in line.note, (
                        bundle.id,
                        line.name,
                    )


@pytest.mark.parametrize(
    ("bundle", "name", "step"),
    [
        ("B-SHOP", "营业执照", "SG-MS-003"),
        ("B-COMPANY", "营业执照", "SG-MS-002"),
        ("B-HOME", "完税凭证", "SG-TX-003"),
        ("B-HOME", "异地贷款缴存使用证明", "SG-HF-011"),
        ("B-BABY", "出生医学证明", "SG-HL-002"),
        ("B-MARRY", "结婚证", "SG-CA-001"),
        ("B-SCHOOL", "居住证", "SG-PS-004"),
        ("B-SCHOOL", "社会保险参保记录", "SG-HR-002"),
        ("B-LOST", "居民身份证", "SG-PS-001"),
        ("B-BEREAVE", "继承公证书或法院文书", "SG-JU-002"),
    ],
)
def test_what_an_earlier_step_gives_is_not_asked_for_from_the_start(
    bundle: str, name: str, step: str
) -> None:
    """The line says in which step the resident gets it."""
    card = _card(bundle, {q.id: True for q in get_bundle(_list(), bundle).questions})
    number = next(line.number for line in card.steps if line.code == step)
    note = next(document.note for document in card.documents if document.name == name)
    assert f"第 {number} 步办好后拿到" in note
    kept = next(item.note for item in bundle_checklist(card).items if item.text == name)
    assert f"第 {number} 步办好后拿到" in kept


def test_what_is_needed_before_a_step_gives_it_is_still_asked_for() -> None:
    """The seller's title certificate goes in; the buyer's own comes out and serves the later steps."""
    note = _documents("B-HOME", yes=True)["不动产权证书"].note
    assert "第 5 步：" not in note
    assert "第 10 步：房产证明或租赁合同（第 5 步办好后拿到）" in note


def _timed(code: str, days: str, unit: str = "working_day") -> ServiceItem:
    item = _list().get(code)
    time = TimeFact.model_validate({**_FACT, "text": _TEXT, "promise_days": days, "unit": unit})
    cities = {c: v and v.model_copy(update={"time": None}) for c, v in item.cities.items()}
    common = item.common.model_copy(update={"time": time})
    return item.model_copy(update={"common": common, "cities": cities})


def test_the_total_is_the_longest_chain_or_is_not_told() -> None:
    """Parallel steps do not add up; a step without working days makes no total; what may be left out or
    must wait is not counted."""
    bundle = _bundle(
        {"item": "SG-PS-003"},
        {"item": "SG-PS-004", "after": ["SG-PS-003"]},
        {"item": "SG-HR-003"},
        {"item": "SG-HF-010", "optional": True},
        {"item": "SG-HF-012", "later": True},
    )
    timed = [_timed("SG-PS-003", "2.5"), _timed("SG-PS-004", "5"), _timed("SG-HR-003", "6")]
    assert plan(_with(*timed), bundle, {}, TODAY).working_days == Decimal("7.5")
    unsure = [timed[0], _timed("SG-PS-004", "1", "window_period"), timed[2]]
    assert plan(_with(*unsure), bundle, {}, TODAY).working_days is None


@pytest.mark.parametrize(
    ("bundle", "yes", "total"),
    [
        ("B-SHOP", ["cooks_food"], "清单里您必办的事项最长约 11 个工作日（不含第 1、4 步）"),
        ("B-SHOP", [], "清单里您必办的事项最长约 1 个工作日（不含第 1、3 步）"),
        ("B-SHOP", ["needs_subsidy"], "清单里您必办的事项最长约 1 个工作日（不含第 1、3、4 步）"),
        (
            "B-COMPANY",
            ["sells_food", "hires"],
            "清单里您必办的事项最长约 11 个工作日（不含第 3 步）",
        ),
        ("B-RETIRE", ["two_cities"], "清单里您必办的事项最长约 45 个工作日（不含第 4、5 步）"),
        ("B-RETIRE", ["two_cities", "has_fund", "over_80"], None),
        ("B-RETIRE", [], "清单里您必办的事项都可当场或即时办结（不含第 2、3 步）"),
        ("B-JOB", [], "清单里您必办的事项最长约 15 个工作日（不含第 3、5 步）"),
        ("B-MARRY", [], "清单里您必办的事项都可当场或即时办结"),
    ],
)
def test_the_total_counts_what_this_resident_must_do(
    bundle: str, yes: list[str], total: str | None
) -> None:
    """A step asked for by a yes counts; those that do not are named, so that nobody takes them as done."""
    questions = get_bundle(_list(), bundle).questions
    assert _card(bundle, {q.id: q.id in yes for q in questions}).total == total


def test_open_questions_are_not_in_the_total() -> None:
    """Their steps are named as not counted; with nothing but quick steps certain, nothing is promised."""
    card = _card("B-SHOP", {})
    assert card.total is not None
    assert card.total.endswith("（不含第 1、3、4、5、6、7 步）")
    assert _card("B-MARRY", {}).total is None


@pytest.mark.parametrize("bundle", ["B-JOB", "B-MOVE", "B-RETIRE"])
def test_nobody_is_told_to_move_a_pension_inside_the_province(bundle: str) -> None:
    """Years in Guangdong are usually joined at retirement: first ask, then perhaps transfer."""
    yes = {q.id: True for q in get_bundle(_list(), bundle).questions}
    for answers in ({}, yes):
        step = _steps(bundle, answers)["SG-HR-008"]
        assert step.optional
        assert "省内年限一般退休时合并，先问要不要转" in step.note
    assert not _steps("B-JOB", {})["SG-MI-002"].optional


def test_a_permit_waits_for_the_time_of_registration() -> None:
    """Whoever just moved in is told how long it takes until one may apply."""
    for bundle in ("B-MOVE", "B-GRADUATE", "B-SCHOOL"):
        words = _steps(bundle, {})["SG-PS-004"].condition
        assert all(part in words for part in ("深圳登记满 12 个月", "东莞住满半年")), bundle


def test_a_change_of_school_is_no_admission_by_points() -> None:
    """Who changes school in between applies to the new school alone, once the permit is there."""
    steps = _steps("B-SCHOOL", {"in_sz": True, "in_dg": False, "transfer": True})
    assert list(steps) == ["SG-PS-003", "SG-HR-002", "SG-PS-004", "SG-ED-003"]
    assert steps["SG-ED-003"].after == [2, 3]


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
    assert "住在东莞" in steps["SG-PS-003"].where
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
