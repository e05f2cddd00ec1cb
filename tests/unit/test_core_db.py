"""The record's connections: what a task cancelled in the middle leaves behind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import aiosqlite

from core.db import Database


async def test_a_connection_cancelled_twice_is_closed_and_waits_for_nothing(tmp_path: Path) -> None:
    """A process that stops cancels its tasks, in the middle of a statement and of the closing: each
    must end. (A closing that never ended kept the whole process from stopping.)"""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}")
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> int:
        begun.set()
        return int(go_on.wait(30))

    async def ask() -> None:
        async with database.connect() as conn:
            driver = (await conn.get_raw_connection()).driver_connection
            assert isinstance(driver, aiosqlite.Connection)
            await driver.create_function("hold", 0, hold)
            await conn.exec_driver_sql("SELECT hold()")

    asking = asyncio.create_task(ask())
    assert await asyncio.to_thread(begun.wait, 30)
    before = asyncio.all_tasks()
    asking.cancel()
    while not (closing := asyncio.all_tasks() - before):
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # it asks the connection's thread to close
    asking.cancel()
    for task in closing:
        task.cancel()
    go_on.set()
    with suppress(asyncio.CancelledError):
        await asking
    _, pending = await asyncio.wait(closing, timeout=10)
    assert not pending
    await database.close()
