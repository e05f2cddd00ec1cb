"""Failure: kill -9 anywhere in publishing leaves the old list or the new one, whole, and both agree."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

from core.clock import SystemClock
from core.db import Database
from knowledge.editing.model import Version
from knowledge.editing.register import Register
from knowledge.published import current_version, open_index
from tests.conftest import ROOT
from tests.list_factory import ANNA, LetterEmbedder, small_list
from tests.publish_child import CODE

BEFORE = ("writing the index", "before the commit", "inside the commit")
AFTER = ("after the commit", "moving the pointer", "after the pointer")


def _start(folder: Path, *points: str) -> subprocess.Popen[str]:
    for point in points:
        (folder / point).mkdir(parents=True)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.publish_child", str(folder), *points],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def _survived(folder: Path) -> Version:
    """Start again as the gateway does; the version in force, after checking that all agrees."""
    serving = open_index(folder).catalogue  # whatever happened, there is a whole list to serve
    assert serving.items[CODE].summary.zh
    db = Database(f"sqlite+aiosqlite:///{folder / 'sg.db'}")
    register = Register(db, SystemClock(), folder, LetterEmbedder())
    try:
        await register.start()
        version = await register.current()
        assert current_version(folder) == version.index
        opened, recorded = open_index(folder).catalogue, await register.catalogue()
        assert opened.version == recorded.version == version.list_version
        drafts = await register.drafts("published")
        assert len(drafts) == version.number - 1
        assert all(draft.published_in is not None for draft in drafts)
        assert (await register.verify_audit()).ok
        waiting = await register.drafts("approved")
        if waiting:  # nothing of the editors' work is lost, and the way is free
            again = await register.publish(None, ANNA, "再发布")
            assert again.number == version.number + 1
            assert open_index(folder).catalogue.version == again.list_version
        return version
    finally:
        await db.close()


async def test_killed_at_a_point(tmp_path: Path) -> None:
    """Before the commit the old list stays; after it the new one is in force once it starts again."""
    child = _start(tmp_path, *BEFORE, *AFTER)
    ends, errors = await asyncio.to_thread(child.communicate, timeout=100)
    assert ends.split() == [str(-signal.SIGKILL)] * 6, errors
    for point in (*BEFORE, *AFTER):
        version = await _survived(tmp_path / point)
        assert version.number == (1 if point in BEFORE else 2), point
        assert (version.list_version == small_list().version) == (point in BEFORE)


async def test_killed_at_any_moment_while_publishing_again_and_again(tmp_path: Path) -> None:
    """Every version that was told to be published is there."""
    chance = random.Random(20261124)
    folders = [tmp_path / "one", tmp_path / "two"]
    children = [_start(folder, "endless") for folder in folders]
    for folder, child in zip(folders, children, strict=True):
        assert child.stdout is not None
        told = int(await asyncio.to_thread(child.stdout.readline))
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        child.kill()
        rest = child.stdout.read().split()
        child.wait()
        told = int(rest[-1]) if rest else told
        version = await _survived(folder)
        assert version.number - 1 >= told
