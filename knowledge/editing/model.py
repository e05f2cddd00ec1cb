"""What the managed list speaks of: editors, drafts, versions, revisions, audit entries, tasks.

Plain immutable values; `as_dict` is the JSON form of the API and the command line. Times are aware, UTC.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.cards import CITIES, City, LocalText
from core.clock import CITY_TZ
from knowledge.catalogue import Kind
from knowledge.editing.diff import Change

DraftState = Literal["editing", "in_review", "approved", "published", "discarded"]
OPEN_STATES: tuple[DraftState, ...] = ("editing", "in_review", "approved")
VersionState = Literal["scheduled", "published", "cancelled", "failed"]
TaskKind = Literal["outdated", "stale", "seed_conflict", "unanswered", "import", "publish"]
"""Reported by residents · no longer confirmed · the list of a new release differs from the desk's ·
questions without an answer · from an import · a scheduled version could not be published."""
TaskState = Literal["open", "done"]
Origin = Literal["seed", "desk", "file"]
"""Where a revision comes from: the list in the source tree, a draft, a folder or file of an operator."""
REPORTED = "list.reported_outdated"
"""Outbox topic: a resident says that an item is outdated; `code`, `conversation`."""
Body = dict[str, Any]
"""A record as JSON (`model_dump(mode="json")`)."""


def known_as(name: str) -> str:
    """One spelling of a name or an id, however it is written: full-width, in capitals, with blanks or
    with characters that nobody sees."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")


def iso(moment: datetime | None) -> str | None:
    """JSON form of a time."""
    return moment.isoformat() if moment is not None else None


def china_time(moment: datetime, timespec: str = "minutes") -> str:
    """A time as both cities' clocks show it, with the offset: `2026-12-01 00:00+08:00`."""
    return moment.astimezone(CITY_TZ).isoformat(sep=" ", timespec=timespec)


@dataclass(frozen=True, slots=True)
class Editor:
    """Who acts. `list_editor` drafts, submits, reviews others' drafts and publishes what is approved;
    `admin` may besides roll back, cancel, withdraw at once and publish a whole list."""

    id: str
    name: str
    roles: tuple[str, ...] = ("list_editor",)
    cities: tuple[City, ...] = CITIES
    """Cities whose particulars he may change."""

    def as_dict(self) -> dict[str, str]:
        """JSON form: id and name only."""
        return {"id": self.id, "name": self.name}


SYSTEM = Editor("system", "system", ("admin",))
"""The product itself: what is due by the clock."""
SEED = Editor("seed", "seed", ("admin",))
"""The list in the source tree."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something, as recorded."""

    id: str
    name: str

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Draft:
    """Work on one record. At most one per record is open (`OPEN_STATES`)."""

    id: str
    kind: Kind
    key: str
    state: DraftState
    version: int
    """Grows with every change; saving names the one it saw."""
    base: int | None
    """Revision it was begun from; None: the record is new."""
    current: int | None
    """Revision in the published list now; None: not in the list."""
    withdraw: bool
    """The record is to leave the list."""
    body: Body | None
    """None for a withdrawal."""
    authors: tuple[Person, ...]
    """Everybody who edited it, who did last at the end: none of them may approve it."""
    reason: str
    """Why the last author changed the record; the history of the record shows it."""
    opened_at: datetime
    updated_by: Person
    updated_at: datetime
    why: str
    """Reason of the last step, e.g. of the approval."""
    reviewer: Person | None = None
    scheduled_in: int | None = None
    """Number of the scheduled version that will publish it; it cannot be changed meanwhile."""
    published_in: int | None = None

    @property
    def stale(self) -> bool:
        """The record changed underneath; see `Register.three_way`."""
        return self.state in OPEN_STATES and self.base != self.current

    def written_by(self, who: Editor) -> bool:
        """Whether `who` had a hand in it, under this account or under this name: at the command line
        a name is all there is."""
        mine = {known_as(who.id), known_as(who.name)}
        return any(mine & {known_as(one.id), known_as(one.name)} for one in self.authors)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "id": self.id,
            "kind": self.kind,
            "key": self.key,
            "state": self.state,
            "version": self.version,
            "base": self.base,
            "current": self.current,
            "stale": self.stale,
            "withdraw": self.withdraw,
            "body": self.body,
            "authors": [person.as_dict() for person in self.authors],
            "reason": self.reason,
            "opened_at": iso(self.opened_at),
            "updated_by": self.updated_by.as_dict(),
            "updated_at": iso(self.updated_at),
            "why": self.why,
            "reviewer": self.reviewer.as_dict() if self.reviewer else None,
            "scheduled_in": self.scheduled_in,
            "published_in": self.published_in,
        }


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """A draft whose record changed underneath: what it was begun from, what is published now, what the
    draft says. `overlaps` are the paths that both changed differently."""

    base: Body | None
    current: Body | None
    draft: Body | None
    theirs: tuple[Change, ...]
    ours: tuple[Change, ...]
    overlaps: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "base": self.base,
            "current": self.current,
            "draft": self.draft,
            "theirs": [change.as_dict() for change in self.theirs],
            "ours": [change.as_dict() for change in self.ours],
            "overlaps": list(self.overlaps),
        }


Manifest = Mapping[Kind, Mapping[str, int]]
"""Which revision of each record a version is made of."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the list. `number` is given when it is made or scheduled; what is in force is
    `Register.current`, not the greatest number."""

    number: int
    state: VersionState
    list_version: str | None
    """Version of the content (`Catalogue.version`); None until published."""
    index: str | None
    """Folder of its search index; None until published."""
    base: int | None
    """Number of the version it replaced."""
    who: Person
    why: str
    made_at: datetime
    effective_at: datetime | None
    """When a scheduled version takes effect; None: at once."""
    published_at: datetime | None
    drafts: tuple[str, ...]
    """Ids of the drafts it publishes."""
    changed: tuple[tuple[Kind, str], ...]
    """Records that differ from the version it replaced."""
    rollback_of: int | None = None
    """The version it equals, for a rollback."""
    problems: tuple[str, ...] = ()
    """Why a scheduled version failed."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "number": self.number,
            "state": self.state,
            "list_version": self.list_version,
            "base": self.base,
            "who": self.who.as_dict(),
            "why": self.why,
            "made_at": iso(self.made_at),
            "effective_at": iso(self.effective_at),
            "published_at": iso(self.published_at),
            "drafts": list(self.drafts),
            "changed": [{"kind": kind, "key": key} for kind, key in self.changed],
            "rollback_of": self.rollback_of,
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class Revision:
    """One immutable state of one record."""

    kind: Kind
    key: str
    number: int
    """From 1, within the record."""
    body: Body | None
    """None: withdrawn."""
    origin: Origin
    who: Person
    reviewer: Person | None
    why: str
    at: datetime
    versions: tuple[int, ...] = ()
    """Numbers of the published versions it is in."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "kind": self.kind,
            "key": self.key,
            "number": self.number,
            "body": self.body,
            "origin": self.origin,
            "who": self.who.as_dict(),
            "reviewer": self.reviewer.as_dict() if self.reviewer else None,
            "why": self.why,
            "at": iso(self.at),
            "versions": list(self.versions),
        }


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the record of who did what. `hash` covers the row and the hash before it."""

    seq: int
    at: datetime
    who: Person
    action: str
    """`draft.opened`, `draft.saved`, `version.published` …"""
    why: str
    details: dict[str, Any]
    """Kind and key of the record, draft, version … : never the text of a conversation."""
    prev: str
    hash: str

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "seq": self.seq,
            "at": iso(self.at),
            "who": self.who.as_dict(),
            "action": self.action,
            "why": self.why,
            "details": self.details,
            "prev": self.prev,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What checking the audit found."""

    entries: int
    head: str
    """Hash of the newest row: note it elsewhere and a later check can prove that nothing was cut off."""
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing was changed."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "head": self.head,
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class Task:
    """Something an editor should look at."""

    id: str
    kind: TaskKind
    key: str
    """What it is about, within the kind: opening the same again while it is open only counts."""
    text: LocalText
    state: TaskState
    count: int
    """How often it was reported."""
    opened_by: str
    opened_at: datetime
    last_at: datetime
    record: tuple[Kind, str] | None = None
    """The record to look at."""
    closed_by: Person | None = None
    closed_at: datetime | None = None
    note: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        record = {"kind": self.record[0], "key": self.record[1]} if self.record else None
        return {
            "id": self.id,
            "kind": self.kind,
            "key": self.key,
            "text": self.text.model_dump(),
            "state": self.state,
            "count": self.count,
            "opened_by": self.opened_by,
            "opened_at": iso(self.opened_at),
            "last_at": iso(self.last_at),
            "record": record,
            "closed_by": self.closed_by.as_dict() if self.closed_by else None,
            "closed_at": iso(self.closed_at),
            "note": self.note,
            "details": self.details,
        }
