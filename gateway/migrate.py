"""Bring the record to the current schema (Alembic); safe to call from several processes at once.

SQLite: a file lock lets one process migrate while the others wait. PostgreSQL: Alembic runs in one
transaction under an advisory lock.
"""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from core.db import Database
from core.log import get_log
from core.settings import Settings

log = get_log(__name__)
FOLDER = Path(__file__).parent / "migrations"
ADVISORY_KEY = 7_203_114_501


def alembic_config(connection: Connection | None = None) -> Config:
    """Configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})
    command.upgrade(alembic_config(connection), "head")


async def migrate(settings: Settings) -> None:
    """Upgrade the database named by the settings to the newest revision."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = (settings.data_dir / "migrate.lock").open("w")
    await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
    try:
        db = Database(settings.db_url())
        async with db.begin() as conn:
            await conn.run_sync(_upgrade)
        await db.close()
    finally:
        lock.close()
    log.info("database.ready")
