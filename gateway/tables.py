"""The record of conversations: sessions, threads, messages."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.db import Json, Utc, metadata

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("client", String(20), nullable=False),  # page | rest | socketio
    Column("lang", String(2), nullable=False),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("read_seq", Integer, nullable=False, default=0),
    Column("delivered_seq", Integer, nullable=False, default=0),  # REST clients poll
    Column("state", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("conversation", ForeignKey("conversations.id"), nullable=False, index=True),
    Column("identity", Json),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("author", String(10), nullable=False),
    Column("at", Utc, nullable=False),
    Column("lang", String(2), nullable=False),
    Column("text", Text, nullable=False),
    Column("cards", Json, nullable=False),
    Column("agent", Json),
    Column("payload", Text),  # of a chosen chip; never shown
    Column("pending", Boolean, nullable=False, default=False),  # still waits for the bot
    UniqueConstraint("conversation", "seq"),
    UniqueConstraint("conversation", "client_id"),
    Index("ix_messages_pending", "pending"),
)

message_ratings = Table(
    "message_ratings",
    metadata,
    Column("message", ForeignKey("messages.id"), primary_key=True),
    Column("up", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
)
"""A resident's verdict on an answer of the assistant."""
