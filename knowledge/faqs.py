"""Which of a matter's frequent questions a resident asks, so that its answer may lead the card.

All questions about one matter resemble one another, by their words and to the embedding, because all speak
of the matter. So what they have in common is taken away first: the mean of the matter's wordings from
the vectors, and the words that many of its wordings share from the words. What is left is what each
asks. A frequent question is known by the ways residents ask it (`Faq.said`, `Faq.in_context`), and the
matter's other wordings tell what none of them answers. Pure, over an opened index.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.cards import City
from core.i18n import Lang
from knowledge.columns import place_of
from knowledge.embed.port import Matrix, Vector
from knowledge.facets import asks_amount, asks_how, asks_permission, asks_whether
from knowledge.model import DecidingFact, ServiceItem
from knowledge.terms import terms
from knowledge.text import Understood, cities_in, understand
from knowledge.wordings import SUMMARY, context_wordings, normalised, wordings

if TYPE_CHECKING:
    from knowledge.search import SearchEngine

_TOPIC = 0.12
"""Share of a matter's wordings from which on a word belongs to the matter and not to a question."""
_SAME, _NEAR, _PERHAPS = 0.95, 0.5, 0.5
"""Likeness (centred cosine plus Dice coefficient of the words left) from which on two questions are the
same, from which on one is near enough to be shown with its question, and from which on it is, though something
else of the matter is nearer, better than nothing where the list has nothing else to say. Two questions
for the amount of one benefit are the same whatever their words."""
_SEVERAL = 2
"""So many of a frequent question's wordings, the nearest, say together how near it is: one alone may have
a word in common by chance."""
_CASE: dict[Lang, int] = {"zh": 7, "en": 5}
"""Terms that are not of the matter from which on words tell a case of one's own. Who asks without one whether
he may (「我能领失业金吗」) is told the conditions: the answer to somebody's case would mislead."""
_NONE = -1


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
    case: bool = False
    """Whether the words tell much that is not of the matter: a case of one's own."""


NOT_ASKED = AskedFaqs((), None, None, None, whether=False, may=False)
"""Of a matter that was tapped, not asked about."""


@dataclass(frozen=True)
class _Question:
    zh: str
    city: City | None
    named: tuple[City, ...]
    """Cities its words name, in order; none where it names both as one (「在深圳、东莞」)."""
    facts: Mapping[DecidingFact, City]
    """Where its words say that a fact lies."""
    amount: bool


@dataclass(frozen=True)
class _Matter:
    """A matter's wordings in one language, without what all have in common."""

    mean: Vector
    topic: frozenset[str]
    questions: tuple[_Question, ...]
    asks: npt.NDArray[np.intp]
    """int[wordings]: place in `questions` of what each asks; `_NONE` where it asks something else."""
    words: tuple[frozenset[str], ...]
    vectors: Matrix
    """float32[wordings, dim], centred, of length 1."""


@dataclass(frozen=True)
class _Likeness:
    question: _Question
    most: float
    """With the nearest of its wordings."""
    whole: float
    """With the nearest `_SEVERAL`, on average."""
    shared: bool
    """Whether that nearest one has words in common with what was asked."""


class FrequentQuestions:
    """The frequent questions of an engine's items. Prepared for a matter when it is first asked about."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._matters: dict[tuple[str, Lang], _Matter | None] = {}
        self._context: dict[str, list[int]] = {}
        self._said = context_wordings(engine.catalogue.items.values())
        if engine.context_vectors is not None:
            for at, one in enumerate(self._said):
                self._context.setdefault(one.code, []).append(at)

    def asked(
        self, items: Iterable[ServiceItem], asked: Understood, vector: Vector, city: City | None
    ) -> AskedFaqs:
        """Of these items' questions. `vector`: the embedding of what was asked; `city`: the only city
        that the card will speak of."""
        units, facts = frozenset(terms(asked.core)), {**asked.roles, **asked.said}
        amount = asks_amount(asked.text)
        plain = asks_how(asked.text)  # of the matter as a whole, unless its words say more
        may_lead: set[str] = set()
        near: dict[str, float] = {}
        same: tuple[float, str] | None = None
        other, own = -1.0, len(units)
        for matter in self._matters_of(items, asked.lang):
            found, unlike = _compared(matter, units, vector)
            other, own = max(other, unlike), min(own, len(units - matter.topic))
            for one in found:
                question = one.question
                if city is not None and question.city not in (None, city):
                    continue
                if asked.cities and question.named not in ((), asked.cities):
                    continue  # 「从深圳搬到东莞」 is not 「从东莞搬到深圳」
                if any(facts.get(fact, where) != where for fact, where in question.facts.items()):
                    continue  # nor is 「东莞参保、在深圳生的」 the question of who is insured in Shenzhen
                near[question.zh] = max(near.get(question.zh, -1.0), one.whole)
                if one.shared or not plain:
                    may_lead.add(question.zh)
                if (amount and question.amount) or one.most >= _SAME:
                    same = max(same or (-1.0, ""), (one.most, question.zh))
        order = tuple(sorted(near, key=lambda question: -near[question]))
        likeness = near[order[0]] if order else -1.0
        case, may = own >= _CASE[asked.lang], asks_permission(asked.text)
        leads = likeness >= max(_NEAR, other) and order[0] in may_lead and (case or not may)
        first = order[0] if leads and not same and not asked.away else None
        perhaps = order[0] if likeness >= _PERHAPS else None
        return AskedFaqs(
            order,
            same[1] if same else None,
            first,
            None if same or first else perhaps,
            whether=asks_whether(asked.text),
            may=may,
            case=case,
        )

    def nearest(self, items: Iterable[ServiceItem], asked: Understood, vector: Vector) -> float:
        """Likeness with the nearest of these items' questions; 0 where there is none."""
        units = frozenset(terms(asked.core))
        return max(
            (
                one.whole
                for matter in self._matters_of(items, asked.lang)
                for one in _compared(matter, units, vector)[0]
            ),
            default=0.0,
        )

    def _matters_of(self, items: Iterable[ServiceItem], lang: Lang) -> Iterable[_Matter]:
        for item in items:
            key = item.item_id, lang
            if key not in self._matters:
                self._matters[key] = self._prepared(item, lang)
            matter = self._matters[key]
            if matter is not None:
                yield matter

    def _prepared(self, item: ServiceItem, lang: Lang) -> _Matter | None:
        index = self._engine.index
        place = place_of(index.codes, item.item_id)
        if place is None or not item.faqs:
            return None
        listed, english = wordings(item), lang == "en"
        own = np.asarray(
            index.vectors[int(index.first[place]) : int(index.first[place + 1])], np.float32
        )
        said = [at for at, w in enumerate(listed) if w.kind != SUMMARY and w.english == english]
        by_kind: dict[int, list[int]] = {}
        for at in said:
            by_kind.setdefault(listed[at].kind, []).append(at)
        # each kind counts alike: there are ever more stories, and they are far from any question
        mean: Vector = np.mean([own[rows].mean(axis=0) for rows in by_kind.values()], axis=0)
        context = [
            at for at in self._context.get(item.item_id, ()) if self._said[at].english == english
        ]
        number = {faq.question.zh: at for at, faq in enumerate(item.faqs)}
        asks = {text: number[question] for question, text in _known(item, lang)}
        texts = [listed[at].text for at in said] + [self._said[at].text for at in context]
        topic = _topic([set(terms(text)) for text in texts]) | set(
            terms(normalised(item.name.in_(lang)))
        )
        vectors = own[said]
        if context and self._engine.context_vectors is not None:
            vectors = np.vstack([vectors, self._engine.context_vectors[context]])
        return _Matter(
            mean,
            topic,
            tuple(
                _Question(
                    faq.question.zh,
                    faq.city,
                    _named(faq.question.zh),
                    _facts(faq.question.in_(lang)),
                    asks_amount(faq.question.zh),
                )
                for faq in item.faqs
            ),
            np.array(
                [asks.get(listed[at].text, _NONE) for at in said]
                + [number[self._said[at].question] for at in context],
                np.intp,
            ),
            tuple(frozenset(terms(text)) - topic for text in texts),
            _unit(vectors - mean),
        )


def _known(item: ServiceItem, lang: Lang) -> Iterable[tuple[str, str]]:
    """(frequent question, normalised wording that asks it) of an item's searchable wordings."""
    for faq in item.faqs:
        said = faq.said.en if lang == "en" else (*faq.said.zh, *faq.said.yue)
        for raw in (*said, faq.question.in_(lang)):
            yield faq.question.zh, normalised(raw)


def _named(question: str) -> tuple[City, ...]:
    return () if _BOTH.search(question) else tuple(c for c, _, _ in cities_in(question))


def _facts(question: str) -> dict[DecidingFact, City]:
    if _BOTH.search(question):
        return {}
    told = understand(question)
    return {**told.roles, **told.said}


def _topic(said: Sequence[set[str]]) -> frozenset[str]:
    seen = Counter(word for words in said for word in words)
    return frozenset(word for word, count in seen.items() if count > _TOPIC * len(said))


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    out: npt.NDArray[np.float32] = vectors / np.maximum(
        np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9
    )
    return out


def _compared(
    matter: _Matter, units: frozenset[str], vector: Vector
) -> tuple[list[_Likeness], float]:
    """(how near each question is, how near the nearest wording that asks none of them)."""
    words = units - matter.topic
    shared = np.array([len(words & own) for own in matter.words])
    sizes = np.array([len(own) for own in matter.words])
    dice = 2 * shared / np.maximum(1, len(words) + sizes)
    likeness = matter.vectors @ _unit(vector - matter.mean) + dice
    found = []
    for at, question in enumerate(matter.questions):
        rows = np.flatnonzero(matter.asks == at)
        if rows.size:
            nearest = rows[np.argsort(-likeness[rows])[:_SEVERAL]]
            most, whole = float(likeness[nearest[0]]), float(likeness[nearest].mean())
            found.append(_Likeness(question, most, whole, bool(shared[nearest[0]])))
    other = likeness[matter.asks == _NONE]
    return found, float(other.max()) if other.size else -1.0
