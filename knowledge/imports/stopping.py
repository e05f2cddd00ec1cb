"""Work in a thread that Ctrl-C ends cleanly: it is taken back, or it is done; never half."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The import was interrupted; whatever it was doing is taken back."""


async def stoppable(work: Awaitable[T], stop: threading.Event | None = None) -> T:
    """Wait for work in a thread; when cancelled, tell it to stop and wait until it did.

    Work that could no longer stop is done: then its result is returned as if nothing had happened.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if stop is not None:
            stop.set()
        try:
            return await task
        except Stopped:
            raise asyncio.CancelledError from None
