"""The record of what was asked and not answered well, and of what residents then chose or rated.

Counts by scrubbed wording. Writing never holds up an answer: failures are the caller's to log, and
a flood of new wordings is cut off by the day. What editors decide is in the audit of the list.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Row, Table, delete, func, select, update

from core.clock import CITY_TZ, Clock
from core.db import Database
from core.errors import Conflict, NotFound
from core.i18n import Lang
from knowledge.editing import audit
from knowledge.editing.model import Editor
from knowledge.learning.scrub import VERSION, scrub
from knowledge.learning.tables import pairs, questions

SURE = 0.75
"""Answers believed at least this much are not kept."""
NEW_A_DAY = 5_000
KEEP_DAYS = 180
_CLEANED_AT_ONCE = 200
"""Rows scrubbed again in one transaction: about a tenth of a second."""
PairState = Literal["pending", "accepted", "rejected"]
QuestionState = Literal["open", "used", "dismissed"]
T = TypeVar("T")


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
    """Who decided last."""
    why: str | None
    """His reason."""

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

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._db.call(work, write=True)

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

        def work(conn: Connection) -> bool:
            done = conn.execute(
                update(questions)
                .where(questions.c.id == key)
                .values(asked=questions.c.asked + 1, **values)
            )
            if done.rowcount:
                return True
            if _flooded(conn, questions, today):
                return False
            conn.execute(
                questions.insert().values(
                    id=key, text=words, lang=lang, asked=1, first_day=today, state="open",
                    rules=VERSION, **values,
                )
            )  # fmt: skip
            return True

        return await self._write(work)

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

        def work(conn: Connection) -> bool:
            done = conn.execute(
                update(pairs)
                .where(pairs.c.id == key)
                .values({column: pairs.c[column] + 1, "last_day": today})
            )
            if done.rowcount:
                return True
            if _flooded(conn, pairs, today):
                return False
            counts = {"clicks": 0, "up": 0, "down": 0, column: 1}
            conn.execute(
                pairs.insert().values(
                    id=key, text=words, lang=lang, code=code, first_day=today, last_day=today,
                    state="pending", rules=VERSION, **counts,
                )
            )  # fmt: skip
            return True

        return await self._write(work)

    async def open_questions(self, limit: int = 2_000) -> list[Asked]:
        """Wordings nobody has dealt with, most asked first."""
        query = (
            select(questions)
            .where(questions.c.state == "open")
            .order_by(questions.c.asked.desc(), questions.c.last_day.desc(), questions.c.id)
            .limit(limit)
        )
        return await self._db.call(lambda conn: [_asked(row) for row in conn.execute(query)])

    async def settle_questions(
        self,
        ids: Sequence[str],
        state: QuestionState,
        who: Editor,
        why: str = "",
        code: str | None = None,
    ) -> int:
        """Mark wordings as used (for item `code`) or dismissed, or open again; how many changed."""
        at = self._clock.now()
        which = questions.c.id.in_(list(ids)) & (questions.c.state != state)
        action = "questions.reopened" if state == "open" else f"questions.{state}"

        def work(conn: Connection) -> int:
            changed = sorted(conn.execute(select(questions.c.id).where(which)).scalars())
            if changed:
                conn.execute(
                    update(questions)
                    .where(questions.c.id.in_(changed))
                    .values(state=state, reviewed_by=who.name[:80], reviewed_at=at)
                )
                audit.append(conn, at, who, action, why, questions=changed, key=code)
            return len(changed)

        return await self._write(work)

    async def pairs(self, state: PairState = "pending", limit: int = 500) -> list[Pair]:
        """Pairs in a state, most telling first."""
        weight = pairs.c.clicks + pairs.c.up + pairs.c.down
        query = (
            select(pairs)
            .where(pairs.c.state == state)
            .order_by(weight.desc(), pairs.c.id)
            .limit(limit)
        )
        return await self._db.call(lambda conn: [_pair(row) for row in conn.execute(query)])

    async def pair(self, pair_id: str) -> Pair:
        """One pair; raises `NotFound`."""
        return await self._db.call(lambda conn: _one(conn, pair_id))

    async def review_pair(
        self, pair: Pair, state: PairState, who: Editor, why: str, draft: str | None = None
    ) -> Pair:
        """Move a pair from the state it was seen in to another; `draft` has its wording now. Raises
        `NotFound`, and `Conflict` where somebody moved it first."""
        at = self._clock.now()
        change = (
            update(pairs)
            .where(pairs.c.id == pair.id, pairs.c.state == pair.state)
            .values(state=state, reviewed_by=who.name[:80], reviewed_at=at, why=why[:500])
        )
        action = "pair.reopened" if state == "pending" else f"pair.{state}"
        details = {"pair": pair.id, "kind": "item", "key": pair.code, "draft": draft}

        def work(conn: Connection) -> Pair:
            if conn.execute(change).rowcount != 1:
                _one(conn, pair.id)
                raise Conflict()
            audit.append(conn, at, who, action, why[:500], **details)
            return _one(conn, pair.id)

        return await self._write(work)

    async def return_pairs(self, gone: Sequence[Pair], who: Editor) -> None:
        """Put accepted pairs back into the queue; who accepted them, and why, stays with them."""
        at = self._clock.now()

        def work(conn: Connection) -> None:
            for pair in gone:
                back = update(pairs).where(pairs.c.id == pair.id, pairs.c.state == "accepted")
                if conn.execute(back.values(state="pending")).rowcount:
                    audit.append(
                        conn, at, who, "pair.returned", "", pair=pair.id, kind="item", key=pair.code
                    )

        await self._write(work)

    async def forget(self) -> int:
        """Delete what nobody used for `KEEP_DAYS`, and scrub again what was kept under older rules; how
        many rows went."""
        before = self._today() - dt.timedelta(days=KEEP_DAYS)

        def work(conn: Connection) -> int:
            gone = 0
            for table in (questions, pairs):
                old = (table.c.last_day < before) & (table.c.state != "accepted")
                gone += conn.execute(delete(table).where(old)).rowcount
            return gone

        gone = await self._write(work)
        for table in (questions, pairs):
            seen = 1
            while seen:
                seen, dropped = await self._write(partial(_clean, table))
                gone += dropped
        return gone


def _flooded(conn: Connection, table: Table, today: dt.date) -> bool:
    count = select(func.count()).select_from(table).where(table.c.first_day == today)
    return int(conn.execute(count).scalar_one()) >= NEW_A_DAY


def _clean(table: Table, conn: Connection) -> tuple[int, int]:
    """(rows kept under older rules that were scrubbed again, how many of them went)."""
    older = table.c.rules.is_(None) | (table.c.rules < VERSION)
    rows = conn.execute(select(table).where(older).limit(_CLEANED_AT_ONCE)).all()
    gone = 0
    for row in rows:
        words = scrub(row.text)
        mine = table.c.id == row.id
        if words == row.text:
            conn.execute(update(table).where(mine).values(rules=VERSION))
            continue
        conn.execute(delete(table).where(mine))
        gone += words is None or _merged(conn, table, row, words)
    return len(rows), gone


def _merged(conn: Connection, table: Table, row: Row[Any], words: str) -> bool:
    """Keep `row` with other words; True where it was added to the row that has them already."""
    key = _key(row.lang, words) if table is questions else _key(row.lang, words, row.code)
    counted = ("asked",) if table is questions else ("clicks", "up", "down")
    there = conn.execute(select(table).where(table.c.id == key)).first()
    if there is None:
        conn.execute(
            table.insert().values({**row._mapping, "id": key, "text": words, "rules": VERSION})
        )
        return False
    sums = {name: getattr(there, name) + getattr(row, name) for name in counted}
    last = max(there.last_day, row.last_day)
    conn.execute(update(table).where(table.c.id == key).values(last_day=last, **sums))
    return True


def _one(conn: Connection, pair_id: str) -> Pair:
    row = conn.execute(select(pairs).where(pairs.c.id == pair_id)).first()
    if row is None:
        raise NotFound()
    return _pair(row)


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        row.id, row.text, row.lang, row.decision, row.confidence, tuple(row.codes), row.asked,
        row.first_day, row.last_day,
    )  # fmt: skip


def _pair(row: Row[Any]) -> Pair:
    return Pair(
        row.id, row.text, row.lang, row.code, row.clicks, row.up, row.down, row.last_day, row.state,
        row.reviewed_by, row.why,
    )  # fmt: skip
