"""The ticket's state machine: every command in every state, and what never changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AppError
from desk.errors import NotYours, TicketState
from desk.tickets import (
    OPEN,
    Accept,
    Cancel,
    ChangeMedia,
    Command,
    Decline,
    End,
    Lapse,
    Offer,
    Overdue,
    Release,
    SetConsultation,
    State,
    Ticket,
    WrapUp,
    decide,
    queue_key,
)
from tests.desk_fakes import NOW, ticket

LATER = NOW + timedelta(seconds=5)
STATES: tuple[State, ...] = (
    "queued", "offered", "active", "wrap_up", "closed", "cancelled", "abandoned"
)  # fmt: skip


def at(state: State) -> Ticket:
    """A ticket of agent `a` in `state`."""
    extra: dict[str, Any] = {}
    if state == "offered":
        extra = {"offered_to": "a", "offer_expires_at": LATER}
    if state in ("active", "wrap_up", "closed"):
        extra = {"agent": "a", "accepted_at": NOW}
    if state in ("wrap_up", "closed"):
        extra["ended_at"] = NOW
    return ticket(state=state, **extra)


TABLE: dict[tuple[State, str], str] = {
    ("queued", "offer"): "offered",
    ("queued", "cancel"): "cancelled",
    ("queued", "abandon"): "abandoned",
    ("queued", "lapse"): "-",
    ("queued", "overdue"): "-",
    ("offered", "accept"): "active",
    ("offered", "decline"): "queued",
    ("offered", "lapse"): "queued",
    ("offered", "cancel"): "cancelled",
    ("offered", "abandon"): "abandoned",
    ("offered", "overdue"): "-",
    ("active", "accept"): "-",
    ("active", "end"): "wrap_up",
    ("active", "resident_end"): "wrap_up",
    ("active", "wrap_up"): "closed",
    ("active", "release"): "queued",
    ("active", "lost"): "queued",
    ("active", "lapse"): "-",
    ("active", "overdue"): "-",
    ("wrap_up", "end"): "-",
    ("wrap_up", "resident_end"): "-",
    ("wrap_up", "wrap_up"): "closed",
    ("wrap_up", "overdue"): "closed",
    ("wrap_up", "lapse"): "-",
    ("closed", "wrap_up"): "closed",
    ("closed", "overdue"): "-",
    ("closed", "lapse"): "-",
    ("cancelled", "cancel"): "-",
    ("cancelled", "abandon"): "-",
    ("cancelled", "lapse"): "-",
    ("cancelled", "overdue"): "-",
    ("abandoned", "cancel"): "-",
    ("abandoned", "abandon"): "-",
    ("abandoned", "lapse"): "-",
    ("abandoned", "overdue"): "-",
}
"""(state, command) → new state; `-`: already so, nothing happens; absent: refused."""
COMMANDS: dict[str, Command] = {
    "offer": Offer("a", 20),
    "accept": Accept("a"),
    "decline": Decline("a"),
    "lapse": Lapse("a"),
    "end": End("a"),
    "resident_end": End(None),
    "wrap_up": WrapUp("a"),
    "overdue": Overdue(),
    "release": Release("a"),
    "lost": Release("a", lost=True),
    "cancel": Cancel(),
    "abandon": Cancel(abandoned=True),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", list(COMMANDS))
def test_desk_every_command_in_every_state(state: State, name: str) -> None:
    """Each of the 84 pairs does exactly what the table says; what is not in it is refused."""
    before, expected = at(state), TABLE.get((state, name))
    if expected is None:
        with pytest.raises((TicketState, NotYours)):
            decide(before, COMMANDS[name], LATER)
        return
    change = decide(before, COMMANDS[name], LATER)
    if expected == "-":
        assert change is None
        return
    assert change is not None
    assert change.ticket.state == expected
    assert change.ticket.version == before.version + 1


@pytest.mark.parametrize(
    "command", [Accept("b"), Decline("b"), End("b"), Release("b"), WrapUp("b")]
)
@pytest.mark.parametrize("state", ["offered", "active", "wrap_up"])
def test_desk_another_agent_can_do_nothing(state: State, command: Command) -> None:
    """Whoever does not hold a ticket cannot move it."""
    with pytest.raises((TicketState, NotYours)):
        decide(at(state), command, LATER)


def test_desk_release_goes_to_the_front_with_its_original_time() -> None:
    """A resident who loses his agent waits behind nobody who came later or was never answered."""
    older = ticket(id="tkt_0", enqueued_at=NOW - timedelta(hours=1))
    change = decide(at("active"), Release("a"), LATER)
    assert change is not None
    assert change.ticket.enqueued_at == NOW
    assert change.ticket.agent is None
    assert sorted([older, change.ticket], key=queue_key)[0] is change.ticket


def test_desk_declined_agent_is_passed_over_for_a_while() -> None:
    """An agent who declined is not asked for the same ticket again at once; repeating is harmless."""
    change = decide(at("offered"), Decline("a"), LATER)
    assert change is not None
    assert change.ticket.skips["a"] > LATER
    assert decide(change.ticket, Decline("a"), LATER) is None


def test_desk_accept_holds_until_the_offer_is_taken_away() -> None:
    """An accept that arrives a moment after the lease still counts if nobody took the offer away."""
    change = decide(at("offered"), Accept("a"), LATER + timedelta(seconds=30))
    assert change is not None
    assert change.ticket.state == "active"


def test_desk_changing_the_medium_withdraws_an_offer() -> None:
    """The agent was chosen for text; a video ticket is routed anew."""
    change = decide(at("offered"), ChangeMedia("video"), LATER)
    assert change is not None
    assert (change.ticket.state, change.ticket.media) == ("queued", "video")
    assert change.agent == "a"
    assert decide(at("queued"), ChangeMedia("text"), LATER) is None
    with pytest.raises(TicketState):
        decide(at("closed"), ChangeMedia("video"), LATER)


def test_desk_consultation_is_set_once_and_only_while_open() -> None:
    """The room of a ticket does not change, and a finished ticket gets none."""
    change = decide(at("queued"), SetConsultation("con_1"), LATER)
    assert change is not None
    assert decide(change.ticket, SetConsultation("con_1"), LATER) is None
    assert decide(at("closed"), SetConsultation("con_1"), LATER) is None


ANY = st.one_of(
    st.sampled_from(list(COMMANDS.values())),
    st.sampled_from([Offer("b", 20), Accept("b"), Release("b"), Lapse("b"), ChangeMedia("video")]),
)


@given(st.lists(ANY, max_size=40))
def test_desk_invariants_hold_after_any_commands(commands: list[Command]) -> None:
    """Whatever happens in whatever order: at most one agent, who has what he needs; the enqueue time
    never changes; every change is one version; finished tickets stay finished."""
    now, current = NOW, ticket()
    for command in commands:
        now += timedelta(seconds=1)
        before = current
        try:
            change = decide(current, command, now)
        except AppError:
            continue
        if change is None:
            continue
        current = change.ticket
        assert current.version == before.version + 1
        assert current.enqueued_at == before.enqueued_at
        assert (current.offered_to is not None) == (current.state == "offered")
        assert (current.agent is not None) == (current.state in ("active", "wrap_up", "closed"))
        if before.state not in OPEN:
            assert current.state in ("closed", "wrap_up")
        if current.state in ("wrap_up", "closed"):
            assert current.ended_at is not None
