"""What residents are told: sourced, in the language asked in, or an honest no."""

from __future__ import annotations

import datetime as dt

import pytest
from knowledge_answering import answer_of, ask, tap, titles
from knowledge_engine import TODAY

from core.cards import (
    AnswerCard,
    ChoicesCard,
    NoticeCard,
    dump_card,
    flatten,
    parse_card,
)
from core.errors import NotFound
from core.i18n import LANGS, Lang
from knowledge.answers import AnswerContext, Responder
from knowledge.catalogue import make_catalogue


def test_the_english_question_of_the_brief(responder: Responder) -> None:
    """Without a city both are shown side by side."""
    card = answer_of(ask(responder, "How do I replace my social security card?", "en"))
    assert (card.code, card.city) == ("SG-HR-004", "both")
    assert {row.facet for row in card.comparison} >= {"documents", "time", "fee", "channels"}
    assert card.name.en.split(":")[0] == "Social security card"


def test_a_vague_question_gets_one_question_with_choices(responder: Responder) -> None:
    """At most four choices and "none of these"; a number picks one."""
    reply = ask(responder, "社保卡")
    card = reply.cards[0]
    assert isinstance(card, ChoicesCard)
    assert 2 <= len(reply.codes) <= 4
    assert len(card.choices) == len(reply.codes) + 1
    assert card.choices[-1].code is None
    assert len({choice.title for choice in card.choices}) == len(card.choices)
    picked = ask(responder, "第二个", context=reply.context)
    assert picked.codes == (reply.codes[1],)


@pytest.mark.parametrize(
    ("text", "lang"),
    [("商标注册流程", "zh"), ("how do I register a trademark", "en"), ("今晚吃什么好", "zh")],
)
def test_what_is_not_in_the_list_is_said_to_be_so(
    responder: Responder, text: str, lang: Lang
) -> None:
    """No answer card, never an invented one; a number to call and a person are always offered."""
    reply = ask(responder, text, lang)
    assert not any(isinstance(card, AnswerCard) for card in reply.cards)
    if isinstance(reply.cards[0], NoticeCard):
        assert any(action.url == "tel:12345" for action in reply.cards[0].actions)
        assert any(action.kind == "handoff" for action in reply.cards[0].actions)


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
    reply = ask(responder, "要多少钱", context=AnswerContext("SG-ZZ-001"))
    assert reply.decision != "answer"


def test_actions_offer_what_is_next(responder: Responder) -> None:
    """Other facts, the other city, the checklist, a report and a person; no raw text in tokens."""
    card = responder.answer_card("SG-HR-004", lang="zh", city="shenzhen", facet="fee", today=TODAY)
    kinds = [action.kind for action in card.actions]
    assert {"say", "keep", "report", "handoff"} <= set(kinds)
    assert "看东莞的规定" in titles(card)
    assert "要多少钱" not in titles(card)
    assert all(a.token is None or a.token.startswith("/") for a in card.actions)


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


def test_every_card_of_the_list_can_be_reported(responder: Responder) -> None:
    """ "Out of date?" is on answers, comparisons, life events and places."""
    for text in (
        "社保卡丢了怎么补办", "深圳和东莞租房提取有什么区别", "退休要办哪些手续", "哪个窗口可以跨城办",
    ):  # fmt: skip
        card = ask(responder, text).cards[0]
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
        (ask(changed, "社保卡丢了怎么补办"), TODAY),
        (tap(changed, '/ask_item{"code":"SG-PS-010"}', AnswerContext()), soon.valid_from),
    ):
        notice = reply.cards[0]
        assert isinstance(notice, NoticeCard), flatten(notice)
        assert day is not None
        assert day.isoformat() in notice.text
