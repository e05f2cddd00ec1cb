"""Names of matters that the list does not cover, by their words.

Embeddings put 「办残疾证」 beside the allowance for the disabled; its letters say plainly which of the two is
named. Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knowledge.lexical import Lexicon
from knowledge.terms import terms

_LEAST_TERMS = 3
"""A name of fewer terms is found in too many questions."""


@dataclass(frozen=True)
class Anchors:
    """Names, and where each term occurs in them."""

    weights: npt.NDArray[np.float64]
    """Of all terms of each."""
    enough: npt.NDArray[np.bool_]
    """Whether a name has `_LEAST_TERMS`."""
    places: dict[str, npt.NDArray[np.intp]]

    @classmethod
    def of(cls, texts: Iterable[str], lexicon: Lexicon) -> Anchors:
        """Of normalised names, weighted by a lexicon; a term it does not know is as rare as can be."""
        found = [_terms(text) for text in texts]
        places: dict[str, list[int]] = defaultdict(list)
        for at, own in enumerate(found):
            for term in own:
                places[term].append(at)
        return cls(
            np.array([sum(_weight(term, lexicon) for term in own) for own in found]),
            np.array([len(own) >= _LEAST_TERMS for own in found], bool),
            {term: np.array(at, np.intp) for term, at in places.items()},
        )

    def compared(self, units: Sequence[str], lexicon: Lexicon) -> tuple[float, float]:
        """(greatest Dice coefficient of weighted terms with a name, greatest share of a name's weight that
        the question has); 0 without names."""
        if not self.weights.size:
            return 0.0, 0.0
        shared, whole = np.zeros(self.weights.size), 0.0
        for term in dict.fromkeys(units):
            weight = _weight(term, lexicon)
            whole += weight
            if (at := self.places.get(term)) is not None:
                shared[at] += weight
        dice = 2 * shared / np.maximum(self.weights + whole, 1e-9)
        share = np.where(self.enough, shared / np.maximum(self.weights, 1e-9), 0.0)
        return float(dice.max()), float(share.max())


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    """Kept: the names are mostly the same from one version of the list to the next."""
    return frozenset(terms(text))


def _weight(term: str, lexicon: Lexicon) -> float:
    number = lexicon.ids.get(term)
    return math.log(lexicon.size + 1.0) if number is None else float(lexicon.idf[number])
