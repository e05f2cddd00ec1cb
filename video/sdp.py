"""The little we read from, and change in, session descriptions. aiortc does the rest.

Candidates of the offer are taken out: the node has addresses that everybody can reach and learns
where a leg is from the leg's own checks (peer-reflexive), so nothing waits for gathering and no
mDNS name is looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import InvalidInput, TooLarge

MAX_SDP_BYTES = 24 * 1024
MAX_SECTIONS = 6
START_BITRATE_KBPS = 800
"""Where Chromium starts instead of 300; other browsers ignore it."""

_CANDIDATE = re.compile(r"a=(?:candidate:|end-of-candidates|ice-options:)[^\r\n]*\r?\n")
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.M)
_PWD = re.compile(r"^a=ice-pwd:(\S+)", re.M)
_FINGERPRINT = re.compile(r"^a=fingerprint:(\S+ \S+)", re.M)
_BUNDLE = re.compile(r"^a=group:BUNDLE ([^\r\n]+)", re.M)
_MID = re.compile(r"^a=mid:(\S+)", re.M)
_SECTION = re.compile(r"^m=(\S+) ", re.M)
_RTPMAP = re.compile(r"^a=rtpmap:(\d+) (opus/48000/2|VP8/90000)\r?\n", re.M | re.I)


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer."""

    sdp: str
    """Without candidates, CRLF line ends."""
    username: str
    password: str
    fingerprint: str
    """Of the offerer's DTLS certificate: the same one means the same peer connection."""


def read_offer(sdp: str) -> Offer:
    """Check an offer; raises `TooLarge` or `InvalidInput("bad_sdp")`, never echoing it."""
    if len(sdp) > MAX_SDP_BYTES:
        raise TooLarge(details={"limit_bytes": MAX_SDP_BYTES})
    if not sdp.startswith("v=0"):
        raise InvalidInput("bad_sdp")
    ufrag, pwd, print_ = _UFRAG.search(sdp), _PWD.search(sdp), _FINGERPRINT.search(sdp)
    sections = _SECTION.findall(sdp)
    if ufrag is None or pwd is None or print_ is None:
        raise InvalidInput("bad_sdp")
    bundle, mids = _BUNDLE.search(sdp), _MID.findall(sdp)
    if (
        bundle is None
        or sorted(bundle[1].split()) != sorted(set(mids))
        or len(mids) != len(sections)
    ):
        raise InvalidInput("bad_sdp")  # everything goes over one transport, or nothing
    if not 0 < len(sections) <= MAX_SECTIONS or not set(sections) <= {"audio", "video"}:
        raise InvalidInput("bad_sdp", details={"sections": len(sections)})
    text = sdp.replace("\r\n", "\n").replace("\n", "\r\n")
    return Offer(_CANDIDATE.sub("", text), ufrag[1], pwd[1], print_[1].lower())


def finish_answer(sdp: str) -> str:
    """Add what aiortc leaves out: Opus in-band FEC, and a sensible start bitrate for video."""

    def with_fmtp(found: re.Match[str]) -> str:
        kind, codec = found[1], found[2].lower()
        if codec.startswith("opus"):
            extra = "minptime=10;useinbandfec=1"
        else:
            extra = f"x-google-start-bitrate={START_BITRATE_KBPS}"
        return f"{found[0]}a=fmtp:{kind} {extra}\r\n"

    return _RTPMAP.sub(with_fmtp, sdp)
