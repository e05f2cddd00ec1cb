"""Character n-grams of a text as a sparse row: what a sentence vector blurs (「公积金」, "log me off").

The same arithmetic as scikit-learn's TfidfVectorizer(analyzer="char", sublinear_tf=True), kept as a
plain dictionary and an array, so that a model is data and serving needs no scikit-learn.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np

LENGTHS = (1, 2, 3)


def grams(text: str) -> Iterator[str]:
    """All n-grams of the lower-case NFKC form, single spaces."""
    text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    for length in LENGTHS:
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


class Ngrams:
    """A vocabulary with inverse document frequencies."""

    def __init__(self, vocabulary: List[str], idf: np.ndarray) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self._index: Dict[str, int] = {gram: i for i, gram in enumerate(vocabulary)}

    @classmethod
    def fit(cls, texts: Sequence[str], min_df: int = 2) -> Ngrams:
        """Learn the grams that occur in at least `min_df` texts."""
        seen: Counter = Counter()
        for text in texts:
            seen.update(set(grams(text)))
        vocabulary = sorted(gram for gram, count in seen.items() if count >= min_df)
        counts = np.array([seen[gram] for gram in vocabulary], dtype=np.float64)
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls(vocabulary, idf.astype(np.float32))

    def row(self, text: str) -> Tuple[np.ndarray, np.ndarray]:
        """(columns, values) of a text, unit length; both empty when no gram is known."""
        counts = Counter(i for i in map(self._index.get, grams(text)) if i is not None)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(values)) * self.idf[columns]
        norm = float(np.linalg.norm(values))
        return columns, values / norm if norm else values
