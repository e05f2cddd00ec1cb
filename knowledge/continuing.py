"""Whether a message goes on from the matter of the last card, and whether it asks for anything of the list at
all: two logistic rules over what the search finds without and with that matter's name, and over the message's
embedding.

The rules are in `knowledge/continuing.json`, learned from talks written for it
(`knowledge.evaluation.train_continuing`) and reviewed as data; nothing is tuned here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from core.cards import City
from core.i18n import Lang
from knowledge.asked_fact import facets_of
from knowledge.embed.port import Vector
from knowledge.facets import asks_amount, asks_question, asks_term
from knowledge.faqs import FrequentQuestions
from knowledge.jurisdiction import reply_place
from knowledge.model import ServiceItem
from knowledge.rank import SIGNALS as RANKING
from knowledge.rank import probability
from knowledge.search import SearchEngine, SearchResult
from knowledge.stated import of_others
from knowledge.text import Understood

RULES = Path(__file__).parent / "continuing.json"
SIGNALS = (
    "other_sure",
    "first_share",
    "nearest",
    "own",
    "nearer_than_outside",
    "own_words",
    "own_covered",
    "other_named",
    "named_share",
    "named_sure",
    "named_likeness",
    "other_answers",
    "known",
    "outside_overlap",
    "frequent",
    "asks_fact",
    "asks",
    "wants",
    "tells",
    "of_others",
    "besides",
    "length",
    "english",
)
"""What the rules look at, beside the embedding."""
LONGEST = {"zh": 60, "en": 160}
"""Characters of what may still be said about the last card."""
_WANTS = re.compile(r"想|要|怎么|如何|办|申请|\b(want|need|how|apply)\b", re.IGNORECASE)
_BESIDES = re.compile(
    r"^(另外|顺便|还有|对了|再问)|^(also|by the way|btw|another|separately)\b", re.IGNORECASE
)
ASIDE = re.compile(r"[（(][^（）()]*[）)]")
"""What stands in brackets beside a name."""


def tells_place(typed: Understood) -> bool:
    """Whether the words say where a fact of the resident's lies."""
    return bool(typed.said or typed.away or reply_place(typed) is not None)


def wants(text: str) -> bool:
    """Whether the words ask for something to be done, or how."""
    return _WANTS.search(text) is not None


@dataclass(frozen=True)
class Rule:
    """One learned rule."""

    direction: Vector
    """float32[dim]."""
    weights: npt.NDArray[np.float64]
    """float64[len(SIGNALS) + 1], the last is the bias."""
    plain: npt.NDArray[np.float64]
    """The same, for embeddings of another model, which are not looked at."""

    def belief(self, row: npt.NDArray[np.float64], vector: Vector | None) -> float:
        """Probability, 0..1, of a message with this `row` of `SIGNALS`; `vector` is None where it is not of the
        model that `direction` is for."""
        along = 0.0 if vector is None else float(vector @ self.direction)
        rule = self.plain if vector is None else self.weights
        return probability(np.array([*row, 1.0, along]), np.array([*rule, 1.0]))


@dataclass(frozen=True)
class Rules:
    """What was learned of messages after a card."""

    embedder: str
    """The model that the directions are for."""
    same: Rule
    """Whether it is about the last card's matter."""
    outside: Rule
    """Whether it is about nothing of the list."""
    same_at: float
    """Belief from which a message is read as said about the last card."""
    ask_at: float
    """Belief from which it may be, where nothing else is found."""
    outside_at: float
    """Belief from which it is about nothing of the list."""


@cache
def load_rules(path: Path = RULES) -> Rules:
    """The reviewed rules; raises `KeyError` where they do not fit `SIGNALS`."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())
    at = data["thresholds"]
    return Rules(
        data["embedder"], _rule(data["same"]), _rule(data["outside"]),
        at["same"], at["ask"], at["outside"],
    )  # fmt: skip


def _rule(data: dict[str, Any]) -> Rule:
    weights, plain = (
        np.array([*(data[name][signal] for signal in SIGNALS), data[name]["bias"]])
        for name in ("learned", "plain")
    )
    return Rule(np.array(data["direction"], np.float32), weights, plain)


@dataclass(frozen=True)
class Said:
    """A message after a card about `item`, searched without and with that matter's name."""

    item: ServiceItem
    typed: Understood
    asked: Understood
    """The same with names of matters mended."""
    vector: Vector
    """Embedding of the message alone, as search makes it."""
    named: SearchResult
    """What its words find together with the matter's name."""
    named_vector: Vector
    row: npt.NDArray[np.float64]
    """float64[len(SIGNALS)]."""


def said_after(
    engine: SearchEngine, faqs: FrequentQuestions, item: ServiceItem, typed: Understood,
    result: SearchResult, vector: Vector, *, lang: Lang, city: City | None,
) -> Said | None:  # fmt: skip
    """What is known of a message after the card of `item`; `result` and `vector`: what it finds alone. None of
    one that can be no follow-up: too long, empty, or about a document of another place."""
    if typed.foreign or len(typed.text) > LONGEST[typed.lang] or not result.results:
        return None
    words = f"{ASIDE.sub('', item.name.in_(typed.lang))} {typed.text}"
    named_vector = engine.embed(words)
    named = engine.search(words, lang=lang, city=city, k=8, vector=named_vector)
    sister = engine.catalogue.items.get(engine.catalogue.sister(item.item_id) or "")
    items = [item] if sister is None else [item, sister]
    own = {one.item_id for one in items}
    found = engine.ranked(result.asked, vector).found
    column = {name: found.table[:, at] for at, name in enumerate(RANKING)}
    rows = [at for at, place in enumerate(found.items) if engine.index.codes[place] in own]
    first = result.results[0]
    nearest = float(column["dense"].max())
    text = typed.text
    values: dict[str, float] = {
        "other_sure": result.confidence * (first.code not in own),
        "first_share": first.score,
        "nearest": nearest,
        "own": max(engine.likeness(code, vector) for code in own),
        "nearer_than_outside": nearest - found.outside,
        "own_words": max((float(column["words"][at]) for at in rows), default=0.0),
        "own_covered": max((float(column["covered"][at]) for at in rows), default=0.0),
        "other_named": max(
            (float(column["name_overlap"][at]) for at in range(len(found.items)) if at not in rows),
            default=0.0,
        ),
        "named_share": sum(hit.score for hit in named.results if hit.code in own),
        "named_sure": named.confidence * (named.results[0].code in own if named.results else 0),
        "named_likeness": float(vector @ named_vector),
        "other_answers": float(result.decision == "answer" and first.code not in own),
        "known": found.known,
        "outside_overlap": found.outside_overlap,
        "frequent": faqs.nearest(items, result.asked, vector),
        "asks_fact": float(bool(facets_of(text)) or asks_amount(text) or asks_term(text)),
        "asks": float(asks_question(text)),
        "wants": float(wants(text)),
        "tells": float(tells_place(typed)),
        "of_others": float(of_others(text)),
        "besides": float(_BESIDES.search(text) is not None),
        "length": math.log1p(len(text) / (3 if typed.lang == "en" else 1)),
        "english": float(typed.lang == "en"),
    }
    row = np.array([values[name] for name in SIGNALS])
    return Said(item, typed, result.asked, vector, named, named_vector, row)
