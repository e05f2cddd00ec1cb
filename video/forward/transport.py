"""The media path of one leg: its SRTP contexts, its sockets, its SSRC table, the hot loop.

The hot loop is `on_packet`: decrypt in the scratch buffer, count, write a new header in front of
the payload, encrypt, send. It runs once per packet, allocates a copy only of video payloads (for
retransmission), and never awaits. Reports go out every second; lost packets and missing key frames
are asked for again by `_repair`, which runs only while something is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiortc.rtcdtlstransport import RTCDtlsTransport

from video import compat
from video.compat import rtp, srtp_protect, srtp_protect_rtcp, srtp_unprotect
from video.forward import wire
from video.forward.history import Sent
from video.forward.keyframe import starts_keyframe
from video.forward.stream import NACK_EVERY_S, InboundStream
from video.forward.wire import (
    BUFFER,
    CONTROL,
    CONTROL_BUFFER,
    CONTROL_VIEW,
    HEADROOM,
    INPUT,
    LENGTH,
    P_INPUT,
    SCRATCH,
    VIEW,
)

if TYPE_CHECKING:
    from video.forward.receiver import ForwardReceiver
    from video.forward.sender import ForwardSender

REPORT_EVERY_S = 1.0
BATCH = 32
"""Datagrams read from one socket before others get a turn."""


class ForwardTransport:
    """One per DTLS transport; shared by all receivers and senders of a leg."""

    def __init__(self, dtls: RTCDtlsTransport) -> None:
        self.dtls = dtls
        self.senders: list[ForwardSender] = []
        self.receivers: list[ForwardReceiver] = []
        self.datagrams = 0
        """Datagrams of any kind received: as long as it grows, somebody is there."""
        self.rejected = 0
        """RTP that did not decrypt or belongs to nothing."""
        self._connection = compat.ice_connection(dtls)
        self._pairs = compat.nominated_pairs(self._connection)
        self._pair: Any = None
        self._socket: socket.socket | None = None
        self._address: tuple[str, int] = ("", 0)
        self._taken: list[socket.socket] = []
        self._rx: Any = None
        self._tx: Any = None
        self._streams: dict[int, InboundStream] = {}
        self._report_timer: asyncio.TimerHandle | None = None
        self._repair_timer: asyncio.TimerHandle | None = None
        self._closed = False

    # -- life ---------------------------------------------------------------------------------

    def take_over(self) -> None:
        """Read this leg's sockets ourselves. Call once candidates are gathered."""
        compat.take_datagrams(self._connection, self._on_rtp, self._count)
        self._taken = compat.read_directly(self._connection, self._readable)

    def add_receiver(self, receiver: ForwardReceiver) -> None:
        """`receiver` is negotiated and DTLS is up."""
        self.receivers.append(receiver)
        self._secured()

    def add_sender(self, sender: ForwardSender) -> None:
        """`sender` is negotiated and DTLS is up."""
        self.senders.append(sender)
        self._secured()

    def close(self) -> None:
        """Stop timers and close our sockets; safe to call twice."""
        self._closed = True
        for timer in (self._report_timer, self._repair_timer):
            if timer is not None:
                timer.cancel()
        loop = asyncio.get_running_loop()
        for own in self._taken:
            loop.remove_reader(own.fileno())
            own.close()
        self._taken = []
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._pair = self._rx = self._tx = None

    def _secured(self) -> bool:
        if self._rx is None and not self._closed:
            handles = compat.srtp_handles(self.dtls)
            if handles is not None:
                self._rx, self._tx = handles
                loop = asyncio.get_running_loop()
                self._report_timer = loop.call_later(REPORT_EVERY_S / 2, self._report)
        return self._rx is not None

    # -- hot path -----------------------------------------------------------------------------

    def _count(self) -> None:
        self.datagrams += 1

    def _readable(self, own: socket.socket, ordinary: Callable[[bytes, Any], None]) -> None:
        try:
            for _ in range(BATCH):
                size, address = own.recvfrom_into(INPUT)
                if size > 12 and 127 < INPUT[0] < 192 and not 191 < INPUT[1] < 224:
                    self.datagrams += 1
                    self.on_packet(size)
                elif size:
                    ordinary(bytes(INPUT[:size]), address)
        except OSError:
            return  # nothing more to read, or an ICMP error that ICE will notice

    def _on_rtp(self, data: bytes) -> bool:
        """A datagram from a loop that reads by itself (uvloop)."""
        size = len(data)
        if size > wire.MAX_DATAGRAM:
            return True
        INPUT[:size] = data
        self.on_packet(size)
        return True

    def on_packet(self, size: int) -> None:
        """Pass on the `size` bytes of SRTP at `HEADROOM` of the scratch buffer."""
        if self._rx is None and not self._secured():
            return
        LENGTH[0] = size
        if srtp_unprotect(self._rx, P_INPUT, LENGTH):
            self.rejected += 1
            return
        end = HEADROOM + LENGTH[0]
        flags, second, seq, ts, ssrc = wire.unpack_header(BUFFER, HEADROOM)
        payload_type = second & 127
        start = HEADROOM + 12 + ((flags & 15) << 2)
        extension = start
        if flags & wire.EXTENSION:
            start += 4 + (wire.unpack_u16(BUFFER, start + 2)[0] << 2)
        if start > end:
            self.rejected += 1
            return
        stream = self._streams.get(ssrc)
        if stream is None or stream.payload_type != payload_type:
            stream = self._find_stream(payload_type, ssrc)
            if stream is None:
                self.rejected += 1
                return
            if stream.payload_type != payload_type:
                self._on_rtx(stream, flags, second, ts, start, end)
                return
        stream.bytes += end - start
        now = time.monotonic()
        if stream.received(seq, ts, now):
            self._on_gap(stream, now)
        if stream.outputs:
            self._pass_on(stream, flags, second & 128, seq, ts, extension, start, end, now)

    def _on_rtx(
        self, stream: InboundStream, flags: int, second: int, ts: int, start: int, end: int
    ) -> None:
        """A retransmission: its first two bytes are the original sequence number."""
        if flags & wire.PADDING or end - start < 3:
            return  # a bandwidth probe
        seq = wire.unpack_u16(BUFFER, start)[0]
        if stream.retransmitted(seq) and stream.outputs:
            now = time.monotonic()
            self._pass_on(stream, flags, second & 128, seq, ts, start, start + 2, end, now)

    def _pass_on(
        self,
        stream: InboundStream,
        flags: int,
        marker: int,
        seq: int,
        ts: int,
        extension: int,
        start: int,
        end: int,
        now: float,
    ) -> None:
        if flags & wire.PADDING:
            end -= VIEW[end - 1]
            if end < start:
                return
        size = end - start
        outputs = stream.outputs
        payload = bytes(VIEW[start:end]) if stream.is_video or len(outputs) > 1 else b""
        level = -1
        receiver = stream.receiver
        if receiver is not None and receiver.level_id and flags & wire.EXTENSION:
            level = wire.extension_byte(VIEW, extension + 4, start, receiver.level_id)
        touched = False
        for sender in outputs:
            target = sender.ready
            if target is None or sender.payload_type is None:
                continue
            if sender.needs_key:
                if not starts_keyframe(stream.mime, payload):
                    continue
                sender.needs_key = False
            numbers = sender.numbers
            if not numbers.active:
                numbers.start(seq, ts, now, stream.clock_rate)
            mapped = numbers.map(seq, ts, now)
            if mapped is None:
                continue
            out_seq, out_ts = mapped
            if touched:  # the previous output encrypted the payload in place
                BUFFER[start:end] = payload
            touched = True
            if stream.is_video:
                sender.history.put(out_seq, out_ts, marker, payload)
            head = _write_header(sender, marker, out_seq, out_ts, start, level, now)
            if target.protect_and_send(head, end - head):
                sender.packets += 1
                sender.bytes += size

    def protect_and_send(self, head: int, size: int) -> bool:
        """Encrypt `size` bytes at `head` of the scratch buffer for this leg, and send them."""
        if self._tx is None:
            return False
        LENGTH[0] = size
        if srtp_protect(self._tx, SCRATCH + head, LENGTH):
            return False
        return self._send(VIEW[head : head + LENGTH[0]])

    def _send(self, packet: memoryview) -> bool:
        pair = self._pairs.get(1)
        if pair is not self._pair:
            self._use_pair(pair)
        if pair is None:
            return False
        if self._socket is None:  # through a relay
            pair.protocol.transport.sendto(bytes(packet), self._address)
            return True
        try:
            self._socket.sendto(packet, self._address)
        except OSError:
            return False  # full or unreachable: a lost packet, which the far end asks for
        return True

    def _use_pair(self, pair: Any) -> None:
        self._pair = pair
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if pair is not None:
            self._address = pair.remote_addr
            self._socket = compat.sending_socket(pair)

    # -- everything below is rare -------------------------------------------------------------

    def _find_stream(self, payload_type: int, ssrc: int) -> InboundStream | None:
        """The stream of a packet whose SSRC or payload type is new; None when it is nobody's.

        SSRCs named in the offer decide; otherwise the payload type does (RFC 8843 section 9.2).
        """
        able = [r for r in self.receivers if payload_type in r.codecs]
        receiver = next((r for r in able if ssrc in r.announced), able[0] if able else None)
        if receiver is None:
            return None
        if payload_type in receiver.rtx_types:
            return receiver.stream
        old = receiver.stream
        if old is not None and old.ssrc == ssrc and old.payload_type == payload_type:
            return old
        if old is not None:
            self._streams.pop(old.ssrc, None)
        stream = receiver.new_stream(ssrc, payload_type)
        self._streams[ssrc] = stream
        return stream

    def _on_gap(self, stream: InboundStream, now: float) -> None:
        receiver = stream.receiver
        if not stream.is_video or receiver is None:
            return
        fresh = [seq for seq, state in stream.missing.items() if state[0] == now]
        if fresh:
            receiver.request_packets(fresh)
            self.arm_repair()
        else:  # too many for a retransmission
            receiver.request_keyframe()

    def arm_repair(self) -> None:
        """Look again soon at what is missing."""
        if self._repair_timer is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._repair_timer = loop.call_later(NACK_EVERY_S, self._repair)

    def _repair(self) -> None:
        self._repair_timer = None
        now, again = time.monotonic(), False
        for receiver in self.receivers:
            stream = receiver.stream
            if stream is None:
                continue
            if stream.missing:
                wanted, gave_up = stream.ask_again(now)
                if wanted:
                    receiver.request_packets(wanted)
                if gave_up:
                    receiver.request_keyframe()
                again = again or bool(stream.missing)
            if any(s.needs_key and s.ready is not None for s in stream.outputs):
                receiver.request_keyframe()
                again = True
        if again:
            self.arm_repair()

    def retransmit(self, sender: ForwardSender, sent: Sent) -> None:
        """Send a remembered packet again (RFC 4588 where RTX was negotiated)."""
        seq, ts, marker, payload = sent
        if sender.rtx_type is not None:
            header = wire.make_header(
                0x80, marker | sender.rtx_type, sender.next_rtx_seq(), ts, sender.rtx_ssrc
            ) + wire.make_u16(seq)
        else:
            kind = sender.payload_type or 0
            header = wire.make_header(0x80, marker | kind, seq, ts, sender.ssrc)
        self._send_control(header + payload, srtp_protect)

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send RTCP; dropped while the leg is not connected."""
        if self._tx is not None or self._secured():
            self._send_control(packet, srtp_protect_rtcp)

    def _send_control(self, packet: bytes, protect: Callable[[Any, Any, Any], int]) -> None:
        if self._tx is None or len(packet) > wire.MAX_DATAGRAM:
            return
        CONTROL_BUFFER[0 : len(packet)] = packet
        LENGTH[0] = len(packet)
        if not protect(self._tx, CONTROL, LENGTH):
            self._send(CONTROL_VIEW[: LENGTH[0]])

    def _report(self) -> None:
        if self.dtls.state != "connected" or self._closed:
            return
        with contextlib.suppress(OSError, ValueError):
            now = time.time()
            reports = b"".join(self._receiver_report(r, now) for r in self.receivers)
            reports += b"".join(s.sender_report(now) for s in self.senders)
            if reports:
                self.send_rtcp(reports)
        loop = asyncio.get_running_loop()
        self._report_timer = loop.call_later(REPORT_EVERY_S, self._report)

    def _receiver_report(self, receiver: ForwardReceiver, now: float) -> bytes:
        stream = receiver.stream
        if stream is None or not stream.started:
            return b""
        seen = stream.report()
        since_sr = 0 if stream.sr_at is None else int((now - stream.sr_at) * 65536)
        info = rtp.RtcpReceiverInfo(
            ssrc=stream.ssrc,
            fraction_lost=seen.fraction_lost,
            packets_lost=min(seen.packets_lost, 0x7FFFFF),
            highest_sequence=seen.highest_seq,
            jitter=min(seen.jitter, 0xFFFFFFFF),
            lsr=(stream.sr_ntp >> 16) & 0xFFFFFFFF,
            dlsr=min(max(since_sr, 0), 0xFFFFFFFF),
        )
        return bytes(rtp.RtcpRrPacket(ssrc=receiver.rtcp_ssrc, reports=[info]))


def _write_header(
    sender: ForwardSender, marker: int, seq: int, ts: int, start: int, level: int, now: float
) -> int:
    """Write the outgoing header in front of the payload at `start`; returns where it begins.

    Extension ids are the ones this leg negotiated: when we send (video) or the sound's `level`
    (audio; -1: none came).
    """
    element = sender.extension_id
    is_video = sender.kind == "video"
    if not element or (level < 0 and not is_video):
        head = start - 12
        wire.pack_header(
            BUFFER, head, 0x80, marker | (sender.payload_type or 0), seq, ts, sender.ssrc
        )
        return head
    head = start - 20
    wire.pack_header(BUFFER, head, 0x90, marker | (sender.payload_type or 0), seq, ts, sender.ssrc)
    word = (
        wire.abs_send_time_word(element, now) if is_video else wire.audio_level_word(element, level)
    )
    wire.pack_extension(BUFFER, head + 12, wire.ONE_BYTE_PROFILE, 1, word)
    return head
