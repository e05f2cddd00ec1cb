"""The two convex problems behind `knowledge/ranking.json`: ranking weights, and a decision.

Pure, deterministic: the same cases give the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]

Array = npt.NDArray[np.float64]
RIDGE = 0.005


class Searched(Protocol):
    """One searched text: its candidates' signals, which of them are right, how much it counts."""

    @property
    def table(self) -> Array:
        """float64[candidates, signals]."""
        ...

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """bool[candidates]."""
        ...

    @property
    def weight(self) -> float: ...


def learn_ranking(
    cases: Sequence[Searched],
    signals: int,
    *,
    free: Sequence[int] = (),
    ridge: float = RIDGE / 100,
) -> Array:
    """float64[signals], most likely to put what is right first; none negative but those in `free`."""
    used = [case for case in cases if case.right.any() and not case.right.all()]
    low = [-20.0 if i in free else 0.0 for i in range(signals)]

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = 0.0, np.zeros_like(weights)
        for case in used:
            scores = case.table @ weights
            odds = np.exp(scores - scores.max())
            belief = odds / odds.sum()
            share = float(belief[case.right].sum())
            total -= case.weight * np.log(max(share, 1e-12))
            inside = np.where(case.right, belief / max(share, 1e-12), 0.0)
            slope -= case.weight * (case.table.T @ (inside - belief))
        size = sum(case.weight for case in used)
        return total / size + ridge * float(weights @ weights), slope / size + 2 * ridge * weights

    start = np.full(signals, 0.5)
    bounds = [(least, 20.0) for least in low]
    result = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    learned: Array = result.x
    return learned


def learn_logistic(rows: Array, labels: Array, weights: Array, *, ridge: float = RIDGE) -> Array:
    """Ridge logistic regression; the ridge spares the bias (column 0)."""
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0
    held = np.full(rows.shape[1], ridge)
    held[0] = 0.0

    def loss(w: Array) -> tuple[float, Array]:
        z = (rows / scale) @ w
        value = np.logaddexp(0, z) - labels * z
        grade = 1 / (1 + np.exp(-z)) - labels
        slope = (rows / scale).T @ (weights * grade) / weights.sum() + 2 * held * w
        return float((weights * value).sum() / weights.sum() + (held * w * w).sum()), slope

    result = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
    learned: Array = result.x / scale
    return learned
