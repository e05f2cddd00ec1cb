"""The record of an installation, for commands that read or write it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError

from core.db import Database
from core.errors import Unavailable
from core.settings import Settings


@asynccontextmanager
async def open_record(settings: Settings, table: str) -> AsyncIterator[Database]:
    """The database, with `table` in it; raises `Unavailable`: `record_not_ready` where it is missing,
    `record_broken` where it cannot be read or written, also within the block."""
    db = Database(settings.db_url())
    try:

        def there(conn: Connection) -> bool:
            return inspect(conn).has_table(table)

        if not await db.call(there):
            raise Unavailable("record_not_ready", details={"table": table})
        yield db
    except DatabaseError as error:
        if isinstance(error, IntegrityError | ProgrammingError | DataError):
            raise  # a fault of ours, not of the file
        problem = " ".join(str(error.orig).split())
        raise Unavailable("record_broken", details={"problem": problem}, problem=problem) from error
    finally:
        await db.close()
