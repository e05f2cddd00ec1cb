"""The desk's loop: takes back what was not answered, gives back what a lost agent held, offers the next
tickets, and carries out what a dead process left undone.

Each step reads, decides with the pure policies (`desk.routing`, `desk.presence`, `desk.wait`) and writes
compare-and-sets; several processes may run it at once. It never talks to a resident by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import AppError
from core.log import get_log
from core.metrics import counter, gauge, histogram
from core.settings import Settings
from desk.agents import Agent, AgentStore
from desk.effects import Effects
from desk.presence import Presence, PresenceStore, is_lapsed, is_lost
from desk.routing import CAPACITY, COST, AgentView, assign
from desk.store import TicketStore
from desk.tickets import (
    OPEN,
    WAITING,
    Cancel,
    Command,
    Lapse,
    Offer,
    Overdue,
    Release,
    State,
    Ticket,
    queue_key,
)
from desk.wait import estimate, position

log = get_log(__name__)
LIVE: tuple[State, ...] = ("queued", "offered", "active", "wrap_up")
PERIOD_S = 1.0
RECOVER_S = 5.0
WRAP_UP_S = 900.0
"""A ticket whose report does not come is closed without one."""
QUEUE_MAX_S = 2 * 3600.0
"""Nobody waits longer than this; the resident is told."""
STEP = histogram("sg_desk_step_seconds", "Time of one step of the desk's loop")
STEP_FAILED = counter("sg_desk_steps_failed", "Steps of the desk's loop that failed")
QUEUE = gauge("sg_desk_tickets", "Tickets by state", ("state",))
ONLINE = gauge("sg_desk_agents_online", "Agents online")
Apply = Callable[[str, Command], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The desk at one moment."""

    tickets: list[Ticket]
    """Open and in wrap-up."""
    agents: list[AgentView]
    handle_s: dict[str, list[float]]

    def queue(self) -> list[Ticket]:
        """Waiting tickets in order."""
        return sorted((t for t in self.tickets if t.state in ("queued", "offered")), key=queue_key)

    def wait_of(self, ticket: Ticket) -> tuple[int | None, int | None]:
        """(place, estimated seconds); both None when the ticket does not wait."""
        queue = self.queue()
        place = position(ticket, queue)
        if place is None:
            return None, None
        return place, estimate(ticket, queue, self.agents, self.handle_s[ticket.media])


def agent_views(
    agents: Sequence[Agent],
    presences: dict[str, Presence],
    tickets: Sequence[Ticket],
    now: datetime,
    lapse_s: float,
) -> list[AgentView]:
    """Agents as routing sees them."""
    loads: dict[str, int] = {}
    for ticket in tickets:
        holder = ticket.agent or ticket.offered_to
        if holder is not None:
            loads[holder] = loads.get(holder, 0) + COST[ticket.media]
    views = []
    for agent in agents:
        presence = presences.get(agent.id)
        if presence is None or "agent" not in agent.roles:
            continue
        views.append(
            AgentView(
                id=agent.id,
                cities=agent.cities,
                languages=agent.languages,
                media=tuple(m for m in agent.media if m in presence.media),
                online=presence.online(now, lapse_s),
                idle_since=presence.idle_since,
                load=min(loads.get(agent.id, 0), CAPACITY),
                domains=agent.domains,
                generalist=agent.generalist,
            )
        )
    return views


class Engine:
    """One step of the loop, and the loop."""

    def __init__(
        self,
        *,
        store: TicketStore,
        agents: AgentStore,
        presence: PresenceStore,
        effects: Effects,
        clock: Clock,
        settings: Settings,
        apply: Apply,
        settle: Callable[[str], Awaitable[None]],
        place_changed: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store, self._agents, self._presence = store, agents, presence
        self._effects, self._clock, self._settings = effects, clock, settings
        self._apply, self._settle, self._place_changed = apply, settle, place_changed
        self._started_at = clock.now()
        self._kicked = asyncio.Event()
        self._next_recovery = 0.0
        self._last: tuple[float, Snapshot] | None = None
        self._places: dict[str, tuple[int | None, int | None]] = {}

    def kick(self) -> None:
        """Do the next step now."""
        self._kicked.set()

    async def run(self) -> None:
        """The loop `desk`, every second or when kicked, until cancelled."""
        while True:
            self._kicked.clear()
            try:
                with STEP.time():
                    await self.step()
            except Exception as exc:
                STEP_FAILED.inc()
                log.error("desk.step_failed", exc=exc)
                await self._clock.sleep(PERIOD_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), PERIOD_S)

    async def snapshot(self) -> Snapshot:
        """Read the desk as it is."""
        tickets = await self._store.in_states(*LIVE)
        views = agent_views(
            await self._agents.all(),
            await self._presence.all(),
            tickets,
            self._clock.now(),
            self._settings.agent_lapse_s,
        )
        handle = {m: await self._store.handle_times(m) for m in ("text", "video")}
        found = Snapshot(tickets, views, handle)
        self._last = (self._clock.monotonic(), found)
        return found

    async def look(self) -> Snapshot:
        """The desk as it was at most a second ago, for estimates."""
        if self._last is None or self._clock.monotonic() - self._last[0] >= PERIOD_S:
            return await self.snapshot()
        return self._last[1]

    def forget(self) -> None:
        """Something changed: the next `look` reads."""
        self._last = None

    async def step(self) -> None:
        """One look at everything; next to nothing while nobody waits or is served."""
        tickets = await self._store.in_states(*LIVE)
        due = self._clock.monotonic() >= self._next_recovery
        if (tickets or due) and await self._take_back(tickets):
            tickets = await self._store.in_states(*LIVE)
        if due or any(t.state == "queued" for t in tickets):
            await self._offer()
        await self._rooms(tickets)
        if due:
            await self._effects.recover()
            self._next_recovery = self._clock.monotonic() + RECOVER_S
        if self._places or any(t.state in WAITING for t in tickets):
            await self._tell_places()

    async def _try(self, ticket: str, command: Command) -> None:
        try:
            await self._apply(ticket, command)
        except AppError as err:  # somebody was faster: that is what compare-and-set is for
            log.info("desk.race", ticket=ticket, code=err.code)

    async def _take_back(self, tickets: Sequence[Ticket]) -> bool:
        """Undo what time has undone; whether anything was."""
        now, presences = self._clock.now(), await self._presence.all()
        late = [(t.id, self._overdue(t, presences, now)) for t in tickets]
        commands = [(ticket, command) for ticket, command in late if command is not None]
        for ticket, command in commands:
            await self._try(ticket, command)
        for agent, presence in presences.items():
            if presence.status == "online" and self._lost(presence, now):
                log.warning("desk.agent_lost", agent=agent)
                await self._presence.set_away(agent)
        return bool(commands)

    def _lost(self, presence: Presence | None, now: datetime) -> bool:
        lapse, grace = self._settings.agent_lapse_s, self._settings.agent_grace_s
        return is_lost(presence, self._started_at, now, lapse, grace)

    def _overdue(
        self, ticket: Ticket, presences: dict[str, Presence], now: datetime
    ) -> Command | None:
        """What time alone does to a ticket."""
        if ticket.state == "queued":
            # One who came back from an agent has spent most of this time being served.
            limit = QUEUE_MAX_S * (4 if ticket.front else 1)
            late = now - ticket.enqueued_at >= timedelta(seconds=limit)
            return Cancel(abandoned=True) if late else None
        if ticket.state == "offered" and ticket.offered_to and ticket.offer_expires_at:
            holder = presences.get(ticket.offered_to)
            gone = is_lapsed(holder, self._started_at, now, self._settings.agent_lapse_s)
            if gone or now >= ticket.offer_expires_at:
                return Lapse(ticket.offered_to)
        if ticket.state == "active" and ticket.agent:
            return (
                Release(ticket.agent, lost=True)
                if self._lost(presences.get(ticket.agent), now)
                else None
            )
        if ticket.state == "wrap_up" and ticket.ended_at:
            late = now - ticket.ended_at >= timedelta(seconds=WRAP_UP_S)
            return Overdue() if late else None
        return None

    async def _offer(self) -> None:
        snapshot = await self.snapshot()
        for state in LIVE:
            QUEUE.labels(state).set(sum(t.state == state for t in snapshot.tickets))
        ONLINE.set(sum(a.online for a in snapshot.agents))
        for pair in assign(snapshot.queue(), snapshot.agents, self._clock.now()):
            log.info("desk.offer", ticket=pair.ticket.id, agent=pair.agent, step=pair.step)
            await self._try(pair.ticket.id, Offer(pair.agent, self._settings.offer_lease_s))

    async def _rooms(self, tickets: Sequence[Ticket]) -> None:
        """Media rooms that could not be made before."""
        for ticket in tickets:
            if ticket.state in OPEN and ticket.media == "video" and ticket.consultation is None:
                after = await self._effects.ensure_consultation(ticket)
                if after.consultation is not None:
                    await self._settle(ticket.id)

    async def _tell_places(self) -> None:
        """Residents see their place move."""
        snapshot = await self.snapshot()
        places = {t.conversation: snapshot.wait_of(t) for t in snapshot.queue()}
        changed = [c for c, place in places.items() if self._places.get(c, place) != place]
        self._places = places
        for conversation in changed:
            await self._place_changed(conversation)
