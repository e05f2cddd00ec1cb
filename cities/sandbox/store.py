"""A sandbox city's database: accounts, tokens, nonces, faults; SQLite, one file a city.

It is the only truth after set-up and survives restarts and kill -9 (`core.db`: WAL, synchronous=FULL).
`post_due_months` is the monthly run that keeps accounts alive. It knows no wire format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from cities.months import Month, Span
from cities.sandbox.records import Holding, due_month, holdings, posting_day
from core.auth import fingerprint
from core.cards import City
from core.db import Database
from core.ids import new_token

Row = Mapping[str, Any]
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS person (network_id TEXT PRIMARY KEY, name TEXT NOT NULL,"
    " kind TEXT NOT NULL, id_no TEXT NOT NULL, phone TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fund (network_id TEXT PRIMARY KEY, account_no TEXT NOT NULL UNIQUE,"
    " status TEXT NOT NULL, balance INTEGER NOT NULL CHECK (balance >= 0), base INTEGER NOT NULL,"
    " employer_bp INTEGER NOT NULL, personal_bp INTEGER NOT NULL, monthly INTEGER NOT NULL,"
    " employer TEXT NOT NULL, opened_on TEXT NOT NULL, bound_card TEXT)",
    "CREATE TABLE IF NOT EXISTS fund_deposit (network_id TEXT NOT NULL, month TEXT NOT NULL,"
    " amount INTEGER NOT NULL, posted_on TEXT NOT NULL, PRIMARY KEY (network_id, month))",
    "CREATE TABLE IF NOT EXISTS insured (network_id TEXT PRIMARY KEY, number TEXT NOT NULL,"
    " status TEXT NOT NULL, base INTEGER NOT NULL, employer TEXT)",
    "CREATE TABLE IF NOT EXISTS insured_span (network_id TEXT NOT NULL, scheme TEXT NOT NULL,"
    " start TEXT NOT NULL, through TEXT NOT NULL, PRIMARY KEY (network_id, scheme, start))",
    "CREATE TABLE IF NOT EXISTS card (network_id TEXT PRIMARY KEY, application_no TEXT NOT NULL,"
    " card_no TEXT, bank TEXT NOT NULL, state TEXT NOT NULL, hold TEXT, delivery TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS card_step (network_id TEXT NOT NULL, place INTEGER NOT NULL,"
    " state TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (network_id, place))",
    "CREATE TABLE IF NOT EXISTS case_file (case_no TEXT PRIMARY KEY, network_id TEXT NOT NULL,"
    " item TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL, state TEXT NOT NULL,"
    " received_on TEXT NOT NULL, promised_on TEXT NOT NULL, hold TEXT)",
    "CREATE TABLE IF NOT EXISTS case_step (case_no TEXT NOT NULL, place INTEGER NOT NULL,"
    " state TEXT NOT NULL, day TEXT NOT NULL, office_zh TEXT NOT NULL, office_en TEXT NOT NULL,"
    " PRIMARY KEY (case_no, place))",
    "CREATE TABLE IF NOT EXISTS bearer (hash TEXT PRIMARY KEY, expires INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, at INTEGER NOT NULL)",
)
MONTHS_SHOWN = 12


class Store:
    """The state of one sandbox city."""

    def __init__(self, city: City, data_dir: Path) -> None:
        self.city: City = city
        path = data_dir.resolve() / f"city-{city}.db"
        self._db = Database(f"sqlite+aiosqlite:///{path}")

    async def open(self, now: dt.datetime, today: dt.date) -> None:
        """Make the tables, fill them on the first start, and catch up on monthly postings."""
        async with self._db.begin() as conn:
            for statement in _SCHEMA:
                await conn.exec_driver_sql(statement)
            seeded = await conn.execute(text("SELECT 1 FROM setting WHERE name = 'seeded'"))
            if seeded.first() is None:
                for holding in holdings(self.city, today):
                    await _insert(conn, holding)
                await _set(conn, "seeded", now.isoformat())
        await self.post_due_months(today)

    async def close(self) -> None:
        """Close the database."""
        await self._db.close()

    async def setting(self, name: str) -> Any:
        """A stored JSON value, or None."""
        rows = await self._rows("SELECT value FROM setting WHERE name = :n", n=name)
        return orjson.loads(rows[0]["value"]) if rows else None

    async def set_setting(self, name: str, value: Any) -> None:
        """Store a JSON value."""
        async with self._db.begin() as conn:
            await _set(conn, name, orjson.dumps(value).decode())

    async def issue_bearer(self, now: float, ttl_s: int) -> str:
        """A new bearer token; only its fingerprint is kept."""
        token = new_token()
        async with self._db.begin() as conn:
            await conn.execute(text("DELETE FROM bearer WHERE expires < :now"), {"now": int(now)})
            await conn.execute(
                text("INSERT INTO bearer VALUES (:h, :e)"),
                {"h": fingerprint(token), "e": int(now) + ttl_s},
            )
        return token

    async def bearer_valid(self, token: str, now: float) -> bool:
        """Whether the token was issued here and has not lapsed."""
        rows = await self._rows(
            "SELECT 1 FROM bearer WHERE hash = :h AND expires >= :now",
            h=fingerprint(token), now=int(now),
        )  # fmt: skip
        return bool(rows)

    async def revoke_bearers(self) -> None:
        """Forget every token."""
        async with self._db.begin() as conn:
            await conn.exec_driver_sql("DELETE FROM bearer")

    async def use_nonce(self, nonce: str, now: float, keep_s: int) -> bool:
        """Remember a nonce; False when it was used before."""
        async with self._db.begin() as conn:
            await conn.execute(text("DELETE FROM nonce WHERE at < :t"), {"t": int(now) - keep_s})
            done = await conn.execute(
                text("INSERT INTO nonce VALUES (:n, :t) ON CONFLICT DO NOTHING"),
                {"n": nonce, "t": int(now)},
            )
            return done.rowcount == 1

    async def fund(self, network_id: str) -> tuple[Row, list[Row]] | None:
        """The account and its last deposits, newest first."""
        rows = await self._rows("SELECT * FROM fund WHERE network_id = :id", id=network_id)
        if not rows:
            return None
        deposits = await self._rows(
            "SELECT * FROM fund_deposit WHERE network_id = :id ORDER BY month DESC LIMIT :n",
            id=network_id, n=MONTHS_SHOWN,
        )  # fmt: skip
        return rows[0], deposits

    async def insured(self, network_id: str) -> tuple[Row, dict[str, list[Span]]] | None:
        """The record and the stretches of contributions per scheme."""
        rows = await self._rows("SELECT * FROM insured WHERE network_id = :id", id=network_id)
        if not rows:
            return None
        spans: dict[str, list[Span]] = {}
        for row in await self._rows(
            "SELECT * FROM insured_span WHERE network_id = :id ORDER BY scheme, start",
            id=network_id,
        ):
            span = Span(Month.parse(row["start"]), Month.parse(row["through"]))
            spans.setdefault(row["scheme"], []).append(span)
        return rows[0], spans

    async def card(self, network_id: str) -> tuple[Row, list[Row]] | None:
        """The card and its timeline."""
        rows = await self._rows("SELECT * FROM card WHERE network_id = :id", id=network_id)
        if not rows:
            return None
        steps = await self._rows(
            "SELECT * FROM card_step WHERE network_id = :id ORDER BY place", id=network_id
        )
        return rows[0], steps

    async def cases(
        self, *, network_id: str | None = None, case_no: str | None = None
    ) -> list[tuple[Row, list[Row]]]:
        """Cases of a person, or the one with this number, with their steps."""
        column, value = ("network_id", network_id) if network_id else ("case_no", case_no)
        files = await self._rows(
            f"SELECT * FROM case_file WHERE {column} = :v ORDER BY received_on DESC",  # noqa: S608 - column is one of two constants
            v=value,
        )
        return [
            (
                file,
                await self._rows(
                    "SELECT * FROM case_step WHERE case_no = :c ORDER BY place", c=file["case_no"]
                ),
            )
            for file in files
        ]

    async def move_case(self, case_no: str, state: str, hold: str | None, today: dt.date) -> bool:
        """A clerk moves a case on; False when there is no such case."""
        async with self._db.begin() as conn:
            done = await conn.execute(
                text("UPDATE case_file SET state = :s, hold = :h WHERE case_no = :c"),
                {"s": state, "h": hold, "c": case_no},
            )
            if done.rowcount != 1:
                return False
            await conn.execute(
                text(
                    "INSERT INTO case_step SELECT case_no, MAX(place) + 1, :s, :d, office_zh,"
                    " office_en FROM case_step WHERE case_no = :c"
                ),
                {"s": state, "d": today.isoformat(), "c": case_no},
            )
            return True

    async def post_due_months(self, today: dt.date) -> int:
        """The monthly run: contributions due by `today` of everybody who contributes. Repeating it
        posts nothing twice. Returns how many deposits were posted."""
        due, posted = due_month(today), 0
        async with self._db.begin() as conn:
            active = await conn.execute(
                text(
                    "SELECT f.network_id, f.monthly, MAX(d.month) AS last FROM fund f JOIN"
                    " fund_deposit d USING (network_id) WHERE f.status = 'active'"
                    " GROUP BY f.network_id, f.monthly"
                )
            )
            for network_id, monthly, last in active.all():
                after = Month.parse(last)
                months = [after.plus(i + 1) for i in range(due.index - after.index)]
                await _deposit(conn, network_id, months, monthly)
                await conn.execute(
                    text("UPDATE fund SET balance = balance + :a WHERE network_id = :id"),
                    {"a": monthly * len(months), "id": network_id},
                )
                posted += len(months)
            await conn.execute(
                text(
                    "UPDATE insured_span SET through = :due WHERE through < :due AND network_id IN"
                    " (SELECT network_id FROM insured WHERE status = 'contributing') AND start ="
                    " (SELECT MAX(s.start) FROM insured_span s WHERE s.network_id ="
                    " insured_span.network_id AND s.scheme = insured_span.scheme)"
                ),
                {"due": str(due)},
            )
        return posted

    async def _rows(self, statement: str, **params: Any) -> list[Row]:
        async with self._db.connect() as conn:
            return [dict(row) for row in (await conn.execute(text(statement), params)).mappings()]


async def _set(conn: AsyncConnection, name: str, value: str) -> None:
    await conn.execute(
        text(
            "INSERT INTO setting VALUES (:n, :v)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        {"n": name, "v": value},
    )


async def _deposit(
    conn: AsyncConnection, network_id: str, months: Sequence[Month], amount: int
) -> None:
    if months:
        rows = [
            {"id": network_id, "m": str(m), "a": amount, "d": posting_day(m).isoformat()}
            for m in months
        ]
        await conn.execute(text("INSERT INTO fund_deposit VALUES (:id, :m, :a, :d)"), rows)


async def _insert(conn: AsyncConnection, holding: Holding) -> None:
    person = holding.person
    key = person.network_id
    await conn.execute(
        text("INSERT INTO person VALUES (:id, :n, :k, :i, :p)"),
        {"id": key, "n": person.name, "k": person.kind, "i": person.id_no, "p": person.phone},
    )
    await _insert_accounts(conn, key, holding)
    if card := holding.card:
        await conn.execute(
            text("INSERT INTO card VALUES (:id, :a, :c, :b, :s, :h, :d)"),
            {"id": key, "a": card.application_no, "c": card.card_no, "b": card.bank,
             "s": card.state, "h": card.hold, "d": card.delivery},
        )  # fmt: skip
        for place, (state, day) in enumerate(card.steps):
            await conn.execute(
                text("INSERT INTO card_step VALUES (:id, :p, :s, :d)"),
                {"id": key, "p": place, "s": state, "d": day.isoformat()},
            )
    for case in holding.cases:
        code, zh, en = case.item
        await conn.execute(
            text("INSERT INTO case_file VALUES (:c, :id, :i, :zh, :en, :s, :r, :p, :h)"),
            {"c": case.case_no, "id": key, "i": code, "zh": zh, "en": en, "s": case.state,
             "r": case.received_on.isoformat(), "p": case.promised_on.isoformat(), "h": case.hold},
        )  # fmt: skip
        for place, (state, day, office_zh, office_en) in enumerate(case.steps):
            await conn.execute(
                text("INSERT INTO case_step VALUES (:c, :p, :s, :d, :zh, :en)"),
                {"c": case.case_no, "p": place, "s": state, "d": day.isoformat(),
                 "zh": office_zh, "en": office_en},
            )  # fmt: skip


async def _insert_accounts(conn: AsyncConnection, key: str, holding: Holding) -> None:
    if fund := holding.fund:
        await conn.execute(
            text("INSERT INTO fund VALUES (:id, :no, :s, :bal, :base, :e, :p, :m, :n, :o, :c)"),
            {"id": key, "no": fund.account_no, "s": fund.status,
             "bal": fund.monthly * fund.months.months - fund.drawn, "base": fund.base,
             "e": fund.employer_bp, "p": fund.personal_bp, "m": fund.monthly, "n": fund.employer,
             "o": fund.opened_on.isoformat(), "c": fund.bound_card},
        )  # fmt: skip
        months = [fund.months.start.plus(i) for i in range(fund.months.months)]
        await _deposit(conn, key, months, fund.monthly)
    if insured := holding.insured:
        await conn.execute(
            text("INSERT INTO insured VALUES (:id, :n, :s, :b, :e)"),
            {"id": key, "n": insured.number, "s": insured.status, "b": insured.base,
             "e": insured.employer},
        )  # fmt: skip
        rows = [
            {"id": key, "s": scheme, "f": str(span.start), "t": str(span.through)}
            for scheme, spans in insured.spans.items()
            for span in spans
        ]
        await conn.execute(text("INSERT INTO insured_span VALUES (:id, :s, :f, :t)"), rows)
