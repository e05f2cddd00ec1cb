"""In-process wake-ups for the agents' sockets. Losing one loses nothing: sockets read the record again
on every heartbeat; a signal only makes them do it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """`frame` None: something changed in the record. Else a passing frame (typing, rtc.state) to hand
    on as it is. `agent` None: everybody."""

    agent: str | None = None
    frame: dict[str, Any] | None = None
    close: bool = False
    """The agent's sessions ended; check the cookie again."""


class Signals:
    """A list of listeners. Listeners must not block."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Signal], None]] = []

    def subscribe(self, listener: Callable[[Signal], None]) -> Callable[[], None]:
        """Call `listener` for each signal; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def send(self, signal: Signal) -> None:
        """Tell all listeners."""
        for listener in list(self._listeners):
            listener(signal)
