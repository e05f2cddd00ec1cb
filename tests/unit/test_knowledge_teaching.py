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
from knowledge.editing.errors import ReasonMissing, SecondPersonNeeded
from knowledge.editing.model import Draft
from knowledge.editing.register import Register
from knowledge.learning.log import LearningLog
from knowledge.learning.teach import (
    Accepted,
    Rejected,
    accept,
    accepted,
    add_wording,
    check_typed,
    reject,
    reopen,
    with_wording,
)
from tests.list_factory import ANNA, BOB, LetterEmbedder, small_list

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


async def _accepted(register: Register, log: LearningLog, text: str) -> tuple[str, Draft]:
    pair = await _pair(log, text)
    draft = await accept(log, register, pair, ANNA, "居民这样说")
    assert draft is not None
    return pair, draft


async def test_a_pair_counts_when_a_second_person_has_agreed(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """One who accepts is not enough: waiting until the draft is approved, confirmed from then on."""
    log = LearningLog(db, clock)
    _, draft = await _accepted(register, log, "卡坏了咋整")
    assert [where for _, where in await accepted(log, register)] == ["waiting"]
    sent = await register.submit(draft.id, draft.version, ANNA, "请审核")
    assert [where for _, where in await accepted(log, register)] == ["waiting"]
    await register.approve(sent.id, sent.version, BOB, "同意")
    assert [where for _, where in await accepted(log, register)] == ["confirmed"]
    await register.publish(None, BOB, "新说法")
    assert [where for _, where in await accepted(log, register)] == ["confirmed"]


async def test_a_pair_comes_back_when_its_draft_is_given_up(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """Discarded, or published without the wording: nobody agreed, so the pair waits for an editor again,
    and says who had accepted it and why."""
    log = LearningLog(db, clock)
    pair, draft = await _accepted(register, log, "卡坏了咋整")
    await register.discard(draft.id, draft.version, ANNA, "不要了")
    assert await accepted(log, register) == []
    [back] = await log.pairs()
    assert (back.id, back.reviewed_by, back.why) == (pair, "陈安", "居民这样说")
    again = await accept(log, register, pair, ANNA, "还是要")
    assert again is not None
    assert again.body is not None
    plain = {**again.body, "colloquial": {**again.body["colloquial"], "zh": ["卡坏了"]}}
    await register.save_draft(again.id, again.version, plain, BOB, "改了")
    assert await accepted(log, register) == []
    assert [pair.id for pair in await log.pairs()] == [pair]
    actions = [entry.action for entry in await register.audit() if "pair." in entry.action]
    assert actions == ["pair.accepted", "pair.returned", "pair.accepted", "pair.returned"]


async def test_what_was_decided_is_not_decided_again(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """Who comes second is told who decided and why; a rejected pair is put back first, an accepted one
    stays as long as its wording stands in a draft or in the list."""
    log = LearningLog(db, clock)
    pair, draft = await _accepted(register, log, "卡坏了咋整")
    with pytest.raises(Accepted) as told:
        await reject(log, register, pair, BOB, "不对")
    assert told.value.details["draft"] == draft.id
    assert "陈安" in told.value.message("zh")
    with pytest.raises(Accepted):
        await accept(log, register, pair, BOB, "也要")
    with pytest.raises(Accepted):
        await reopen(log, pair, BOB, "再看")
    other = await _pair(log, "想查交了几年")
    with pytest.raises(ReasonMissing):
        await reject(log, register, other, BOB, "  ")
    assert (await reject(log, register, other, BOB, "问的是别的事")).why == "问的是别的事"
    for decide in (accept, reject):
        with pytest.raises(Rejected, match="learning_rejected") as refused:
            await decide(log, register, other, ANNA, "我看可以")
        assert "问的是别的事" in refused.value.message("zh")
    assert (await reopen(log, other, ANNA, "再看看")).state == "pending"
    assert (await reopen(log, other, ANNA, "再看看")).state == "pending"
    assert await accept(log, register, other, ANNA, "我看可以") is not None


async def test_nothing_personal_is_taken_over(
    register: Register, db: Database, clock: FakeClock
) -> None:
    """What was kept under older rules is scrubbed before it goes into a draft; what an editor types with a
    name in it is refused; what only may be a name asks him to be sure."""
    body = (await register.record("item", "SG-HR-001"))[1]
    changed = with_wording(body, "我叫陈大文，卡坏了", "zh")
    assert changed is not None
    assert changed["colloquial"]["zh"][-1] == "我叫，卡坏了"
    with pytest.raises(InvalidInput, match="learning_personal"):
        check_typed("我叫陈大文，卡坏了", sure=True)
    with pytest.raises(InvalidInput, match="learning_doubtful"):
        check_typed("李强丢了社保卡", sure=False)
    check_typed("李强丢了社保卡", sure=True)
    check_typed("我叫‹name›，卡坏了", sure=False)
    log = LearningLog(db, clock)
    pair = await _pair(log, "李强丢了社保卡")
    with pytest.raises(InvalidInput, match="learning_doubtful"):
        await accept(log, register, pair, ANNA, "居民这样说")
    assert await register.drafts() == []
    assert await accept(log, register, pair, ANNA, "居民这样说", sure=True) is not None


async def test_a_draft_that_is_no_whole_record_still_takes_a_wording(register: Register) -> None:
    """An editor may have saved half a record; the wording goes in, and nothing breaks."""
    draft = await register.open_draft("item", "SG-HR-001", ANNA, "写到一半", {"colloquial": []})
    made = await add_wording(register, "SG-HR-001", "卡坏了咋整", "zh", ANNA, "居民这样说")
    assert made is not None
    assert (made.id, made.body) == (draft.id, {"colloquial": {"zh": ["卡坏了咋整"]}})


def _learn(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "knowledge", "--data-dir", str(data_dir), "learn", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_the_command_line_reviews_pairs(tmp_path: Path, clock: FakeClock) -> None:
    """Without tables it says what to do; with them it lists, decides with a reason, and exports only what
    two people agreed to."""
    missing = _learn(tmp_path, "pairs")
    assert missing.returncode == 3
    assert "make run" in missing.stderr
    assert _learn(tmp_path, "accept").returncode == 2
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'sg.db'}")
    await db.create_all()
    log = LearningLog(db, clock)
    register = Register(db, clock, tmp_path, LetterEmbedder())
    await register.seed(small_list())
    _, draft = await _accepted(register, log, "卡坏了咋整")
    drop, doubtful = await _pair(log, "卡丢了"), await _pair(log, "李强丢了社保卡")
    why = ("--by", "wang", "--why", "居民这样说")
    waiting = json.loads(_learn(tmp_path, "pairs", "--json").stdout)
    assert {row["id"]: row["personal"] for row in waiting} == {drop: [], doubtful: ["李强"]}
    assert "!李强丢了社保卡" in _learn(tmp_path, "pairs").stdout
    assert _learn(tmp_path, "reject", drop, "--by", "wang").returncode == 2
    assert _learn(tmp_path, "reject", drop, "--sure", *why).returncode == 2
    assert _learn(tmp_path, "reject", drop, *why).returncode == 0
    assert _learn(tmp_path, "reopen", drop, *why).returncode == 0
    assert _learn(tmp_path, "accept", doubtful, *why).returncode == 1
    assert _learn(tmp_path, "reject", "nothing", *why).returncode == 1
    early = _learn(tmp_path, "export")
    assert early.stdout == ""
    assert "1 accepted pairs left out" in early.stderr
    sent = await register.submit(draft.id, draft.version, ANNA, "请审核")
    await register.approve(sent.id, sent.version, BOB, "同意")
    exported = _learn(tmp_path, "export").stdout.splitlines()
    assert [json.loads(line)["text"] for line in exported] == ["卡坏了咋整"]
    await db.close()
