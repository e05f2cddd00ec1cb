"""The scratch buffers of the process and the byte layouts of RTP that the hot path needs.

Everything in `forward` runs on one event loop thread and handles one packet at a time, so one
buffer serves all: a packet is read at `HEADROOM`, decrypted in place, and its new header is written
backwards in front of the payload. What is sent meanwhile (RTCP) has a buffer of its own. Layouts:
RFC 3550 (header), RFC 8285 (one-byte extensions), RFC 4588 (RTX).
"""

from __future__ import annotations

import struct
from typing import Any

from video import compat

HEADROOM = 64
CAPACITY = 4096
MAX_DATAGRAM = 2048

SCRATCH: Any = compat.ffi.new("unsigned char[]", CAPACITY)
BUFFER: Any = compat.ffi.buffer(SCRATCH)
VIEW = memoryview(BUFFER)
INPUT = VIEW[HEADROOM : HEADROOM + MAX_DATAGRAM]
P_INPUT: Any = SCRATCH + HEADROOM
CONTROL: Any = compat.ffi.new("unsigned char[]", CAPACITY)
"""RTCP and retransmissions: sent while a packet may be lying in `SCRATCH`."""
CONTROL_BUFFER: Any = compat.ffi.buffer(CONTROL)
CONTROL_VIEW = memoryview(CONTROL_BUFFER)
LENGTH: Any = compat.ffi.new("int *")

_HEADER = struct.Struct("!BBHII")
unpack_header = _HEADER.unpack_from
pack_header = _HEADER.pack_into
make_header = _HEADER.pack
_EXTENSION = struct.Struct("!HHI")
pack_extension = _EXTENSION.pack_into
_U16 = struct.Struct("!H")
unpack_u16 = _U16.unpack_from
make_u16 = _U16.pack

ONE_BYTE_PROFILE = 0xBEDE
PADDING = 0x20
EXTENSION = 0x10
MARKER = 0x80

URI_ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
URI_AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def extension_byte(data: Any, start: int, end: int, wanted: int) -> int:
    """First byte of the one-byte-header element `wanted` in `data[start:end]`; -1 when absent.

    `data` indexes to integers (`VIEW`, bytes). Malformed input ends the search.
    """
    at = start
    while at < end:
        head = data[at]
        if head == 0:
            at += 1
            continue
        element = head >> 4
        if element == 15:
            return -1
        if element == wanted:
            return data[at + 1] if at + 1 < end else -1
        at += 2 + (head & 15)
    return -1


def audio_level_word(element: int, level: int) -> int:
    """The 32-bit extension word carrying an audio level (RFC 6464: V bit and -dBov)."""
    return element << 28 | level << 16


def abs_send_time_word(element: int, now: float) -> int:
    """The 32-bit extension word carrying when we send; `now` in seconds, 6.18 fixed point."""
    return (element << 4 | 2) << 24 | int(now * 262144) & 0xFFFFFF
