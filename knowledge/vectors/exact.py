"""Every row compared: right for small indexes, and what the other engines are held against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.columns import Column
from knowledge.embed.port import Matrix, Vector
from knowledge.vectors.port import Neighbours, Places, Tags, best, dot, no_tags

_BLOCK = 8192


class ExactVectors:
    """`VectorSearch` that reads all rows."""

    def __init__(self, vectors: Column, tags: Tags | None = None) -> None:
        self._vectors = vectors
        self._tags = tags or no_tags(len(vectors))

    def __len__(self) -> int:
        return len(self._vectors)

    def rows(self, positions: Places) -> Matrix:
        found: Matrix = np.asarray(self._vectors[positions], np.float32)
        return found

    def nearest(self, vector: Vector, count: int, having: Sequence[str] = ()) -> Neighbours:
        allowed = self._tags.allowed(having) if having else None
        total = len(self)
        cosines = np.empty(total, np.float32)
        for start in range(0, total, _BLOCK):
            block = np.asarray(self._vectors[start : start + _BLOCK], np.float32)
            cosines[start : start + _BLOCK] = dot(block, vector)
        if allowed is None:
            return best(np.arange(total), cosines, count)
        places = np.flatnonzero(allowed)
        return best(places, cosines[places], count)
