"""The managed list: audit, tasks, differences."""

from __future__ import annotations

import datetime as dt
import typing
from functools import partial
from typing import Any

import pytest
from list_factory import (
    ANNA,
    BOB,
    DAY,
    approved,
    contact,
    demo_source,
    item,
    material,
    published,
    small_list,
)
from pydantic import BaseModel
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.clock import FakeClock
from core.db import Database, metadata
from core.i18n import LANGS
from core.i18n import catalogue as words_of
from core.outbox import Event
from knowledge.catalogue import MODELS, make_catalogue
from knowledge.editing import audit
from knowledge.editing.diff import diff_cities, diff_records, shown
from knowledge.editing.errors import (
    WrongState,
)
from knowledge.editing.model import AuditReport
from knowledge.editing.register import Register
from knowledge.editing.stale import stale
from knowledge.editing.tables import GUARDED, SETTLED, list_audit, unguards
from knowledge.editing.verifying import verify

HR1, HR2, HF1 = "SG-HR-001", "SG-HR-002", "SG-HF-001"
PAST = "'2020-01-01 00:00:00.000000'"


def _copied(table: str, **changes: object) -> str:
    """The rest of a statement that inserts rows of `table` again, with changes, before a condition."""
    names = [column.name for column in metadata.tables[table].columns]
    values = [
        ("NULL" if changes[name] is None else repr(changes[name]))
        if name in changes
        else f'"{name}"'
        for name in names
    ]
    return f"SELECT {', '.join(values)} FROM {table} WHERE"


# Audit


async def test_the_audit_cannot_be_changed_through_sql(register: Register, db: Database) -> None:
    """UPDATE, DELETE and REPLACE of the audit, of revisions, and of versions and drafts that are
    settled are refused by the database."""
    await published(register, HR1, "新")
    due = register._clock.now() + dt.timedelta(days=1)
    await register.publish([(await approved(register, HR2, "二")).id], ANNA, "定时", due)
    statements = (
        "UPDATE list_versions SET why = 'x' WHERE number = 2",
        "UPDATE list_versions SET published_at = '2020-01-01 00:00:00' WHERE number = 2",
        "UPDATE list_versions SET who = 'x' WHERE state = 'scheduled'",
        "UPDATE list_versions SET effective_at = NULL WHERE state = 'scheduled'",
        "DELETE FROM list_versions WHERE state = 'scheduled'",
        "INSERT OR REPLACE INTO list_versions SELECT * FROM list_versions WHERE number = 2",
        "UPDATE list_drafts SET reviewer = 'x' WHERE state = 'published'",
        "UPDATE list_drafts SET state = 'editing' WHERE state = 'published'",
        "UPDATE list_drafts SET key = 'x' WHERE state = 'approved'",
        "DELETE FROM list_drafts",
        "UPDATE list_audit SET why = 'x'",
        "DELETE FROM list_audit",
        "INSERT OR REPLACE INTO list_audit SELECT * FROM list_audit WHERE seq = 1",
        "UPDATE list_revisions SET body = '{}'",
        "DELETE FROM list_revisions WHERE number = 1",
    )
    for statement in statements:

        def work(conn: Connection, statement: str = statement) -> None:
            conn.execute(text(statement))

        with pytest.raises(DBAPIError, match="written once"):
            await db.call(work, write=True)
    assert (await register.verify_audit()).ok


TAMPERING = (
    ("UPDATE list_audit SET who_name = '别人' WHERE seq = 3", "row 3 was changed"),
    (
        "UPDATE list_audit SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2",
        "row 2 was changed",
    ),
    ("DELETE FROM list_audit WHERE seq = 3", "row 3 is missing"),
    ("DELETE FROM list_audit WHERE seq > 4", "rows after 4 are missing"),
    ("UPDATE list_revisions SET body = '{}' WHERE number = 2", "is not what was published"),
    ("UPDATE list_versions SET manifest = '{}' WHERE number = 2", "version 2 is not"),
    ("UPDATE list_versions SET changed = '[]' WHERE number = 2", "version 2 is not"),
    ("UPDATE list_versions SET who_name = 'x'", "version 2 was changed: who made it"),
    ("UPDATE list_versions SET why = 'x'", "version 2 was changed: the reason"),
    (
        f"UPDATE list_versions SET published_at = {PAST}",
        "version 2 was changed: when it was published",
    ),
    (f"UPDATE list_versions SET made_at = {PAST}", "version 3 was changed: when it was made"),
    (
        f"UPDATE list_versions SET effective_at = {PAST}",
        "version 3 was changed: when it takes effect",
    ),
    ("UPDATE list_versions SET state = 'cancelled'", "version 3 was changed: the state"),
    ("UPDATE list_versions SET drafts = '[]'", "version 3 was changed: its drafts"),
    (
        f"INSERT INTO list_versions {_copied('list_versions', number=9)} number = 1",
        "version 9 is in no row",
    ),
    ("DELETE FROM list_versions WHERE number = 1", "version 1 is missing"),
    (
        "UPDATE list_revisions SET who_name = 'x' WHERE number = 2",
        "revision 2 was changed: who, when or why",
    ),
    (
        "UPDATE list_revisions SET reviewer = NULL WHERE number = 2",
        "revision 2 was changed: who, when or why",
    ),
    (f"UPDATE list_revisions SET at = {PAST}", "revision 1 was changed: who, when or why"),
    ("UPDATE list_revisions SET origin = 'desk'", "revision 1 was changed: who, when or why"),
    (
        f"INSERT INTO list_revisions {_copied('list_revisions', number=9)} number = 2",
        "revision 9 is in no row",
    ),
    ("DELETE FROM list_revisions WHERE number = 2", "revision 2 is not what was published"),
    ("UPDATE list_drafts SET authors = '[]'", "was changed: the authors"),
    ("UPDATE list_drafts SET reviewer_name = 'x'", "was changed: who reviewed it"),
    ("UPDATE list_drafts SET published_in = 1", "was changed: the version"),
    ("UPDATE list_drafts SET body = '{}' WHERE state = 'approved'", "is not what was approved"),
    (
        f"INSERT INTO list_drafts {_copied('list_drafts', id='dft_x', open_key=None)} state = 'approved'",
        "draft dft_x is in no row",
    ),
    ("DELETE FROM list_drafts", "is missing"),
    ("UPDATE list_state SET value = 1 WHERE name = 'current'", "is not the one published last"),
    ("UPDATE list_audit SET details = '{}' WHERE seq = 1", "row 1 cannot be read"),
)
"""What somebody does who took the triggers away, and what is found of it."""


async def test_tampering_without_the_triggers_is_found(register: Register, db: Database) -> None:
    """Whoever drops the triggers cannot hide what he did, nor that he dropped them: also who, why and
    when of a version, of a text and of a draft, and what was slipped in."""
    await published(register, HR1, "新")
    due = register._clock.now() + dt.timedelta(days=1)
    await register.publish([(await approved(register, HR2, "二")).id], ANNA, "定时", due)
    assert (await register.verify_audit()).ok

    def tampered(conn: Connection, statement: str) -> AuditReport:
        with conn.begin_nested() as savepoint:
            for table in (*GUARDED, *SETTLED):
                for drop in unguards("sqlite", table):
                    conn.execute(text(drop))
            conn.execute(text("PRAGMA defer_foreign_keys = ON"))
            conn.execute(text(statement))
            report = verify(conn)
            savepoint.rollback()
        return report

    for statement, found in TAMPERING:
        report = await db.call(partial(tampered, statement=statement), write=True)
        assert not report.ok
        assert any(found in problem for problem in report.problems), (statement, report.problems)
        assert any("triggers are missing" in problem for problem in report.problems)
    assert (await register.verify_audit()).ok


async def test_a_row_rewritten_with_a_fitting_hash_is_found(
    register: Register, db: Database
) -> None:
    """Whoever computes the hash anew leaves the next row behind."""
    await published(register, HR1, "新")

    def work(conn: Connection) -> None:
        conn.execute(text("DROP TRIGGER list_audit_no_update"))
        conn.execute(text("UPDATE list_audit SET why = '别的原因' WHERE seq = 3"))
        (row,) = conn.execute(list_audit.select().where(list_audit.c.seq == 3))
        fitting = audit._hash(dict(row._mapping))
        conn.execute(list_audit.update().where(list_audit.c.seq == 3).values(hash=fitting))

    await db.call(work, write=True)
    problems = (await register.verify_audit()).problems
    assert "row 4 does not follow the row before it" in problems
    assert "row 3 was changed" not in problems


# Tasks


async def test_reports_of_residents_become_one_task(register: Register) -> None:
    """Many conversations count on one task, each once; an event told twice changes nothing; nothing of
    a conversation is kept; unknown codes open nothing."""

    def event(number: int, conversation: str, code: str = HR1) -> Event:
        body = {"code": code, "conversation": conversation}
        return Event(number, "list.reported_outdated", code, body)

    for number, conversation in enumerate(("cnv_a", "cnv_b", "cnv_a")):
        await register.on_report(event(number, conversation))
        await register.on_report(event(number, conversation))
    await register.on_report(event(9, "cnv_a", "SG-ZZ-999"))
    (task,) = await register.tasks()
    assert (task.kind, task.key, task.count, task.record) == ("outdated", HR1, 2, ("item", HR1))
    assert "cnv" not in str(task.as_dict()) + str([e.as_dict() for e in await register.audit()])
    await register.close_task(task.id, ANNA, "已核对，内容无误")
    with pytest.raises(WrongState):
        await register.close_task(task.id, ANNA, "再关")
    await register.on_report(event(10, "cnv_c"))
    assert [t.count for t in await register.tasks()] == [1]


async def test_what_grows_stale_opens_one_task_each_and_closes_by_itself(
    register: Register, clock: FakeClock
) -> None:
    """Contacts after 90 days, items after a year: once, until somebody confirms them."""
    await register.step()
    assert await register.tasks() == []
    clock.advance(80 * 86_400)
    for _ in range(2):
        await register.step()
    (task,) = await register.tasks(kind="stale")
    assert (task.record, task.count) == (("liaison", "L-DG-1"), 1)
    clock.advance(300 * 86_400)
    await register.step()
    assert {t.record for t in await register.tasks(kind="stale")} == {
        ("liaison", "L-DG-1"), ("item", HR1), ("item", HR2), ("item", HF1),
    }  # fmt: skip
    fresh = contact(dt.date(2027, 12, 1)).model_dump(mode="json")
    draft = await register.open_draft("liaison", "L-DG-1", ANNA, "已确认", body=fresh)
    draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
    draft = await register.approve(draft.id, draft.version, BOB, "同意")
    await register.publish([draft.id], ANNA, "发布")
    await register.step()
    assert ("liaison", "L-DG-1") not in {t.record for t in await register.tasks(kind="stale")}


def test_every_stale_date_is_told() -> None:
    """Review passed, no longer valid, old, unconfirmed: with the day, in both languages."""
    changes = {"next_review": "2026-11-23", "valid_to": "2026-11-24", "as_of": "2025-01-01"}
    records = [demo_source(), contact(dt.date(2026, 8, 1)), item(HR1, "社保卡", "Card", **changes)]
    today = dt.date(2026, 11, 24)
    found = stale(make_catalogue(records), today)
    assert {one.rule for one in found} == {"next_review", "valid_to", "as_of", "confirmed_at"}
    assert all("2026" in one.text.zh or "2025" in one.text.zh for one in found)
    assert stale(small_list(), DAY) == []


# Differences


def test_lists_are_compared_by_what_their_elements_are() -> None:
    """A material added in front is one addition; a step changed is that step; words are a set."""
    old = item(HR1, "社保卡", "Card").model_dump(mode="json")
    new = item(HR1, "社保卡", "Card").model_dump(mode="json")
    new["common"]["materials"].insert(0, material("photo", "照片", "Photo"))
    new["common"]["materials"][1]["copies"] = 2
    new["common"]["steps"].insert(
        0, {**new["common"]["steps"][0], "text": {"zh": "预约", "en": "book"}}
    )
    new["aliases"]["zh"].append("补卡")
    new["cities"]["dongguan"]["phones"] = ["0769-12345678"]
    found = {change.path: change for change in diff_records(old, new)}
    assert set(found) == {
        "aliases.zh", "common.materials[id_card].copies", "common.materials[photo]",
        "common.steps[1]", "cities.dongguan.phones",
    }  # fmt: skip
    copies = found["common.materials[id_card].copies"]
    assert copies.label.zh == "两市共同 › 材料 › “身份证” › 复印件份数"
    assert copies.label.en == 'Both cities › Materials › "ID card" › Copies'
    assert (copies.old, copies.new) == (0, 2)
    assert found["common.materials[photo]"].old is None
    assert shown(found["common.materials[photo]"].new).startswith("照片")
    assert found["cities.dongguan.phones"].label.zh == "东莞 › 咨询电话"
    assert diff_records(new, new) == []
    moved = {**old, "sources": ["S1", "DEMO"]}
    assert [c.label.en for c in diff_records({**old, "sources": ["DEMO", "S1"]}, moved)] == [
        "Sources › Order"
    ]


def test_the_cities_are_compared_without_their_own_names() -> None:
    """`深圳某局` and `东莞某局` are the same answer; another fee is not."""
    cities = {
        "shenzhen": {"department": {"zh": "深圳市某局", "en": "Shenzhen Bureau"}, "max_visits": 1},
        "dongguan": {"department": {"zh": "东莞市某局", "en": "Dongguan Bureau"}, "max_visits": 2},
    }
    catalogue = make_catalogue([demo_source(), item(HR1, "社保卡", "Card", cities=cities)])
    (only,) = diff_cities(catalogue, HR1, DAY)
    assert (only.path, only.old, only.new) == ("max_visits", 1, 2)
    one = make_catalogue(
        [demo_source(), item(HR1, "社保卡", "Card", cities={"shenzhen": {}, "dongguan": None})]
    )
    assert [(c.path, c.new) for c in diff_cities(one, HR1, DAY)] == [("", None)]


def test_every_field_of_every_record_has_a_label_in_both_languages() -> None:
    """No editor reads a Python name."""
    fields: set[str] = set()

    def collect(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                fields.add(name)
                collect(field.annotation)
        for inner in typing.get_args(kind):
            collect(inner)

    for model in MODELS.values():
        collect(model)
    for lang in LANGS:
        missing = {
            f for f in fields - {"shenzhen", "dongguan"} if f"list.field.{f}" not in words_of(lang)
        }
        assert missing == set()
