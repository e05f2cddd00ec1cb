"""Tasks for editors in SQL: opened once, counted when reported again. Functions over a connection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.exc import IntegrityError

from core.cards import LocalText
from core.errors import NotFound
from core.ids import new_id
from knowledge.editing.errors import WrongState
from knowledge.editing.model import Editor, Task, TaskKind, TaskState
from knowledge.editing.store import RecordId, person
from knowledge.editing.tables import list_task_reports, list_tasks

KEY_MAX = 160


def _task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        kind=row.kind,
        key=row.key,
        text=LocalText.model_validate(row.text),
        state=row.state,
        count=row._mapping["count"],
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        last_at=row.last_at,
        record=(row.record_kind, row.record_key) if row.record_kind else None,
        closed_by=person(row, "closed_by"),
        closed_at=row.closed_at,
        note=row.note,
        details=row.details,
    )


def get(conn: Connection, task_id: str) -> Task:
    """One task; raises `NotFound`."""
    row = conn.execute(select(list_tasks).where(list_tasks.c.id == task_id)).first()
    if row is None:
        raise NotFound(details={"task": task_id[:40]})
    return _task(row)


def listed(
    conn: Connection, state: TaskState | None, kind: TaskKind | None, limit: int
) -> list[Task]:
    """The most reported first, then the oldest."""
    query = select(list_tasks)
    if state is not None:
        query = query.where(list_tasks.c.state == state)
    if kind is not None:
        query = query.where(list_tasks.c.kind == kind)
    order = (list_tasks.c.count.desc(), list_tasks.c.opened_at, list_tasks.c.id)
    return [_task(row) for row in conn.execute(query.order_by(*order).limit(limit))]


def opened(
    conn: Connection,
    at: datetime,
    kind: TaskKind,
    key: str,
    text: LocalText,
    who: Editor,
    record: RecordId | None = None,
    reporter: str | None = None,
    details: dict[str, Any] | None = None,
) -> tuple[Task, bool]:
    """(the open task of that kind and key, whether it is new). A new reporter counts; without one a
    task that is open stays as it is."""
    key = key[:KEY_MAX]
    open_key = f"{kind}/{key}"
    row = conn.execute(select(list_tasks).where(list_tasks.c.open_key == open_key)).first()
    new = row is None
    task_id = new_id("tsk") if row is None else str(row.id)
    if new:
        conn.execute(
            list_tasks.insert().values(
                id=task_id, kind=kind, key=key, open_key=open_key, text=text.model_dump(),
                state="open", count=1, opened_by=who.id[:64], opened_at=at, last_at=at,
                record_kind=record[0] if record else None,
                record_key=record[1] if record else None, details=details or {},
            )
        )  # fmt: skip
    if reporter is not None and _first_time(conn, task_id, reporter) and not new:
        conn.execute(
            update(list_tasks)
            .where(list_tasks.c.id == task_id)
            .values(count=list_tasks.c.count + 1, last_at=at)
        )
    return get(conn, task_id), new


def _first_time(conn: Connection, task: str, reporter: str) -> bool:
    name = hashlib.sha256(f"{task}/{reporter}".encode()).hexdigest()
    try:
        with conn.begin_nested():
            conn.execute(list_task_reports.insert().values(task=task, reporter=name))
    except IntegrityError:
        return False
    return True


def close(conn: Connection, at: datetime, task_id: str, who: Editor, note: str) -> Task:
    """Done; raises `NotFound`, `WrongState`."""
    task = get(conn, task_id)
    if task.state != "open":
        raise WrongState(details={"state": task.state})
    conn.execute(
        update(list_tasks)
        .where(list_tasks.c.id == task_id, list_tasks.c.state == "open")
        .values(
            state="done", open_key=None, closed_by=who.id[:64], closed_by_name=who.name[:64],
            closed_at=at, note=note,
        )
    )  # fmt: skip
    return get(conn, task_id)


def close_gone(
    conn: Connection, at: datetime, kind: TaskKind, still: Iterable[str], who: Editor, note: str
) -> list[Task]:
    """Close the open tasks of a kind whose key is not in `still`."""
    keys = {key[:KEY_MAX] for key in still}
    gone = [task for task in listed(conn, "open", kind, 10_000) if task.key not in keys]
    return [close(conn, at, task.id, who, note) for task in gone]
