"""Requests to be called back: written to the record in one transaction with the event that tells.

Holds the telephone number, which is personal data: it is stored here and shown masked everywhere
but to the agent who calls; the event carries only the id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, String, Table, select, update

from core.cards import City
from core.clock import Clock
from core.db import Database, Utc, metadata
from core.i18n import Lang
from core.ids import new_id
from core.outbox import emit

TOPIC = "callback.requested"
callback_requests = Table(
    "callback_requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(80), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("about", String(200), nullable=False),
    Column("wanted_at", String(80), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("city", String(12)),
    Column("state", String(12), nullable=False, default="open"),
    Column("requested_at", Utc, nullable=False),
    Index("ix_callback_requests_state", "state", "requested_at"),
)


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Somebody to call."""

    id: str
    conversation: str
    phone: str
    about: str
    wanted_at: str
    lang: Lang
    city: City | None


class CallbackStore:
    """Where requests are kept until an agent calls."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def add(
        self, *, conversation: str, phone: str, about: str, when: str, lang: Lang, city: City | None
    ) -> str:
        """Store a request and its event; returns the id."""
        request = new_id("cb")
        async with self._db.begin() as conn:
            await conn.execute(
                callback_requests.insert().values(
                    id=request,
                    conversation=conversation,
                    phone=phone,
                    about=about[:200],
                    wanted_at=when[:80],
                    lang=lang,
                    city=city,
                    state="open",
                    requested_at=self._clock.now(),
                )
            )
            await emit(conn, TOPIC, request, {"conversation": conversation, "lang": lang})
        return request

    async def get(self, request: str) -> CallbackRequest | None:
        """A request that is still open."""
        query = select(callback_requests).filter_by(id=request, state="open")
        async with self._db.connect() as conn:
            row: Any = (await conn.execute(query)).first()
        if row is None:
            return None
        return CallbackRequest(
            row.id, row.conversation, row.phone, row.about, row.wanted_at, row.lang, row.city
        )

    async def queued(self, request: str) -> None:
        """It is in the agents' queue now."""
        async with self._db.begin() as conn:
            await conn.execute(
                update(callback_requests).filter_by(id=request).values(state="queued")
            )
