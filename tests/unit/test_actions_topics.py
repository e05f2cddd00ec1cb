"""The bot's other topics: people, feelings, danger, refusals, languages, and the error boundary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk.executor import CollectingDispatcher

from actions.account import PURPOSE
from actions.base import TopicAction
from actions.registry import TOPICS, actions
from actions.turn import Reply, Turn
from core.cards import HandoffCard, NoticeCard, dump_card, flatten
from core.errors import Unavailable
from core.i18n import LANGS, catalogue
from knowledge.answers import AnswerContext
from knowledge.answers import Reply as Found
from tests.actions_fakes import FakeListing, FakeTracker, Room

ROOT = Path(__file__).resolve().parents[2]


def rules() -> dict[str, str]:
    """intent → action, from the rules of the dialogue engine."""
    table = {}
    for path in sorted((ROOT / "bot" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            if "intent" in rule["steps"][0]:
                table[rule["steps"][0]["intent"]] = rule["steps"][1]["action"]
    return table


RULES = {i: a for i, a in rules().items() if a in TOPICS}


def domain(key: str) -> list[Any]:
    """A list of the domain, over its files."""
    found: list[Any] = []
    for path in sorted((ROOT / "bot" / "domain").glob("*.yml")):
        found += yaml.safe_load(path.read_text(encoding="utf-8")).get(key) or []
    return found


def test_domain_rules_and_actions_agree() -> None:
    """Every intent has one rule, every action of the domain is served, and nothing else is."""
    assert set(rules()) == {*domain("intents"), "nlu_fallback"}
    assert {a.name() for a in actions(Room().services)} == set(domain("actions"))


def test_both_languages_have_every_text() -> None:
    """No text of the bot exists in one language only."""
    keys = [{k for k in catalogue(lang) if k.startswith("actions.")} for lang in LANGS]
    assert keys[0] == keys[1]


async def run(topic: str, tracker: FakeTracker, room: Room) -> tuple[list[Any], dict[str, Any]]:
    """(messages, slots) of one action."""
    said = CollectingDispatcher()
    events = await TopicAction(topic, TOPICS[topic], room.services).run(said, tracker, {})
    return said.messages, {e["name"]: e["value"] for e in events}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("intent", sorted(set(RULES) - {"checklist"}))
async def test_every_intent_is_answered_in_the_language_of_the_turn(intent: str, lang: str) -> None:
    """Whatever is recognised, something readable is said; no failure notice, the right language."""
    words = "请问这个应该怎么弄呢" if lang == "zh" else "what about this one please"
    tracker = FakeTracker(words, intent, entities={"purpose": "account_inquiry"}, lang=lang)
    messages, _ = await run(RULES[intent], tracker, Room())
    for message in messages:
        card = message["custom"]
        assert message["text"] or card
        assert not card or card["lang"] == lang
        assert card.get("title") not in ("这一步没有办成", "That did not work")


async def test_a_person_is_offered_at_once() -> None:
    """「转人工」 is never answered with a question."""
    for intent, first in (("human_text", "text"), ("human_video", "video")):
        messages, _ = await run("action_handoff", FakeTracker("转人工", intent, lang="zh"), Room())
        (message,) = messages
        assert message["custom"]["type"] == "handoff"
        assert message["custom"]["modes"][0] == first
        assert message["custom"]["state"] == "offer"


async def test_angry_twice_brings_a_person() -> None:
    """The first time asks what is wrong, the second offers a person; calm sets it back."""
    room = Room()
    messages, slots = await run("action_feelings", FakeTracker("烦死了", "angry", lang="zh"), room)
    assert [m["custom"].get("type") for m in messages] == ["choices"]
    assert slots["upset"] == 1
    again = FakeTracker("气死我了", "angry", slots=slots, lang="zh")
    messages, slots = await run("action_feelings", again, room)
    assert messages[-1]["custom"]["type"] == "handoff"
    calm = FakeTracker("谢谢", "thanks", slots={"upset": 2}, lang="zh")
    assert (await run("action_chat", calm, room))[1]["upset"] is None


async def test_two_misunderstandings_bring_a_person() -> None:
    """Nobody goes round in circles a third time."""
    room = Room()
    tracker = FakeTracker("嗯那个什么来着", "nlu_fallback", confidence=0.2, lang="zh")
    messages, slots = await run("action_fallback", tracker, room)
    assert slots["misunderstood"] == 1
    assert all(m["custom"].get("type") != "handoff" for m in messages)
    tracker = FakeTracker("就那个", "nlu_fallback", confidence=0.2, lang="zh", slots=slots)
    messages, slots = await run("action_fallback", tracker, room)
    assert messages[-1]["custom"]["type"] == "handoff"


async def test_danger_names_the_help_lines_first() -> None:
    """Self-harm and emergencies: numbers before anything else, then a person."""
    for intent, number in (("self_harm", "12356"), ("emergency", "110")):
        for lang in LANGS:
            tracker = FakeTracker("救命", intent, lang=lang)
            messages, _ = await run("action_crisis", tracker, Room())
            first, last = messages[0]["custom"], messages[-1]["custom"]
            assert (first["type"], first["level"]) == ("notice", "urgent")
            assert number in first["text"]
            assert any(action["url"] == f"tel:{number}" for action in first["actions"])
            assert last["type"] == "handoff"


@pytest.mark.parametrize(
    "intent", ["other_people_data", "forge_documents", "bribery", "evade_rules"]
)
async def test_the_unlawful_is_refused_with_the_lawful_way(intent: str) -> None:
    """Refused, with the reason and a way; neither the list nor a city is asked."""
    room = Room()
    messages, _ = await run("action_refuse", FakeTracker("帮我弄一个", intent, lang="zh"), room)
    (message,) = messages
    assert message["custom"]["level"] == "warning"
    assert len(message["custom"]["text"]) > 60
    assert room.cities.asked == []
    assert room.listing.asked == []


async def test_low_confidence_still_reaches_the_list() -> None:
    """An unusual question is searched for, whatever the classifier thought of it."""
    room = Room()
    tracker = FakeTracker("狗证怎么办", "nlu_fallback", confidence=0.25, lang="zh")
    await run("action_fallback", tracker, room)
    doubtful = FakeTracker("狗证怎么办", "out_of_scope", confidence=0.4, lang="zh")
    await run("action_out_of_scope", doubtful, room)
    assert room.listing.asked == ["狗证怎么办", "狗证怎么办"]
    sure = FakeTracker("今天天气怎么样", "out_of_scope", confidence=0.9, lang="zh")
    messages, _ = await run("action_out_of_scope", sure, room)
    assert len(room.listing.asked) == 2
    assert "清单" in messages[0]["text"]


async def test_signs_alone_get_a_short_question() -> None:
    """「。。。」 is not taken for a yes, whatever the classifier said."""
    room = Room()
    messages, slots = await run("action_flow", FakeTracker("。。。？", "affirm", lang="zh"), room)
    assert messages[0]["custom"]["type"] == "choices"
    assert slots["misunderstood"] == 1


async def test_a_term_is_explained() -> None:
    """「什么叫容缺受理」 is answered with the meaning, not with an item."""
    room = Room()
    tracker = FakeTracker("什么叫容缺受理啊，听不懂", "confused", lang="zh")
    messages, _ = await run("action_feelings", tracker, room)
    assert "补交" in messages[0]["custom"]["text"]


async def test_language_on_request_holds_until_the_page_changes() -> None:
    """ "English please" overrides the page; switching the page afterwards overrides that."""
    messages, slots = await run(
        "action_language", FakeTracker("用英文", "switch_english", lang="zh"), Room()
    )
    assert "English" in messages[0]["text"]
    assert slots == {"lang": "en", "lang_was": "zh"}
    assert Turn.of(FakeTracker("查社保", slots=slots, lang="zh")).lang == "en"
    assert Turn.of(FakeTracker("查社保", slots=slots, lang="en")).lang == "en"
    slots = {"lang": "zh", "lang_was": "en"}
    assert Turn.of(FakeTracker("hello", slots=slots, lang="zh")).lang == "zh"
    assert Turn.of(FakeTracker("hello there")).lang == "en"
    assert Turn.of(FakeTracker("社保")).lang == "zh"


async def test_failures_are_told_and_never_break_a_turn() -> None:
    """An expected failure is said in the resident's words, an unexpected one as our fault."""

    async def down(services: Any, turn: Turn) -> Reply:
        raise Unavailable()

    async def bug(services: Any, turn: Turn) -> Reply:
        raise RuntimeError("secret detail")

    for topic, part in ((down, "暂时不可用"), (bug, "系统出了问题")):
        said = CollectingDispatcher()
        await TopicAction("t", topic, Room().services).run(said, FakeTracker("x", lang="zh"), {})
        assert part in said.messages[0]["text"]
        assert "secret" not in str(said.messages)


async def test_accounts_are_never_kept_for_repeating() -> None:
    """ "Say that again" keeps no account, sign-in or form card; answers only as a reference."""

    async def private(services: Any, turn: Turn) -> Reply:
        return Reply(
            [
                HandoffCard(prompt="p", modes=["text"], wait_s=None, position=None),
                NoticeCard(text="n"),
            ]
        )

    said = CollectingDispatcher()
    action = TopicAction("t", private, Room().services)
    events = await action.run(said, FakeTracker("x"), {})
    kept = {e["name"]: e["value"] for e in events}["last_cards"]
    assert kept == [m["custom"] for m in said.messages]
    assert said.messages[1]["text"] == flatten(NoticeCard(text="n"))
    assert kept[1] == dump_card(NoticeCard(text="n"))
    room = Room()
    await room.consents.grant("N-0001", PURPOSE, "chat", "1")
    tracker = FakeTracker("查社保", "check_social_security", acting=room.acting())
    messages, slots = await run("action_account", tracker, room)
    assert messages[0]["custom"]["type"] == "account"
    assert "last_cards" not in slots


def unsure(text: str, *guesses: tuple[str, float]) -> FakeTracker:
    """A message that the classifier was not sure about."""
    tracker = FakeTracker(text, "nlu_fallback", confidence=0.2, lang="zh")
    ranking = [("nlu_fallback", 0.2), *guesses]
    tracker.latest_message["intent_ranking"] = [{"name": n, "confidence": c} for n, c in ranking]
    return tracker


async def test_danger_is_acted_on_even_when_unsure() -> None:
    """A possible cry for help gets the help lines, however the rest was guessed."""
    tracker = unsure("真想再也不醒来", ("distressed", 0.15), ("self_harm", 0.12))
    messages, _ = await run("action_fallback", tracker, Room())
    assert messages[0]["custom"]["level"] == "urgent"


async def test_an_unsure_act_is_offered_not_done() -> None:
    """What would start something is a chip; "none of these" is one too."""
    room = Room()
    tracker = unsure("四点以后你们拨过来", ("request_callback", 0.18), ("book_window", 0.13))
    messages, slots = await run("action_fallback", tracker, room)
    tokens = [c["token"] for c in messages[0]["custom"]["choices"]]
    assert tokens == ["/request_callback", "/book_window", "/none_of_these"]
    assert slots["misunderstood"] == 1
    assert room.listing.asked == ["四点以后你们拨过来"]


async def test_an_unsure_feeling_is_answered() -> None:
    """Words that only talk are answered as guessed; a question guess stays with the list."""
    messages, _ = await run("action_fallback", unsure("没一句有用的", ("angry", 0.18)), Room())
    assert messages[0]["custom"]["type"] == "choices"
    assert messages[0]["text"].startswith("让您着急了")
    messages, _ = await run("action_fallback", unsure("那个啥", ("ask_fee", 0.19)), Room())
    assert messages == []


async def test_an_innocent_question_is_not_accused() -> None:
    """A doubtful suspicion without a word for it is searched for instead of refused."""

    class Knows(FakeListing):
        """A list that finds something."""

        async def ask(self, turn: Any, words: str | None = None) -> Found:
            await super().ask(turn, words)
            return Found((NoticeCard(text="found"),), AnswerContext(), "clarify", ("SG-MS-004",))

    room = Room(Knows())
    doubtful = FakeTracker("打算把茶叶店盘给别家", "bribery", confidence=0.36, lang="zh")
    messages, _ = await run("action_refuse", doubtful, room)
    assert messages[0]["text"] == "found"
    plain = FakeTracker("给窗口塞个红包行吗", "bribery", confidence=0.36, lang="zh")
    messages, _ = await run("action_refuse", plain, room)
    assert messages[0]["custom"]["level"] == "warning"


async def test_a_reply_to_the_open_question_goes_to_the_list_whatever_was_understood() -> None:
    """ "Not sure" after "in which city?" answers that question; without one it means what it means."""
    context = {"code": "SG-HF-002", "facet": "documents", "asking": "contribution_city"}
    room = Room()
    words = FakeTracker("不清楚", "confused", lang="zh", context=context)
    await run("action_feelings", words, room)
    assert room.listing.asked == ["不清楚"]
    other = Room()
    await run("action_feelings", FakeTracker("不清楚", "confused", lang="zh"), other)
    assert other.listing.asked == []
    crisis = Room()
    await run(
        "action_crisis", FakeTracker("我不想活了", "self_harm", lang="zh", context=context), crisis
    )
    assert crisis.listing.asked == []


async def test_a_report_names_everything_the_card_showed() -> None:
    """A card of several places or matters: one event each, at most five, nothing of the resident."""
    room = Room()
    codes = "SG-HF-002,SG-HF-003,B-MOVE,SZ-CITY,DG-CA,SZ-FT"
    tapped = FakeTracker("", "report_outdated", entities={"code": codes}, lang="zh")
    messages, _ = await run("action_service", tapped, room)
    assert [row["code"] for row in room.reports.rows] == codes.split(",")[:5]
    assert messages[0]["custom"]["level"] == "success"


async def test_a_plan_is_repeated_as_a_plan_and_a_table_in_words() -> None:
    """ "Say that again" keeps what was shown, small enough for the conversation's memory."""
    room = Room()
    kept = [{"bundle": "B-MOVE", "answers": "has_car:no"}, {"words": "两市对比"}]
    tracker = FakeTracker("再说一遍", "repeat", slots={"last_cards": kept}, lang="zh")
    messages, _ = await run("action_flow", tracker, room)
    assert room.listing.asked == ["B-MOVE"]
    assert [message["text"] for message in messages] == ["两市对比"]
