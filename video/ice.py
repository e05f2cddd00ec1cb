"""The `iceServers` that pages get: only what the settings name, none by default.

TURN credentials live shortly and are made from a shared secret (coturn's `use-auth-secret`,
draft-uberti-behave-turn-rest): the user name is `expiry:label`, the password its HMAC-SHA1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from core.clock import Clock
from core.settings import Settings

TURN_TTL_S = 3600


def ice_servers(settings: Settings, user: str, clock: Clock) -> list[dict[str, Any]]:
    """`RTCIceServer` dictionaries for a page.

    `user` labels the credentials in the TURN server's log: an opaque id, never a name.
    """
    servers: list[dict[str, Any]] = []
    if settings.stun_url:
        servers.append({"urls": [settings.stun_url]})
    secret = settings.turn_secret.get_secret_value()
    if settings.turn_url and secret:
        username = f"{int(clock.now().timestamp()) + TURN_TTL_S}:{user}"
        # SHA-1 is what coturn checks; it authenticates here, it does not hide anything.
        digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
        servers.append(
            {
                "urls": [settings.turn_url],
                "username": username,
                "credential": base64.b64encode(digest).decode(),
            }
        )
    return servers
