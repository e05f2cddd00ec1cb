"""Publishing: a new version of the list, whole or not at all.

Order: compose, check, build the index, commit, swap the pointer. A kill before the commit leaves an
unused index folder; a kill after it leaves an old pointer, which `Publisher.agree` moves. Two who
publish at once: the second commit finds that the version in force is not the one it started from.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from core.clock import Clock
from core.db import Database
from core.errors import Unavailable
from core.i18n import text
from core.log import get_log
from core.metrics import counter, gauge, histogram
from core.outbox import outbox
from knowledge.catalogue import KINDS, Catalogue, Kind, make_catalogue
from knowledge.damage import DAMAGED
from knowledge.editing import audit, drafts, store
from knowledge.editing.errors import ListInvalid, NothingToPublish, PublishConflict
from knowledge.editing.mentions import without
from knowledge.editing.model import Draft, Editor, Version
from knowledge.editing.store import NewRevision, Numbers, RecordId, as_person
from knowledge.editing.tables import list_versions
from knowledge.embed import Embedder
from knowledge.index import IndexMissing, read_index
from knowledge.published import (
    PublishedIndex,
    build_index,
    current_version,
    list_version_of,
    open_list,
    point_to,
    remove_old,
)
from knowledge.validate import Finding, check

log = get_log(__name__)
TOPIC = "list.published"
PUBLISHES = counter("sg_knowledge_publishes", "Versions of the list", ("result",))
SECONDS = histogram("sg_knowledge_publish_seconds", "From asking to publish to the swapped pointer")
NUMBER = gauge("sg_knowledge_list_number", "Number of the version in force")
KEPT_CATALOGUES = 3
KEPT_INDEXES = 4
T = TypeVar("T")


@dataclass(frozen=True)
class Base:
    """The version in force, as publishing starts from it."""

    number: int | None
    manifest: Numbers
    catalogue: Catalogue


@dataclass(frozen=True)
class Release:
    """What is to become the next version."""

    who: Editor
    why: str
    catalogue: Catalogue
    changes: Mapping[RecordId, NewRevision] = field(default_factory=dict)
    """Records that get a new revision; a body of None leaves the list."""
    manifest: Numbers | None = None
    """The whole manifest, for a rollback; else the base's with `changes`."""
    drafts: tuple[Draft, ...] = ()
    number: int | None = None
    """Of the scheduled version that takes effect."""
    rollback_of: int | None = None
    index: str | None = None
    """An index of this list that is there already."""
    checked: bool = True
    """Whether the rules are applied; not for what was published before."""
    also: Callable[[Connection], None] | None = None
    """Writes more rows in the same transaction."""


def composed(base: Catalogue, changes: Mapping[RecordId, NewRevision]) -> Catalogue:
    """The list with these changes; raises `UnreadableRevision`."""
    gone = {record for record, new in changes.items() if new.body is None}
    kept = [
        record
        for kind in KINDS
        for key, record in base.records[kind].items()
        if (kind, key) not in gone
    ]
    made = [store.to_record(record, new.body) for record, new in changes.items() if new.body]
    return make_catalogue([*kept, *made])


def of_drafts(chosen: list[Draft]) -> dict[RecordId, NewRevision]:
    """The changes that approved drafts make; raises `UnreadableRevision`."""
    found: dict[RecordId, NewRevision] = {}
    for draft in chosen:
        body = draft.body
        if body is not None:  # with every field, as it will be stored
            body = store.to_body(store.to_record((draft.kind, draft.key), body))
        author = draft.authors[-1]
        found[(draft.kind, draft.key)] = NewRevision(
            body, "desk", author, draft.reviewer, draft.reason
        )
    return found


def taken_along(
    base: Catalogue, changes: Mapping[RecordId, NewRevision]
) -> dict[RecordId, NewRevision]:
    """`changes`, and where they take an item out of the list, what names it: without it, by the same
    person and for the same reason. A record that is changed already is left as it was reviewed."""
    found = dict(changes)
    for (kind, key), new in changes.items():
        if kind != "item" or new.body is not None or key not in base.items:
            continue
        name = base.items[key].name.zh
        why = text("list.withdrawn_with", "zh", name=name, record=key, why=new.why)
        for other, left in without(composed(base, found), key).items():
            if other not in changes:
                body = None if left is None else store.to_body(left)
                found[other] = replace(new, body=body, why=why[: drafts.WHY_MAX])
    return found


def new_errors(base: Catalogue | None, catalogue: Catalogue) -> list[Finding]:
    """Errors of `catalogue` that `base` does not have."""
    found = [finding for finding in check(catalogue) if finding.level == "error"]
    if not found or base is None:
        return found
    known = set(check(base))
    return [finding for finding in found if finding not in known]


class Publisher:
    """Turns releases into versions, for one data folder."""

    def __init__(self, db: Database, clock: Clock, data_dir: Path) -> None:
        self._db, self._clock, self._data_dir = db, clock, data_dir
        self.embedder: Embedder | None = None
        self._turn = asyncio.Lock()
        self._catalogues: OrderedDict[int, Catalogue] = OrderedDict()
        self._agreed: tuple[int, str] | None = None

    def keep(self, number: int, catalogue: Catalogue) -> None:
        """Remember a published list."""
        self._catalogues[number] = catalogue
        self._catalogues.move_to_end(number)
        while len(self._catalogues) > KEPT_CATALOGUES:
            self._catalogues.popitem(last=False)

    async def catalogue(self, number: int | None = None) -> tuple[int, Catalogue]:
        """(number, list) of a published version, the one in force by default."""

        def read(conn: Connection) -> tuple[int, Catalogue]:
            row = store.version_row(conn, number)
            known = self._catalogues.get(row.number)
            return row.number, known or store.load(conn, store.manifest_of(conn, row.number))

        found, catalogue = await self._db.call(read)
        self.keep(found, catalogue)
        return found, catalogue

    async def base(self) -> Base:
        """What the next version starts from."""
        number, catalogue = await self.catalogue()
        manifest = await self._db.call(lambda conn: store.manifest_of(conn, number))
        return Base(number, manifest, catalogue)

    async def release(self, base: Base | None, plan: Release) -> Version:
        """Make `plan` the version in force. Raises `ListInvalid`, `PublishConflict`,
        `NothingToPublish`, `Unavailable` without an embedder."""
        started = time.perf_counter()
        async with self._turn:
            try:
                version = await self._release(base, plan)
            except Exception as exc:
                PUBLISHES.labels(getattr(exc, "code", "internal")).inc()
                raise
        seconds = time.perf_counter() - started
        PUBLISHES.labels("published").inc()
        SECONDS.observe(seconds)
        log.info(
            "list.published", number=version.number, list_version=version.list_version,
            changed=len(version.changed), seconds=round(seconds, 3),
        )  # fmt: skip
        return version

    async def _release(self, base: Base | None, plan: Release) -> Version:
        current = await self._db.call(store.current_number)
        if current != (base.number if base else None):  # before the work; the commit looks again
            raise PublishConflict(details={"current": current})
        same = base is not None and base.catalogue.version == plan.catalogue.version
        if same and plan.number is None:
            raise NothingToPublish()
        if plan.checked:
            await self.check(base.catalogue if base else None, plan.catalogue)
        name = plan.index or await self._build(base, plan.catalogue)
        version = await self._db.call(lambda conn: self._commit(conn, base, plan, name), write=True)
        self.keep(version.number, plan.catalogue)
        await asyncio.to_thread(self._point, version.number, name)
        if await self._db.call(store.current_number) != version.number:
            self._agreed = None  # another process published right after: the pointer is its
        return version

    async def check(self, base: Catalogue | None, catalogue: Catalogue) -> None:
        """Raises `ListInvalid` with every error that the list in force does not have already: a release
        with stricter rules must not keep editors from mending one record at a time."""
        found = await asyncio.to_thread(new_errors, base, catalogue)
        if found:
            raise ListInvalid(details={"findings": [finding.as_dict() for finding in found]})

    async def _build(self, base: Base | None, catalogue: Catalogue) -> str:
        if self.embedder is None:
            raise Unavailable(details={"missing": "search"})
        previous = self._previous(base)
        name, _ = await asyncio.to_thread(
            build_index, catalogue, self.embedder, self._data_dir, previous=previous
        )
        return name

    def _previous(self, base: Base | None) -> PublishedIndex | None:
        """The index in use, with its list, from which the next one takes what is the same; None where
        there is none that can be read: the next one is then built whole. It need not be that of `base`:
        another process may have published meanwhile, or one was killed before the pointer moved."""
        if base is None:
            return None
        try:
            name = current_version(self._data_dir)
            index = read_index(self._data_dir / "index" / name)
            same = list_version_of(name) == base.catalogue.version
            return PublishedIndex(
                index, base.catalogue if same else open_list(self._data_dir, name)
            )
        except IndexMissing:
            pass
        except DAMAGED as error:
            log.warning("list.index_damaged", reason=f"{type(error).__name__}: {error}"[:200])
        return None

    def _point(self, number: int, name: str) -> None:
        if self._pointed() != name:
            point_to(self._data_dir, name)
        self._agreed = (number, name)
        NUMBER.set(number)
        remove_old(self._data_dir, KEPT_INDEXES)

    def _commit(self, conn: Connection, base: Base | None, plan: Release, name: str) -> Version:
        at = self._clock.now()
        before = base.number if base else None
        number = plan.number or store.next_version(conn)
        # A version row must be there before drafts point to it; the compare-and-set decides.
        if not store.swap_current(conn, before, number):
            raise PublishConflict(details={"current": store.current_number(conn)})
        numbers = store.add_revisions(conn, dict(plan.changes), at)
        old: Numbers = base.manifest if base else {kind: {} for kind in KINDS}
        manifest = plan.manifest or _with(old, plan.changes, numbers)
        values: dict[str, Any] = {
            "state": "published", "list_version": plan.catalogue.version, "index_name": name,
            "base": before, "manifest": manifest, "changed": _changed(old, manifest),
            "drafts": [draft.id for draft in plan.drafts], "content": None, "published_at": at,
            "rollback_of": plan.rollback_of, "problems": [],
        }  # fmt: skip
        if plan.number is None:
            who = as_person(plan.who)
            values |= {"who": who.id, "who_name": who.name, "why": plan.why, "made_at": at}
            conn.execute(list_versions.insert().values(number=number, **values))
        else:
            done = conn.execute(
                list_versions.update()
                .where(list_versions.c.number == number, list_versions.c.state == "scheduled")
                .values(**values)
            )
            if done.rowcount != 1:
                raise PublishConflict(details={"current": before})
        if not drafts.set_published(conn, at, list(plan.drafts), number):
            raise PublishConflict(details={"current": before})
        if plan.also is not None:
            plan.also(conn)
        written = {record: (numbers[record], new) for record, new in plan.changes.items()}
        audit.append(
            conn, at, plan.who, "version.published", plan.why, number=number, base=before,
            list_version=plan.catalogue.version, rollback_of=plan.rollback_of,
            drafts=values["drafts"] or None, manifest=audit.digest(manifest),
            changed=audit.digest(values["changed"]),
            revisions=audit.revision_digests(written, at),
        )  # fmt: skip
        body = {"number": number, "list_version": plan.catalogue.version}
        conn.execute(outbox.insert().values(topic=TOPIC, key=str(number), body=body))
        return store.version_of(store.version_row(conn, number))

    async def agree(self) -> bool:
        """Make the pointer of this data folder name the version in force; True when it was moved."""

        def read(conn: Connection) -> tuple[int, str] | None:
            number = store.current_number(conn)
            return (
                None if number is None else (number, store.version_row(conn, number).list_version)
            )

        known = await self._db.call(read)
        if known is None:
            return False
        number, list_version = known
        pointed = self._pointed()
        if pointed is not None:
            if self._agreed == (number, pointed):
                return False
            if list_version_of(pointed) == list_version:
                self._agreed = (number, pointed)
                NUMBER.set(number)
                return False
        async with self._turn:
            _, catalogue = await self.catalogue(number)
            if pointed is not None and list_version_of(pointed) == catalogue.version:
                # The same content, described anew by a later release of the product.
                self._agreed = (number, pointed)
                return False
            name = await self._build(None, catalogue)
            if self._pointed() != pointed or await self._db.call(store.current_number) != number:
                return False  # somebody else is at it: next time
            await asyncio.to_thread(self._point, number, name)
        log.warning("list.pointer_moved", number=number, index=name)
        return True

    def _pointed(self) -> str | None:
        """The index the pointer names, if it is there."""
        try:
            name = current_version(self._data_dir)
        except IndexMissing:
            return None
        return name if (self._data_dir / "index" / name / "meta.json").is_file() else None


def _with(
    old: Numbers, changes: Mapping[RecordId, NewRevision], numbers: Mapping[RecordId, int]
) -> Numbers:
    made = {kind: dict(old.get(kind, {})) for kind in KINDS}
    for (kind, key), new in changes.items():
        if new.body is None:
            made[kind].pop(key, None)
        else:
            made[kind][key] = numbers[(kind, key)]
    return made


def _changed(old: Numbers, new: Numbers) -> list[tuple[Kind, str]]:
    return [
        (kind, key)
        for kind in KINDS
        for key in sorted({*old.get(kind, {}), *new[kind]})
        if old.get(kind, {}).get(key) != new[kind].get(key)
    ]
