"""Fakes of what the bot's topics are given: cities, consents, stores, and trackers to call with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from actions.services import Services
from cities import AccountResult
from core.auth import Signer
from core.cards import CITIES, City
from core.clock import FakeClock
from core.identity import Identity, Level
from knowledge.answers import AnswerContext
from knowledge.answers import Reply as Found

SECRET = "a-secret-of-sixteen-or-more"


class FakeTracker:
    """As `rasa_sdk.Tracker`, from plain values."""

    def __init__(
        self,
        text: str = "",
        intent: str = "ask_service",
        *,
        confidence: float = 0.9,
        entities: dict[str, str] | None = None,
        slots: dict[str, Any] | None = None,
        loop: str | None = None,
        **metadata: Any,
    ) -> None:
        self.sender_id = "cnv_test"
        self.slots = slots or {}
        self.active_loop = {"name": loop} if loop else {}
        self.latest_message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": [{"entity": k, "value": v} for k, v in (entities or {}).items()],
            "metadata": metadata,
        }


class FakeCities:
    """Both cities answer "no account" unless told otherwise; remembers who was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.down: set[City] = set()

    def _both(self, what: str, who: Identity | str) -> dict[City, AccountResult[Any]]:
        self.asked.append((what, who if isinstance(who, str) else who.network_id))
        return {
            city: AccountResult(city, "unavailable", reason="timeout")
            if city in self.down
            else AccountResult(city, "no_account")
            for city in CITIES
        }

    async def housing_fund(self, identity: Identity) -> dict[City, AccountResult[Any]]:
        return self._both("housing_fund", identity)

    async def social_security(self, identity: Identity) -> dict[City, AccountResult[Any]]:
        return self._both("social_security", identity)

    async def social_card(self, identity: Identity) -> dict[City, AccountResult[Any]]:
        return self._both("social_card", identity)

    async def case(self, who: Identity | str) -> dict[City, AccountResult[Any]]:
        return self._both("case", who)


class FakeConsents:
    """Consents in memory."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, str], str] = {}

    async def granted(self, network_id: str, purpose: str) -> bool:
        return (network_id, purpose) in self.standing

    async def grant(self, network_id: str, purpose: str, channel: str, text_version: str) -> None:
        self.standing[network_id, purpose] = text_version

    async def revoke(self, network_id: str, purpose: str | None = None) -> int:
        gone = [k for k in self.standing if k[0] == network_id and purpose in (None, k[1])]
        for key in gone:
            del self.standing[key]
        return len(gone)


class FakeStore:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    async def add(self, **row: Any) -> str:
        self.rows.append(row)
        return f"row_{len(self.rows)}"


class FakeListing:
    """A list without items: every question is "not in the list"."""

    list_version = "test"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, turn: Any, words: str | None = None) -> Found:
        self.asked.append(words or turn.text)
        return Found((), AnswerContext(), "abstain")

    async def item(self, turn: Any, code: str, city: Any = None, facet: Any = None) -> Found:
        self.asked.append(code)
        return Found((), AnswerContext(code, city, facet), "answer", (code,))

    async def tapped(self, turn: Any) -> Found:
        return await self.item(turn, turn.entities.get("code", ""))

    async def card(self, turn: Any, context: AnswerContext) -> None:
        return None


class FakeLearner:
    """Keeps what was noted."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, str]] = []
        self.choices: list[str] = []

    def answered(self, turn: Any, found: Found, list_version: str) -> None:
        self.questions.append((turn.text, found.decision))

    def chose(self, turn: Any, code: str) -> None:
        self.choices.append(code)


class Room:
    """The services of one test, with the fakes at hand."""

    def __init__(self, listing: Any = None) -> None:
        self.clock = FakeClock()
        self.cities, self.consents = FakeCities(), FakeConsents()
        self.callbacks, self.reports = FakeStore(), FakeStore()
        self.learner = FakeLearner()
        self.listing = listing or FakeListing()
        self.signer = Signer(SECRET, self.clock)
        made: Any = Services
        self.services: Services = made(
            listing=self.listing,
            cities=self.cities,
            consents=self.consents,
            callbacks=self.callbacks,
            reports=self.reports,
            learner=self.learner,
            signer=self.signer,
            clock=self.clock,
        )

    def acting(self, level: Level = "L3", who: str = "N-0001") -> str:
        """A token as the gateway signs it for one turn."""
        until = self.clock.now() + timedelta(minutes=30)
        identity = Identity(who, "shenzhen", "林*", level, until)
        return self.signer.sign("act", identity.claims(), 120)
