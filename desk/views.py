"""Tickets and agents as the protocol shows them (docs/api/protocol.md, "Agent socket"), and who may see
what: messages only for the agent who holds the ticket or is offered it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.agents import Agent
from desk.tickets import HELD, Ticket


def iso(moment: datetime | None) -> str | None:
    """ISO 8601, UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def agent_view(agent: Agent) -> dict[str, Any]:
    """`Agent` of the protocol."""
    return {
        "id": agent.id,
        "name": agent.name,
        "username": agent.username,
        "roles": list(agent.roles),
        "cities": list(agent.cities),
        "languages": list(agent.languages),
        "media": list(agent.media),
    }


def brief(ticket: Ticket, position: int | None) -> dict[str, Any]:
    """`TicketBrief` of the protocol."""
    return {
        "id": ticket.id,
        "state": ticket.state,
        "media": ticket.media,
        "lang": ticket.lang,
        "city": ticket.city,
        "waiting_since": iso(ticket.enqueued_at),
        "reason": ticket.reason,
        "position": position,
    }


def full(
    ticket: Ticket, position: int | None, messages: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """`Ticket` of the protocol; without `messages` when the reader may not see them."""
    view = brief(ticket, position) | {
        "conversation": ticket.conversation,
        "resident": {"name": ticket.resident_name, "level": ticket.level},
        "opened_at": iso(ticket.opened_at),
        "accepted_at": iso(ticket.accepted_at),
        "ended_at": iso(ticket.ended_at),
        "agent": ticket.agent,
        "consultation": ticket.consultation,
        "version": ticket.version,
        "summary": ticket.summary,
    }
    if messages is not None:
        view["messages"] = messages
    return view


def briefs(agent: Agent, queue: Sequence[Ticket]) -> list[dict[str, Any]]:
    """The queue as `agent` sees it: the cities he may act for; places count the whole queue."""
    return [
        brief(ticket, place)
        for place, ticket in enumerate(queue, 1)
        if ticket.city is None or ticket.city in agent.cities
    ]


def may_read(agent: Agent, ticket: Ticket) -> bool:
    """Whether `agent` may see the messages: he holds the ticket or is offered it, now."""
    if ticket.state in HELD:
        return ticket.agent == agent.id
    return ticket.state == "offered" and ticket.offered_to == agent.id


def may_see(agent: Agent, ticket: Ticket) -> bool:
    """Whether `agent` may see the ticket at all: one of his own, also when it is closed."""
    return may_read(agent, ticket) or ticket.agent == agent.id
