"""A peer connection of the node: always the answerer, non-trickle, one bundled transport.

Offers come without candidates (see `video.sdp`). A later offer of the same browser connection
renegotiates, and restarts ICE where its credentials changed; sockets and keys stay.
"""

from __future__ import annotations

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.codecs import get_capabilities
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from core.log import get_log
from video import compat
from video.forward.receiver import ForwardReceiver
from video.forward.sender import ForwardSender
from video.forward.transport import ForwardTransport
from video.sdp import Offer, finish_answer

log = get_log(__name__)
_WANTED = {"audio": ("audio/opus",), "video": ("video/vp8", "video/h264", "video/rtx")}


def _codecs(kind: str) -> list[RTCRtpCodecCapability]:
    """Our codecs in order of preference: every leg gets the same first one, so they fit."""
    known = get_capabilities(kind).codecs
    return [c for mime in _WANTED[kind] for c in known if c.mimeType.lower() == mime]


class ForwardPeer(compat.PeerConnectionBase):
    """One leg's connection. `receivers(kind)` and `senders(kind)` are in the order of the offer."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses
        self.transport: ForwardTransport | None = None
        self.fingerprint = ""
        """Of the far end's certificate, from its first offer."""
        # An empty list of servers, not None: the default would be a foreign STUN server.
        super().__init__(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    def make_media(
        self, kind: str, dtls: RTCDtlsTransport
    ) -> tuple[compat.SenderBase, compat.ReceiverBase]:
        if self.transport is None:
            self.transport = ForwardTransport(dtls)
            compat.use_addresses(compat.ice_connection(dtls), self._addresses)
        return (
            ForwardSender(kind, dtls, self.transport),
            ForwardReceiver(kind, dtls, self.transport),
        )

    def prepare(self, transceiver: RTCRtpTransceiver) -> None:
        transceiver.setCodecPreferences(_codecs(transceiver.kind))

    async def answer(self, offer: Offer) -> str:
        """Apply an offer and return the answer, candidates included.

        Raises what aiortc raises on an offer it cannot read or has no common codec with
        (ValueError, OperationError, …); the peer is then unusable and must be closed.
        """
        first = not self.fingerprint
        if not first and self.transport is not None:
            compat.restart_ice(self.transport.dtls, offer.username, offer.password)
        self.fingerprint = offer.fingerprint
        await self.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        for transceiver in self.getTransceivers():
            transceiver.direction = "sendrecv"
        await self.setLocalDescription(await self.createAnswer())
        if first and self.transport is not None:
            self.transport.take_over()
        return finish_answer(self.localDescription.sdp)

    def receivers(self, kind: str) -> list[ForwardReceiver]:
        """Receivers of `kind` that the far end sends to, in the order of the offer's sections."""
        found = [t.receiver for t in self._negotiated(kind, "recvonly")]
        return [r for r in found if isinstance(r, ForwardReceiver)]

    def senders(self, kind: str) -> list[ForwardSender]:
        """Senders of `kind` that the far end listens to, in the order of the offer's sections."""
        found = [t.sender for t in self._negotiated(kind, "sendonly")]
        return [s for s in found if isinstance(s, ForwardSender)]

    def _negotiated(self, kind: str, direction: str) -> list[RTCRtpTransceiver]:
        both = ("sendrecv", direction)
        return [t for t in self.getTransceivers() if t.kind == kind and t.currentDirection in both]

    async def discard(self) -> None:
        """Close after a failed `answer`, whatever state the library was left in."""
        try:
            await self.close()
        except Exception as exc:  # half-made: close the sockets at least
            log.warning("video.discard_failed", kind=type(exc).__name__)
            if self.transport is not None:
                await self.transport.dtls.transport.stop()

    async def close(self) -> None:
        if self.transport is not None:
            self.transport.close()
        await super().close()
