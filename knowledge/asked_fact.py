"""Which fact of its matter a question asks for, however it is put (「空手去行不行」, "ready before the
holidays?"): a linear rule over the question's letters or words and over what `knowledge.facets` reads.

The rules are in `knowledge/asked_fact.json`, and for what is said after a card in `asked_later.json` (half a
sentence tells of a case more often than it asks for a fact); learned from the sentences of
`knowledge.evaluation.asked` by `train_asked_fact` and reviewed as data; nothing is tuned here. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

from core.cards import Facet
from core.i18n import Lang
from knowledge.facets import clauses_of, looks_like, signs, worded, worded_all

Asked = Literal[
    "overview", "documents", "time", "fee", "where", "channels", "eligibility", "steps", "which_city",
    "result", "phone", "status", "other",
]  # fmt: skip
"""`overview`: the matter in general; `other`: something that no fact of the list tells."""
RULE = Path(__file__).parent / "asked_fact.json"
LATER = RULE.with_name("asked_later.json")
"""The rule of what is said after a card of its matter."""
BEYOND_AT = 0.5
"""Share of belief in `other` from which a card says that the list does not tell."""
_LETTERS, _WORDS = 4, 3
"""Longest run of Chinese characters, and of words, that is looked at."""
_WEIGHT = 3.0
"""Length of the vector of runs, against 1 for each sign."""
_NUMBER = re.compile(r"\d+")
_PAUSE = re.compile(r"[，。！、,.!；; ]+")
_WORD = re.compile(r"[a-z']+|\d+|[?]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """The learned rule of one language."""

    facts: tuple[Asked, ...]
    rows: dict[str, int]
    """Feature → row of `weights`."""
    weights: npt.NDArray[np.float32]
    """float32[features, facts]."""
    bias: _Floats
    sure_at: float
    """Share of belief from which what it says counts."""

    def shares(self, features: dict[str, float]) -> _Floats:
        """float64[facts]: belief in each fact, of sum 1."""
        known = [(self.rows[name], value) for name, value in features.items() if name in self.rows]
        scores = self.bias.copy()
        if known:
            at, values = zip(*known, strict=True)
            scores += np.array(values) @ self.weights[list(at)]
        shares: _Floats = np.exp(scores - scores.max())
        shares /= shares.sum()
        return shares


def language_of(text: str) -> Lang:
    """Whose rule reads a text: the Chinese one where it has any Chinese character."""
    return "zh" if _HAN.search(text) else "en"


def features(text: str, lang: Lang) -> dict[str, float]:
    """What the rule looks at in a normalised question: runs of letters or words, and signs."""
    runs = _runs(text, lang)
    value = _WEIGHT / len(runs) ** 0.5
    return dict.fromkeys(runs, value) | {f"={name}": 1.0 for name in signs(text)}


def _runs(text: str, lang: Lang) -> set[str]:
    if lang == "en":
        words = ["#" if w.isdigit() else w for w in _WORD.findall(text.lower())]
        words = ["<", *words, ">"]
        return {
            " ".join(words[at : at + size])
            for size in range(1, _WORDS + 1)
            for at in range(len(words) - size + 1)
        }
    letters = f"<{_PAUSE.sub('，', _NUMBER.sub('#', text))}>"
    return {
        letters[at : at + size]
        for size in range(1, _LETTERS + 1)
        for at in range(len(letters) - size + 1)
    }


@cache
def load_rule(lang: Lang, path: Path = RULE) -> Rule:
    """The reviewed rule of a language; raises `KeyError` where it lacks something."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    own = data[lang]
    return Rule(
        tuple(data["facts"]),
        {name: row for row, name in enumerate(own["weights"])},
        np.array(list(own["weights"].values()), np.float32) / np.float32(data["unit"]),
        np.array(own["bias"], np.float64) / data["unit"],
        own["sure_at"],
    )


@lru_cache(maxsize=1024)
def _read(text: str, path: Path) -> tuple[Asked | None, float]:
    """(the fact asked for, the belief in `other`) of a normalised question: read once a turn."""
    lang = language_of(text)
    rule = load_rule(lang, path)
    shares = rule.shares(features(text, lang))
    beyond = float(shares[rule.facts.index("other")])
    for fact in looks_like(text):
        shares[rule.facts.index(fact)] = 0.0
    best = int(np.argmax(shares))
    return rule.facts[best] if shares[best] >= rule.sure_at else None, beyond


def asked_fact(text: str, path: Path = RULE) -> Asked | None:
    """The fact that a normalised question asks for; None where the rule is not sure."""
    return _read(text, path)[0]


def asks_beyond(text: str, path: Path = RULE) -> bool:
    """Whether it clearly asks for something that no fact of the list tells (a case, a fear, a consequence)."""
    return _read(text, path)[1] >= BEYOND_AT


def facet_of(text: str, path: Path = RULE) -> Facet | None:
    """The fact asked for; None when the question is about the matter as a whole."""
    fact = asked_fact(text, path)
    if fact is None:
        return worded(text)
    return None if fact == "overview" or fact == "other" else fact


def facets_of(text: str, path: Path = RULE) -> tuple[Facet, ...]:
    """Every fact asked for, in the order of the words (「多少钱，多久能拿到」); at most three."""
    listed = worded_all(text)
    fact = facet_of(text, path)
    if len(listed) > 1 or fact in listed:
        return listed
    if fact is None:
        return ()
    return (fact, *listed) if listed and len(clauses_of(text)) > 1 else (fact,)
