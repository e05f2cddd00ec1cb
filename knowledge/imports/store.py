"""SQL of the imports: one batch in one transaction, searches over what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Set
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from core.ids import new_id
from knowledge.imports.areas import area_name
from knowledge.imports.items import ImportedItem
from knowledge.imports.profile import Profile
from knowledge.imports.report import ImportReport, Rejection
from knowledge.imports.tables import import_batches, imported_items, imported_revisions
from knowledge.text import simplify, squash

CHUNK = 500
_i = imported_items.c


def normal_text(item: ImportedItem) -> str:
    """What a search looks in: codes, names and aliases, without scripts and punctuation."""
    parts = [item.name, item.matter or "", *item.aliases, item.catalogue_name or ""]
    unique = dict.fromkeys(squash(simplify(part)) for part in parts if part)
    codes = [item.code, *item.other_codes, item.catalogue_code or ""]
    return "|".join([*map(str.lower, codes), *unique])


def latest(conn: Connection, source: str) -> Any:
    """The newest batch of a source, or None."""
    return conn.execute(
        select(import_batches)
        .where(import_batches.c.source == source)
        .order_by(import_batches.c.number.desc())
        .limit(1)
    ).first()


def chunks(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Lists of at most `CHUNK`."""
    rest = iter(records)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def write_batch(
    conn: Connection,
    report: ImportReport,
    profile: Profile,
    *,
    complete: bool,
    who: str,
    why: str,
    now: dt.datetime,
) -> str:
    """Write the row of a batch (its counts follow in `finish_batch`); returns its id."""
    batch = new_id("imp")
    number = conn.execute(select(func.coalesce(func.max(import_batches.c.number), 0))).scalar_one()
    conn.execute(
        insert(import_batches).values(
            id=batch,
            number=number + 1,
            source=profile.profile,
            profile_digest=profile.digest,
            file_name=report.file_name[:255],
            file_digest=report.file_digest,
            origin=profile.origin,
            complete=complete,
            who=who,
            why=why,
            created_at=now,
            counts={},
            rejected=[],
        )
    )
    return batch


def finish_batch(conn: Connection, batch: str, report: ImportReport) -> None:
    """Write what the batch came to."""
    report.rejections.sort(key=lambda found: found.row)
    conn.execute(
        update(import_batches)
        .where(import_batches.c.id == batch)
        .values(
            counts=report.counts(),
            rejected=[
                {"row": r.row, "code": r.code, "reason": r.reason, "params": r.params}
                for r in report.rejections
            ],
        )
    )


def write_chunk(
    conn: Connection, batch: str, source: str, chunk: list[dict[str, Any]], report: ImportReport
) -> None:
    """Insert new records, revise changed ones; `chunk` has `{code, digest, body, raw, row}`. A record that
    another source brought and still has belongs to that one: its row is refused."""
    codes = [record["code"] for record in chunk]
    there = {
        row.code: row
        for row in conn.execute(
            select(_i.code, _i.digest, _i.revision, _i.active, _i.batch, _i.body, _i.source).where(
                _i.code.in_(codes)
            )
        )
    }
    fresh, old = [], []
    for record in chunk:
        was = there.get(record["code"])
        if was is None:
            fresh.append({**_columns(record), "batch": batch, "source": source, "revision": 1})
            report.added += 1
        elif was.active and was.source != source:
            report.accepted -= 1
            report.rejections.append(
                Rejection(record["row"], was.code, "other_source", {"source": was.source})
            )
        elif was.digest == record["digest"]:
            if was.active:
                report.unchanged += 1
                continue
            report.back += 1
            conn.execute(
                update(imported_items).where(_i.code == was.code).values(active=True, source=source)
            )
        else:
            report.changed += 1
            old.append(
                {
                    "code": was.code,
                    "revision": was.revision,
                    "batch": was.batch,
                    "digest": was.digest,
                    "body": was.body,
                }
            )
            conn.execute(
                update(imported_items)
                .where(_i.code == was.code)
                .values(**_columns(record), batch=batch, source=source, revision=was.revision + 1)
            )
    if fresh:
        conn.execute(insert(imported_items), fresh)
    if old:
        conn.execute(insert(imported_revisions), old)


def _columns(record: dict[str, Any]) -> dict[str, Any]:
    item = ImportedItem.model_validate(record["body"])
    return {
        "code": item.code,
        "digest": record["digest"],
        "name": item.name,
        "alias": "，".join(item.aliases),
        "normal": normal_text(item),
        "catalogue_code": item.catalogue_code,
        "department": item.department,
        "area": item.area,
        "level": item.level,
        "active": True,
        "body": record["body"],
        "raw": record["raw"],
    }


def retire(
    conn: Connection, source: str, present: Set[str], report: ImportReport, *, complete: bool
) -> None:
    """Count the records of `source` that the file lacks; with `complete` make them inactive."""
    active = conn.execute(select(_i.code).where(_i.source == source, _i.active.is_(True)))
    gone = [code for (code,) in active if code not in present]
    report.gone = len(gone)
    if complete:
        for start in range(0, len(gone), CHUNK):
            conn.execute(
                update(imported_items)
                .where(_i.code.in_(gone[start : start + CHUNK]))
                .values(active=False)
            )
        report.retired = len(gone)


def like(text: str) -> str:
    """A LIKE pattern that finds `text` anywhere; escape character `\\`."""
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, f"\\{mark}")
    return f"%{text}%"


def matching(
    words: list[str],
    *,
    area: str | None,
    level: str | None,
    department: str | None,
    flagged: bool | None,
    active: bool | None,
) -> ColumnElement[bool]:
    """The condition of a search."""
    wanted: list[ColumnElement[bool]] = [_i.code.is_not(None)]
    wanted += [_i.normal.like(like(word), escape="\\") for word in words]
    if area:
        wanted.append(_i.area.like(like(area)[1:], escape="\\"))
    if level:
        wanted.append(_i.level == level)
    if department:
        wanted.append(
            or_(_i.department == department, _i.department.like(like(department), escape="\\"))
        )
    if flagged is not None:
        wanted.append(_i.item.is_not(None) if flagged else _i.item.is_(None))
    if active is not None:
        wanted.append(_i.active.is_(active))
    return and_(*wanted)


def brief(row: Any) -> dict[str, Any]:
    """One line of a search result."""
    name = area_name(row.area)
    return {
        "code": row.code,
        "name": row.name,
        "alias": row.alias,
        "catalogue_code": row.catalogue_code,
        "department": row.department,
        "area": row.area,
        "area_name": name.model_dump(),
        "level": row.level,
        "active": row.active,
        "revision": row.revision,
        "source": row.source,
        "item": row.item,
        "flagged_by": row.flagged_by,
        "flagged_at": row.flagged_at.isoformat() if row.flagged_at else None,
    }


def batch_json(row: Any) -> dict[str, Any]:
    """One line of the record of imports."""
    return {
        "id": row.id,
        "number": row.number,
        "source": row.source,
        "file_name": row.file_name,
        "file_digest": row.file_digest,
        "complete": row.complete,
        "who": row.who,
        "why": row.why,
        "created_at": row.created_at.isoformat(),
        "counts": row.counts,
    }
