"""Token buckets in memory: per conversation and per address. Pure over an injected clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.clock import Clock
from core.errors import RateLimited

MAX_KEYS = 50_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """`per_minute` calls on average, in bursts of up to a quarter of that (at least 5)."""

    def __init__(self, clock: Clock, per_minute: float) -> None:
        self._clock = clock
        self._rate = per_minute / 60
        self._burst = max(5.0, per_minute / 4)
        self._buckets: dict[str, _Bucket] = {}

    def check(self, who: str) -> None:
        """Count one call; raises `RateLimited` with `retry_after_s`."""
        now = self._clock.monotonic()
        bucket = self._buckets.get(who)
        if bucket is None:
            if len(self._buckets) >= MAX_KEYS:
                self._forget(now)
            bucket = self._buckets[who] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens < 1:
            wait = math.ceil((1 - bucket.tokens) / self._rate)
            raise RateLimited(details={"retry_after_s": wait})
        bucket.tokens -= 1

    def _forget(self, now: float) -> None:
        full_after = self._burst / self._rate
        stale = [key for key, b in self._buckets.items() if now - b.at > full_after]
        for key in stale or list(self._buckets)[: MAX_KEYS // 10]:
            del self._buckets[key]
