"""Who is at the desk. An agent is online while he says so and his heartbeat is younger than the lapse.

The heartbeat lives in Redis, and every 15 s at the latest in SQL as well: without Redis, or after
losing it, an agent's last sign of life in SQL is younger than the lapse, so nothing is lost. `lost` is
decided here: an agent silent for lapse + grace gives his tickets back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update

from core import keys
from core.cache import CacheDown, Redis
from core.cards import Mode
from core.clock import Clock
from core.db import Database
from core.log import get_log
from core.metrics import counter
from desk.tables import agent_presence

log = get_log(__name__)
HEARTBEATS = counter("sg_desk_heartbeats", "Agent heartbeats", ("kept_in",))
PresenceStatus = Literal["online", "away", "offline"]
SQL_EVERY_S = 15.0
"""Below half the lapse, so that SQL alone is enough."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of an agent's presence."""

    agent: str
    status: PresenceStatus
    media: tuple[Mode, ...]
    heartbeat_at: datetime
    idle_since: datetime

    def fresh(self, now: datetime, lapse_s: float) -> bool:
        """Whether the last heartbeat is younger than the lapse."""
        return now - self.heartbeat_at < timedelta(seconds=lapse_s)

    def online(self, now: datetime, lapse_s: float) -> bool:
        """Whether work may be offered."""
        return self.status == "online" and self.fresh(now, lapse_s)


class PresenceStore:
    """Heartbeats and statuses."""

    def __init__(self, db: Database, redis: Redis | None, clock: Clock) -> None:
        self._db, self._redis, self._clock = db, redis, clock
        self._in_sql: dict[str, datetime] = {}

    async def set(self, agent: str, status: PresenceStatus, media: Sequence[Mode]) -> None:
        """The agent says how he is; counts as a heartbeat. Coming online starts his idle time."""
        now = self._clock.now()
        values = {"status": status, "media": list(media), "heartbeat_at": now}
        async with self._db.begin() as conn:
            row = (
                await conn.execute(
                    select(agent_presence.c.status).where(agent_presence.c.agent == agent)
                )
            ).first()
            if row is None:
                await conn.execute(
                    agent_presence.insert().values(agent=agent, idle_since=now, **values)
                )
            else:
                if status == "online" and row.status != "online":
                    values["idle_since"] = now
                await conn.execute(
                    update(agent_presence).where(agent_presence.c.agent == agent).values(**values)
                )
        self._in_sql[agent] = now

    async def heartbeat(self, agent: str) -> None:
        """A sign of life; survives the loss of Redis."""
        now = self._clock.now()
        kept = "redis"
        try:
            if self._redis is None:
                raise ConnectionError
            await self._redis.set(keys.presence(agent), now.isoformat(), ex=120)
        except CacheDown:
            kept = "sql"
        last = self._in_sql.get(agent)
        if kept == "sql" or last is None or now - last >= timedelta(seconds=SQL_EVERY_S):
            async with self._db.begin() as conn:
                await conn.execute(
                    update(agent_presence)
                    .where(agent_presence.c.agent == agent)
                    .values(heartbeat_at=now)
                )
            self._in_sql[agent] = now
        HEARTBEATS.labels(kept).inc()

    async def became_idle(self, agent: str) -> None:
        """The agent finished a conversation."""
        async with self._db.begin() as conn:
            await conn.execute(
                update(agent_presence)
                .where(agent_presence.c.agent == agent)
                .values(idle_since=self._clock.now())
            )

    async def set_away(self, agent: str) -> None:
        """Silent too long: he must come online by himself again. Not a heartbeat."""
        async with self._db.begin() as conn:
            await conn.execute(
                update(agent_presence)
                .where(agent_presence.c.agent == agent, agent_presence.c.status == "online")
                .values(status="away")
            )

    async def of(self, agent: str) -> Presence | None:
        """Presence of one agent; None when he was never here."""
        return (await self.all()).get(agent)

    async def all(self) -> dict[str, Presence]:
        """Everybody who was ever here, with the younger of both heartbeats."""
        async with self._db.connect() as conn:
            rows = (await conn.execute(select(agent_presence))).all()
        beats = await self._beats([row.agent for row in rows])
        return {
            row.agent: Presence(
                agent=row.agent,
                status=row.status,
                media=tuple(row.media),
                heartbeat_at=max(row.heartbeat_at, beats.get(row.agent, row.heartbeat_at)),
                idle_since=row.idle_since,
            )
            for row in rows
        }

    async def _beats(self, agents: Sequence[str]) -> dict[str, datetime]:
        if self._redis is None or not agents:
            return {}
        try:
            found = await self._redis.mget([keys.presence(a) for a in agents])
        except CacheDown:
            log.warning("presence.redis_down")
            return {}
        return {
            agent: datetime.fromisoformat(raw.decode() if isinstance(raw, bytes) else raw)
            for agent, raw in zip(agents, found, strict=True)
            if raw is not None
        }


def silent_since(presence: Presence, started_at: datetime) -> datetime:
    """From when silence counts: our own time away is not the agent's."""
    return max(presence.heartbeat_at, started_at)


def is_lapsed(
    presence: Presence | None, started_at: datetime, now: datetime, lapse_s: float
) -> bool:
    """Whether offers to this agent are taken away."""
    if presence is None:
        return True
    return now - silent_since(presence, started_at) >= timedelta(seconds=lapse_s)


def is_lost(
    presence: Presence | None, started_at: datetime, now: datetime, lapse_s: float, grace_s: float
) -> bool:
    """Whether this agent's conversations go back to the queue."""
    return is_lapsed(presence, started_at, now, lapse_s + grace_s)
