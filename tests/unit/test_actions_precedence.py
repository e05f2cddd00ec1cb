"""Whether a request, a refusal or a crisis gives way to what the list knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.base import TopicAction
from actions.chips import payload
from actions.listing import CONTEXT_SLOT
from actions.registry import TOPICS
from core.cards import Choice, ChoicesCard
from knowledge.answers import AnswerContext
from knowledge.answers import Reply as Found
from tests.actions_fakes import FakeListing, FakeTracker, Room


class Knows(FakeListing):
    """A list that finds the same for every question; "near" is a refusal that names what is nearest."""

    def __init__(self, decision: Any, *codes: str) -> None:
        super().__init__()
        self._decision, self._codes = decision, codes

    async def ask(self, turn: Any, words: str | None = None) -> Found:
        self.asked.append(words or turn.text)
        title = "SAID BY THE LIST"
        choices = [Choice(title=c, code=c, token=payload("ask_item", code=c)) for c in self._codes]
        if self._decision in ("abstain", "near"):
            card = ChoicesCard(lang=turn.lang, prompt=title, choices=[_nothing()])
            near = tuple(choices) if self._decision == "near" else ()
            return Found((card,), AnswerContext(), "abstain", near=near)
        card = ChoicesCard(lang=turn.lang, prompt=title, choices=choices or [_nothing()])
        return Found((card,), AnswerContext(), self._decision, self._codes)


def _nothing() -> Choice:
    return Choice(title="-", token="/none_of_these")


def vague(words: str, guess: str) -> FakeTracker:
    """Words of which nothing is sure, with the likeliest guess."""
    tracker = FakeTracker(words, "nlu_fallback", confidence=0.19, lang="zh")
    tracker.latest_message["intent_ranking"] = [{"name": guess, "confidence": 0.19}]
    return tracker


async def said(topic: str, tracker: FakeTracker, room: Room) -> list[str]:
    """Kinds of messages in order; `list` for the list's own card, `offer` for a choice of both."""
    dispatcher = CollectingDispatcher()
    await TopicAction(topic, TOPICS[topic], room.services).run(dispatcher, tracker, {})
    out = []
    for message in dispatcher.messages:
        card = message["custom"] or {}
        if card.get("prompt") == "SAID BY THE LIST":
            out.append("list")
        elif card.get("type") == "choices":
            out.append("offer")
        else:
            out.append(card.get("type", "text"))
    return out


@pytest.mark.parametrize(
    ("topic", "intent", "confidence", "listing", "expected"),
    [
        # another matter, surely: the list answers
        ("action_act", "complaint_12345", 0.9, Knows("answer", "SG-HR-014"), ["list"]),
        ("action_account", "check_social_security", 0.5, Knows("answer", "SG-HR-012"), ["list"]),
        # the very matter of the request: it is done
        ("action_account", "check_social_security", 0.5, Knows("answer", "SG-HR-001"), ["sign_in"]),
        # the rule and one's own figure
        (
            "action_account", "estimate_withdrawal", 0.9, Knows("answer", "SG-HF-002"),
            ["list", "sign_in"],
        ),
        # two matters, one of them the request's own
        (
            "action_account", "check_housing_fund", 0.9, Knows("answer", "SG-HF-001", "SG-HF-002"),
            ["list", "sign_in"],
        ),
        ("action_act", "door_to_door", 0.9, Knows("answer", "SG-XX-003", "SG-HR-004"), ["list", "handoff"]),
        # nothing in the list: done when sure, offered when not
        ("action_account", "check_social_security", 0.9, Knows("abstain"), ["sign_in"]),
        ("action_account", "check_social_security", 0.4, Knows("abstain"), ["offer"]),
        # other matters that it may be
        ("action_account", "check_card_progress", 0.6, Knows("clarify", "SG-HR-004"), ["offer"]),
        ("action_account", "check_card_progress", 0.9, Knows("clarify", "SG-HR-004"), ["sign_in"]),
        ("action_account", "check_card_progress", 0.4, Knows("clarify", "SG-HR-005"), ["sign_in"]),
    ],
)  # fmt: skip
async def test_the_list_has_the_word_where_it_is_sure(
    topic: str, intent: str, confidence: float, listing: Knows, expected: list[str]
) -> None:
    """A request gives way to another matter, and is offered where nobody is sure."""
    tracker = FakeTracker("那个怎么办", intent, confidence=confidence, lang="zh")
    room = Room(listing)
    assert await said(topic, tracker, room) == expected
    assert len(room.learner.questions) == int(expected[0] != "sign_in")


async def test_not_sure_twice_brings_a_person() -> None:
    """A request that is offered counts as not understood, as any other guess."""
    tracker = FakeTracker(
        "那个怎么办", "check_card_progress", confidence=0.4, lang="zh", slots={"misunderstood": 1}
    )
    assert await said("action_account", tracker, Room(Knows("abstain"))) == ["handoff"]


async def test_an_offer_names_the_request_first() -> None:
    """What was recognised, then what the list has, then neither."""
    room = Room(Knows("clarify", "SG-HR-004", "SG-HR-007"))
    tracker = FakeTracker("卡呢", "check_card_progress", confidence=0.5, lang="zh")
    dispatcher = CollectingDispatcher()
    await TopicAction("action_account", TOPICS["action_account"], room.services).run(
        dispatcher, tracker, {}
    )
    tokens = [c["token"] for c in dispatcher.messages[0]["custom"]["choices"]]
    assert tokens[0] == "/check_card_progress"
    assert [t for t in tokens if "ask_item" in t] == [
        payload("ask_item", code="SG-HR-004"), payload("ask_item", code="SG-HR-007"),
    ]  # fmt: skip
    assert tokens[-1] == "/none_of_these"


@pytest.mark.parametrize(
    ("words", "intent", "confidence", "decision", "expected"),
    [
        ("我想离婚", "self_harm", 0.42, "answer", ["list"]),
        ("我想开店", "self_harm", 0.22, "clarify", ["list"]),
        ("我想开店", "self_harm", 0.22, "abstain", ["notice", "handoff"]),
        ("我不想活了，社保怎么查", "self_harm", 0.3, "answer", ["notice", "handoff"]),
        ("我想离婚", "self_harm", 0.9, "answer", ["notice", "handoff"]),
        ("我想开店", "self_harm", 0.45, "clarify", ["notice", "handoff"]),
        ("活着真没意思，房贷也还不上了", "self_harm", 0.3, "answer", ["notice", "handoff"]),
        ("撑不下去了，公积金能取吗", "self_harm", 0.2, "answer", ["notice", "handoff"]),
        ("I can't go on, my fund is gone", "self_harm", 0.3, "answer", ["notice", "handoff"]),
        ("家里着火烧没了，有救助吗", "emergency", 0.4, "answer", ["notice", "handoff", "list"]),
        ("那只猫不吃东西", "emergency", 0.3, "abstain", ["notice", "handoff"]),
    ],
)
async def test_danger_gives_way_only_without_a_word_of_it(
    words: str, intent: str, confidence: float, decision: str, expected: list[str]
) -> None:
    """Help lines come first at any word of danger; what somebody in danger says is not kept."""
    room = Room(Knows(decision, "SG-CA-008"))
    tracker = FakeTracker(words, intent, confidence=confidence, lang="zh")
    assert await said("action_crisis", tracker, room) == expected
    assert room.learner.questions == ([(words, decision)] if "list" in expected else [])


@pytest.mark.parametrize(
    ("words", "intent", "confidence", "expected"),
    [
        ("想查一下我名下的房产资料", "other_people_data", 0.7, ["list"]),
        ("look up my marriage record", "other_people_data", 0.9, ["list"]),
        ("查一下我老婆名下的房产", "other_people_data", 0.7, ["notice"]),
        ("查张三的房产", "other_people_data", 0.9, ["notice"]),
        ("我自己的公积金怎么绕过规定取出来", "evade_rules", 0.9, ["notice"]),
        ("怎么和房东砍价", "evade_rules", 0.3, ["list"]),
    ],
)
async def test_what_is_ones_own_is_not_refused(
    words: str, intent: str, confidence: float, expected: list[str]
) -> None:
    """Other people's records and tricks are refused, one's own records are not."""
    tracker = FakeTracker(words, intent, confidence=confidence, lang="zh")
    assert await said("action_refuse", tracker, Room(Knows("answer", "SG-HF-014"))) == expected


@pytest.mark.parametrize(
    ("confidence", "decision", "expected"),
    [
        (0.3, "clarify", ["list"]), (0.9, "answer", ["notice", "list"]),
        (0.9, "clarify", ["notice"]), (0.3, "abstain", ["notice"]),
    ],
)  # fmt: skip
async def test_a_parents_question_is_not_a_childs(
    confidence: float, decision: str, expected: list[str]
) -> None:
    """「小孩刚出生」 is asked by a parent: the notice for the under-aged only where one is sure."""
    tracker = FakeTracker("小孩刚刚出生要办什么", "minor", confidence=confidence, lang="zh")
    assert await said("action_minor", tracker, Room(Knows(decision, "SG-PS-007"))) == expected


@pytest.mark.parametrize(
    ("words", "intent", "confidence", "decision", "expected"),
    [
        # only guessed, no word of it: what the list has
        ("手机上那个码我妈不会弄", "elderly_help", 0.48, "answer", ["list"]),
        ("下个月全家搬去东莞住，一头雾水", "distressed", 0.4, "near", ["list"]),
        ("老板拖了我三个月钱，找谁说理", "angry", 0.3, "answer", ["list"]),
        # sure, or said: kind words with what the list has
        ("手机上那个码我妈不会弄", "elderly_help", 0.8, "answer", ["text", "list", "handoff"]),
        ("我妈走了，户口怎么销", "distressed", 0.3, "answer", ["text", "list", "handoff"]),
        ("我妈走了，户口怎么销", "distressed", 0.3, "near", ["text", "list", "handoff"]),
        ("我妈走了，我真的不知道怎么办", "distressed", 0.9, "near", ["text", "handoff"]),
        ("你们什么态度，气死我了", "angry", 0.3, "answer", ["offer"]),
        # nothing in the list
        ("心里乱得很，不知道怎么办好", "distressed", 0.3, "abstain", ["text", "handoff"]),
    ],
)
async def test_a_feeling_that_is_only_guessed_gives_way(
    words: str, intent: str, confidence: float, decision: str, expected: list[str]
) -> None:
    """Kind words where a feeling is told or sure; else what was asked comes first."""
    tracker = FakeTracker(words, intent, confidence=confidence, lang="zh")
    assert await said("action_feelings", tracker, Room(Knows(decision, "SG-PS-007"))) == expected


@pytest.mark.parametrize(
    ("guess", "decision", "expected"),
    [
        ("distressed", "near", ["list"]),
        ("distressed", "clarify", ["list"]),
        ("distressed", "abstain", ["text", "handoff"]),
        ("out_of_scope", "near", ["list"]),
        ("out_of_scope", "abstain", ["offer"]),
        ("human_text", "near", ["handoff"]),
        ("check_card_progress", "near", ["offer"]),
    ],
)
async def test_what_the_list_offers_comes_before_a_vague_guess(
    guess: str, decision: str, expected: list[str]
) -> None:
    """Nothing was understood for sure: a plan or a matter that may be meant is shown, not talked over."""
    tracker = vague("五十岁了，人事说我该退了", guess)
    room = Room(Knows(decision, "B-RETIRE"))
    assert await said("action_fallback", tracker, room) == expected


async def test_an_unsure_request_is_offered_beside_what_is_near() -> None:
    """Both the request that was guessed and the plan that the list offers can be tapped."""
    tracker = vague("银包唔见咗", "check_card_progress")
    room, dispatcher = Room(Knows("near", "B-LOST")), CollectingDispatcher()
    await TopicAction("action_fallback", TOPICS["action_fallback"], room.services).run(
        dispatcher, tracker, {}
    )
    tokens = [c["token"] for c in dispatcher.messages[0]["custom"]["choices"]]
    assert tokens == [
        "/check_card_progress", payload("ask_item", code="B-LOST"), "/none_of_these",
    ]  # fmt: skip


async def test_another_intents_words_are_no_reason_to_refuse() -> None:
    """「怕别人抢注」 is guessed as bribery, but speaks of other people only."""
    tracker = FakeTracker("怕别人抢注，想把牌子注册了", "bribery", confidence=0.23, lang="zh")
    assert await said("action_refuse", tracker, Room(Knows("answer", "SG-MS-001"))) == ["list"]


@pytest.mark.parametrize(
    ("topic", "words", "intent"),
    [
        ("action_crisis", "我刚生了宝宝", "self_harm"),
        ("action_crisis", "we just had a baby", "emergency"),
        ("action_feelings", "我当爸爸了", "distressed"),
        ("action_feelings", "I just got married", "confused"),
    ],
)
async def test_a_happy_event_is_neither_danger_nor_grief(
    topic: str, words: str, intent: str
) -> None:
    """A birth is registered; nobody who tells of one is sent to a hotline."""
    tracker = FakeTracker(words, intent, confidence=0.4)
    assert await said(topic, tracker, Room(Knows("answer", "SG-HL-002"))) == ["list"]


@pytest.mark.parametrize(
    ("words", "confidence"),
    [
        ("刚生了孩子，每天哭，不想活了", 0.3),
        ("结婚三年了，每天都想消失", 0.9),
        ("got married and every day I want to vanish", 0.9),
    ],
)
async def test_a_happy_word_in_real_danger_hides_nothing(words: str, confidence: float) -> None:
    """A word of danger counts however it was heard, and so does what is surely heard without one."""
    tracker = FakeTracker(words, "self_harm", confidence=confidence)
    kinds = await said("action_crisis", tracker, Room(Knows("clarify", "SG-HL-002")))
    assert kinds[0] == "notice"


@pytest.mark.parametrize(
    "words", ["老公天天打我，我想离婚，要怎么办", "my husband hits me, how do I get a divorce"]
)
async def test_who_is_beaten_is_told_first_where_to_call(words: str) -> None:
    """Whatever was recognised and whatever the list knows: the numbers and a person come before it."""
    tracker = FakeTracker(words, "ask_service", confidence=0.9)
    kinds = await said("action_service", tracker, Room(Knows("answer", "SG-CA-002")))
    assert kinds[:2] == ["notice", "handoff"]
    assert kinds[-1] == "list"


@pytest.mark.parametrize(
    "words", ["欠我工资三个月了，每天都想消失", "they owe me wages and I want to die"]
)
async def test_who_wants_to_die_is_heard_in_the_midst_of_a_matter(words: str) -> None:
    """After a card, or recognised as a question: the help line comes first."""
    slots = {CONTEXT_SLOT: AnswerContext(code="SG-HR-014").as_dict()}
    tracker = FakeTracker(words, "ask_service", confidence=0.9, slots=slots)
    assert (await said("action_service", tracker, Room(Knows("answer", "SG-HR-014"))))[
        0
    ] == "notice"


@pytest.mark.parametrize("words", ["你们怎么没打我电话", "工作人员打我手机没接到"])
async def test_a_telephone_call_is_no_violence(words: str) -> None:
    """「打我电话」."""
    tracker = FakeTracker(words, "ask_service", confidence=0.9, lang="zh")
    kinds = await said("action_service", tracker, Room(Knows("answer", "SG-CA-002")))
    assert kinds == ["list"]


@pytest.mark.parametrize("words", ["预约打疫苗", "科目二预约", "book a doctor appointment"])
async def test_what_is_booked_elsewhere_gets_none_of_our_numbers(words: str) -> None:
    """A ticket for our windows is no use at a hospital or a driving test."""
    tracker = FakeTracker(words, "book_window", confidence=0.95)
    kinds = await said("action_act", tracker, Room(Knows("clarify", "SG-XX-001")))
    assert "handoff" not in kinds


async def test_a_courtesy_only_guessed_gives_way_to_the_list() -> None:
    """「结婚」 is no small talk where the list has it."""
    guessed = FakeTracker("结婚", "small_talk", confidence=0.4, lang="zh")
    assert await said("action_chat", guessed, Room(Knows("answer", "SG-CA-001"))) == ["list"]
    sure = FakeTracker("谢谢你", "thanks", confidence=0.95, lang="zh")
    assert await said("action_chat", sure, Room(Knows("answer", "SG-CA-001"))) != ["list"]


async def test_the_telephone_number_of_an_office_needs_no_sign_in() -> None:
    """ "What is the number of the housing fund": told, whatever request was recognised."""

    class Phones(Knows):
        async def ask(self, turn: Any, words: str | None = None) -> Found:
            found = await super().ask(turn, words)
            return replace(found, context=AnswerContext(code="SG-HF-001", facet="phone"))

    tracker = FakeTracker("公积金中心电话多少", "check_housing_fund", confidence=0.9, lang="zh")
    assert await said("action_account", tracker, Room(Phones("answer", "SG-HF-001"))) == ["list"]
