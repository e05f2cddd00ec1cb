"""What follows from a ticket's event outside the desk: lines and cards in the resident's thread, the
media room, the state shown to the resident.

Each event row says whether this was carried out. It is done right after the commit, and again by the
desk's loop when a process died in between; message ids are derived from the event, so nothing appears
twice. A failure of the media node never holds up the thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

from core.cards import Card, HandoffCard, NoticeCard, RatingCard, flatten
from core.i18n import Lang, text
from core.log import get_log
from core.metrics import counter
from desk.agents import Agent, AgentStore
from desk.ports import Ports
from desk.store import TicketEvent, TicketStore
from desk.tickets import CALLBACK, OPEN, WAITING, SetConsultation, Ticket

log = get_log(__name__)
FAILED = counter("sg_desk_effects_failed", "Consequences of ticket events that failed", ("kind",))
MAX_ATTEMPTS = 500
MEDIA_TIMEOUT_S = 4.0
WaitOf = Callable[[Ticket], Awaitable[tuple[int | None, int | None]]]


class Effects:
    """Carries out the consequences of events, once each."""

    def __init__(
        self, *, store: TicketStore, agents: AgentStore, ports: Ports, wait_of: WaitOf
    ) -> None:
        self._store, self._agents, self._ports, self._wait_of = store, agents, ports, wait_of
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def drain(self, ticket_id: str) -> None:
        """Carry out what is pending for one ticket, in order."""
        lock = self._locks.setdefault(ticket_id, asyncio.Lock())
        async with lock:
            tried: set[int] = set()
            while events := [
                e for e in await self._store.pending_effects(ticket_id) if e.seq not in tried
            ]:  # carrying one out may cause the next
                tried |= {event.seq for event in events}
                for event in events:
                    await self._one(event)

    async def recover(self) -> int:
        """Carry out what a dead process left; how many events were pending."""
        pending = await self._store.pending_effects()
        for ticket_id in dict.fromkeys(event.ticket for event in pending):
            await self.drain(ticket_id)
        return len(pending)

    async def _one(self, event: TicketEvent) -> None:
        try:
            await self._run(event, await self._store.get(event.ticket))
        except Exception as exc:
            FAILED.labels(event.kind).inc()
            log.error("desk.effect_failed", kind=event.kind, seq=event.seq, exc=exc)
            if event.attempts + 1 < MAX_ATTEMPTS:
                await self._store.effects_failed([event.seq])
                return
        await self._store.effects_done([event.seq])

    async def _run(self, event: TicketEvent, ticket: Ticket) -> None:
        # Together: the call starts while the line is being written.
        done = await asyncio.gather(
            self._thread(event, ticket), self._media(event, ticket), return_exceptions=True
        )
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem
        await self._ports.conversation.state_changed(ticket.conversation)

    async def _say(
        self, event: TicketEvent, ticket: Ticket, line: str, cards: Sequence[Card] = ()
    ) -> None:
        await self._ports.conversation.system_message(
            ticket.conversation,
            client_id=f"desk:{ticket.id}:{event.version}",
            text=line,
            cards=cards,
        )

    async def _thread(self, event: TicketEvent, ticket: Ticket) -> None:
        lang = ticket.lang
        if event.kind == "opened":
            if ticket.state in WAITING and ticket.reason != CALLBACK:
                card = await self._queued_card(ticket)
                await self._say(event, ticket, flatten(card), [card])
        elif event.kind == "accepted" and event.agent is not None:
            line = joined(await self._agents.get(event.agent), lang)
            await self._say(event, ticket, line)
        elif event.kind == "cancelled" and ticket.reason == CALLBACK:
            return  # he asked for a person now and is told so
        elif event.kind in ("released", "lost", "ended", "cancelled", "abandoned"):
            await self._say(event, ticket, text(f"desk.{event.kind}", lang))
        elif event.kind in ("wrapped_up", "overdue"):
            await self._close(event, ticket)

    async def _close(self, event: TicketEvent, ticket: Ticket) -> None:
        """The summary and the question how it went. A report that comes after `overdue` adds a
        summary, without asking twice."""
        lang = ticket.lang
        report = await self._store.report_of(ticket.id)
        if event.kind == "overdue":
            report = None
        summary = report.summary if report else text("desk.no_summary", lang)
        notice = NoticeCard(
            lang=lang, level="success", title=text("desk.closed_title", lang), text=summary
        )
        rating = RatingCard(
            lang=lang, prompt=text("desk.rate", lang), ticket=ticket.id, summary=summary
        )
        late = report is not None and ticket.closed_at is not None and ticket.closed_at < event.at
        cards: list[Card] = [notice] if late else [rating]  # the rating card shows the summary
        line = text("desk.closed", lang, summary=summary)
        await self._say(event, ticket, line, cards)

    async def _queued_card(self, ticket: Ticket) -> Card:
        position, wait_s = await self._wait_of(ticket)
        return HandoffCard(
            lang=ticket.lang,
            prompt=text("desk.queued" if wait_s is not None else "desk.queued_nobody", ticket.lang),
            modes=[ticket.media],
            wait_s=wait_s,
            position=position,
            state="queued",
            ticket=ticket.id,
        )

    async def _media(self, event: TicketEvent, ticket: Ticket) -> None:
        if ticket.media == "video" and ticket.state in OPEN:
            ticket = await self.ensure_consultation(ticket)
        room = ticket.consultation
        if room is None:
            return
        port, signal = self._ports.consultation, self._ports.media
        if event.kind in ("ended", "wrapped_up", "overdue", "cancelled", "abandoned"):
            await self._quietly(port.end(room, event.kind), "end")
        elif event.kind in ("released", "lost"):
            await self._quietly(signal.agent_leave(room), "leave")
        elif ticket.state == "active" and ticket.media == "video":
            await self._quietly(port.start(room), "start")

    async def ensure_consultation(self, ticket: Ticket) -> Ticket:
        """The ticket with its media room; unchanged when no media node answers (tried again)."""
        ticket = await self._store.get(ticket.id)  # the caller's may be a moment old
        if ticket.consultation is not None or ticket.media != "video" or ticket.state not in OPEN:
            return ticket
        try:
            async with asyncio.timeout(MEDIA_TIMEOUT_S):
                room = await self._ports.consultation.prepare(ticket)
        except Exception as exc:
            log.warning("desk.prepare_failed", ticket=ticket.id, problem=type(exc).__name__)
            return ticket
        after, _ = await self._store.transition(ticket.id, SetConsultation(room))
        return after

    async def _quietly(self, call: Awaitable[None], what: str) -> None:
        try:
            async with asyncio.timeout(MEDIA_TIMEOUT_S):
                await call
        except Exception as exc:
            log.warning("desk.media_failed", what=what, problem=type(exc).__name__)


def joined(agent: Agent, lang: Lang) -> str:
    """「深圳坐席 林晓 已接入」"""
    city = text(f"city.{agent.cities[0]}", lang)
    return text("desk.joined", lang, city=city, name=agent.called(lang))
