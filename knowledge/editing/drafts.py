"""Drafts in SQL and their rules: editing → in_review → approved → published, or discarded.

Functions over a connection, inside the caller's transaction. Every change is one compare-and-set on
`version` and one audit row. Whoever edited a draft may not approve it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.exc import IntegrityError

from core.cards import City
from core.errors import AppError, InvalidInput, NotAllowed, NotFound
from core.ids import new_id
from knowledge.catalogue import KINDS, Kind
from knowledge.editing import audit, store
from knowledge.editing.bodies import fit, readable
from knowledge.editing.cities import touched_cities
from knowledge.editing.diff import diff_records, record_change
from knowledge.editing.errors import (
    DraftExists,
    EditConflict,
    NothingToPublish,
    OtherCity,
    ReasonMissing,
    SecondPersonNeeded,
    StaleDraft,
    WrongState,
)
from knowledge.editing.model import (
    OPEN_STATES,
    Body,
    Draft,
    DraftState,
    Editor,
    Person,
    ThreeWay,
)
from knowledge.editing.store import Numbers, RecordId, as_person, person, sure
from knowledge.editing.tables import list_drafts

KEY_MAX, WHY_MAX = 64, 500
EDITORS = ("list_editor", "admin")


class _Undone(Exception):
    """Rolls back what was done for all, where one was refused."""


@dataclass(frozen=True)
class Step:
    """Who does something to a draft, when and why."""

    who: Editor
    why: str
    at: datetime


def allowed(who: Editor, *roles: str) -> None:
    """Raises `NotAllowed` unless `who` has one of `roles`."""
    if not set(roles) & set(who.roles):
        raise NotAllowed(details={"roles": list(roles)})


def reason(why: str) -> str:
    """The reason given, at most 500 characters; raises `ReasonMissing` for a blank one."""
    given = why.replace("\0", "").strip()
    if not given:
        raise ReasonMissing()
    return given[:WHY_MAX]


def record_id(kind: str, key: str) -> RecordId:
    """A kind and key that may be drafted; raises `InvalidInput`."""
    key = key.strip()
    if kind not in KINDS:
        raise InvalidInput(
            details={"fields": [{"field": "kind", "problem": f"not one of {KINDS}"}]}
        )
    if not (0 < len(key) <= KEY_MAX and key.isprintable()):
        raise InvalidInput(
            details={"fields": [{"field": "key", "problem": f"1 to {KEY_MAX} printed characters"}]}
        )
    return kind, key


def _draft(row: Row[Any], manifest: Numbers) -> Draft:
    return Draft(
        id=row.id,
        kind=row.kind,
        key=row.key,
        state=row.state,
        version=row.version,
        base=row.base,
        current=manifest[cast(Kind, row.kind)].get(row.key),
        withdraw=row.withdraw,
        body=readable(row.body),
        authors=tuple(Person(author["id"], author["name"]) for author in row.authors),
        reason=row.authors[-1]["why"],
        opened_at=row.opened_at,
        updated_by=sure(person(row)),
        updated_at=row.at,
        why=row.why,
        reviewer=person(row, "reviewer"),
        scheduled_in=row.scheduled_in,
        published_in=row.published_in,
    )


def get(conn: Connection, draft_id: str) -> Draft:
    """One draft; raises `NotFound`."""
    row = conn.execute(select(list_drafts).where(list_drafts.c.id == draft_id)).first()
    if row is None:
        raise NotFound("unknown_draft", details={"draft": draft_id[:40]})
    return _draft(row, store.manifest_of(conn))


def listed(
    conn: Connection, state: DraftState | None, kind: Kind | None, limit: int
) -> list[Draft]:
    """Drafts in `state` (the open ones by default), oldest first."""
    manifest = store.manifest_of(conn)
    states = OPEN_STATES if state is None else (state,)
    query = select(list_drafts).where(list_drafts.c.state.in_(states))
    if kind is not None:
        query = query.where(list_drafts.c.kind == kind)
    query = query.order_by(list_drafts.c.opened_at, list_drafts.c.id).limit(limit)
    return [_draft(row, manifest) for row in conn.execute(query)]


def approved(conn: Connection, ids: list[str] | None) -> list[Draft]:
    """Approved drafts that are not scheduled (all by default); raises `NotFound`, `WrongState` for a
    named one that is not."""
    if ids is None:
        found = listed(conn, "approved", None, 100_000)
        return [draft for draft in found if draft.scheduled_in is None]
    chosen = [get(conn, draft_id) for draft_id in dict.fromkeys(ids)]
    for draft in chosen:
        if draft.state != "approved" or draft.scheduled_in is not None:
            raise WrongState(details=_state(draft))
    return chosen


def _state(draft: Draft) -> dict[str, Any]:
    return {"draft": draft.id, "state": draft.state, "scheduled_in": draft.scheduled_in}


def three_way(conn: Connection, draft: Draft) -> ThreeWay:
    """What the draft was begun from, what is published, what it says."""
    record = (draft.kind, draft.key)
    base = store.body_of(conn, record, draft.base)
    current = store.body_of(conn, record, draft.current)
    theirs, ours = diff_records(base, current), diff_records(base, draft.body)
    mine = {change.path: change.new for change in ours}
    overlaps = [
        change.path for change in theirs if change.path in mine and mine[change.path] != change.new
    ]
    return ThreeWay(base, current, draft.body, tuple(theirs), tuple(ours), tuple(overlaps))


def not_stale(conn: Connection, draft: Draft) -> None:
    """Raises `StaleDraft`, with the three-way information, when the record changed underneath."""
    if draft.base != draft.current:
        raise StaleDraft(
            details={"draft": draft.as_dict(), "three_way": three_way(conn, draft).as_dict()},
            record=draft.key,
        )


def _in_his_cities(who: Editor, touched: set[City]) -> None:
    other = touched - set(who.cities)
    if other:
        raise OtherCity(details={"cities": sorted(other)})


def opened(
    conn: Connection, step: Step, record: RecordId, body: Body | None, withdraw: bool
) -> Draft:
    """Begin work on a record; raises `DraftExists`, `NotFound`, `UnfitBody`, `OtherCity`."""
    fit(body)
    base = store.revision_in(conn, record)
    published = store.body_of(conn, record, base)
    if base is None and (withdraw or body is None):
        raise NotFound("unknown_record", details={"kind": record[0], "key": record[1]})
    kept = None if withdraw else (body if body is not None else published)
    _in_his_cities(step.who, touched_cities(published, kept))
    draft_id, me = new_id("dft"), as_person(step.who)
    open_key = f"{record[0]}/{record[1]}"
    values: dict[str, Any] = {
        "id": draft_id, "kind": record[0], "key": record[1], "open_key": open_key,
        "state": "editing", "version": 1, "base": base, "withdraw": withdraw, "body": kept,
        "authors": [_author(me, step.why)], "opened_at": step.at, "who": me.id, "who_name": me.name,
        "at": step.at, "why": step.why,
    }  # fmt: skip
    try:
        with conn.begin_nested():
            conn.execute(list_drafts.insert().values(**values))
    except IntegrityError as error:
        there = conn.execute(
            select(list_drafts.c.id).where(list_drafts.c.open_key == open_key)
        ).scalar()
        raise DraftExists(details={"draft": there}, record=record[1]) from error
    audit.append(
        conn, step.at, step.who, "draft.opened", step.why, draft=draft_id, kind=record[0],
        key=record[1], base=base, withdraw=withdraw or None,
    )  # fmt: skip
    return get(conn, draft_id)


def _change(
    conn: Connection, step: Step, draft: Draft, version: int, action: str, **values: Any
) -> Draft:
    """The compare-and-set; raises `EditConflict`."""
    if draft.version != version:
        raise EditConflict(details={"current": draft.as_dict()})
    me = as_person(step.who)
    details = values.pop("details", {})
    done = conn.execute(
        update(list_drafts)
        .where(list_drafts.c.id == draft.id, list_drafts.c.version == version)
        .values(
            version=version + 1, who=me.id, who_name=me.name, at=step.at, why=step.why, **values
        )
    )
    if done.rowcount != 1:
        raise EditConflict(details={"current": get(conn, draft.id).as_dict()})
    audit.append(
        conn, step.at, step.who, action, step.why, draft=draft.id, kind=draft.kind, key=draft.key,
        **details,
    )  # fmt: skip
    return get(conn, draft.id)


def _open(draft: Draft, *states: DraftState) -> None:
    if draft.state not in states or draft.scheduled_in is not None:
        raise WrongState(details=_state(draft))


def saved(
    conn: Connection, step: Step, draft_id: str, version: int, body: Body, rebase: bool
) -> Draft:
    """Keep `body`; back to `editing`, the saver is an author."""
    fit(body)
    draft = get(conn, draft_id)
    if draft.version != version:
        raise EditConflict(details={"current": draft.as_dict()})
    _open(draft, *OPEN_STATES)
    if draft.withdraw:
        raise WrongState(details=_state(draft))
    record = (draft.kind, draft.key)
    published, base = (
        store.body_of(conn, record, number) for number in (draft.current, draft.base)
    )
    _in_his_cities(step.who, touched_cities(published, body, draft.body, base, rebase=rebase))
    me = as_person(step.who)
    return _change(
        conn, step, draft, version, "draft.saved", body=body, state="editing",
        base=draft.current if rebase else draft.base, reviewer=None, reviewer_name=None,
        authors=_with_author(conn, draft_id, me, step.why),
        details={"body": audit.digest(body), "rebased": rebase or None},
    )  # fmt: skip


def _author(me: Person, why: str) -> dict[str, str]:
    return {**me.as_dict(), "why": why}


def _with_author(conn: Connection, draft_id: str, me: Person, why: str) -> list[dict[str, str]]:
    """The authors as stored, `me` last, with his reason."""
    kept = conn.execute(select(list_drafts.c.authors).where(list_drafts.c.id == draft_id)).scalar()
    return [*(author for author in kept or [] if author["id"] != me.id), _author(me, why)]


def discarded(conn: Connection, step: Step, draft_id: str, version: int) -> Draft:
    """Given up."""
    draft = get(conn, draft_id)
    _open(draft, *OPEN_STATES)
    return _change(conn, step, draft, version, "draft.discarded", state="discarded", open_key=None)


def submitted(conn: Connection, step: Step, draft_id: str, version: int) -> Draft:
    """Editing → in review; raises `NothingToPublish` where it says what is published already."""
    draft = get(conn, draft_id)
    _open(draft, "editing")
    not_stale(conn, draft)
    record = (draft.kind, draft.key)
    if record_change(*record, store.body_of(conn, record, draft.current), draft.body) is None:
        raise NothingToPublish()
    return _change(conn, step, draft, version, "draft.submitted", state="in_review")


def submitted_together(
    step: Step, chosen: list[Draft], conn: Connection
) -> tuple[list[Draft], dict[str, AppError]]:
    """All of them, or by id what is wrong with those that cannot be; inside a transaction of its own."""
    done: list[Draft] = []
    refused: dict[str, AppError] = {}
    with suppress(_Undone), conn.begin_nested():
        for draft in chosen:
            try:
                done.append(submitted(conn, step, draft.id, draft.version))
            except AppError as error:
                refused[draft.id] = error
        if refused:
            raise _Undone
    return ([] if refused else done), refused


def approved_by(conn: Connection, step: Step, draft_id: str, version: int) -> Draft:
    """In review → approved, by a second person."""
    draft = get(conn, draft_id)
    _open(draft, "in_review")
    if draft.written_by(step.who):
        raise SecondPersonNeeded(details={"draft": draft.id})
    not_stale(conn, draft)
    me = as_person(step.who)
    return _change(
        conn, step, draft, version, "draft.approved", state="approved", reviewer=me.id,
        reviewer_name=me.name, details={"body": audit.digest(draft.body)},
    )  # fmt: skip


def sent_back(conn: Connection, step: Step, draft_id: str, version: int) -> Draft:
    """In review or approved → editing."""
    draft = get(conn, draft_id)
    _open(draft, "in_review", "approved")
    return _change(
        conn, step, draft, version, "draft.sent_back", state="editing", reviewer=None,
        reviewer_name=None,
    )  # fmt: skip


def set_scheduled(conn: Connection, chosen: list[Draft], number: int) -> bool:
    """Tie approved drafts to a scheduled version if each still is as it was read."""
    for draft in chosen:
        done = conn.execute(
            update(list_drafts)
            .where(
                list_drafts.c.id == draft.id,
                list_drafts.c.version == draft.version,
                list_drafts.c.state == "approved",
            )
            .values(scheduled_in=number, version=draft.version + 1)
        )
        if done.rowcount != 1:
            return False
    return True


def set_free(conn: Connection, number: int) -> None:
    """Untie the drafts of a scheduled version."""
    conn.execute(
        update(list_drafts)
        .where(list_drafts.c.scheduled_in == number)
        .values(scheduled_in=None, version=list_drafts.c.version + 1)
    )


def set_published(conn: Connection, at: datetime, drafts: list[Draft], number: int) -> bool:
    """Mark drafts as published if each still is as it was read."""
    for draft in drafts:
        done = conn.execute(
            update(list_drafts)
            .where(
                list_drafts.c.id == draft.id,
                list_drafts.c.version == draft.version,
                list_drafts.c.state == "approved",
            )
            .values(
                state="published", open_key=None, scheduled_in=None, published_in=number, at=at,
                version=draft.version + 1,
            )
        )  # fmt: skip
        if done.rowcount != 1:
            return False
    return True
