"""Who did what, when and why: rows that are only added, each with the hash of the one before it.

Triggers refuse changes; the chain shows them where somebody took the triggers away
(`knowledge.editing.verifying`). A published version's row carries the digests of its revisions, of who
signed them, and of its manifest, so that these are covered too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from knowledge.editing.model import AuditEntry, Editor, Person
from knowledge.editing.store import NewRevision, RecordId
from knowledge.editing.tables import list_audit, list_state

NOTHING = "0" * 64
"""What the first row follows."""


def digest(value: Any) -> str:
    """32 hex digits of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(row: dict[str, Any]) -> str:
    content = [
        row["seq"], _moment(row["at"]), row["who"], row["who_name"], row["action"], row["why"],
        row["details"], row["prev"],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def hash_of(entry: AuditEntry) -> str:
    """The hash that a row must have."""
    return _hash(
        {
            "seq": entry.seq, "at": entry.at, "who": entry.who.id, "who_name": entry.who.name,
            "action": entry.action, "why": entry.why, "details": entry.details, "prev": entry.prev,
        }
    )  # fmt: skip


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


def signature(new: NewRevision, at: datetime) -> list[str | None]:
    """Of a revision, where it comes from, who wrote and who reviewed it, why and when."""
    by, reviewer = new.who, new.reviewer or Person("", "")
    return [new.origin, by.id, by.name, reviewer.id, reviewer.name, new.why, _moment(at)]


def revision_digests(
    written: Mapping[RecordId, tuple[int, NewRevision]], at: datetime
) -> dict[str, list[Any]]:
    """`{kind/key: [revision, digest of its text, digest of its signature]}` for the row of a version."""
    return {
        f"{kind}/{key}": [number, digest(new.body), digest(signature(new, at))]
        for (kind, key), (number, new) in written.items()
    }
