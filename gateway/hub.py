"""Live delivery inside this process: sockets subscribe to a conversation, frames go to all of them.

A slow socket is dropped, not waited for: it resumes with `after` and loses nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from core.metrics import counter, gauge

Frame = dict[str, Any]
QUEUE_FRAMES = 256
SOCKETS = gauge("sg_gateway_sockets", "Open resident sockets")
DROPPED = counter("sg_gateway_slow_sockets", "Sockets dropped because they did not read")


class Subscriber:
    """The outgoing side of one socket."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Frame | None] = asyncio.Queue(QUEUE_FRAMES)
        self.dropped = False

    def put(self, frame: Frame) -> None:
        """Queue a frame; a full queue ends the socket."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            if not self.dropped:
                DROPPED.inc()
            self.dropped = True


class Hub:
    """Who listens to which conversation."""

    def __init__(self) -> None:
        self._subscribers: dict[str, set[Subscriber]] = {}

    def subscribe(self, conversation: str) -> Subscriber:
        """A new listener."""
        subscriber = Subscriber()
        self._subscribers.setdefault(conversation, set()).add(subscriber)
        SOCKETS.inc()
        return subscriber

    def unsubscribe(self, conversation: str, subscriber: Subscriber) -> None:
        """A listener left."""
        listeners = self._subscribers.get(conversation, set())
        if subscriber in listeners:
            listeners.discard(subscriber)
            SOCKETS.dec()
        if not listeners:
            self._subscribers.pop(conversation, None)

    def send(self, conversation: str, frame: Frame) -> None:
        """Deliver to everyone who listens now."""
        for subscriber in self._subscribers.get(conversation, set()):
            subscriber.put(frame)

    def listening(self, conversation: str) -> bool:
        """Whether anyone listens."""
        return conversation in self._subscribers

    def conversations(self) -> list[str]:
        """Everything that is listened to now."""
        return list(self._subscribers)
