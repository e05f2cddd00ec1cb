"""Who did what, when and why: rows that are only added, each with the hash of the one before it.

Triggers refuse changes; the chain shows them where somebody took the triggers away. A published
version's row carries the digests of its revisions and of its manifest, so that these are covered too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, inspect, select, text

from knowledge.editing.model import AuditEntry, AuditReport, Body, Editor, Person
from knowledge.editing.tables import GUARDED, list_audit, list_revisions, list_state, list_versions

NOTHING = "0" * 64
"""What the first row follows."""
_BATCH = 500
_MOST = 50


def digest(value: Any) -> str:
    """32 hex digits of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _hash(row: dict[str, Any]) -> str:
    at: datetime = row["at"]
    content = [
        row["seq"], at.astimezone(UTC).isoformat(timespec="microseconds"), row["who"],
        row["who_name"], row["action"], row["why"], row["details"], row["prev"],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def append(
    conn: Connection, at: datetime, who: Editor, action: str, why: str, **details: Any
) -> int:
    """Add a row in the caller's transaction; returns its `seq`. Rows become visible in order: the
    counter's row is locked until commit."""
    row = conn.execute(
        list_state.update()
        .where(list_state.c.name == "audit")
        .values(value=list_state.c.value + 1)
        .returning(list_state.c.value, list_state.c.data)
    ).first()
    if row is None:
        conn.execute(list_state.insert().values(name="audit", value=1, data={"hash": NOTHING}))
        seq, prev = 1, NOTHING
    else:
        seq, prev = int(row[0]), str(row[1]["hash"])
    kept = {name: value for name, value in details.items() if value is not None}
    values: dict[str, Any] = {
        "seq": seq, "at": at, "who": who.id, "who_name": who.name, "action": action, "why": why,
        "details": kept, "prev": prev,
    }  # fmt: skip
    values["hash"] = _hash(values)
    conn.execute(list_audit.insert().values(**values))
    conn.execute(
        list_state.update()
        .where(list_state.c.name == "audit")
        .values(data={"hash": values["hash"]})
    )
    return seq


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        row.seq, row.at, Person(row.who, row.who_name), row.action, row.why, row.details, row.prev,
        row.hash,
    )  # fmt: skip


def entries(conn: Connection, after: int, limit: int) -> list[AuditEntry]:
    """Rows with a greater `seq`, oldest first."""
    query = select(list_audit).where(list_audit.c.seq > after)
    return [_entry(row) for row in conn.execute(query.order_by(list_audit.c.seq).limit(limit))]


def verify(conn: Connection) -> AuditReport:
    """Recompute the chain, and compare versions and revisions with what it says of them. In a write
    transaction: nothing is added meanwhile."""
    problems = list(_unguarded(conn))
    counter = select(list_state).where(list_state.c.name == "audit").with_for_update()
    state = conn.execute(counter).first()
    seq, prev = 0, NOTHING
    while found := entries(conn, seq, _BATCH):
        for entry in found:
            if entry.seq != seq + 1:
                problems.append(f"row {seq + 1} is missing")
            if entry.prev != prev:
                problems.append(f"row {entry.seq} does not follow the row before it")
            content = {
                "seq": entry.seq, "at": entry.at, "who": entry.who.id, "who_name": entry.who.name,
                "action": entry.action, "why": entry.why, "details": entry.details,
                "prev": entry.prev,
            }  # fmt: skip
            if entry.hash != _hash(content):
                problems.append(f"row {entry.seq} was changed")
            if entry.action == "version.published":
                problems += _changed_content(conn, entry)
            seq, prev = entry.seq, entry.hash
    if state is not None and (state.value, state.data["hash"]) != (seq, prev):
        problems.append(f"rows after {seq} are missing: the newest was {state.value}")
    if state is None and seq:
        problems.append("the counter of the audit is missing")
    count = conn.execute(select(func.count()).select_from(list_audit)).scalar() or 0
    return AuditReport(int(count), prev, tuple(problems[:_MOST]))


def _changed_content(conn: Connection, entry: AuditEntry) -> Iterator[str]:
    number = entry.details["number"]
    manifest = conn.execute(
        select(list_versions.c.manifest).where(list_versions.c.number == number)
    ).scalar()
    if manifest is None or digest(manifest) != entry.details["manifest"]:
        yield f"version {number} is not what was published"
    wanted: dict[str, list[Any]] = entry.details["revisions"]
    for name, (revision, expected) in wanted.items():
        kind, key = name.split("/", 1)
        row = conn.execute(
            select(list_revisions.c.body).where(
                list_revisions.c.kind == kind,
                list_revisions.c.key == key,
                list_revisions.c.number == revision,
            )
        ).first()
        if row is None or digest(row.body) != expected:
            yield f"{name} revision {revision} is not what was published in version {number}"


def _unguarded(conn: Connection) -> Iterator[str]:
    """Tables whose triggers are gone."""
    sqlite = conn.dialect.name == "sqlite"
    for table in GUARDED:
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


def body_digests(bodies: dict[str, tuple[int, Body | None]]) -> dict[str, list[Any]]:
    """`{kind/key: [revision, digest]}` for the row of a version."""
    return {name: [number, digest(body)] for name, (number, body) in bodies.items()}
