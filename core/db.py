"""The record: SQL, on SQLite by default and PostgreSQL by URL.

Rooms define Core tables on `metadata` and get a `Database`; nobody else makes an engine. A transaction
on SQLite takes the write lock at once (`BEGIN IMMEDIATE`), so a compare-and-set never fails half-way
for a lock; commits are on disk (`synchronous=FULL`) before anything is acknowledged.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Json = JSON
BUSY_MS = 10_000
T = TypeVar("T")


class Utc(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


class Database:
    """A pool of connections to one database."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        self._direct: Engine | None = None
        self._threads: dict[bool, ThreadPoolExecutor] = {}
        if self._sqlite:
            file = make_url(url).database
            if file and file != ":memory:":
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            self.engine: AsyncEngine = create_async_engine(
                url, connect_args={"timeout": 10, "async_creator_fn": _connection}
            )
            self._direct = create_engine(
                make_url(url).set(drivername="sqlite"),
                connect_args={"timeout": 10, "check_same_thread": False},
            )
            self._threads = {
                write: ThreadPoolExecutor(1, f"record-{'write' if write else 'read'}")
                for write in (False, True)
            }
            for engine in (self.engine.sync_engine, self._direct):
                event.listen(engine, "connect", _sqlite_connect)
        else:
            self.engine = create_async_engine(url, pool_size=8, pool_pre_ping=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed on leaving, rolled back on an exception."""
        async with self.engine.connect() as conn:
            if self._sqlite:
                await conn.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield conn
            except BaseException:
                await conn.rollback()
                raise
            await conn.commit()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        async with self.engine.connect() as conn:
            yield conn

    async def call(self, work: Callable[[Connection], T], *, write: bool = False) -> T:
        """Run `work` as a whole, with `write` in one transaction, and return what it returns.

        For hot paths. On SQLite it is one hand-over to a thread, where `begin` makes several for each
        statement, and writers wait in a queue instead of in SQLite's sleeping retry.
        """
        if self._direct is None:
            async with self.begin() if write else self.connect() as conn:
                return await conn.run_sync(work)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads[write], _whole, self._direct, work, write)

    async def create_all(self) -> None:
        """Make every table known to `metadata`. For tests; the product migrates with Alembic."""
        async with self.begin() as conn:
            await conn.run_sync(metadata.create_all)

    async def close(self) -> None:
        """Close all connections."""
        for thread in self._threads.values():
            await asyncio.get_running_loop().run_in_executor(None, thread.shutdown)
        if self._direct is not None:
            self._direct.dispose()
        await self.engine.dispose()


class _Connection(aiosqlite.Connection):
    """Stops once.

    Where the closing of a connection is cancelled, SQLAlchemy stops it; the closing, which goes on,
    then asks a thread that has ended to stop, and waits for it for ever.
    """

    _stopped = False

    def stop(self) -> asyncio.Future[Any] | None:
        if self._stopped:
            return None
        self._stopped = True
        return super().stop()


def _connection(database: str, **options: Any) -> _Connection:
    connection = _Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def _whole(engine: Engine, work: Callable[[Connection], T], write: bool) -> T:
    with engine.connect() as conn:
        if write:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            result = work(conn)
        except BaseException:
            conn.rollback()
            raise
        if write:
            conn.commit()
        return result


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: `begin` does, with the write lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.close()
