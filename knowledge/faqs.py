"""Which of a matter's frequent questions a resident asks, so that its answer may lead the card.

All questions about one matter resemble one another, by their words and to the embedding, because all speak
of the matter. So what they have in common is taken away first: the mean of the matter's wordings from
the vectors, and the words that many of its wordings share from the words. What is left is what each
asks. Pure, over an opened index.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.cards import City
from core.i18n import Lang
from knowledge.columns import place_of
from knowledge.embed.port import Matrix, Vector
from knowledge.facets import asks_amount, asks_how, asks_permission, asks_whether
from knowledge.index import Index
from knowledge.model import ServiceItem
from knowledge.terms import terms
from knowledge.text import Understood, cities_in
from knowledge.wordings import SUMMARY, Wording, normalised, wordings

_TOPIC = 0.12
"""Share of a matter's wordings from which on a word belongs to the matter and not to a question."""
_SAME, _NEAR, _PERHAPS = 0.95, 0.5, 0.4
"""Likeness (centred cosine plus Dice coefficient of the words left) from which on two questions are the
same, from which on one is near enough to be shown with its question, and from which on it is better than
nothing where the list has nothing else to say. Two questions for the amount
of one benefit are the same whatever their words."""


_BOTH = re.compile(r"深圳[、和或跟与]东莞|东莞[、和或跟与]深圳|深莞")


@dataclass(frozen=True)
class AskedFaqs:
    """A matter's frequent questions in the light of what was asked. Questions are named by their
    Chinese text."""

    order: tuple[str, ...]
    """Nearest first."""
    same: str | None
    """The one that is what was asked."""
    near: str | None
    """Where none is: the one so near that it may be shown with its question."""
    perhaps: str | None
    """Where none is either: one that may have to do with it."""
    whether: bool
    """Yes or no was asked."""
    may: bool
    """Whether one may was asked."""


NOT_ASKED = AskedFaqs((), None, None, None, whether=False, may=False)
"""Of a matter that was tapped, not asked about."""


@dataclass(frozen=True)
class _Question:
    zh: str
    city: City | None
    named: tuple[City, ...]
    """Cities its words name, in order; none where it names both as one (「在深圳、东莞」)."""
    amount: bool
    words: frozenset[str]


@dataclass(frozen=True)
class _Matter:
    """A matter's frequent questions in one language, without what all have in common."""

    mean: Vector
    topic: frozenset[str]
    questions: tuple[_Question, ...]
    vectors: Matrix
    """float32[questions, dim], centred, of length 1."""


class FrequentQuestions:
    """The frequent questions of an index's items. Prepared for a matter when it is first asked about."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._matters: dict[tuple[str, Lang], _Matter | None] = {}

    def asked(
        self, items: Iterable[ServiceItem], asked: Understood, vector: Vector, city: City | None
    ) -> AskedFaqs:
        """Of these items' questions. `vector`: the embedding of what was asked; `city`: the only city
        that the card will speak of."""
        lang = asked.lang
        units = frozenset(terms(asked.core))
        amount = asks_amount(asked.text)
        plain = asks_how(asked.text)  # of the matter as a whole, unless its words say more
        may_lead: set[str] = set()
        near: dict[str, float] = {}
        same: tuple[float, str] | None = None
        for item in items:
            matter = self._matter(item, lang)
            if matter is None:
                continue
            for question, likeness, shared in _compared(matter, units, vector):
                if city is not None and question.city not in (None, city):
                    continue
                if asked.cities and question.named not in ((), asked.cities):
                    continue  # 「从深圳搬到东莞」 is not 「从东莞搬到深圳」
                near[question.zh] = max(near.get(question.zh, -1.0), likeness)
                if shared or not plain:
                    may_lead.add(question.zh)
                if (amount and question.amount) or likeness >= _SAME:
                    same = max(same or (-1.0, ""), (likeness, question.zh))
        order = tuple(sorted(near, key=lambda question: -near[question]))
        first = order[0] if order and near[order[0]] >= _NEAR and order[0] in may_lead else None
        first = None if same or asked.away else first
        other = order[0] if order and near[order[0]] >= _PERHAPS else None
        return AskedFaqs(
            order,
            same[1] if same else None,
            first,
            None if same or first else other,
            whether=asks_whether(asked.text),
            may=asks_permission(asked.text),
        )

    def nearest(self, items: Iterable[ServiceItem], asked: Understood, vector: Vector) -> float:
        """Likeness with the nearest of these items' questions; 0 where there is none."""
        units = frozenset(terms(asked.core))
        found = [self._matter(item, asked.lang) for item in items]
        return max(
            (
                likeness
                for matter in found
                if matter is not None
                for _, likeness, _ in _compared(matter, units, vector)
            ),
            default=0.0,
        )

    def _matter(self, item: ServiceItem, lang: Lang) -> _Matter | None:
        key = item.item_id, lang
        if key not in self._matters:
            self._matters[key] = _prepared(self._index, item, lang)
        return self._matters[key]


def _prepared(index: Index, item: ServiceItem, lang: Lang) -> _Matter | None:
    place = place_of(index.codes, item.item_id)
    if place is None or not item.faqs:
        return None
    listed = wordings(item)
    vectors = np.asarray(
        index.vectors[int(index.first[place]) : int(index.first[place + 1])], np.float32
    )
    said = [at for at, w in enumerate(listed) if w.kind != SUMMARY and w.english == (lang == "en")]
    at_text = {wording.text: at for at, wording in enumerate(listed)}
    by_kind: dict[int, list[int]] = {}
    for own in said:
        by_kind.setdefault(listed[own].kind, []).append(own)
    # each kind counts alike: there are ever more stories, and they are far from any question
    mean: Vector = np.mean([vectors[rows].mean(axis=0) for rows in by_kind.values()], axis=0)
    topic = _topic([listed[at] for at in said]) | set(terms(normalised(item.name.in_(lang))))
    questions, rows = [], []
    for faq in item.faqs:
        at = at_text.get(normalised(faq.question.in_(lang)))
        if at is not None:
            words = frozenset(terms(listed[at].text)) - topic
            questions.append(
                _Question(
                    faq.question.zh,
                    faq.city,
                    _named(faq.question.zh),
                    asks_amount(faq.question.zh),
                    words,
                )
            )
            rows.append(at)
    if not rows:
        return None
    return _Matter(mean, topic, tuple(questions), _unit(vectors[rows] - mean))


def _named(question: str) -> tuple[City, ...]:
    return () if _BOTH.search(question) else tuple(c for c, _, _ in cities_in(question))


def _topic(said: Sequence[Wording]) -> frozenset[str]:
    seen = Counter(word for wording in said for word in set(terms(wording.text)))
    return frozenset(word for word, count in seen.items() if count > _TOPIC * len(said))


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    out: npt.NDArray[np.float32] = vectors / np.maximum(
        np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9
    )
    return out


def _compared(
    matter: _Matter, units: frozenset[str], vector: Vector
) -> Iterable[tuple[_Question, float, int]]:
    """(question, likeness, words shared) of each."""
    words = units - matter.topic
    cosines = matter.vectors @ _unit(vector - matter.mean)
    for question, cosine in zip(matter.questions, cosines.tolist(), strict=True):
        shared = len(words & question.words)
        dice = 2 * shared / max(1, len(words) + len(question.words))
        yield question, cosine + dice, shared
