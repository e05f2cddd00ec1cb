"""Plans of life events, and places to go."""

from __future__ import annotations

import numpy as np
import pytest
from knowledge_answering import NOW, answer_of, ask, tap
from knowledge_engine import TODAY

from core.cards import (
    BundleCard,
    CentresCard,
    NoticeCard,
    flatten,
)
from core.i18n import Lang
from knowledge.answers import AnswerContext, Responder
from knowledge.wordings import event_wordings


@pytest.mark.parametrize(
    "said",
    [
        "我爸前天走了，他有社保也有公积金，户口本上还有他的名字，我现在脑子很乱不知道先办什么",
        "我爸昨天走了，他有社保和公积金，我不知道先办什么",
    ],
)
def test_a_death_brings_its_plan_not_that_of_retiring(responder: Responder, said: str) -> None:
    """Whoever writes 「我爸走了」 has lost his father, whatever accounts he lists."""
    card = ask(responder, said).cards[0]
    assert isinstance(card, BundleCard)
    assert card.id == "B-BEREAVE"


def test_a_hall_one_knows_is_answered_with_its_own_card(responder: Responder) -> None:
    """Hours, phone or facilities of a named centre: that centre, not the locator's card."""
    for text in ("深圳市民中心几点下班", "is the Dongguan Citizen Service Centre open on Saturday"):
        lang: Lang = "zh" if text[0] == "深" else "en"
        card = ask(responder, text, lang).cards[0]
        assert isinstance(card, CentresCard)
        assert len(card.centres) == 1
        assert card.centres[0].hours


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
    reply = ask(responder, text, lang)
    card = reply.cards[0]
    assert isinstance(card, BundleCard), flatten(card)
    assert card.id == bundle
    if card.questions:
        no = card.questions[0].options[1]
        after = tap(responder, no.token, reply.context, lang).cards[0]
        assert isinstance(after, BundleCard)
        assert after.questions[0].answer is False
        assert len(after.steps) <= len(card.steps)


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
    unknown = ask(responder, text, lang).cards[0]
    assert isinstance(unknown, CentresCard)
    assert all(line.open is None for line in unknown.centres)


def test_where_to_go_leads_to_places_that_handle_it(responder: Responder) -> None:
    """The "where" answer offers the places; a tap lists those that take the matter."""
    reply = ask(responder, "东莞社保卡补办在哪里办")
    action = answer_of(reply).actions[0]
    assert action.title == "查看可办网点"
    card = tap(responder, action.token or "", reply.context).cards[0]
    assert isinstance(card, CentresCard)
    assert card.code == "SG-HR-004"
    assert {line.city for line in card.centres} == {"dongguan"}


def test_a_team_that_comes_is_offered_where_there_is_one(responder: Responder) -> None:
    """Door-to-door offers are quoted on the matters they cover, with their source."""
    offer = next(iter(responder.catalogue.door_offers.values()))
    card = responder.answer_card(offer.items[0], lang="zh", city=offer.city, today=TODAY)
    told = [claim for claim in card.claims if offer.name.zh in claim.text]
    assert told
    assert told[0].source.id == offer.source
    assert any(way.channel == "door" and way.name == offer.name.zh for way in card.ways)


def test_follow_ups_of_plans_and_places(responder: Responder) -> None:
    """ "And Dongguan?" after places lists Dongguan's; a fact asked after a plan shows the plan again."""
    places = responder.respond("深圳哪里有24小时自助终端", lang="zh", today=TODAY, now=NOW)
    assert isinstance(places.cards[0], CentresCard)
    other = ask(responder, "那东莞呢", context=places.context).cards[0]
    assert isinstance(other, CentresCard)
    assert {line.city for line in other.centres} == {"dongguan"}
    planned = ask(responder, "退休要办哪些手续")
    again = ask(responder, "要带什么材料", context=planned.context).cards[0]
    assert isinstance(again, BundleCard)
    gone = AnswerContext(bundle="B-GONE")
    assert not isinstance(ask(responder, "要带什么材料", context=gone).cards[0], BundleCard)


def test_a_start_embeds_no_plan_again(
    responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index keeps the plans' wordings: embedding them took four seconds of every start."""
    engine = responder.engine
    texts = [text for _, text in event_wordings(engine.catalogue.bundles.values())]
    kept = engine.event_vectors
    assert kept is not None
    fresh = engine.embedder.encode_documents(texts[::50])
    np.testing.assert_allclose(kept[::50], fresh, atol=1e-3)

    def never(texts: object) -> None:
        raise AssertionError(texts)

    monkeypatch.setattr("knowledge.life_events._CACHE", {})
    monkeypatch.setattr(engine.embedder, "encode_documents", never)
    again = Responder(engine)
    again.warm()
    assert isinstance(ask(again, "开奶茶店要办什么").cards[0], BundleCard)


@pytest.mark.parametrize(
    ("said", "lang", "plan"),
    [
        ("大学毕业去东莞上班，头一回自己出来，先弄哪样", "zh", "B-GRADUATE"),
        ("we move from Shenzhen to Dongguan next month, totally lost", "en", "B-MOVE"),
    ],
)
def test_a_plan_is_offered_where_nothing_is_sure(
    responder: Responder, said: str, lang: Lang, plan: str
) -> None:
    """Who tells what is ahead of him in his own words gets its plan to tap."""
    reply = ask(responder, said, lang)
    card = reply.cards[0]
    assert isinstance(card, NoticeCard)
    (token,) = (one.token for one in card.actions if "B-" in (one.token or ""))
    (tapped,) = tap(responder, token or "", reply.context, lang).cards
    assert isinstance(tapped, BundleCard)
    assert tapped.id == plan
    assert reply.offers[0].code == plan  # what the dialogue engine looks at


@pytest.mark.parametrize(
    ("said", "lang", "plan"),
    [
        ("下个月全家从深圳搬去东莞住，一头雾水", "zh", "B-MOVE"),
        ("买二手房", "zh", "B-HOME"),
        ("我刚买了房", "zh", "B-HOME"),
        ("我当爸爸了", "zh", "B-BABY"),
        ("we just had a baby", "en", "B-BABY"),
        ("I am moving from Shenzhen to Dongguan", "en", "B-MOVE"),
    ],
)
def test_who_only_says_what_happens_gets_its_plan(
    responder: Responder, said: str, lang: Lang, plan: str
) -> None:
    """No question, no matter by name: what is to be done then, in order."""
    (card,) = ask(responder, said, lang).cards
    assert isinstance(card, BundleCard)
    assert card.id == plan


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("想收养一个孩子，从哪开始", "zh"),
        ("I want to donate my organs after death. What do I have to do?", "en"),
    ],
)
def test_an_event_that_is_none_of_ours_brings_no_plan(
    responder: Responder, text: str, lang: Lang
) -> None:
    """However much its words are like one."""
    assert not any(isinstance(card, BundleCard) for card in ask(responder, text, lang).cards)
