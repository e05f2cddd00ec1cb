"""Consent records (PIPL): separate per purpose, revocable, with the version of the text agreed to."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, select, update

from core.clock import Clock
from core.db import Database, Utc, metadata
from core.ids import new_id

consents = Table(
    "consents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("network_id", String(80), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("text_version", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("granted_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    Index("ix_consents_person", "network_id", "purpose"),
)


class ConsentStore:
    """Who agreed to what, when, through which channel."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def granted(self, network_id: str, purpose: str) -> bool:
        """Whether a consent stands for `purpose`."""
        query = select(consents.c.id).where(
            consents.c.network_id == network_id,
            consents.c.purpose == purpose,
            consents.c.revoked_at.is_(None),
        )
        async with self._db.connect() as conn:
            return (await conn.execute(query.limit(1))).first() is not None

    async def grant(self, network_id: str, purpose: str, channel: str, text_version: str) -> None:
        """Record a consent; a second one while the first stands changes nothing."""
        if await self.granted(network_id, purpose):
            return
        async with self._db.begin() as conn:
            await conn.execute(
                consents.insert().values(
                    id=new_id("con"),
                    network_id=network_id,
                    purpose=purpose,
                    text_version=text_version,
                    channel=channel,
                    granted_at=self._clock.now(),
                )
            )

    async def revoke(self, network_id: str, purpose: str | None = None) -> int:
        """Withdraw one consent, or all; returns how many stood."""
        query = update(consents).where(
            consents.c.network_id == network_id, consents.c.revoked_at.is_(None)
        )
        if purpose is not None:
            query = query.where(consents.c.purpose == purpose)
        async with self._db.begin() as conn:
            result = await conn.execute(query.values(revoked_at=self._clock.now()))
        return int(result.rowcount)
