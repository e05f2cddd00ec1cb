"""Learns `knowledge/continuing.json`. Run by people, reviewed as data, never at run time.

    python -m knowledge.evaluation.train_continuing        (after `python -m knowledge.evaluation.train`)

Learned from the `train` part of the talks, each turn after a card about the matter before. First a direction of
the embedding, then the rule over it and the signals, with what that direction says of turns that it was not
learned from; folds keep talks whole.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.i18n import Lang
from core.settings import get_settings
from knowledge.continuing import RULE, SIGNALS, said_after
from knowledge.evaluation.learning import Array, learn_logistic
from knowledge.evaluation.metrics import auroc
from knowledge.evaluation.talks import Talk, later_turns, load_talks
from knowledge.faqs import FrequentQuestions
from knowledge.search import SearchEngine
from knowledge.text import understand

FOLDS = 5
_SPREAD = 10.0
"""Cosines of this model lie close together: centred vectors are spread so far apart."""
_RIDGE_VECTOR, _RIDGE = 0.01, 0.005
SOCIAL = 0.3
"""What thanks and the like count: the dialogue model hears most of them before the list is asked."""
SAME_AT, ASK_AT = 0.65, 0.35
"""Belief from which a message goes on, and from which it may; chosen by what cross-validation gave on the
training part (`made` in the file)."""


@dataclass(frozen=True)
class Seen:
    """The later turns of talks as the rule sees them."""

    rows: Array
    vectors: Array
    same: Array
    """1.0 where the turn goes on."""
    fold: Array
    weight: Array
    """How much each turn counts."""


def seen(engine: SearchEngine, talks: Sequence[Talk]) -> Seen:
    """Every turn after a card; one that can be no follow-up is left out."""
    faqs = FrequentQuestions(engine)
    rows, vectors, same, fold, weight = [], [], [], [], []
    for talk, before, turn in later_turns(talks):
        lang: Lang = "en" if talk.lang == "en" else "zh"
        vector = engine.embed(turn.text)
        result = engine.search(turn.text, lang=lang, k=8, vector=vector)
        typed = understand(turn.text, lang=lang)
        item = engine.catalogue.items[before]
        said = said_after(engine, faqs, item, typed, result, vector, lang=lang, city=None)
        if said is not None:
            rows.append(said.row)
            vectors.append(vector)
            same.append(float(turn.kind == "same"))
            weight.append(SOCIAL if turn.kind == "social" else 1.0)
            fold.append(zlib.crc32(talk.turns[0].text.encode()) % FOLDS)
    return Seen(
        np.array(rows), np.array(vectors, np.float64), np.array(same), np.array(fold),
        np.array(weight),
    )  # fmt: skip


def _ones(rows: Array) -> Array:
    return np.hstack([np.ones((len(rows), 1)), rows])


def _learn(rows: Array, labels: Array, weight: Array, ridge: float) -> Array:
    return learn_logistic(_ones(rows), labels, weight, ridge=ridge)


def _beyond(rows: Array, data: Seen, ridge: float) -> Array:
    """What is said of each turn by what was learned without its fold."""
    out = np.zeros(len(rows))
    for fold in range(FOLDS):
        own = data.fold == fold
        out[own] = _ones(rows[own]) @ _learn(rows[~own], data.same[~own], data.weight[~own], ridge)
    return out


def _auroc(said: Array, data: Seen) -> float:
    yes, no = said[data.same == 1].tolist(), said[data.same == 0].tolist()
    return round(auroc(yes, no) or 0.0, 4)


def train(engine: SearchEngine, talks: Sequence[Talk]) -> dict[str, Any]:
    """Everything `continuing.json` holds."""
    data = seen(engine, [talk for talk in talks if talk.split == "train"])
    centre = data.vectors.mean(axis=0)
    spread = (data.vectors - centre) * _SPREAD
    direction = _learn(spread, data.same, data.weight, _RIDGE_VECTOR)
    both = np.hstack([_beyond(spread, data, _RIDGE_VECTOR)[:, None], data.rows])
    learned, plain = (_learn(rows, data.same, data.weight, _RIDGE) for rows in (both, data.rows))
    along = direction[1:] * _SPREAD * learned[1]
    bias = learned[0] + learned[1] * (direction[0] - float(centre @ direction[1:]) * _SPREAD)
    believed = 1 / (1 + np.exp(-_beyond(both, data, _RIDGE)))
    shares = {
        name: round(float((believed[data.same == label] >= SAME_AT).mean()), 4)
        for name, label in (("going on", 1), ("other", 0))
    }
    return {
        "made": {
            "by": "python -m knowledge.evaluation.train_continuing",
            "on": dt.datetime.now(dt.UTC).date().isoformat(),
            "list_version": engine.list_version,
            "turns": len(data.same),
            "auroc": _auroc(_beyond(both, data, _RIDGE), data),
            "auroc_plain": _auroc(_beyond(data.rows, data, _RIDGE), data),
            "read_as_going_on": shares,
        },
        "embedder": engine.embedder.name,
        "thresholds": {"same": SAME_AT, "ask": ASK_AT},
        "learned": _named(learned[2:], bias),
        "plain": _named(plain[1:], float(plain[0])),
        "direction": [round(float(value), 4) for value in along],
    }


def _named(weights: Array, bias: float) -> dict[str, float]:
    named = {name: round(float(v), 4) for name, v in zip(SIGNALS, weights, strict=True)}
    return {**named, "bias": round(bias, 4)}


def main() -> int:
    """Train on the built index, and write the rule."""
    rule = train(SearchEngine.open(get_settings()), load_talks())
    direction = rule.pop("direction")
    body = json.dumps(rule, indent=2)
    RULE.write_text(f'{body[:-2]},\n  "direction": {json.dumps(direction)}\n}}\n', encoding="utf-8")
    sys.stderr.write(f"written: {RULE}: {rule['made']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
