"""Checking the audit: the chain itself, and whether versions, revisions and drafts are what it says.

The rows are read once, in order, and replayed (`_Told`); then every row of the other tables is compared
with what was told of it. What no row of the audit knows is a problem too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, inspect, select, text

from knowledge.editing import audit, store
from knowledge.editing.model import AuditEntry, AuditReport
from knowledge.editing.tables import (
    GUARDED,
    SETTLED,
    list_audit,
    list_drafts,
    list_revisions,
    list_state,
    list_versions,
)

_BATCH = 500
_MOST = 50
_ID = 64
_WORDS = {
    "who": "who made it", "who_name": "who made it", "why": "the reason", "made_at": "when it was made",
    "published_at": "when it was published", "effective_at": "when it takes effect",
    "list_version": "its content", "base": "what it replaced", "rollback_of": "what it goes back to",
    "drafts": "its drafts", "state": "the state", "kind": "the record", "key": "the record",
    "withdraw": "whether it withdraws", "authors": "the authors", "opened_at": "when it was begun",
    "reviewer": "who reviewed it", "reviewer_name": "who reviewed it", "at": "when it was done",
    "published_in": "the version",
}  # fmt: skip


@dataclass
class _Told:
    """What the rows say of versions, drafts and revisions, by column."""

    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    contents: dict[int, Mapping[str, str]] = field(default_factory=dict)
    """Digests of a published version's manifest and of what it changed."""
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    """Digests of the texts that were approved, by draft."""
    revisions: dict[tuple[str, str, int], tuple[int, list[str]]] = field(default_factory=dict)
    """Version, and digests of the text and of who, when and why."""
    current: int | None = None

    def add(self, entry: AuditEntry) -> None:
        """Take the next row in."""
        what, _, step = entry.action.partition(".")
        if what == "draft":
            self._draft(entry, step)
        elif what == "version":
            self._version(entry, step)

    def _draft(self, entry: AuditEntry, step: str) -> None:
        said, who, name = entry.details, entry.who.id[:_ID], entry.who.name[:_ID]
        draft = self.drafts.setdefault(said["draft"], {"authors": [], "published_in": None})
        draft |= {"who": who, "who_name": name, "why": entry.why, "at": entry.at}
        if step == "opened":
            draft |= {"kind": said["kind"], "key": said["key"], "opened_at": entry.at}
            draft["withdraw"] = bool(said.get("withdraw"))
        if step in ("opened", "saved"):
            others = [author for author in draft["authors"] if author["id"] != who]
            draft["authors"] = [*others, {"id": who, "name": name, "why": entry.why}]
        if step == "approved":
            self.bodies[said["draft"]] = said["body"]
            draft |= {"state": "approved", "reviewer": who, "reviewer_name": name}
        elif step != "discarded":
            state = "in_review" if step == "submitted" else "editing"
            draft |= {"state": state, "reviewer": None, "reviewer_name": None}
        else:
            draft["state"] = "discarded"

    def _version(self, entry: AuditEntry, step: str) -> None:
        said, number = entry.details, entry.details["number"]
        version = self.versions.setdefault(
            number,
            {
                "who": entry.who.id[:_ID], "who_name": entry.who.name[:_ID], "why": entry.why,
                "made_at": entry.at, "effective_at": None, "published_at": None, "base": None,
                "list_version": None, "rollback_of": None, "drafts": said.get("drafts", []),
            },
        )  # fmt: skip
        version["state"] = step
        if step == "scheduled":
            version["effective_at"] = datetime.fromisoformat(said["effective_at"])
        if step == "published":
            self._published(entry, version)

    def _published(self, entry: AuditEntry, version: dict[str, Any]) -> None:
        said, number = entry.details, entry.details["number"]
        version |= {
            "published_at": entry.at, "base": said.get("base"), "list_version": said["list_version"],
            "rollback_of": said.get("rollback_of"), "drafts": said.get("drafts", []),
        }  # fmt: skip
        self.current = number
        self.contents[number] = {
            name: said[name] for name in ("manifest", "changed") if name in said
        }
        for draft in version["drafts"]:
            self.drafts.setdefault(draft, {}).update(
                state="published", published_in=number, at=entry.at
            )
        for name, (revision, *digests) in said["revisions"].items():
            kind, key = name.split("/", 1)
            self.revisions[kind, key, revision] = (number, digests)


def verify(conn: Connection) -> AuditReport:
    """Recompute the chain, and compare everything with what it says. In a write transaction: nothing is
    added meanwhile."""
    problems = list(_unguarded(conn))
    counter = select(list_state).where(list_state.c.name == "audit").with_for_update()
    state = conn.execute(counter).first()
    told = _Told()
    seq, prev = 0, audit.NOTHING
    while found := audit.entries(conn, seq, _BATCH):
        for entry in found:
            if entry.seq != seq + 1:
                problems.append(f"row {seq + 1} is missing")
            if entry.prev != prev:
                problems.append(f"row {entry.seq} does not follow the row before it")
            if entry.hash != audit.hash_of(entry):
                problems.append(f"row {entry.seq} was changed")
            try:
                told.add(entry)
            except (KeyError, TypeError, ValueError, AttributeError):
                problems.append(f"row {entry.seq} cannot be read")
            seq, prev = entry.seq, entry.hash
    if state is not None and (state.value, state.data["hash"]) != (seq, prev):
        problems.append(f"rows after {seq} are missing: the newest was {state.value}")
    if state is None and seq:
        problems.append("the counter of the audit is missing")
    if store.current_number(conn) != told.current:
        problems.append("the version in force is not the one published last")
    for compared in (_versions(conn, told), _revisions(conn, told), _drafts(conn, told)):
        problems += compared
    count = conn.execute(select(func.count()).select_from(list_audit)).scalar() or 0
    return AuditReport(int(count), prev, tuple(problems[:_MOST]))


def _differs(row: Row[Any], wanted: Mapping[str, Any]) -> str:
    """What of a row is not as it was told, in words; empty where everything is."""
    names = [name for name, value in wanted.items() if getattr(row, name) != value]
    return ", ".join(dict.fromkeys(_WORDS[name] for name in names))


def _is(value: Any, wanted: str) -> bool:
    """Whether a value has that digest."""
    try:
        return audit.digest(value) == wanted
    except TypeError:  # what nobody of ours wrote
        return False


def _versions(conn: Connection, told: _Told) -> Iterator[str]:
    missing = dict(told.versions)
    for row in conn.execute(select(list_versions).order_by(list_versions.c.number)):
        wanted = missing.pop(row.number, None)
        if wanted is None:
            yield f"version {row.number} is in no row of the audit"
            continue
        if differs := _differs(row, wanted):
            yield f"version {row.number} was changed: {differs}"
        content = told.contents.get(row.number, {})
        if not all(_is(getattr(row, name), value) for name, value in content.items()):
            yield f"version {row.number} is not what was published"
    for number in missing:
        yield f"version {number} is missing"


def _revisions(conn: Connection, told: _Told) -> Iterator[str]:
    missing = dict(told.revisions)
    for row in conn.execute(select(list_revisions)):
        wanted = missing.pop((row.kind, row.key, row.number), None)
        name = f"{row.kind}/{row.key} revision {row.number}"
        if wanted is None:
            yield f"{name} is in no row of the audit"
            continue
        version, (body, *rest) = wanted
        if not _is(row.body, body):
            yield f"{name} is not what was published in version {version}"
        by, reviewer = store.sure(store.person(row)), store.person(row, "reviewer")
        new = store.NewRevision(row.body, row.origin, by, reviewer, row.why)
        if rest and not _is(audit.signature(new, row.at), rest[0]):
            yield f"{name} was changed: who, when or why"
    for (kind, key, number), (version, _) in missing.items():
        yield f"{kind}/{key} revision {number} is not what was published in version {version}"


def _drafts(conn: Connection, told: _Told) -> Iterator[str]:
    missing = dict(told.drafts)
    for row in conn.execute(select(list_drafts)):
        wanted = missing.pop(row.id, None)
        if wanted is None:
            yield f"draft {row.id} is in no row of the audit"
            continue
        if differs := _differs(row, wanted):
            yield f"draft {row.id} was changed: {differs}"
        approved = told.bodies.get(row.id) if row.state in ("approved", "published") else None
        if approved is not None and not _is(row.body, approved):
            yield f"draft {row.id} is not what was approved"
    for draft in missing:
        yield f"draft {draft} is missing"


def _unguarded(conn: Connection) -> Iterator[str]:
    """Tables whose triggers are gone."""
    sqlite = conn.dialect.name == "sqlite"
    for table in (*GUARDED, *SETTLED):
        if not inspect(conn).has_table(table):
            continue
        question = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"
            if sqlite
            else "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(:name) "
            "AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        have = conn.execute(text(question), {"name": table}).scalar() or 0
        if int(have) < (3 if sqlite else 2):
            yield f"{table} is no longer protected against changes: its triggers are missing"
