"""The port of vector search: a question's vector in, the nearest rows of an index out.

Rows are numbered from 0. Cosines that leave this port are exact, whatever an engine computes inside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.errors import InvalidInput
from knowledge.columns import Column
from knowledge.embed.port import Matrix, Vector

Places = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Neighbours:
    """Rows, nearest first, and the cosine of each with the question."""

    rows: Places
    cosines: Floats


class VectorSearch(Protocol):
    """Search over the vectors of one immutable index. Implementations are thread-safe."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def nearest(self, vector: Vector, count: int, having: Sequence[str] = ()) -> Neighbours:
        """At most `count` rows nearest to `vector`, only such as have all the tags `having`.

        An engine may miss a row now and then, but never returns one without the tags. Raises
        `InvalidInput` for a tag the index does not know.
        """
        ...

    def rows(self, positions: Places) -> Matrix:
        """float32[n, dim]: the vectors of rows."""
        ...


@dataclass(frozen=True)
class Tags:
    """What rows can be filtered by, e.g. the cities that handle an item. Row r has tag i when bit i
    of `bits[r]` is set."""

    names: tuple[str, ...]
    bits: Column
    """uint32[rows]."""

    def mask(self, having: Collection[str]) -> np.uint32:
        """The bits of tags; raises `InvalidInput` for an unknown one."""
        unknown = sorted(set(having) - set(self.names))
        if unknown:
            raise InvalidInput(details={"tags": unknown})
        return np.uint32(sum(1 << self.names.index(name) for name in set(having)))

    def allowed(self, having: Collection[str]) -> npt.NDArray[np.bool_]:
        """bool[rows]: which rows have all of them."""
        mask = self.mask(having)
        found: npt.NDArray[np.bool_] = (np.asarray(self.bits[:]) & mask) == mask
        return found


def make_tags(groups: Sequence[Collection[str]], sizes: Sequence[int]) -> Tags:
    """Tags of items by row: group i of `groups` holds for `sizes[i]` rows. At most 32 names."""
    names = tuple(sorted(set().union(*groups)))
    if len(names) > 32:
        raise ValueError(f"{len(names)} tags")
    bits = {name: 1 << i for i, name in enumerate(names)}
    own = np.array([sum(bits[name] for name in set(group)) for group in groups], np.uint32)
    return Tags(names, np.repeat(own, np.asarray(sizes, np.intp)))


def no_tags(rows: int) -> Tags:
    """For rows that have none."""
    return Tags((), np.zeros(rows, np.uint32))


def dot(matrix: Matrix, vector: Vector) -> Floats:
    """matrix · vector without BLAS, whose threads stall each other on a busy machine."""
    out: Floats = np.einsum("ij,j->i", matrix, vector)
    return out


def best(rows: Places, cosines: Floats, count: int) -> Neighbours:
    """The `count` nearest of these rows."""
    if rows.size > count:
        kept = np.argpartition(cosines, -count)[-count:] if count else np.zeros(0, np.intp)
        rows, cosines = rows[kept], cosines[kept]
    order = np.argsort(-cosines, kind="stable")
    return Neighbours(rows[order].astype(np.intp), cosines[order])
