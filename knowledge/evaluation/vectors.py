"""Query embeddings kept between evaluations, so that a second run takes seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge.embed.cache import VectorCache
from knowledge.embed.port import Embedder, Matrix, Vector


class _AsQueries:
    """An embedder whose documents are queries."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dim = f"{embedder.name}-queries", embedder.dim

    def encode_query(self, text: str) -> Vector:
        return self._embedder.encode_query(text)

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self._embedder.encode_query(text) for text in texts])


class QueryVectors:
    """An `Embedder` that remembers queries and documents in files under `folder`."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._queries = VectorCache(folder, _AsQueries(embedder))
        self._documents = VectorCache(folder, embedder)
        self._known: dict[str, Vector] = {}
        self.name, self.dim = embedder.name, embedder.dim

    def learn(self, texts: Sequence[str]) -> None:
        """Embed queries ahead, all at once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._queries.documents(new), strict=True))

    def encode_query(self, text: str) -> Vector:
        if text not in self._known:
            self._known[text] = self._embedder.encode_query(text)
        return self._known[text]

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        return self._documents.documents(texts)
