"""Revisions and versions in SQL: what the list is made of. Functions over a connection, inside the
caller's transaction; nothing here decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from pydantic import ValidationError
from sqlalchemy import Connection, Row, func, inspect, select, tuple_

from core.errors import NotFound
from knowledge.catalogue import KINDS, MODELS, Catalogue, Kind, Record, key_of, make_catalogue
from knowledge.editing.errors import ListNotStarted, UnreadableRevision
from knowledge.editing.model import Body, Editor, Person, Revision, Version
from knowledge.editing.tables import list_revisions, list_state, list_versions

_CHUNK = 300
NUMBER_MAX = 2**31 - 1
"""What a column of numbers holds."""
RecordId = tuple[Kind, str]
Numbers = dict[Kind, dict[str, int]]
"""A manifest that may be changed."""


@dataclass(frozen=True)
class NewRevision:
    """One to be written."""

    body: Body | None
    origin: str
    who: Person
    reviewer: Person | None
    why: str


def person(row: Any, prefix: str = "who") -> Person | None:
    """The person in two columns of a row."""
    found = getattr(row, prefix)
    return None if found is None else Person(found, getattr(row, f"{prefix}_name"))


def sure(found: Person | None) -> Person:
    """A person whose columns are never NULL."""
    assert found is not None
    return found


def as_person(editor: Editor) -> Person:
    """What is recorded of an editor."""
    return Person(editor.id[:64], editor.name[:64])


def started(conn: Connection) -> bool:
    """Whether the record has the tables of the list."""
    return inspect(conn).has_table(list_state.name)


def state(conn: Connection, name: str) -> Any:
    """The row of `list_state`, or None."""
    return conn.execute(select(list_state).where(list_state.c.name == name)).first()


def put_state(conn: Connection, name: str, value: int, data: dict[str, Any]) -> None:
    """Write a row of `list_state`."""
    done = conn.execute(
        list_state.update().where(list_state.c.name == name).values(value=value, data=data)
    )
    if done.rowcount == 0:
        conn.execute(list_state.insert().values(name=name, value=value, data=data))


def next_version(conn: Connection) -> int:
    """The next number; its row is locked until commit."""
    row = conn.execute(
        list_state.update()
        .where(list_state.c.name == "versions")
        .values(value=list_state.c.value + 1)
        .returning(list_state.c.value)
    ).first()
    if row is not None:
        return int(row[0])
    conn.execute(list_state.insert().values(name="versions", value=1, data={}))
    return 1


def current_number(conn: Connection) -> int | None:
    """Number of the version in force; None before the first."""
    row = state(conn, "current")
    return None if row is None else int(row.value)


def swap_current(conn: Connection, before: int | None, number: int) -> bool:
    """Make `number` the version in force if `before` still is."""
    if before is None:
        if current_number(conn) is not None:
            return False
        conn.execute(list_state.insert().values(name="current", value=number, data={}))
        return True
    done = conn.execute(
        list_state.update()
        .where(list_state.c.name == "current", list_state.c.value == before)
        .values(value=number)
    )
    return done.rowcount == 1


def version_of(row: Row[Any]) -> Version:
    """A version from its row."""
    return Version(
        number=row.number,
        state=row.state,
        list_version=row.list_version,
        index=row.index_name,
        base=row.base,
        who=sure(person(row)),
        why=row.why,
        made_at=row.made_at,
        effective_at=row.effective_at,
        published_at=row.published_at,
        drafts=tuple(row.drafts),
        changed=tuple((kind, key) for kind, key in row.changed),
        rollback_of=row.rollback_of,
        problems=tuple(row.problems),
    )


def version_row(conn: Connection, number: int | None = None) -> Row[Any]:
    """The row of a version (the one in force by default); raises `NotFound`, `ListNotStarted`."""
    wanted = current_number(conn) if number is None else number
    if wanted is None:
        raise ListNotStarted()
    query = select(list_versions).where(list_versions.c.number == wanted)
    row = conn.execute(query).first() if 0 < wanted <= NUMBER_MAX else None
    if row is None:
        raise NotFound("unknown_version", details={"number": wanted}, number=wanted)
    return row


def manifest_of(conn: Connection, number: int | None = None) -> Numbers:
    """The manifest of a published version; raises `NotFound`, `ListNotStarted`."""
    row = version_row(conn, number)
    if row.manifest is None:
        raise NotFound("unknown_version", details={"number": row.number}, number=row.number)
    return {kind: dict(row.manifest.get(kind, {})) for kind in KINDS}


def revision_in(conn: Connection, record: RecordId, number: int | None = None) -> int | None:
    """Which revision of a record a version has (the one in force by default)."""
    return manifest_of(conn, number)[record[0]].get(record[1])


def bodies(
    conn: Connection, wanted: Iterable[tuple[Kind, str, int]]
) -> Iterator[tuple[RecordId, Body | None]]:
    """The bodies of revisions."""
    left = iter(wanted)
    key = tuple_(list_revisions.c.kind, list_revisions.c.key, list_revisions.c.number)
    while part := list(islice(left, _CHUNK)):
        for row in conn.execute(select(list_revisions).where(key.in_(part))):
            yield (row.kind, row.key), row.body


def body_of(conn: Connection, record: RecordId, number: int | None) -> Body | None:
    """The body of one revision; None for none and for a withdrawal."""
    if number is None:
        return None
    return dict(bodies(conn, [(*record, number)])).get(record)


def to_record(record: RecordId, body: Body) -> Record:
    """A stored body as a record; raises `UnreadableRevision`."""
    try:
        return MODELS[record[0]].model_validate(body)
    except ValidationError as error:
        raise UnreadableRevision(
            details={"kind": record[0], "key": record[1], "problems": error.error_count()},
            record=record[1],
        ) from error


def to_body(record: Record) -> Body:
    """A record as it is stored."""
    body: Body = record.model_dump(mode="json")
    return body


def load(conn: Connection, manifest: Numbers) -> Catalogue:
    """The whole list of a manifest; raises `UnreadableRevision`."""
    wanted = [(kind, key, number) for kind in manifest for key, number in manifest[kind].items()]
    found = dict(bodies(conn, wanted))
    missing = [(kind, key) for kind, key, _ in wanted if found.get((kind, key)) is None]
    if missing:
        raise UnreadableRevision(
            details={"kind": missing[0][0], "key": missing[0][1], "problems": 1},
            record=missing[0][1],
        )
    return make_catalogue(
        to_record(record, body) for record, body in found.items() if body is not None
    )


def add_revisions(
    conn: Connection, new: dict[RecordId, NewRevision], at: datetime
) -> dict[RecordId, int]:
    """Write revisions; their numbers."""
    if not new:
        return {}
    highest: dict[RecordId, int] = {}
    kinds = {kind for kind, _ in new}
    query = (
        select(list_revisions.c.kind, list_revisions.c.key, func.max(list_revisions.c.number))
        .where(list_revisions.c.kind.in_(kinds))
        .group_by(list_revisions.c.kind, list_revisions.c.key)
    )
    for kind, key, number in conn.execute(query):
        highest[(kind, key)] = number
    numbers = {record: highest.get(record, 0) + 1 for record in new}
    conn.execute(
        list_revisions.insert(),
        [
            {
                "kind": record[0], "key": record[1], "number": numbers[record],
                "body": revision.body, "origin": revision.origin, "who": revision.who.id,
                "who_name": revision.who.name,
                "reviewer": revision.reviewer.id if revision.reviewer else None,
                "reviewer_name": revision.reviewer.name if revision.reviewer else None,
                "why": revision.why, "at": at,
            }
            for record, revision in new.items()
        ],
    )  # fmt: skip
    return numbers


def origins(conn: Connection, manifest: Numbers) -> dict[RecordId, str]:
    """Where the revision of each record in a manifest comes from."""
    columns = list_revisions.c
    found: dict[tuple[str, str, int], str] = {
        (row.kind, row.key, row.number): row.origin
        for row in conn.execute(select(columns.kind, columns.key, columns.number, columns.origin))
    }
    return {
        (kind, key): found[(kind, key, number)]
        for kind in manifest
        for key, number in manifest[kind].items()
    }


def history(conn: Connection, record: RecordId) -> list[Revision]:
    """Every revision of a record, newest first."""
    columns = list_revisions.c
    rows = conn.execute(
        select(list_revisions)
        .where(columns.kind == record[0], columns.key == record[1])
        .order_by(columns.number.desc())
    ).all()
    used: dict[int, list[int]] = {}
    published = select(list_versions.c.number, list_versions.c.manifest).where(
        list_versions.c.manifest.is_not(None)
    )
    for number, manifest in conn.execute(published.order_by(list_versions.c.number)):
        revision = manifest.get(record[0], {}).get(record[1])
        if revision is not None:
            used.setdefault(revision, []).append(number)
    return [
        Revision(
            kind=cast(Kind, row.kind),
            key=row.key,
            number=row.number,
            body=row.body,
            origin=row.origin,
            who=sure(person(row)),
            reviewer=person(row, "reviewer"),
            why=row.why,
            at=row.at,
            versions=tuple(used.get(row.number, ())),
        )
        for row in rows
    ]


def valid_record(record: RecordId, body: Body) -> Record:
    """`body` as the record it is of; raises `ValidationError`, or `ValueError` for another key."""
    made = MODELS[record[0]].model_validate(body)
    if key_of(made) != record[1]:
        raise ValueError(f"the record's own code is {key_of(made)}, not {record[1]}")
    return made
