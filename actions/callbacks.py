"""Requests to be called back: written to the record in one transaction with the event that tells.

Holds the telephone number, which is personal data: it is stored here and shown masked everywhere
else; the event carries only the id.
"""

from __future__ import annotations

import re

from sqlalchemy import Column, Index, String, Table

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

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0(?:755|769|20|\d{2,3}))[ -]?(\d{7,8})(?!\d)")
_HK_MACAO = re.compile(r"(?<!\d)(\+85[23])[ -]?(\d{4})[ -]?(\d{4})(?!\d)")


def phone_in(words: str) -> str | None:
    """The telephone number in a text, digits only (`+852…` kept): a mainland mobile or landline
    with area code, or one of Hong Kong or Macao with its prefix."""
    if match := _MOBILE.search(words):
        return re.sub(r"\D", "", match.group(1))
    if match := _HK_MACAO.search(words):
        return "".join(match.groups())
    if match := _LANDLINE.search(words):
        return "".join(match.groups())
    return None


def masked_phone(phone: str) -> str:
    """`138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}"


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
