"""A circuit breaker: after repeated failures a city is left alone for a while, then probed once.

Pure state over an injected clock; it decides whether to ask, never how.
"""

from __future__ import annotations

from core.clock import Clock


class Breaker:
    """Closed → (`threshold` failures in a row) → open for `rest_s` → one probe → closed or open."""

    def __init__(self, clock: Clock, *, threshold: int = 5, rest_s: float = 15.0) -> None:
        self._clock = clock
        self._threshold = threshold
        self._rest_s = rest_s
        self._failures = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused or only a probe is allowed."""
        return self._open_until is not None

    def allow(self) -> bool:
        """Whether to make a call now. A caller that gets True must report its outcome."""
        if self._open_until is None:
            return True
        if self._clock.monotonic() < self._open_until or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The call got an answer, of whatever content."""
        self._failures = 0
        self._open_until = None
        self._probing = False

    def failed(self) -> None:
        """The call got no usable answer."""
        self._failures += 1
        self._probing = False
        if self._failures >= self._threshold:
            self._open_until = self._clock.monotonic() + self._rest_s

    def abandoned(self) -> None:
        """The call was cancelled by its caller: says nothing about the city."""
        self._probing = False
