"""What happens in the rooms, as JSON lines that any number of listeners can follow and resume.

Kept in memory only: the gateway holds the record. A listener that is too slow is dropped; it comes
back with the last sequence it saw, and gets what it missed or, after a restart of the node, a
snapshot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.clock import Clock
from core.ids import new_id

Listener = asyncio.Queue[dict[str, Any] | None]
"""Events in order; None is the end of the stream."""
KEPT = 1000
BACKLOG = 500
PING_EVERY_S = 10.0


class EventLog:
    """A numbered ring of events. `epoch` changes with each start of the node."""

    def __init__(self, clock: Clock) -> None:
        self.epoch = new_id("ve")
        self._clock = clock
        self._ring: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._seq = 0
        self._listeners: set[Listener] = set()

    @property
    def seq(self) -> int:
        """Number of the last event."""
        return self._seq

    def emit(self, kind: str, **fields: Any) -> None:
        """Tell everybody; never waits."""
        self._seq += 1
        at = self._clock.now().isoformat(timespec="milliseconds")
        event = {"seq": self._seq, "type": kind, "at": at, **fields}
        self._ring.append(event)
        for queue in list(self._listeners):
            if queue.qsize() >= BACKLOG:
                self._listeners.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    def missed(self, epoch: str, after: int) -> list[dict[str, Any]] | None:
        """Events with `seq > after`; None when they are no longer known (read a snapshot)."""
        if epoch != self.epoch or after > self._seq:
            return None
        if self._ring and after < self._ring[0]["seq"] - 1:
            return None
        return [event for event in self._ring if event["seq"] > after]

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Register now: nothing that happens from here on is missed."""
        listener: Listener = asyncio.Queue()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def end(self) -> None:
        """End every listener's stream: the node stops."""
        for queue in self._listeners:
            queue.put_nowait(None)
        self._listeners.clear()


async def next_event(listener: Listener) -> dict[str, Any] | None:
    """The next event, `{"type": "ping"}` after `PING_EVERY_S` of quiet, None at the end."""
    try:
        return await asyncio.wait_for(listener.get(), PING_EVERY_S)
    except TimeoutError:
        return {"type": "ping"}
