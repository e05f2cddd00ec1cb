"""Which items of an index are worth ranking for a question, and what the index knows of each.

Three channels bring candidates: vectors, words, sounds. The cost of everything after this module
depends on the number of candidates only; in a big index that of this module does as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.embed.port import Vector
from knowledge.index import Index, Sample
from knowledge.lexical import Floats, Ints
from knowledge.vectors.port import dot

_DENSE, _WORDS, _SOUNDS = 32, 16, 16
"""How many candidates each channel brings."""
_ROWS = 160
"""Nearest wordings that the candidates by vector are taken from in a big index."""
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class CandidateWordings:
    """The wordings of the candidates: candidate i's are `rows[first[i]:first[i+1]]` (the last: to
    the end)."""

    rows: Positions
    """Rows of the index."""
    first: Positions
    cosine: Floats
    """Cosine of each with the question."""
    kind: Ints
    """`knowledge.wordings` kind of each."""


@dataclass(frozen=True)
class Candidates:
    """Candidates of one question; arrays have one entry a candidate."""

    items: Positions
    """Positions in `Index.codes`, ascending."""
    dense: Floats
    """Best cosine over the item's wordings."""
    dense_mean: float
    dense_std: float
    """Of the best cosines of all items of the index, or of a fixed sample of a big one's."""
    words: Floats
    """BM25 as a share of the best possible."""
    covered: Floats
    """Share of the question's lexical weight that the item has at all."""
    sounds: Floats
    known: float
    """Share of the question's lexical weight that occurs anywhere in the index."""
    outside: float
    """Cosine with the nearest matter that the list does not cover; 0 without any."""
    wordings: CandidateWordings


def candidates(
    index: Index, units: Sequence[str], heard: Sequence[str], vector: Vector
) -> Candidates:
    """Candidates for a question's lexical `units`, its syllables `heard` and its embedding."""
    if index.sample is not None:
        return _narrowed(index, index.sample, units, heard, vector)
    cosine = dot(np.asarray(index.vectors), vector)
    dense: Floats = np.maximum.reduceat(cosine, index.first[:-1])
    words, covered, known = index.words.score(units)
    sounds, _, _ = index.sounds.score(heard)
    chosen = [_top(dense, _DENSE), _top(words, _WORDS), _top(sounds, _SOUNDS)]
    items = np.unique(np.concatenate(chosen))
    rows, first = _rows(index, items)
    return Candidates(
        items=items,
        dense=dense[items],
        dense_mean=float(dense.mean()),
        dense_std=float(dense.std()),
        words=words[items],
        covered=covered[items],
        sounds=sounds[items],
        known=known,
        outside=_outside(index, vector),
        wordings=CandidateWordings(rows, first, cosine[rows], index.kind[rows]),
    )


def _narrowed(
    index: Index, sample: Sample, units: Sequence[str], heard: Sequence[str], vector: Vector
) -> Candidates:
    """The same over a big index, without looking at every item."""
    near = index.near.nearest(vector, _ROWS)
    owners = np.asarray(index.owner[near.rows])
    _, earliest = np.unique(owners, return_index=True)
    chosen = [
        owners[np.sort(earliest)][:_DENSE].astype(np.intp),
        index.words.find(units, _WORDS),
        index.sounds.find(heard, _SOUNDS),
    ]
    items = np.unique(np.concatenate(chosen))
    rows, first = _rows(index, items)
    cosine = dot(index.near.rows(rows), vector)
    words, covered, known = index.words.of(units, items)
    sounds, _, _ = index.sounds.of(heard, items)
    usual = np.maximum.reduceat(dot(sample.vectors, vector), sample.first)
    return Candidates(
        items=items,
        dense=np.maximum.reduceat(cosine, first),
        dense_mean=float(usual.mean()),
        dense_std=float(usual.std()),
        words=words,
        covered=covered,
        sounds=sounds,
        known=known,
        outside=_outside(index, vector),
        wordings=CandidateWordings(rows, first, cosine, np.asarray(index.kind[rows])),
    )


def _outside(index: Index, vector: Vector) -> float:
    return float(dot(index.outside, vector).max()) if index.outside.size else 0.0


def _top(scores: Floats, count: int) -> Positions:
    """Where the `count` greatest positive scores stand."""
    best = np.argpartition(scores, -min(count, scores.size))[-count:]
    return best[scores[best] > 0]


def _rows(index: Index, items: Positions) -> tuple[Positions, Positions]:
    """(the candidates' wordings, where each candidate's begin among them)."""
    begin = index.first[items].astype(np.intp)
    sizes = index.first[items + 1].astype(np.intp) - begin
    first = np.cumsum(sizes) - sizes
    return np.arange(sizes.sum()) + np.repeat(begin - first, sizes), first
