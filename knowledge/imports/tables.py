"""The record of imports. Core tables on the shared metadata; only `knowledge.imports` uses them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from core.db import Json, Utc, metadata

import_batches = Table(
    "import_batches",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    # 1, 2, 3 … in the order they were written.
    Column("source", String(40), nullable=False, index=True),
    # Name of the profile: a later file of the same source updates its records.
    Column("profile_digest", String(64), nullable=False),
    Column("origin", Json(none_as_null=True)),
    # Where the records come from, as the profile says: {records, as_of}, or NULL.
    Column("file_name", String(255), nullable=False),
    Column("file_digest", String(64), nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("who", String(120), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("counts", Json, nullable=False),
    Column("rejected", Json, nullable=False),
    # [{row, code, reason, params}], every row that is not in.
)

imported_items = Table(
    "imported_items",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("batch", String(40), ForeignKey("import_batches.id"), nullable=False, index=True),
    # The batch this revision came with.
    Column("revision", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("name", String(300), nullable=False),
    Column("alias", Text, nullable=False),
    Column("normal", Text, nullable=False),
    # Code, name and aliases, simplified and without punctuation: what a search looks in.
    Column("catalogue_code", String(40)),
    Column("department", String(200), nullable=False),
    Column("area", String(12), nullable=False),
    Column("level", String(12), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("body", Json, nullable=False),
    Column("raw", Json, nullable=False),
    # The row as published.
    Column("item", String(12)),
    # The Shen-Guan item this record was flagged for, or NULL.
    Column("flagged_by", String(120)),
    Column("flagged_at", Utc),
    Index("ix_imported_items_place", "area", "level", "department"),
    Index("ix_imported_items_source", "source", "active"),
)

imported_revisions = Table(
    "imported_revisions",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("batch", String(40), ForeignKey("import_batches.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Json, nullable=False),
    # What the record said before a later batch changed it.
)
