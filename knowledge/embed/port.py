"""The embedding port: text in, unit vectors out. Nothing here loads a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

DIM = 384
"""Dimensions of the bundled model; a hub model says its own in `Embedder.dim`."""

Vector = npt.NDArray[np.float32]
"""One embedding, shape [dim], unit length."""
Matrix = npt.NDArray[np.float32]
"""Embeddings by row, shape [n, dim], unit length each."""


class Embedder(Protocol):
    """Turns queries and documents into vectors whose dot product is their similarity.

    Implementations are thread-safe and deterministic. `name` changes whenever vectors of the same
    text change, so that it can key caches and indexes.
    """

    @property
    def name(self) -> str:
        """Identity of the model, stable across machines."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode_query(self, text: str) -> Vector:
        """float32[dim] of what a resident asks; never fails on odd text."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        """float32[n, dim] of texts of the list; n may be 0."""
        ...
