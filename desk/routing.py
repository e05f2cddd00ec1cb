"""Who is offered which ticket.

`assign` is the policy: the waiting tickets and the agents as they are now → pairs. What a ticket needs
is relaxed as it waits: agents of the same city's desk first, after 30 s anyone who may act for that
city, after 90 s generalists. Waiting for somebody who is not online helps nobody, so a step without any
online agent is passed over at once. Among agents: least loaded, then longest idle. Never an agent
outside the cities he may act for, never one who is away, stale or full. No I/O here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.cards import City, Mode
from core.i18n import Lang
from desk.tickets import Ticket, queue_key

ANY_CITY_AFTER_S = 30.0
GENERALIST_AFTER_S = 90.0
CAPACITY = 3
"""Text conversations one agent holds at once; a video call takes the whole agent."""
COST: dict[Mode, int] = {"text": 1, "video": CAPACITY}
STEPS = ("exact", "any_city", "generalist")


@dataclass(frozen=True, slots=True)
class AgentView:
    """An agent as routing sees him."""

    id: str
    cities: tuple[City, ...]
    """Cities he may act for; the first is that of his own desk."""
    languages: tuple[Lang, ...]
    media: tuple[Mode, ...]
    online: bool
    """Says he is online, and his heartbeat is fresh."""
    idle_since: datetime
    load: int = 0
    """Units in use, of `CAPACITY`."""
    domains: tuple[str, ...] = field(default=())
    """Subjects he takes; empty: all."""
    generalist: bool = False
    """Takes any language and subject once nobody better came."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Offer `ticket` to `agent`, found at `step` of the policy."""

    ticket: Ticket
    agent: str
    step: str


def suits(ticket: Ticket, agent: AgentView, step: int) -> bool:
    """Whether `agent` may take `ticket` at policy step 0, 1 or 2, whatever his load."""
    if not agent.online or ticket.media not in agent.media:
        return False
    if ticket.city is not None and ticket.city not in agent.cities:
        return False
    if step == 0 and ticket.city is not None and agent.cities[0] != ticket.city:
        return False
    knows = ticket.domain is None or not agent.domains or ticket.domain in agent.domains
    if step < 2:
        return ticket.lang in agent.languages and knows
    return agent.generalist or ticket.lang in agent.languages


def has_room(ticket: Ticket, agent: AgentView) -> bool:
    """Whether `agent` can hold one more of this medium."""
    return agent.load + COST[ticket.media] <= CAPACITY


def step_reached(waited_s: float) -> int:
    """Policy step a ticket has waited itself into."""
    if waited_s >= GENERALIST_AFTER_S:
        return 2
    return 1 if waited_s >= ANY_CITY_AFTER_S else 0


def candidates(
    ticket: Ticket, agents: Sequence[AgentView], now: datetime
) -> tuple[list[AgentView], int]:
    """Agents for `ticket` now, best first, and the step that found them; empty: keep waiting."""
    allowed = step_reached((now - ticket.enqueued_at).total_seconds())
    for step in range(len(STEPS)):
        fitting = [a for a in agents if suits(ticket, a, step)]
        willing = [a for a in fitting if ticket.skips.get(a.id, now) <= now]
        free = [a for a in willing if has_room(ticket, a)]
        if free:
            return sorted(free, key=lambda a: (a.load, a.idle_since, a.id)), step
        if willing and step >= allowed:
            break  # somebody suitable is online but busy: worth waiting for
    return [], allowed


def assign(
    waiting: Sequence[Ticket], agents: Sequence[AgentView], now: datetime
) -> list[Assignment]:
    """Pairs for all queued tickets that can be served now; each agent's load grows as he is chosen."""
    pool = {agent.id: agent for agent in agents}
    pairs: list[Assignment] = []
    for ticket in sorted(waiting, key=queue_key):
        if ticket.state != "queued":
            continue
        best, step = candidates(ticket, list(pool.values()), now)
        if not best:
            continue
        chosen = best[0]
        pool[chosen.id] = replace(chosen, load=chosen.load + COST[ticket.media], idle_since=now)
        pairs.append(Assignment(ticket, chosen.id, STEPS[step]))
    return pairs


def may_ever_serve(ticket: Ticket, agents: Sequence[AgentView]) -> list[AgentView]:
    """Online agents who could take `ticket` at some step."""
    return [a for a in agents if any(suits(ticket, a, step) for step in range(len(STEPS)))]
