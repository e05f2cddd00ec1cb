"""Tables of the learning loop. No conversation, no person, no time of day: days and counts only."""

from __future__ import annotations

from sqlalchemy import Column, Date, Float, Index, Integer, String, Table

from core.db import Json, Utc, metadata

questions = Table(
    "learning_questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("text", String(260), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("decision", String(8), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("codes", Json, nullable=False),
    Column("list_version", String(40), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reviewed_by", String(80)),
    Column("reviewed_at", Utc),
    Column("rules", Integer),
    Index("ix_learning_questions_state", "state", "last_day"),
)
"""One row a scrubbed wording. `state`: open, used, dismissed. `rules`: `scrub.VERSION` it was scrubbed with."""

pairs = Table(
    "learning_pairs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("text", String(260), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("code", String(12), nullable=False),
    Column("clicks", Integer, nullable=False),
    Column("up", Integer, nullable=False),
    Column("down", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reviewed_by", String(80)),
    Column("reviewed_at", Utc),
    Column("why", String(500)),
    Column("rules", Integer),
    Index("ix_learning_pairs_state", "state", "last_day"),
)
"""One row a wording and an item. `state`: pending, accepted, rejected; who decided last, when and `why`."""
