"""Which fact of its matter a question asks for, however it is put (「空手去行不行」, "ready before the
holidays?"): a linear rule over the question's letters or words and over what `knowledge.facets` reads, and
beside it one over the question's embedding, where that is of the model it was learned for.

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
from knowledge.embed.port import Vector
from knowledge.facets import asks_question, clauses_of, looks_like, signs, worded, worded_all

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
LAST_AT = 0.75
"""Share of belief, by its words alone, from which the last clause of a story says what is asked."""
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
    embedder: str
    """The model that `meaning` is for."""
    scale: float
    """What the scores of the words weigh beside the embedding."""
    meaning: npt.NDArray[np.float32]
    """float32[dim, facts], over the embedding."""
    shift: _Floats

    def scores(self, features: dict[str, float]) -> _Floats:
        """float64[facts] of the words."""
        known = [(self.rows[name], value) for name, value in features.items() if name in self.rows]
        scores = self.bias.copy()
        if known:
            at, values = zip(*known, strict=True)
            scores += np.array(values) @ self.weights[list(at)]
        return scores

    def shares(self, scores: _Floats, vector: Vector | None = None) -> _Floats:
        """float64[facts]: belief in each fact, of sum 1, from the words' scores and the embedding."""
        if vector is not None:
            scores = self.scale * scores + vector @ self.meaning + self.shift
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
    own, unit = data[lang], data["unit"]
    return Rule(
        tuple(data["facts"]),
        {name: row for row, name in enumerate(own["weights"])},
        np.array(list(own["weights"].values()), np.float32) / np.float32(unit),
        np.array(own["bias"], np.float64) / unit,
        own["sure_at"],
        data["made"]["embedder"],
        own["scale"],
        np.array(own["meaning"], np.float32) / np.float32(unit),
        np.array(own["shift"], np.float64) / unit,
    )


def comparable(vector: Vector, embedder: str) -> Vector | None:
    """The embedding, where it is of the model that the rules were learned for."""
    return vector if embedder == load_rule("zh").embedder else None


@lru_cache(maxsize=1024)
def _of_words(text: str, path: Path) -> _Floats:
    """What its words say, read once a turn."""
    lang = language_of(text)
    return load_rule(lang, path).scores(features(text, lang))


def _shares(text: str, path: Path, vector: Vector | None) -> tuple[tuple[Asked, ...], _Floats]:
    rule = load_rule(language_of(text), path)
    return rule.facts, rule.shares(_of_words(text, path), vector)


def asked_fact(text: str, path: Path = RULE, vector: Vector | None = None) -> Asked | None:
    """The fact that a normalised question asks for; None where the rule is not sure."""
    facts, shares = _shares(text, path, vector)
    for fact in looks_like(text):
        shares[facts.index(fact)] = 0.0
    best = int(np.argmax(shares))
    return facts[best] if shares[best] >= load_rule(language_of(text), path).sure_at else None


def asks_beyond(text: str, path: Path = RULE, vector: Vector | None = None) -> bool:
    """Whether it clearly asks for something that no fact of the list tells (a case, a fear, a consequence)."""
    facts, shares = _shares(text, path, vector)
    return float(shares[facts.index("other")]) >= BEYOND_AT


def facet_of(text: str, path: Path = RULE, vector: Vector | None = None) -> Facet | None:
    """The fact asked for; None when the question is about the matter as a whole. `vector`: its embedding, if
    `comparable`."""
    fact = asked_fact(text, path, vector)
    asked = worded(text) if fact is None else _told(fact)
    return asked or _asked_last(text, path)


def _told(fact: Asked) -> Facet | None:
    return None if fact == "overview" or fact == "other" else fact


def _asked_last(text: str, path: Path) -> Facet | None:
    """The fact that the last clause of a story clearly asks for, where the whole asks for none
    (「帮人画图挣了八千，对方要发票，开一张扣多少税」)."""
    *before, last = clauses_of(text) or [""]
    if not before or not asks_question(last):
        return None
    facts, shares = _shares(last, path, None)
    best = int(np.argmax(shares))
    return _told(facts[best]) if shares[best] >= LAST_AT else None


def facets_of(text: str, path: Path = RULE, vector: Vector | None = None) -> tuple[Facet, ...]:
    """Every fact asked for, in the order of the words (「多少钱，多久能拿到」); at most three."""
    listed = worded_all(text)
    fact = facet_of(text, path, vector)
    if len(listed) > 1 or fact in listed:
        return listed
    if fact is None:
        return ()
    return (fact, *listed) if listed and len(clauses_of(text)) > 1 else (fact,)
