"""One received RTP stream (SSRC): statistics, what is missing, and where it goes.

Pure bookkeeping, times are arguments: loss patterns are tested without a network. Reception
statistics follow RFC 3550 appendix A, requests for lost packets RFC 4585.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from video.forward.receiver import ForwardReceiver
    from video.forward.sender import ForwardSender

MAX_GAP = 200
"""A larger hole is a restart of the source, not a loss worth asking for."""
NACK_EVERY_S = 0.06
NACK_TRIES = 10
GIVE_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Reception:
    """What a receiver report says about one interval and since the start."""

    fraction_lost: int
    """Lost since the last report, in 1/256."""
    packets_lost: int
    highest_seq: int
    """Extended: cycles and sequence."""
    jitter: int
    """In timestamp units."""


class InboundStream:
    """State of one SSRC. `payload_type` is the one of its media, not of its retransmissions."""

    __slots__ = (
        "_arrived", "_base", "_cycles", "_expected_prior", "_jitter", "_max_seq", "_received_prior",
        "_ts", "bytes", "clock_rate", "is_video", "lost_for_good", "mime", "missing", "outputs",
        "packets", "payload_type", "receiver", "recovered", "sr_at", "sr_ntp", "sr_rtp", "ssrc",
    )  # fmt: skip

    def __init__(
        self,
        receiver: ForwardReceiver | None,
        *,
        ssrc: int,
        payload_type: int,
        mime: str,
        clock_rate: int,
    ) -> None:
        self.receiver = receiver
        self.ssrc, self.payload_type = ssrc, payload_type
        self.mime, self.clock_rate = mime, clock_rate
        self.is_video = mime.startswith("video/")
        self.outputs: list[ForwardSender] = []
        self.packets = self.bytes = 0
        self.recovered = self.lost_for_good = 0
        self.missing: dict[int, list[float]] = {}
        """Sequence → `[first seen missing, last asked, times asked]`."""
        self.sr_ntp = self.sr_rtp = 0
        self.sr_at: float | None = None
        self._base: int | None = None
        self._max_seq = self._cycles = 0
        self._expected_prior = self._received_prior = 0
        self._jitter = 0.0
        self._arrived = 0.0
        self._ts: int | None = None

    @property
    def started(self) -> bool:
        """Whether anything arrived."""
        return self._base is not None

    @property
    def expected(self) -> int:
        """Packets that should have arrived so far."""
        return 0 if self._base is None else self._cycles + self._max_seq - self._base + 1

    def received(self, seq: int, ts: int, now: float) -> int:
        """Count a media packet; returns how many were skipped right before it (0 normally).

        For video the skipped ones go into `missing`; a hole over `MAX_GAP` does not.
        """
        self.packets += 1
        skipped = 0
        if self._base is None:
            self._base = self._max_seq = seq
        else:
            ahead = (seq - self._max_seq) & 0xFFFF
            if 0 < ahead < 0x8000:
                if seq < self._max_seq:
                    self._cycles += 65536
                if ahead > 1:
                    skipped = ahead - 1
                    if self.is_video and skipped <= MAX_GAP:
                        for i in range(1, ahead):
                            self.missing[(self._max_seq + i) & 0xFFFF] = [now, now, 1]
                self._max_seq = seq
            elif ahead and self.missing:
                self.missing.pop(seq, None)
        if ts != self._ts:
            if self._ts is not None:
                step = (ts - self._ts + 0x80000000 & 0xFFFFFFFF) - 0x80000000
                late = abs((now - self._arrived) * self.clock_rate - step)
                if late < self.clock_rate * 10:
                    self._jitter += (late - self._jitter) / 16
            self._arrived, self._ts = now, ts
        return skipped

    def retransmitted(self, seq: int) -> bool:
        """A retransmission of `seq` came; True when it was still wanted."""
        if self.missing.pop(seq, None) is None:
            return False
        self.recovered += 1
        return True

    def ask_again(self, now: float) -> tuple[list[int], bool]:
        """`(sequences to ask for now, whether some were given up)`. Call while `missing`."""
        wanted: list[int] = []
        gone: list[int] = []
        for seq, state in self.missing.items():
            if now - state[0] > GIVE_UP_S or state[2] >= NACK_TRIES:
                gone.append(seq)
            elif now - state[1] >= NACK_EVERY_S:
                state[1] = now
                state[2] += 1
                wanted.append(seq)
        for seq in gone:
            del self.missing[seq]
        self.lost_for_good += len(gone)
        return wanted, bool(gone)

    def report(self) -> Reception:
        """Numbers for the next receiver report; starts a new interval.

        A retransmission does not undo a loss here: the source slows down by what it is told.
        """
        expected, received = self.expected, self.packets
        in_interval = expected - self._expected_prior
        lost = in_interval - (received - self._received_prior)
        self._expected_prior, self._received_prior = expected, received
        fraction = max(0, min(255, (lost << 8) // in_interval)) if in_interval > 0 else 0
        return Reception(
            fraction_lost=fraction,
            packets_lost=max(0, expected - received),
            highest_seq=(self._cycles + self._max_seq) & 0xFFFFFFFF,
            jitter=int(self._jitter),
        )
