"""Who has the word: what was recognised, or what the list knows.

The dialogue model hears a sentence without knowing the list: it takes 「老板拖欠工资找谁投诉」 for a call
to 12345 and 「怎么预约美国签证」 for a booking. Where the list is sure of another matter than the one a
request stands for, the list answers; where neither is sure, both are offered. Decides nothing where the
list has nothing to add.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.chips import OFFERED, chip
from actions.listing import CONTEXT_SLOT, context_of
from actions.service import OFFER_AFTER, missed, out_of_scope, told
from actions.services import Services
from actions.turn import Reply, Turn
from core.cards import Choice, ChoicesCard

ACTS = {"book_window": "SG-XX-001", "door_to_door": "SG-XX-003", "complaint_12345": "SG-XX-006"}
"""What a person is wanted for, and the item that says how it is done."""
OWN: dict[str, frozenset[str]] = {
    "check_housing_fund": frozenset({"SG-HF-001"}),
    "estimate_withdrawal": frozenset({"SG-HF-001"}),
    "check_social_security": frozenset({"SG-HR-001", "SG-MI-003"}),
    "check_card_progress": frozenset({"SG-HR-005"}),
    **{intent: frozenset({code}) for intent, code in ACTS.items()},
}
"""The items of the list that a request does by itself."""
SURE, SURE_BESIDE, LIKELY = 0.55, 0.75, 0.35
"""From which confidence on a request is done without asking back: where the list knows nothing of it, where
the list has other matters that it may be, and where the list too thinks of it first."""
_MOST = 4
_PUBLIC = ("phone", "where")
"""Facts that somebody asks who wants to call or to go, not to look at his account."""
_BOOKED_ELSEWHERE = re.compile(
    r"疫苗|hpv|挂号|掛號|看病|看医生|睇医生|睇醫生|门诊|門診|体检|體檢|牙医|核酸|产检|產檢|科目[一二三四1-4]|驾考|路考|考试|考試|签证|簽證|酒店|机票|車票|车票|餐厅|餐廳|理发"
    r"|\b(doctor|dentist|vaccin\w*|hospital|clinic|check-?up|driving test|road test|theory test|exam|visa"
    r"|hotel|flight|restaurant)\b",
    re.IGNORECASE,
)
"""What is booked, but not with us."""


PENDING_SLOT = "pending_request"
"""Slot of a request that waits for sign-in or consent."""
GUESSED: dict[str, float] = {
    **dict.fromkeys(("deny", "none_of_these", "restart_topic"), 0.8),
    **dict.fromkeys(("angry", "confused"), 0.5),
    **dict.fromkeys(("ask_source", "ask_privacy", "cancel", "go_back", "inform"), 0.6),
    "request_callback": 0.6,
    **dict.fromkeys(("revoke_consent", "my_data"), 0.3),
    **dict.fromkeys(("switch_chinese", "switch_english"), 0.95),
}
"""What is easily heard in words that go on from a card (「贵不贵」 is no), and the confidence from which it is
believed all the same; low for what a resident has a right to."""


async def goes_on(services: Services, turn: Turn) -> Reply | None:
    """What the list says where an intent is only guessed and it takes the words as said about the card before;
    None where it does not, or while a request waits for a yes or no."""
    if turn.confidence >= GUESSED.get(turn.intent, 0.0) or turn.slots.get(PENDING_SLOT):
        return None
    return await from_card(services, turn)


async def from_card(services: Services, turn: Turn) -> Reply | None:
    """What the list says where it takes the words as said about the card before; None where it does not."""
    context = context_of(turn)
    if not turn.text or turn.loop is not None or context.code is None:
        return None
    found = await services.listing.ask(turn)
    if found.decision != "answer" or context.code not in found.codes:
        return None
    return told(services, turn, found)


async def list_first(services: Services, turn: Turn) -> tuple[Reply, bool]:
    """(what the list says in the request's place or before it, whether the request is still to be done)."""
    own = OWN.get(turn.intent)
    if own is None or not turn.text:
        return Reply(), True
    found = await services.listing.ask(turn)
    if found.decision == "answer":
        if own >= set(found.codes):
            if found.context.facet in _PUBLIC:  # 「公积金中心电话多少」 needs no account
                return told(services, turn, found), False
            return Reply(), True
        both = not own.isdisjoint(found.codes) or turn.intent == "estimate_withdrawal"
        return told(services, turn, found), both
    if turn.intent == "book_window" and _BOOKED_ELSEWHERE.search(turn.text):
        return await out_of_scope(services, turn.with_intent("out_of_scope")), False
    enough = SURE if not found.codes else LIKELY if found.codes[0] in own else SURE_BESIDE
    if turn.confidence >= enough:
        return Reply(), True
    services.learner.answered(turn, found, services.listing.list_version)
    reply = offer(turn, [turn.intent], found.offers)
    return Reply(reply.items, {CONTEXT_SLOT: found.context.as_dict()}, reply.understood), False


def offer(turn: Turn, intents: Sequence[str], listed: Sequence[Choice] = ()) -> Reply:
    """Requests that were only guessed, and what the list has, as chips. With nothing of the list it counts
    as not understood: at the second time in a row a person is offered."""
    if not listed and turn.count("misunderstood") + 1 >= OFFER_AFTER:
        return missed(turn, turn.say("nonsense"))
    chips = [*(chip(turn, OFFERED[intent], intent) for intent in intents), *listed][:_MOST]
    chips.append(chip(turn, "none", "none_of_these"))
    card = ChoicesCard(lang=turn.lang, prompt=turn.say("did_you_mean"), choices=chips)
    return Reply([card], understood=bool(listed))
