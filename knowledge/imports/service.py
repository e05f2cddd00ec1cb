"""`Imports`: the province's records in SQL: import a file, search, flag for Shen-Guan handling.

A file is read to its end and every row judged before anything is written; then all accepted rows go in
within one transaction. A process that dies in between, at any moment, has changed nothing.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from core.clock import Clock
from core.db import Database
from core.errors import InvalidInput, NotFound
from core.i18n import text as words_of
from knowledge.imports import store
from knowledge.imports.areas import area_name
from knowledge.imports.codes import is_code
from knowledge.imports.drafts import draft_body, next_code
from knowledge.imports.faults import refused
from knowledge.imports.files import InputFile, inspect
from knowledge.imports.items import ImportedItem
from knowledge.imports.profile import Origin, Profile, builtin_profiles, load_profile
from knowledge.imports.reading import Progress, judge, spooled
from knowledge.imports.report import ImportReport, Rejection
from knowledge.imports.stopping import Stopped, stoppable
from knowledge.imports.tables import import_batches, imported_items, imported_revisions
from knowledge.text import simplify, squash

MAX_PAGE = 200
_i = imported_items.c


class _DryRun(Exception):
    """Rolls a transaction back whose only purpose was to count."""


class Imports:
    """Records of other systems. All methods are safe to call from several processes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def run(
        self,
        file: Path,
        profile: Profile,
        *,
        who: str,
        why: str,
        name: str | None = None,
        complete: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import a file whole, in one transaction.

        `name`: the file's name for the record (an upload has another on disk). `complete`: the file
        has every record of its source, so records it lacks are retired. `dry_run`: report only.
        Raises `ImportRefused` (400) where the file as a whole cannot be read.
        """
        if profile.kind != "imported":
            raise refused("profile_kind", name=profile.profile)
        started = self._clock.monotonic()
        source = await asyncio.to_thread(inspect, file, name)
        report = ImportReport(profile.profile, source.name, source.digest, dry_run=dry_run)
        last = await self._db.call(lambda conn: store.latest(conn, profile.profile))
        if last is not None and _same(last, source, profile, complete=complete):
            report.same_as = last.id
            for key in ("rows", "accepted", "merged"):
                setattr(report, key, last.counts[key])
            report.unchanged = report.accepted
            report.rejections = [Rejection(**found) for found in last.rejected]
            return report
        stop = threading.Event()
        with tempfile.TemporaryFile() as spool:
            mapper, themes = await stoppable(
                asyncio.to_thread(judge, source, profile, report, spool, progress, stop), stop
            )
            if report.accepted == 0:
                return report
            now = self._clock.now()

            def write(conn: Connection) -> None:
                batch = store.write_batch(
                    conn, report, profile, complete=complete, who=who, why=why, now=now
                )
                done = 0
                for chunk in store.chunks(spooled(spool, themes)):
                    store.write_chunk(conn, batch, profile.profile, chunk, report)
                    done += len(chunk)
                    if progress is not None:
                        progress("writing", done, report.accepted)
                    if stop.is_set():
                        raise Stopped
                read = mapper.codes.keys() | {found.code for found in report.rejections}
                # a row that could not be read may be any record: then none is taken for gone
                known = all(is_code(found.code) for found in report.rejections)
                store.retire(conn, profile.profile, read, report, complete=complete and known)
                if complete and not known:
                    report.notes["not_retired"] += 1
                if dry_run or report.accepted == 0:  # all rows are another source's
                    raise _DryRun
                report.batch = batch
                store.finish_batch(conn, batch, report)

            with suppress(_DryRun):
                await stoppable(self._db.call(write, write=True), stop)
        report.seconds = self._clock.monotonic() - started
        return report

    async def search(
        self,
        text: str = "",
        page: int = 1,
        *,
        page_size: int = 20,
        area: str | None = None,
        level: str | None = None,
        department: str | None = None,
        flagged: bool | None = None,
        active: bool | None = True,
    ) -> dict[str, Any]:
        """One page of records, best match first, then by code.

        Every word of `text` must be in the name, an alias or the code (scripts and punctuation do not
        matter). `area` may be a prefix of a code (`44` the province, `4403` Shenzhen). `flagged` True:
        only records that belong to a Shen-Guan item. Returns `{"items": [brief], "page", "page_size",
        "total", "pages"}`; a brief is `{code, name, alias, catalogue_code, department, area,
        area_name, level, active, revision, source, item, flagged_by, flagged_at}`. Raises
        `InvalidInput` for a bad page.
        """
        if page < 1 or not 1 <= page_size <= MAX_PAGE:
            raise InvalidInput(details={"page": page, "page_size": page_size, "max": MAX_PAGE})
        words = [w for part in simplify(text[:200]).split() if (w := squash(part))]
        wanted = store.matching(
            words, area=area, level=level, department=department, flagged=flagged, active=active
        )
        name = func.lower(_i.name)
        whole = "".join(words)
        rank = case(
            (name == whole, 0),
            (name.like(store.like(whole)[1:], escape="\\"), 1),
            (name.like(store.like(whole), escape="\\"), 2),
            else_=3,
        )

        def work(conn: Connection) -> dict[str, Any]:
            total = conn.execute(
                select(func.count()).select_from(imported_items).where(wanted)
            ).scalar_one()
            rows = conn.execute(
                select(imported_items)
                .where(wanted)
                .order_by(rank if whole else _i.code, _i.code)
                .limit(page_size)
                .offset((page - 1) * page_size)
            )
            return {
                "items": [store.brief(row) for row in rows],
                "page": page,
                "page_size": page_size,
                "total": total,
                "pages": max(1, math.ceil(total / page_size)),
            }

        return await self._db.call(work)

    async def get(self, code: str) -> dict[str, Any]:
        """A brief plus `body` (an `ImportedItem`), `raw` (the row as published), `revisions`
        (`[{revision, batch, digest, body}]`, newest first) and `batch`. Raises `NotFound`."""

        def work(conn: Connection) -> dict[str, Any] | None:
            row = conn.execute(select(imported_items).where(_i.code == code)).first()
            if row is None:
                return None
            old = conn.execute(
                select(imported_revisions)
                .where(imported_revisions.c.code == code)
                .order_by(imported_revisions.c.revision.desc())
            )
            revisions = [
                {"revision": r.revision, "batch": r.batch, "digest": r.digest, "body": r.body}
                for r in old
            ]
            found = {"body": row.body, "raw": row.raw, "batch": row.batch, "revisions": revisions}
            return {**store.brief(row), **found}

        found = await self._db.call(work)
        if found is None:
            raise NotFound(details={"code": code[:40]})
        return found

    async def filters(self) -> dict[str, list[dict[str, Any]]]:
        """What can be filtered by, most records first: `{"areas": [{value, name, count}], "levels",
        "departments"}`; `name` is `{zh, en}`."""

        def work(conn: Connection) -> dict[str, list[dict[str, Any]]]:
            found = {}
            for key, column in (
                ("areas", _i.area), ("levels", _i.level), ("departments", _i.department),
            ):  # fmt: skip
                rows = conn.execute(
                    select(column, func.count())
                    .where(_i.active.is_(True))
                    .group_by(column)
                    .order_by(func.count().desc(), column)
                )
                found[key] = [
                    {"value": value, "name": _filter_name(key, value), "count": count}
                    for value, count in rows
                ]
            return found

        return await self._db.call(work)

    async def batches(self, limit: int = 50) -> list[dict[str, Any]]:
        """Imports so far, newest first: `{id, number, source, file_name, file_digest, who, why,
        created_at, complete, counts}`."""

        def work(conn: Connection) -> list[dict[str, Any]]:
            rows = conn.execute(
                select(import_batches).order_by(import_batches.c.number.desc()).limit(limit)
            )
            return [store.batch_json(row) for row in rows]

        return await self._db.call(work)

    async def batch(self, batch_id: str) -> dict[str, Any]:
        """One import with `rejected` (row, code, reason, zh, en). Raises `NotFound`."""
        row = await self._db.call(
            lambda conn: conn.execute(
                select(import_batches).where(import_batches.c.id == batch_id)
            ).first()
        )
        if row is None:
            raise NotFound(details={"batch": batch_id[:40]})
        rejected = [Rejection(**found).as_dict() for found in row.rejected]
        return {**store.batch_json(row), "rejected": rejected}

    async def draft_of(
        self,
        codes: str | Sequence[str],
        *,
        domain: str,
        taken: Iterable[str],
        materials: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A `ServiceItem` draft of one or several records of the same matter, JSON-ready.

        The code is the next free one of `domain` beside `taken` (codes in the list and in open
        drafts). Chinese is prefilled, English is left "" for the editor, so it cannot be published
        before it is translated; every fact is `to_confirm`. `materials`: ids of documents the list
        knows, by Chinese name. Raises `NotFound`, `InvalidInput`.
        """
        source, items = await self._records(codes)
        origin = await self._origin(source)
        return draft_body(
            items,
            code=next_code(domain, taken),
            domain=domain,
            source=origin.records.id,
            as_of=origin.as_of,
            materials=materials,
        )

    async def source_of(self, code: str) -> dict[str, Any]:
        """The `SourceRecord` that drafts of this record quote, JSON-ready: it has to be in the list
        too. Raises `NotFound`, `InvalidInput`."""
        source, _ = await self._records(code)
        return (await self._origin(source)).records.model_dump(mode="json")

    async def _origin(self, source: str) -> Origin:
        """Where the records of a source come from, as its newest import said: its profile may be a file
        of the person who imported it. Raises `InvalidInput` where it did not say."""
        batch = await self._db.call(lambda conn: store.latest(conn, source))
        said = batch.origin if batch is not None else None
        if said is None and source in builtin_profiles():  # imported before origins were kept
            said = load_profile(source).origin
        if said is None:
            raise InvalidInput("import_no_origin", details={"profile": source})
        return Origin.model_validate(said)

    async def flag(self, codes: str | Sequence[str], item_id: str, *, who: str) -> int:
        """Note that these records belong to `item_id`; returns how many. Raises `NotFound`."""
        return await self._mark(codes, item=item_id, flagged_by=who, flagged_at=self._clock.now())

    async def unflag(self, codes: str | Sequence[str]) -> int:
        """Take the note away again."""
        return await self._mark(codes, item=None, flagged_by=None, flagged_at=None)

    async def all_items(self) -> list[ImportedItem]:
        """Every active record, in code order."""

        def work(conn: Connection) -> list[ImportedItem]:
            rows = conn.execute(select(_i.body).where(_i.active.is_(True)).order_by(_i.code))
            return [ImportedItem.model_validate(body) for (body,) in rows]

        return await self._db.call(work)

    async def _records(self, codes: str | Sequence[str]) -> tuple[str, list[ImportedItem]]:
        """The source of the first of these records, and all of them."""
        wanted = [codes] if isinstance(codes, str) else list(dict.fromkeys(codes))

        def work(conn: Connection) -> dict[str, tuple[str, Any]]:
            rows = conn.execute(select(_i.code, _i.source, _i.body).where(_i.code.in_(wanted)))
            return {row.code: (row.source, row.body) for row in rows}

        found = await self._db.call(work) if 0 < len(wanted) <= MAX_PAGE else {}
        missing = [code[:40] for code in wanted if code not in found]
        if missing or not wanted:
            raise NotFound(details={"codes": missing})
        items = [ImportedItem.model_validate(found[code][1]) for code in wanted]
        return found[wanted[0]][0], items

    async def _mark(self, codes: str | Sequence[str], **values: Any) -> int:
        wanted = [codes] if isinstance(codes, str) else list(dict.fromkeys(codes))

        def work(conn: Connection) -> int:
            there = conn.execute(select(_i.code).where(_i.code.in_(wanted))).scalars().all()
            missing = [code[:40] for code in wanted if code not in set(there)]
            if missing:
                raise NotFound(details={"codes": missing})
            conn.execute(update(imported_items).where(_i.code.in_(wanted)).values(**values))
            return len(wanted)

        return await self._db.call(work, write=True)


def _same(last: Any, source: InputFile, profile: Profile, *, complete: bool) -> bool:
    return (
        last.file_digest == source.digest
        and last.profile_digest == profile.digest
        and (last.complete or not complete)
        and (last.origin is not None or profile.origin is None)
    )


def _filter_name(key: str, value: str) -> dict[str, str]:
    if key == "areas":
        return area_name(value).model_dump()
    if key == "levels":
        return {lang: words_of(f"imports.level.{value}", lang) for lang in ("zh", "en")}
    return {"zh": value, "en": value}
