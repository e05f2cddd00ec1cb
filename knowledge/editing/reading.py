"""The managed list, read: versions, drafts, history, differences, audit, tasks. `Register` adds what
changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, select

from core.clock import Clock
from core.db import Database
from core.errors import NotFound
from knowledge.catalogue import KINDS, Catalogue, Kind
from knowledge.editing import audit, drafts, store, tasks
from knowledge.editing.diff import RecordChange, record_change
from knowledge.editing.drafts import record_id
from knowledge.editing.model import (
    AuditEntry,
    Body,
    Draft,
    DraftState,
    Revision,
    Task,
    TaskKind,
    TaskState,
    ThreeWay,
    Version,
)
from knowledge.editing.publishing import Publisher
from knowledge.editing.submitting import of_list, of_shape
from knowledge.editing.tables import list_versions
from knowledge.validate import Finding

T = TypeVar("T")


class RegisterReader:
    """What can be asked of the list of one installation, by anyone who is let in."""

    def __init__(self, db: Database, clock: Clock, data_dir: Path) -> None:
        self._db, self._clock = db, clock
        self._publisher = Publisher(db, clock, data_dir)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._db.call(work)

    async def current(self) -> Version:
        """The version in force; raises `ListNotStarted` before the first `seed`."""
        return await self._read(lambda conn: store.version_of(store.version_row(conn)))

    async def catalogue(self, number: int | None = None) -> Catalogue:
        """The whole list of a published version (the one in force by default); raises `NotFound`."""
        return (await self._publisher.catalogue(number))[1]

    async def versions(self, limit: int = 100) -> list[Version]:
        """Newest number first."""

        def work(conn: Connection) -> list[Version]:
            query = select(list_versions).order_by(list_versions.c.number.desc()).limit(limit)
            return [store.version_of(row) for row in conn.execute(query)]

        return await self._read(work)

    async def record(self, kind: Kind, key: str) -> tuple[int, Body]:
        """(revision, body) of a record of the version in force; raises `NotFound`."""

        def work(conn: Connection) -> tuple[int, Body]:
            record = record_id(kind, key)
            number = store.revision_in(conn, record)
            body = store.body_of(conn, record, number)
            if number is None or body is None:
                raise NotFound("unknown_record", details={"kind": kind, "key": record[1]})
            return number, body

        return await self._read(work)

    async def history(self, kind: Kind, key: str) -> list[Revision]:
        """Every revision of a record, newest first; raises `NotFound`."""

        def work(conn: Connection) -> list[Revision]:
            record = record_id(kind, key)
            found = store.history(conn, record)
            if not found:
                raise NotFound("unknown_record", details={"kind": kind, "key": record[1]})
            return found

        return await self._read(work)

    async def diff(self, a: int, b: int) -> list[RecordChange]:
        """What changed from version `a` to version `b`; raises `NotFound`."""

        def work(conn: Connection) -> list[RecordChange]:
            old, new = store.manifest_of(conn, a), store.manifest_of(conn, b)
            found: list[RecordChange] = []
            for kind in KINDS:
                for key in sorted({*old[kind], *new[kind]}):
                    left, right = old[kind].get(key), new[kind].get(key)
                    if left == right:
                        continue
                    bodies = [store.body_of(conn, (kind, key), number) for number in (left, right)]
                    change = record_change(kind, key, bodies[0], bodies[1])
                    if change is not None:
                        found.append(change)
            return found

        return await self._read(work)

    async def drafts(
        self, state: DraftState | None = None, kind: Kind | None = None, limit: int = 500
    ) -> list[Draft]:
        """Drafts in `state` (the open ones by default), oldest first."""
        return await self._read(lambda conn: drafts.listed(conn, state, kind, limit))

    async def draft(self, draft_id: str) -> Draft:
        """One draft; raises `NotFound`."""
        return await self._read(lambda conn: drafts.get(conn, draft_id))

    async def three_way(self, draft_id: str) -> ThreeWay:
        """Base, published and drafted state of a draft's record, with both sides' changes."""
        return await self._read(lambda conn: drafts.three_way(conn, drafts.get(conn, draft_id)))

    async def findings(self, draft_id: str) -> list[Finding]:
        """What publishing the draft alone would complain about: problems of the record's shape, or
        those of the list with it that the list in force does not have. Warnings included."""
        draft = await self.draft(draft_id)
        found = of_shape(draft)
        if found:
            return found
        _, now = await self._publisher.catalogue()
        return await asyncio.to_thread(of_list, now, [draft])

    async def audit(self, after: int = 0, limit: int = 200) -> list[AuditEntry]:
        """Rows with a greater `seq`, oldest first."""
        return await self._read(lambda conn: audit.entries(conn, after, limit))

    async def tasks(
        self, state: TaskState | None = "open", kind: TaskKind | None = None, limit: int = 500
    ) -> list[Task]:
        """Tasks, the most reported first."""
        return await self._read(lambda conn: tasks.listed(conn, state, kind, limit))
