"""The event stream of a media node: nothing missed, nothing repeated, the slow do not block."""

from __future__ import annotations

from core.clock import FakeClock
from video.events import BACKLOG, KEPT, EventLog, next_event


async def test_a_listener_gets_events_in_order_until_the_end() -> None:
    """What the gateway shows follows what happened."""
    log = EventLog(FakeClock())
    log.emit("leg", leg="before")
    with log.listen() as listener:
        log.emit("leg", leg="a")
        log.emit("room", room="r")
        log.end()
        first, second = await next_event(listener), await next_event(listener)
        assert first is not None
        assert second is not None
        assert (first["seq"], first["leg"], second["type"]) == (2, "a", "room")
        assert await next_event(listener) is None


def test_missed_events_are_replayed_or_known_to_be_gone() -> None:
    """A gateway that reconnects goes on exactly where it was, or is told to take a snapshot."""
    log = EventLog(FakeClock())
    for number in range(3):
        log.emit("leg", number=number)
    assert [e["number"] for e in log.missed(log.epoch, 1) or []] == [1, 2]
    assert log.missed(log.epoch, 3) == []
    assert log.missed("another node life", 1) is None
    assert log.missed(log.epoch, 99) is None
    for number in range(KEPT):
        log.emit("leg", number=number)
    assert log.missed(log.epoch, 1) is None, "no longer kept"


async def test_a_slow_listener_is_dropped_not_waited_for() -> None:
    """One stuck gateway must not fill the node's memory."""
    log = EventLog(FakeClock())
    with log.listen() as listener:
        for number in range(BACKLOG + 10):
            log.emit("leg", number=number)
        assert listener.qsize() == BACKLOG + 1
        for _ in range(BACKLOG):
            assert await next_event(listener) is not None
        assert await next_event(listener) is None
