"""The managed list: going back, schedules, the tree's list, the pointer."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from list_factory import (
    ADMIN,
    ANNA,
    BOB,
    LetterEmbedder,
    approved,
    body_of,
    demo_source,
    item,
    pointer,
    published,
    small_list,
    summary,
)

from core.clock import FakeClock
from core.db import Database
from core.errors import InvalidInput
from core.i18n import LANGS
from knowledge.catalogue import make_catalogue
from knowledge.editing.errors import (
    NothingToPublish,
    TimePassed,
    WrongState,
)
from knowledge.editing.model import china_time
from knowledge.editing.register import Register
from knowledge.present import service_json
from knowledge.published import adopt, build_index, open_index

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"


async def test_rolling_back_is_a_new_version(register: Register, list_dir: Path) -> None:
    """Equal to the old one in every record, and itself in the record."""
    first = await register.current()
    await published(register, HR1, "坏")
    version = await register.rollback(1, ADMIN, "有误")
    assert (version.number, version.rollback_of, version.list_version) == (3, 1, first.list_version)
    assert pointer(list_dir) == first.index
    assert version.changed == (("item", HR1),)
    assert (await register.catalogue()).version == (await register.catalogue(1)).version
    with pytest.raises(NothingToPublish):
        await register.rollback(3, ADMIN, "又退")
    assert (await register.verify_audit()).ok


async def test_a_scheduled_version_takes_effect_on_its_day(
    register: Register, clock: FakeClock, list_dir: Path
) -> None:
    """Not before, even with other versions in between; its drafts are locked meanwhile."""
    draft = await approved(register, HR1, "明年起")
    due = clock.now() + timedelta(days=30)
    version = await register.publish([draft.id], ANNA, "元旦生效", due)
    assert (version.number, version.state, version.effective_at) == (2, "scheduled", due)
    with pytest.raises(WrongState):
        await register.save_draft(draft.id, draft.version + 1, {}, BOB, "改")
    assert (await published(register, HR2, "现在")).number == 3
    await register.step()
    assert (await register.current()).number == 3
    clock.advance(31 * 86_400)
    await register.step()
    now = await register.current()
    assert (now.number, now.state, now.base) == (2, "published", 3)
    catalogue = await register.catalogue()
    assert catalogue.items[HR1].summary.zh == "明年起"
    assert catalogue.items[HR2].summary.zh == "现在"
    assert pointer(list_dir) == now.index
    assert (await register.draft(draft.id)).state == "published"


async def test_a_time_that_has_passed_publishes_nothing(
    register: Register, clock: FakeClock
) -> None:
    """Neither drafts nor a whole list take effect at once because somebody mistyped the year; the
    message has the time of both cities, in both languages."""
    draft = await approved(register, HR1, "新")
    past = dt.datetime(2020, 1, 1, 9, 0, tzinfo=dt.UTC)
    new = small_list(SG_HR_001={"summary": summary("新")})
    for at in (past, clock.now()):
        with pytest.raises(TimePassed) as caught:
            await register.publish([draft.id], ANNA, "发布", at)
        with pytest.raises(TimePassed):
            await register.publish_list(new, ADMIN, "新清单", at)
    assert caught.value.status == 422
    for lang in LANGS:
        assert "2020-01-01 17:00+08:00" in TimePassed(time=china_time(past)).message(lang)
    west = dt.timezone(-timedelta(hours=12))
    with pytest.raises(InvalidInput):
        await register.publish(None, ANNA, "发布", dt.datetime.max.replace(tzinfo=west))
    assert (await register.current()).number == 1
    assert (await register.draft(draft.id)).state == "approved"


async def test_a_scheduled_version_can_be_cancelled(register: Register, clock: FakeClock) -> None:
    """Its drafts are approved as before, and can be published at once."""
    draft = await approved(register, HR1, "取消的")
    version = await register.publish([draft.id], ANNA, "定时", clock.now() + timedelta(hours=1))
    assert (await register.cancel(version.number, ADMIN, "推迟")).state == "cancelled"
    clock.advance(7200)
    await register.step()
    assert (await register.current()).number == 1
    with pytest.raises(WrongState):
        await register.cancel(version.number, ADMIN, "再取消")
    assert (await register.publish([draft.id], ANNA, "现在发布")).number == 3


async def test_a_scheduled_version_that_no_longer_fits_fails_loudly(
    register: Register, clock: FakeClock
) -> None:
    """The record changed underneath: nothing is published, a task says so, the draft is not lost."""
    draft = await approved(register, HR1, "迟到的")
    due = clock.now() + timedelta(hours=1)
    version = await register.publish([draft.id], ANNA, "定时", due)
    await register.withdraw_now("item", HR1, ADMIN, "紧急")
    clock.advance(7200)
    await register.step()
    failed = next(v for v in await register.versions() if v.number == version.number)
    assert (failed.state, bool(failed.problems)) == ("failed", True)
    (task,) = await register.tasks(kind="publish")
    assert str(version.number) in task.text.zh
    kept = await register.draft(draft.id)
    assert (kept.state, kept.scheduled_in) == ("approved", None)


async def test_a_whole_list_can_be_scheduled(register: Register, clock: FakeClock) -> None:
    """A list_dir for New Year: stored now, in force then."""
    new = make_catalogue([demo_source(), item(HR1, "社保卡补办", "Replace a card", related=[])])
    await register.publish_list(new, ADMIN, "新清单", clock.now() + timedelta(days=1))
    assert len((await register.catalogue()).items) == 3
    clock.advance(2 * 86_400)
    await register.step()
    assert (await register.catalogue()).version == new.version
    assert (await register.history("item", HR1))[0].origin == "file"


async def test_a_rule_that_changes_on_a_date_answers_differently(register: Register) -> None:
    """One version holds both times; the day decides."""
    body = body_of(await register.catalogue(), HR1)
    later = {
        **body["common"]["time"], "text": {"zh": "三个工作日", "en": "three working days"},
        "promise_days": 3, "valid_from": "2027-01-01",
    }  # fmt: skip
    body["common"]["later_times"] = [later]
    draft = await register.open_draft("item", HR1, ANNA, "元旦起提速", body=body)
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "发布")
    catalogue = await register.catalogue()

    def shown_on(day: str) -> str:
        found = service_json(catalogue.items[HR1], catalogue, today=dt.date.fromisoformat(day))
        return str(found["cities"]["dongguan"]["time"]["text"]["zh"])

    assert shown_on("2026-12-31") == "五个工作日"
    assert shown_on("2027-01-01") == "三个工作日"


# The list of the source tree


async def test_a_new_tree_reaches_what_nobody_edited(register: Register) -> None:
    """Three-way: untouched records follow, edited ones stay with a task, removed and new ones too."""
    await published(register, HR1, "平台改的")
    whole = small_list(
        SG_HR_001={"summary": summary("树改的")}, SG_HR_002={"summary": summary("树二")}
    )
    records = [r for found in whole.records.values() for r in found.values()]
    tree = make_catalogue(
        [r for r in records if getattr(r, "item_id", "") != HF1]
        + [item("SG-HR-009", "新事项", "Something new")]
    )
    version = await register.seed(tree)
    assert version is not None
    assert (version.number, version.who.id) == (3, "seed")
    now = await register.catalogue()
    assert now.items[HR1].summary.zh == "平台改的"
    assert now.items[HR2].summary.zh == "树二"
    assert set(now.items) == {HR1, HR2, "SG-HR-009"}
    (task,) = await register.tasks(kind="seed_conflict")
    assert task.record == ("item", HR1)
    assert await register.seed(tree) is None
    assert len(await register.tasks(kind="seed_conflict")) == 1
    assert len(await register.versions()) == 3


async def test_what_the_desk_withdrew_does_not_come_back(register: Register) -> None:
    """A new tree does not bring back what editors took out, unless it has news of it: then a task."""
    await register.withdraw_now("item", HF1, ADMIN, "取消")
    await register.seed(small_list(SG_HR_002={"summary": summary("树二")}))
    assert HF1 not in (await register.catalogue()).items
    assert await register.tasks(kind="seed_conflict") == []
    await register.seed(small_list(SG_HF_001={"summary": summary("树三")}))
    assert HF1 not in (await register.catalogue()).items
    assert (await register.tasks(kind="seed_conflict"))[0].record == ("item", HF1)


async def test_a_tree_that_does_not_fit_what_the_desk_has_is_refused_once(
    register: Register,
) -> None:
    """The merged list would break a rule: the list in force stays, a task names the problem."""
    draft = await register.open_draft("item", HR1, ANNA, "改")
    body = {**(draft.body or {}), "related": [HF1]}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish(None, ANNA, "发布")
    records = [r for found in small_list().records.values() for r in found.values()]
    tree = make_catalogue(r for r in records if getattr(r, "item_id", "") != HF1)
    for _ in range(2):
        assert await register.seed(tree) is None
    assert (await register.current()).number == 2
    (task,) = await register.tasks(kind="seed_conflict")
    assert HF1 in task.text.en


async def test_a_start_with_nothing_new_opens_nothing(
    register: Register,
    db: Database,
    clock: FakeClock,
    list_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One look at the record: the delivered list is not read again."""
    tree = small_list(SG_HR_001={"summary": summary("新版")})
    version, _ = build_index(tree, LetterEmbedder(), list_dir)
    assert adopt(list_dir, version, LetterEmbedder()) == version
    await register.start()
    assert (await register.current()).list_version == tree.version

    def opened(*_: Any) -> Any:
        raise AssertionError("the delivered list was opened")

    monkeypatch.setattr("knowledge.editing.seeding.open_list", opened)
    again = Register(db, clock, list_dir, LetterEmbedder())
    await again.start()
    assert (await again.current()).number == 2


async def test_building_the_tree_keeps_what_is_published(
    register: Register, list_dir: Path
) -> None:
    """Set-up of a new release does not take the desk's list out of service before the merge."""
    embedder = LetterEmbedder()
    await register.start()  # what was current before anything was published is the delivered list
    version = await published(register, HR1, "平台改的")
    tree = small_list(SG_HR_002={"summary": summary("树改的")})
    built, _ = build_index(tree, embedder, list_dir)
    assert adopt(list_dir, built, embedder) == version.index == pointer(list_dir)
    await register.start()
    now = open_index(list_dir).catalogue
    assert (now.items[HR1].summary.zh, now.items[HR2].summary.zh) == ("平台改的", "树改的")
    assert (await register.current()).number == 3


async def test_old_indexes_are_removed_and_what_is_needed_stays(
    register: Register, list_dir: Path
) -> None:
    """Many versions do not fill the disk; the one in force and the delivered one stay."""
    built, _ = build_index(small_list(), LetterEmbedder(), list_dir)
    adopt(list_dir, built, LetterEmbedder())
    for number in range(8):
        await published(register, HR1, f"第{number}次")
    left = {path.parent.name for path in (list_dir / "index").glob("*/meta.json")}
    assert {pointer(list_dir), built} <= left
    assert len(left) <= 6
    assert (await register.catalogue(3)).items[HR1].summary.zh == "第1次"


# The pointer


async def test_the_pointer_is_made_to_agree_with_the_record(
    register: Register, db: Database, clock: FakeClock, list_dir: Path
) -> None:
    """Lost, moved, naming an index that is gone or an older one: the record decides."""
    older = (await register.current()).index or ""
    version = await published(register, HR1, "新")
    file = list_dir / "index" / "current"
    for broken in ("", "0000.00-12345678-12345678", older, None):
        if broken is None:
            file.unlink()
        else:
            file.write_text(broken)
        fresh = Register(db, clock, list_dir, LetterEmbedder())
        assert await fresh.reconcile()
        assert pointer(list_dir) == version.index
        assert not await fresh.reconcile()
    elsewhere = list_dir.parent / "another-machine"
    assert await Register(db, clock, elsewhere, LetterEmbedder()).reconcile()
    assert open_index(elsewhere).catalogue.version == version.list_version
