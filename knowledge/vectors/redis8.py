"""For lists beyond one machine: the vector sets of a Redis 8 server (VADD, VSIM).

One set an index version. Redis narrows down, the exact vectors of the index files decide. A server
that is away or lacks the set costs nothing but speed: the local engine answers, and one of the
processes that search writes the set in the background. A set that nobody asks for a week is gone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.cache import BlockingRedis, CacheDown
from knowledge.columns import Column
from knowledge.embed.port import Matrix, Vector
from knowledge.vectors.port import Neighbours, Places, Tags, VectorSearch, best, dot

log = logging.getLogger(__name__)
_EFFORT = 256
"""Candidates Redis keeps while it walks its graph."""
_FILTER_EFFORT = 100
"""Rows looked at for each wanted, where a filter is set."""
_AWAY_S = 5.0
"""How long a server that failed is left alone."""
_PART = 128
_KEPT_S = 7 * 86_400
_FILLING_S = 30
"""How long a process that fills a set is believed to be alive without a sign."""


def set_key(version: str) -> str:
    """Redis key of an index version's vectors."""
    return f"sg:vectors:{version}"


def _ready_key(key: str) -> str:
    return f"{key}:rows"


def _filling_key(key: str) -> str:
    return f"{key}:filling"


def fill(
    client: BlockingRedis,
    key: str,
    vectors: Column,
    tags: Tags,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write every row, then the mark that the set is whole. Repeating it changes nothing.

    Raises `core.cache.CacheDown`.
    """
    total = len(vectors)
    if total == 0:
        return
    for start in range(0, total, _PART):
        block = np.asarray(vectors[start : start + _PART], np.float32)
        bits = np.asarray(tags.bits[start : start + _PART])
        pipe: Any = client.pipeline(transaction=False)  # the commands are newer than its types
        for i, (vector, mask) in enumerate(zip(block, bits.tolist(), strict=True)):
            own = {name: 1 for at, name in enumerate(tags.names) if mask >> at & 1}
            pipe.execute_command(
                "VADD", key, "FP32", vector.tobytes(), str(start + i), "Q8",
                "SETATTR", json.dumps(own), "M", 16, "EF", 128,
            )  # fmt: skip
        pipe.expire(key, _KEPT_S)
        pipe.expire(_filling_key(key), _FILLING_S)
        pipe.execute()
        if progress:
            progress(min(start + _PART, total), total)
    client.set(_ready_key(key), total, ex=_KEPT_S)


def drop(client: BlockingRedis, key: str) -> None:
    """Forget a version's vectors."""
    client.delete(_ready_key(key), _filling_key(key))
    client.unlink(key)


class RedisVectors:
    """`VectorSearch` over a vector set, with a local engine to fall back on."""

    def __init__(
        self,
        client: BlockingRedis,
        key: str,
        local: VectorSearch,
        vectors: Column,
        tags: Tags,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client: Any = client  # the commands are newer than its types
        self._key, self._local, self._vectors, self._tags = key, local, vectors, tags
        self._now = now
        self._ready = False
        self._away_until = 0.0
        self._lock = threading.Lock()
        self.filling: threading.Thread | None = None
        """Writes the set, where it was missing."""
        self.fallbacks = 0
        """Questions that the local engine answered."""

    def __len__(self) -> int:
        return len(self._local)

    def rows(self, positions: Places) -> Matrix:
        return self._local.rows(positions)

    def nearest(self, vector: Vector, count: int, having: Sequence[str] = ()) -> Neighbours:
        self._tags.mask(having)
        if self._now() >= self._away_until:
            try:
                if self._whole():
                    return self._ask(vector, count, having)
            except CacheDown as error:
                log.warning("vector_set_away", extra={"error": type(error).__name__})
            with self._lock:
                self._away_until = self._now() + _AWAY_S
        self.fallbacks += 1
        return self._local.nearest(vector, count, having)

    def _whole(self) -> bool:
        """Whether the set of this version has been written to its end."""
        if not self._ready:
            found: Any = self._client.get(_ready_key(self._key))
            card: Any = self._client.execute_command("VCARD", self._key) if found else 0
            self._ready = found is not None and int(found) == int(card) == len(self)
            if self._ready:
                for name in (self._key, _ready_key(self._key)):
                    self._client.expire(name, _KEPT_S)
            else:
                log.warning("vector_set_missing", extra={"rows": len(self)})
                self._start_filling()
        return self._ready

    def _start_filling(self) -> None:
        """Write the set in the background, unless this or another process is at it."""
        with self._lock:
            if self.filling is not None and self.filling.is_alive():
                return
            if not self._client.set(_filling_key(self._key), 1, nx=True, ex=_FILLING_S):
                return
            self.filling = threading.Thread(target=self._fill, name="fill-vectors", daemon=True)
            self.filling.start()

    def _fill(self) -> None:
        try:
            fill(self._client, self._key, self._vectors, self._tags)
            self._client.delete(_filling_key(self._key))
            log.info("vector_set_filled", extra={"rows": len(self)})
            self._away_until = self._now()
        except CacheDown as error:
            log.warning("vector_set_away", extra={"error": type(error).__name__})

    def _ask(self, vector: Vector, count: int, having: Sequence[str]) -> Neighbours:
        wanted = min(len(self), count + count // 4 + 8)
        command: list[Any] = [
            "VSIM", self._key, "FP32", np.asarray(vector, "<f4").tobytes(),
            "COUNT", wanted, "EF", max(_EFFORT, wanted),
        ]  # fmt: skip
        if having:
            expression = " and ".join(f".{name} == 1" for name in sorted(set(having)))
            command += ["FILTER", expression, "FILTER-EF", wanted * _FILTER_EFFORT]
        reply: Any = self._client.execute_command(*command)
        if not reply and not having:  # the server lost the set while we had it open
            self._ready = False
            return self._local.nearest(vector, count, having)
        rows = np.sort(np.array([int(name) for name in reply], np.intp))
        return best(rows, dot(self.rows(rows), vector), count)
