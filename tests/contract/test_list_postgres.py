"""The managed list on PostgreSQL, wherever its programs are: migrated, published, raced for, guarded."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.clock import FakeClock
from core.db import Database
from core.errors import NotFound
from core.outbox import Event
from core.settings import Settings
from gateway.migrate import migrate
from knowledge.editing.errors import DraftExists, PublishConflict
from knowledge.editing.model import Version
from knowledge.editing.publishing import Base
from knowledge.editing.register import Register
from tests.list_factory import ADMIN, ANNA, BOB, LetterEmbedder, small_list, summary

HR1 = "SG-HR-001"
AS_ROOT = os.geteuid() == 0
"""PostgreSQL does not run as root: then as its own user."""


def _run(*command: str) -> None:
    words = ["runuser", "-u", "postgres", "--", *command] if AS_ROOT else [*command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server of our own."""
    if not (shutil.which("initdb") and shutil.which("pg_ctl")):
        pytest.skip("no PostgreSQL programs on this machine")
    if AS_ROOT and subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode:
        pytest.skip("root cannot run PostgreSQL, and there is no user for it")
    home = tmp_path_factory.mktemp("pg")
    for folder in (home, home.parent, home.parent.parent) if AS_ROOT else ():
        folder.chmod(0o755)
    if AS_ROOT:
        shutil.chown(home, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(home / "data")
    _run("initdb", "-D", data, "-A", "trust", "-U", "sg", "--no-sync")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run("pg_ctl", "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
    try:
        yield f"postgresql+asyncpg://sg@127.0.0.1:{port}/postgres"
    finally:
        _run("pg_ctl", "-D", data, "-m", "immediate", "stop")


async def _same(base: Base) -> Base:
    return base


async def test_the_list_on_postgresql(server: str, tmp_path: Path, clock: FakeClock) -> None:
    """The same rules as on SQLite; of two who go back at once one wins; rows that are settled
    cannot be changed."""
    settings = Settings(database_url=server, data_dir=tmp_path)
    await migrate(settings)
    db = Database(server)
    first, second = (Register(db, clock, tmp_path, LetterEmbedder()) for _ in range(2))
    await first.seed(small_list())
    draft = await first.open_draft("item", HR1, ANNA, "改")
    with pytest.raises(DraftExists):
        await second.open_draft("item", HR1, BOB, "改")
    body = {**(draft.body or {}), "summary": summary("新")}
    draft = await first.save_draft(draft.id, draft.version, body, ANNA, "改")
    draft = await first.submit(draft.id, draft.version, ANNA, "请审核")
    await first.approve(draft.id, draft.version, BOB, "同意")
    await first.publish(None, ANNA, "发布")
    for register in (first, second):  # both start from version 2, whoever is quicker
        base = await register._publisher.base()
        register._publisher.base = partial(_same, base)  # type: ignore[method-assign]
    races = (first.rollback(1, ADMIN, "退"), second.rollback(1, ADMIN, "也退"))
    found = await asyncio.gather(*races, return_exceptions=True)
    assert {type(result) for result in found} == {Version, PublishConflict}
    for conversation in ("cnv_a", "cnv_b", "cnv_a"):
        report = {"code": HR1, "conversation": conversation}
        await first.on_report(Event(1, "list.reported_outdated", HR1, report))
    assert [task.count for task in await first.tasks()] == [2]
    new = small_list(SG_HR_001={"summary": summary("明年的")})
    later = await first.publish_list(new, ADMIN, "元旦", clock.now() + timedelta(days=1))
    for statement in (
        "UPDATE list_audit SET why = 'x'",
        "DELETE FROM list_revisions",
        "TRUNCATE list_audit",
        "UPDATE list_versions SET who = 'x' WHERE number = 2",
        "UPDATE list_versions SET why = 'x' WHERE state = 'scheduled'",
        "DELETE FROM list_versions WHERE number = 2",
        "UPDATE list_drafts SET authors = '[]' WHERE state = 'published'",
        "TRUNCATE list_drafts",
    ):

        def work(conn: Connection, statement: str = statement) -> None:
            conn.execute(text(statement))

        with pytest.raises(DBAPIError, match="written once"):
            await db.call(work, write=True)
    await first.cancel(later.number, ADMIN, "改期")
    report = await first.verify_audit()
    assert report.ok, report.problems
    with pytest.raises(NotFound):
        await first.diff(1, 10**20)
    await db.close()
