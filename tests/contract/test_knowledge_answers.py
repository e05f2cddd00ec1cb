"""What residents are told: the asked fact first, sourced, of the right city, or an honest no."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from knowledge_engine import TODAY, responder_of

from core.cards import (
    AnswerCard,
    BundleCard,
    Card,
    CentresCard,
    ChoicesCard,
    CompareCard,
    NoticeCard,
    dump_card,
    flatten,
    parse_card,
)
from core.errors import NotFound
from core.i18n import LANGS, Lang
from core.settings import Settings
from knowledge.answers import AnswerContext, Reply, Responder
from knowledge.catalogue import make_catalogue
from knowledge.evaluation.questions import load_questions

NOW = dt.datetime(2026, 11, 23, 2, 30, tzinfo=dt.UTC)
"""Monday, 10:30 in the cities."""


@pytest.fixture
def responder(settings: Settings) -> Responder:
    """A responder over the list that set-up indexed."""
    return responder_of(settings)


def _answer(reply: Reply, place: int = 0) -> AnswerCard:
    card = reply.cards[place]
    assert isinstance(card, AnswerCard), flatten(card)
    return card


def _ask(
    responder: Responder, text: str, lang: Lang = "zh", context: AnswerContext | None = None
) -> Reply:
    return responder.respond(text, lang=lang, context=context, today=TODAY)


def test_the_two_city_question_of_the_brief(responder: Responder) -> None:
    """Pays in Dongguan, buys in Shenzhen: file in Dongguan, because; Shenzhen beside it."""
    card = _answer(_ask(responder, "我在东莞交公积金，想在深圳买房，怎么提取？"))
    assert (card.code, card.city) == ("SG-HF-005", "dongguan")
    assert card.jurisdiction is not None
    assert "您在东莞缴存" in card.jurisdiction
    assert any("SG-HF-004" in (row.shenzhen or "") for row in card.differences)
    assert any("SG-HF-011" in (action.token or "") for action in card.actions)


def test_the_english_question_of_the_brief(responder: Responder) -> None:
    """Without a city both are shown side by side."""
    card = _answer(_ask(responder, "How do I replace my social security card?", "en"))
    assert (card.code, card.city) == ("SG-HR-004", "both")
    assert {row.facet for row in card.comparison} >= {"documents", "time", "fee", "channels"}
    assert card.name.en.split(":")[0] == "Social security card"


def test_follow_ups_keep_the_context(responder: Responder) -> None:
    """「那东莞呢」「要多少钱」 ask about the last answer; a new subject does not."""
    first = _ask(responder, "社保卡丢了怎么补办")
    second = _ask(responder, "那东莞呢", context=first.context)
    assert (_answer(second).code, _answer(second).city) == ("SG-HR-004", "dongguan")
    third = _ask(responder, "要多少钱", context=second.context)
    card = _answer(third)
    assert (card.code, card.city, card.facet) == ("SG-HR-004", "dongguan", "fee")
    assert "20" in card.headline
    fourth = _ask(responder, "护照怎么换发", context=third.context)
    assert _answer(fourth).code == "SG-PS-010"


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
    card = _answer(_ask(responder, text, "en" if text.isascii() else "zh"))
    assert (card.code, card.city) == (code, city)


def test_a_clause_never_outvotes_the_whole(responder: Responder) -> None:
    """「车是粤B牌」 alone is about the plate quota; said of a car that moves it is a circumstance."""
    card = _answer(_ask(responder, "打算把深圳的车迁到东莞来，因为搬到东莞住了，车是粤B牌"))
    assert (card.code, card.city) == ("SG-PS-018", "dongguan")


@pytest.mark.parametrize(
    "said",
    [
        "我爸前天走了，他有社保也有公积金，户口本上还有他的名字，我现在脑子很乱不知道先办什么",
        "我爸昨天走了，他有社保和公积金，我不知道先办什么",
    ],
)
def test_a_death_brings_its_plan_not_that_of_retiring(responder: Responder, said: str) -> None:
    """Whoever writes 「我爸走了」 has lost his father, whatever accounts he lists."""
    card = _ask(responder, said).cards[0]
    assert isinstance(card, BundleCard)
    assert card.id == "B-BEREAVE"


def test_a_matter_of_both_cities_is_asked_about_where_nothing_is_sure(responder: Responder) -> None:
    """A loan that only one city has must not hide the other city's withdrawals."""
    reply = _ask(responder, "东莞公积金可以在深圳买房用吗")
    assert reply.decision == "clarify"
    assert "SG-HF-005" in reply.codes


@pytest.mark.parametrize(
    ("text", "lang", "says"),
    [
        ("育儿补贴多少钱一年", "zh", "3600元"),
        ("how much is unemployment benefit", "en", "does not hold the amount"),
        ("深圳租房公积金一个月可以提多少钱", "zh", "65%"),
        ("东莞租房公积金一个月能提多少", "zh", "提取页面会逐月列出"),
        ("离婚冷静期从哪天算起", "zh", "从登记处收到离婚申请起算"),
        ("在网上买的电动车能上牌吗", "zh", "有发票、合格证"),
    ],
)
def test_a_frequent_question_is_answered_first_with_its_source(
    responder: Responder, text: str, lang: Lang, says: str
) -> None:
    """Where the list answers the very question, that leads; its source is the first of the card."""
    card = _answer(_ask(responder, text, lang))
    assert says in card.headline
    assert card.faqs[0].answer == card.claims[0].text == card.headline
    assert card.claims[0].source == card.faqs[0].source


@pytest.mark.parametrize(
    "text", ["护照快过期了能不能在网上换", "医保关系怎么转到新城市", "12345投诉没人回我怎么查"]
)
def test_another_frequent_question_of_the_matter_never_leads(
    responder: Responder, text: str
) -> None:
    """Alike is not the same: the asked fact leads, the nearest question comes first of its fold."""
    card = _answer(_ask(responder, text))
    assert card.headline not in [faq.answer for faq in card.faqs]
    assert card.faqs


@pytest.mark.parametrize(
    ("text", "lang", "code", "says"),
    [
        ("我失业了，是自己不想干了辞的，能领失业金吗", "zh", "SG-HR-009", "一般不能"),
        ("没备案就在外地住院了，还能报吗", "zh", "SG-MI-001", "最接近的常见问题“已经在外地看完病"),
        ("分公司怎么注册", "zh", "SG-MS-002", "不一样"),
        ("名下有辆旧面包车，还能申请低保吗", "zh", "SG-CA-006", "有房子或有车还能申请低保吗"),
        ("驾照扣满12分还能换证吗", "zh", "SG-PS-016", "处理违法"),
        ("被裁了过了两个月没去申请失业金，还来得及吗", "zh", "SG-HR-009", "非本人意愿失业"),
        ("公务员的老婆能开个体户吗", "zh", "SG-MS-003", "请对照办理条件"),
    ],
)
def test_a_case_of_ones_own_is_answered_before_time_and_fee(
    responder: Responder, text: str, lang: Lang, code: str, says: str
) -> None:
    """The nearest frequent question with its question, else the conditions, else the summary."""
    card = _answer(_ask(responder, text, lang))
    assert card.code == code
    assert says in card.headline


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
    card = _answer(_ask(responder, text))
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
    reply = _ask(responder, told, lang)
    assert bool(reply.context.facts) is kept
    after = _ask(responder, "公司拖了我三个月工资不发，我还能告吗", context=reply.context).cards[0]
    if not kept:
        assert isinstance(after, AnswerCard)
        assert after.city == "both"


def test_a_frequent_question_of_the_other_direction_never_leads(responder: Responder) -> None:
    """「从深圳搬到东莞」 is no answer to somebody who goes the other way."""
    card = _answer(_ask(responder, "电动车在东莞上的牌，骑到光明区要不要重新上牌"))
    assert "从深圳搬到东莞" not in card.headline


def test_a_hall_one_knows_is_answered_with_its_own_card(responder: Responder) -> None:
    """Hours, phone or facilities of a named centre: that centre, not the locator's card."""
    for text in ("深圳市民中心几点下班", "is the Dongguan Citizen Service Centre open on Saturday"):
        lang: Lang = "zh" if text[0] == "深" else "en"
        card = _ask(responder, text, lang).cards[0]
        assert isinstance(card, CentresCard)
        assert len(card.centres) == 1
        assert card.centres[0].hours


def test_each_city_s_own_office_is_named(responder: Responder) -> None:
    """Rows that are the same in both cities but for their offices show both."""
    card = _answer(_ask(responder, "居住证怎么办理"))
    for row in card.comparison:
        if not row.differs and row.shenzhen != row.dongguan:
            assert row.dongguan in flatten(card)


def test_the_other_city_of_a_pair_is_its_sister_item(responder: Responder) -> None:
    """ "And in Shenzhen?" after Dongguan's rent withdrawal is Shenzhen's item."""
    first = _ask(responder, "东莞租房怎么提取公积金")
    assert first.codes == ("SG-HF-003",)
    assert _ask(responder, "深圳呢", context=first.context).codes == ("SG-HF-002",)


def test_the_other_city_that_does_not_handle_it_says_so(responder: Responder) -> None:
    """Dongguan has no plate quota: a notice, not Shenzhen's rules under Dongguan's name."""
    reply = _ask(responder, "东莞小汽车摇号怎么报名")
    assert reply.decision == "abstain"
    card = reply.cards[0]
    assert isinstance(card, NoticeCard)
    assert "深圳" in card.text
    first = _ask(responder, "深圳小汽车摇号怎么报名")
    later = _ask(responder, "那东莞呢", context=first.context)
    assert isinstance(later.cards[0], NoticeCard)


def test_a_vague_question_gets_one_question_with_choices(responder: Responder) -> None:
    """At most four choices and "none of these"; a number picks one."""
    reply = _ask(responder, "社保卡")
    card = reply.cards[0]
    assert isinstance(card, ChoicesCard)
    assert 2 <= len(reply.codes) <= 4
    assert len(card.choices) == len(reply.codes) + 1
    assert card.choices[-1].code is None
    assert len({choice.title for choice in card.choices}) == len(card.choices)
    picked = _ask(responder, "第二个", context=reply.context)
    assert picked.codes == (reply.codes[1],)


@pytest.mark.parametrize(
    ("text", "lang"),
    [("商标注册流程", "zh"), ("how do I register a trademark", "en"), ("今晚吃什么好", "zh")],
)
def test_what_is_not_in_the_list_is_said_to_be_so(
    responder: Responder, text: str, lang: Lang
) -> None:
    """No answer card, never an invented one; a number to call and a person are always offered."""
    reply = _ask(responder, text, lang)
    assert not any(isinstance(card, AnswerCard) for card in reply.cards)
    if isinstance(reply.cards[0], NoticeCard):
        assert any(action.url == "tel:12345" for action in reply.cards[0].actions)
        assert any(action.kind == "handoff" for action in reply.cards[0].actions)


def test_several_matters_get_several_cards_in_order(responder: Responder) -> None:
    """Two questions in one message are both answered."""
    reply = _ask(responder, "宝宝怎么上户口；育儿补贴怎么申请")
    assert reply.codes == ("SG-PS-007", "SG-HL-003")
    assert len(reply.cards) == 2


def test_the_asked_fact_comes_first(responder: Responder) -> None:
    """ "What documents" is answered by documents: headline, first claim and list."""
    card = _answer(_ask(responder, "补办社保卡要带什么材料"))
    assert card.facet == "documents"
    assert card.claims[0].facet == "documents"
    assert card.materials[0].name in card.headline


@pytest.mark.parametrize("lang", LANGS)
def test_every_item_has_an_honest_card(responder: Responder, lang: Lang) -> None:
    """For all items, in both languages and in each city: sources known, status shown, valid JSON.

    A card with a value to be confirmed says so; claims of a one-city card are of that city.
    """
    for code, item in responder.catalogue.items.items():
        for city in (None, "shenzhen", "dongguan"):
            card = responder.answer_card(code, lang=lang, city=city, today=TODAY)  # type: ignore[arg-type]
            assert parse_card(dump_card(card)) == card
            assert flatten(card)
            assert card.headline
            assert card.claims
            for claim in card.claims:
                assert claim.source.id in responder.catalogue.sources
                if card.city != "both":
                    assert claim.city in (card.city, "both")
            unsure = any(claim.status == "to_confirm" for claim in card.claims)
            assert not unsure or card.disclaimer
            assert card.list_version == responder.catalogue.version
            if city is not None and item.cities[city] is None:  # type: ignore[index]
                assert card.city != city or card.code != code


def test_a_card_of_a_day_quotes_that_days_rules(responder: Responder) -> None:
    """The 80 % rent rule ends on 31 October 2027."""
    during, after = (
        responder.answer_card("SG-HF-002", lang="zh", city="shenzhen", today=day)
        for day in (dt.date(2027, 10, 31), dt.date(2027, 11, 1))
    )
    rule = "按月缴存额的80%提取"
    assert any(rule in claim.text for claim in during.claims)
    assert not any(rule in claim.text for claim in after.claims)


def test_the_checklist_is_the_cards_materials(responder: Responder) -> None:
    """What can be kept is what was shown, with needs and copies."""
    card = responder.checklist_card("SG-HR-004", lang="en", city="dongguan", today=TODAY)
    shown = responder.answer_card("SG-HR-004", lang="en", city="dongguan", today=TODAY)
    assert [line.text for line in card.items] == [m.name for m in shown.materials]
    assert len({line.id for line in card.items}) == len(card.items)
    with pytest.raises(NotFound):
        responder.checklist_card("SG-XX-999", lang="en", today=TODAY)


def test_a_context_survives_json_and_bad_data() -> None:
    """The caller keeps the context as JSON; anything odd in it is dropped, not believed."""
    context = AnswerContext("SG-HR-004", "dongguan", "fee", ("SG-HR-003",))
    assert AnswerContext.from_dict(context.as_dict()) == context
    odd = AnswerContext.from_dict({"code": 3, "city": "paris", "facet": "colour", "choices": [1]})
    assert odd == AnswerContext()
    assert AnswerContext.from_dict(None) == AnswerContext()


def test_a_withdrawn_item_in_the_context_is_forgotten(responder: Responder) -> None:
    """A follow-up about an item that left the list is searched afresh, never an error."""
    reply = _ask(responder, "要多少钱", context=AnswerContext("SG-ZZ-001"))
    assert reply.decision != "answer"


def _titles(card: Card) -> list[str]:
    return [action.title for action in getattr(card, "actions", [])]


def test_actions_offer_what_is_next(responder: Responder) -> None:
    """Other facts, the other city, the checklist, a report and a person; no raw text in tokens."""
    card = responder.answer_card("SG-HR-004", lang="zh", city="shenzhen", facet="fee", today=TODAY)
    kinds = [action.kind for action in card.actions]
    assert {"say", "keep", "report", "handoff"} <= set(kinds)
    assert "看东莞的规定" in _titles(card)
    assert "要多少钱" not in _titles(card)
    assert all(a.token is None or a.token.startswith("/") for a in card.actions)


# The deciding fact


def _say(card: Card, title: str) -> str:
    """The payload of a chip, as a tap sends it."""
    assert isinstance(card, ChoicesCard)
    return next(choice.token for choice in card.choices if choice.title == title)


def _tap(responder: Responder, token: str, context: AnswerContext, lang: Lang = "zh") -> Reply:
    values = json.loads(token.removeprefix("/ask_item"))
    return responder.tapped(values, lang=lang, context=context, today=TODAY, now=NOW)


def test_only_the_missing_fact_is_asked_and_the_question_goes_on(responder: Responder) -> None:
    """One question; its answer, tapped or typed, continues with the fact that was asked for."""
    first = _ask(responder, "租房提取公积金要什么材料")
    card = first.cards[0]
    assert isinstance(card, ChoicesCard)
    assert "公积金缴在哪个城市" in card.prompt
    assert [choice.title for choice in card.choices] == ["深圳", "东莞", "两市都有", "不清楚"]
    assert card.list_version == responder.catalogue.version
    tapped = _answer(_tap(responder, _say(card, "东莞"), first.context))
    typed = _answer(_ask(responder, "在东莞交的", context=first.context))
    for answer in (tapped, typed):
        assert (answer.code, answer.city, answer.facet) == ("SG-HF-003", "dongguan", "documents")
        assert "您在东莞缴存" in (answer.jurisdiction or "")
    both = _answer(_tap(responder, _say(card, "不清楚"), first.context))
    assert (both.city, both.facet) == ("both", "documents")


def test_what_was_said_is_not_asked_again(responder: Responder) -> None:
    """A fact told once settles later questions, "not sure" included, until other words come."""
    first = _ask(responder, "我在东莞交公积金，想在深圳买房，怎么提取？")
    later = _ask(responder, "租房提取公积金要什么材料", context=first.context)
    assert _answer(later).code == "SG-HF-003"
    assert "您在东莞缴存" in (_answer(later).jurisdiction or "")
    other = _ask(responder, "深圳租房提取要什么材料", context=later.context)
    assert _answer(other).code == "SG-HF-002"
    asked = _ask(responder, "租房提取公积金要什么材料")
    unsure = _ask(responder, "不清楚", context=asked.context)
    again = _ask(responder, "租房提取公积金要什么条件", context=unsure.context)
    assert _answer(again).city == "both"


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
    assert isinstance(_ask(responder, text, lang).cards[0], AnswerCard)


def test_living_somewhere_says_nothing_about_where_one_pays(responder: Responder) -> None:
    """ "I live in Shenzhen" asks for the contribution city; "I work in Shenzhen" answers it."""
    lives = _ask(responder, "我住在深圳，租房提取公积金要什么材料")
    assert isinstance(lives.cards[0], ChoicesCard)
    works = _answer(_ask(responder, "我在深圳上班，租房提取公积金要什么材料"))
    assert works.city == "shenzhen"
    assert "您的工作单位在深圳" in (works.jurisdiction or "")


# Comparisons, several matters


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
    card = _ask(responder, text, lang).cards[0]
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
    first = _ask(responder, "社保卡丢了怎么补办")
    card = _ask(responder, "深圳和东莞有什么区别", context=first.context).cards[0]
    assert isinstance(card, CompareCard)
    assert card.columns[0].code == "SG-HR-004"
    assert not isinstance(_ask(responder, "补领和换领有什么不同").cards[0], CompareCard)


def test_what_is_not_found_of_several_matters_is_said(responder: Responder) -> None:
    """The found one is answered, the other is honestly not in the list; nothing is dropped."""
    reply = _ask(responder, "社保卡丢了怎么补办？火星移民签证怎么办？")
    assert _answer(reply).code == "SG-HR-004"
    notice = reply.cards[1]
    assert isinstance(notice, NoticeCard)
    assert "火星移民签证" in notice.text
    shared = _ask(responder, "社保卡补办和居住证申领分别要带什么")
    assert [card.facet for card in shared.cards if isinstance(card, AnswerCard)] == [
        "documents",
        "documents",
    ]
    assert shared.codes == ("SG-HR-004", "SG-PS-004")


# Life events, places


@pytest.mark.parametrize(
    ("text", "lang", "bundle"),
    [
        ("退休要办哪些手续", "zh", "B-RETIRE"),
        ("moving from Shenzhen to Dongguan, what do I have to do", "en", "B-MOVE"),
        ("刚生了宝宝，有哪些手续要办", "zh", "B-BABY"),
        ("打算结婚，都要办些什么", "zh", "B-MARRY"),
    ],
)
def test_a_life_event_gets_a_plan(responder: Responder, text: str, lang: Lang, bundle: str) -> None:
    """Asked for everything there is to do: the steps in order, with one list of documents."""
    reply = _ask(responder, text, lang)
    card = reply.cards[0]
    assert isinstance(card, BundleCard), flatten(card)
    assert card.id == bundle
    if card.questions:
        no = card.questions[0].options[1]
        after = _tap(responder, no.token, reply.context, lang).cards[0]
        assert isinstance(after, BundleCard)
        assert after.questions[0].answer is False
        assert len(after.steps) <= len(card.steps)


def test_a_question_about_one_matter_stays_one(responder: Responder) -> None:
    """Over the training questions, no question about a single matter becomes a life event.

    Bereavement is both: its item is a step of its bundle.
    """
    taken = []
    for question in load_questions():
        if question.split == "train" and question.kind not in ("multi", "vague"):
            lang: Lang = "en" if question.lang == "en" else "zh"
            cards = _ask(responder, question.text, lang).cards
            if any(isinstance(card, BundleCard) for card in cards):
                taken.append(question)
    assert all(question.codes == ["SG-CA-009"] for question in taken), taken


def test_bundles_are_never_results_of_the_search(responder: Responder) -> None:
    """The index holds items only: a life event is no service."""
    found = responder.engine.search("退休要办哪些手续", lang="zh", k=50)
    assert {hit.code for hit in found.results} <= set(responder.catalogue.items)


@pytest.mark.parametrize(
    ("text", "lang", "where"),
    [
        ("龙华哪里有自助机可以办社保卡", "zh", "龙华区"),
        ("nearest service centre in Chang'an", "en", "Chang'an"),
        ("哪个窗口可以跨城办", "zh", None),
    ],
)
def test_places_to_go_are_listed(
    responder: Responder, text: str, lang: Lang, where: str | None
) -> None:
    """Halls, counters and machines asked for as such: a card of places, open or not told."""
    card = responder.respond(text, lang=lang, today=TODAY, now=NOW).cards[0]
    assert isinstance(card, CentresCard), flatten(card)
    assert where is None or {line.district for line in card.centres} == {where}
    assert all(line.open is not None for line in card.centres)
    unknown = _ask(responder, text, lang).cards[0]
    assert isinstance(unknown, CentresCard)
    assert all(line.open is None for line in unknown.centres)


def test_where_to_go_leads_to_places_that_handle_it(responder: Responder) -> None:
    """The "where" answer offers the places; a tap lists those that take the matter."""
    reply = _ask(responder, "东莞社保卡补办在哪里办")
    action = _answer(reply).actions[0]
    assert action.title == "查看可办网点"
    card = _tap(responder, action.token or "", reply.context).cards[0]
    assert isinstance(card, CentresCard)
    assert card.code == "SG-HR-004"
    assert {line.city for line in card.centres} == {"dongguan"}


def test_no_card_shows_an_agents_contact(responder: Responder) -> None:
    """Liaison contacts are for agents: no number or name of theirs is on any card."""
    private = [c for c in responder.catalogue.liaisons.values() if c.visibility != "public"]
    assert private
    words = "\n".join(
        flatten(responder.answer_card(code, lang="zh", today=TODAY))
        for code in responder.catalogue.items
    )
    for contact in private:
        assert contact.org.zh + contact.role.zh not in words
        assert contact.phone in ("12345", "12329", "12333") or contact.phone not in words


def test_a_team_that_comes_is_offered_where_there_is_one(responder: Responder) -> None:
    """Door-to-door offers are quoted on the matters they cover, with their source."""
    offer = next(iter(responder.catalogue.door_offers.values()))
    card = responder.answer_card(offer.items[0], lang="zh", city=offer.city, today=TODAY)
    told = [claim for claim in card.claims if offer.name.zh in claim.text]
    assert told
    assert told[0].source.id == offer.source
    assert any(way.channel == "door" and way.name == offer.name.zh for way in card.ways)


def test_every_card_of_the_list_can_be_reported(responder: Responder) -> None:
    """ "Out of date?" is on answers, comparisons, life events and places."""
    for text in (
        "社保卡丢了怎么补办", "深圳和东莞租房提取有什么区别", "退休要办哪些手续", "哪个窗口可以跨城办",
    ):  # fmt: skip
        card = _ask(responder, text).cards[0]
        reports = [a.token for a in getattr(card, "actions", []) if a.kind == "report"]
        assert len(reports) == 1
        assert (reports[0] or "").startswith("/report_outdated")


def test_a_matter_that_is_over_is_not_answered_as_if_it_were_not(responder: Responder) -> None:
    """Asked or tapped after its last day: a notice with the date, no card."""
    catalogue = responder.catalogue
    over = catalogue.get("SG-HR-004").model_copy(update={"valid_to": TODAY})
    soon = catalogue.get("SG-PS-010").model_copy(
        update={"valid_from": TODAY + dt.timedelta(days=30)}
    )
    records = [record for found in catalogue.records.values() for record in found.values()]
    changed = Responder(responder.engine, make_catalogue([*records, over, soon]))
    for reply, day in (
        (_ask(changed, "社保卡丢了怎么补办"), TODAY),
        (_tap(changed, '/ask_item{"code":"SG-PS-010"}', AnswerContext()), soon.valid_from),
    ):
        notice = reply.cards[0]
        assert isinstance(notice, NoticeCard), flatten(notice)
        assert day is not None
        assert day.isoformat() in notice.text


def test_follow_ups_of_plans_and_places(responder: Responder) -> None:
    """ "And Dongguan?" after places lists Dongguan's; a fact asked after a plan shows the plan again."""
    places = responder.respond("深圳哪里有24小时自助终端", lang="zh", today=TODAY, now=NOW)
    assert isinstance(places.cards[0], CentresCard)
    other = _ask(responder, "那东莞呢", context=places.context).cards[0]
    assert isinstance(other, CentresCard)
    assert {line.city for line in other.centres} == {"dongguan"}
    planned = _ask(responder, "退休要办哪些手续")
    again = _ask(responder, "要带什么材料", context=planned.context).cards[0]
    assert isinstance(again, BundleCard)
    gone = AnswerContext(bundle="B-GONE")
    assert not isinstance(_ask(responder, "要带什么材料", context=gone).cards[0], BundleCard)


def test_which_city_is_answered_with_the_reason(responder: Responder) -> None:
    """ "You file in X because Y" comes first; which of the two it is is asked, never assumed."""
    known = _answer(_ask(responder, "我在深圳参保，异地就医备案去哪个市办"))
    assert known.headline.startswith("您在深圳参保，所以在深圳办理。")
    assert known.jurisdiction is None
    either = _ask(responder, "公积金租房提取去深圳还是东莞办").cards[0]
    assert isinstance(either, ChoicesCard)
    assert "公积金缴在哪个城市" in either.prompt
