"""Where consultations are kept. One row per video consultation; its room has the same id."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, text

from core.db import Utc, metadata

consultations = Table(
    "consultations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ticket", String(40), nullable=False, index=True),
    Column("room", String(64), nullable=False),
    Column("node", String(120), nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("end_reason", String(40)),
    CheckConstraint("state IN ('created', 'waiting', 'connected', 'ended')", name="state"),
)

Index(
    "uq_consultations_open_ticket",
    consultations.c.ticket,
    unique=True,
    sqlite_where=text("state <> 'ended'"),
    postgresql_where=text("state <> 'ended'"),
)
"""A ticket has at most one consultation that is not over."""
