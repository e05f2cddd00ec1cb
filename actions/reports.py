"""A resident says that an item is outdated: an event for the list's editors."""

from __future__ import annotations

from core.db import Database
from core.outbox import emit
from knowledge.editing.model import REPORTED


class ReportStore:
    """Writes the event; nothing about the resident is in it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, *, code: str, conversation: str) -> None:
        """Record that `code` was called outdated in `conversation`."""
        async with self._db.begin() as conn:
            await emit(conn, REPORTED, code[:64], {"code": code[:64], "conversation": conversation})
