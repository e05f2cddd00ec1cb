"""What pages are told about STUN and TURN."""

from __future__ import annotations

import base64
import hashlib
import hmac

from core.clock import FakeClock
from core.settings import Settings
from video.ice import TURN_TTL_S, ice_servers


def test_no_server_unless_configured(monkeypatch: object) -> None:
    """Never a foreign default: an empty list tells browsers to use no server."""
    assert ice_servers(Settings(stun_url="", turn_url=""), "u", FakeClock()) == []


def test_turn_without_a_secret_is_left_out() -> None:
    """A TURN server without credentials would refuse every page."""
    assert ice_servers(Settings(turn_url="turn:t.example:3478"), "u", FakeClock()) == []


def test_turn_credentials_are_short_lived_and_checkable() -> None:
    """coturn accepts what we make: HMAC-SHA1 of `expiry:user` under the shared secret."""
    clock = FakeClock()
    settings = Settings(stun_url="stun:s:3478", turn_url="turn:t:3478", turn_secret="secret")
    stun, turn = ice_servers(settings, "con_1", clock)
    assert stun == {"urls": ["stun:s:3478"]}
    expiry, user = turn["username"].split(":")
    assert (int(expiry), user) == (int(clock.now().timestamp()) + TURN_TTL_S, "con_1")
    digest = hmac.new(b"secret", turn["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(turn["credential"]) == digest
    clock.advance(60)
    assert ice_servers(settings, "con_1", clock)[1]["username"] != turn["username"]
