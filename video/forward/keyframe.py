"""Whether an RTP payload begins a picture that can be shown without any earlier one.

Reads the first bytes only; never decodes. VP8: RFC 7741. H264: RFC 6184.
"""

from __future__ import annotations

_IDR, _SPS = 5, 7
_STAP_A, _FU_A = 24, 28


def starts_keyframe(mime: str, payload: bytes) -> bool:
    """True for the first packet of a key frame; codecs we do not know always say True."""
    if mime == "video/vp8":
        return _vp8(payload)
    if mime == "video/h264":
        return _h264(payload)
    return True


def _vp8(payload: bytes) -> bool:
    if not payload or payload[0] & 0x17 != 0x10:  # start of partition 0
        return False
    at = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return False
        extended = payload[1]
        at = 2
        if extended & 0x80:  # picture id, one or two bytes
            if at >= len(payload):
                return False
            at += 2 if payload[at] & 0x80 else 1
        at += (1 if extended & 0x40 else 0) + (1 if extended & 0x30 else 0)
    return at < len(payload) and not payload[at] & 1


def _h264(payload: bytes) -> bool:
    if not payload:
        return False
    kind = payload[0] & 31
    if kind == _STAP_A:
        return len(payload) > 3 and payload[3] & 31 in (_IDR, _SPS)
    if kind == _FU_A:
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 31 in (_IDR, _SPS)
    return kind in (_IDR, _SPS)
