"""What is matched by letters: the terms and sounds of each item's wordings, collected for an index.

An item is taken apart once and kept so, as most items are the same from one version of a small list to the
next. Knows no file.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from knowledge.columns import Column
from knowledge.lexical import Floats, Ints, LexiconBuilder, Vocabulary
from knowledge.spelling import count_stretches
from knowledge.terms import syllables, terms
from knowledge.wordings import ALIAS, NAME, SAID, SUMMARY, Wording

_ITEMS_KEPT = 512
"""Items whose wordings are kept taken apart, in the process that builds."""


@cache
def readings() -> dict[str, str]:
    """Commonest reading of every common character, so that queries need no pinyin library."""
    from pypinyin.contrib.tone_convert import to_normal  # build time only
    from pypinyin.pinyin_dict import pinyin_dict

    return {
        chr(point): to_normal(readings.split(",")[0]).replace("ü", "v")
        for point, readings in pinyin_dict.items()
        if 0x4E00 <= point <= 0x9FFF
    }


@dataclass(frozen=True)
class _Matched:
    """What is matched by letters of one item's wordings, in terms of its own."""

    words: tuple[str, ...]
    """Each different term of its wordings."""
    counts: tuple[int, ...]
    """How often its document has each."""
    own: npt.NDArray[np.int32]
    """Places in `words` of each wording's different terms, wording after wording."""
    sizes: tuple[int, ...]
    """How many each wording has."""
    sounds: tuple[str, ...]
    sound_counts: tuple[int, ...]
    """Its different sounds, and how often its document has each."""


def _matched(wordings: Iterable[tuple[int, str]]) -> _Matched:
    """Of an item's wordings (kind, text); names and aliases count twice, SAID once where it is new."""
    places: dict[str, int] = {}
    document: list[str] = []
    heard: list[str] = []
    own, sizes = array("i"), []
    for kind, text in wordings:
        units = terms(text)
        if kind == SAID:  # only what the name itself does not say
            document += sorted(set(units) - set(document))
        else:
            document += units * (2 if kind in (NAME, ALIAS) else 1)
        if kind != SUMMARY:
            heard += syllables(text, readings())
        different = {places.setdefault(unit, len(places)) for unit in units}
        own.extend(sorted(different))
        sizes.append(len(different))
    counts, sounds = Counter(document), Counter(heard)
    return _Matched(
        tuple(places), tuple(counts[unit] for unit in places), np.array(own, np.int32),
        tuple(sizes), tuple(sounds), tuple(sounds.values()),
    )  # fmt: skip


@lru_cache(maxsize=_ITEMS_KEPT)
def _matched_of(wordings: tuple[tuple[int, str], ...]) -> _Matched:
    """Taken apart once: most items are the same from one version of a small list to the next."""
    return _matched(wordings)


@lru_cache(maxsize=_ITEMS_KEPT)
def _stretches_of(texts: tuple[str, ...]) -> Mapping[str, int]:
    """Counted once, for the same reason."""
    return count_stretches(texts)


class TermTables:
    """What is matched by letters, collected item by item."""

    def __init__(self, words: LexiconBuilder, sounds: LexiconBuilder) -> None:
        self.words, self.sounds = words, sounds
        self._ids, self._sizes = array("i"), array("i")
        self.kinds = array("i")

    def add(self, group: Sequence[Wording]) -> None:
        """The next item's wordings."""
        matched = _matched_of(tuple((wording.kind, wording.text) for wording in group))
        self.kinds.extend([wording.kind for wording in group])
        numbers = self.words.add(matched.words, matched.counts)
        self._ids.frombytes(numbers[matched.own].tobytes())
        self._sizes.extend(matched.sizes)
        self.sounds.add(matched.sounds, matched.sound_counts)

    def starts(self) -> npt.NDArray[np.int32]:
        """Where each wording's ids begin, and the end."""
        out = np.zeros(len(self._sizes) + 1, np.int32)
        np.cumsum(np.array(self._sizes, np.int32), out=out[1:])
        return out

    def ids(self, numbers: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.int32]:
        """The ids of all wordings, sorted within each; `numbers` gives the final id of each."""
        ids = np.array(self._ids, np.int32)
        if not ids.size:
            return ids
        if numbers is not None:
            ids = numbers[ids]
        wording = np.repeat(np.arange(len(self._sizes), dtype=np.int64), self._sizes)
        most = np.int64(ids.max()) + 1
        keys = wording * most + ids
        keys.sort()
        found: npt.NDArray[np.int32] = (keys % most).astype(np.int32)
        return found


_MOST_TERMS = 300_000
"""Terms of a vocabulary from which another one is begun."""
_vocabularies: tuple[Vocabulary, Vocabulary] = Vocabulary(), Vocabulary()


def whole_tables(*, kept: bool) -> TermTables:
    """For a whole list; `kept`: a small one, whose terms keep their numbers for the version after it."""
    global _vocabularies
    if not kept:
        return TermTables(LexiconBuilder(), LexiconBuilder())
    if max(map(len, _vocabularies)) > _MOST_TERMS:
        _vocabularies = Vocabulary(), Vocabulary()
    words, sounds = _vocabularies
    return TermTables(LexiconBuilder(vocabulary=words), LexiconBuilder(vocabulary=sounds))


class _Counted:
    """The stretches of the list counted last: of the next version only what differs is counted."""

    def __init__(self) -> None:
        self._last: tuple[Counter[tuple[str, ...]], Counter[str]] = (Counter(), Counter())

    def of(self, texts: Iterable[tuple[str, ...]]) -> Mapping[str, int]:
        """How often each stretch occurs in these items' texts; 0 of some that occur no more."""
        now = Counter(texts)
        before, counts = self._last  # one tuple: builds in several threads never mix
        gone, come = before - now, now - before
        if gone.total() + come.total() < now.total() // _FEW:
            counts = counts.copy()
            for own in gone.elements():
                counts.subtract(_stretches_of(own))
            for own in come.elements():
                counts.update(_stretches_of(own))
        else:
            counts = Counter()
            for own in now.elements():
                counts.update(_stretches_of(own))
        self._last = now, counts
        return counts


_FEW = 8
"""Of so many items one may differ for the others not to be counted again."""
_COUNTED = _Counted()


def stretches(groups: Sequence[Sequence[Wording]]) -> Mapping[str, int]:
    """`count_stretches` of all wordings of a small list."""
    return _COUNTED.of(tuple(wording.text for wording in group) for group in groups)


@dataclass(frozen=True)
class Wordings:
    """The terms of each wording of a small list, from the terms' side."""

    starts: npt.NDArray[np.int64]
    """Wordings that have term t: `rows[starts[t]:starts[t + 1]]`."""
    rows: Ints
    weights: npt.NDArray[np.float64]
    """Sum of the idf of each wording's terms."""

    @classmethod
    def of(cls, starts: Column, terms: Column, idf: Column) -> Wordings:
        """From the terms of wording w, `terms[starts[w]:starts[w + 1]]`."""
        own, begin = np.asarray(terms), np.asarray(starts)
        rarity = np.asarray(idf, np.float64)
        rows = np.repeat(np.arange(begin.size - 1, dtype=np.int32), np.diff(begin))
        order = np.argsort(own, kind="stable")
        return cls(
            np.searchsorted(own[order], np.arange(rarity.size + 1)),
            rows[order],
            np.bincount(rows, rarity[own], begin.size - 1).astype(np.float64),
        )

    def shared(self, known: Ints, idf: Floats) -> npt.NDArray[np.float64]:
        """float64[wordings]: sum of the `idf` of the `known` terms that each has."""
        begin = self.starts[known]
        sizes = self.starts[known + 1] - begin
        at = np.cumsum(sizes) - sizes
        flat = np.arange(sizes.sum()) + np.repeat(begin - at, sizes)
        found = np.bincount(self.rows[flat], np.repeat(idf, sizes), self.weights.size)
        return found.astype(np.float64)
