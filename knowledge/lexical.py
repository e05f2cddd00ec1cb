"""BM25 over normalised terms as immutable arrays: by term, and by item.

Weights are computed at build time. A small list is scored whole. In a big one a query reads the
postings of its rare terms and the best items of its common ones, and scores that short list exactly
from the items' own terms: the cost follows the question, not the list. No tuning happens here.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from knowledge.columns import Column, HashedTexts, JoinedColumn, ListedTexts, open_column

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
_K1, _B = 1.2, 0.6
LONG = 4096
"""Items from which a term of a big list is common: its best items are kept apart."""
_BEST = 768
"""How many."""
_READ = 32_768
"""Postings that a query reads whole, rarest terms first."""
_SHORT_LIST = 128
"""Items that are scored exactly, per channel."""
_STEPS = 1024
"""Steps of a weight while the short list is made."""
_KEPT = 1024
"""Items whose terms a vocabulary keeps numbered."""


@dataclass(frozen=True)
class Postings:
    """Items of each term, ascending. Slot s holds `items[starts[s]:starts[s+1]]`."""

    starts: Column
    items: Column
    weights: Column
    best_starts: Column
    best_items: Column
    """The heaviest items of slots longer than `LONG`; empty for the others."""
    best_weights: Column
    slots: npt.NDArray[np.int64] | None = None
    """Term id of each slot, ascending; None: slots are term ids."""
    offset: int = 0
    """What to add to an item's number."""

    def slot(self, term: int) -> int | None:
        """Slot of a term id."""
        if self.slots is None:
            return term if term < len(self.starts) - 1 else None
        place = int(np.searchsorted(self.slots, term))
        return place if place < self.slots.size and self.slots[place] == term else None


@dataclass(frozen=True)
class Documents:
    """Terms of each item: `terms[starts[i]:starts[i+1]]`, ascending, with how often each occurs."""

    starts: Column
    terms: Column
    counts: Column
    lengths: Column
    """Terms of each item, repeats included."""


@dataclass(frozen=True)
class Lexicon:
    """One lexical channel."""

    ids: Mapping[str, int]
    idf: Column
    size: int
    """How many items, withdrawn ones included."""
    average: float
    """Mean length of a document."""
    layers: tuple[Postings, ...]
    documents: Documents | None
    """Not kept on disk for a small list, which is scored whole."""
    dead: Places
    """Items that no longer count, ascending."""

    def _weights(self, query: Sequence[str]) -> Iterator[tuple[int | None, float]]:
        """(term id, idf) of each different term; an unknown one is as rare as can be."""
        rare = math.log(self.size + 1.0)
        for term in dict.fromkeys(query):
            index = self.ids.get(term)
            yield index, rare if index is None else float(self.idf[index])

    def score(self, query: Sequence[str]) -> tuple[Floats, Floats, float]:
        """(float32[size] BM25 as a share of the best possible, float32[size] share of the query's
        weight that the item has at all, share that occurs anywhere)."""
        layer, ids = self.layers[0], self.known_ids(query)
        idf = self.idf[ids].astype(np.float64)
        known = float(idf.sum())
        best = known + (len(set(query)) - ids.size) * math.log(self.size + 1.0)
        if not known:
            nothing = np.zeros(self.size, np.float32)
            return nothing, nothing, 0.0
        starts = layer.starts[ids]
        sizes = layer.starts[ids + 1] - starts
        at = np.cumsum(sizes) - sizes
        flat = np.arange(sizes.sum()) + np.repeat(starts - at, sizes)
        items, weights = layer.items[flat], layer.weights[flat]
        gained = np.bincount(items, weights, self.size) / (best * (_K1 + 1))
        had = np.bincount(items, np.repeat(idf, sizes), self.size) / best
        return gained.astype(np.float32), had.astype(np.float32), known / best

    def find(self, query: Sequence[str], count: int) -> Places:
        """At most `count` items that score best, best first; none that shares no term."""
        terms = [index for index, _ in self._weights(query) if index is not None]
        short = self._short_list(terms)
        if not short.size:
            return short
        scores, _, _ = self.of(query, short)
        order = np.argsort(-scores, kind="stable")[:count]
        return short[order[scores[order] > 0]]

    def of(self, query: Sequence[str], items: Places) -> tuple[Floats, Floats, float]:
        """What `score` says, for `items` only."""
        if self.documents is None:
            scores, covered, known = self.score(query)
            return scores[items], covered[items], known
        weights = list(self._weights(query))
        best = sum(idf for _, idf in weights)
        found = sorted((index, idf) for index, idf in weights if index is not None)
        share = sum(idf for _, idf in found) / best if best else 0.0
        if not found or not items.size:
            return np.zeros(items.size, np.float32), np.zeros(items.size, np.float32), share
        wanted = np.array([index for index, _ in found], np.int64)
        rarities = np.array([idf for _, idf in found])
        starts = self.documents.starts[items].astype(np.int64)
        sizes = self.documents.starts[items + 1].astype(np.int64) - starts
        at = np.concatenate([[0], np.cumsum(sizes)])
        flat = np.arange(at[-1]) + np.repeat(starts - at[:-1], sizes)
        own = self.documents.terms[flat]
        place = np.minimum(np.searchsorted(wanted, own), wanted.size - 1)
        hit = np.flatnonzero(wanted[place] == own)
        owner, rarity = np.repeat(np.arange(items.size), sizes)[hit], rarities[place[hit]]
        n = np.asarray(self.documents.counts[flat])[hit].astype(np.float64)
        norm = _norm(np.asarray(self.documents.lengths[items]), self.average)[owner]
        gained = np.bincount(owner, rarity * n / (n + norm), items.size) / best
        had = np.bincount(owner, rarity, items.size) / best
        return gained.astype(np.float32), had.astype(np.float32), share

    def _short_list(self, terms: Sequence[int]) -> Places:
        """Items worth scoring: those of the rare terms, and the best of the common ones."""
        parts: list[npt.NDArray[np.int64]] = []
        left = _READ
        for layer in self.layers:
            rows = []
            for term in terms:
                slot = layer.slot(term)
                if slot is not None:
                    start, end = (int(value) for value in layer.starts[slot : slot + 2])
                    rows.append((end - start, start, end, slot))
            for length, start, end, slot in sorted(rows):
                if length <= left or length <= LONG:
                    items, weights = layer.items[start:end], layer.weights[start:end]
                    left -= length
                else:
                    start, end = (int(value) for value in layer.best_starts[slot : slot + 2])
                    items, weights = layer.best_items[start:end], layer.best_weights[start:end]
                steps = (weights.astype(np.float32) * _STEPS).astype(np.int64)
                parts.append(((items.astype(np.int64) + layer.offset) << 20) | steps)
        if not parts:
            return np.zeros(0, np.intp)
        keys = np.sort(np.concatenate(parts))  # by item; one integer sorts fast
        items = keys >> 20
        first = np.flatnonzero(np.concatenate([[True], items[1:] != items[:-1]]))
        found, sums = items[first], np.add.reduceat(keys & (1 << 20) - 1, first)
        if self.dead.size:
            alive = ~np.isin(found, self.dead)
            found, sums = found[alive], sums[alive]
        if found.size > _SHORT_LIST:
            found = np.sort(found[np.argpartition(sums, -_SHORT_LIST)[-_SHORT_LIST:]])
        return found.astype(np.intp)

    def known_ids(self, query: Iterable[str]) -> Ints:
        """Term ids of the query's known terms, sorted, each once."""
        found = {self.ids.get(term) for term in query}
        return np.array(sorted(index for index in found if index is not None), np.int32)


def _norm(lengths: npt.NDArray[np.int32], average: float) -> npt.NDArray[np.float64]:
    share = lengths.astype(np.float64) / max(average, 1e-9)
    norm: npt.NDArray[np.float64] = _K1 * (1 - _B + _B * share)
    return norm


class Vocabulary:
    """Numbers of terms that outlive one build: most items have the terms they had in the version before.
    For several builds at once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._of: dict[tuple[str, ...], Ints] = {}
        self._ranked: tuple[list[str], Ints] = [], np.zeros(0, np.int32)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def of(self, terms: tuple[str, ...]) -> Ints:
        """Number of each term; kept for the next time."""
        found = self._of.get(terms)
        if found is None:
            with self._lock:
                numbers = self._numbers
                found = np.array([numbers.setdefault(t, len(numbers)) for t in terms], np.int32)
                if len(self._of) >= _KEPT:
                    self._of.clear()
                self._of[terms] = found
        return found

    def ranked(self) -> tuple[list[str], Ints]:
        """All terms in order, and the place of each number among them."""
        with self._lock:
            terms, places = self._ranked
            if len(terms) < len(self._numbers):
                # few are new: what is in order already is sorted fast
                terms = [*terms, *islice(self._numbers, len(terms), None)]
                terms.sort()
                numbers = np.fromiter(map(self._numbers.__getitem__, terms), np.int32, len(terms))
                places = np.empty(len(terms), np.int32)
                places[numbers] = np.arange(len(terms), dtype=np.int32)
                self._ranked = terms, places
            return self._ranked


class LexiconBuilder:
    """Collects documents, one an item, in order."""

    def __init__(
        self,
        known: Lexicon | None = None,
        new: Sequence[str] = (),
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """`known`: a lexicon whose term ids are kept, the `new` terms numbered after them; `vocabulary`:
        of a whole lexicon instead, terms have its numbers until it is finished."""
        self._known = known.ids if known else None
        self._offset = len(known.ids) if known else 0
        self.new = {term: self._offset + i for i, term in enumerate(new)}
        self._vocabulary = vocabulary
        self._terms, self._counts = array("i"), array("H")
        self._sizes, self._lengths = array("i"), array("i")

    def numbers(self, terms: Collection[str]) -> Ints:
        """Ids of terms, new ones where they have none."""
        if self._vocabulary is not None:
            return self._vocabulary.of(tuple(terms))
        new, offset, known = self.new, self._offset, self._known
        if known is None:
            found = [new.setdefault(term, len(new)) for term in terms]
        else:
            found = [
                new.setdefault(term, offset + len(new)) if number is None else number
                for term, number in [(term, known.get(term)) for term in terms]
            ]
        return np.array(found, np.int32)

    def add(self, terms: Collection[str], counts: Collection[int]) -> Ints:
        """The next item: its different terms and how often it has each; their ids."""
        numbers = self.numbers(terms)
        self._terms.frombytes(numbers.tobytes())
        try:
            self._counts.extend(array("H", counts))
        except OverflowError:
            self._counts.extend([min(n, 65535) for n in counts])
        self._sizes.append(len(numbers))
        self._lengths.append(sum(counts))
        return numbers

    def documents(self) -> Documents:
        """What was added, each item's terms ascending."""
        return _ordered(self._added())

    def _added(self) -> Documents:
        starts = np.zeros(len(self._sizes) + 1, np.int64)
        np.cumsum(np.array(self._sizes, np.int64), out=starts[1:])
        lengths = np.array(self._lengths, np.int32)
        terms, counts = np.array(self._terms, np.int32), np.array(self._counts, np.uint16)
        return Documents(starts, terms, counts, lengths)

    def _ranks(self, numbers: Ints) -> tuple[list[str], Ints]:
        """The different terms that have the `numbers`, in order, and the place of each number."""
        if self._vocabulary is None:
            order = sorted(self.new)
            moved = np.zeros(len(order), np.int32)
            moved[[self.new[term] for term in order]] = np.arange(len(order), dtype=np.int32)
            return order, moved
        terms, places = self._vocabulary.ranked()
        used = np.zeros(len(terms), bool)
        used[places[numbers]] = True
        ranks = np.cumsum(used, dtype=np.int32) - 1
        return [terms[place] for place in np.flatnonzero(used).tolist()], ranks[places]

    def finish(self) -> tuple[Lexicon, Ints]:
        """The whole lexicon, its terms in order, and the final id of each that `add` gave."""
        raw = self._added()
        size = len(raw.lengths)
        order, moved = self._ranks(np.asarray(raw.terms))
        terms = moved[np.asarray(raw.terms)]
        documents = _ordered(replace(raw, terms=terms))
        frequency = np.bincount(terms, minlength=len(order))
        idf = _idf(frequency, size)
        average = float(np.asarray(raw.lengths).sum()) / max(1, size)
        lexicon = Lexicon(
            ids={term: i for i, term in enumerate(order)},
            idf=idf,
            size=size,
            average=average,
            layers=(invert(documents, idf, average, len(order)),),
            documents=documents,
            dead=np.zeros(0, np.intp),
        )
        return lexicon, moved


def _idf(frequency: npt.NDArray[np.int64], size: int) -> Floats:
    out: Floats = np.log(1 + (size - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    return out


def _ordered(documents: Documents) -> Documents:
    """With each item's terms ascending."""
    terms = np.asarray(documents.terms)
    most = np.int64(terms.max()) + 1 if terms.size else np.int64(1)
    inside = np.argsort(_items_of(documents) * most + terms, kind="stable")
    return replace(documents, terms=terms[inside], counts=np.asarray(documents.counts)[inside])


def _items_of(documents: Documents) -> npt.NDArray[np.int64]:
    """The item of every entry."""
    sizes = np.diff(np.asarray(documents.starts))
    return np.repeat(np.arange(sizes.size, dtype=np.int64), sizes)


def invert(
    documents: Documents, idf: Column, average: float, terms: int | None, offset: int = 0
) -> Postings:
    """Postings of documents; with `terms` None only the terms that occur have slots."""
    own = np.asarray(documents.terms)
    order = np.argsort(own, kind="stable")
    items, ids = _items_of(documents)[order], own[order]
    n = np.asarray(documents.counts)[order].astype(np.float64)
    norm = _norm(np.asarray(documents.lengths), average)[items]
    slots = np.unique(ids).astype(np.int64) if terms is None else None
    numbers = np.arange(terms or 0) if slots is None else slots
    starts = np.concatenate([np.searchsorted(ids, numbers), [ids.size]]).astype(np.int64)
    rarity = np.asarray(idf[ids] if ids.size else np.zeros(0), np.float64)
    weights = (rarity * n * (_K1 + 1) / (n + norm)).astype(np.float32)
    kept: list[npt.NDArray[np.intp]] = []
    sizes = np.zeros(len(numbers) + 1, np.int64)
    for slot in np.flatnonzero(np.diff(starts) > LONG):
        left, right = starts[slot], starts[slot + 1]
        kept.append(np.sort(np.argpartition(weights[left:right], -_BEST)[-_BEST:]) + left)
        sizes[slot + 1] = _BEST
    best = np.concatenate(kept) if kept else np.zeros(0, np.intp)
    items = items.astype(np.int32)
    return Postings(
        starts, items, weights, np.cumsum(sizes), items[best], weights[best], slots, offset
    )


def build_lexicon(documents: Iterable[Sequence[str]]) -> Lexicon:
    """Postings of `documents` (the terms of each item)."""
    builder = LexiconBuilder()
    for document in documents:
        counts = Counter(document)
        builder.add(counts.keys(), counts.values())
    return builder.finish()[0]


def extend(lexicon: Lexicon, documents: Documents, new: Sequence[str], dead: Places) -> Lexicon:
    """The lexicon with more items after its own and without the `dead` ones. `documents` use its
    term ids, and those after them for the terms `new`."""
    assert lexicon.documents is not None  # a small list is assembled anew instead
    base, head, count = lexicon.documents, len(lexicon.documents.lengths), len(documents.lengths)
    own = np.asarray(documents.terms)
    frequency = np.bincount(own[own >= len(lexicon.ids)] - len(lexicon.ids), minlength=len(new))
    idf = JoinedColumn(lexicon.idf, _idf(frequency, lexicon.size + count))
    numbers = {term: len(lexicon.ids) + i for i, term in enumerate(new)}
    starts = np.asarray(documents.starts) + len(base.terms)
    return Lexicon(
        ids=ListedTexts(lexicon.ids, numbers),
        idf=idf,
        size=lexicon.size + count,
        average=lexicon.average,
        layers=(*lexicon.layers, invert(documents, idf, lexicon.average, None, head)),
        documents=Documents(
            JoinedColumn(base.starts, starts, head),
            JoinedColumn(base.terms, documents.terms),
            JoinedColumn(base.counts, documents.counts),
            JoinedColumn(base.lengths, documents.lengths),
        ),
        dead=dead,
    )


_POSTINGS = ("starts", "items", "weights", "best_starts", "best_items", "best_weights")
_DOCUMENTS = ("starts", "terms", "counts", "lengths")


def save_lexicon(lexicon: Lexicon, folder: Path, name: str, *, large: bool) -> None:
    """Write the channel's files."""
    if large:
        HashedTexts.save(list(lexicon.ids), folder, f"{name}.ids")
        assert lexicon.documents is not None
        for part in _DOCUMENTS:
            values = np.asarray(getattr(lexicon.documents, part))
            np.save(folder / f"{name}.of.{part}.npy", values)
    else:
        (folder / f"{name}.ids.json").write_bytes(orjson.dumps(list(lexicon.ids)))
    for part in _POSTINGS:
        values = np.asarray(getattr(lexicon.layers[0], part))
        if large and part.endswith("weights"):
            values = values.astype(np.float16)  # only for the short list
        np.save(folder / f"{name}.{part}.npy", values)
    np.save(folder / f"{name}.idf.npy", np.asarray(lexicon.idf))


def open_lexicon(folder: Path, name: str, size: int, average: float) -> Lexicon:
    """Open the channel's files."""
    ids: Mapping[str, int]
    documents = None
    postings: dict[str, Any] = {
        part: open_column(folder / f"{name}.{part}.npy") for part in _POSTINGS
    }
    if (folder / f"{name}.ids.json").is_file():
        listed = orjson.loads((folder / f"{name}.ids.json").read_bytes())
        ids = {term: i for i, term in enumerate(listed)}
    else:
        ids = HashedTexts(folder, f"{name}.ids")
        documents = Documents(*(open_column(folder / f"{name}.of.{p}.npy") for p in _DOCUMENTS))
    return Lexicon(
        ids=ids,
        idf=open_column(folder / f"{name}.idf.npy"),
        size=size,
        average=average,
        layers=(Postings(**postings),),
        documents=documents,
        dead=np.zeros(0, np.intp),
    )
