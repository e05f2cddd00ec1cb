"""What the clock brings: scheduled versions, and records that grow stale."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.cards import LocalText
from core.clock import CITY_TZ, Clock
from core.db import Database
from core.errors import AppError
from core.i18n import LANGS, text
from core.log import get_log
from core.metrics import gauge
from knowledge.catalogue import Catalogue, Kind, make_catalogue
from knowledge.editing import audit, drafts, store, tasks
from knowledge.editing.drafts import Step
from knowledge.editing.errors import ListInvalid, PublishConflict, WrongState
from knowledge.editing.model import SYSTEM, Draft, Editor, Version
from knowledge.editing.publishing import Base, Publisher, Release, composed, of_drafts, taken_along
from knowledge.editing.stale import stale
from knowledge.editing.store import NewRevision, RecordId, as_person
from knowledge.editing.tables import list_tasks, list_versions

log = get_log(__name__)
OPEN_TASKS = gauge("sg_knowledge_open_tasks", "Open tasks of the list's editors")
Content = dict[str, dict[str, Any]]
"""Bodies by kind and key."""


def content_of(catalogue: Catalogue) -> Content:
    """A whole list as it is stored until it takes effect."""
    return {
        kind: {key: store.to_body(record) for key, record in found.items()}
        for kind, found in catalogue.records.items()
    }


def whole(base: Base, catalogue: Catalogue, who: Editor, why: str) -> dict[RecordId, NewRevision]:
    """The changes that make the list in force into `catalogue`."""
    me = as_person(who)
    changes: dict[RecordId, NewRevision] = {}
    for kind, found in catalogue.records.items():
        here = base.catalogue.records[kind]
        for key, record in found.items():
            if here.get(key) != record:
                changes[(kind, key)] = NewRevision(store.to_body(record), "file", me, None, why)
        for key in here.keys() - found.keys():
            changes[(kind, key)] = NewRevision(None, "file", me, None, why)
    return changes


def scheduled(
    conn: Connection,
    step: Step,
    effective_at: datetime,
    chosen: list[Draft],
    content: Content | None,
) -> Version:
    """Write down what is to take effect later; raises `PublishConflict` when a draft changed."""
    number, me = store.next_version(conn), as_person(step.who)
    conn.execute(
        list_versions.insert().values(
            number=number, state="scheduled", changed=[[d.kind, d.key] for d in chosen],
            drafts=[draft.id for draft in chosen], content=content, who=me.id, who_name=me.name,
            why=step.why, made_at=step.at, effective_at=effective_at, problems=[],
        )
    )  # fmt: skip
    if not drafts.set_scheduled(conn, chosen, number):
        raise PublishConflict(details={"current": store.current_number(conn)})
    audit.append(
        conn, step.at, step.who, "version.scheduled", step.why, number=number,
        effective_at=effective_at.isoformat(), drafts=[draft.id for draft in chosen] or None,
    )  # fmt: skip
    return store.version_of(store.version_row(conn, number))


def unscheduled(
    conn: Connection, step: Step, number: int, state: str, problems: list[str]
) -> Version:
    """Scheduled → cancelled or failed; its drafts are approved and free again."""
    version = store.version_of(store.version_row(conn, number))
    done = conn.execute(
        list_versions.update()
        .where(list_versions.c.number == number, list_versions.c.state == "scheduled")
        .values(state=state, problems=problems, content=None)
    )
    if done.rowcount != 1:
        raise WrongState(details={"version": number, "state": version.state})
    drafts.set_free(conn, number)
    audit.append(conn, step.at, step.who, f"version.{state}", step.why, number=number)
    return store.version_of(store.version_row(conn, number))


class Schedule:
    """Does what is due."""

    def __init__(self, db: Database, clock: Clock, publisher: Publisher) -> None:
        self._db, self._clock, self._publisher = db, clock, publisher
        self._looked: tuple[int, str] | None = None

    async def publish_due(self) -> list[Version]:
        """Publish the scheduled versions whose time has come, in order. One that cannot be published
        fails, with a task; its drafts stay approved."""

        def due(conn: Connection) -> list[Version]:
            query = (
                select(list_versions)
                .where(
                    list_versions.c.state == "scheduled",
                    list_versions.c.effective_at <= self._clock.now(),
                )
                .order_by(list_versions.c.effective_at, list_versions.c.number)
            )
            return [store.version_of(row) for row in conn.execute(query)]

        done: list[Version] = []
        for version in await self._db.call(due):
            try:
                done.append(await self._publish(version))
            except PublishConflict:
                log.info("list.schedule_waits", number=version.number)  # the next step tries again
            except AppError as error:
                if error.status == 503:
                    raise  # not the list's fault: the next step tries again
                await self._fail(version, error)
        return done

    async def _publish(self, version: Version) -> Version:
        base = await self._publisher.base()

        def read(conn: Connection) -> tuple[list[Draft], Content | None]:
            chosen = [drafts.get(conn, draft_id) for draft_id in version.drafts]
            for draft in chosen:
                drafts.not_stale(conn, draft)
            return chosen, store.version_row(conn, version.number).content

        chosen, content = await self._db.call(read)
        who = Editor(version.who.id, version.who.name)
        if content is None:
            changes = taken_along(base.catalogue, of_drafts(chosen))
            catalogue = composed(base.catalogue, changes)
        else:
            catalogue = _from_content(content)
            changes = whole(base, catalogue, who, version.why)
        plan = Release(
            who, version.why, catalogue, changes, drafts=tuple(chosen), number=version.number
        )
        return await self._publisher.release(base, plan)

    async def _fail(self, version: Version, error: AppError) -> None:
        problems = [error.message("en")]
        if isinstance(error, ListInvalid):
            problems += [f"{f['where']}: {f['problem']}" for f in error.details["findings"]]
        step = Step(SYSTEM, problems[-1][:500], self._clock.now())

        def work(conn: Connection) -> None:
            unscheduled(conn, step, version.number, "failed", problems)
            zh, en = (
                text("list.schedule_failed", lang, number=version.number, problem=words)
                for lang, words in zip(
                    LANGS, (error.message("zh"), error.message("en")), strict=True
                )
            )
            words = LocalText(zh=zh, en=en)
            tasks.opened(conn, step.at, "publish", f"version/{version.number}", words, SYSTEM)

        await self._db.call(work, write=True)
        log.warning("list.schedule_failed", number=version.number, code=error.code)

    async def look_for_stale(self) -> None:
        """Once a day and after every version: a task for each record that grew stale; those that no
        longer apply are closed."""
        number = await self._db.call(store.current_number)
        today = self._clock.now().astimezone(CITY_TZ).date()
        if number is None or self._looked == (number, today.isoformat()):
            return
        _, catalogue = await self._publisher.catalogue(number)
        found = stale(catalogue, today)

        def work(conn: Connection) -> None:
            row = store.state(conn, "stale")
            seen = {"number": number, "date": today.isoformat()}
            if row is not None and row.data == seen:
                return
            at = self._clock.now()
            for one in found:
                tasks.opened(
                    conn, at, "stale", one.task_key, one.text, SYSTEM, record=(one.kind, one.key)
                )
            keys = [one.task_key for one in found]
            tasks.close_gone(conn, at, "stale", keys, SYSTEM, text("list.gone", "zh"))
            store.put_state(conn, "stale", 0, seen)

        await self._db.call(work, write=True)
        self._looked = (number, today.isoformat())
        await self.count_tasks()

    async def count_tasks(self) -> None:
        """Bring the gauge up to date."""
        query = select(func.count()).select_from(list_tasks).where(list_tasks.c.state == "open")
        OPEN_TASKS.set(await self._db.call(lambda conn: conn.execute(query).scalar() or 0))


def _from_content(content: Content) -> Catalogue:
    kinds: dict[Kind, dict[str, Any]] = content  # type: ignore[assignment]
    return make_catalogue(
        store.to_record((kind, key), body)
        for kind, found in kinds.items()
        for key, body in found.items()
    )
