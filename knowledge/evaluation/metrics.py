"""Figures of ranked lists, as the field defines them. Pure.

`ranked` is ids best first, `gains` the graded relevance of ids (0 and less: not relevant). nDCG has
linear gains and the discount log2(rank + 1), as trec_eval and BEIR compute it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

Gains = Mapping[str, float]


def _relevant(gains: Gains) -> set[str]:
    return {name for name, gain in gains.items() if gain > 0}


def ndcg_at(k: int, ranked: Sequence[str], gains: Gains) -> float:
    """Discounted gain of the first `k`, as a share of the best possible; 0 without relevant ones."""
    got = sum(
        max(0, gains.get(name, 0)) / math.log2(place + 2) for place, name in enumerate(ranked[:k])
    )
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k]
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(best))
    return got / ideal if ideal else 0.0


def recall_at(k: int, ranked: Sequence[str], gains: Gains) -> float:
    """Share of the relevant ones among the first `k`."""
    relevant = _relevant(gains)
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else 0.0


def hit_at(k: int, ranked: Sequence[str], gains: Gains) -> float:
    """1.0 when any of the first `k` is relevant (success@k)."""
    return float(bool(_relevant(gains) & set(ranked[:k])))


def mrr_at(k: int, ranked: Sequence[str], gains: Gains) -> float:
    """1 / rank of the first relevant one among the first `k`; 0 when none is."""
    relevant = _relevant(gains)
    for place, name in enumerate(ranked[:k], 1):
        if name in relevant:
            return 1.0 / place
    return 0.0


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Probability that a positive scores above a negative; None without both."""
    if not positive or not negative:
        return None
    low = np.sort(np.array(negative))
    below = np.searchsorted(low, positive, "left")
    upto = np.searchsorted(low, positive, "right")
    return float((below + upto).mean() / 2 / len(low))


def false_at_coverage(
    positive: Sequence[float], negative: Sequence[float], coverage: float
) -> float | None:
    """Share of the negatives at or above the threshold that lets `coverage` of the positives pass."""
    if not positive or not negative:
        return None
    kept = max(1, math.ceil(coverage * len(positive)))
    threshold = sorted(positive, reverse=True)[kept - 1]
    return sum(value >= threshold for value in negative) / len(negative)
