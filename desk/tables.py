"""The desk's record. Core tables on the shared metadata; only `desk.store` and `desk.agents` use them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from core.db import Json, Utc, metadata

agents = Table(
    "agents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("totp_secret", String(64), nullable=False),
    Column("totp_counter", Integer),
    Column("roles", Json, nullable=False),
    Column("cities", Json, nullable=False),
    Column("languages", Json, nullable=False),
    Column("media", Json, nullable=False),
    Column("domains", Json, nullable=False),
    Column("generalist", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Utc),
    Column("created_at", Utc, nullable=False),
    Column("disabled_at", Utc),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent", String(40), ForeignKey("agents.id"), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

agent_presence = Table(
    "agent_presence",
    metadata,
    Column("agent", String(40), ForeignKey("agents.id"), primary_key=True),
    Column("status", String(8), nullable=False),
    Column("media", Json, nullable=False),
    Column("heartbeat_at", Utc, nullable=False),
    Column("idle_since", Utc, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("open_key", String(64), unique=True),
    # The conversation while the ticket is open, else NULL: one open ticket per conversation.
    Column("state", String(12), nullable=False, index=True),
    Column("media", String(8), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("city", String(12)),
    Column("domain", String(16)),
    Column("reason", String(64), nullable=False),
    Column("resident_name", String(64)),
    Column("level", String(2), nullable=False),
    Column("summary", Json, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("enqueued_at", Utc, nullable=False),
    Column("front", Boolean, nullable=False),
    Column("offered_to", String(40), index=True),
    Column("offer_expires_at", Utc),
    Column("skips", Json, nullable=False),
    Column("agent", String(40), index=True),
    Column("accepted_at", Utc),
    Column("ended_at", Utc, index=True),
    Column("closed_at", Utc),
    Column("consultation", String(64), index=True),
    Column("version", Integer, nullable=False),
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("ticket", String(40), ForeignKey("tickets.id"), nullable=False, index=True),
    Column("kind", String(24), nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("agent", String(40)),
    Column("at", Utc, nullable=False),
    Column("effects_pending", Boolean, nullable=False),
    # What follows in the thread and on the media node has not been carried out yet.
    Column("attempts", Integer, nullable=False),
    Index("ix_ticket_events_pending", "effects_pending", "seq"),
)

desk_counters = Table(
    "desk_counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)
"""`ticket_events.seq` comes from a row here, locked until commit: numbers become visible in order, which
an auto-increment column does not promise on PostgreSQL, so a reader's cursor never skips an event."""

wrap_ups = Table(
    "wrap_ups",
    metadata,
    Column("ticket", String(40), ForeignKey("tickets.id"), primary_key=True),
    Column("agent", String(40), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("codes", Json, nullable=False),
    Column("note", Text, nullable=False),
    Column("handle_s", Float, nullable=False),
    Column("at", Utc, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    Column("ticket", String(40), ForeignKey("tickets.id"), primary_key=True),
    Column("agent", String(40)),
    Column("score", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
