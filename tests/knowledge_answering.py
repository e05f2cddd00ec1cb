"""Asking a responder in tests, and reading its cards."""

from __future__ import annotations

import datetime as dt
import json

from knowledge_engine import TODAY

from core.cards import AnswerCard, Card, ChoicesCard, flatten
from core.i18n import Lang
from knowledge.answers import AnswerContext, Reply, Responder

NOW = dt.datetime(2026, 11, 23, 2, 30, tzinfo=dt.UTC)
"""Monday, 10:30 in the cities."""


def ask(
    responder: Responder, text: str, lang: Lang = "zh", context: AnswerContext | None = None
) -> Reply:
    """The reply to a resident's words."""
    return responder.respond(text, lang=lang, context=context, today=TODAY)


def answer_of(reply: Reply, place: int = 0) -> AnswerCard:
    """The answer card at `place`, whatever else may be meant beside it."""
    card = [one for one in reply.cards if not getattr(one, "aside", False)][place]
    assert isinstance(card, AnswerCard), flatten(card)
    return card


def titles(card: Card) -> list[str]:
    """What a card offers next."""
    return [action.title for action in getattr(card, "actions", [])]


def token_of(card: Card, title: str) -> str:
    """The payload of a chip, as a tap sends it."""
    assert isinstance(card, ChoicesCard)
    return next(choice.token for choice in card.choices if choice.title == title)


def tap(responder: Responder, token: str, context: AnswerContext, lang: Lang = "zh") -> Reply:
    """The reply to a tapped chip."""
    values = json.loads(token.removeprefix("/ask_item"))
    return responder.tapped(values, lang=lang, context=context, today=TODAY, now=NOW)
