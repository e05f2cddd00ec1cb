"""Counters of one leg, summed over its streams; what metrics and statistics are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from video.forward.peer import ForwardPeer


@dataclass(frozen=True, slots=True)
class Traffic:
    """Totals since the leg joined. `in` is from the leg to us, `out` from us to the leg."""

    audio_in: int = 0
    """Packets."""
    video_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    """RTP payload bytes."""
    bytes_out: int = 0
    lost_in: int = 0
    """Expected but not received in the first place."""
    recovered: int = 0
    """Of those, brought by retransmission."""
    retransmitted: int = 0
    pli_sent: int = 0
    pli_received: int = 0
    nack_sent: int = 0
    nack_received: int = 0
    rejected: int = 0

    def since(self, earlier: Traffic) -> Traffic:
        """The difference; never negative (a source that restarts begins anew)."""
        return Traffic(
            **{
                f.name: max(0, getattr(self, f.name) - getattr(earlier, f.name))
                for f in fields(self)
            }
        )

    def as_dict(self) -> dict[str, int]:
        """JSON-ready."""
        return asdict(self)


def traffic_of(peer: ForwardPeer) -> Traffic:
    """Sum up a leg."""
    audio, video = peer.receivers("audio"), peer.receivers("video")
    receivers = audio + video
    senders = peer.senders("audio") + peer.senders("video")
    streams = [r.stream for r in receivers if r.stream is not None]
    return Traffic(
        audio_in=sum(r.stream.packets for r in audio if r.stream is not None),
        video_in=sum(r.stream.packets for r in video if r.stream is not None),
        packets_out=sum(s.packets for s in senders),
        bytes_in=sum(s.bytes for s in streams),
        bytes_out=sum(s.bytes for s in senders),
        lost_in=sum(max(0, s.expected - s.packets) for s in streams),
        recovered=sum(s.recovered for s in streams),
        retransmitted=sum(s.retransmitted for s in senders),
        pli_sent=sum(r.pli_sent for r in receivers),
        pli_received=sum(s.pli_received for s in senders),
        nack_sent=sum(r.nack_sent for r in receivers),
        nack_received=sum(s.nack_received for s in senders),
        rejected=peer.transport.rejected if peer.transport is not None else 0,
    )
