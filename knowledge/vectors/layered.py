"""A big immutable engine with a few rows added and a few gone: what an update leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.embed.port import Matrix, Vector
from knowledge.vectors.port import Neighbours, Places, VectorSearch, best


class LayeredVectors:
    """`VectorSearch` over the rows of `base` and after them those of `added`, without `gone` ones."""

    def __init__(self, base: VectorSearch, added: VectorSearch, gone: Places) -> None:
        self._base, self._added, self._gone = base, added, np.sort(gone)

    def __len__(self) -> int:
        return len(self._base) + len(self._added)

    def rows(self, positions: Places) -> Matrix:
        late = positions >= len(self._base)
        if not late.any():
            return self._base.rows(positions)
        new = self._added.rows(positions[late] - len(self._base))
        out = np.empty((positions.size, new.shape[1]), np.float32)
        out[late] = new
        if not late.all():
            out[~late] = self._base.rows(positions[~late])
        return out

    def nearest(self, vector: Vector, count: int, having: Sequence[str] = ()) -> Neighbours:
        added = self._added.nearest(vector, count, having)
        asked = count
        while True:
            found = self._base.nearest(vector, asked, having)
            alive = ~np.isin(found.rows, self._gone)
            if alive.sum() >= count or found.rows.size < asked or asked >= len(self._base):
                break
            asked = min(len(self._base), asked * 4)
        return best(
            np.concatenate([found.rows[alive], added.rows + len(self._base)]),
            np.concatenate([found.cosines[alive], added.cosines]),
            count,
        )
