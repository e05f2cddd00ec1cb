"""The bot's forms: what is a value, what ends a form, what is left to the rules."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.callbacks import masked_phone, phone_in
from actions.forms import (
    CALLBACK,
    CASE,
    FIELDS,
    FormAsk,
    FormValidate,
    case_number_in,
    submit_callback,
    submit_case,
)
from actions.turn import Turn
from core.callbacks import CallbackStore, callback_requests
from core.cards import AccountCard, FormCard, HandoffCard, NoticeCard, parse_card
from core.clock import FakeClock
from core.db import Database
from core.outbox import outbox
from tests.actions_fakes import FakeTracker, Room

CASE_NO = "11440300MB2C12345X" + "0" * 13 + "20261101" + "0123"


@pytest.mark.parametrize(
    ("words", "phone"),
    [
        ("我的电话是138 1234 5678", "13812345678"),
        ("+86-13912345678 谢谢", "13912345678"),
        ("0755-88127777", "075588127777"),
        ("打 +852 9123 4567", "+85291234567"),
        ("1381234567", None),
        ("440300199001011234", None),
        ("明天上午", None),
    ],
)
def test_phone_numbers_are_recognised(words: str, phone: str | None) -> None:
    """Mobiles, landlines with area code and Hong Kong numbers; never part of an identity number."""
    assert phone_in(words) == phone


def test_case_numbers_are_read_through_spaces_and_dashes() -> None:
    """43 characters however they are grouped; longer or shorter runs are no case number."""
    assert len(CASE_NO) == 43
    spaced = f"受理号 {CASE_NO[:18]}-{CASE_NO[18:31]} {CASE_NO[31:]}。"
    assert case_number_in(spaced) == CASE_NO
    assert case_number_in(CASE_NO[:-1]) is None
    assert case_number_in(CASE_NO + "1") is None


async def validate(form: str, tracker: FakeTracker) -> tuple[dict[str, Any], list[str]]:
    """(slots set, sentences said) by the validation of `form`."""
    said = CollectingDispatcher()
    events = await FormValidate(form, Room().services).run(said, tracker, {})
    return {e["name"]: e["value"] for e in events}, [m["text"] for m in said.messages]


def in_form(slot: str, text: str, intent: str, confidence: float = 0.9, **more: Any) -> FakeTracker:
    """A message while `slot` is asked for."""
    form = CASE if slot in FIELDS[CASE] else CALLBACK
    slots = {"requested_slot": slot}
    return FakeTracker(
        text, intent, confidence=confidence, slots=slots, loop=form, lang="zh", **more
    )


@pytest.mark.parametrize(
    ("slot", "text", "intent", "value"),
    [
        ("callback_topic", "公积金提取要什么材料", "ask_documents", "公积金提取要什么材料"),
        ("callback_topic", "2", "inform", "社保和社保卡"),
        ("callback_phone", "打13812345678吧", "inform", "13812345678"),
        ("callback_when", "明天上午十点", "inform", "明天上午十点"),
        ("callback_when", "any time", "nlu_fallback", "any time"),
        ("case_number", CASE_NO, "inform", CASE_NO),
    ],
)
async def test_a_value_is_taken(slot: str, text: str, intent: str, value: str) -> None:
    """What was asked for is recognised whatever the intent was taken for."""
    slots, said = await validate(
        CASE if slot == "case_number" else CALLBACK, in_form(slot, text, intent)
    )
    assert slots == {slot: value}
    assert said == []


@pytest.mark.parametrize(
    ("slot", "text", "intent"),
    [
        ("callback_phone", "社保卡补办要多少钱", "ask_fee"),
        ("callback_when", "公积金要交多久才能贷款", "ask_eligibility"),
        ("case_number", "你好", "greet"),
        ("callback_topic", "再说一遍", "repeat"),
    ],
)
async def test_a_digression_is_left_to_the_rules(slot: str, text: str, intent: str) -> None:
    """No event at all: the engine answers by the rule of the intent, then the form asks again."""
    form = CASE if slot == "case_number" else CALLBACK
    assert await validate(form, in_form(slot, text, intent)) == ({}, [])


@pytest.mark.parametrize("intent", ["cancel", "human_text", "self_harm"])
async def test_a_form_can_always_be_left(intent: str) -> None:
    """Cancelling, a person and danger end the form at any field."""
    slots, _ = await validate(CALLBACK, in_form("callback_phone", "……算了", intent))
    assert slots == {"callback_phone": None, "requested_slot": None}


async def test_a_wrong_value_is_explained() -> None:
    """A number that is not one is asked for again, with what a right one looks like."""
    slots, said = await validate(CALLBACK, in_form("callback_phone", "1381234", "inform"))
    assert slots == {"callback_phone": None}
    assert "11 位" in said[0]
    slots, said = await validate(CASE, in_form("case_number", "123456789012345", "inform"))
    assert slots == {"case_number": None}
    assert "43" in said[0]


async def test_the_first_message_may_hold_the_value() -> None:
    """「查 <number>」 needs no second question; leftovers of an earlier form are dropped."""
    slots, _ = await validate(CASE, FakeTracker(f"查进度 {CASE_NO}", "check_case_progress"))
    assert slots == {"case_number": CASE_NO}
    old = FakeTracker("回电 13812345678", "request_callback", slots={"callback_topic": "旧的"})
    slots, _ = await validate(CALLBACK, old)
    assert slots == {"callback_topic": None, "callback_phone": "13812345678"}


@pytest.mark.parametrize(("form", "slot"), [(f, s) for f, fs in FIELDS.items() for s in fs])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_field_asks_with_a_form_card(form: str, slot: str, lang: str) -> None:
    """Each question is a form card in the resident's language, with how far it is and a way out."""
    said = CollectingDispatcher()
    await FormAsk(form, slot, Room().services).run(said, FakeTracker(loop=form, lang=lang), {})
    card = parse_card(said.messages[0]["custom"])
    assert isinstance(card, FormCard)
    assert card.lang == lang
    assert card.cancel is not None
    assert card.cancel.token == "/cancel"
    assert (card.step, card.steps) == (FIELDS[form].index(slot) + 1, len(FIELDS[form]))


async def test_a_call_back_is_stored_with_its_event(db: Database, clock: FakeClock) -> None:
    """Request and event are one transaction; the event holds no number; slots are cleared."""
    room = Room()
    made: Any = type(room.services)
    given = {f: getattr(room.services, f) for f in room.services.__slots__}
    services = made(**{**given, "callbacks": CallbackStore(db, clock)})
    slots = {
        "callback_topic": "公积金", "callback_phone": "13812345678", "callback_when": "明天上午"
    }  # fmt: skip
    turn = Turn.of(FakeTracker("明天上午", "inform", slots=slots, lang="zh", city="dongguan"))
    reply = await submit_callback(services, turn)
    (card,) = reply.cards()
    assert isinstance(card, NoticeCard)
    assert masked_phone("13812345678") in card.text
    assert "13812345678" not in card.text
    assert set(reply.slots.values()) == {None}
    async with db.connect() as conn:
        (row,) = (await conn.execute(callback_requests.select())).all()
        (event,) = (await conn.execute(outbox.select())).all()
    assert (row.phone, row.city, row.state) == ("13812345678", "dongguan", "open")
    assert (event.topic, event.key) == ("callback.requested", row.id)
    assert "13812345678" not in str(event.body)


async def test_leaving_a_form_answers_what_it_was_left_for() -> None:
    """「转人工」 in a form gives the person, and clears what was collected."""
    room = Room()
    slots = {"callback_topic": "公积金", "callback_phone": "13812345678"}
    turn = Turn.of(FakeTracker("转人工", "human_text", slots=slots, lang="zh"))
    reply = await submit_callback(room.services, turn)
    assert any(isinstance(card, HandoffCard) for card in reply.cards())
    assert reply.slots["callback_phone"] is None
    assert room.callbacks.rows == []


async def test_a_case_number_is_asked_at_the_cities() -> None:
    """A case number needs no sign-in; the holder is not named."""
    room = Room()
    turn = Turn.of(FakeTracker("", "inform", slots={"case_number": CASE_NO}, lang="zh"))
    reply = await submit_case(room.services, turn)
    (card,) = reply.cards()
    assert isinstance(card, AccountCard)
    assert room.cities.asked == [("case", CASE_NO)]
    assert reply.slots["case_number"] is None
