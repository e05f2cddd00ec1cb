"""Routing and waiting: pure policies, as tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk.routing import AgentView, assign, candidates, has_room, suits
from desk.tickets import Ticket
from desk.wait import estimate, mean_handle, position
from tests.desk_fakes import NOW, ticket, view

SZ = view("sz")
DG = view("dg", cities=("dongguan", "shenzhen"), languages=("zh", "en"))
DG_ONLY = view("dg_only", cities=("dongguan",))
EN = view("en", languages=("en",))
GENERAL = view("general", languages=("zh",), generalist=True, domains=("HF",))


@pytest.mark.parametrize(
    ("what", "wants", "agent", "steps"),
    [
        ("same desk", {}, SZ, (True, True, True)),
        ("other desk that may act for the city", {}, DG, (False, True, True)),
        ("may not act for the city, ever", {}, DG_ONLY, (False, False, False)),
        ("no city wanted", {"city": None}, DG_ONLY, (True, True, True)),
        ("language not spoken", {"lang": "en"}, SZ, (False, False, False)),
        ("language spoken", {"lang": "en"}, EN, (True, True, True)),
        ("generalist takes any language last", {"lang": "en"}, GENERAL, (False, False, True)),
        ("subject not his, until generalists", {"domain": "SI"}, GENERAL, (False, False, True)),
        ("subject his", {"domain": "HF"}, GENERAL, (True, True, True)),
        ("no subjects named: takes all", {"domain": "SI"}, SZ, (True, True, True)),
        ("medium not offered", {"media": "video"}, view(media=("text",)), (False, False, False)),
        ("not online", {}, view(online=False), (False, False, False)),
    ],
)
def test_desk_who_suits(
    what: str, wants: dict[str, Any], agent: AgentView, steps: tuple[bool, bool, bool]
) -> None:
    """Needs are relaxed step by step; online, medium and authority for the city never are."""
    assert tuple(suits(ticket(**wants), agent, step) for step in range(3)) == steps, what


def chosen(wanted: Ticket, agents: list[AgentView], waited_s: float) -> str | None:
    """Who is offered `wanted` after `waited_s`."""
    pairs = assign([wanted], agents, wanted.enqueued_at + timedelta(seconds=waited_s))
    return pairs[0].agent if pairs else None


BUSY = view("sz", load=3)


@pytest.mark.parametrize(
    ("agents", "waited_s", "who"),
    [
        ([SZ, DG], 0, "sz"),
        ([BUSY, DG], 0, None),
        ([BUSY, DG], 29, None),
        ([BUSY, DG], 30, "dg"),
        ([DG], 0, "dg"),
        ([DG_ONLY], 1000, None),
        ([], 1000, None),
    ],
)
def test_desk_exact_then_any_city(
    agents: list[AgentView], waited_s: float, who: str | None
) -> None:
    """Thirty seconds for the own desk, if anybody is there; nobody waits for an empty chair."""
    assert chosen(ticket(), agents, waited_s) == who


def test_desk_generalist_after_ninety_seconds() -> None:
    """An English speaker who is busy is waited for until the generalist steps in."""
    busy, general = view("en", languages=("en",), load=3), GENERAL
    wanted = ticket(lang="en")
    assert chosen(wanted, [busy, general], 89) is None
    assert chosen(wanted, [busy, general], 90) == "general"


def test_desk_least_loaded_then_longest_idle() -> None:
    """Work is spread: fewest conversations first, then whoever has been idle longest."""
    loaded = view("a", load=1, idle_since=NOW - timedelta(hours=1))
    fresh = view("b", idle_since=NOW - timedelta(minutes=1))
    rested = view("c", idle_since=NOW - timedelta(minutes=9))
    order, step = candidates(ticket(), [loaded, fresh, rested], NOW)
    assert [a.id for a in order] == ["c", "b", "a"]
    assert step == 0


@pytest.mark.parametrize(
    ("media", "load", "room"),
    [
        ("text", 0, True),
        ("text", 2, True),
        ("text", 3, False),
        ("video", 0, True),
        ("video", 1, False),
    ],
)
def test_desk_capacity(media: Any, load: int, room: bool) -> None:
    """A video call takes the whole agent; three texts at most."""
    assert has_room(ticket(media=media), view(load=load)) is room


def test_desk_oldest_first_and_capacity_within_one_round() -> None:
    """One free agent takes the three oldest of five, in order, and never a fourth."""
    waiting = [
        ticket(id=f"tkt_{i}", enqueued_at=NOW - timedelta(seconds=i)) for i in (3, 1, 5, 2, 4)
    ]
    pairs = assign(waiting, [SZ], NOW)
    assert [p.ticket.id for p in pairs] == ["tkt_5", "tkt_4", "tkt_3"]


def test_desk_who_declined_is_passed_over() -> None:
    """The next best is asked; when the pause is over the first one is asked again."""
    wanted = ticket(skips={"sz": NOW + timedelta(seconds=60)})
    assert chosen(wanted, [SZ], 10) is None
    assert chosen(wanted, [SZ, view("b")], 10) == "b"
    assert chosen(wanted, [SZ], 61) == "sz"


def test_desk_position_counts_those_before() -> None:
    """1 is next; who came back from an agent stands first; who is served has no place."""
    first = ticket(id="1")
    second = ticket(id="2", enqueued_at=NOW + timedelta(seconds=1))
    back = ticket(id="3", enqueued_at=NOW + timedelta(seconds=2), front=True)
    queue = [first, second, back]
    assert [position(t, queue) for t in queue] == [2, 3, 1]
    assert position(ticket(state="active", agent="a"), queue) is None


def test_desk_wait_is_unknown_when_nobody_is_online() -> None:
    """No number is invented."""
    assert estimate(ticket(), [], [], []) is None
    assert estimate(ticket(), [], [view(online=False)], []) is None
    assert estimate(ticket(), [], [DG_ONLY], []) is None


def test_desk_wait_grows_with_the_queue_and_shrinks_with_agents() -> None:
    """A free agent means at once; a full one means waiting; two full ones half as long."""
    mine = ticket(enqueued_at=NOW)
    ahead = [ticket(id=f"t{i}", enqueued_at=NOW - timedelta(minutes=i)) for i in range(1, 4)]
    handle = [300.0] * 20
    free = estimate(mine, [mine], [SZ], handle)
    full = estimate(mine, [mine], [BUSY], handle)
    behind = estimate(mine, [mine, *ahead], [BUSY], handle)
    shared = estimate(mine, [mine, *ahead], [BUSY, view("b", load=3)], handle)
    assert free == 10
    assert full is not None
    assert behind is not None
    assert shared is not None
    assert free < full < behind
    assert shared < behind


def test_desk_mean_handle_is_steadied() -> None:
    """One odd conversation does not make the estimate jump."""
    assert mean_handle("text", []) == 360
    assert 360 < mean_handle("text", [3600]) < 1300
    assert mean_handle("text", [100.0] * 97) == pytest.approx(107.8)
