"""The learning loop keeps questions without persons, counts them, groups them, forgets them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from actions.learning import Learner
from actions.turn import Turn
from core.clock import FakeClock
from core.db import Database
from core.errors import Conflict, NotFound
from core.settings import Settings
from knowledge.answers import AnswerContext
from knowledge.answers import Reply as Found
from knowledge.editing import audit
from knowledge.editing.model import AuditEntry, Editor
from knowledge.learning import log as learning_log
from knowledge.learning.clusters import cluster_questions, groups
from knowledge.learning.log import KEEP_DAYS, LearningLog
from knowledge.learning.tables import pairs, questions
from knowledge.search import Decision
from tests.knowledge_engine import engine_of

EDITOR = Editor("agt_editor", "editor")


async def test_questions_are_counted_by_wording(db: Database, clock: FakeClock) -> None:
    """The same wording twice is one row; a sure answer is none."""
    log = LearningLog(db, clock)
    common: dict[str, Any] = {"lang": "zh", "codes": ["SG-HR-004"], "list_version": "v"}
    assert await log.asked("社保卡坏了", decision="clarify", confidence=0.4, **common)
    assert await log.asked(" 社保卡坏了 ", decision="abstain", confidence=0.2, **common)
    assert not await log.asked("社保卡补办", decision="answer", confidence=0.97, **common)
    assert await log.asked("医保卡补办", decision="answer", confidence=0.5, **common)
    kept = await log.open_questions()
    assert [(q.text, q.asked, q.decision) for q in kept] == [
        ("社保卡坏了", 2, "abstain"),
        ("医保卡补办", 1, "answer"),
    ]
    assert await log.settle_questions([kept[0].id], "dismissed", EDITOR) == 1
    assert await log.settle_questions([kept[0].id, "nothing"], "dismissed", EDITOR) == 0
    assert [q.text for q in await log.open_questions()] == ["医保卡补办"]


async def test_choices_and_thumbs_become_pairs_only_after_review(
    db: Database, clock: FakeClock
) -> None:
    """Counts add up on one row; reviewing moves it; an unknown pair is an error."""
    log = LearningLog(db, clock)
    await log.chose("卡坏了", lang="zh", code="SG-HR-004")
    await log.rated("卡坏了", lang="zh", code="SG-HR-004", up=True)
    await log.rated("卡坏了", lang="zh", code="SG-HR-004", up=False)
    [pair] = await log.pairs()
    assert (pair.clicks, pair.up, pair.down, pair.state) == (1, 1, 1, "pending")
    kept = await log.review_pair(pair, "accepted", EDITOR, "居民这样说")
    assert (kept.reviewed_by, kept.why) == ("editor", "居民这样说")
    assert await log.pairs() == []
    with pytest.raises(Conflict):
        await log.review_pair(pair, "rejected", EDITOR, "看的是旧的")
    with pytest.raises(NotFound):
        await log.review_pair(replace(pair, id="nothing"), "accepted", EDITOR, "没有")


async def test_a_flood_is_cut_off_and_old_rows_are_forgotten(
    db: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New wordings a day are limited; what nobody asks any more goes; accepted pairs stay."""
    monkeypatch.setattr(learning_log, "NEW_A_DAY", 3)
    log = LearningLog(db, clock)
    common: dict[str, Any] = {
        "lang": "zh", "decision": "abstain", "confidence": 0.1, "codes": [], "list_version": "v",
    }  # fmt: skip
    kept = [await log.asked(f"问题{word}", **common) for word in "甲乙丙丁"]
    assert kept == [True, True, True, False]
    assert await log.asked("问题甲", **common)
    await log.chose("卡坏了", lang="zh", code="SG-HR-004")
    [pair] = await log.pairs()
    await log.review_pair(pair, "accepted", EDITOR, "居民这样说")
    clock.advance((KEEP_DAYS + 1) * 86_400)
    assert await log.forget() == 3
    assert await log.open_questions() == []
    assert len(await log.pairs("accepted")) == 1


async def _audited(db: Database) -> list[AuditEntry]:
    return await db.call(lambda conn: audit.entries(conn, 0, 100))


async def test_who_decided_what_when_and_why_is_in_the_audit(
    db: Database, clock: FakeClock
) -> None:
    """Wordings set aside and pairs decided on are rows of the chained audit, without their text."""
    log = LearningLog(db, clock)
    common: dict[str, Any] = {
        "lang": "zh", "decision": "abstain", "confidence": 0.1, "codes": [], "list_version": "v",
    }  # fmt: skip
    for text in ("养狗要办什么证", "狗证怎么办理"):
        await log.asked(text, **common)
    await log.chose("卡坏了", lang="zh", code="SG-HR-004")
    first, second = [question.id for question in await log.open_questions()]
    await log.settle_questions([first], "dismissed", EDITOR)
    await log.settle_questions([second], "used", EDITOR, "居民这样说", "SG-PS-001")
    [pair] = await log.pairs()
    await log.review_pair(pair, "rejected", EDITOR, "不是这件事", "dft_1")
    dismissed, used, rejected = await _audited(db)
    assert (dismissed.action, dismissed.why) == ("questions.dismissed", "")
    assert dismissed.details == {"questions": [first]}
    assert (used.action, used.why) == ("questions.used", "居民这样说")
    assert used.details == {"questions": [second], "key": "SG-PS-001"}
    assert (rejected.action, rejected.why) == ("pair.rejected", "不是这件事")
    assert rejected.details == {
        "pair": pair.id, "kind": "item", "key": "SG-HR-004", "draft": "dft_1"
    }  # fmt: skip
    assert {entry.who.name for entry in (dismissed, used, rejected)} == {"editor"}
    assert "卡坏了" not in repr((dismissed, used, rejected))


async def test_what_was_kept_under_older_rules_is_scrubbed_again(
    db: Database, clock: FakeClock
) -> None:
    """A name that older rules let through goes with the next clean-up; counts of the same wording add up."""
    log = LearningLog(db, clock)
    await log.chose("我叫‹name›，卡坏了", lang="zh", code="SG-HR-004")
    today = (await log.pairs())[0].last_day
    old = {"lang": "zh", "first_day": today, "last_day": today}
    pair = {"code": "SG-HR-004", "clicks": 2, "up": 1, "down": 0, "state": "pending", **old}
    asked = {
        "decision": "abstain", "confidence": 0.1, "codes": [], "list_version": "v", "asked": 1,
        "state": "open", **old,
    }  # fmt: skip
    async with db.begin() as conn:
        for key, text in [("a", "我叫陈大文，卡坏了"), ("b", "卡丢了"), ("c", "138.1234.5678")]:
            await conn.execute(pairs.insert().values(id=key, text=text, **pair))
            await conn.execute(questions.insert().values(id=key, text=text, **asked))
    assert await log.forget() == 3
    found = {pair.text: pair for pair in await log.pairs()}
    assert set(found) == {"我叫‹name›，卡坏了", "卡丢了"}
    assert (found["我叫‹name›，卡坏了"].clicks, found["我叫‹name›，卡坏了"].up) == (3, 1)
    assert {q.text for q in await log.open_questions()} == {"我叫‹name›，卡坏了", "卡丢了"}
    assert "a" not in {row.id for row in await log.open_questions()}
    assert await log.forget() == 0


def test_groups_follow_distance() -> None:
    """Two near rows are one group, a far one its own."""
    apart = np.array([[0, 0.2, 0.9], [0.2, 0, 0.95], [0.9, 0.95, 0]])
    assert sorted(map(sorted, groups(apart))) == [[0, 1], [2]]
    assert groups(np.zeros((1, 1))) == [[0]]
    assert groups(np.zeros((0, 0))) == []


async def test_clusters_bring_paraphrases_together(
    db: Database, clock: FakeClock, settings: Settings
) -> None:
    """Four ways to ask for a dog licence are one cluster, a patent another."""
    log = LearningLog(db, clock)
    dogs = ["养狗要办什么证", "狗证怎么办理", "办狗证要多少钱", "养狗办证去哪里"]
    patents = ["怎么申请专利", "专利申请要多久"]
    for text in [*dogs, *patents]:
        await log.asked(
            text, lang="zh", decision="abstain", confidence=0.1, codes=[], list_version="v"
        )
    found = cluster_questions(engine_of(settings), await log.open_questions())
    sets = [set(cluster.texts) for cluster in found]
    assert set(patents) in sets
    assert max(len(s & set(dogs)) for s in sets) >= 3
    assert not any(s & set(dogs) and s & set(patents) for s in sets)
    assert sum(cluster.asked for cluster in found) == 6


def _turn(text: str, **context: Any) -> Turn:
    return Turn("cnv_1", text, "ask_service", 0.9, {}, {}, "zh", context=context)


@pytest.mark.parametrize("decision", ["clarify", "answer", "abstain"])
async def test_a_tap_on_what_was_named_makes_a_pair(
    db: Database, clock: FakeClock, decision: Decision
) -> None:
    """The words before the tap and the chosen item belong together, be it one of the choices, what stood below
    an answer or what a refusal named; a stray tap does not count."""
    log = LearningLog(db, clock)
    learner = Learner(log)
    named = Found((), AnswerContext(choices=("SG-HR-004",)), decision, ("SG-HR-007",), 0.4)
    learner.answered(_turn("卡坏了"), named, "v")
    learner.chose(_turn("", choices=["SG-HR-004", "SG-HR-007"]), "SG-HR-004")
    learner.chose(_turn("", choices=["SG-HR-004"]), "SG-HR-004")  # nothing was asked before
    await learner.close()
    [pair] = await log.pairs()
    assert (pair.text, pair.code, pair.clicks) == ("卡坏了", "SG-HR-004", 1)
    assert [q.text for q in await log.open_questions()] == ["卡坏了"]


async def test_a_broken_log_never_breaks_an_answer() -> None:
    """Failures stay behind the answer."""

    class Broken:
        async def asked(self, *_: Any, **__: Any) -> bool:
            raise RuntimeError("disk full")

    broken: Any = Broken()
    learner = Learner(broken)
    learner.answered(_turn("卡坏了"), Found((), AnswerContext(), "abstain"), "v")
    await learner.close()
