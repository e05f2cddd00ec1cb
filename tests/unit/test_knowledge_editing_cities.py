"""The managed list: an editor of one city changes nothing that holds in the other city only."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from list_factory import ADMIN, BOB, LetterEmbedder, body_of, small_list, summary

from core.clock import FakeClock
from core.db import Database
from knowledge.editing.cities import touched_cities
from knowledge.editing.errors import OtherCity
from knowledge.editing.model import Draft, Editor
from knowledge.editing.register import Register

HR1 = "SG-HR-001"
SZ = Editor("agt_sz", "深", ("list_editor",), ("shenzhen",))
DG = Editor("agt_dg", "莞", ("list_editor",), ("dongguan",))


def _faq(zh: str, city: str | None) -> dict[str, Any]:
    return {
        "question": {"zh": zh, "en": f"Question {zh}"}, "answer": {"zh": "可以", "en": "Yes"},
        "city": city, "status": "to_confirm", "source": "DEMO", "as_of": "2026-11-01",
    }  # fmt: skip


def _item(**changes: Any) -> dict[str, Any]:
    body = body_of(small_list(), HR1, **changes)
    return deepcopy(body)


def test_every_part_that_names_a_city_is_that_city_s() -> None:
    """A frequent question of one city is that city's answer to a resident; what stands for both is not,
    nor is the order among them."""
    faqs = [
        _faq("深圳能代办吗", "shenzhen"),
        _faq("要钱吗", None),
        _faq("东莞能代办吗", "dongguan"),
    ]
    old = _item(faqs=faqs)

    def with_faqs(*found: dict[str, Any]) -> dict[str, Any]:
        return _item(faqs=list(found))

    other = {**faqs[2], "answer": {"zh": "不可以", "en": "No"}}
    assert touched_cities(old, with_faqs(faqs[0], faqs[1], other)) == {"dongguan"}
    assert touched_cities(old, with_faqs(faqs[0], faqs[1])) == {"dongguan"}
    assert touched_cities(old, with_faqs(*faqs, _faq("新的", "shenzhen"))) == {"shenzhen"}
    moved = {**faqs[1], "city": "dongguan"}
    assert touched_cities(old, with_faqs(faqs[0], moved, faqs[2])) == {"dongguan"}
    both = {**faqs[0], "city": None}
    assert touched_cities(old, with_faqs(both, *faqs[1:])) == {"shenzhen"}
    free = {**faqs[1], "answer": {"zh": "免费", "en": "Free"}}
    assert touched_cities(old, with_faqs(free, faqs[2], faqs[0])) == set()
    assert touched_cities(old, _item(faqs="half written")) == {"shenzhen", "dongguan"}


def test_what_only_one_city_handles_is_that_city_s() -> None:
    """What is common to a matter of one city is what its residents read; its wordings are anybody's."""
    old = _item(cities={"shenzhen": {}, "dongguan": None}, faqs=[_faq("要钱吗", None)])
    fee = {**old["common"], "phones": ["0755-82345678"]}
    assert touched_cities(old, {**old, "common": fee}) == {"shenzhen"}
    assert touched_cities(old, {**old, "faqs": []}) == {"shenzhen"}
    assert touched_cities(old, {**old, "summary": summary("新")}) == set()
    taken_up = {**old, "cities": {"shenzhen": {}, "dongguan": {}}}
    assert touched_cities(old, taken_up) == {"dongguan"}
    assert touched_cities(taken_up, old) == {"dongguan"}
    never = {**old["common"], "max_visits": 0}
    assert touched_cities({**old, "common": never}, old) == {"shenzhen"}


def test_a_place_or_contact_is_its_city_s_whatever_changes() -> None:
    """Also where its city is what changes, and where it is new or leaves the list."""
    old = {"id": "L-DG-1", "city": "dongguan", "phone": "12345"}
    assert touched_cities(old, old) == {"dongguan"}
    assert touched_cities(old, {**old, "city": "shenzhen"}) == {"dongguan", "shenzhen"}
    assert touched_cities(None, old) == touched_cities(old, None) == {"dongguan"}
    assert touched_cities(None, {"id": "S1", "title": {}}) == set()


async def _draft(register: Register, who: Editor, **changes: Any) -> Draft:
    """A draft of the item with `changes`."""
    draft = await register.open_draft("item", HR1, who, "改")
    body = {**(draft.body or {}), **changes}
    return await register.save_draft(draft.id, draft.version, body, who, "改")


async def test_taking_over_what_is_published_is_no_change_of_the_other_city(
    db: Database, clock: FakeClock, register: Register
) -> None:
    """Going back changed the other city's part under a draft: the merged text is kept, with and without
    `rebase`; the old text of that part is not, and nothing else of the other city's."""
    theirs = {"shenzhen": {}, "dongguan": {"phones": ["0769-22345678"]}}
    draft = await _draft(register, ADMIN, cities=theirs)
    draft = await register.submit(draft.id, draft.version, ADMIN, "请审核")
    await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish(None, ADMIN, "发布")
    mine = await _draft(register, SZ, summary=summary("深圳写的"))
    await register.rollback(1, ADMIN, "退回")
    assert (await register.draft(mine.id)).stale
    published = (await register.record("item", HR1))[1]
    merged = {**published, "summary": summary("深圳写的")}
    with pytest.raises(OtherCity):
        await register.save_draft(mine.id, mine.version, mine.body or {}, SZ, "照旧", rebase=True)
    wrong = {**merged, "cities": {**merged["cities"], "dongguan": {"phones": ["0769-27654321"]}}}
    with pytest.raises(OtherCity):
        await register.save_draft(mine.id, mine.version, wrong, SZ, "改", rebase=True)
    kept = await register.save_draft(mine.id, mine.version, merged, SZ, "接受")
    kept = await register.save_draft(kept.id, kept.version, merged, SZ, "已比较", rebase=True)
    assert not kept.stale
    kept = await register.submit(kept.id, kept.version, SZ, "请审核")
    await register.approve(kept.id, kept.version, BOB, "同意")
    await register.publish(None, SZ, "发布")
    now = (await register.record("item", HR1))[1]
    assert (now["summary"]["zh"], now["cities"]["dongguan"]["phones"]) == ("深圳写的", [])


async def test_a_colleague_s_part_of_a_draft_stays_when_it_is_put_on_what_is_published(
    db: Database, clock: FakeClock, list_dir: Any, register: Register
) -> None:
    """Two cities work on one draft; the list brings a change that concerns neither: either may go on."""
    mine = await _draft(register, SZ, summary=summary("深圳写的"))
    cities = {**(mine.body or {})["cities"], "dongguan": {"phones": ["0769-22345678"]}}
    both = {**(mine.body or {}), "cities": cities}
    mine = await register.save_draft(mine.id, mine.version, both, DG, "东莞电话")
    await Register(db, clock, list_dir, LetterEmbedder()).seed(
        small_list(SG_HR_001={"related": ["SG-HR-002"]})
    )
    merged = {**both, "related": ["SG-HR-002"]}
    wrong = {**merged, "cities": {**cities, "dongguan": {"phones": ["0769-27654321"]}}}
    with pytest.raises(OtherCity):
        await register.save_draft(mine.id, mine.version, wrong, SZ, "改", rebase=True)
    kept = await register.save_draft(mine.id, mine.version, merged, SZ, "已比较", rebase=True)
    assert not kept.stale
