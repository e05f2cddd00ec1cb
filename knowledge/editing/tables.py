"""The managed list in SQL. Core tables on the shared metadata; only `knowledge.editing` uses them.

Revisions and the audit are written once, versions and drafts until they are settled: triggers refuse to
change or delete a row. `guards` is what makes them; the migrations run the same statements.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
)

from core.db import Json, Utc, metadata

list_state = Table(
    "list_state",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("data", Json, nullable=False),
)
"""One row each: `current` (number of the version in force), `versions` and `audit` (last number given;
for the audit also the newest hash), `seed` (the list of the source tree taken over last), `stale`
(when records were last looked through)."""

list_revisions = Table(
    "list_revisions",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", Json(none_as_null=True)),
    Column("origin", String(8), nullable=False),
    Column("who", String(64), nullable=False),
    Column("who_name", String(64), nullable=False),
    Column("reviewer", String(64)),
    Column("reviewer_name", String(64)),
    Column("why", String(500), nullable=False),
    Column("at", Utc, nullable=False),
)

list_versions = Table(
    "list_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(12), nullable=False, index=True),
    Column("list_version", String(32)),
    Column("index_name", String(64)),
    Column("base", Integer),
    Column("manifest", Json(none_as_null=True)),
    Column("changed", Json, nullable=False),
    Column("drafts", Json, nullable=False),
    Column("content", Json(none_as_null=True)),
    # A whole list that is scheduled: bodies by kind and key, until it takes effect.
    Column("who", String(64), nullable=False),
    Column("who_name", String(64), nullable=False),
    Column("why", String(500), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("effective_at", Utc),
    Column("published_at", Utc),
    Column("rollback_of", Integer),
    Column("problems", Json, nullable=False),
)

list_drafts = Table(
    "list_drafts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("open_key", String(96), unique=True),
    # `kind/key` while the draft is open, else NULL: one open draft per record.
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("base", Integer),
    Column("withdraw", Boolean, nullable=False),
    Column("body", Json(none_as_null=True)),
    Column("authors", Json, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("who", String(64), nullable=False),
    Column("who_name", String(64), nullable=False),
    Column("at", Utc, nullable=False),
    Column("why", String(500), nullable=False),
    Column("reviewer", String(64)),
    Column("reviewer_name", String(64)),
    Column("scheduled_in", Integer, ForeignKey("list_versions.number")),
    Column("published_in", Integer, ForeignKey("list_versions.number")),
    Index("ix_list_drafts_state", "state", "opened_at"),
)

list_audit = Table(
    "list_audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("who", String(64), nullable=False),
    Column("who_name", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("why", String(500), nullable=False),
    Column("details", Json, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

list_tasks = Table(
    "list_tasks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(160), nullable=False),
    Column("open_key", String(180), unique=True),
    # `kind/key` while the task is open, else NULL.
    Column("text", Json, nullable=False),
    Column("state", String(8), nullable=False),
    Column("count", Integer, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("record_kind", String(16)),
    Column("record_key", String(64)),
    Column("closed_by", String(64)),
    Column("closed_by_name", String(64)),
    Column("closed_at", Utc),
    Column("note", Text),
    Column("details", Json, nullable=False),
    Index("ix_list_tasks_state", "state", "kind"),
)

list_task_reports = Table(
    "list_task_reports",
    metadata,
    Column("task", String(40), ForeignKey("list_tasks.id"), primary_key=True),
    Column("reporter", String(64), primary_key=True),
)
"""Who was counted on a task: a hash that differs from task to task."""

GUARDED: dict[str, str] = {"list_audit": "seq", "list_revisions": "kind, key, number"}
"""Tables whose rows are written once, with their key."""
SETTLED: dict[str, str] = {"list_versions": "number", "list_drafts": "id"}
"""Tables whose rows change until they are settled, with their key."""
_UNSETTLED = {
    "list_versions": "OLD.state = 'scheduled'",
    "list_drafts": "OLD.state IN ('editing', 'in_review', 'approved')",
}
_FIXED = {
    "list_versions": ("number", "who", "who_name", "why", "made_at", "effective_at"),
    "list_drafts": ("id", "kind", "key", "withdraw", "opened_at"),
}
"""What never changes in them."""


def _may_change(table: str, same: str) -> str:
    """The condition under which a row may be changed, where `same` compares as the dialect does."""
    fixed = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _FIXED[table])
    return f"{_UNSETTLED[table]} AND {fixed}"


def guards(dialect: str, table: str) -> list[str]:
    """The statements that keep the rows of `table` as they are on `sqlite` or `postgresql`: from the
    first of a `GUARDED` one, from when they are settled of a `SETTLED` one."""
    if dialect == "sqlite":
        keys = {**GUARDED, **SETTLED}[table].split(", ")
        same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
        refuse = f"SELECT RAISE(ABORT, '{table} is written once')"
        unless = f" WHEN NOT ({_may_change(table, 'IS')})" if table in SETTLED else ""
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}{unless} BEGIN {refuse}; END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
            # REPLACE deletes without asking the trigger above.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} "
            f"BEGIN {refuse}; END",
        ]
    allowed = _may_change(table, "IS NOT DISTINCT FROM") if table in SETTLED else "FALSE"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {allowed} THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{table} is written once'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]


def unguards(dialect: str, table: str) -> list[str]:
    """The statements that take `guards` away."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_no_{what}" for what in ("update", "delete", "replace")]
    return [f"DROP FUNCTION {table}_refuse() CASCADE"]


@event.listens_for(list_audit, "after_create")
@event.listens_for(list_revisions, "after_create")
@event.listens_for(list_versions, "after_create")
@event.listens_for(list_drafts, "after_create")
def _guard(table: Table, connection: Connection, **_: object) -> None:
    for statement in guards(connection.dialect.name, table.name):
        connection.exec_driver_sql(statement)
