"""Wordings of residents reach the list through a draft, never past the second person."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.clock import FakeClock
from core.db import Database
from core.errors import InvalidInput, NotFound
from knowledge.editing.errors import SecondPersonNeeded
from knowledge.editing.register import Register
from knowledge.learning.log import LearningLog
from knowledge.learning.teach import accept, add_wording
from tests.list_factory import ANNA, BOB

ROOT = Path(__file__).resolve().parents[2]


async def _pair(log: LearningLog, text: str, lang: str = "zh", code: str = "SG-HR-001") -> str:
    assert await log.rated(text, lang="en" if lang == "en" else "zh", code=code, up=True)
    return next(pair.id for pair in await log.pairs() if pair.text == text)


async def test_an_accepted_pair_becomes_a_wording_only_after_review(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """One draft collects the wordings; the one who accepted may not approve; publishing needs it."""
    log = LearningLog(db, clock)
    first = await accept(log, register, await _pair(log, "卡坏了咋整"), ANNA, "居民这样说")
    assert first is not None
    second = await accept(log, register, await _pair(log, "張卡爛咗點算"), ANNA, "居民这样说")
    assert second is not None
    assert second.id == first.id
    assert second.body is not None
    assert "卡坏了咋整" in second.body["colloquial"]["zh"]
    assert "張卡爛咗點算" in second.body["colloquial"]["yue"]
    assert "卡坏了咋整" not in (await register.record("item", "SG-HR-001"))[1]["colloquial"]["zh"]
    sent = await register.submit(second.id, second.version, ANNA, "请审核")
    with pytest.raises(SecondPersonNeeded):
        await register.approve(sent.id, sent.version, ANNA, "同意")
    await register.approve(sent.id, sent.version, BOB, "同意")
    await register.publish(None, BOB, "新说法")
    published = (await register.catalogue()).items["SG-HR-001"]
    assert "卡坏了咋整" in published.colloquial.zh
    assert await accept(log, register, await _pair(log, "卡坏了咋整？"), ANNA, "再来") is None


async def test_what_cannot_be_a_wording_is_refused_and_stays_pending(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """Too long, unknown item, unknown pair: nothing is changed."""
    log = LearningLog(db, clock)
    long = await _pair(log, "卡" * 60)
    with pytest.raises(InvalidInput):
        await accept(log, register, long, ANNA, "太长")
    stranger = await _pair(log, "没有这个事项", code="SG-ZZ-999")
    with pytest.raises(NotFound):
        await accept(log, register, stranger, ANNA, "不存在")
    with pytest.raises(NotFound):
        await accept(log, register, "nothing", ANNA, "不存在")
    assert await register.drafts() == []
    assert {pair.id for pair in await log.pairs()} == {long, stranger}


async def test_placeholders_never_become_wordings(register: Register) -> None:
    """What was scrubbed out of a question is not put into the list."""
    draft = await add_wording(register, "SG-HR-001", "我叫‹name›，卡丢了", "zh", ANNA, "测试")
    assert draft is not None
    assert draft.body is not None
    assert not any("‹" in words for words in draft.body["colloquial"]["zh"])


def _learn(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "knowledge", "--data-dir", str(data_dir), "learn", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_the_command_line_reviews_pairs(tmp_path: Path, clock: FakeClock) -> None:
    """Without tables it says what to do; with them it lists, rejects and exports."""
    missing = _learn(tmp_path, "pairs")
    assert missing.returncode == 3
    assert "make run" in missing.stderr
    assert _learn(tmp_path, "accept").returncode == 2
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'sg.db'}")
    await db.create_all()
    log = LearningLog(db, clock)
    keep, drop = await _pair(log, "卡坏了"), await _pair(log, "卡丢了")
    await log.review_pair(keep, "accepted", "editor")
    await db.close()
    assert [row["id"] for row in json.loads(_learn(tmp_path, "pairs", "--json").stdout)] == [drop]
    assert _learn(tmp_path, "reject", drop, "--by", "wang").returncode == 0
    exported = _learn(tmp_path, "export").stdout.splitlines()
    assert [json.loads(line)["text"] for line in exported] == ["卡坏了"]
    assert _learn(tmp_path, "reject", "nothing", "--by", "wang").returncode == 1
