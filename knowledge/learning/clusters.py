"""Unanswered questions grouped by what they are about, with the item they come nearest to.

Average-link clustering over a likeness of meaning (embedding), letters (lexical terms) and topic (which
items come near): cosines of this family of models lie close together, letters alone miss paraphrases,
and items alone say nothing of questions that fit none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.i18n import Lang
from knowledge.learning.log import Asked
from knowledge.learning.scrub import doubtful
from knowledge.search import Ranked, SearchEngine
from knowledge.terms import terms

CUT = 0.62
"""Distance, 0..1, up to which questions are about the same."""
_MEANING, _LETTERS, _TOPIC = 0.4, 0.2, 0.4
"""Weights; with `CUT` chosen on the training questions and the list's wordings grouped by item."""
_FLOOR, _CEILING = 0.80, 0.96
"""Cosines of unrelated and of equal questions."""
MOST = 1_500


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions about one thing."""

    ids: tuple[str, ...]
    text: str
    """The question most like all the others."""
    lang: Lang
    texts: tuple[str, ...]
    """Most asked first."""
    asked: int
    last_day: str
    decision: str
    """Commonest outcome."""
    nearest: tuple[str, ...]
    """Items the question comes nearest to, best first; may all be wrong."""
    confidence: float
    personal: tuple[str, ...] = ()
    """Parts of its texts that may be personal still."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "ids": list(self.ids),
            "text": self.text,
            "lang": self.lang,
            "texts": list(self.texts[:20]),
            "asked": self.asked,
            "last_day": self.last_day,
            "decision": self.decision,
            "nearest": list(self.nearest),
            "confidence": round(self.confidence, 3),
            "personal": list(self.personal),
        }


def distances(
    cores: Sequence[str], vectors: npt.NDArray[np.float32], topics: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """float64[n, n] of unlikeness, 0..1; `topics` are belief in each item, float64[n, items]."""
    meaning = np.clip((vectors @ vectors.T - _FLOOR) / (_CEILING - _FLOOR), 0, 1)
    sets = [frozenset(terms(core)) for core in cores]
    letters = np.eye(len(sets))
    for i, left in enumerate(sets):
        for j in range(i + 1, len(sets)):
            both = len(left & sets[j])
            if both:
                letters[i, j] = letters[j, i] = 2 * both / (len(left) + len(sets[j]))
    length = np.maximum(np.linalg.norm(topics, axis=1, keepdims=True), 1e-12)
    topic = (topics / length) @ (topics / length).T
    out: npt.NDArray[np.float64] = 1 - (_MEANING * meaning + _LETTERS * letters + _TOPIC * topic)
    np.fill_diagonal(out, 0.0)
    return np.clip(out, 0, 1)


def _topics(engine: SearchEngine, ranked: Sequence[Ranked]) -> npt.NDArray[np.float64]:
    column = {code: i for i, code in enumerate(engine.index.codes)}
    out = np.zeros((len(ranked), len(column)))
    for row, found in enumerate(ranked):
        scores = np.array(found.scores)
        belief = np.exp((scores - scores.max()) / 2)
        out[row, [column[code] for code in found.codes]] = belief / belief.sum()
    return out


def groups(apart: npt.NDArray[np.float64], cut: float = CUT) -> list[list[int]]:
    """Row numbers by cluster, for a symmetric matrix of distances."""
    from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped] # half a second

    size = len(apart)
    if size < 2:
        return [[i] for i in range(size)]
    condensed = apart[np.triu_indices(size, 1)]
    labels = fcluster(linkage(condensed, "average"), cut, "distance")
    out: dict[int, list[int]] = {}
    for row, label in enumerate(labels.tolist()):
        out.setdefault(label, []).append(row)
    return list(out.values())


def cluster_questions(engine: SearchEngine, asked: Sequence[Asked]) -> list[Cluster]:
    """Clusters of at most `MOST` questions, most asked first. Takes about 10 ms a question."""
    rows = list(asked[:MOST])
    if not rows:
        return []
    understood = [engine.understand(row.text) for row in rows]
    vectors = np.stack([engine.embed(row.text) for row in rows])
    ranked = [engine.ranked(one, vector) for one, vector in zip(understood, vectors, strict=True)]
    cores = [one.core for one in understood]
    apart = distances(cores, vectors, _topics(engine, ranked))
    found = []
    for group in groups(apart):
        middle = min(group, key=lambda i: (float(apart[i, group].mean()), i))
        members = sorted((rows[i] for i in group), key=lambda row: -row.asked)
        result = engine.search(rows[middle].text, k=3, vector=vectors[middle])
        decisions = [row.decision for row in members for _ in range(row.asked)]
        found.append(
            Cluster(
                ids=tuple(row.id for row in members),
                text=rows[middle].text,
                lang=rows[middle].lang,
                texts=tuple(row.text for row in members),
                asked=sum(row.asked for row in members),
                last_day=max(row.last_day for row in members).isoformat(),
                decision=max(set(decisions), key=decisions.count),
                nearest=tuple(hit.code for hit in result.results),
                confidence=result.in_list,
                personal=tuple(part for row in members for part in doubtful(row.text)),
            )
        )
    return sorted(found, key=lambda cluster: (-cluster.asked, cluster.text))
