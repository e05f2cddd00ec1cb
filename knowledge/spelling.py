"""Mends what dictation and pinyin keyboards get wrong, with the list's own words as the dictionary.

「设保卡不办」 sounds like 「社保卡补办」; "shebaoka" spells 「社保卡」. A stretch is replaced only when the
list does not know it as written, knows something that sounds the same, they share a character, and the
sentence falls into fewer words with it: a correct word that the list happens not to know (「专利」) stays.
Pure over tables made at build time; nothing is learned from residents.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from knowledge.terms import blur, spelled

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LONGEST = 4
_LEAST = {2: 4, 3: 2, 4: 2}
"""How often a phrase must occur in the list before it may replace one of its length."""
_OFTEN = 8
"""How often the list must say a phrase that makes a sentence no easier to read."""
_LONGER = 11.0
"""What a phrase gains per character over single ones when pinyin is read: about the logarithm of all
phrases of a list, so that the most likely sequence wins."""
_MIN_SYLLABLES = 3
_MIN_COVERED = 0.6
"""Share of typed syllables that must spell phrases of two characters or more."""

Phrases = Mapping[str, tuple[str, int]]
"""Sound → (commonest writing, how often)."""


def _words(run: str) -> list[tuple[int, str]]:
    """(start, word) of each dictionary word and each character in no word. A few microseconds; the
    first call reads the dictionary (0.2 s)."""
    import rjieba  # only where something is to be mended

    found, start = [], 0
    for word in rjieba.cut(run, False):
        found.append((start, word))
        start += len(word)
    return found


def _sound(text: str, readings: Mapping[str, str]) -> str:
    """The key of a phrase: exact for two characters, blurred for longer ones."""
    row = [readings.get(char, char) for char in text]
    return " ".join(row if len(row) <= 2 else map(blur, row))


def count_stretches(texts: Iterable[str]) -> Counter[str]:
    """How often each stretch of up to four Chinese characters occurs."""
    return Counter(
        run[i : i + size]
        for text in texts
        for run in _HAN_RUN.findall(text)
        for size in range(1, _LONGEST + 1)
        for i in range(len(run) - size + 1)
    )


RARE = {2: 1, 3: 1, 4: 1}
"""`least` of a collection, where a word may be in one title only."""


def learn_phrases(
    counts: Mapping[str, int], readings: Mapping[str, str], least: Mapping[int, int] = _LEAST
) -> Phrases:
    """Phrases of 1 to 4 characters, by sound, from what `count_stretches` says of the list's wordings;
    `least`: how often each size must occur."""
    phrases: dict[str, tuple[str, int]] = {}
    rare = 1 if least is RARE else 2
    lowest = min([rare, *least.values()])
    likely = [each for each in counts.items() if each[1] >= lowest]
    often = [(p, count) for p, count in likely if count >= least.get(len(p), rare)]
    chars = set("".join([phrase for phrase, _ in often]))
    sounds = {char: readings.get(char, char) for char in chars}
    blurred = {char: blur(sound) for char, sound in sounds.items()}
    for phrase, count in sorted(often):
        heard = sounds if len(phrase) <= 2 else blurred
        key = " ".join([heard[char] for char in phrase])
        if count > phrases.get(key, ("", 0))[1]:
            phrases[key] = (phrase, count)
    return phrases


@dataclass(frozen=True)
class Speller:
    """Corrections from one index's tables."""

    phrases: Phrases
    readings: Mapping[str, str]
    known: Container[str]
    """Pairs of characters that occur in the list."""
    syllables: frozenset[str]
    least: Mapping[int, int] = field(default_factory=lambda: _LEAST)

    def mend(self, text: str, *, strict: bool = False) -> str:
        """Text with misheard stretches put right; unchanged when nothing is certain.

        `strict`: a character is replaced only where the list knows none of its neighbourhoods.
        """
        return _HAN_RUN.sub(lambda match: self._run(match.group(0), strict), text)

    def _run(self, run: str, strict: bool) -> str:
        at, strange = 0, self._strange(run)
        while strange and at < len(run) - 1:
            for size in range(min(_LONGEST, len(run) - at), 1, -1):
                if strange.isdisjoint(range(at, at + size - 1)):
                    break
                better = self._replacement(run[at : at + size])
                if better is None or (strict and self._fits(run, at, better)):
                    continue
                mended = run[:at] + better + run[at + size :]
                if self._reads_better(run, mended, at, size):
                    run, strange = mended, self._strange(mended)
                    at += size - 1
                    break
            at += 1
        return run

    def _strange(self, run: str) -> set[int]:
        """Where a pair of characters begins that the list does not know."""
        return {i for i in range(len(run) - 1) if run[i : i + 2] not in self.known}

    def _reads_better(self, run: str, mended: str, at: int, size: int) -> bool:
        """Whether a dictionary cuts `mended` into fewer words, or into as many where each character that
        changed stood alone and the list says the whole stretch often (「失业斤」)."""
        before, after = _words(run), _words(mended)
        if len(after) != len(before):
            return len(after) < len(before)
        changed = [i for i in range(at, at + size) if run[i] != mended[i]]
        said = self.phrases.get(_sound(mended[at : at + size], self.readings), ("", 0))[1]
        alone = {start for start, word in before if len(word) == 1}
        return size > 2 and said >= _OFTEN and all(i in alone for i in changed)

    def _fits(self, run: str, at: int, better: str) -> bool:
        """Whether a character that `better` would replace makes a known pair where it stands."""
        changed = [at + i for i, char in enumerate(better) if run[at + i] != char]
        return any(
            run[i : i + 2] in self.known
            for place in changed
            for i in (place - 1, place)
            if 0 <= i < len(run) - 1
        )

    def _replacement(self, stretch: str) -> str | None:
        found = self.phrases.get(_sound(stretch, self.readings))
        if found is None or found[0] == stretch:
            return None
        shared = sum(a == b for a, b in zip(stretch, found[0], strict=True))
        return found[0] if shared and found[1] >= self.least[len(stretch)] else None

    def _rare_pair(self, row: list[str], text: str) -> bool:
        """Whether two syllables are a phrase of a collection that does not know them as a word."""
        return (
            self.least is RARE
            and len(row) == 2
            and " ".join(row) in self.phrases
            and text not in self.known
        )

    def read_pinyin(self, text: str) -> str | None:
        """Chinese for text typed in pinyin; None when it is not that."""
        row = spelled(text, self.syllables)
        if len(row) < _MIN_SYLLABLES and not self._rare_pair(row, text):
            return None
        best: list[tuple[float, str, int] | None] = [None] * (len(row) + 1)
        best[0] = (0.0, "", 0)
        for end in range(1, len(row) + 1):
            for start in range(max(0, end - _LONGEST), end):
                head = best[start]
                key = " ".join(row[start:end] if end - start <= 2 else map(blur, row[start:end]))
                found = self.phrases.get(key)
                if head is None or found is None:
                    continue
                size = end - start
                score = head[0] + math.log(found[1]) + _LONGER * (size - 1)
                covered = head[2] + (size if size > 1 else 0)
                current = best[end]
                if current is None or score > current[0]:
                    best[end] = (score, head[1] + found[0], covered)
        last = best[len(row)]
        if last is None or last[2] < _MIN_COVERED * len(row):
            return None
        return last[1]
