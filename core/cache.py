"""The Redis client. Redis is fast and disposable: callers must work, slower, when it is down.

Catch `CacheDown` around every call that a resident waits for.
"""

from __future__ import annotations

from typing import TypeAlias

from redis import Redis as _BlockingRedis
from redis.asyncio import Redis as _Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as _BlockingRetry

Redis: TypeAlias = _Redis
BlockingRedis: TypeAlias = _BlockingRedis
CacheDown = (RedisError, OSError)
"""What a Redis call raises when the server is away."""


def connect(url: str) -> Redis:
    """A pooled client; connects on first use. Calls time out after half a second."""
    return _Redis.from_url(
        url,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        max_connections=32,
    )


def connect_blocking(url: str, timeout_s: float = 0.5) -> BlockingRedis:
    """A pooled client for code that runs in a thread; connects on first use, answers in bytes."""
    return _BlockingRedis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=_BlockingRetry(NoBackoff(), 0),
        max_connections=32,
    )
