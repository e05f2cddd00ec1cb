"""Learns `knowledge/asked_fact.json` and `asked_later.json`. Run by people, reviewed as data, not at run time.

    python -m knowledge.evaluation.train_asked_fact

Multinomial logistic regression over the sentences of `knowledge.evaluation.asked` and the items' names in their
barest questions, one rule a language: first
over their words, then over their embeddings beside what the words of matters left out said of them (else the
words, which know their own sentences, would leave nothing to learn). What it would say of matters that it did
not learn from is in the file under `made`: folds keep a matter's sentences together.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from core.i18n import Lang
from core.settings import get_settings
from knowledge.asked_fact import LATER, RULE, Asked, features, language_of
from knowledge.catalogue import load_catalogue
from knowledge.embed import open_embedder
from knowledge.embed.port import Embedder
from knowledge.evaluation.asked import AskedSentence, bare_sentences, load_asked
from knowledge.evaluation.learning import Array
from knowledge.text import understand

FACTS: tuple[Asked, ...] = get_args(Asked)
FOLDS = 5
_RIDGE, _MEANING_RIDGE = 0.5, 0.05
_FEWEST = 3
"""Sentences that a feature must stand in."""
_UNIT = 100
"""Weights are kept as hundredths."""
SURE_AT, LATER_SURE_AT = 0.3, 0.4
"""Share of belief from which the rules decide. Chosen by the folds."""
_STEPS = 200
_FIRST = "=first"
"""Feature of sentences that were asked first, for the rule of what is said later."""


class _Columns:
    """Features that stand in enough sentences, as columns of a matrix."""

    def __init__(self, seen: Sequence[dict[str, float]]) -> None:
        count = Counter(name for row in seen for name in row)
        self.names = sorted(name for name, times in count.items() if times >= _FEWEST)
        self._at = {name: at for at, name in enumerate(self.names)}

    def table(self, seen: Sequence[dict[str, float]]) -> Any:
        """csr float64[sentences, features + 1]; the last column is 1."""
        found = [
            (row, at, value)
            for row, own in enumerate(seen)
            for name, value in own.items()
            if (at := self._at.get(name)) is not None
        ]
        found += [(row, len(self.names), 1.0) for row in range(len(seen))]
        rows, columns, values = zip(*found, strict=True)
        return csr_matrix((values, (rows, columns)), shape=(len(seen), len(self.names) + 1))


def learn_softmax(table: Any, labels: npt.NDArray[np.intp], classes: int) -> Array:
    """float64[features + 1, classes]; the ridge spares the last row, the biases."""
    every = np.arange(len(labels))

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(-1, classes)
        scores = table @ weights
        scores -= scores.max(axis=1, keepdims=True)
        belief = np.exp(scores)
        belief /= belief.sum(axis=1, keepdims=True)
        value = -float(np.log(np.maximum(belief[every, labels], 1e-12)).sum())
        belief[every, labels] -= 1.0
        slope = table.T @ belief
        held = weights.copy()
        held[-1] = 0.0
        return value + _RIDGE * float((held**2).sum()), (slope + 2 * _RIDGE * held).ravel()

    start = np.zeros(table.shape[1] * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    out: Array = found.x.reshape(-1, classes)
    return out


def learn_meaning(said: Array, meant: Array, labels: npt.NDArray[np.intp]) -> tuple[float, Array]:
    """(what `said`, float64[sentences, classes] of the words, weighs; float64[dim + 1, classes] over the
    embeddings `meant`, the last row the shift)."""
    every, table = np.arange(len(labels)), np.hstack([meant, np.ones((len(meant), 1))])
    classes = said.shape[1]

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat[1:].reshape(-1, classes)
        scores = flat[0] * said + table @ weights
        scores -= scores.max(axis=1, keepdims=True)
        belief = np.exp(scores)
        belief /= belief.sum(axis=1, keepdims=True)
        value = -float(np.log(np.maximum(belief[every, labels], 1e-12)).sum())
        belief[every, labels] -= 1.0
        held = weights.copy()
        held[-1] = 0.0
        slope = table.T @ belief + 2 * _MEANING_RIDGE * held
        value += _MEANING_RIDGE * float((held**2).sum())
        return value, np.concatenate([[float((belief * said).sum())], slope.ravel()])

    start = np.zeros(1 + table.shape[1] * classes)
    start[0] = 1.0
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return float(found.x[0]), found.x[1:].reshape(-1, classes)


def _left_out(
    seen: Sequence[dict[str, float]], labels: npt.NDArray[np.intp], fold: npt.NDArray[np.intp]
) -> Array:
    """float64[sentences, facts]: what the words of other matters say of each sentence."""
    scores = np.zeros((len(seen), len(FACTS)))
    for out in range(FOLDS):
        kept, left = np.flatnonzero(fold != out).tolist(), np.flatnonzero(fold == out).tolist()
        columns = _Columns([seen[i] for i in kept])
        weights = learn_softmax(columns.table([seen[i] for i in kept]), labels[kept], len(FACTS))
        scores[left] = columns.table([seen[i] for i in left]) @ weights
    return scores


def _crossed(
    said: Array,
    meant: Array,
    labels: npt.NDArray[np.intp],
    fold: npt.NDArray[np.intp],
    measured: npt.NDArray[np.bool_],
    sure_at: float,
) -> dict[str, float]:
    """What the rule says of the `measured` sentences of matters that it did not learn from."""
    scores = np.zeros_like(said)
    for out in range(FOLDS):
        kept, left = fold != out, fold == out
        scale, weights = learn_meaning(said[kept], meant[kept], labels[kept])
        scores[left] = scale * said[left] + meant[left] @ weights[:-1] + weights[-1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))[measured]
    shares /= shares.sum(axis=1, keepdims=True)
    right, sure = shares.argmax(axis=1) == labels[measured], shares.max(axis=1) >= sure_at
    return {
        "sentences": int(measured.sum()),
        "right_of_words": round(float((said.argmax(axis=1) == labels)[measured].mean()), 4),
        "right": round(float(right.mean()), 4),
        "sure": round(float(sure.mean()), 4),
        "right_when_sure": round(float(right[sure].mean()), 4),
    }


def train(
    sentences: Sequence[AskedSentence],
    bare: Sequence[AskedSentence],
    embedder: Embedder,
    *,
    later: bool = False,
) -> dict[str, Any]:
    """The rule, as `asked_fact.json` holds it; `bare` teach and are not measured; `later`: of what is said
    after a card. That one learns from all sentences, and that those asked first are another kind."""
    sure_at = LATER_SURE_AT if later else SURE_AT
    sentences = [*(one for one in sentences if later or not one.later), *bare]
    plainest = frozenset(bare)
    data: dict[str, Any] = {"facts": list(FACTS), "unit": _UNIT, "made": {}}
    data["made"]["embedder"] = embedder.name
    said = [(each, understand(each.text, lang=each.reply_lang)) for each in sentences]
    langs: tuple[Lang, ...] = ("zh", "en")
    for lang in langs:
        spoken = [(sentence, words) for sentence, words in said if language_of(words.text) == lang]
        own = [sentence for sentence, _ in spoken]
        seen = [
            features(words.text, lang) | ({_FIRST: 1.0} if later and not sentence.later else {})
            for sentence, words in spoken
        ]
        vectors = [embedder.encode_query(words.core) for _, words in spoken]
        middle = np.mean(vectors, axis=0)
        meant = np.asarray(vectors - middle, np.float64)
        labels = np.array([FACTS.index(sentence.fact) for sentence in own], np.intp)
        fold = np.array([zlib.crc32((s.code or s.text).encode()) % FOLDS for s in own], np.intp)
        measured = np.array([(s.later or not later) and s not in plainest for s in own], bool)
        left_out = _left_out(seen, labels, fold)
        data["made"][lang] = _crossed(left_out, meant, labels, fold, measured, sure_at)
        scale, meaning = learn_meaning(left_out, meant, labels)
        shift = meaning[-1] - middle @ meaning[:-1]
        columns = _Columns(seen)
        weights = np.round(learn_softmax(columns.table(seen), labels, len(FACTS)) * _UNIT)
        whole = weights.astype(int).tolist()
        data[lang] = {
            "sure_at": sure_at,
            "bias": whole[-1],
            "scale": round(scale, 4),
            "shift": np.round(shift * _UNIT).astype(int).tolist(),
            "meaning": np.round(meaning[:-1] * _UNIT).astype(int).tolist(),
            "weights": {
                name: row for name, row in zip(columns.names, whole, strict=False) if any(row)
            },
        }
    return data


def _written(data: dict[str, Any]) -> str:
    """One line a feature and a dimension, so that changes can be read."""
    parts = [f'"{name}": {json.dumps(data[name])}' for name in ("facts", "unit", "made")]
    for lang in ("zh", "en"):
        own = data[lang]
        rows = ",\n".join(
            f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(row, separators=(',', ':'))}"
            for name, row in own["weights"].items()
        )
        head = ",\n".join(
            f'"{name}": {json.dumps(own[name])}' for name in ("sure_at", "bias", "scale", "shift")
        )
        meaning = ",\n".join(json.dumps(row, separators=(",", ":")) for row in own["meaning"])
        parts.append(
            f'"{lang}": {{\n{head},\n"meaning": [\n{meaning}\n],\n"weights": {{\n{rows}\n}}}}'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    """Learn and write."""
    embedder, bare = open_embedder(get_settings()), bare_sentences(load_catalogue())
    for path in (RULE, LATER):
        later = path == LATER
        data = train(load_asked(), () if later else bare, embedder, later=later)
        path.write_text(_written(data), encoding="utf-8")
        sys.stdout.write(json.dumps({path.name: data["made"]}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
