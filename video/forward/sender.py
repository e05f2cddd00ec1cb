"""What a leg is sent: one per sending media section, fed by any receiver of another leg."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters

from video import compat
from video.compat import rtp
from video.forward.history import Renumbering, SendHistory, Sent
from video.forward.stream import InboundStream
from video.forward.wire import URI_ABS_SEND_TIME, URI_AUDIO_LEVEL

if TYPE_CHECKING:
    from video.forward.receiver import ForwardReceiver
    from video.forward.transport import ForwardTransport

_REPORTS_KEPT = 8
_RATE_WINDOW_S = 0.5
HEADERS = 20
"""Bytes of RTP header and extension in front of a payload."""


def useful_limit(estimate: int, sent_bps: float) -> int:
    """What to tell the source of a viewer's bandwidth estimate (bits/s). Pure.

    Browsers estimate at most 1.5 times what they get. An estimate well above what is sent is
    therefore no sign of a full path, only of a source that could send more: it is let to, and the
    viewer's next estimates tell when the path is really full.
    """
    return 2 * estimate if sent_bps > 0 and estimate > 1.15 * sent_bps else estimate


class ForwardSender(compat.SenderBase):
    """Sends what its source receives; never an encoder.

    `transport` is None until DTLS is up. While `needs_key` is set nothing is sent: what comes
    before a key frame cannot be shown, and after a change of source it would be garbage.
    """

    def __init__(self, kind: str, dtls: RTCDtlsTransport, transport: ForwardTransport) -> None:
        super().__init__(kind, dtls)
        self.transport_of_leg = transport
        self.ready: ForwardTransport | None = None
        self.source: ForwardReceiver | None = None
        self.codecs: list[RTCRtpCodecParameters] = []
        self.payload_type: int | None = None
        self.rtx_type: int | None = None
        self.extension_id = 0
        """Id of abs-send-time (video) or of the audio level (audio); 0: not negotiated."""
        self.numbers = Renumbering(secrets.randbelow(0x8000))
        self.history = SendHistory()
        self.needs_key = False
        self.packets = self.bytes = self.retransmitted = 0
        self.nack_received = self.pli_received = 0
        self.rtt: float | None = None
        self.fraction_lost = 0
        self.estimate: int | None = None
        """Bits/s that the far end thinks it can take (REMB)."""
        self.limit: int | None = None
        """Bits/s that the source is told, on account of this viewer."""
        self._rate_from = (time.monotonic(), 0)
        self._rate = 0.0
        self._rtx_seq = secrets.randbelow(0x8000)
        self._reports: dict[int, float] = {}

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Called by the peer connection once DTLS is up."""
        if self.ready is not None:
            return
        self.codecs = list(parameters.codecs)
        wanted = URI_ABS_SEND_TIME if self.kind == "video" else URI_AUDIO_LEVEL
        for extension in parameters.headerExtensions:
            if extension.uri == wanted and extension.id < 15:
                self.extension_id = extension.id
        compat.register_sender(self, parameters)
        self.ready = self.transport_of_leg
        self.ready.add_sender(self)
        if self.source is not None:  # only now can the far end use a key frame
            if self.source.stream is not None:
                self.follow(self.source.stream)
            self.source.request_keyframe(force=True)

    async def stop(self) -> None:
        self.detach()
        await super().stop()

    def attach(self, source: ForwardReceiver) -> None:
        """Send what `source` receives from now on; no renegotiation."""
        self.detach()
        self.source = source
        source.listeners.append(self)
        if source.stream is not None:
            source.stream.outputs.append(self)
            self.follow(source.stream)
        if self.ready is not None:
            source.request_keyframe(force=True)

    def detach(self) -> None:
        """Send nothing; the far end keeps the last picture."""
        source, self.source = self.source, None
        self.numbers.stop()
        self.needs_key = False
        self.estimate = self.limit = None
        if source is None:
            return
        source.listeners.remove(self)
        if source.stream is not None and self in source.stream.outputs:
            source.stream.outputs.remove(self)

    def follow(self, stream: InboundStream) -> None:
        """The source's stream began or changed: choose our payload type, wait for a key frame."""
        self.numbers.stop()
        self.payload_type = self.rtx_type = None
        codec = self._codec_like(stream)
        if codec is None:
            return
        self.payload_type = codec.payloadType
        for other in self.codecs:
            if compat.is_rtx(other) and other.parameters.get("apt") == self.payload_type:
                self.rtx_type = other.payloadType
        self.needs_key = stream.is_video
        if self.needs_key and stream.receiver is not None:
            stream.receiver.forward.arm_repair()

    def _codec_like(self, stream: InboundStream) -> RTCRtpCodecParameters | None:
        """Our codec that can carry the stream; H264 must also agree on profile and mode."""
        source = None
        if stream.receiver is not None:
            source = stream.receiver.codecs.get(stream.payload_type)
        for codec in self.codecs:
            if codec.mimeType.lower() != stream.mime or codec.clockRate != stream.clock_rate:
                continue
            if stream.mime != "video/h264" or source is None:
                return codec
            if codec.parameters == source.parameters:
                return codec
        return None

    def next_rtx_seq(self) -> int:
        """Sequence number of the next retransmission; it has its own stream (RFC 4588)."""
        seq, self._rtx_seq = self._rtx_seq, (self._rtx_seq + 1) & 0xFFFF
        return seq

    def on_rtcp(self, packet: Any) -> None:
        if isinstance(packet, rtp.RtcpRrPacket | rtp.RtcpSrPacket):
            self._on_reports(packet.reports)
        elif isinstance(packet, rtp.RtcpRtpfbPacket):
            if packet.fmt == rtp.RTCP_RTPFB_NACK:
                self._on_nack(packet.lost)
        elif isinstance(packet, rtp.RtcpPsfbPacket):
            if packet.fmt in (rtp.RTCP_PSFB_PLI, rtp.RTCP_PSFB_FIR):
                self.pli_received += 1
                if self.source is not None:
                    self.source.request_keyframe()
            elif packet.fmt == rtp.RTCP_PSFB_APP:
                self._on_remb(packet.fci)

    def _on_reports(self, reports: list[Any]) -> None:
        for report in reports:
            if report.ssrc != self.ssrc:
                continue
            self.fraction_lost = report.fraction_lost
            sent_at = self._reports.get(report.lsr)
            if sent_at is not None and report.dlsr:
                self.rtt = max(0.0, time.time() - sent_at - report.dlsr / 65536)

    def _on_nack(self, lost: list[int]) -> None:
        self.nack_received += 1
        if self.ready is None:
            return
        for seq in lost:
            sent = self.history.get(seq)
            if sent is not None:
                self.resend(sent)

    def resend(self, sent: Sent) -> None:
        """Send a remembered packet again, as RTX where negotiated."""
        if self.ready is not None and self.payload_type is not None:
            self.retransmitted += 1
            self.ready.retransmit(self, sent)

    def _on_remb(self, fci: bytes) -> None:
        try:
            bitrate, ssrcs = rtp.unpack_remb_fci(fci)
        except ValueError:
            return
        if self.source is not None and self.ssrc in ssrcs:
            self.estimate = bitrate
            self.limit = useful_limit(bitrate, self._sent_rate())
            self.source.limit_bitrate()

    def _sent_rate(self) -> float:
        """Bits/s sent lately, with headers; measured over at least half a second."""
        now, on_wire = time.monotonic(), self.bytes + HEADERS * self.packets
        since, before = self._rate_from
        if now - since >= _RATE_WINDOW_S:
            self._rate = (on_wire - before) * 8 / (now - since)
            self._rate_from = (now, on_wire)
        return self._rate

    def sender_report(self, now: float) -> bytes:
        """An SR that keeps the source's own clock, so that the far end can sync lips; or nothing."""
        stream = self.source.stream if self.source is not None else None
        if stream is None or stream.sr_at is None or not self.packets or not self.numbers.active:
            return b""
        age = now - stream.sr_at
        ntp = (stream.sr_ntp + int(age * (1 << 32))) & 0xFFFFFFFFFFFFFFFF
        ts = (stream.sr_rtp + int(age * stream.clock_rate) + self.numbers.ts_shift) & 0xFFFFFFFF
        self._reports[(ntp >> 16) & 0xFFFFFFFF] = now
        if len(self._reports) > _REPORTS_KEPT:
            self._reports.pop(next(iter(self._reports)))
        return bytes(
            rtp.RtcpSrPacket(
                ssrc=self.ssrc,
                sender_info=rtp.RtcpSenderInfo(
                    ntp_timestamp=ntp,
                    rtp_timestamp=ts,
                    packet_count=self.packets & 0xFFFFFFFF,
                    octet_count=self.bytes & 0xFFFFFFFF,
                ),
            )
        )
