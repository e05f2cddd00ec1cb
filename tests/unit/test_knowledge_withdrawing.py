"""The managed list: an item that others name is taken out at once, and the list stays whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from list_factory import ADMIN, ANNA, BOB, DAY, approved, demo_source, item, small_list

from core.clock import FakeClock
from knowledge.catalogue import Catalogue, load_catalogue, make_catalogue
from knowledge.editing.errors import ListInvalid
from knowledge.editing.mentions import without
from knowledge.editing.model import Person
from knowledge.editing.publishing import composed, taken_along
from knowledge.editing.register import Register
from knowledge.editing.store import NewRevision, RecordId
from knowledge.model import Bundle, Centre, DoorToDoorOffer
from knowledge.rules import others
from knowledge.validate import check

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"
WHO = Person("agt_admin", "管理员")


def _fact(**values: Any) -> dict[str, Any]:
    both = {name: {"zh": f"{name}的话", "en": f"{name} in words"} for name in values.pop("texts")}
    return {"status": "to_confirm", "source": "DEMO", "as_of": DAY.isoformat()} | both | values


def _bundle(key: str, *steps: dict[str, Any], **more: Any) -> Bundle:
    words = {"zh": ["要办几件事"], "en": ["several things"], "yue": ["办几样嘢"]}
    body = _fact(texts=("name", "summary"), id=key, wordings=words, steps=list(steps), **more)
    return Bundle.model_validate(body)


def _offer(key: str, *items: str) -> DoorToDoorOffer:
    texts = ("name", "area", "sites", "slots")
    body = _fact(texts=texts, id=key, city="shenzhen", items=list(items))
    return DoorToDoorOffer.model_validate(body)


def _centre(key: str, *windows: list[str], terminals: tuple[str, ...] = ()) -> Centre:
    name = {"zh": "综合", "en": "General"}
    places: dict[str, Any] = {
        "windows": [
            {"number": str(n), "name": name, "serves": ["shenzhen"], "items": codes, "domains": ["hrss"]}
            for n, codes in enumerate(windows)
        ],
        "terminals": [{"id": "T1", "name": name, "serves": ["shenzhen"], "items": list(terminals)}]
        if terminals
        else [],
    }  # fmt: skip
    hours = [{"days": [1], "opens": "09:00", "closes": "17:00"}]
    body = _fact(
        texts=("district", "name", "address"), id=key, city="shenzhen", level="district", lat=22.5,
        lon=114.0, hours=hours, **places,
    )  # fmt: skip
    return Centre.model_validate(body)


def _question(key: str, **codes: list[str]) -> dict[str, Any]:
    return {"id": key, "text": {"zh": "是吗？", "en": "Is it so?"}, "items": []} | codes


def _list(*more: Any) -> Catalogue:
    records = [record for found in small_list().records.values() for record in found.values()]
    made = make_catalogue([*records, *more])
    assert not [finding for finding in check(made) if finding.level == "error"]
    return made


def _withdrawal(catalogue: Catalogue, code: str) -> dict[RecordId, NewRevision]:
    return taken_along(
        catalogue, {("item", code): NewRevision(None, "desk", WHO, None, "政策取消")}
    )


def _taken_out(catalogue: Catalogue, code: str) -> Catalogue:
    made = composed(catalogue, _withdrawal(catalogue, code))
    assert not [finding for finding in check(made) if finding.level == "error"]
    assert code not in made.items
    return made


def test_every_item_of_the_list_can_be_taken_out_at_once() -> None:
    """Whatever names it: a resident never finds a matter that was stopped, and no plan, offer or place
    that names it is broken."""
    catalogue = load_catalogue()
    named = sorted(catalogue.items, key=lambda code: -len(without(catalogue, code)))
    for code in catalogue.items:
        made = composed(catalogue, _withdrawal(catalogue, code))
        found = [problem for level, *problem in others(made) if level == "error"]
        found += [[i.item_id, "related"] for i in made.items.values() if code in i.related]
        assert found == [], code
        assert made.bundles.keys() == catalogue.bundles.keys(), code
    for code in (*named[:4], "SG-HR-004"):
        _taken_out(catalogue, code)


def test_what_came_after_the_step_keeps_its_place() -> None:
    """A plan's order holds without the step, with the questions and documents that are still needed."""
    bundle = _bundle(
        "B-MOVE",
        {"item": HR1},
        {"item": HR2, "after": [HR1]},
        {"item": HF1, "after": [HR2, HR1], "gives": ["id_card"]},
        questions=[_question("own", items=[HR2]), _question("rent", items=[HF1], skips=[HR2])],
    )
    made = _taken_out(_list(bundle), HR2).bundles["B-MOVE"]
    assert [(step.item, step.after) for step in made.steps] == [(HR1, []), (HF1, [HR1])]
    assert [(q.id, q.items, q.skips) for q in made.questions] == [("rent", [HF1], [])]
    assert made.steps[1].gives == ["id_card"]
    alone = _taken_out(_taken_out(_list(bundle), HR2), HR1).bundles["B-MOVE"]
    assert [(step.item, step.gives) for step in alone.steps] == [(HF1, [])]


def test_what_has_nothing_left_goes_as_well() -> None:
    """A plan without steps, an offer of nothing, a place without a counter: none is shown. A counter for
    this item alone is not suddenly one for its whole field."""
    catalogue = _list(
        _bundle("B-ONE", {"item": HR1}),
        _offer("D-ONE", HR1),
        _offer("D-TWO", HR1, HR2),
        _centre("SZ-ONE", [HR1]),
        _centre("SZ-TWO", [HR1], [], terminals=(HR1, HR2)),
    )
    made = _taken_out(catalogue, HR1)
    assert (dict(made.bundles), [*made.door_offers], [*made.centres]) == ({}, ["D-TWO"], ["SZ-TWO"])
    assert made.door_offers["D-TWO"].items == [HR2]
    (window,) = made.centres["SZ-TWO"].windows
    assert (window.number, window.items) == ("1", [])
    assert made.centres["SZ-TWO"].terminals[0].items == [HR2]
    assert without(_list(), HR1) == {}


async def test_each_change_says_who_when_and_why(register: Register) -> None:
    """One version; the history of what named the item tells of it; a source that facts rest on stays."""
    extra = item("SG-HR-009", "社保卡挂失", "Report a lost card", related=[HR1])
    records = [demo_source(), extra, *small_list().items.values()]
    await register.publish_list(make_catalogue(records), ADMIN, "新清单")
    version = await register.withdraw_now("item", HR1, ADMIN, "政策取消")
    assert set(version.changed) == {("item", HR1), ("item", "SG-HR-009")}
    now = await register.catalogue()
    assert (HR1 in now.items, now.items["SG-HR-009"].related) == (False, [])
    newest = (await register.history("item", "SG-HR-009"))[0]
    assert (newest.who.id, newest.at) == (ADMIN.id, version.published_at)
    assert newest.why == "“社保卡补办”（SG-HR-001）从清单撤下：政策取消"
    assert (await register.history("item", HR1))[0].why == "政策取消"
    assert (await register.verify_audit()).ok
    with pytest.raises(ListInvalid):
        await register.withdraw_now("source", "DEMO", ADMIN, "误")


async def test_a_reviewed_withdrawal_takes_along_what_names_the_item(
    register: Register, clock: FakeClock
) -> None:
    """The reviewer is told what else changes; it is published as reviewed, also on its day. A draft that
    names the item still is not changed behind its author's back."""
    extra = item("SG-HR-009", "社保卡挂失", "Report a lost card", related=[HR1])
    records = [demo_source(), extra, *small_list().items.values()]
    await register.publish_list(make_catalogue(records), ADMIN, "新清单")
    draft = await register.open_draft("item", HR1, ANNA, "政策取消", withdraw=True)
    (told,) = await register.findings(draft.id)
    assert (told.level, told.where) == ("warning", "SG-HR-009")
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "元旦起停办", clock.now() + timedelta(days=1))
    clock.advance(2 * 86_400)
    await register.step()
    now = await register.catalogue()
    assert (HR1 in now.items, now.items["SG-HR-009"].related) == (False, [])
    newest = (await register.history("item", "SG-HR-009"))[0]
    assert (newest.who.id, newest.reviewer and newest.reviewer.id) == (ANNA.id, BOB.id)
    assert (await register.verify_audit()).ok
    await register.rollback(2, ADMIN, "复办")
    other = await approved(register, "SG-HR-009", "新的简介")
    gone = await register.open_draft("item", HR1, ANNA, "又停办", withdraw=True)
    gone = await register.submit(gone.id, gone.version, ANNA, "请审核")
    await register.approve(gone.id, gone.version, BOB, "同意")
    with pytest.raises(ListInvalid):
        await register.publish(None, ANNA, "发布")
    assert (await register.draft(other.id)).state == "approved"
    await register.publish([other.id], ANNA, "先发布")
    await register.publish([gone.id], ANNA, "再停办")
    left = (await register.catalogue()).items["SG-HR-009"]
    assert (left.summary.zh, left.related) == ("新的简介", [])
