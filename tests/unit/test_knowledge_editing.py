"""The managed list: drafts, review, conflicts, publishing."""

from __future__ import annotations

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
    pointer,
    published,
    small_list,
    summary,
)

from core.clock import FakeClock
from core.db import Database
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.outbox import Event, Outbox
from knowledge.editing.diff import diff_catalogues
from knowledge.editing.errors import (
    DraftExists,
    DraftInvalid,
    EditConflict,
    ListInvalid,
    ListNotStarted,
    NothingToPublish,
    OtherCity,
    PublishConflict,
    ReasonMissing,
    SecondPersonNeeded,
    StaleDraft,
    UnfitBody,
    WrongState,
)
from knowledge.editing.model import Editor, known_as
from knowledge.editing.register import Register
from knowledge.published import open_index

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"


async def test_before_the_first_list_there_is_a_clear_error(
    db: Database, clock: FakeClock, list_dir: Path
) -> None:
    """Nothing is made up; the message says what to run; a step does nothing."""
    register = Register(db, clock, list_dir, LetterEmbedder())
    with pytest.raises(ListNotStarted) as caught:
        await register.current()
    assert caught.value.status == 503
    assert "make run" in caught.value.message("en")
    await register.step()
    assert not await register.reconcile()


async def test_from_draft_to_published(register: Register, list_dir: Path, db: Database) -> None:
    """Editing → in review → approved → published: recorded with who, why and when, and found."""
    before = await register.catalogue()
    draft = await approved(register, HR1, "换一张新的社保卡")
    assert (draft.state, draft.reviewer and draft.reviewer.id) == ("approved", BOB.id)
    version = await register.publish(None, ANNA, "十二月起的新办法")
    assert (version.number, version.base, version.changed) == (2, 1, (("item", HR1),))
    assert (version.who.name, version.why) == (ANNA.name, "十二月起的新办法")
    assert version.published_at == version.made_at
    now = await register.catalogue()
    assert now.items[HR1].summary.zh == "换一张新的社保卡"
    assert now.items[HR2] == before.items[HR2]
    assert now.version == version.list_version != before.version
    assert pointer(list_dir) == version.index
    assert open_index(list_dir).catalogue.version == now.version
    assert (await register.draft(draft.id)).published_in == 2
    first, second = reversed(await register.history("item", HR1))
    assert (first.origin, first.versions, second.origin, second.versions) == (
        "seed",
        (1,),
        "desk",
        (2,),
    )
    assert (second.who.id, second.why) == (ANNA.id, "改简介")
    assert second.reviewer is not None
    assert second.reviewer.id == BOB.id
    actions = [entry.action for entry in await register.audit()]
    assert actions == [
        "version.published", "draft.opened", "draft.saved", "draft.submitted", "draft.approved",
        "version.published",
    ]  # fmt: skip
    seen: list[Event] = []

    async def listener(event: Event) -> None:
        seen.append(event)

    outbox = Outbox(db=db, redis=None, clock=FakeClock())
    outbox.subscribe("list.published", listener)
    await outbox.step()
    assert [event.body["number"] for event in seen] == [1, 2]


async def test_old_versions_stay_readable_and_differ_in_words(register: Register) -> None:
    """Version 1 is what it was; the difference names the field in both languages."""
    await published(register, HR1, "新简介")
    assert (await register.catalogue(1)).items[HR1].summary.zh == "办理社保卡补办。"
    (changed,) = await register.diff(1, 2)
    assert (changed.what, changed.name.zh) == ("changed", "社保卡补办")
    zh = next(change for change in changed.changes if change.path == "summary.zh")
    assert (zh.label.zh, zh.label.en) == ("简介 › 中文", "Summary › Chinese")
    assert (zh.old, zh.new) == ("办理社保卡补办。", "新简介")
    assert diff_catalogues(await register.catalogue(1), await register.catalogue(2)) == [changed]
    with pytest.raises(NotFound):
        await register.catalogue(9)


async def test_whoever_edited_may_not_approve(register: Register) -> None:
    """The second person is a second person, also after several authors, and whatever his role."""
    draft = await register.open_draft("item", HR1, ADMIN, "新政策")
    body = {**(draft.body or {}), "summary": summary("一")}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    for author in (ANNA, ADMIN):
        with pytest.raises(SecondPersonNeeded):
            await register.approve(draft.id, draft.version, author, "自己同意")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    assert [person.id for person in draft.authors] == [ADMIN.id, ANNA.id]


@pytest.mark.parametrize("same", ["苏晴", "苏 晴", "苏\u200b晴", "agt_s"])
async def test_a_name_written_otherwise_is_no_second_person(register: Register, same: str) -> None:
    """Who wrote at the desk cannot approve under the same name at the command line."""
    author = Editor("agt_s", "苏晴")
    draft = await register.open_draft("item", HR1, author, "改", body_of(small_list(), HR1))
    body = {**(draft.body or {}), "summary": summary("新")}
    draft = await register.save_draft(draft.id, draft.version, body, author, "改")
    draft = await register.submit(draft.id, draft.version, author, "请审核")
    with pytest.raises(SecondPersonNeeded):
        await register.approve(draft.id, draft.version, Editor(f"cli:{same}", same), "同意")
    other = Editor("cli:苏晴晴", "苏晴晴")
    assert (await register.approve(draft.id, draft.version, other, "同意")).state == "approved"


def test_a_name_has_one_spelling() -> None:
    """Full-width, in capitals, with blanks or with what nobody sees: one person."""
    for written in ("Chen", "Ｃhen", "CHEN", " c hen", "Che\u200dn"):
        assert known_as(written) == "chen"
    assert known_as("Chan") != known_as("Chen")


async def test_a_change_after_approval_needs_a_new_review(register: Register) -> None:
    """Nobody slips anything in between approval and publishing."""
    draft = await approved(register, HR1, "一")
    body = {**(draft.body or {}), "summary": summary("二")}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "再改")
    assert (draft.state, draft.reviewer) == ("editing", None)
    with pytest.raises(WrongState):
        await register.publish([draft.id], ANNA, "发布")
    with pytest.raises(NothingToPublish):
        await register.publish(None, ANNA, "发布")


async def test_who_may_do_what(register: Register) -> None:
    """An agent drafts nothing; only an admin rolls back, cancels, withdraws at once; all give reasons."""
    agent = Editor("agt_x", "某", ("agent",))
    with pytest.raises(NotAllowed):
        await register.open_draft("item", HR1, agent, "想改")
    with pytest.raises(NotAllowed):
        await register.rollback(1, ANNA, "想退")
    with pytest.raises(NotAllowed):
        await register.withdraw_now("item", HR1, ANNA, "想撤")
    with pytest.raises(ReasonMissing):
        await register.open_draft("item", HR1, ANNA, "  ")
    assert [entry.action for entry in await register.audit()] == ["version.published"]


async def test_an_editor_of_one_city_leaves_the_other_alone(register: Register) -> None:
    """Common fields and his own city, yes; the other city's particulars, no."""
    local = Editor("agt_dg", "莞", ("list_editor",), ("dongguan",))
    draft = await register.open_draft("item", HR1, local, "改")
    mine = {**(draft.body or {})}
    mine["cities"] = {**mine["cities"], "dongguan": {"phones": ["0769-12345678"]}}
    draft = await register.save_draft(draft.id, draft.version, mine, local, "电话")
    theirs = {**mine, "cities": {**mine["cities"], "shenzhen": {"phones": ["0755-12345678"]}}}
    with pytest.raises(OtherCity) as caught:
        await register.save_draft(draft.id, draft.version, theirs, local, "电话")
    assert caught.value.details["cities"] == ["shenzhen"]
    with pytest.raises(OtherCity):
        await register.open_draft(
            "liaison", "L-DG-1", Editor("a", "b", cities=("shenzhen",)), "撤", withdraw=True
        )


async def test_two_editors_one_draft(register: Register) -> None:
    """The second to save is shown what the first saved; nothing is overwritten."""
    draft = await register.open_draft("item", HR1, ANNA, "改")
    with pytest.raises(DraftExists) as exists:
        await register.open_draft("item", HR1, BOB, "也改")
    assert exists.value.details["draft"] == draft.id
    body = {**(draft.body or {}), "summary": summary("安")}
    saved = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    with pytest.raises(EditConflict) as caught:
        await register.save_draft(draft.id, draft.version, {}, BOB, "改")
    assert caught.value.code == "edit_conflict"
    assert caught.value.details["current"]["body"]["summary"]["zh"] == "安"
    assert caught.value.details["current"]["version"] == saved.version
    await register.discard(draft.id, saved.version, ANNA, "不要了")
    again = await register.open_draft("item", HR1, BOB, "重来")
    assert again.id != draft.id


async def test_half_finished_work_is_kept_but_not_submitted(register: Register) -> None:
    """A body that is no record yet is saved; submitting says which field, and the code cannot change."""
    draft = await register.open_draft("item", HR1, ANNA, "改")
    draft = await register.save_draft(draft.id, draft.version, {"item_id": HR1}, ANNA, "先存")
    with pytest.raises(DraftInvalid) as caught:
        await register.submit(draft.id, draft.version, ANNA, "请审核")
    assert any("summary" in f["where"] for f in caught.value.details["findings"])
    other = body_of(small_list(), HR2)
    draft = await register.save_draft(draft.id, draft.version, other, ANNA, "错")
    with pytest.raises(DraftInvalid):
        await register.submit(draft.id, draft.version, ANNA, "请审核")
    same = body_of(small_list(), HR1)
    draft = await register.save_draft(draft.id, draft.version, same, ANNA, "改回")
    with pytest.raises(NothingToPublish):
        await register.submit(draft.id, draft.version, ANNA, "请审核")


def _nested(depth: int) -> dict[str, Any]:
    """A text that is `depth` levels deep, in objects and lists by turns."""
    body: dict[str, Any] = {}
    for _ in range(depth // 2):
        body = {"x": [body]}
    return body


@pytest.mark.parametrize(
    "body", [_nested(260), _nested(14), {"x": [0] * 20_001}, {"x": 10**30}, {"x": {"y": "\ud800"}}]
)
async def test_what_no_record_can_be_is_refused_before_it_is_written(
    register: Register, body: dict[str, Any]
) -> None:
    """Nothing that could not be shown or given up again ever stands in the way of a record."""
    with pytest.raises(UnfitBody) as caught:
        await register.open_draft("item", HR1, ANNA, "改", body)
    assert (caught.value.status, caught.value.details["fields"][0]["field"]) == (400, "body")
    assert await register.drafts() == []
    draft = await register.open_draft("item", HR1, ANNA, "改")
    with pytest.raises(UnfitBody):
        await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    assert (await register.draft(draft.id)).version == draft.version
    with pytest.raises(InvalidInput):
        await register.open_draft("item", "SG\0", ANNA, "改", {})


async def test_a_draft_kept_before_such_texts_were_refused_can_be_given_up(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown as empty; it can be written anew or discarded, and cannot be submitted."""
    with monkeypatch.context() as before:
        before.setattr("knowledge.editing.drafts.fit", lambda _body: None)
        draft = await register.open_draft("item", HR1, ANNA, "改", _nested(260))
        other = await register.open_draft("item", HR2, ANNA, "改", _nested(260))
    assert [one.body for one in await register.drafts()] == [{}, {}]
    assert (await register.three_way(draft.id)).draft == {}
    with pytest.raises(DraftInvalid):
        await register.submit(draft.id, draft.version, ANNA, "请审核")
    assert (await register.discard(draft.id, draft.version, BOB, "不要")).state == "discarded"
    good = body_of(small_list(), HR2, summary=summary("新"))
    other = await register.save_draft(other.id, other.version, good, ANNA, "重写")
    assert (await register.submit(other.id, other.version, ANNA, "请审核")).state == "in_review"


async def test_a_draft_that_breaks_a_rule_is_named_before_review(register: Register) -> None:
    """The findings are those the draft brings, not those the list had."""
    draft = await register.open_draft("item", HR1, ANNA, "改")
    body = {**(draft.body or {}), "name": {"zh": "社保卡申领", "en": "Same name"}}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改名")
    found = await register.findings(draft.id)
    assert any("share the name" in finding.problem for finding in found)
    with pytest.raises(DraftInvalid):
        await register.submit(draft.id, draft.version, ANNA, "请审核")


async def test_publishing_a_broken_list_publishes_nothing(
    register: Register, list_dir: Path
) -> None:
    """Two drafts that are fine alone and not together: both stay approved, the list stays."""
    changes = {HR1: "同名", HR2: "同名"}
    for code, zh in changes.items():
        draft = await register.open_draft("item", code, ANNA, "改名")
        body = {**(draft.body or {}), "name": {"zh": zh, "en": f"{zh} {code}"}}
        draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改名")
        draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
        await register.approve(draft.id, draft.version, BOB, "同意")
    before = pointer(list_dir)
    with pytest.raises(ListInvalid) as caught:
        await register.publish(None, ANNA, "发布")
    assert "share the name" in caught.value.details["findings"][0]["problem"]
    assert (await register.current()).number == 1
    assert pointer(list_dir) == before
    assert len(await register.drafts("approved")) == 2


async def test_stricter_rules_of_a_release_do_not_lock_the_list(
    db: Database, clock: FakeClock, list_dir: Path
) -> None:
    """What breaks a rule already does not stop another change; a new error does."""
    register = Register(db, clock, list_dir, LetterEmbedder())
    await register.seed(small_list(SG_HR_002={"related": ["SG-ZZ-999"]}))  # once allowed, say
    assert (await published(register, HR1, "新")).number == 2
    draft = await register.open_draft("item", HR1, ANNA, "改")
    body = {**(draft.body or {}), "related": ["SG-ZZ-998"]}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    with pytest.raises(DraftInvalid) as caught:
        await register.submit(draft.id, draft.version, ANNA, "请审核")
    (found,) = caught.value.details["findings"]
    assert "SG-ZZ-998" in found["problem"]


async def test_a_record_that_changed_underneath_is_a_conflict_with_both_sides(
    register: Register,
) -> None:
    """The tree's list brought a change while a draft lay open: three-way, then saved again."""
    draft = await register.open_draft("item", HR1, ANNA, "改")
    body = {**(draft.body or {}), "summary": summary("安的")}
    draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
    await register.seed(small_list(SG_HR_001={"summary": summary("树的"), "related": [HR2]}))
    assert (await register.draft(draft.id)).stale
    with pytest.raises(StaleDraft) as caught:
        await register.submit(draft.id, draft.version, ANNA, "请审核")
    assert "three_way" in caught.value.details
    assert HR1 in caught.value.message("zh")
    sides = await register.three_way(draft.id)
    assert sides.overlaps == ("summary.zh", "summary.en")
    assert {change.path for change in sides.theirs} == {"summary.zh", "summary.en", "related"}
    merged = {**body, "related": [HR2]}
    draft = await register.save_draft(draft.id, draft.version, merged, ANNA, "已比较", rebase=True)
    assert not draft.stale
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "发布")
    item_now = (await register.catalogue()).items[HR1]
    assert (item_now.summary.zh, item_now.related) == ("安的", [HR2])


async def test_two_who_publish_at_once(
    register: Register, db: Database, clock: FakeClock, list_dir: Path
) -> None:
    """One wins; the other, who started from the same version, is told so and nothing of his is lost."""
    mine, theirs = await approved(register, HR1, "一"), await approved(register, HR2, "二")
    other = Register(db, clock, list_dir, LetterEmbedder())
    base = await other._publisher.base()
    await register.publish([mine.id], ANNA, "发布")
    indexes = {path.name for path in (list_dir / "index").iterdir()}

    async def stale_base() -> Any:
        return base

    other._publisher.base = stale_base  # type: ignore[method-assign]
    with pytest.raises(PublishConflict) as caught:
        await other.publish([theirs.id], BOB, "发布")
    assert caught.value.details["current"] == 2
    assert isinstance(caught.value, Conflict)
    assert {path.name for path in (list_dir / "index").iterdir()} == indexes  # told before any work
    assert (await register.draft(theirs.id)).state == "approved"
    assert len(await register.versions()) == 2
    assert (await register.publish([theirs.id], BOB, "再发布")).number == 3
    with pytest.raises(WrongState):
        await register.publish([theirs.id], BOB, "又发布")


async def test_who_is_overtaken_while_he_builds_is_told_by_the_commit(
    register: Register, db: Database, clock: FakeClock, list_dir: Path
) -> None:
    """Another process publishes meanwhile; its index serves as the one that the next is made from."""
    mine, theirs = await approved(register, HR1, "一"), await approved(register, HR2, "二")
    other = Register(db, clock, list_dir, LetterEmbedder())
    base, build = await other._publisher.base(), other._publisher._build

    async def overtaken(base: Any, catalogue: Any) -> str:
        await register.publish([mine.id], ANNA, "发布")
        return await build(base, catalogue)

    other._publisher._build = overtaken  # type: ignore[method-assign]
    with pytest.raises(PublishConflict) as caught:
        await other.publish([theirs.id], BOB, "发布")
    assert caught.value.details["current"] == 2
    assert (await register.current()).number == 2
    now, previous = await register.catalogue(), other._publisher._previous(base)
    assert previous is not None
    assert previous.catalogue.version == now.version != base.catalogue.version
    assert other._publisher._previous(None) is None


async def test_withdrawing_and_what_depends_on_it(register: Register) -> None:
    """A tombstone takes the same way; at once by an admin only; the record's history stays."""
    draft = await register.open_draft("item", HF1, ANNA, "已取消", withdraw=True)
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "发布")
    assert HF1 not in (await register.catalogue()).items
    assert (await register.history("item", HF1))[0].body is None
    with pytest.raises(NotFound):
        await register.record("item", HF1)
    await register.withdraw_now("item", HR2, ADMIN, "紧急")
    assert set((await register.catalogue()).items) == {HR1}
    with pytest.raises(ListInvalid):
        await register.withdraw_now("source", "DEMO", ADMIN, "误")
    back = body_of(small_list(), HF1)
    draft = await register.open_draft("item", HF1, ANNA, "恢复", body=back)
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "发布")
    assert [r.number for r in await register.history("item", HF1)] == [3, 2, 1]
