"""BM25 over normalised terms as immutable arrays: by item, and term lists by wording.

Weights are computed at build time; a query adds up a few array slices. No tuning happens here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
_K1, _B = 1.2, 0.6


@dataclass(frozen=True)
class Lexicon:
    """One lexical channel. `starts`/`items`/`weights` are postings by term id."""

    ids: dict[str, int]
    idf: Floats
    starts: npt.NDArray[np.int64]
    items: Ints
    weights: Floats
    size: int
    """How many items."""

    def score(self, query: Sequence[str]) -> tuple[Floats, Floats, float]:
        """(float32[size] BM25 as a share of the best possible, float32[size] share of the query's
        weight that the item has at all, share that occurs anywhere)."""
        scores = np.zeros(self.size, np.float32)
        covered = np.zeros(self.size, np.float32)
        best = known = 0.0
        rare = math.log(self.size + 1.0)
        for term in dict.fromkeys(query):
            index = self.ids.get(term)
            if index is None:
                best += rare * (_K1 + 1)
                continue
            best += float(self.idf[index]) * (_K1 + 1)
            known += float(self.idf[index]) * (_K1 + 1)
            left, right = self.starts[index], self.starts[index + 1]
            scores[self.items[left:right]] += self.weights[left:right]
            covered[self.items[left:right]] += self.idf[index]
        if not best:
            return scores, covered, 0.0
        return scores / best, covered * (_K1 + 1) / best, known / best

    def known_ids(self, query: Iterable[str]) -> Ints:
        """Term ids of the query's known terms, sorted, each once."""
        return np.array(sorted({self.ids[t] for t in query if t in self.ids}), np.int32)


def build_lexicon(documents: Sequence[Sequence[str]]) -> Lexicon:
    """Postings of `documents` (the terms of each item)."""
    size = len(documents)
    counts = [Counter(document) for document in documents]
    frequency: Counter[str] = Counter()
    for count in counts:
        frequency.update(count.keys())
    ids = {term: i for i, term in enumerate(sorted(frequency))}
    idf = np.array(
        [math.log(1 + (size - frequency[t] + 0.5) / (frequency[t] + 0.5)) for t in ids], np.float32
    )
    average = sum(map(len, documents)) / max(1, size)
    postings: list[list[tuple[int, float]]] = [[] for _ in ids]
    for item, count in enumerate(counts):
        norm = _K1 * (1 - _B + _B * len(documents[item]) / max(average, 1e-9))
        for term, n in count.items():
            index = ids[term]
            postings[index].append((item, float(idf[index]) * n * (_K1 + 1) / (n + norm)))
    starts = np.zeros(len(ids) + 1, np.int64)
    np.cumsum([len(row) for row in postings], out=starts[1:])
    flat = [pair for row in postings for pair in row]
    return Lexicon(
        ids,
        idf,
        starts,
        np.array([item for item, _ in flat], np.int32),
        np.array([weight for _, weight in flat], np.float32),
        size,
    )


def save_lexicon(lexicon: Lexicon, folder: Path, name: str) -> None:
    """Write the channel's files."""
    (folder / f"{name}.terms.json").write_bytes(orjson.dumps(list(lexicon.ids)))
    for part in ("idf", "starts", "items", "weights"):
        np.save(folder / f"{name}.{part}.npy", getattr(lexicon, part))


def open_lexicon(folder: Path, name: str, size: int) -> Lexicon:
    """Memory-map the channel's files."""
    listed: list[str] = orjson.loads((folder / f"{name}.terms.json").read_bytes())
    idf, starts, items, weights = (
        np.asarray(np.load(folder / f"{name}.{part}.npy", mmap_mode="r"))
        for part in ("idf", "starts", "items", "weights")
    )
    return Lexicon({term: i for i, term in enumerate(listed)}, idf, starts, items, weights, size)
