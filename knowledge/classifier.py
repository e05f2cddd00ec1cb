"""Which matter a question's embedding belongs to: multinomial logistic regression over the wordings.

The nearest wording says how like a matter a question is; this says what tells matters apart, and is
evidence for whether to answer. Learned when a list is built, from its own wordings, those of its life
events, and the anchors of what it does not cover; after a change only what changed is learned again.
Deterministic.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.embed.port import Matrix, Vector

OUTSIDE = ""
"""Name of the class of what the list does not cover."""
MOST_MATTERS = 3000
"""Matters of a list up to which it is learned: a minute on two cores."""
_SCALE = 10.0
"""Cosines of this model lie close together: centred vectors are spread so far apart."""
_RIDGE = 0.1
_STEPS, _STEPS_AGAIN = 120, 40
_MOST_AGAIN = 12
"""Changed matters from which on all are learned again."""
_HARDEST = 3000
"""Rows of other matters that a changed one is told apart from: those nearest to it."""
_NEVER = -20.0
"""Bias of a class that nothing belongs to."""
_Floats = npt.NDArray[np.float32]
_Loss = Callable[[npt.NDArray[np.float64]], tuple[float, npt.NDArray[np.float64]]]
"""Weights → (what is to be least, its slope)."""


@dataclass(frozen=True)
class Classes:
    """A learned classifier."""

    names: tuple[str, ...]
    """One a class; the last is `OUTSIDE`."""
    weights: _Floats
    """float32[classes, dim + 1], of centred and scaled vectors; the last column is the bias."""
    centre: _Floats
    """float32[dim]."""

    def log_shares(self, vector: Vector) -> Mapping[str, float]:
        """Class → logarithm of the belief that the vector is of it."""
        logits = _rows(vector[None], self.centre)[0].astype(np.float64) @ self.weights.T
        logits -= logits.max()
        logits -= np.log(np.exp(logits).sum())
        return dict(zip(self.names, logits.tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """As a file."""
        out = io.BytesIO()
        np.savez(out, names=np.array(self.names), weights=self.weights, centre=self.centre)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Classes:
        """Read what `to_bytes` wrote; raises `ValueError` or `KeyError` for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return cls(tuple(file["names"].tolist()), file["weights"], file["centre"])


def learn(
    vectors: Matrix,
    owners: Sequence[str],
    outside: Matrix,
    previous: Classes | None = None,
    changed: Collection[str] = (),
) -> Classes:
    """Learn from float32[wordings, dim], the matter each belongs to, and float32[anchors, dim] of what
    is no matter. With `previous`, only the matters in `changed` are learned again."""
    names = (*dict.fromkeys(owners), OUTSIDE)
    place = {name: at for at, name in enumerate(names)}
    labels = np.array([place[owner] for owner in owners] + [len(names) - 1] * len(outside), np.intp)
    texts = np.vstack([vectors, outside]) if len(outside) else np.asarray(vectors)
    fresh = [place[name] for name in names if name in changed or _is_new(name, previous)]
    if previous is None or len(fresh) > _MOST_AGAIN:
        centre: _Floats = texts.mean(axis=0, dtype=np.float64).astype(np.float32)
        return Classes(names, _all(_rows(texts, centre), labels, len(names)), centre)
    weights = np.zeros((len(names), previous.weights.shape[1]), np.float32)
    old = dict(zip(previous.names, previous.weights, strict=True))
    for at, name in enumerate(names):
        weights[at] = old.get(name, 0.0)
    for at in fresh:
        weights[at] = _one(texts, previous.centre, labels == at, weights, at)
    return Classes(names, weights, previous.centre)


def _is_new(name: str, previous: Classes | None) -> bool:
    return previous is None or name not in previous.names


def _rows(vectors: Matrix, centre: _Floats) -> _Floats:
    rows = np.ones((len(vectors), vectors.shape[1] + 1), np.float32)
    spread = rows[:, :-1]
    np.subtract(vectors, centre, out=spread)
    spread *= np.float32(_SCALE)
    return rows


def _all(rows: _Floats, labels: npt.NDArray[np.intp], classes: int) -> _Floats:
    """Softmax regression with a ridge that spares the biases."""
    every = np.arange(len(labels))

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(classes, -1).astype(np.float32)
        logits = rows @ weights.T
        highest = logits.max(axis=1, keepdims=True)
        own = logits[every, labels]
        odds = np.exp(logits - highest)
        total = odds.sum(axis=1, keepdims=True)
        value = float((np.log(total[:, 0]) + highest[:, 0] - own).sum(dtype=np.float64))
        odds /= total
        odds[every, labels] -= 1
        held = weights.copy()
        held[:, -1] = 0
        slope = odds.T @ rows + _RIDGE * held
        return value + _RIDGE * float((held * held).sum()) / 2, slope.ravel().astype(np.float64)

    start = np.zeros(classes * rows.shape[1])
    return _least(loss, start, _STEPS).reshape(classes, -1)


def _one(
    texts: Matrix, centre: _Floats, mine: npt.NDArray[np.bool_], weights: _Floats, at: int
) -> _Floats:
    """The row of one class, where all others stay: logistic regression with what they say as offset."""
    others = np.delete(weights, at, axis=0)
    own = np.flatnonzero(mine)
    if not own.size:
        nothing = np.zeros(weights.shape[1], np.float32)
        nothing[-1] = _NEVER
        return nothing
    # what is subtracted of all alike, and by what all are multiplied, changes no order
    likeness = texts @ (texts[own].mean(axis=0) - centre)
    likeness[own] = -np.inf
    near = np.argsort(-likeness, kind="stable")[: min(_HARDEST, len(texts) - own.size)]
    chosen = np.concatenate([own, near])
    part, wanted = _rows(texts[chosen], centre), mine[chosen].astype(np.float32)
    logits = part @ others.T
    highest = logits.max(axis=1)
    offset = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest

    def loss(row: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        z = part @ row.astype(np.float32) - offset
        grade = 1 / (1 + np.exp(-z)) - wanted
        held = row.copy()
        held[-1] = 0
        value = float((np.logaddexp(0, z) - wanted * z).sum(dtype=np.float64))
        slope = (grade @ part).astype(np.float64) + _RIDGE * held
        return value + _RIDGE * float(held @ held) / 2, slope

    return _least(loss, weights[at].astype(np.float64), _STEPS_AGAIN)


def _least(loss: _Loss, start: npt.NDArray[np.float64], steps: int) -> _Floats:
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # build time only

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    learned: _Floats = found.x.astype(np.float32)
    return learned
