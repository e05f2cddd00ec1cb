"""The managed list: the one door to drafts, review, versions, audit and tasks.

Every method checks who may do it, writes one transaction with its audit row, and raises typed errors
(`knowledge.editing.errors`). Publishing checks the whole list and builds its index before anything is
committed; the commit decides, then the pointer is swapped, and `reconcile` repairs a swap that a kill
cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from core import i18n
from core.cards import LocalText
from core.clock import CITY_TZ, Clock
from core.db import Database
from core.errors import AppError, InvalidInput, NotFound
from core.i18n import LANGS
from core.log import get_log
from core.outbox import Event
from knowledge.catalogue import Catalogue, Kind, kind_of_code
from knowledge.editing import audit, drafts, store, tasks
from knowledge.editing.diff import name_of
from knowledge.editing.drafts import EDITORS, Step, allowed, reason, record_id
from knowledge.editing.errors import DraftInvalid, NothingToPublish, TimePassed
from knowledge.editing.model import (
    SYSTEM,
    AuditReport,
    Body,
    Draft,
    Editor,
    Task,
    TaskKind,
    Version,
    china_time,
)
from knowledge.editing.publishing import Release, composed, of_drafts, taken_along
from knowledge.editing.reading import RegisterReader
from knowledge.editing.schedule import Schedule, content_of, scheduled, unscheduled, whole
from knowledge.editing.seeding import Seeding
from knowledge.editing.store import NewRevision, as_person
from knowledge.editing.submitting import unfit
from knowledge.editing.verifying import verify
from knowledge.embed import Embedder

log = get_log(__name__)
T = TypeVar("T")


def _to_come(effective_at: datetime | None, now: datetime) -> datetime | None:
    """The time at which a version is to take effect; raises `TimePassed`, and `InvalidInput` for one
    that no calendar has."""
    if effective_at is None:
        return None
    try:
        at = effective_at.astimezone(CITY_TZ)
    except OverflowError as error:
        wrong = {"field": "effective_at", "problem": "out of range"}
        raise InvalidInput(details={"fields": [wrong]}) from error
    if at <= now:
        raise TimePassed(details={"effective_at": at.isoformat()}, time=china_time(at))
    return at


class Register(RegisterReader):
    """The list of one installation. `embedder` may be given later (`register.embedder = …`); without
    one nothing can be published (`Unavailable`)."""

    def __init__(
        self, db: Database, clock: Clock, data_dir: Path, embedder: Embedder | None = None
    ) -> None:
        super().__init__(db, clock, data_dir)
        self._publisher.embedder = embedder
        self._seeding = Seeding(db, clock, self._publisher, data_dir)
        self._clockwork = Schedule(db, clock, self._publisher)

    @property
    def embedder(self) -> Embedder | None:
        """What makes the vectors of a new index."""
        return self._publisher.embedder

    @embedder.setter
    def embedder(self, embedder: Embedder) -> None:
        self._publisher.embedder = embedder

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._db.call(work, write=True)

    def _step(self, who: Editor, why: str) -> Step:
        return Step(who, reason(why), self._clock.now())

    # Drafts

    async def open_draft(
        self,
        kind: Kind,
        key: str,
        who: Editor,
        why: str,
        body: Body | None = None,
        withdraw: bool = False,
    ) -> Draft:
        """Begin work on a record, from its published state unless `body` is given; a record that has an
        open draft raises `DraftExists` (409, `details.draft`). A new record needs a `body`."""
        allowed(who, *EDITORS)
        step, record = self._step(who, why), record_id(kind, key)
        if withdraw and body is not None:
            raise InvalidInput(details={"fields": [{"field": "body", "problem": "withdrawal"}]})
        return await self._write(lambda conn: drafts.opened(conn, step, record, body, withdraw))

    async def open_drafts(
        self, wanted: Sequence[tuple[Kind, str, Body]], who: Editor, why: str
    ) -> list[Draft]:
        """Begin work on several records (kind, key, body) in one transaction: on all of them, or on
        none where one raises what `open_draft` does."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        found = [(record_id(kind, key), body) for kind, key, body in wanted]
        return await self._write(
            lambda conn: [drafts.opened(conn, step, record, body, False) for record, body in found]
        )

    async def save_draft(
        self, draft_id: str, version: int, body: Body, who: Editor, why: str, rebase: bool = False
    ) -> Draft:
        """Keep `body` if the draft still is at `version`, else raise `EditConflict` (409
        `edit_conflict`, `details.current` is the draft as it is). Any JSON object is kept, so that no
        work is lost; only `submit` asks for a complete record. A draft in review or approved goes back
        to `editing`. `rebase`: the editor has seen the published state as it is now."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        return await self._write(
            lambda conn: drafts.saved(conn, step, draft_id, version, body, rebase)
        )

    async def discard(self, draft_id: str, version: int, who: Editor, why: str) -> Draft:
        """Give the work up; it stays readable."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        return await self._write(lambda conn: drafts.discarded(conn, step, draft_id, version))

    async def submit(self, draft_id: str, version: int, who: Editor, why: str) -> Draft:
        """Ask for review. Raises `DraftInvalid` (422, `details.findings`) when the list with it, and with
        what waits for review already, would not be published, `StaleDraft` (409) when the record changed
        underneath, `NothingToPublish` when it says what is published already."""
        draft = replace(await self.draft(draft_id), version=version)
        done, refused = await self.submit_together([draft], who, why)
        if refused:
            raise refused[draft_id]
        return done[0]

    async def submit_together(
        self, chosen: Sequence[Draft], who: Editor, why: str
    ) -> tuple[list[Draft], dict[str, AppError]]:
        """Ask for review of drafts that may need one another: (those submitted, in one transaction; by id
        what `submit` raises for each of the others). One that needs a refused one is refused as well."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        refused: dict[str, AppError] = {}
        done: list[Draft] = []
        left = list(chosen)
        while left and not done:
            found = await self._unfit(left)
            if not found:
                done, found = await self._write(partial(drafts.submitted_together, step, left))
            refused |= found
            left = [draft for draft in left if draft.id not in found]
        return done, refused

    async def _unfit(self, chosen: list[Draft]) -> dict[str, AppError]:
        _, now = await self._publisher.catalogue()
        waiting = [draft for draft in await self.drafts(limit=100_000) if draft.state != "editing"]
        found = await asyncio.to_thread(unfit, now, waiting, chosen)
        return {
            draft_id: DraftInvalid(details={"findings": [finding.as_dict() for finding in errors]})
            for draft_id, errors in found.items()
        }

    async def approve(self, draft_id: str, version: int, who: Editor, why: str) -> Draft:
        """A second person agrees; raises `SecondPersonNeeded` (403) for an author of the draft."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        return await self._write(lambda conn: drafts.approved_by(conn, step, draft_id, version))

    async def send_back(self, draft_id: str, version: int, who: Editor, why: str) -> Draft:
        """In review or approved → editing, with the reviewer's reason."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        return await self._write(lambda conn: drafts.sent_back(conn, step, draft_id, version))

    # Versions

    async def publish(
        self,
        draft_ids: list[str] | None,
        who: Editor,
        why: str,
        effective_at: datetime | None = None,
    ) -> Version:
        """Publish approved drafts (None: all of them) as a new version, at once or, with `effective_at`,
        later. All or nothing: raises `TimePassed` (422), `ListInvalid` (422, `details.findings`: the
        errors that the list in force does not have), `StaleDraft`, `PublishConflict` (409: another was
        first), `NothingToPublish` (409)."""
        allowed(who, *EDITORS)
        step = self._step(who, why)
        later = _to_come(effective_at, step.at)
        base = await self._publisher.base()

        def chosen(conn: Connection) -> list[Draft]:
            found = drafts.approved(conn, draft_ids)
            for draft in found:
                drafts.not_stale(conn, draft)
            return found

        found = await self._read(chosen)
        if not found:
            raise NothingToPublish()
        changes = taken_along(base.catalogue, of_drafts(found))
        catalogue = composed(base.catalogue, changes)
        if later is not None:
            return await self._schedule(step, later, catalogue, found)
        return await self._publisher.release(
            base, Release(who, step.why, catalogue, changes, drafts=tuple(found))
        )

    async def publish_list(
        self, catalogue: Catalogue, who: Editor, why: str, effective_at: datetime | None = None
    ) -> Version:
        """Make a whole list (e.g. a folder) the next version; for `admin`. Raises what `publish` does."""
        allowed(who, "admin")
        step = self._step(who, why)
        later = _to_come(effective_at, step.at)
        if later is not None:
            return await self._schedule(step, later, catalogue, [])
        base = await self._publisher.base()
        changes = whole(base, catalogue, who, step.why)
        return await self._publisher.release(base, Release(who, step.why, catalogue, changes))

    async def _schedule(
        self, step: Step, at: datetime, catalogue: Catalogue, chosen: list[Draft]
    ) -> Version:
        _, now = await self._publisher.catalogue()
        await self._publisher.check(now, catalogue)
        content = None if chosen else content_of(catalogue)
        version = await self._write(lambda conn: scheduled(conn, step, at, chosen, content))
        log.info("list.scheduled", number=version.number, at=at.isoformat())
        return version

    async def withdraw_now(self, kind: Kind, key: str, who: Editor, why: str) -> Version:
        """Take a record out of the list at once, without a second person; for `admin`. What names an item
        is changed in the same version, so that this is possible for every item; `ListInvalid` where a
        source is named. Open drafts of these records stay, and are stale."""
        allowed(who, "admin")
        why, record = reason(why), record_id(kind, key)
        base = await self._publisher.base()
        if record[1] not in base.manifest[record[0]]:
            raise NotFound("unknown_record", details={"kind": kind, "key": record[1]})
        gone = {record: NewRevision(None, "desk", as_person(who), None, why)}
        changes = taken_along(base.catalogue, gone)
        catalogue = composed(base.catalogue, changes)
        return await self._publisher.release(base, Release(who, why, catalogue, changes))

    async def rollback(self, number: int, who: Editor, why: str) -> Version:
        """A new version equal to an old one; for `admin`. The rules are not applied again: what was
        published once may be published again in need."""
        allowed(who, "admin")
        why = reason(why)
        base = await self._publisher.base()
        _, catalogue = await self._publisher.catalogue(number)
        manifest = await self._read(lambda conn: store.manifest_of(conn, number))
        plan = Release(who, why, catalogue, manifest=manifest, rollback_of=number, checked=False)
        return await self._publisher.release(base, plan)

    async def cancel(self, number: int, who: Editor, why: str) -> Version:
        """Take a scheduled version back; its drafts stay approved; for `admin`."""
        allowed(who, "admin")
        step = self._step(who, why)
        return await self._write(lambda conn: unscheduled(conn, step, number, "cancelled", []))

    # Start and clock

    async def seed(self, catalogue: Catalogue) -> Version | None:
        """Take over the list of the source tree: as version 1, or as a new version with what nobody
        edited at the desk (a task for each record edited on both sides). None when nothing is new."""
        return await self._seeding.take(catalogue)

    async def start(self) -> None:
        """At the start of the process: take over the delivered list if it is new, then make the pointer
        and the record agree. Costs one query when nothing is new."""
        await self._seeding.take_delivered()
        await self.reconcile()

    async def reconcile(self) -> bool:
        """Make the index pointer agree with the record; True when it had to be changed."""
        return await self._publisher.agree()

    async def step(self) -> None:
        """What is due: scheduled versions, the pointer, stale records. Called every second."""
        await self._clockwork.publish_due()
        await self.reconcile()
        await self._clockwork.look_for_stale()

    # Audit

    async def verify_audit(self) -> AuditReport:
        """Recompute the whole chain, and compare versions, revisions and drafts with what it says."""
        return await self._write(verify)

    # Tasks

    async def open_task(
        self,
        kind: TaskKind,
        key: str,
        text: LocalText,
        who: Editor,
        *,
        record: tuple[Kind, str] | None = None,
        reporter: str | None = None,
    ) -> Task:
        """Open a task, or find the open one of that kind and key. A new `reporter` (hashed, never stored
        as given) is counted on it, once."""
        at = self._clock.now()

        def work(conn: Connection) -> Task:
            task, new = tasks.opened(conn, at, kind, key, text, who, record, reporter)
            if new:
                why = text.zh[: drafts.WHY_MAX]
                audit.append(
                    conn, at, who, "task.opened", why, task=task.id, kind=kind, key=task.key
                )
            return task

        task = await self._write(work)
        await self._clockwork.count_tasks()
        return task

    async def close_task(self, task_id: str, who: Editor, note: str) -> Task:
        """Done; raises `NotFound`, and `WrongState` (409) when it is closed already."""
        allowed(who, *EDITORS)
        step = self._step(who, note)

        def work(conn: Connection) -> Task:
            task = tasks.close(conn, step.at, task_id, who, step.why)
            audit.append(
                conn,
                step.at,
                who,
                "task.closed",
                step.why,
                task=task.id,
                kind=task.kind,
                key=task.key,
            )
            return task

        task = await self._write(work)
        await self._clockwork.count_tasks()
        return task

    async def on_report(self, event: Event) -> None:
        """Outbox `list.reported_outdated`: a task for the item, life event or centre; every conversation
        counts once. Nothing of the conversation is kept."""
        code, reporter = (
            str(event.body.get("code", "")),
            str(event.body.get("conversation", event.id)),
        )
        kind = kind_of_code(code)
        try:
            _, body = await self.record(kind, code)
        except AppError:
            log.info("list.report_of_unknown_item")
            return
        name = name_of(kind, code, body)
        zh, en = (
            i18n.text("list.reported", lang, name=name.in_(lang), code=code) for lang in LANGS
        )
        await self.open_task(
            "outdated", code, LocalText(zh=zh, en=en), SYSTEM, record=(kind, code),
            reporter=reporter,
        )  # fmt: skip
