"""Embeddings kept by text between builds, in two files that only grow.

`<embedder>.keys` has 16 bytes a text, `<embedder>.vectors` its vector at the same place. Writers take
turns by a file lock; what a writer that was killed left half written is cut off by the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.embed.batch import Progress, encode_many
from knowledge.embed.port import Embedder, Matrix

_KEY = 16
_KEPT_AT = 2048
"""New vectors are written whenever there are so many, so that a build that stops loses little."""
_Keys = npt.NDArray[np.uint64]


def text_key(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_KEY).digest()


class VectorCache:
    """Embeddings by text, kept in one place per embedder."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._width = embedder.dim * 4
        self._keys_path = folder / f"{embedder.name}.keys"
        self._vectors_path = folder / f"{embedder.name}.vectors"

    def documents(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """float32[n, dim]; embeds what is new and keeps it."""
        out = np.zeros((len(texts), self._embedder.dim), np.float32)
        if not texts:
            return out
        keys = [text_key(text) for text in texts]
        first = {key: i for i, key in reversed(list(enumerate(keys)))}
        wanted = list(first)
        places = self._find(wanted)
        self._read(places, [first[key] for key in wanted], out)
        new = [first[key] for key, place in zip(wanted, places.tolist(), strict=True) if place < 0]
        kept: list[int] = []
        done = 0
        for part, vectors in encode_many(self._embedder, [texts[i] for i in new]):
            rows = [new[i] for i in part]
            out[rows] = vectors
            kept += rows
            done += len(rows)
            if len(kept) >= _KEPT_AT or done == len(new):
                self._append([keys[i] for i in kept], out[kept])
                kept = []
            if progress:
                progress(done, len(new))
        if len(first) < len(texts):
            out[:] = out[[first[key] for key in keys]]
        return out

    def _count(self) -> int:
        """Whole records."""
        try:
            keys, vectors = self._keys_path.stat().st_size, self._vectors_path.stat().st_size
        except FileNotFoundError:
            return 0
        return min(keys // _KEY, vectors // self._width)

    def _find(self, keys: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Place of each key in the files; -1 where it is not known."""
        out = np.full(len(keys), -1, np.int64)
        count = self._count()
        if not count:
            return out
        known = np.fromfile(self._keys_path, np.uint64, count * 2).reshape(-1, 2)
        asked = np.frombuffer(b"".join(keys), np.uint64).reshape(-1, 2)
        if len(asked) < 64:
            for i, key in enumerate(asked):
                at = np.flatnonzero(known[:, 0] == key[0])
                at = at[known[at, 1] == key[1]]
                out[i] = at[0] if at.size else -1
            return out
        order = np.argsort(known[:, 0], kind="stable")
        ordered = known[order, 0]
        left = np.searchsorted(ordered, asked[:, 0], "left")
        right = np.searchsorted(ordered, asked[:, 0], "right")
        first = order[np.minimum(left, count - 1)]
        found = (right > left) & (known[first, 1] == asked[:, 1])
        out[found] = first[found]
        for i in np.flatnonzero((right > left) & ~found).tolist():  # halves of two keys are alike
            at = order[left[i] : right[i]]
            at = at[known[at, 1] == asked[i, 1]]
            out[i] = at[0] if at.size else -1
        return out

    def _read(self, places: npt.NDArray[np.int64], rows: Sequence[int], out: Matrix) -> None:
        found = np.flatnonzero(places >= 0)
        if not found.size:
            return
        shape = (int(places.max()) + 1, out.shape[1])
        stored = np.memmap(self._vectors_path, np.float32, "r", shape=shape)
        out[np.asarray(rows)[found]] = stored[places[found]]

    @contextmanager
    def _locked(self) -> Iterator[tuple[int, int]]:
        self._keys_path.parent.mkdir(parents=True, exist_ok=True)
        files: list[int] = []
        try:
            for path in (self._keys_path, self._vectors_path):
                files.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644))
            fcntl.flock(files[0], fcntl.LOCK_EX)
            yield files[0], files[1]
        finally:
            for file in files:
                os.close(file)  # frees the lock

    def _append(self, keys: Sequence[bytes], vectors: Matrix) -> None:
        with self._locked() as (key_file, vector_file):
            count = self._count()
            for file, width in ((key_file, _KEY), (vector_file, self._width)):
                os.truncate(file, count * width)
            for file, data in (
                (vector_file, np.ascontiguousarray(vectors, np.float32).tobytes()),
                (key_file, b"".join(keys)),
            ):
                view = memoryview(data)
                while view:
                    view = view[os.write(file, view) :]
