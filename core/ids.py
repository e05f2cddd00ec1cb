"""Identifiers: sortable by time, safe in URLs, impossible to guess."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32, lower case


def _base32(value: int, length: int) -> str:
    out = []
    for _ in range(length):
        out.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(out))


def new_id(prefix: str) -> str:
    """`prefix_` + 10 time characters + 16 random ones (80 bits), e.g. `msg_01k…`."""
    millis = time.time_ns() // 1_000_000
    return f"{prefix}_{_base32(millis, 10)}{_base32(secrets.randbits(80), 16)}"


def new_token() -> str:
    """An unguessable bearer token, 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)
