#!/usr/bin/env python3
"""Write the next migration: the difference between the newest revision and the tables of the rooms.

Usage: `.venv/bin/python scripts/make_migration.py "why"`; read the result before committing it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alembic import command
from sqlalchemy import Connection

from core.db import Database
from gateway.migrate import alembic_config


async def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite+aiosqlite:///{folder}/empty.db")

        def work(connection: Connection) -> None:
            config = alembic_config(connection)
            command.upgrade(config, "head")
            command.revision(config, message, autogenerate=True)

        async with db.begin() as conn:
            await conn.run_sync(work)
        await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "change"))
