"""Scores one question against the index: signals per item, then one linear rule per language.

The weights are in `knowledge/ranking.json`, learned from the list's own wordings and the training
questions (`knowledge.evaluation.train`) and reviewed as data; nothing is tuned here. Chinese and
English have their own weights, because letters that help one ruin the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from core.i18n import Lang
from knowledge.embed.port import Vector
from knowledge.index import Index
from knowledge.lexical import Floats
from knowledge.terms import syllables, terms
from knowledge.wordings import ALIAS

RULES = Path(__file__).parent / "ranking.json"
SIGNALS = (
    "dense",
    "dense_z",
    "dense_top3",
    "dense_name",
    "words",
    "overlap",
    "name_overlap",
    "covered",
    "covered_one",
    "sounds",
)
"""Columns of `Signals.table`."""
_DENSE, _WORDS, _SOUNDS = 32, 16, 16
"""How many candidates each channel brings."""


@dataclass(frozen=True)
class Signals:
    """Candidates of one question. Rows of `table` belong to `items` (positions in the index)."""

    items: npt.NDArray[np.intp]
    table: npt.NDArray[np.float64]
    """float64[candidates, len(SIGNALS)]."""
    outside: float
    """Likeness to the nearest matter that the list does not cover, on the scale of `dense`."""
    known: float
    """Share of the question's lexical weight that occurs anywhere in the list."""
    length: int
    """Number of lexical terms of the question."""


@dataclass(frozen=True)
class Rules:
    """What was learned: ranking weights per language, and the decision's two logistic rules."""

    weights: dict[str, npt.NDArray[np.float64]]
    correct: npt.NDArray[np.float64]
    in_list: npt.NDArray[np.float64]
    answer_at: float
    clarify_at: float


EMPTY_RULES = Rules({}, np.zeros(0), np.zeros(0), 1.0, 1.0)
"""For training, before there are any."""


@cache
def load_rules(path: Path = RULES) -> Rules:
    """The reviewed rules; raises `KeyError` when they do not fit `SIGNALS` and `EVIDENCE`."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    weights = {
        lang: np.array([data["ranking"][lang][name] for name in SIGNALS]) for lang in ("zh", "en")
    }
    rows = {
        rule: np.array([data["decision"][rule][name] for name in EVIDENCE])
        for rule in ("correct", "in_list")
    }
    at = data["decision"]["thresholds"]
    return Rules(weights, rows["correct"], rows["in_list"], at["answer"], at["clarify"])


def _top(scores: Floats, count: int) -> npt.NDArray[np.intp]:
    if scores.size <= count:
        return np.arange(scores.size)
    return np.argpartition(scores, -count)[-count:]


def _best_by_item(index: Index, per_wording: Floats) -> Floats:
    out: Floats = np.maximum.reduceat(per_wording, index.first[:-1])
    return out


def signals(index: Index, text: str, vector: Vector) -> Signals:
    """All signals of normalised `text` (cities taken out) with its embedding."""
    cosine: Floats = np.asarray(index.vectors) @ vector
    dense = _best_by_item(index, cosine)
    units = terms(text)
    words, known = index.words.score(units)
    heard = syllables(text, index.readings)
    sounds, _ = index.sounds.score(heard)
    chosen = [_top(dense, _DENSE), _top(words, _WORDS), _top(sounds, _SOUNDS)]
    items = np.unique(np.concatenate(chosen))
    table = np.zeros((items.size, len(SIGNALS)))
    spread = float(dense.std()) or 1.0
    table[:, 0] = (dense[items] - 0.85) * 20
    table[:, 1] = (dense[items] - float(dense.mean())) / spread
    table[:, 4] = words[items]
    table[:, 9] = sounds[items]
    query = _lookup(index, units)
    for row, item in enumerate(items):
        left, right = int(index.first[item]), int(index.first[item + 1])
        own = cosine[left:right]
        table[row, 2] = (float(np.sort(own)[-3:].mean()) - 0.85) * 20
        named = index.kind[left:right] <= ALIAS
        table[row, 3] = (float(own[named].max()) - 0.85) * 20
        dice, share, whole = _overlap(index, left, right, query)
        table[row, 5] = float(dice.max())
        table[row, 6] = float(dice[named].max())
        table[row, 7] = whole
        table[row, 8] = float(share.max())
    outside = float((np.asarray(index.outside) @ vector).max()) if index.outside.size else 0.0
    return Signals(items, table, (outside - 0.85) * 20, known, len(units))


def _lookup(index: Index, units: Sequence[str]) -> tuple[npt.NDArray[np.bool_], float]:
    """(which term ids the question has, its whole weight)."""
    mask = np.zeros(len(index.words.ids) + 1, bool)
    mask[index.words.known_ids(units)] = True
    rare = math.log(index.words.size + 1.0)
    weight = sum(
        float(index.words.idf[index.words.ids[unit]]) if unit in index.words.ids else rare
        for unit in set(units)
    )
    return mask, weight


def _overlap(
    index: Index, left: int, right: int, query: tuple[npt.NDArray[np.bool_], float]
) -> tuple[Floats, Floats, float]:
    """How the question's weighted terms meet wordings left..right: (Dice coefficient of each, share
    of the question in each, share of the question in all of them together)."""
    mask, weight = query
    starts = np.asarray(index.term_starts[left : right + 1])
    ids = np.asarray(index.term_ids[starts[0] : starts[-1]])
    idf = np.asarray(index.words.idf)[ids]
    sums = np.concatenate([[0.0], np.cumsum(idf)])
    both = np.concatenate([[0.0], np.cumsum(idf * mask[ids])])
    at = starts - starts[0]
    own, shared = sums[at[1:]] - sums[at[:-1]], both[at[1:]] - both[at[:-1]]
    together = np.unique(ids[mask[ids]])
    whole = float(np.asarray(index.words.idf)[together].sum()) / max(weight, 1e-9)
    dice: Floats = 2 * shared / np.maximum(own + weight, 1e-9)
    return dice, shared / max(weight, 1e-9), whole


def rank(found: Signals, lang: Lang, rules: Rules) -> npt.NDArray[np.float64]:
    """Score of each candidate; differences are log-odds of being the right one."""
    scores: npt.NDArray[np.float64] = found.table @ rules.weights[lang]
    return scores


EVIDENCE = (
    "bias",
    "share",
    "margin",
    "dense",
    "dense_z",
    "words",
    "overlap",
    "name_overlap",
    "covered",
    "covered_one",
    "sounds",
    "known",
    "length",
    "english",
    "english_dense",
    "english_dense_z",
    "english_covered",
    "outside",
    "english_outside",
)
"""What the decision looks at, about the best candidate."""


def evidence(
    found: Signals, scores: npt.NDArray[np.float64], groups: Sequence[int], lang: Lang
) -> npt.NDArray[np.float64]:
    """float64[len(EVIDENCE)] about the best candidate; `groups` joins sister items as one matter."""
    order = np.argsort(-scores)
    best = int(order[0])
    odds = np.exp(scores - scores[best])
    mine = np.array([group == groups[best] for group in groups])
    share = float(odds[mine].sum() / odds.sum())
    rival = float(scores[~mine].max()) if (~mine).any() else float(scores[best]) - 10.0
    row = dict(zip(SIGNALS, found.table[best], strict=True))
    english = float(lang == "en")
    values = {
        "bias": 1.0,
        "share": share,
        "margin": min(float(scores[best]) - rival, 8.0),
        "dense": row["dense"],
        "dense_z": row["dense_z"],
        "words": row["words"],
        "overlap": row["overlap"],
        "name_overlap": row["name_overlap"],
        "covered": row["covered"],
        "covered_one": row["covered_one"],
        "sounds": row["sounds"],
        "known": found.known,
        "length": math.log1p(found.length),
        "english": english,
        "english_dense": english * row["dense"],
        "english_dense_z": english * row["dense_z"],
        "english_covered": english * row["covered"],
        "outside": row["dense"] - found.outside,
        "english_outside": english * (row["dense"] - found.outside),
    }
    return np.array([values[name] for name in EVIDENCE])


def probability(evidence_row: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """Logistic of the weighted evidence."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, float(evidence_row @ weights)))))
