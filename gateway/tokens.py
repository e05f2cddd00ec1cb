"""Chips carry signed tokens: what a resident types can never be a payload.

Inside Rasa and actions a chip's `token` is a payload (`/ask_item{…}`). `seal` replaces it by a token
that is bound to the conversation; `unseal` turns a chosen token back.
"""

from __future__ import annotations

import re
from typing import Any

from core.auth import BadToken, Signer

TTL_S = 30 * 86400
_SHAPE = re.compile(r"^t\.[A-Za-z0-9_-]{8,1500}\.[A-Za-z0-9_-]{22}$")
_LEADING_SLASHES = re.compile(r"^[\s\u200b-\u200f\u2060\ufeff/\uff0f]+")


class TokenBox:
    """Seals and unseals the tokens of one product instance."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def seal(self, conversation: str, payload: str) -> str:
        """A token for `payload` that works only in `conversation`."""
        return "t." + self._signer.sign("choice", {"c": conversation, "p": payload}, TTL_S)

    def unseal(self, conversation: str, token: str) -> str:
        """The payload; raises `BadToken` for a forged, foreign or expired token."""
        claims = self._signer.verify("choice", token.removeprefix("t."))
        if claims.get("c") != conversation:
            raise BadToken()
        return str(claims["p"])

    def seal_card(self, conversation: str, card: Any) -> Any:
        """A copy of a card's JSON with every `token` sealed."""
        if isinstance(card, dict):
            return {
                key: self.seal(conversation, value)
                if key == "token" and isinstance(value, str) and value.startswith("/")
                else self.seal_card(conversation, value)
                for key, value in card.items()
            }
        if isinstance(card, list):
            return [self.seal_card(conversation, item) for item in card]
        return card


def looks_like_token(text: str) -> bool:
    """Whether a Rasa client sent a button's payload instead of words."""
    return _SHAPE.match(text) is not None


def neutralise(text: str) -> str:
    """A resident's words without control characters and without leading slashes."""
    cleaned = "".join(ch for ch in text if ch in "\n\t" or ch.isprintable() or ch in "\u200d\ufe0f")
    return _LEADING_SLASHES.sub("", cleaned).strip()
