"""Small talk, steering the conversation, language, and what is kept about a resident."""

from __future__ import annotations

from actions.account import consent, pending, request
from actions.chips import chip, notice, starters
from actions.listing import CONTEXT_SLOT, context_of
from actions.people import SURE, repeat
from actions.precedence import PENDING_SLOT
from actions.service import missed, reply_of, told
from actions.services import Services
from actions.turn import Reply, Turn
from core.cards import ChoicesCard
from core.i18n import Lang

_STARTERS = ("greet", "capabilities")


async def chat(services: Services, turn: Turn) -> Reply:
    """Courtesies, brief; greetings and "what can you do" come with chips. Where one is only guessed, what
    the list knows comes first (「结婚」)."""
    if turn.confidence < SURE and turn.text:
        found = await services.listing.ask(turn)
        if found.decision == "answer":
            return told(services, turn, found)
    words = turn.say(f"chat.{turn.intent}")
    return Reply([starters(turn, words) if turn.intent in _STARTERS else words])


async def flow(services: Services, turn: Turn) -> Reply:
    """Yes, no, again, back, cancel, none of these, and values nobody asked for."""
    if turn.intent in ("affirm", "deny"):
        return await _yes_or_no(services, turn)
    if turn.intent == "repeat":
        return await repeat(services, turn)
    if turn.intent == "restart_topic":
        slots = {CONTEXT_SLOT: None, PENDING_SLOT: None, "last_cards": None}
        return Reply([starters(turn, turn.say("restart"))], slots)
    if turn.intent == "cancel":
        return Reply([turn.say("cancelled")], {PENDING_SLOT: None})
    if turn.intent == "none_of_these":
        return missed(turn, turn.say("none_of_these"))
    if turn.intent == "go_back":
        return await _back(services, turn)
    if turn.text:
        return told(services, turn, await services.listing.ask(turn))
    return missed(turn, turn.say("ask_again"))


async def _yes_or_no(services: Services, turn: Turn) -> Reply:
    waiting = pending(turn)
    if waiting is not None:
        request_name, stage = waiting
        if turn.intent == "deny":
            return await consent(services, turn.with_intent("decline_consent"))
        if stage == "consent":
            return await consent(services, turn.with_intent("grant_consent"))
        return await request(services, turn, request_name)
    context = context_of(turn)
    # beside an answer "no" takes what else was named; "yes" is content with the answer
    taken = "deny" if context.aside else "affirm"
    if turn.intent == taken and len(context.choices) == 1:
        found = await services.listing.item(turn, context.choices[0], context.city, context.facet)
        return reply_of(turn, found)
    if turn.intent == "deny" and context.choices:
        return missed(turn, turn.say("none_of_these"))
    return Reply([turn.say("yes" if turn.intent == "affirm" else "no")])


async def _back(services: Services, turn: Turn) -> Reply:
    context = context_of(turn)
    if (context.choices and not context.aside) or context.code is None:
        return await repeat(services, turn)
    found = await services.listing.item(turn, context.code)
    return reply_of(turn, found)


async def language(services: Services, turn: Turn) -> Reply:
    """Answer in the other language from now on; the gateway switches the page by the slot `lang`."""
    del services
    wanted: Lang = "en" if turn.intent == "switch_english" else "zh"
    there = Turn(
        turn.conversation,
        turn.text,
        turn.intent,
        turn.confidence,
        turn.entities,
        turn.slots,
        wanted,
    )
    return Reply([there.say("language")], {"lang": wanted, "lang_was": turn.ui_lang})


async def privacy(services: Services, turn: Turn) -> Reply:
    """What is kept, for how long, who sees it, and how to withdraw."""
    del services
    card = notice(turn, f"privacy.{turn.intent}")
    choices = ChoicesCard(
        lang=turn.lang,
        prompt=turn.say("privacy.next"),
        choices=[chip(turn, "revoke", "revoke_consent"), chip(turn, "person", "human_text")],
    )
    return Reply([card, choices])
