"""The list in the source tree and the managed list: a three-way merge, record by record.

What nobody edited at the desk follows the tree; what was edited stays, and a task says that the tree
has news of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from core.cards import LocalText
from core.clock import Clock
from core.db import Database
from core.i18n import LANGS, text
from core.log import get_log
from knowledge.catalogue import KINDS, Catalogue, Kind, Record
from knowledge.editing import store, tasks
from knowledge.editing.audit import digest
from knowledge.editing.diff import name_of
from knowledge.editing.errors import ListInvalid, PublishConflict
from knowledge.editing.model import SEED, Person, Version
from knowledge.editing.publishing import Base, Publisher, Release, composed
from knowledge.editing.store import NewRevision, RecordId, as_person, to_body
from knowledge.index import IndexMissing
from knowledge.published import delivered_version, list_version_of, open_list

log = get_log(__name__)
WHY = "The list delivered with this release"
Digests = dict[Kind, dict[str, str]]


@dataclass(frozen=True)
class Merge:
    """What taking over the tree's list means."""

    changes: Mapping[RecordId, NewRevision]
    conflicts: tuple[RecordId, ...]
    """Edited at the desk, and changed in the tree since."""


def digests(catalogue: Catalogue) -> Digests:
    """A digest of each record, the same whatever fields with a default the model gains later."""
    return {
        kind: {key: _digest(record) for key, record in catalogue.records[kind].items()}
        for kind in KINDS
    }


def _digest(record: Record) -> str:
    return digest(record.model_dump(mode="json", exclude_defaults=True))


def _new(record: Record | None, who: Person) -> NewRevision:
    return NewRevision(None if record is None else to_body(record), "seed", who, None, WHY)


def first(catalogue: Catalogue, who: Person) -> dict[RecordId, NewRevision]:
    """Every record, for version 1."""
    return {
        (kind, key): _new(record, who)
        for kind in KINDS
        for key, record in catalogue.records[kind].items()
    }


def merge(
    base: Base, origins: Mapping[RecordId, str], before: Digests, tree: Catalogue, who: Person
) -> Merge:
    """`before` are the digests of the tree's list as it was taken over last."""
    now = digests(tree)
    changes: dict[RecordId, NewRevision] = {}
    conflicts: list[RecordId] = []
    for kind in KINDS:
        old, here = before.get(kind, {}), base.catalogue.records[kind]
        for key in sorted({*old, *now[kind]}):
            record, wanted, there = (kind, key), tree.records[kind].get(key), here.get(key)
            if wanted == there:
                continue
            untouched = origins.get(record) == "seed" if there is not None else key not in old
            if untouched:
                changes[record] = _new(wanted, who)
            elif old.get(key) != now[kind].get(key):
                conflicts.append(record)
    return Merge(changes, tuple(conflicts))


class Seeding:
    """Takes the tree's list over."""

    def __init__(self, db: Database, clock: Clock, publisher: Publisher, data_dir: Path) -> None:
        self._db, self._clock, self._publisher = db, clock, publisher
        self._data_dir = data_dir

    async def take_delivered(self) -> Version | None:
        """Take over the list that set-up indexed; opens nothing when it is the one taken over last."""
        try:
            name = await asyncio.to_thread(delivered_version, self._data_dir)
            if await self._known(list_version_of(name)):
                return None
            catalogue = await asyncio.to_thread(open_list, self._data_dir, name)
        except IndexMissing:
            return None  # nothing was set up yet
        return await self.take(catalogue, name)

    async def take(self, tree: Catalogue, index: str | None = None) -> Version | None:
        """Version 1, or a version with what nobody edited at the desk; None when nothing is new."""
        if await self._known(tree.version):
            return None
        if await self._db.call(store.current_number) is None:
            try:
                return await self._publisher.release(
                    None,
                    Release(
                        SEED, WHY, tree, first(tree, as_person(SEED)), index=index, checked=False,
                        also=lambda conn: self._remember(conn, tree),
                    ),
                )  # fmt: skip
            except (IntegrityError, PublishConflict):
                return None  # another process was first
        return await self._merge(tree)

    async def _known(self, version: str) -> bool:
        def work(conn: Connection) -> bool:
            row = store.state(conn, "seed")
            if row is None:
                return False
            refused = row.data.get("refused") == [version, store.current_number(conn)]
            return bool(row.data["version"] == version or refused)

        return await self._db.call(work)

    async def _merge(self, tree: Catalogue) -> Version | None:
        base = await self._publisher.base()

        def read(conn: Connection) -> tuple[dict[RecordId, str], Digests]:
            row = store.state(conn, "seed")
            return store.origins(conn, base.manifest), row.data["records"] if row else {}

        known, before = await self._db.call(read)
        found = merge(base, known, before, tree, as_person(SEED))

        def remember(conn: Connection) -> None:
            self._remember(conn, tree)
            for kind, key in found.conflicts:
                self._task(conn, base, tree, (kind, key))

        catalogue = composed(base.catalogue, found.changes)
        if catalogue.version == base.catalogue.version:
            await self._db.call(remember, write=True)
            return None
        plan = Release(SEED, WHY, catalogue, found.changes, also=remember)
        try:
            return await self._publisher.release(base, plan)
        except ListInvalid as error:
            problems = error.details["findings"]
            problem = f"{problems[0]['where']}: {problems[0]['problem']} (+{len(problems) - 1})"
            await self._db.call(lambda conn: self._refuse(conn, tree, problem), write=True)
            return None

    def _remember(self, conn: Connection, tree: Catalogue) -> None:
        store.put_state(conn, "seed", 0, {"version": tree.version, "records": digests(tree)})

    def _task(self, conn: Connection, base: Base, tree: Catalogue, record: RecordId) -> None:
        kind, key = record
        there = base.catalogue.records[kind].get(key) or tree.records[kind].get(key)
        name = name_of(kind, key, to_body(there) if there is not None else None)
        zh, en = (
            text("list.seed_differs", lang, name=name.in_(lang), record=key) for lang in LANGS
        )
        words = LocalText(zh=zh, en=en)
        tasks.opened(
            conn, self._clock.now(), "seed_conflict", f"{kind}/{key}", words, SEED, record=record
        )

    def _refuse(self, conn: Connection, tree: Catalogue, problem: str) -> None:
        """The merged list breaks a rule: the list in force stays; tried again after the next version."""
        row = store.state(conn, "seed")
        data = {**(row.data if row else {"version": "", "records": {}})}
        data["refused"] = [tree.version, store.current_number(conn)]
        store.put_state(conn, "seed", 0, data)
        zh, en = (
            text("list.seed_refused", lang, version=tree.version, problem=problem) for lang in LANGS
        )
        tasks.opened(
            conn, self._clock.now(), "seed_conflict", f"list/{tree.version}",
            LocalText(zh=zh, en=en), SEED,
        )  # fmt: skip
        log.warning("list.seed_refused", list_version=tree.version)
