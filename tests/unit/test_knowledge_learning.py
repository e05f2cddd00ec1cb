"""The learning loop keeps questions without persons, counts them, groups them, forgets them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.learning import Learner
from actions.turn import Turn
from core.clock import FakeClock
from core.db import Database
from core.errors import NotFound
from core.settings import Settings
from knowledge.answers import AnswerContext
from knowledge.answers import Reply as Found
from knowledge.learning import log as learning_log
from knowledge.learning.clusters import cluster_questions, groups
from knowledge.learning.log import KEEP_DAYS, LearningLog
from knowledge.learning.scrub import MAX_CHARS, scrub
from knowledge.search import Decision
from tests.knowledge_engine import engine_of

PERSONAL = [
    ("我叫王小丽，身份证440301199003051234丢了怎么补", ["王小丽", "440301"]),
    ("电话138 0013 8000帮我查社保", ["138", "8000"]),
    ("我老婆李红的户口想迁过来", ["李红"]),
    ("住在南山区科技路12号3栋501，要居住登记", ["科技路", "501"]),
    ("粤B12345车怎么转籍", ["B12345"]),
    ("my name is john smith and I lost my card", ["john", "smith"]),
    ("1990年3月5日生的孩子怎么上户口", ["1990", "3月5日"]),
    ("Mr Chen wants his pension, mail chen@example.com", ["Chen", "chen@"]),
    ("微信号 abc_def99 能查公积金吗", ["abc_def99"]),
    ("幺三八零零一三八零零零查一下", ["幺三八"]),
]


@pytest.mark.parametrize(("text", "gone"), PERSONAL)
def test_what_identifies_a_person_is_not_kept(text: str, gone: list[str]) -> None:
    """Names, numbers, addresses, plates and dates are replaced, or nothing is kept at all."""
    kept = scrub(text) or ""
    assert not any(part in kept for part in gone), kept


@pytest.mark.parametrize(
    "text",
    ["社保卡丢了怎么办", "how do I renew my passport", "我妈今年八十二岁了有津贴吗", "想打12345投诉",
     "高龄津贴多少钱", "我老公户口迁移", "交3000元公积金租房能提多少"],
)  # fmt: skip
def test_ordinary_questions_stay_as_they_are(text: str) -> None:
    """Scrubbing must not eat what editors need."""
    assert scrub(text) == text


@given(st.text(max_size=200))
def test_no_long_number_ever_survives(text: str) -> None:
    """Whatever the text, no run of five digits is kept except a public hotline."""
    kept = scrub(text) or ""
    assert not [n for n in re.findall(r"[0-9]{5,}", kept) if not re.fullmatch(r"123\d\d", n)]


def test_a_story_is_not_kept() -> None:
    """Long texts are personal."""
    assert scrub("我" * (MAX_CHARS + 1)) is None
    assert scrub("  ？？ ") is None


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
    assert await log.settle_questions([kept[0].id], "dismissed", "editor") == 1
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
    assert (await log.review_pair(pair.id, "accepted", "editor")).reviewed_by == "editor"
    assert await log.pairs() == []
    with pytest.raises(NotFound):
        await log.review_pair("nothing", "accepted", "editor")


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
    await log.review_pair(pair.id, "accepted", "editor")
    clock.advance((KEEP_DAYS + 1) * 86_400)
    assert await log.forget() == 3
    assert await log.open_questions() == []
    assert len(await log.pairs("accepted")) == 1


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
