"""Which city one files in, and how the two compare: from what the words say, with the reason."""

from __future__ import annotations

import pytest
from knowledge_answering import answer_of, ask, tap, token_of

from core.cards import (
    AnswerCard,
    ChoicesCard,
    CompareCard,
    NoticeCard,
    dump_card,
    flatten,
    parse_card,
)
from core.i18n import Lang
from knowledge.answers import Responder


def test_the_two_city_question_of_the_brief(responder: Responder) -> None:
    """Pays in Dongguan, buys in Shenzhen: file in Dongguan, because; Shenzhen beside it."""
    card = answer_of(ask(responder, "我在东莞交公积金，想在深圳买房，怎么提取？"))
    assert (card.code, card.city) == ("SG-HF-005", "dongguan")
    assert "公积金缴在东莞" in (card.jurisdiction or card.headline)
    assert any("SG-HF-004" in (row.shenzhen or "") for row in card.differences)
    assert any("SG-HF-011" in (action.token or "") for action in card.actions)


@pytest.mark.parametrize(
    ("text", "code", "city"),
    [
        ("社保在深圳交的，在东莞租房能提公积金吗", "SG-HF-002", "shenzhen"),
        ("我系東莞返工，想喺深圳攞公積金租樓", "SG-HF-003", "dongguan"),
        ("我在东莞工作，深圳的公积金怎么提取租房", "SG-HF-002", "shenzhen"),
        ("公司在深圳，人住东莞，租房公积金去哪提", "SG-HF-002", "shenzhen"),
        ("I rent in Shenzhen but my employer is in Dongguan. housing fund rent withdrawal?",
         "SG-HF-003", "dongguan"),
        ("我在深圳上班，东莞的社保卡丢了怎么补", "SG-HR-004", "dongguan"),
        ("深圳公积金怎么转到东莞", "SG-HF-010", "dongguan"),
        ("how to change my car registration from Shenzhen to Dongguan", "SG-PS-018", "dongguan"),
    ],
)  # fmt: skip
def test_where_the_fund_is_paid_decides_not_where_one_rents(
    responder: Responder, text: str, code: str, city: str
) -> None:
    """What the resident states of himself settles the city, whatever other city he names."""
    card = answer_of(ask(responder, text, "en" if text.isascii() else "zh"))
    assert (card.code, card.city) == (code, city)


def test_a_clause_never_outvotes_the_whole(responder: Responder) -> None:
    """「车是粤B牌」 alone is about the plate quota; said of a car that moves it is a circumstance."""
    card = answer_of(ask(responder, "打算把深圳的车迁到东莞来，因为搬到东莞住了，车是粤B牌"))
    assert (card.code, card.city) == ("SG-PS-018", "dongguan")


def test_a_matter_of_both_cities_is_asked_about_where_nothing_is_sure(responder: Responder) -> None:
    """A loan that only one city has must not hide the other city's withdrawals."""
    reply = ask(responder, "东莞公积金可以在深圳买房用吗")
    assert reply.decision == "clarify"
    assert "SG-HF-005" in reply.codes


@pytest.mark.parametrize(
    ("text", "code", "city", "says"),
    [
        ("我东莞户口在深圳上班，残疾人补贴在深圳能申请不", "SG-CA-007", "dongguan", "户籍在东莞"),
        ("孩子户口在江西赣州，我们住深圳，育儿补贴能在深圳领吗", "SG-HL-003", "both", "请向户籍地申办"),
        ("老爸81岁户口还在河南信阳，跟我在东莞住，高龄津贴可以领不", "SG-CA-005", "both", "请向户籍地申办"),
        ("我身份证掉了，老家贵州，人在东莞大朗，要回去补吗", "SG-PS-001", "dongguan", "不必回户籍地"),
    ],
)  # fmt: skip
def test_the_city_is_the_answer_where_it_is_what_was_asked(
    responder: Responder, text: str, code: str, city: str, says: str
) -> None:
    """Across two cities, or from a third, "may I" asks where it is filed."""
    card = answer_of(ask(responder, text))
    assert (card.code, card.city) == (code, city)
    assert says in card.headline


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("我爸上周走了，户口在东莞，公积金在深圳，我该先去哪", False),
        ("my wife's insurance is in Shenzhen, where does she get the maternity allowance", False),
        ("我公积金在深圳，怎么提取租房", True),
        ("我人在深圳上班，公积金怎么提", True),
    ],
)
def test_what_is_said_of_somebody_else_is_not_remembered_of_oneself(
    responder: Responder, told: str, kept: bool
) -> None:
    """A dead father's fund in Shenzhen says nothing about where one's own wages are owed."""
    lang: Lang = "zh" if not told.isascii() else "en"
    reply = ask(responder, told, lang)
    assert bool(reply.context.facts) is kept
    after = answer_of(ask(responder, "公司拖了我三个月工资不发，我还能告吗", context=reply.context))
    if not kept:
        assert after.city == "both"


def test_each_city_s_own_office_is_named(responder: Responder) -> None:
    """Rows that are the same in both cities but for their offices show both."""
    card = answer_of(ask(responder, "居住证怎么办理"))
    for row in card.comparison:
        if not row.differs and row.shenzhen != row.dongguan:
            assert row.dongguan in flatten(card)


def test_the_other_city_of_a_pair_is_its_sister_item(responder: Responder) -> None:
    """ "And in Shenzhen?" after Dongguan's rent withdrawal is Shenzhen's item."""
    first = ask(responder, "东莞租房怎么提取公积金")
    assert first.codes == ("SG-HF-003",)
    assert ask(responder, "深圳呢", context=first.context).codes == ("SG-HF-002",)


def test_the_other_city_that_does_not_handle_it_says_so(responder: Responder) -> None:
    """Dongguan has no plate quota: a notice, not Shenzhen's rules under Dongguan's name."""
    reply = ask(responder, "东莞小汽车摇号怎么报名")
    assert reply.decision == "abstain"
    card = reply.cards[0]
    assert isinstance(card, NoticeCard)
    assert "深圳" in card.text
    first = ask(responder, "深圳小汽车摇号怎么报名")
    later = ask(responder, "那东莞呢", context=first.context)
    assert isinstance(later.cards[0], NoticeCard)


def test_only_the_missing_fact_is_asked_and_the_question_goes_on(responder: Responder) -> None:
    """One question; its answer, tapped or typed, continues with the fact that was asked for."""
    first = ask(responder, "租房提取公积金要什么材料")
    card = first.cards[0]
    assert isinstance(card, ChoicesCard)
    assert "公积金缴在哪个城市" in card.prompt
    assert [choice.title for choice in card.choices] == ["深圳", "东莞", "两市都有", "不清楚"]
    assert card.list_version == responder.catalogue.version
    tapped = answer_of(tap(responder, token_of(card, "东莞"), first.context))
    typed = answer_of(ask(responder, "在东莞交的", context=first.context))
    for answer in (tapped, typed):
        assert (answer.code, answer.city, answer.facet) == ("SG-HF-003", "dongguan", "documents")
        assert "公积金缴在东莞" in (answer.jurisdiction or "")
    both = answer_of(tap(responder, token_of(card, "不清楚"), first.context))
    assert (both.city, both.facet) == ("both", "documents")


def test_what_was_said_is_not_asked_again(responder: Responder) -> None:
    """A fact told once settles later questions, "not sure" included, until other words come."""
    first = ask(responder, "我在东莞交公积金，想在深圳买房，怎么提取？")
    later = ask(responder, "租房提取公积金要什么材料", context=first.context)
    assert answer_of(later).code == "SG-HF-003"
    assert "公积金缴在东莞" in (answer_of(later).jurisdiction or "")
    other = ask(responder, "深圳租房提取要什么材料", context=later.context)
    assert answer_of(other).code == "SG-HF-002"
    asked = ask(responder, "租房提取公积金要什么材料")
    unsure = ask(responder, "不清楚", context=asked.context)
    again = ask(responder, "租房提取公积金要什么条件", context=unsure.context)
    assert answer_of(again).city == "both"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("租房提取公积金要多久", "zh"),
        ("租房怎么提取公积金", "zh"),
        ("结婚登记要什么材料", "zh"),
        ("what to bring for a marriage registration", "en"),
    ],
)
def test_a_question_is_never_asked_where_the_answer_is_at_hand(
    responder: Responder, text: str, lang: Lang
) -> None:
    """Short, equal, nationwide and overview answers cost no tap."""
    assert isinstance(ask(responder, text, lang).cards[0], AnswerCard)


def test_living_somewhere_says_nothing_about_where_one_pays(responder: Responder) -> None:
    """ "I live in Shenzhen" asks for the contribution city; "I work in Shenzhen" answers it."""
    lives = ask(responder, "我住在深圳，租房提取公积金要什么材料")
    assert isinstance(lives.cards[0], ChoicesCard)
    works = answer_of(ask(responder, "我在深圳上班，租房提取公积金要什么材料"))
    assert works.city == "shenzhen"
    assert "工作单位在深圳" in (works.jurisdiction or "")


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("深圳和东莞租房提取有什么区别", "zh", {"SG-HF-002", "SG-HF-003"}),
        ("which city gives more for rent withdrawal", "en", {"SG-HF-002", "SG-HF-003"}),
        ("社保卡补办两市一样吗", "zh", {"SG-HR-004"}),
        ("居住登记和居住证有什么不同", "zh", {"SG-PS-003", "SG-PS-004"}),
        (
            "what is the difference between a residence registration and a residence permit",
            "en",
            {"SG-PS-003", "SG-PS-004"},
        ),
    ],
)
def test_a_comparison_is_a_table_with_a_source_in_every_cell(
    responder: Responder, text: str, lang: Lang, codes: set[str]
) -> None:
    """Two cities or two matters: what differs before what is the same, nothing without a source."""
    card = ask(responder, text, lang).cards[0]
    assert isinstance(card, CompareCard), flatten(card)
    assert {column.code for column in card.columns} == codes
    order = [row.differs for row in card.rows]
    assert order == sorted(order, reverse=True)
    for row in card.rows:
        assert len(row.cells) == len(card.columns)
        for cell in row.cells:
            assert (cell.text is None) == (cell.sources == [])
            assert all(source.id in responder.catalogue.sources for source in cell.sources)
    assert all(row.label in flatten(card) for row in card.rows)
    assert card.list_version == responder.catalogue.version
    assert parse_card(dump_card(card)) == card


def test_a_comparison_can_follow_an_answer(responder: Responder) -> None:
    """ "What differs between the cities" after an answer is about that answer."""
    first = ask(responder, "社保卡丢了怎么补办")
    card = ask(responder, "深圳和东莞有什么区别", context=first.context).cards[0]
    assert isinstance(card, CompareCard)
    assert card.columns[0].code == "SG-HR-004"
    assert not isinstance(ask(responder, "补领和换领有什么不同").cards[0], CompareCard)


def test_which_city_is_answered_with_the_reason(responder: Responder) -> None:
    """ "You file in X because Y" comes first; which of the two it is is asked, never assumed."""
    known = answer_of(ask(responder, "我在深圳参保，异地就医备案去哪个市办"))
    assert known.headline.startswith("参保在深圳，所以在深圳办理。")
    assert known.jurisdiction is None
    either = ask(responder, "公积金租房提取去深圳还是东莞办").cards[0]
    assert isinstance(either, ChoicesCard)
    assert "公积金缴在哪个城市" in either.prompt


@pytest.mark.parametrize(
    ("text", "code"), [("深圳户口怎么迁回老家", "SG-PS-006"), ("我在深圳没工作，生育津贴能领吗", "SG-MI-004")]
)  # fmt: skip
def test_no_city_is_given_as_the_reason_that_is_not_one(
    responder: Responder, text: str, code: str
) -> None:
    """What moves home is filed at home; who has no work in a city has no employer there."""
    card = answer_of(ask(responder, text))
    assert card.code == code
    assert "所以在深圳办理" not in f"{card.headline}{card.jurisdiction}"
    if code == "SG-PS-006":
        assert card.city == "both"


def test_a_city_away_is_not_read_as_ours(responder: Responder) -> None:
    """「户口在湖南跟我住深圳」: the household register is in neither city."""
    first = ask(responder, "高龄津贴")
    card = answer_of(ask(responder, "她户口在湖南跟我住深圳", context=first.context))
    assert "您说户籍不在深圳、东莞" in card.headline


def test_a_rule_of_one_city_does_not_stand_before_the_question(responder: Responder) -> None:
    """ "The account is in Dongguan. In which city do you pay?" contradicts itself."""
    card = ask(responder, "俾首期可唔可以攞公積金").cards[0]
    assert isinstance(card, ChoicesCard)
    assert card.prompt == "您的公积金缴在哪个城市？"
