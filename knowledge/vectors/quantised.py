"""For big indexes: faiss narrows the rows down over one bit a dimension, exact vectors decide.

Inverted lists over RaBitQ codes (Gao & Long, 2024), some 60 bytes a row, mapped from the file. The
best few hundred are compared again with their exact vectors, read from disk. Measured against every
row compared, over 200,000 rows: 0.3 ms, 99 % of the first ten. faiss is imported only here.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.columns import Column
from knowledge.embed.port import Matrix, Vector
from knowledge.vectors.port import Neighbours, Places, Tags, best, dot, no_tags

_PROBES = 64
"""Lists that are read for a question."""
_NARROWED = 512
"""At least so many rows are compared exactly."""
_FEW = 4096
"""Up to so many rows left by a filter are all compared."""
_TRAINED = 64
"""Rows a list is trained on."""
_BLOCK = 65_536
_FILTERS = 32


def _faiss() -> Any:
    import faiss  # 36 MB: only where an index is big

    return faiss


def build_quantised(vectors: Column, path: Path) -> None:
    """Write the file for `vectors`, with all cores. The same vectors give the same file."""
    faiss = _faiss()
    rows, dim = vectors.shape
    lists = min(4096, 1 << max(2, round(math.log2(math.sqrt(rows)))))
    sample = np.sort(np.random.default_rng(0).permutation(rows)[: lists * _TRAINED])
    index = faiss.index_factory(dim, f"IVF{lists},RaBitQ", faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    try:
        index.train(np.asarray(vectors[sample], np.float32))
        for start in range(0, rows, _BLOCK):
            index.add(np.asarray(vectors[start : start + _BLOCK], np.float32))
    finally:
        faiss.omp_set_num_threads(threads)
    faiss.write_index(index, str(path))


class QuantisedVectors:
    """`VectorSearch` over a file of `build_quantised` and the vectors it was built from."""

    def __init__(self, path: Path, vectors: Column, tags: Tags | None = None) -> None:
        faiss = _faiss()
        self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if self._index.ntotal != len(vectors):
            raise OSError(f"{path.name}: {self._index.ntotal} rows, not {len(vectors)}")
        self._vectors = vectors
        self._tags = tags or no_tags(len(vectors))
        self._filters: dict[int, tuple[Places | None, Any, float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    def rows(self, positions: Places) -> Matrix:
        found: Matrix = np.asarray(self._vectors[positions], np.float32)
        return found

    def nearest(self, vector: Vector, count: int, having: Sequence[str] = ()) -> Neighbours:
        faiss = _faiss()
        faiss.omp_set_num_threads(1)
        probes, selector = _PROBES, None
        if having:
            few, selector, share = self._filter(having)
            if few is not None:
                return self._exactly(few, vector, count)
            probes = min(self._index.nlist, math.ceil(_PROBES / share))
        options = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
        wanted = min(len(self), max(_NARROWED, 2 * count))
        _, found = self._index.search(vector[None], wanted, params=options)
        return self._exactly(np.sort(found[0][found[0] >= 0]), vector, count)

    def _exactly(self, rows: Places, vector: Vector, count: int) -> Neighbours:
        return best(rows, dot(self.rows(rows), vector), count)

    def _filter(self, having: Sequence[str]) -> tuple[Places | None, Any, float]:
        """(the rows, where they are few; else faiss's filter; share of all rows)."""
        mask = int(self._tags.mask(having))
        with self._lock:
            if mask not in self._filters:
                allowed = self._tags.allowed(having)
                many = int(allowed.sum())
                if many <= _FEW:
                    self._filters[mask] = (np.flatnonzero(allowed), None, 1.0)
                else:
                    bits = np.packbits(allowed, bitorder="little")
                    selector = _faiss().IDSelectorBitmap(bits)
                    self._filters[mask] = (None, selector, many / len(self))
                while len(self._filters) > _FILTERS:
                    self._filters.pop(next(iter(self._filters)))
            return self._filters[mask]
