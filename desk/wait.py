"""How long a resident will wait: place in the queue and an estimate. Pure; no promise is made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.cards import Mode
from desk.routing import CAPACITY, COST, AgentView, may_ever_serve
from desk.tickets import WAITING, Ticket, queue_key

DEFAULT_HANDLE_S: dict[Mode, float] = {"text": 360.0, "video": 480.0}
"""Used until enough conversations have been measured."""
ANSWER_S = 10
"""From a free agent to his answer."""
ROUND_S = 10


def position(ticket: Ticket, queue: Sequence[Ticket]) -> int | None:
    """Place among the waiting, 1 = next; None when not waiting."""
    if ticket.state not in WAITING:
        return None
    return 1 + sum(
        1
        for other in queue
        if other.id != ticket.id and other.state in WAITING and queue_key(other) < queue_key(ticket)
    )


def estimate(
    ticket: Ticket, queue: Sequence[Ticket], agents: Sequence[AgentView], handle_s: Sequence[float]
) -> int | None:
    """Seconds until an agent answers `ticket`, rounded up to ten; None when nobody is online for it.

    `handle_s`: durations of recent conversations of the same medium. Those ahead who wait for the same
    agents share what is free; the rest is served in rounds as conversations end evenly over time.
    """
    able = may_ever_serve(ticket, agents)
    if not able:
        return None
    cost = COST[ticket.media]
    servers = sum(CAPACITY // cost for _ in able)
    free = sum((CAPACITY - a.load) // cost for a in able)
    ids = {a.id for a in able}
    ahead = [
        other
        for other in queue
        if other.state == "queued"
        and other.id != ticket.id
        and queue_key(other) < queue_key(ticket)
        and ids & {a.id for a in may_ever_serve(other, agents)}
    ]
    units = sum(COST[other.media] for other in ahead) / cost
    if ticket.state == "offered" or units + 1 <= free:
        return ANSWER_S
    handle = mean_handle(ticket.media, handle_s)
    wait = (units + 1 - free) * handle / servers
    return ROUND_S * math.ceil((ANSWER_S + wait) / ROUND_S)


def mean_handle(media: Mode, handle_s: Sequence[float]) -> float:
    """Mean of recent durations, steadied by the default while there are few."""
    weight = 3
    return (sum(handle_s) + weight * DEFAULT_HANDLE_S[media]) / (len(handle_s) + weight)
