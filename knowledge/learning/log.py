"""The record of what was asked and not answered well, and of what residents then chose or rated.

Counts by scrubbed wording. Writing never holds up an answer: failures are the caller's to log, and
a flood of new wordings is cut off by the day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import CITY_TZ, Clock
from core.db import Database
from core.errors import NotFound
from core.i18n import Lang
from knowledge.learning.scrub import scrub
from knowledge.learning.tables import pairs, questions

SURE = 0.75
"""Answers believed at least this much are not kept."""
NEW_A_DAY = 5_000
KEEP_DAYS = 180
PairState = Literal["pending", "accepted", "rejected"]
QuestionState = Literal["open", "used", "dismissed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A wording that was not answered, or not for sure."""

    id: str
    text: str
    lang: Lang
    decision: str
    confidence: float
    codes: tuple[str, ...]
    asked: int
    first_day: dt.date
    last_day: dt.date


@dataclass(frozen=True, slots=True)
class Pair:
    """A wording and the item residents chose for it or rated."""

    id: str
    text: str
    lang: Lang
    code: str
    clicks: int
    up: int
    down: int
    last_day: dt.date
    state: PairState
    reviewed_by: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "last_day": self.last_day.isoformat()}


def _key(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()


class LearningLog:
    """Writes and reads the two tables."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    def _today(self) -> dt.date:
        return self._clock.now().astimezone(CITY_TZ).date()

    async def asked(
        self, text: str, *, lang: Lang, decision: str, confidence: float,
        codes: Sequence[str], list_version: str,
    ) -> bool:  # fmt: skip
        """Keep a question that was clarified, refused or answered without certainty; whether it was
        kept."""
        words = scrub(text)
        if words is None or (decision == "answer" and confidence >= SURE):
            return False
        today, key = self._today(), _key(lang, words)
        values = {
            "decision": decision,
            "confidence": round(confidence, 4),
            "codes": list(codes)[:8],
            "list_version": list_version,
            "last_day": today,
        }
        async with self._db.begin() as conn:
            done = await conn.execute(
                update(questions)
                .where(questions.c.id == key)
                .values(asked=questions.c.asked + 1, **values)
            )
            if done.rowcount:
                return True
            if await self._flooded(conn, questions, today):
                return False
            await conn.execute(
                questions.insert().values(
                    id=key, text=words, lang=lang, asked=1, first_day=today, state="open", **values
                )
            )
        return True

    async def chose(self, text: str, *, lang: Lang, code: str) -> bool:
        """A resident tapped `code` when asked what `text` meant; whether it was kept."""
        return await self._count(text, lang, code, "clicks")

    async def rated(self, text: str, *, lang: Lang, code: str, up: bool) -> bool:
        """A resident's thumb on the answer `code` to `text`; whether it was kept."""
        return await self._count(text, lang, code, "up" if up else "down")

    async def _count(self, text: str, lang: Lang, code: str, column: str) -> bool:
        words = scrub(text)
        if words is None:
            return False
        today, key = self._today(), _key(lang, words, code)
        async with self._db.begin() as conn:
            done = await conn.execute(
                update(pairs)
                .where(pairs.c.id == key)
                .values({column: pairs.c[column] + 1, "last_day": today})
            )
            if done.rowcount:
                return True
            if await self._flooded(conn, pairs, today):
                return False
            counts = {"clicks": 0, "up": 0, "down": 0, column: 1}
            await conn.execute(
                pairs.insert().values(
                    id=key, text=words, lang=lang, code=code, first_day=today, last_day=today,
                    state="pending", **counts,
                )
            )  # fmt: skip
        return True

    async def _flooded(self, conn: AsyncConnection, table: Table, today: dt.date) -> bool:
        count = select(func.count()).select_from(table).where(table.c.first_day == today)
        return int((await conn.execute(count)).scalar_one()) >= NEW_A_DAY

    async def open_questions(self, limit: int = 2_000) -> list[Asked]:
        """Wordings nobody has dealt with, most asked first."""
        query = (
            select(questions)
            .where(questions.c.state == "open")
            .order_by(questions.c.asked.desc(), questions.c.last_day.desc(), questions.c.id)
            .limit(limit)
        )
        async with self._db.connect() as conn:
            return [_asked(row) for row in (await conn.execute(query)).all()]

    async def settle_questions(self, ids: Sequence[str], state: QuestionState, who: str) -> int:
        """Mark wordings as used or dismissed (or open again); how many there were."""
        change = (
            update(questions)
            .where(questions.c.id.in_(list(ids)))
            .values(state=state, reviewed_by=who[:80], reviewed_at=self._clock.now())
        )
        async with self._db.begin() as conn:
            return (await conn.execute(change)).rowcount

    async def pairs(self, state: PairState = "pending", limit: int = 500) -> list[Pair]:
        """Pairs in a state, most telling first."""
        weight = pairs.c.clicks + pairs.c.up + pairs.c.down
        query = (
            select(pairs)
            .where(pairs.c.state == state)
            .order_by(weight.desc(), pairs.c.id)
            .limit(limit)
        )
        async with self._db.connect() as conn:
            return [_pair(row) for row in (await conn.execute(query)).all()]

    async def pair(self, pair_id: str) -> Pair:
        """One pair; raises `NotFound`."""
        async with self._db.connect() as conn:
            row = (await conn.execute(select(pairs).where(pairs.c.id == pair_id))).first()
        if row is None:
            raise NotFound()
        return _pair(row)

    async def review_pair(self, pair_id: str, state: PairState, who: str) -> Pair:
        """Accept or reject a pair; raises `NotFound`."""
        change = (
            update(pairs)
            .where(pairs.c.id == pair_id)
            .values(state=state, reviewed_by=who[:80], reviewed_at=self._clock.now())
        )
        async with self._db.begin() as conn:
            await conn.execute(change)
        return await self.pair(pair_id)

    async def forget(self) -> int:
        """Delete what nobody used for `KEEP_DAYS`; how many rows went."""
        before = self._today() - dt.timedelta(days=KEEP_DAYS)
        gone = 0
        async with self._db.begin() as conn:
            for table in (questions, pairs):
                old = (table.c.last_day < before) & (table.c.state != "accepted")
                gone += (await conn.execute(delete(table).where(old))).rowcount
        return gone


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        row.id, row.text, row.lang, row.decision, row.confidence, tuple(row.codes), row.asked,
        row.first_day, row.last_day,
    )  # fmt: skip


def _pair(row: Row[Any]) -> Pair:
    return Pair(
        row.id, row.text, row.lang, row.code, row.clicks, row.up, row.down, row.last_day, row.state,
        row.reviewed_by,
    )  # fmt: skip
