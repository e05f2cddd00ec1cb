"""What residents are told: the asked fact first, sourced, of the right city, or an honest no."""

from __future__ import annotations

import datetime as dt

import pytest
from knowledge_engine import TODAY, responder_of

from core.cards import AnswerCard, Card, ChoicesCard, NoticeCard, dump_card, flatten, parse_card
from core.errors import NotFound
from core.i18n import LANGS, Lang
from core.settings import Settings
from knowledge.answers import AnswerContext, Reply, Responder


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
