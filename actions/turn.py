"""One turn as a topic sees it, and what it answers.

`Turn` is read from the slim tracker that the dialogue engine sends; `Reply` becomes messages and
slots. Decides the language of a turn; knows no topic.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from core.cards import CITIES, Card, City
from core.i18n import Lang, detect_lang, text

PAYLOAD_PREFIX = "/"
FALLBACK_INTENT = "nlu_fallback"


@dataclass(frozen=True, slots=True)
class Turn:
    """What the resident said or tapped, with what the conversation knows."""

    conversation: str
    text: str
    """The resident's words; empty when a button spoke."""
    intent: str
    confidence: float
    entities: dict[str, str]
    slots: dict[str, Any]
    lang: Lang
    ui_lang: Lang | None = None
    """Language the page is in, as the gateway said; None when it did not say."""
    city: City | None = None
    context: dict[str, Any] = field(default_factory=dict)
    """What the last answer was about, as the gateway has it: outlives a restart of Rasa and knows
    what was answered while Rasa was away."""
    acting: str | None = None
    """Signed token that says on whose behalf the bot may ask; never logged or stored."""
    loop: str | None = None
    """Active form."""
    guesses: tuple[tuple[str, float], ...] = ()
    """Likeliest intents with their probabilities, when none was sure enough to be believed."""

    @classmethod
    def of(cls, tracker: Any) -> Turn:
        """From a `rasa_sdk.Tracker`; missing parts become empty, never an error."""
        message = tracker.latest_message or {}
        metadata = message.get("metadata") or {}
        words = str(message.get("text") or "")
        words = "" if words.startswith(PAYLOAD_PREFIX) else words
        intent = message.get("intent") or {}
        asked = metadata.get("lang")
        ui_lang = cast(Lang, asked) if asked in ("zh", "en") else None
        city = metadata.get("city")
        return cls(
            conversation=str(metadata.get("conversation") or tracker.sender_id),
            text=words,
            intent=str(intent.get("name") or ""),
            confidence=float(intent.get("confidence") or 0.0),
            entities={
                str(e["entity"]): str(e["value"])
                for e in message.get("entities") or []
                if e.get("entity") and e.get("value") is not None
            },
            slots=dict(tracker.slots or {}),
            lang=_language(tracker.slots or {}, ui_lang, words),
            ui_lang=ui_lang,
            city=cast(City, city) if city in CITIES else None,
            context=dict(metadata.get("context") or {}),
            acting=metadata.get("acting") or None,
            loop=(tracker.active_loop or {}).get("name"),
            guesses=tuple(
                (str(guess["name"]), float(guess["confidence"]))
                for guess in message.get("intent_ranking") or []
                if guess.get("name") not in (None, FALLBACK_INTENT)
            ),
        )

    def with_intent(self, intent: str, **entities: str) -> Turn:
        """The same turn, as if it had meant `intent`."""
        return replace(self, intent=intent, entities={**self.entities, **entities})

    def words(self) -> bool:
        """Whether there is a letter, a Han character or a digit in what was said."""
        return any(char.isalnum() for char in self.text)

    def say(self, key: str, **params: Any) -> str:
        """The text `actions.<key>` in the language of the turn."""
        return text(f"actions.{key}", self.lang, **params)

    def count(self, slot: Literal["misunderstood", "upset"]) -> int:
        """A counter slot; 0 when unset or spoilt."""
        value = self.slots.get(slot)
        return int(value) if isinstance(value, (int, float)) else 0


def _language(slots: dict[str, Any], ui_lang: Lang | None, words: str) -> Lang:
    """What the resident asked for, then the page's language, then that of the words.

    A request ("in English please") holds until the page's language is changed after it.
    """
    wanted = slots.get("lang")
    if wanted in ("zh", "en") and (ui_lang is None or slots.get("lang_was") == ui_lang):
        return cast(Lang, wanted)
    return ui_lang or detect_lang(words)


@dataclass(slots=True)
class Reply:
    """Cards and plain sentences in order, and slots to set."""

    items: list[Card | str] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    understood: bool = True
    """False: counts towards offering a person."""
    end_form: bool = False

    def cards(self) -> list[Card]:
        """The cards among the items."""
        return [item for item in self.items if not isinstance(item, str)]

    def then(self, other: Reply) -> Reply:
        """This reply, followed by another; the other's slots win."""
        return Reply(
            [*self.items, *other.items],
            {**self.slots, **other.slots},
            self.understood and other.understood,
            self.end_form or other.end_form,
        )
