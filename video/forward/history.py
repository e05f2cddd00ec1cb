"""Renumbering of one outgoing stream, and what was sent, for retransmission.

Pure: no socket, no clock of its own. A viewer must see one unbroken stream with one SSRC whatever
source is behind it, so sequence numbers and timestamps continue where the last source stopped.
"""

from __future__ import annotations

HISTORY = 1024
Sent = tuple[int, int, int, bytes]
"""`(sequence, timestamp, marker bit as 0 or 0x80, payload)` as sent."""


class Renumbering:
    """Maps a source's sequence numbers and timestamps to the outgoing ones.

    `active` is False until `start`; `stop` keeps the last numbers so that the next source goes on.
    """

    __slots__ = (
        "active",
        "first",
        "last_at",
        "last_seq",
        "last_ts",
        "seq_shift",
        "ts_shift",
        "used",
    )

    def __init__(self, first_seq: int = 0) -> None:
        self.active = False
        self.used = False
        self.seq_shift = self.ts_shift = 0
        self.first = first_seq
        self.last_seq = (first_seq - 1) & 0xFFFF
        self.last_ts = 0
        self.last_at = 0.0

    def start(self, seq: int, ts: int, now: float, clock_rate: int) -> None:
        """The next packet is `(seq, ts)` of a new source; `now` in seconds.

        Outgoing time advances by what really passed, at least one clock tick, so that a viewer's
        jitter buffer neither jumps back nor waits.
        """
        self.seq_shift = (self.last_seq + 1 - seq) & 0xFFFF
        if self.used:
            passed = max(1, int((now - self.last_at) * clock_rate))
            self.ts_shift = (self.last_ts + passed - ts) & 0xFFFFFFFF
        else:
            self.ts_shift = 0
        self.first = (seq + self.seq_shift) & 0xFFFF
        self.active = self.used = True

    def stop(self) -> None:
        """The source is gone, or changed."""
        self.active = False

    def map(self, seq: int, ts: int, now: float) -> tuple[int, int] | None:
        """Outgoing `(sequence, timestamp)`; None for a packet from before `start`."""
        out_seq = (seq + self.seq_shift) & 0xFFFF
        out_ts = (ts + self.ts_shift) & 0xFFFFFFFF
        if (out_seq - self.last_seq) & 0xFFFF < 0x8000:
            self.last_seq, self.last_ts, self.last_at = out_seq, out_ts, now
            if (out_seq - self.first) & 0xFFFF > 0x4000:  # the start is far behind: forget it
                self.first = (out_seq - 0x2000) & 0xFFFF
        elif (out_seq - self.first) & 0xFFFF >= 0x8000:
            return None
        return out_seq, out_ts


class SendHistory:
    """The last `HISTORY` packets of one outgoing stream."""

    __slots__ = ("_ring",)

    def __init__(self) -> None:
        self._ring: list[Sent | None] = [None] * HISTORY

    def put(self, seq: int, ts: int, marker: int, payload: bytes) -> None:
        """Remember a packet; the one `HISTORY` before it is forgotten."""
        self._ring[seq % HISTORY] = (seq, ts, marker, payload)

    def get(self, seq: int) -> Sent | None:
        """The packet sent under `seq`, or None when it is forgotten or never was."""
        sent = self._ring[seq % HISTORY]
        return sent if sent is not None and sent[0] == seq else None

    def clear(self) -> None:
        """Forget everything."""
        self._ring = [None] * HISTORY
