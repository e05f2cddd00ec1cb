"""Transactional outbox: an event is a row written with the change it tells of, relayed afterwards.

Delivery is at least once and in `id` order; consumers are idempotent. In-process listeners are called
by the process that relays; the Redis stream tells the other processes. A relay killed in the middle
relays again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Column, Integer, String, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.cache import CacheDown, Redis
from core.clock import Clock
from core.db import Database, Json, Utc, metadata
from core.keys import OUTBOX_STREAM
from core.log import get_log
from core.metrics import counter

log = get_log(__name__)
RELAYED = counter("sg_core_outbox_relayed", "Outbox rows relayed", ("topic",))
BATCH = 200
STREAM_LENGTH = 10_000

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("topic", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("body", Json, nullable=False),
    Column("relayed_at", Utc, index=True),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Event:
    """One relayed row."""

    id: int
    topic: str
    key: str
    body: dict[str, Any]


Listener = Callable[[Event], Awaitable[None]]


async def emit(conn: AsyncConnection, topic: str, key: str, body: dict[str, Any]) -> None:
    """Write an event in the caller's transaction. `body` is JSON without personal data."""
    await conn.execute(outbox.insert().values(topic=topic, key=key, body=body))


class Outbox:
    """Relays events; `step` is called by one named loop of the gateway."""

    def __init__(self, *, db: Database, redis: Redis | None, clock: Clock) -> None:
        self._db, self._redis, self._clock = db, redis, clock
        self._listeners: dict[str, list[Listener]] = {}

    def subscribe(self, topic: str, listener: Listener) -> None:
        """Call `listener` for each event of `topic`; after an exception the event is told again, so
        a listener must be able to take it twice."""
        self._listeners.setdefault(topic, []).append(listener)

    async def step(self) -> int:
        """Relay what waits, oldest first; returns how many."""
        async with self._db.connect() as conn:
            rows = (
                await conn.execute(
                    select(outbox)
                    .where(outbox.c.relayed_at.is_(None))
                    .order_by(outbox.c.id)
                    .limit(BATCH)
                )
            ).all()
        if not rows:
            return 0
        done = [
            row.id for row in rows if await self._relay(Event(row.id, row.topic, row.key, row.body))
        ]
        if done:
            async with self._db.begin() as conn:
                await conn.execute(
                    update(outbox).where(outbox.c.id.in_(done)).values(relayed_at=self._clock.now())
                )
        return len(done)

    async def _relay(self, event: Event) -> bool:
        """Whether every listener took it; a refused event is relayed again at the next step."""
        taken = True
        for listener in self._listeners.get(event.topic, []):
            try:
                await listener(event)
            except Exception as exc:
                taken = False
                log.error("outbox.listener_failed", topic=event.topic, key=event.key, exc=exc)
        RELAYED.labels(event.topic).inc()
        if self._redis is None:
            return taken
        try:
            await self._redis.xadd(
                OUTBOX_STREAM,
                {
                    "id": event.id,
                    "topic": event.topic,
                    "key": event.key,
                    "body": orjson.dumps(event.body),
                },
                maxlen=STREAM_LENGTH,
                approximate=True,
            )
        except CacheDown:
            log.warning("outbox.stream_down", topic=event.topic)
        return taken
