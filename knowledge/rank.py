"""Scores one question against the index: signals per item, then one linear rule per language.

The weights are in `knowledge/ranking.json`, learned from the list's own wordings and the training
questions (`knowledge.evaluation.train`) and reviewed as data; nothing is tuned here. Chinese and
English have their own weights, because letters that help one ruin the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from core.i18n import Lang
from knowledge.candidates import Candidates, candidates
from knowledge.classifier import OUTSIDE
from knowledge.embed.port import Vector
from knowledge.index import Index
from knowledge.lexical import Floats, Ints
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
_APART = 4.0
"""More than two cosines can differ."""
SAME_NAME = 0.95
"""Likeness of letters from which words are a name: then likeness alone is enough to answer."""
LEAST_SPREAD = 0.006
"""Cosines of a few documents alike may lie closer together: differences of less say nothing."""


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
    outside_overlap: float
    """Likeness of letters with the nearest name of such a matter, as `overlap`."""
    outside_named: float
    """Share of such a name that the question has."""
    learned: Mapping[str, float] | None = None
    """Matter → logarithm of the belief that the question is of it; None where nothing was learned."""


@dataclass(frozen=True)
class Rule:
    """Whether to answer: two logistic rules over `evidence`, and from where on they are believed."""

    correct: npt.NDArray[np.float64]
    in_list: npt.NDArray[np.float64]
    answer_at: float
    clarify_at: float


@dataclass(frozen=True)
class Rules:
    """What was learned: ranking weights per language, and the decision, with what the classifier of the index
    says and without."""

    weights: dict[str, npt.NDArray[np.float64]]
    learned: Rule
    plain: Rule

    def decision(self, index: Index) -> Rule:
        """The one for an index."""
        return self.plain if index.classes is None else self.learned


_NOTHING = Rule(np.zeros(0), np.zeros(0), 1.0, 1.0)
EMPTY_RULES = Rules({}, _NOTHING, _NOTHING)
"""For training, before there are any."""


@cache
def load_rules(path: Path = RULES) -> Rules:
    """The reviewed rules; raises `KeyError` when they do not fit `SIGNALS` and `EVIDENCE`."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    weights = {
        lang: np.array([data["ranking"][lang][name] for name in SIGNALS]) for lang in ("zh", "en")
    }
    return Rules(
        weights,
        _decision(data["decision"]["learned"], (*EVIDENCE, *LEARNED)),
        _decision(data["decision"]["plain"], EVIDENCE),
    )


def _decision(data: dict[str, Any], names: Sequence[str]) -> Rule:
    correct, in_list = (
        np.array([data[rule][name] for name in names]) for rule in ("correct", "in_list")
    )
    at = data["thresholds"]
    return Rule(correct, in_list, at["answer"], at["clarify"])


def signals(index: Index, text: str, vector: Vector) -> Signals:
    """All signals of normalised `text` (cities taken out) with its embedding."""
    units = terms(text)
    found = candidates(index, units, syllables(text, index.readings), vector)
    table = tabulate(index, found, units)
    return (
        table if index.classes is None else replace(table, learned=index.classes.log_shares(vector))
    )


def tabulate(index: Index, found: Candidates, units: Sequence[str]) -> Signals:
    """The signals of candidates, from their channels and wordings."""
    own = found.wordings
    dice, share = overlap(index, own.rows, units)
    named = own.kind <= ALIAS
    columns: dict[str, npt.NDArray[Any]] = {
        "dense": (found.dense - 0.85) * 20,
        "dense_z": (found.dense - found.dense_mean) / max(found.dense_std, LEAST_SPREAD),
        "dense_top3": (_top3(own.cosine, own.first) - 0.85) * 20,
        "dense_name": (np.maximum.reduceat(np.where(named, own.cosine, -1), own.first) - 0.85) * 20,
        "words": found.words,
        "overlap": np.maximum.reduceat(dice, own.first),
        "name_overlap": np.maximum.reduceat(np.where(named, dice, 0), own.first),
        "covered": found.covered,
        "covered_one": np.maximum.reduceat(share, own.first),
        "sounds": found.sounds,
    }
    table = np.stack([columns[name].astype(np.float64) for name in SIGNALS], axis=1)
    return Signals(
        found.items,
        table,
        (found.outside - 0.85) * 20,
        found.known,
        len(units),
        *index.anchors.compared(units, index.words),
    )


def _top3(values: Floats, first: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Mean of each candidate's three best values, which are cosines."""
    sizes = np.diff(np.append(first, values.size))
    owner = np.repeat(np.arange(first.size, dtype=np.float64), sizes)
    ordered = np.sort(owner * _APART - values)  # by candidate, best first
    kept = np.arange(values.size) - np.repeat(first, sizes) < 3
    best = np.where(kept, owner * _APART - ordered, 0.0)
    sums: npt.NDArray[np.float64] = np.add.reduceat(best, first)
    return sums / np.minimum(sizes, 3)


def overlap(
    index: Index, rows: npt.NDArray[np.intp], units: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each wording: (Dice coefficient of weighted terms with the question, share of the
    question's weight it has)."""
    lexicon = index.words
    known = lexicon.known_ids(units)
    unknown = len(set(units)) - known.size
    weight = float(lexicon.idf[known].sum()) + unknown * math.log(lexicon.size + 1.0)
    if index.wordings is not None:
        mine = index.wordings.weights[rows]
        both = index.wordings.shared(known, np.asarray(lexicon.idf[known]))[rows]
    else:
        mine, both = _weights(index, rows, known)
    return 2 * both / np.maximum(mine + weight, 1e-9), both / max(weight, 1e-9)


def _weights(
    index: Index, rows: npt.NDArray[np.intp], known: Ints
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each wording: weight of its terms, and of those of them that are `known`."""
    asked = np.zeros(len(index.words.ids) + 1, bool)
    asked[known] = True
    starts, ends = index.term_starts[rows], index.term_starts[rows + 1]
    sizes = ends - starts
    at = np.concatenate([[0], np.cumsum(sizes)])
    flat = np.arange(at[-1]) + np.repeat(starts - at[:-1], sizes)
    ids = index.term_ids[flat]
    idf = index.words.idf[ids].astype(np.float64)
    own = np.concatenate([[0.0], np.cumsum(idf)])
    shared = np.concatenate([[0.0], np.cumsum(idf * asked[ids])])
    return own[at[1:]] - own[at[:-1]], shared[at[1:]] - shared[at[:-1]]


def named(found: Signals, row: int) -> bool:
    """Whether the words are the name of that candidate, or another name of it, and nothing else."""
    return float(found.table[row, SIGNALS.index("name_overlap")]) >= SAME_NAME


def nearer_outside(found: Signals) -> bool:
    """Whether something that the list does not cover is nearer than every item: then letters in common
    (「申请低空飞行」, 「申请低保」) are no ground for an answer."""
    return float(found.table[:, SIGNALS.index("dense")].max()) < found.outside


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
    "outside_overlap",
    "outside_named",
)
"""What the decision looks at, about the best candidate."""
LEARNED = ("learned", "learned_share", "english_learned", "learned_near", "learned_outside")
"""And where the index has a classifier: what that says of its matter."""
_NEAR = 5
"""The right one is near when it is among so many."""
LEAST_LEARNED = -12.0
"""Logarithm of a belief below which one is like another."""


def evidence(
    found: Signals, scores: npt.NDArray[np.float64], matters: Sequence[str], lang: Lang
) -> npt.NDArray[np.float64]:
    """float64 of `EVIDENCE` (and `LEARNED`) about the best candidate. `matters`: what each candidate is of, the
    same for sister items."""
    best = int(scores.argmax())
    matter = matters[best]
    mine = np.array([one == matter for one in matters])
    odds = np.exp(scores - scores[best])
    share = float(odds[mine].sum() / odds.sum())
    rival = float(scores[~mine].max()) if not mine.all() else float(scores[best]) - 10.0
    row = dict(zip(SIGNALS, found.table[best].tolist(), strict=True))
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
        "outside_overlap": row["overlap"] - found.outside_overlap,
        "outside_named": found.outside_named,
    }
    row_of = [values[name] for name in EVIDENCE]
    if found.learned is None:
        return np.array(row_of)
    learned = max(found.learned.get(matter, LEAST_LEARNED), LEAST_LEARNED)
    near = {matters[at] for at in np.argsort(-scores)[:_NEAR].tolist()}
    belief = sum(math.exp(found.learned.get(one, LEAST_LEARNED)) for one in near)
    outside = math.exp(found.learned.get(OUTSIDE, LEAST_LEARNED))
    return np.array([*row_of, learned, math.exp(learned), english * learned, belief, outside])


def probability(evidence_row: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """Logistic of the weighted evidence."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, float(evidence_row @ weights)))))
