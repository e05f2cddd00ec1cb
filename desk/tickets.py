"""A ticket and everything that may happen to it.

`decide` is the policy: old ticket + command + time → new ticket and event, or a typed refusal, or None
when the command was carried out before (so that a repeated request is harmless). Nothing here does I/O;
`desk.store` writes the outcome as one compare-and-set.

queued → offered → active → wrap_up → closed; queued and offered may become cancelled or abandoned;
offered falls back to queued when declined or lapsed; active goes back to the front of the queue when
released or when its agent is lost, keeping the time at which the resident first queued.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from core.cards import City, Mode
from core.i18n import Lang
from desk.errors import NotYours, TicketState

State = Literal["queued", "offered", "active", "wrap_up", "closed", "cancelled", "abandoned"]
Outcome = Literal["solved", "referred", "follow_up", "abandoned"]
EventKind = Literal[
    "opened", "offered", "accepted", "declined", "lapsed", "ended", "wrapped_up", "overdue",
    "released", "lost", "cancelled", "abandoned", "media_changed", "consultation_ready",
]  # fmt: skip
WAITING: frozenset[State] = frozenset({"queued", "offered"})
OPEN: frozenset[State] = frozenset({"queued", "offered", "active"})
HELD: frozenset[State] = frozenset({"active", "wrap_up"})
CALLBACK = "callback"
"""Reason of a ticket of somebody who asked to be called: he is not kept waiting in the thread."""
SKIP_S = 60.0
"""How long an agent who declined or missed an offer is passed over for the same ticket."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One resident waiting for, or talking to, one agent."""

    id: str
    conversation: str
    state: State
    media: Mode
    lang: Lang
    city: City | None
    """City whose agent is wanted; None when the resident's matter has none yet."""
    domain: str | None
    """Subject (`HF`, `SI`, …) for agents with special knowledge."""
    reason: str
    """Why the resident came here, a short code such as `asked`."""
    resident_name: str | None
    """Masked."""
    level: str
    """Identity level, `L0`…`L4`."""
    summary: dict[str, Any]
    """What the agent is told: asked, cards, slots, lang, city, text."""
    opened_at: datetime
    enqueued_at: datetime
    """Never changes: a ticket that comes back keeps its place in time."""
    front: bool = False
    """Came back from an agent: goes before those never answered."""
    offered_to: str | None = None
    offer_expires_at: datetime | None = None
    skips: dict[str, datetime] = field(default_factory=dict)
    """Agents passed over for this ticket, and until when."""
    agent: str | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    consultation: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer to `agent` for `lease_s` seconds."""

    agent: str
    lease_s: float


@dataclass(frozen=True, slots=True)
class Accept:
    """The agent takes what was offered."""

    agent: str


@dataclass(frozen=True, slots=True)
class Decline:
    """The agent does not take it."""

    agent: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """The offer to `agent` was not answered in time, or the agent is gone."""

    agent: str


@dataclass(frozen=True, slots=True)
class End:
    """End the human conversation; by its agent, or by the resident (`agent` None)."""

    agent: str | None


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The agent's report is in."""

    agent: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """No report came; the resident is not kept waiting for it."""


@dataclass(frozen=True, slots=True)
class Release:
    """Back to the front of the queue; `lost` when the agent's heartbeats stopped."""

    agent: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """The resident leaves the queue (`abandoned` when he just went away)."""

    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class ChangeMedia:
    """The resident wants the other medium."""

    media: Mode


@dataclass(frozen=True, slots=True)
class SetConsultation:
    """The media room is ready."""

    consultation: str


Command: TypeAlias = (
    Offer | Accept | Decline | Lapse | End | WrapUp | Overdue | Release | Cancel | ChangeMedia
    | SetConsultation
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What a command does: the ticket afterwards, and the event that tells of it."""

    ticket: Ticket
    kind: EventKind
    agent: str | None = None
    """The agent whom the event concerns."""


def decide(ticket: Ticket, command: Command, now: datetime) -> Change | None:
    """Outcome of `command` at `now`.

    None: already so. Raises `TicketState` when the state does not allow it, `NotYours` when somebody
    else holds the ticket. The new version is the old plus one.
    """
    change = _DECIDERS[type(command)](ticket, command, now)
    if change is None:
        return None
    return replace(change, ticket=replace(change.ticket, version=ticket.version + 1))


def _require(ticket: Ticket, states: frozenset[State]) -> None:
    if ticket.state not in states:
        raise TicketState(details={"state": ticket.state, "ticket": ticket.id})


def _offer(ticket: Ticket, command: Offer, now: datetime) -> Change | None:
    _require(ticket, frozenset({"queued"}))
    after = replace(
        ticket,
        state="offered",
        offered_to=command.agent,
        offer_expires_at=now + timedelta(seconds=command.lease_s),
    )
    return Change(after, "offered", command.agent)


def _accept(ticket: Ticket, command: Accept, now: datetime) -> Change | None:
    # An offer stands until it is taken away, even a moment past its lease: taking it away is a
    # transition of its own, so exactly one of the two happens.
    if ticket.state == "active" and ticket.agent == command.agent:
        return None
    _require(ticket, frozenset({"offered"}))
    if ticket.offered_to != command.agent:
        raise NotYours()
    after = replace(
        ticket,
        state="active",
        agent=command.agent,
        accepted_at=now,
        offered_to=None,
        offer_expires_at=None,
        skips={},
    )
    return Change(after, "accepted", command.agent)


def _withdraw(ticket: Ticket, agent: str, now: datetime, kind: EventKind) -> Change | None:
    if ticket.state != "offered" or ticket.offered_to != agent:
        if kind == "lapsed" or agent in ticket.skips:
            return None
        _require(ticket, frozenset({"offered"}))
        raise NotYours()
    skips = {a: until for a, until in ticket.skips.items() if until > now}
    skips[agent] = now + timedelta(seconds=SKIP_S)
    after = replace(ticket, state="queued", offered_to=None, offer_expires_at=None, skips=skips)
    return Change(after, kind, agent)


def _decline(ticket: Ticket, command: Decline, now: datetime) -> Change | None:
    return _withdraw(ticket, command.agent, now, "declined")


def _lapse(ticket: Ticket, command: Lapse, now: datetime) -> Change | None:
    return _withdraw(ticket, command.agent, now, "lapsed")


def _end(ticket: Ticket, command: End, now: datetime) -> Change | None:
    if command.agent is not None and ticket.state in HELD and ticket.agent != command.agent:
        raise NotYours()
    if ticket.state == "wrap_up":
        return None
    _require(ticket, frozenset({"active"}))
    return Change(replace(ticket, state="wrap_up", ended_at=now), "ended", ticket.agent)


def _wrap_up(ticket: Ticket, command: WrapUp, now: datetime) -> Change | None:
    if ticket.agent != command.agent:
        raise NotYours()
    if ticket.state == "active":  # ends and reports in one step
        return Change(
            replace(ticket, state="closed", ended_at=now, closed_at=now), "wrapped_up", ticket.agent
        )
    _require(ticket, frozenset({"wrap_up", "closed"}))
    # `closed` without a report is a late one after `Overdue`; the store refuses a second report.
    return Change(
        replace(ticket, state="closed", closed_at=ticket.closed_at or now),
        "wrapped_up",
        ticket.agent,
    )


def _overdue(ticket: Ticket, command: Overdue, now: datetime) -> Change | None:
    del command
    if ticket.state != "wrap_up":
        return None
    return Change(replace(ticket, state="closed", closed_at=now), "overdue", ticket.agent)


def _release(ticket: Ticket, command: Release, now: datetime) -> Change | None:
    if ticket.state in HELD and ticket.agent != command.agent:
        raise NotYours()
    _require(ticket, frozenset({"active"}))
    skips = {command.agent: now + timedelta(seconds=SKIP_S)}
    after = replace(
        ticket, state="queued", agent=None, accepted_at=None, front=True, skips=skips
    )  # `enqueued_at` stays
    return Change(after, "lost" if command.lost else "released", command.agent)


def _cancel(ticket: Ticket, command: Cancel, now: datetime) -> Change | None:
    kind: Literal["abandoned", "cancelled"] = "abandoned" if command.abandoned else "cancelled"
    if ticket.state in ("cancelled", "abandoned"):
        return None
    _require(ticket, WAITING)
    after = replace(ticket, state=kind, closed_at=now, offered_to=None, offer_expires_at=None)
    return Change(after, kind, ticket.offered_to)


def _change_media(ticket: Ticket, command: ChangeMedia, now: datetime) -> Change | None:
    del now
    if ticket.media == command.media:
        return None
    _require(ticket, OPEN)
    after = replace(ticket, media=command.media)
    if ticket.state == "offered":  # the agent was chosen for the other medium
        after = replace(after, state="queued", offered_to=None, offer_expires_at=None)
    return Change(after, "media_changed", ticket.agent or ticket.offered_to)


def _consultation(ticket: Ticket, command: SetConsultation, now: datetime) -> Change | None:
    del now
    if ticket.consultation == command.consultation or ticket.state not in OPEN:
        return None
    after = replace(ticket, consultation=command.consultation)
    return Change(after, "consultation_ready", ticket.agent or ticket.offered_to)


_DECIDERS: dict[type, Callable[[Ticket, Any, datetime], Change | None]] = {
    Offer: _offer,
    Accept: _accept,
    Decline: _decline,
    Lapse: _lapse,
    End: _end,
    WrapUp: _wrap_up,
    Overdue: _overdue,
    Release: _release,
    Cancel: _cancel,
    ChangeMedia: _change_media,
    SetConsultation: _consultation,
}


def queue_key(ticket: Ticket) -> tuple[bool, datetime, str]:
    """Order of the queue: those who lost their agent, then oldest first."""
    return (not ticket.front, ticket.enqueued_at, ticket.id)
