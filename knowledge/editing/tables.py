"""The managed list in SQL. Core tables on the shared metadata; only `knowledge.editing` uses them.

Revisions and the audit are written once: triggers refuse to change or delete a row. `guards` is what
makes them; the migration runs the same statements.
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


def guards(dialect: str, table: str) -> list[str]:
    """The statements that make `table` write-once on `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        same = " AND ".join(f"{key} = NEW.{key}" for key in GUARDED[table].split(", "))
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
        refuse = f"SELECT RAISE(ABORT, '{table} is written once')"
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse}; END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
            # REPLACE deletes without asking the trigger above.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} "
            f"BEGIN {refuse}; END",
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is written once'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]


@event.listens_for(list_audit, "after_create")
@event.listens_for(list_revisions, "after_create")
def _guard(table: Table, connection: Connection, **_: object) -> None:
    for statement in guards(connection.dialect.name, table.name):
        connection.exec_driver_sql(statement)
