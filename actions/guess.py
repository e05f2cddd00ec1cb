"""Words whose intent was not sure: the list is searched first, then the best guess counts.

Danger is acted on at a low probability: a help line too many does no harm. A guess that only talks
is acted on, unless it is a feeling and the list has something; one that would start something is offered as
a chip. Questions go to the list, whatever was guessed, so that an unusual one is still answered.
"""

from __future__ import annotations

from actions.chips import OFFERED
from actions.glossary import explain
from actions.people import crisis, feelings, handoff, minor, refuse
from actions.precedence import offer
from actions.service import out_of_scope, tapped, told
from actions.services import Services, Topic
from actions.talk import chat, flow, language, privacy
from actions.turn import Reply, Turn
from knowledge.answers import Reply as Found

DANGER_FROM = 0.1
GUESS_FROM = 0.12
_DANGER = ("self_harm", "emergency")
_GIVES_WAY = ("angry", "distressed", "confused", "urgent", "elderly_help", "out_of_scope")
"""What is easily guessed from the way somebody tells a matter of the list."""
_TALK: dict[str, Topic] = {
    **dict.fromkeys(("human_text", "human_video"), handoff),
    **dict.fromkeys(("angry", "distressed", "confused", "urgent", "elderly_help"), feelings),
    **dict.fromkeys(("other_people_data", "forge_documents", "bribery", "evade_rules"), refuse),
    **dict.fromkeys(("prompt_injection", "abuse"), refuse),
    **dict.fromkeys(("greet", "thanks", "goodbye", "who_are_you", "capabilities"), chat),
    **dict.fromkeys(("compliment", "small_talk", "acknowledge"), chat),
    **dict.fromkeys(("my_data", "ask_privacy"), privacy),
    **dict.fromkeys(("switch_chinese", "switch_english"), language),
    **dict.fromkeys(("repeat", "none_of_these"), flow),
    "minor": minor,
    "out_of_scope": out_of_scope,
}


async def fallback(services: Services, turn: Turn) -> Reply:
    """Search, then the guess, then a clarifying question; twice in a row a person."""
    if turn.entities.get("code"):
        return await tapped(services, turn)
    for intent, probability in turn.guesses:
        if intent in _DANGER and probability >= DANGER_FROM:
            return await crisis(services, turn.with_intent(intent))
    if explained := explain(turn):
        return Reply([explained])
    found = await services.listing.ask(turn)
    if found.decision != "answer" and (guessed := await _guessed(services, turn, found)):
        return guessed
    return told(services, turn, found)


async def _guessed(services: Services, turn: Turn, found: Found) -> Reply | None:
    likely = [intent for intent, probability in turn.guesses if probability >= GUESS_FROM]
    if not likely or likely[0].startswith("ask_"):
        return None
    if found.offers and likely[0] in _GIVES_WAY:
        return None
    if talk := _TALK.get(likely[0]):
        return await talk(services, turn.with_intent(likely[0]))
    offered = [intent for intent in likely if intent in OFFERED]
    return offer(turn, offered, found.offers) if offered else None
