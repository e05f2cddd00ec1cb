"""Learns `knowledge/continuing.json`. Run by people, reviewed as data, never at run time.

    python -m knowledge.evaluation.train_continuing        (after `python -m knowledge.evaluation.train`)

Learned from the `train` part of the talks, each turn after a card about the matter before: whether it goes on,
and whether it asks for nothing of the list. For each first a direction of the embedding, then the rule over it
and the signals, with what that direction says of turns that it was not learned from; folds keep talks whole.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from core.i18n import Lang
from core.settings import get_settings
from knowledge.continuing import RULES, SIGNALS, said_after
from knowledge.evaluation.learning import Array, learn_logistic
from knowledge.evaluation.metrics import auroc
from knowledge.evaluation.talks import Kind, Talk, later_turns, load_talks
from knowledge.faqs import FrequentQuestions
from knowledge.search import SearchEngine
from knowledge.text import understand

FOLDS = 5
_SPREAD = 10.0
"""Cosines of this model lie close together: centred vectors are spread so far apart."""
_RIDGE_VECTOR, _RIDGE = 0.01, 0.005
SOCIAL = 0.3
"""What thanks and the like count: the dialogue model hears most of them before the list is asked."""
SAME_AT, ASK_AT, OUTSIDE_AT = 0.55, 0.35, 0.45
"""Belief from which a message goes on, from which it may, and from which it asks for nothing of the list;
chosen by what cross-validation gave on the training part (`made` in the file)."""


@dataclass(frozen=True)
class Seen:
    """The later turns of talks as the rule sees them."""

    rows: Array
    vectors: Array
    kind: npt.NDArray[np.str_]
    """`Kind` of each turn."""
    fold: Array
    weight: Array
    """How much each turn counts."""


def seen(engine: SearchEngine, talks: Sequence[Talk]) -> Seen:
    """Every turn after a card; one that can be no follow-up is left out."""
    faqs = FrequentQuestions(engine)
    rows, vectors, kind, fold, weight = [], [], [], [], []
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
            kind.append(turn.kind)
            weight.append(SOCIAL if turn.kind == "social" else 1.0)
            fold.append(zlib.crc32(talk.turns[0].text.encode()) % FOLDS)
    return Seen(
        np.array(rows), np.array(vectors, np.float64), np.array(kind), np.array(fold),
        np.array(weight),
    )  # fmt: skip


def _ones(rows: Array) -> Array:
    return np.hstack([np.ones((len(rows), 1)), rows])


def _learn(rows: Array, labels: Array, weight: Array, ridge: float) -> Array:
    return learn_logistic(_ones(rows), labels, weight, ridge=ridge)


def _beyond(rows: Array, labels: Array, data: Seen, ridge: float) -> Array:
    """What is said of each turn by what was learned without its fold."""
    out = np.zeros(len(rows))
    for fold in range(FOLDS):
        own = data.fold == fold
        out[own] = _ones(rows[own]) @ _learn(rows[~own], labels[~own], data.weight[~own], ridge)
    return out


def _auroc(said: Array, labels: Array) -> float:
    return round(auroc(said[labels == 1].tolist(), said[labels == 0].tolist()) or 0.0, 4)


def _rule(data: Seen, kind: Kind, at: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the rule that tells turns of this kind from all others, how good it is in cross-validation)."""
    labels = (data.kind == kind).astype(np.float64)
    centre = data.vectors.mean(axis=0)
    spread = (data.vectors - centre) * _SPREAD
    direction = _learn(spread, labels, data.weight, _RIDGE_VECTOR)
    both = np.hstack([_beyond(spread, labels, data, _RIDGE_VECTOR)[:, None], data.rows])
    learned, plain = (_learn(rows, labels, data.weight, _RIDGE) for rows in (both, data.rows))
    along = direction[1:] * _SPREAD * learned[1]
    bias = learned[0] + learned[1] * (direction[0] - float(centre @ direction[1:]) * _SPREAD)
    said = _beyond(both, labels, data, _RIDGE)
    believed = 1 / (1 + np.exp(-said)) >= at
    rule = {
        "learned": _named(learned[2:], bias),
        "plain": _named(plain[1:], float(plain[0])),
        "direction": [round(float(value), 4) for value in along],
    }
    made = {
        "auroc": _auroc(said, labels),
        "auroc_plain": _auroc(_beyond(data.rows, labels, data, _RIDGE), labels),
        "taken_for_it": {
            one: round(float(believed[data.kind == one].mean()), 4)
            for one in ("same", "new", "outside", "social")
        },
    }
    return rule, made


def train(engine: SearchEngine, talks: Sequence[Talk]) -> dict[str, Any]:
    """Everything `continuing.json` holds."""
    taught = [talk for talk in talks if talk.split == "train"]
    plain = seen(engine, [talk for talk in taught if not talk.hard])
    hard = seen(engine, [talk for talk in taught if talk.hard])
    every = Seen(
        *(
            np.concatenate([getattr(part, one.name) for part in (plain, hard)])
            for one in fields(Seen)
        )
    )
    same, same_made = _rule(plain, "same", SAME_AT)
    outside, outside_made = _rule(every, "outside", OUTSIDE_AT)
    return {
        "made": {
            "by": "python -m knowledge.evaluation.train_continuing",
            "on": dt.datetime.now(dt.UTC).date().isoformat(),
            "list_version": engine.list_version,
            "turns": len(every.kind),
            "same": same_made,
            "outside": outside_made,
        },
        "embedder": engine.embedder.name,
        "thresholds": {"same": SAME_AT, "ask": ASK_AT, "outside": OUTSIDE_AT},
        "same": same,
        "outside": outside,
    }


def _named(weights: Array, bias: float) -> dict[str, float]:
    named = {name: round(float(v), 4) for name, v in zip(SIGNALS, weights, strict=True)}
    return {**named, "bias": round(bias, 4)}


def main() -> int:
    """Train on the built index, and write the rules."""
    rules = train(SearchEngine.open(get_settings()), load_talks())
    body = json.dumps(rules, indent=2)
    for name in ("same", "outside"):  # a direction is one line
        lines = json.dumps(rules[name]["direction"], indent=2).replace("\n", "\n    ")
        body = body.replace(lines, json.dumps(rules[name]["direction"]))
    RULES.write_text(body + "\n", encoding="utf-8")
    sys.stderr.write(f"written: {RULES}: {rules['made']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
