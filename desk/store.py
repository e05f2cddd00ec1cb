"""Tickets in SQL. A transition is one compare-and-set on `version`; its event row and outbox event are
written in the same transaction. Decides nothing: `desk.tickets.decide` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotFound
from core.log import get_log
from core.metrics import counter
from core.outbox import emit
from desk.tables import desk_counters, ratings, ticket_events, tickets, wrap_ups
from desk.tickets import OPEN, WAITING, Change, Command, Ticket, decide, queue_key

log = get_log(__name__)
TOPIC = "desk.ticket"
TRANSITIONS = counter("sg_desk_transitions", "Ticket transitions", ("kind",))
LOST_RACES = counter("sg_desk_cas_lost", "Compare-and-set lost and tried again")
RETRIES = 5
Extra = Callable[[AsyncConnection, Change], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One transition, as recorded. `seq` grows without gaps in commit order."""

    seq: int
    ticket: str
    kind: str
    state: str
    version: int
    agent: str | None
    at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """An agent's wrap-up. `summary` is shown to the resident, `note` is not."""

    ticket: str
    agent: str
    client_id: str
    summary: str
    outcome: str
    codes: tuple[str, ...]
    note: str


_COLUMNS = [f.name for f in fields(Ticket)]


def _values(ticket: Ticket) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(ticket, name) for name in _COLUMNS}
    values["skips"] = {agent: until.isoformat() for agent, until in ticket.skips.items()}
    values["open_key"] = ticket.conversation if ticket.state in OPEN else None
    return values


def _ticket(row: Row[Any]) -> Ticket:
    values = {name: row._mapping[name] for name in _COLUMNS}
    values["skips"] = {a: datetime.fromisoformat(at) for a, at in values["skips"].items()}
    return Ticket(**values)


def _event(row: Row[Any]) -> TicketEvent:
    return TicketEvent(
        row.seq, row.ticket, row.kind, row.state, row.version, row.agent, row.at, row.attempts
    )


class TicketStore:
    """Reads and compare-and-sets of tickets, events, wrap-ups and ratings."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def insert(self, ticket: Ticket) -> tuple[Ticket, bool]:
        """Open `ticket`; if its conversation has an open one, that one. (ticket, whether new)"""
        for _ in range(RETRIES):
            try:
                async with self._db.begin() as conn:
                    found = await _open_of(conn, ticket.conversation)
                    if found is not None:
                        return found, False
                    await conn.execute(tickets.insert().values(**_values(ticket)))
                    await self._record(conn, Change(ticket, "opened"), ticket.opened_at)
                return ticket, True
            except IntegrityError:  # another process opened one at the same moment
                LOST_RACES.inc()
        raise Conflict()

    async def transition(
        self, ticket_id: str, command: Command, extra: Extra | None = None
    ) -> tuple[Ticket, TicketEvent | None]:
        """Carry out `command` on the ticket as it is now; (ticket, None) when it was so already.

        `extra` writes more rows in the same transaction. Raises what `decide` raises, `NotFound`, and
        `Conflict` when others keep winning.
        """
        for _ in range(RETRIES):
            try:
                async with self._db.begin() as conn:
                    before = await _get(conn, ticket_id)
                    now = self._clock.now()
                    change = decide(before, command, now)
                    if change is None:
                        return before, None
                    event = await self.swap(conn, before, change, now)
                    if event is not None:
                        if extra is not None:
                            await extra(conn, change)
                        return change.ticket, event
                    await conn.rollback()
            except (OperationalError, IntegrityError) as exc:  # a row appeared at the same moment
                log.info("desk.cas_retry", ticket=ticket_id, problem=type(exc).__name__)
            LOST_RACES.inc()
        raise Conflict()

    async def swap(
        self, conn: AsyncConnection, before: Ticket, change: Change, now: datetime
    ) -> TicketEvent | None:
        """The compare-and-set: None when `before` is no longer what is stored."""
        result = await conn.execute(
            update(tickets)
            .where(tickets.c.id == before.id, tickets.c.version == before.version)
            .values(**_values(change.ticket))
        )
        if result.rowcount != 1:
            return None
        return await self._record(conn, change, now)

    async def _record(self, conn: AsyncConnection, change: Change, now: datetime) -> TicketEvent:
        ticket = change.ticket
        event = TicketEvent(
            seq=await _next(conn),
            ticket=ticket.id,
            kind=change.kind,
            state=ticket.state,
            version=ticket.version,
            agent=change.agent,
            at=now,
        )
        await conn.execute(
            ticket_events.insert().values(
                seq=event.seq,
                ticket=event.ticket,
                kind=event.kind,
                state=event.state,
                version=event.version,
                agent=event.agent,
                at=event.at,
                effects_pending=True,
                attempts=0,
            )
        )
        body = {"seq": event.seq, "kind": event.kind, "state": event.state, "agent": event.agent}
        await emit(conn, TOPIC, ticket.id, {**body, "conversation": ticket.conversation})
        TRANSITIONS.labels(event.kind).inc()
        return event

    async def get(self, ticket_id: str) -> Ticket:
        """The ticket; raises `NotFound`."""
        async with self._db.connect() as conn:
            return await _get(conn, ticket_id)

    async def open_of(self, conversation: str) -> Ticket | None:
        """The queued, offered or active ticket of a conversation."""
        async with self._db.connect() as conn:
            return await _open_of(conn, conversation)

    async def of_consultation(self, consultation: str) -> Ticket | None:
        """The ticket of a media room."""
        found = await self._select(tickets.c.consultation == consultation)
        return found[-1] if found else None

    async def waiting(self) -> list[Ticket]:
        """Queued and offered tickets, in queue order."""
        return sorted(await self._select(tickets.c.state.in_(WAITING)), key=queue_key)

    async def in_states(self, *states: str) -> list[Ticket]:
        """All tickets in `states`."""
        return await self._select(tickets.c.state.in_(states))

    async def of_agent(self, agent: str) -> list[Ticket]:
        """What the agent holds (active, wrap_up) or is offered, oldest first."""
        held = (tickets.c.agent == agent) & tickets.c.state.in_(("active", "wrap_up"))
        offered = (tickets.c.offered_to == agent) & (tickets.c.state == "offered")
        return sorted(await self._select(held | offered), key=lambda t: (t.opened_at, t.id))

    async def _select(self, where: ColumnElement[bool]) -> list[Ticket]:
        async with self._db.connect() as conn:
            rows = await conn.execute(select(tickets).where(where).order_by(tickets.c.opened_at))
            return [_ticket(row) for row in rows]

    async def handle_times(self, media: str, limit: int = 20) -> list[float]:
        """Seconds from accepting to ending of the last conversations of a medium."""
        query = (
            select(tickets.c.accepted_at, tickets.c.ended_at)
            .where(tickets.c.media == media, tickets.c.ended_at.is_not(None))
            .order_by(tickets.c.ended_at.desc())
            .limit(limit)
        )
        async with self._db.connect() as conn:
            rows = (await conn.execute(query)).all()
        return [(row[1] - row[0]).total_seconds() for row in rows if row[0] is not None]

    async def events_after(self, seq: int, limit: int = 200) -> list[TicketEvent]:
        """Events with a greater `seq`, in order."""
        query = select(ticket_events).where(ticket_events.c.seq > seq)
        return await self._events(query.order_by(ticket_events.c.seq).limit(limit))

    async def pending_effects(
        self, ticket: str | None = None, limit: int = 100
    ) -> list[TicketEvent]:
        """Events whose consequences have not been carried out, in order."""
        query = select(ticket_events).where(ticket_events.c.effects_pending)
        if ticket is not None:
            query = query.where(ticket_events.c.ticket == ticket)
        return await self._events(query.order_by(ticket_events.c.seq).limit(limit))

    async def _events(self, query: Any) -> list[TicketEvent]:
        async with self._db.connect() as conn:
            return [_event(row) for row in await conn.execute(query)]

    async def effects_done(self, seqs: Iterable[int]) -> None:
        """Mark consequences as carried out."""
        await self._mark(seqs, effects_pending=False)

    async def effects_failed(self, seqs: Iterable[int]) -> None:
        """Count a failed attempt."""
        await self._mark(seqs, attempts=ticket_events.c.attempts + 1)

    async def _mark(self, seqs: Iterable[int], **values: Any) -> None:
        where = ticket_events.c.seq.in_(list(seqs))
        async with self._db.begin() as conn:
            await conn.execute(update(ticket_events).where(where).values(**values))

    async def last_seq(self) -> int:
        """`seq` of the newest event, 0 when there is none."""
        async with self._db.connect() as conn:
            row = (await conn.execute(select(func.max(ticket_events.c.seq)))).scalar()
        return int(row or 0)

    async def report_of(self, ticket: str) -> Report | None:
        """The wrap-up of a ticket."""
        async with self._db.connect() as conn:
            row = (await conn.execute(select(wrap_ups).where(wrap_ups.c.ticket == ticket))).first()
        if row is None:
            return None
        return Report(
            row.ticket,
            row.agent,
            row.client_id,
            row.summary,
            row.outcome,
            tuple(row.codes),
            row.note,
        )

    def report_writer(self, report: Report) -> Extra:
        """Writes `report` in the transaction that closes its ticket."""

        async def write(conn: AsyncConnection, change: Change) -> None:
            started, ended = change.ticket.accepted_at, change.ticket.ended_at
            handle = (ended - started).total_seconds() if started and ended else 0.0
            await conn.execute(
                wrap_ups.insert().values(
                    ticket=report.ticket,
                    agent=report.agent,
                    client_id=report.client_id,
                    summary=report.summary,
                    outcome=report.outcome,
                    codes=list(report.codes),
                    note=report.note,
                    handle_s=handle,
                    at=self._clock.now(),
                )
            )

        return write

    async def rate(self, ticket: Ticket, score: int, comment: str) -> None:
        """Keep the resident's rating; a second one replaces the first."""
        values = {"score": score, "comment": comment, "at": self._clock.now()}
        async with self._db.begin() as conn:
            done = await conn.execute(
                update(ratings).where(ratings.c.ticket == ticket.id).values(**values)
            )
            if done.rowcount == 0:
                await conn.execute(
                    ratings.insert().values(ticket=ticket.id, agent=ticket.agent, **values)
                )


async def _get(conn: AsyncConnection, ticket_id: str) -> Ticket:
    row = (await conn.execute(select(tickets).where(tickets.c.id == ticket_id))).first()
    if row is None:
        raise NotFound()
    return _ticket(row)


async def _open_of(conn: AsyncConnection, conversation: str) -> Ticket | None:
    row = (await conn.execute(select(tickets).where(tickets.c.open_key == conversation))).first()
    return None if row is None else _ticket(row)


async def _next(conn: AsyncConnection) -> int:
    name = "ticket_events"
    value = await conn.execute(
        update(desk_counters)
        .where(desk_counters.c.name == name)
        .values(value=desk_counters.c.value + 1)
        .returning(desk_counters.c.value)
    )
    row = value.first()
    if row is not None:
        return int(row[0])
    await conn.execute(desk_counters.insert().values(name=name, value=1))
    return 1
