"""Which engine searches the vectors of an index: by setting, and by size where it leaves that open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from core.cache import BlockingRedis, connect_blocking
from core.settings import Settings
from knowledge.columns import Column
from knowledge.vectors.exact import ExactVectors
from knowledge.vectors.port import Tags, VectorSearch

LARGE_ROWS, LARGE_ITEMS = 40_000, 10_000
"""From so many wordings, or items, on an index is big: its vectors are kept in half precision and have a
quantised engine. Few items may have many wordings: 35,000 of a hundred are searched in six milliseconds."""
FILE = "vectors.faiss"


@dataclass(frozen=True)
class Backend:
    """What the settings say."""

    name: Literal["auto", "exact", "quantised", "redis"] = "auto"
    client: BlockingRedis | None = None


AUTO = Backend()


def is_large(rows: int, items: int) -> bool:
    """Whether an index of so many wordings and items is big."""
    return rows >= LARGE_ROWS or items >= LARGE_ITEMS


def backend_of(settings: Settings) -> Backend:
    """The engine that `settings` ask for; connects to nothing yet."""
    if settings.vector_backend != "redis":
        return Backend(settings.vector_backend)
    return _redis(settings.vector_redis_url or settings.redis_url)


@cache
def _redis(url: str) -> Backend:
    """One client a server, so that an index opened again is the same object."""
    return Backend("redis", connect_blocking(url))


def open_vectors(
    folder: Path, version: str, vectors: Column, tags: Tags, backend: Backend = AUTO
) -> VectorSearch:
    """The engine over `vectors`, which are those of the index in `folder`."""
    local: VectorSearch
    if backend.name != "exact" and (folder / FILE).is_file():
        from knowledge.vectors.quantised import QuantisedVectors  # faiss where it is needed

        local = QuantisedVectors(folder / FILE, vectors, tags)
    else:
        local = ExactVectors(vectors, tags)
    if backend.client is None:
        return local
    from knowledge.vectors.redis8 import RedisVectors, set_key

    return RedisVectors(backend.client, set_key(version), local, vectors, tags)
