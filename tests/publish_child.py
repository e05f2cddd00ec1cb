"""Processes that publish and die by `kill -9` at the point they are told to; run by the failure test.

`python -m tests.publish_child FOLDER POINT…`: one process a point, in a folder of that name, one after
the other; prints how each ended. POINT `endless` publishes for ever, in FOLDER itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import knowledge.editing.publishing as publishing
import knowledge.published as published
from core.clock import SystemClock
from core.db import Database
from knowledge.editing import audit
from knowledge.editing.register import Register
from tests.list_factory import ANNA, BOB, LetterEmbedder, small_list, summary

CODE = "SG-HR-001"


def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(call: Callable[..., Any]) -> Callable[..., Any]:
    def done(*args: Any, **kwargs: Any) -> Any:
        call(*args, **kwargs)
        _die()

    return done


def _at_replacing(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, dying where it would move what it made into place."""

    def dying(*args: Any, **kwargs: Any) -> Any:
        os.replace = _die
        return call(*args, **kwargs)

    return dying


def arm(point: str) -> None:
    """Die when publishing gets to `point`."""
    if point == "writing the index":
        published.write_index = _at_replacing(published.write_index)
    elif point == "before the commit":
        publishing.Publisher._commit = _die  # type: ignore[method-assign]
    elif point == "inside the commit":
        audit.append = _after(audit.append)
    elif point == "after the commit":
        publishing.Publisher._point = _die  # type: ignore[method-assign]
    elif point == "moving the pointer":
        publishing.point_to = _at_replacing(publishing.point_to)
    elif point == "after the pointer":
        publishing.remove_old = _die


async def main(folder: Path, point: str) -> None:
    """Seed, approve a draft, publish it."""
    db = Database(f"sqlite+aiosqlite:///{folder / 'sg.db'}")
    await db.create_all()
    register = Register(db, SystemClock(), folder, LetterEmbedder())
    await register.seed(small_list())
    number = 0
    while True:
        number += 1
        draft = await register.open_draft("item", CODE, ANNA, "新政策")
        body = {**(draft.body or {}), "summary": summary(f"第{number}次")}
        draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
        draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
        await register.approve(draft.id, draft.version, BOB, "同意")
        if point != "endless":
            arm(point)
        await register.publish(None, ANNA, "发布")
        print(number, flush=True)


if __name__ == "__main__":
    if sys.argv[2] == "endless":
        asyncio.run(main(Path(sys.argv[1]), "endless"))
    for name in sys.argv[2:]:
        if (child := os.fork()) == 0:
            asyncio.run(main(Path(sys.argv[1]) / name, name))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
