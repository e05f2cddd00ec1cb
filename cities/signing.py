"""How requests to and answers from Dongguan's systems are signed.

HMAC-SHA256 over method, path, timestamp, nonce and the digest of the body, one per line. The answer
is signed over the request's nonce, so that neither a request nor an answer can be replayed.
"""

from __future__ import annotations

import hashlib
import hmac

APP = "X-DG-App"
TIMESTAMP = "X-DG-Timestamp"
NONCE = "X-DG-Nonce"
SIGNATURE = "X-DG-Signature"
WINDOW_S = 300
"""How far the two clocks may be apart, in seconds."""
CHARSET = "gb18030"
"""GB 18030-2022, the encoding of every document in both directions."""


def _sign(secret: str, *lines: str) -> str:
    return hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()


def sign_request(
    secret: str, *, method: str, path: str, timestamp: str, nonce: str, body: bytes
) -> str:
    """Signature of a request, lower-case hex."""
    return _sign(secret, method, path, timestamp, nonce, hashlib.sha256(body).hexdigest())


def sign_answer(secret: str, *, nonce: str, body: bytes) -> str:
    """Signature of the answer to the request that carried `nonce`."""
    return _sign(secret, "ANSWER", nonce, hashlib.sha256(body).hexdigest())


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
