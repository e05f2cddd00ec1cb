"""Arrays in files: small ones mapped, big ones read in parts, and two joined end to end.

A big file is read with `pread`: its pages stay in the system's cache, shared by all processes, and do
not count as memory of each process that once looked at them. Everything is immutable.
"""

from __future__ import annotations

import os
import weakref
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, overload

import numpy as np
import numpy.typing as npt

MAPPED_BYTES = 32 << 20
"""Files up to this size are mapped."""


class Column(Protocol):
    """What readers of an index use of an array: numpy's own indexing by position, positions or
    slice along the first axis."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...


class StoredColumn:
    """An array in an `.npy` file (C order), read in parts."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            self._shape, in_columns, self._dtype = read(file)
            self._at = file.tell()
        if in_columns:
            raise ValueError(f"{path.name}: not in C order")
        self._width = int(self._dtype.itemsize * np.prod(self._shape[1:], dtype=np.int64))
        self._file = os.open(path, os.O_RDONLY)
        self._closed = weakref.finalize(self, os.close, self._file)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._dtype)

    def __len__(self) -> int:
        return int(self._shape[0])

    def _read(self, runs: Iterable[tuple[int, int]], count: int) -> npt.NDArray[Any]:
        """The rows of runs (start, stop), `count` in all, one after the other."""
        out = np.empty((count, *self._shape[1:]), self._dtype)
        if not out.size:
            return out
        room, at = out.reshape(-1).view(np.uint8).data, 0
        for start, stop in runs:
            end = at + (stop - start) * self._width
            place = self._at + start * self._width
            while at < end:
                read = os.preadv(self._file, [room[at:end]], place)
                if not read:
                    raise OSError(f"{end - at} bytes short")
                at, place = at + read, place + read
        return out

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step < 1:
                return self[np.arange(start, stop, step)]
            return self._read([(start, stop)], max(0, stop - start))[::step]
        positions = np.asarray(key)
        if positions.ndim == 0:
            at = int(positions) + (len(self) if positions < 0 else 0)
            if not 0 <= at < len(self):
                raise IndexError(at)
            return self._read([(at, at + 1)], 1)[0]
        if not positions.size:
            return self._read([], 0)
        if positions.min() < 0 or positions.max() >= len(self):
            raise IndexError(int(positions.max()))
        breaks = np.flatnonzero(np.diff(positions) != 1) + 1
        starts = positions[np.concatenate([[0], breaks])].tolist()
        ends = (positions[np.concatenate([breaks - 1, [positions.size - 1]])] + 1).tolist()
        return self._read(zip(starts, ends, strict=True), positions.size)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        whole = self._read([(0, len(self))], len(self))
        return whole if dtype is None else whole.astype(dtype)


class JoinedColumn:
    """Two arrays as one: the first `split` rows of `head` (all by default), then those of `tail`."""

    def __init__(self, head: Column, tail: Column, split: int | None = None) -> None:
        self._head, self._tail = head, tail
        self._split = len(head) if split is None else split

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self._head.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._tail.dtype

    def __len__(self) -> int:
        return self._split + len(self._tail)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            key = np.arange(*key.indices(len(self)))
        positions = np.asarray(key)
        if positions.ndim == 0:
            at = int(positions) + (len(self) if positions < 0 else 0)
            return self._head[at] if at < self._split else self._tail[at - self._split]
        late = positions >= self._split
        if not late.any():
            return self._head[positions].astype(self.dtype, copy=False)
        out = np.empty((positions.size, *self.shape[1:]), self.dtype)
        out[late] = self._tail[positions[late] - self._split]
        if not late.all():
            out[~late] = self._head[positions[~late]]
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        head = np.asarray(self._head, dtype)[: self._split]
        return np.concatenate([head, np.asarray(self._tail, dtype)])


def open_column(path: Path) -> Column:
    """The array in `path`: mapped when small, read in parts when big."""
    if path.stat().st_size > MAPPED_BYTES:
        return StoredColumn(path)
    return np.asarray(np.load(path, mmap_mode="r"))


def text_hash(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


class HashedTexts(Mapping[str, int]):
    """Text → its number, as sorted hashes in a file. The texts themselves are read only to list them.

    A stranger is taken for a known text with a chance of size / 2⁶⁴.
    """

    def __init__(self, folder: Path, name: str) -> None:
        hashes = np.asarray(np.load(folder / f"{name}.hashes.npy", mmap_mode="r"))
        numbers = np.asarray(np.load(folder / f"{name}.numbers.npy", mmap_mode="r"))
        self._hashes, self._numbers = hashes.data, numbers.data
        self._texts = folder / f"{name}.txt"

    @staticmethod
    def save(texts: Sequence[str], folder: Path, name: str) -> None:
        """Write the files; a text's number is its place in `texts`. No text may hold a line end."""
        hashes = np.fromiter(map(text_hash, texts), np.uint64, len(texts))
        order = np.argsort(hashes, kind="stable")
        np.save(folder / f"{name}.hashes.npy", hashes[order])
        np.save(folder / f"{name}.numbers.npy", order.astype(np.int32))
        (folder / f"{name}.txt").write_text("\n".join(texts), encoding="utf-8", newline="")

    def __getitem__(self, key: str) -> int:
        number = self.find(key)
        if number is None:
            raise KeyError(key)
        return number

    def find(self, key: str) -> int | None:
        """A text's number."""
        wanted = text_hash(key)
        place = bisect_left(self._hashes, wanted)
        if place < len(self._hashes) and self._hashes[place] == wanted:
            return int(self._numbers[place])
        return None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.find(key) is not None

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[str]:
        yield from self._texts.read_text(encoding="utf-8").split("\n") if len(self) else ()


class Names(Sequence[str]):
    """Short ASCII names in a file, by place, and the place of a name."""

    def __init__(self, folder: Path, name: str) -> None:
        self._names = open_column(folder / f"{name}.npy")
        self._places = HashedTexts(folder, name)

    @staticmethod
    def save(names: Sequence[str], folder: Path, name: str) -> None:
        """Write the files."""
        np.save(folder / f"{name}.npy", np.array([n.encode("ascii") for n in names], np.bytes_))
        HashedTexts.save(names, folder, name)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> list[str]: ...

    def __getitem__(self, key: int | slice) -> str | list[str]:
        if isinstance(key, slice):
            return [name.decode() for name in self._names[key].tolist()]
        return bytes(self._names[key]).decode()

    def place(self, name: str) -> int | None:
        """Where a name is."""
        return self._places.find(name)


class JoinedNames(Sequence[str]):
    """The names of `head`, then those of `tail`."""

    def __init__(self, head: Sequence[str], tail: Sequence[str]) -> None:
        self._head, self._tail = head, tail

    def __len__(self) -> int:
        return len(self._head) + len(self._tail)

    @overload
    def __getitem__(self, key: int) -> str: ...
    @overload
    def __getitem__(self, key: slice) -> list[str]: ...

    def __getitem__(self, key: int | slice) -> str | list[str]:
        if isinstance(key, slice):
            return [self[i] for i in range(*key.indices(len(self)))]
        return self._head[key] if key < len(self._head) else self._tail[key - len(self._head)]


def place_of(names: Sequence[str], name: str) -> int | None:
    """Where a name is; None when it is not there."""
    if isinstance(names, Names):
        return names.place(name)
    return names.index(name) if name in names else None


class ListedTexts(Mapping[str, int]):
    """Numbers of `head`, then those of a few more texts."""

    def __init__(self, head: Mapping[str, int], more: Mapping[str, int]) -> None:
        self._head, self._more = head, more

    def __getitem__(self, key: str) -> int:
        number = self._more.get(key)
        return self._head[key] if number is None else number

    def __contains__(self, key: object) -> bool:
        return key in self._more or key in self._head

    def __len__(self) -> int:
        return len(self._head) + len(self._more)

    def __iter__(self) -> Iterator[str]:
        yield from self._head
        yield from self._more


class PhraseTable(Mapping[str, tuple[str, int]]):
    """Sound → (commonest writing, how often), in files; `knowledge.spelling` looks phrases up."""

    def __init__(self, folder: Path, name: str) -> None:
        self._sounds = HashedTexts(folder, f"{name}.sounds")
        self._written = open_column(folder / f"{name}.written.npy")
        self._counts = open_column(folder / f"{name}.counts.npy")

    @staticmethod
    def save(phrases: Mapping[str, tuple[str, int]], folder: Path, name: str) -> None:
        """Write the files."""
        HashedTexts.save(list(phrases), folder, f"{name}.sounds")
        written = [phrase.encode() for phrase, _ in phrases.values()]
        np.save(folder / f"{name}.written.npy", np.array(written, np.bytes_))
        counts = np.array([count for _, count in phrases.values()], np.int32)
        np.save(folder / f"{name}.counts.npy", counts)

    def __getitem__(self, key: str) -> tuple[str, int]:
        number = self._sounds[key]
        return bytes(self._written[number]).decode(), int(self._counts[number])

    def __contains__(self, key: object) -> bool:
        return key in self._sounds

    def __len__(self) -> int:
        return len(self._sounds)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sounds)
