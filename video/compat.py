"""Every private name of aiortc, aioice and pylibsrtp that we rely on, in one place.

aiortc decodes what it receives and encodes what it sends. We keep its SDP, ICE, DTLS and SRTP keys
and replace only what moves RTP, per connection object and without changing the libraries for
anybody else in the process. That needs names which are not promised to stay, so the versions are
pinned and `self_test` exercises each name before the node starts; it refuses to start on a mismatch.

Nothing outside this file may use a name of those libraries that starts with an underscore.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any, ClassVar

from aioice.utils import random_string
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver
from aiortc import rtp as _rtp
from aiortc.codecs import is_rtx as _is_rtx
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender
from pylibsrtp import Policy, Session
from pylibsrtp import _binding as _srtp_binding

PINNED: dict[str, str] = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}
"""The only versions these names were read in."""

ffi: Any = _srtp_binding.ffi
_lib: Any = _srtp_binding.lib
srtp_unprotect: Callable[[Any, Any, Any], int] = _lib.srtp_unprotect
srtp_protect: Callable[[Any, Any, Any], int] = _lib.srtp_protect
srtp_protect_rtcp: Callable[[Any, Any, Any], int] = _lib.srtp_protect_rtcp
rtp = _rtp
is_rtx = _is_rtx


class Incompatible(RuntimeError):
    """The installed media libraries are not the ones this code was written for."""


class ReceiverBase(RTCRtpReceiver):
    """A receiver that never starts a decoder. Subclasses implement the public hooks."""

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        super().__init__(kind, transport)
        self.kind = kind
        self.rtcp_ssrc = 0

    def on_rtcp(self, packet: Any) -> None:
        """A parsed RTCP packet about this stream."""
        raise NotImplementedError

    async def stop(self) -> None:
        self.transport._unregister_rtp_receiver(self)
        if self._track is not None:
            self._track.stop()

    def _set_rtcp_ssrc(self, ssrc: int) -> None:
        self.rtcp_ssrc = ssrc
        super()._set_rtcp_ssrc(ssrc)

    def _handle_disconnect(self) -> None:
        if self._track is not None:
            self._track.stop()

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        self.on_rtcp(packet)

    async def _handle_rtp_packet(self, packet: Any, arrival_time_ms: int) -> None:
        """Not reached once the transport is taken over; what came before is not decoded either."""


class SenderBase(RTCRtpSender):
    """A sender that never starts an encoder. Subclasses implement the public hooks."""

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        super().__init__(kind, transport)
        self.ssrc: int = self._ssrc
        self.rtx_ssrc: int = self._rtx_ssrc

    def on_rtcp(self, packet: Any) -> None:
        """A parsed RTCP packet about this stream."""
        raise NotImplementedError

    async def stop(self) -> None:
        self.transport._unregister_rtp_sender(self)

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        self.on_rtcp(packet)


class PeerConnectionBase(RTCPeerConnection):
    """A peer connection whose transceivers carry our receivers and senders."""

    def __init__(self, configuration: RTCConfiguration) -> None:
        super().__init__(configuration)

    def make_media(self, kind: str, dtls: RTCDtlsTransport) -> tuple[SenderBase, ReceiverBase]:
        """The pair for a new transceiver."""
        raise NotImplementedError

    def prepare(self, transceiver: RTCRtpTransceiver) -> None:
        """Called with each new transceiver before it is negotiated."""
        raise NotImplementedError

    def _RTCPeerConnection__createTransceiver(  # noqa: N802 - the mangled private name
        self, direction: str, kind: str, sender_track: MediaStreamTrack | None = None
    ) -> RTCRtpTransceiver:
        original = RTCPeerConnection._RTCPeerConnection__createTransceiver  # type: ignore[attr-defined]
        made: Any = original(self, direction=direction, kind=kind, sender_track=sender_track)
        sender, receiver = self.make_media(kind, made.receiver.transport)
        sender._stream_id = made.sender._stream_id
        receiver._set_rtcp_ssrc(sender.ssrc)
        made._RTCRtpTransceiver__sender = sender
        made._RTCRtpTransceiver__receiver = receiver
        self.prepare(made)
        transceiver: RTCRtpTransceiver = made
        return transceiver


def register_receiver(receiver: ReceiverBase, parameters: RTCRtpReceiveParameters) -> None:
    """Let RTCP about the receiver's streams reach it."""
    receiver.transport._register_rtp_receiver(receiver, parameters)


def register_sender(sender: SenderBase, parameters: RTCRtpSendParameters) -> None:
    """Let RTCP about the sender's stream reach it."""
    sender.transport._register_rtp_sender(sender, parameters)


def learn_ssrc(receiver: ReceiverBase, ssrc: int) -> None:
    """Route sender reports of a stream that the SDP did not announce."""
    receiver.transport._rtp_router.ssrc_table[ssrc] = receiver


def srtp_handles(dtls: RTCDtlsTransport) -> tuple[Any, Any] | None:
    """libsrtp's `(inbound, outbound)` contexts; None until the DTLS handshake is done."""
    if dtls._rx_srtp is None or dtls._tx_srtp is None:
        return None
    return dtls._rx_srtp._srtp[0], dtls._tx_srtp._srtp[0]


def ice_connection(dtls: RTCDtlsTransport) -> Any:
    """The aioice connection under a DTLS transport."""
    return dtls.transport._connection


def nominated_pairs(connection: Any) -> dict[int, Any]:
    """The live table component → nominated candidate pair; component 1 carries everything."""
    pairs: dict[int, Any] = connection._nominated
    return pairs


def use_addresses(connection: Any, addresses: list[str]) -> None:
    """Gather host candidates on exactly `addresses` (aioice would leave loopback out)."""
    gather = connection.get_component_candidates

    async def on_ours(component: int, addresses: Any, timeout: int = 5) -> Any:  # noqa: ARG001
        return await gather(component=component, addresses=ours, timeout=timeout)

    ours = list(addresses)
    connection.get_component_candidates = on_ours


def take_datagrams(
    connection: Any, on_rtp: Callable[[bytes], bool], on_any: Callable[[], None]
) -> None:
    """Give every RTP datagram to `on_rtp` first; what it declines goes the ordinary way.

    `on_any` is called for each datagram of any kind: it is how we know that somebody is there.
    """
    for protocol in connection._protocols:
        protocol.datagram_received = _hook(connection, protocol, on_rtp, on_any)


def _hook(
    connection: Any, protocol: Any, on_rtp: Callable[[bytes], bool], on_any: Callable[[], None]
) -> Callable[[bytes, Any], None]:
    ordinary = protocol.datagram_received

    def datagram_received(data: bytes, addr: Any) -> None:
        on_any()
        if len(data) > 12 and 127 < data[0] < 192:
            if 191 < data[1] < 224 or not on_rtp(data):  # RTCP, or not ours yet
                connection.data_received(data, 1)
        else:
            ordinary(data, addr)

    return datagram_received


def read_directly(
    connection: Any, readable: Callable[[socket.socket, Callable[[bytes, Any], None]], None]
) -> list[socket.socket]:
    """Stop asyncio's own reader (a 256 KiB allocation per datagram) and call `readable` instead.

    Returns the duplicated sockets, whose readers the caller removes and which it closes. uvloop
    reads by itself and does it well: nothing is taken over there.
    """
    loop = asyncio.get_running_loop()
    taken: list[socket.socket] = []
    for protocol in connection._protocols:
        sock = protocol.transport.get_extra_info("socket")
        remove = getattr(loop, "_remove_reader", None)
        if sock is None or remove is None:
            continue
        remove(sock.fileno())
        own = socket.socket(fileno=os.dup(sock.fileno()))
        own.setblocking(False)
        loop.add_reader(own.fileno(), readable, own, protocol.datagram_received)
        taken.append(own)
    return taken


def sending_socket(pair: Any) -> socket.socket | None:
    """A duplicate of the UDP socket of a nominated pair; None when it is relayed."""
    sock = pair.protocol.transport.get_extra_info("socket")
    return None if sock is None else socket.socket(fileno=os.dup(sock.fileno()))


def restart_ice(dtls: RTCDtlsTransport, username: str, password: str) -> bool:
    """Take the remote side's new ICE credentials and make new ones; sockets and keys stay.

    aiortc ignores an ICE restart. Because our sockets remain valid, a restart is only this; the
    next check that the browser nominates is accepted, and media flows on the old pair until then.
    Returns False when the credentials are the ones in use: nothing restarts.
    """
    connection = ice_connection(dtls)
    if username == connection.remote_username:
        return False
    connection._local_username = random_string(4)
    connection._local_password = random_string(22)
    connection.remote_username, connection.remote_password = username, password
    for pair in connection._check_list:
        if pair.task is not None:
            pair.task.cancel()
    connection._check_list.clear()
    connection._remote_candidates.clear()
    connection._remote_candidates_end = True
    return True


_CLASS_NAMES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (RTCPeerConnection, ("_RTCPeerConnection__createTransceiver",)),
    (RTCRtpReceiver, ("_set_rtcp_ssrc", "_handle_disconnect", "_handle_rtcp_packet", "_handle_rtp_packet")),
    (RTCRtpSender, ("_handle_rtcp_packet",)),
    (
        RTCDtlsTransport,
        (
            "_register_rtp_receiver", "_register_rtp_sender",
            "_unregister_rtp_receiver", "_unregister_rtp_sender",
        ),
    ),
)  # fmt: skip
_CONNECTION_NAMES = (
    "_nominated", "_protocols", "_check_list", "_remote_candidates", "_remote_candidates_end",
    "_local_username", "_local_password", "get_component_candidates", "data_received",
)  # fmt: skip


def _lacking(owner: Any, names: Iterable[str]) -> list[str]:
    label = owner.__name__ if isinstance(owner, type) else type(owner).__name__
    return [f"{label}.{name}" for name in names if not hasattr(owner, name)]


class _Probe(PeerConnectionBase):
    """Only asks whether our receivers and senders arrive in a transceiver."""

    seen: ClassVar[list[RTCRtpTransceiver]] = []

    def make_media(self, kind: str, dtls: RTCDtlsTransport) -> tuple[SenderBase, ReceiverBase]:
        return SenderBase(kind, dtls), ReceiverBase(kind, dtls)

    def prepare(self, transceiver: RTCRtpTransceiver) -> None:
        """Nothing to prepare."""


def _srtp_works() -> bool:
    """Encrypt and decrypt one packet through the raw functions, as the hot path does."""
    key = bytes(range(30))
    tx = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    rx = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND))
    packet = bytes.fromhex("8060000100000001000000aa") + b"payload"
    buffer, length = ffi.new("unsigned char[]", 256), ffi.new("int *")
    ffi.buffer(buffer)[0 : len(packet)] = packet
    length[0] = len(packet)
    if srtp_protect(tx._srtp[0], buffer, length) or length[0] <= len(packet):
        return False
    return not srtp_unprotect(rx._srtp[0], buffer, length) and (
        bytes(ffi.buffer(buffer)[0 : length[0]]) == packet
    )


async def self_test() -> None:
    """Check versions, names and one real packet; raises `Incompatible` saying what to do."""
    found = {name: metadata.version(name) for name in PINNED}
    wrong = [f"{n} {found[n]} (needs {v})" for n, v in PINNED.items() if found[n] != v]
    missing = [name for owner, names in _CLASS_NAMES for name in _lacking(owner, names)]
    if not missing:
        peer = _Probe(RTCConfiguration(iceServers=[]))
        try:
            transceiver = peer.addTransceiver("audio")
            dtls = transceiver.receiver.transport
            if not isinstance(transceiver.receiver, ReceiverBase):
                missing.append("RTCRtpTransceiver.__receiver")
            if not isinstance(transceiver.sender, SenderBase):
                missing.append("RTCRtpTransceiver.__sender")
            missing += _lacking(dtls, ("_rx_srtp", "_tx_srtp", "_rtp_router"))
            missing += _lacking(dtls.transport, ("_connection",))
            missing += _lacking(ice_connection(dtls), _CONNECTION_NAMES)
        finally:
            await peer.close()
    if not _srtp_works():
        missing.append("pylibsrtp round trip")
    if wrong or missing:
        raise Incompatible(
            "The video node cannot start: the media libraries differ from the pinned ones ("
            + "; ".join(wrong + missing)
            + "). Install the versions of requirements/app.txt, or update video/compat.py and its"
            " contract test."
        )
