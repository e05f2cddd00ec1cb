"""Chips and the cards that many topics share. Tokens hold payloads; the gateway signs them."""

from __future__ import annotations

import json

from actions.turn import Turn
from core.cards import Action, Choice, ChoicesCard, HandoffCard, Mode, NoticeCard

TEXT_FIRST: tuple[Mode, Mode] = ("text", "video")
VIDEO_FIRST: tuple[Mode, Mode] = ("video", "text")
OFFERED = {
    "check_housing_fund": "housing_fund",
    "estimate_withdrawal": "estimate",
    "check_social_security": "social_security",
    "check_card_progress": "card_progress",
    "check_case_progress": "case",
    "request_callback": "callback",
    "complaint_12345": "complain",
    "book_window": "book",
    "door_to_door": "visit",
    "sign_in": "sign_in",
    "sign_out": "sign_out",
    "revoke_consent": "revoke",
    "restart_topic": "new_topic",
}
"""Requests that are offered when they are only guessed: intent to chip."""


def payload(intent: str, **values: str) -> str:
    """`/intent{"key":"value"}`."""
    return f"/{intent}{json.dumps(values, ensure_ascii=False)}" if values else f"/{intent}"


def chip(turn: Turn, key: str, intent: str, **values: str) -> Choice:
    """A chip titled `actions.chip.<key>`."""
    return Choice(title=turn.say(f"chip.{key}"), token=payload(intent, **values))


def starters(turn: Turn, prompt: str) -> ChoicesCard:
    """What most residents come for."""
    return ChoicesCard(
        lang=turn.lang,
        prompt=prompt,
        choices=[
            chip(turn, "housing_fund", "check_housing_fund"),
            chip(turn, "social_security", "check_social_security"),
            Choice(
                title=turn.say("chip.card_replace"),
                code="SG-HR-004",
                token=payload("ask_item", code="SG-HR-004"),
            ),
            Choice(
                title=turn.say("chip.residence_permit"),
                code="SG-PS-004",
                token=payload("ask_item", code="SG-PS-004"),
            ),
            chip(turn, "case", "check_case_progress"),
            chip(turn, "person", "human_text"),
        ],
    )


def person(turn: Turn, prompt: str, modes: tuple[Mode, ...] = TEXT_FIRST) -> HandoffCard:
    """The offer of a person; the gateway fills in place and wait."""
    return HandoffCard(
        lang=turn.lang, prompt=prompt, modes=list(modes), wait_s=None, position=None, state="offer"
    )


def to_person(turn: Turn) -> Action:
    """The button that opens the human panel."""
    return Action(title=turn.say("chip.person"), kind="handoff")


def notice(turn: Turn, key: str, *, level: str = "info", person: bool = False) -> NoticeCard:
    """A notice from `actions.<key>.title` and `actions.<key>.text`."""
    return NoticeCard.model_validate(
        {
            "lang": turn.lang,
            "level": level,
            "title": turn.say(f"{key}.title"),
            "text": turn.say(f"{key}.text"),
            "actions": [to_person(turn)] if person else [],
        }
    )
