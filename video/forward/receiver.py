"""What a leg sends us: one per received media section. Decides when to ask for a key frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters

from video import compat
from video.compat import rtp
from video.forward.stream import InboundStream
from video.forward.wire import URI_AUDIO_LEVEL

if TYPE_CHECKING:
    from video.forward.sender import ForwardSender
    from video.forward.transport import ForwardTransport

PLI_EVERY_S = 0.3
"""Key frames are large: asked for at most this often."""


class ForwardReceiver(compat.ReceiverBase):
    """Receives RTP and hands it on; never a decoder, never a jitter buffer."""

    def __init__(self, kind: str, dtls: RTCDtlsTransport, transport: ForwardTransport) -> None:
        super().__init__(kind, dtls)
        self.forward = transport
        self.stream: InboundStream | None = None
        self.listeners: list[ForwardSender] = []
        self.codecs: dict[int, RTCRtpCodecParameters] = {}
        self.rtx_types: set[int] = set()
        self.announced: set[int] = set()
        """SSRCs named in the offer."""
        self.level_id = 0
        """Extension id of the audio level in what arrives; 0: none."""
        self.pli_sent = 0
        self.nack_sent = 0
        self._started = False
        self._asked_at = float("-inf")

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Called by the peer connection once DTLS is up."""
        if self._started:
            return
        self._started = True
        self.codecs = {c.payloadType: c for c in parameters.codecs if c.payloadType is not None}
        self.rtx_types = {kind for kind, codec in self.codecs.items() if compat.is_rtx(codec)}
        for encoding in parameters.encodings:
            self.announced.add(encoding.ssrc)
            if encoding.rtx is not None:
                self.announced.add(encoding.rtx.ssrc)
        for extension in parameters.headerExtensions:
            if extension.uri == URI_AUDIO_LEVEL and extension.id < 15:
                self.level_id = extension.id
        compat.register_receiver(self, parameters)
        self.forward.add_receiver(self)

    async def stop(self) -> None:
        for sender in list(self.listeners):
            sender.detach()
        await super().stop()

    def on_rtcp(self, packet: Any) -> None:
        stream = self.stream
        if stream is None or not isinstance(packet, rtp.RtcpSrPacket) or packet.ssrc != stream.ssrc:
            return
        stream.sr_ntp = packet.sender_info.ntp_timestamp
        stream.sr_rtp = packet.sender_info.rtp_timestamp
        stream.sr_at = time.time()

    def new_stream(self, ssrc: int, payload_type: int) -> InboundStream:
        """A source started, changed its SSRC or its codec: outputs follow it without a gap."""
        codec = self.codecs[payload_type]
        stream = InboundStream(
            self,
            ssrc=ssrc,
            payload_type=payload_type,
            mime=codec.mimeType.lower(),
            clock_rate=codec.clockRate,
        )
        stream.outputs = list(self.listeners)
        self.stream = stream
        compat.learn_ssrc(self, ssrc)
        for sender in stream.outputs:
            sender.follow(stream)
        if stream.outputs:
            self.request_keyframe(force=True)
        return stream

    def request_keyframe(self, *, force: bool = False) -> None:
        """Send a picture loss indication, at most every `PLI_EVERY_S` unless `force`."""
        stream, now = self.stream, time.monotonic()
        if stream is None or not stream.is_video:
            return
        if not force and now - self._asked_at < PLI_EVERY_S:
            return
        self._asked_at = now
        self.pli_sent += 1
        self.forward.send_rtcp(
            bytes(
                rtp.RtcpPsfbPacket(
                    fmt=rtp.RTCP_PSFB_PLI, ssrc=self.rtcp_ssrc, media_ssrc=stream.ssrc
                )
            )
        )

    def request_packets(self, lost: list[int]) -> None:
        """Ask for lost packets again."""
        if self.stream is None:
            return
        self.nack_sent += 1
        packet = rtp.RtcpRtpfbPacket(
            fmt=rtp.RTCP_RTPFB_NACK, ssrc=self.rtcp_ssrc, media_ssrc=self.stream.ssrc
        )
        packet.lost = lost
        self.forward.send_rtcp(bytes(packet))

    def limit_bitrate(self) -> None:
        """Tell the source the lowest limit of those who watch (REMB)."""
        known = [s.limit for s in self.listeners if s.limit is not None]
        if self.stream is None or not known:
            return
        fci = rtp.pack_remb_fci(min(known), [self.stream.ssrc])
        self.forward.send_rtcp(
            bytes(
                rtp.RtcpPsfbPacket(
                    fmt=rtp.RTCP_PSFB_APP, ssrc=self.rtcp_ssrc, media_ssrc=0, fci=fci
                )
            )
        )
