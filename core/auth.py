"""Signed tokens, passwords and one-time codes. Keys are derived per purpose from one secret, so that
a token made for one purpose is worthless for another."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import orjson
import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.clock import Clock
from core.errors import NotAllowed

_HASHER = PasswordHasher()
_TAG_BYTES = 16
TOTP_STEP_S = 30


class BadToken(NotAllowed):
    """Forged, altered, expired, or made for something else."""

    code = "bad_token"


class Signer:
    """Makes and checks compact signed tokens: base64url(JSON) `.` base64url(HMAC-SHA256/128)."""

    def __init__(self, secret: str, clock: Clock) -> None:
        if len(secret) < 16:
            raise ValueError("the internal secret is missing or too short")
        self._secret, self._clock = secret.encode(), clock

    def _tag(self, purpose: str, body: bytes) -> bytes:
        key = hmac.digest(self._secret, f"purpose:{purpose}".encode(), "sha256")
        return hmac.digest(key, body, "sha256")[:_TAG_BYTES]

    def sign(self, purpose: str, claims: dict[str, Any], ttl_s: float) -> str:
        """A token that carries `claims` for `ttl_s` seconds."""
        expires = int(self._clock.now().timestamp() + ttl_s)
        body = orjson.dumps({**claims, "exp": expires})
        return f"{_b64(body)}.{_b64(self._tag(purpose, body))}"

    def verify(self, purpose: str, token: str) -> dict[str, Any]:
        """The claims of a token, without `exp`; raises `BadToken`."""
        try:
            head, _, tail = token.partition(".")
            body, tag = _unb64(head), _unb64(tail)
            if not hmac.compare_digest(tag, self._tag(purpose, body)):
                raise BadToken()
            claims: dict[str, Any] = orjson.loads(body)
        except ValueError as exc:
            raise BadToken() from exc
        if claims.pop("exp", 0) < self._clock.now().timestamp():
            raise BadToken("token_expired")
        return claims


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(data: str) -> bytes:
    return base64.b64decode(data + "=" * (-len(data) % 4), altchars=b"-_", validate=True)


def fingerprint(token: str) -> str:
    """What is stored instead of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """argon2id, library defaults (RFC 9106 low-memory profile). Slow: call it off the event loop."""
    return _HASHER.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether `password` is the one behind `stored`. Slow: call it off the event loop."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def new_totp_secret() -> str:
    """A base32 secret for an authenticator app (RFC 6238, SHA-1, 6 digits, 30 s)."""
    return pyotp.random_base32()


def verify_totp(secret: str, code: str, at: datetime, last_counter: int | None) -> int | None:
    """The time step `code` belongs to, within one step of `at`; None if wrong or used before.

    Store the returned counter and pass it as `last_counter` next time: a code works once.
    """
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    totp = pyotp.TOTP(secret, interval=TOTP_STEP_S)
    now = int(at.timestamp()) // TOTP_STEP_S
    for counter in (now, now - 1, now + 1):
        if last_counter is not None and counter <= last_counter:
            continue
        if hmac.compare_digest(totp.generate_otp(counter), code):
            return counter
    return None
