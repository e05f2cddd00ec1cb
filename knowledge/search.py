"""Search: a resident's words → the right items of the right city, and whether to answer at all.

`SearchEngine.search` is synchronous and thread-safe; call it from a thread. Decisions: `answer` (one
item, with evidence), `clarify` (a few plausible ones), `abstain` (not in the list, or no evidence).
It never returns an item that the asked city does not handle; such items are in `elsewhere`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from core.cards import City, Facet, LocalText
from core.errors import InvalidInput
from core.i18n import Lang
from core.settings import Settings
from knowledge.asked_fact import comparable, facet_of
from knowledge.asked_for import matter_words
from knowledge.candidates import candidates
from knowledge.columns import place_of
from knowledge.embed import Embedder, Vector, open_embedder
from knowledge.index import IndexMissing
from knowledge.jurisdiction import moves_between
from knowledge.model import DecidingFact, ServiceItem
from knowledge.published import PublishedIndex, open_index
from knowledge.rank import (
    Rule,
    Rules,
    Signals,
    evidence,
    load_rules,
    named,
    nearer_outside,
    probability,
    rank,
    signals,
)
from knowledge.spelling import Speller
from knowledge.stated import SAME_WAY
from knowledge.terms import syllables, terms
from knowledge.text import Understood, squash, understand
from knowledge.vectors import backend_of

Decision = Literal["answer", "clarify", "abstain"]
_GOING_ON = re.compile(r"^(那么?|还有|and|what about|how about)\s*|[呢嘛?？\s]+$", re.IGNORECASE)
"""Words by which a message takes up what was said before; they name nothing."""
_TOPIC_TERMS, _TOPIC_KNOWN = 5, 0.95
_CLAUSES = re.compile(r"[,，;；。.!！?？]\s*")
_CLAUSE_CHARS, _CLAUSE_MOST, _CLAUSE_SURER = 4, 4, 0.05
_MATTER_CHARS: dict[Lang, int] = {"zh": 2, "en": 6}
_READING_SURER = 0.05
"""How much surer a reading of a part of the words must be than one of all; how long it is at least."""
_ALONE = 0.9
"""Probability by likeness alone from which no classifier is asked."""
RIVAL = 0.04
"""Share of the first one's belief from which another matter may be meant as well."""
_UNRIVALLED = 0.04
"""How much less sure a matter may be that has no rival: to ask "is it this?" about it alone helps nobody."""
_CLEARLY = 2
"""How many times likelier a matter of the other city must be to be the one meant, where nothing is sure."""
SAID_ELSEWHERE, _MAY_BE = 0.5, 0.2
"""Confidence from which it is said outright that a matter is the other city's; below it, the share of belief
from which what the asked city has may be meant, and is asked about."""
MAX_CHARS = 400
"""Longer questions are searched by their first characters."""
ONE_VECTOR_SHARE = 0.7
"""From this share of the words kept by normalising, one embedding serves a turn."""


@dataclass(frozen=True)
class Hit:
    """One item found."""

    code: str
    name: LocalText
    score: float
    """Share of belief among the candidates, 0..1."""
    city: City | None
    """City this item would be filed in, where the question says so."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "code": self.code,
            "name": self.name.model_dump(),
            "score": round(self.score, 4),
            "city": self.city,
        }


@dataclass(frozen=True)
class SearchResult:
    """What was found, best first, and what to do with it."""

    decision: Decision
    results: tuple[Hit, ...]
    elsewhere: tuple[Hit, ...]
    """Items that fit as well or better but that the asked city does not handle: never an answer."""
    lang: Lang
    city: City | None
    """City the question is about; None: both, or not said."""
    facet: Facet | None
    confidence: float
    """Probability that the first result is the matter asked about."""
    in_list: float
    """Probability that the matter is among the results at all."""
    list_version: str
    asked: Understood
    plainly: bool = False
    """Whether likeness alone, without the classifier of matters, is enough to answer."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form, as `GET /api/v1/services/search` returns it."""
        return {
            "decision": self.decision,
            "results": [hit.as_dict() for hit in self.results],
            "elsewhere": [hit.as_dict() for hit in self.elsewhere],
            "lang": self.lang,
            "city": self.city,
            "facet": self.facet,
            "confidence": round(self.confidence, 4),
            "list_version": self.list_version,
        }


@dataclass(frozen=True)
class Ranked:
    """Everything scored, before the city filter: what training and evaluation look at."""

    codes: tuple[str, ...]
    """Best first."""
    scores: tuple[float, ...]
    found: Signals
    order: tuple[int, ...]
    """Rows of `found` in the order of `codes`."""


def city_for(asked: Understood, city: City | None, fact: DecidingFact) -> City | None:
    """City in which a matter decided by `fact` would be filed; None when nothing says so.

    What the words say about the fact wins, or about one that tells it, then the only city named, then
    the caller's `city`.
    """
    for one in (fact, *SAME_WAY.get(fact, ())):
        if one in asked.open:
            return None
        if one in asked.roles:
            return asked.roles[one]
    if len(asked.cities) == 1:
        return asked.cities[0]
    return None if asked.cities else city


Reading = tuple[Ranked, float, float]
"""A ranking with what `SearchEngine.judge` says of it."""


class SearchEngine:
    """An opened index with its embedder. Immutable; open a new one after publishing."""

    def __init__(self, published: PublishedIndex, embedder: Embedder, rules: Rules) -> None:
        index = published.index
        if index.embedder != embedder.name:
            raise IndexMissing(details={"index": index.embedder, "embedder": embedder.name})
        self.index = index
        self.catalogue = published.catalogue
        """The list this index was built from."""
        self.event_vectors = published.events
        """As `PublishedIndex.events`."""
        self.context_vectors = published.context
        """As `PublishedIndex.context`."""
        self._embedder = embedder
        self._rules = rules
        self._learned, self._plain = rules.decision(index), rules.plain
        self._speller = Speller(
            index.phrases, index.readings, index.words.ids, frozenset(index.readings.values())
        )

    @classmethod
    def open(cls, settings: Settings, *, embedder: Embedder | None = None) -> SearchEngine:
        """Open the current index; raises `IndexMissing` or `ModelNotBuilt` before set-up."""
        published = open_index(settings.data_dir, backend=backend_of(settings))
        return cls(published, embedder or open_embedder(settings), load_rules())

    @property
    def list_version(self) -> str:
        """Version of the list searched."""
        return self.catalogue.version

    @property
    def embedder(self) -> Embedder:
        """The model of this index, for collections that are searched beside it."""
        return self._embedder

    def likeness(self, code: str, vector: Vector) -> float:
        """Cosine of a question with the nearest wording of one item; 0 of one that is not in the index."""
        index, place = self.index, place_of(self.index.codes, code)
        if place is None:
            return 0.0
        own = index.vectors[int(index.first[place]) : int(index.first[place + 1])]
        return float((np.asarray(own, np.float32) @ vector).max())

    def comparable(self, vector: Vector) -> Vector | None:
        """The embedding of a question, where the rules of what is asked were learned for its model; raises
        `InvalidInput` for one that can be of no question here."""
        return comparable(self._sound(vector), self._embedder.name)

    def _sound(self, vector: Vector) -> Vector:
        if vector.shape != (self.index.vectors.shape[1],):
            raise InvalidInput(details={"vector": list(vector.shape)})
        return vector

    def best_cosine(self, asked: Understood, vector: Vector) -> float:
        """Cosine of a question with the nearest wording of any item."""
        units, heard = terms(asked.core), syllables(asked.core, self.index.readings)
        return float(candidates(self.index, units, heard, vector).dense.max())

    def beliefs(self, vector: Vector) -> Mapping[str, float]:
        """Class → what the classifier believes of it, 0..1; empty where the index has none."""
        classes = self.index.classes
        if classes is None:
            return {}
        return {name: math.exp(share) for name, share in classes.log_shares(vector).items()}

    def understand(self, query: str, *, lang: Lang | None = None) -> Understood:
        """A question taken apart, with pinyin read and misheard words mended."""
        asked = understand(query[:MAX_CHARS], lang=lang)
        if asked.lang == "en":
            read = self._speller.read_pinyin(asked.core)
            return asked if read is None else replace(asked, text=read, core=read, lang="zh")
        mended = self._speller.mend(asked.core)
        if mended == asked.core:
            return asked
        return replace(asked, core=mended, text=self._speller.mend(asked.text))

    def embed(self, query: str) -> Vector:
        """float32[dim] of a question, normalised as search does it; pass it on as `vector`."""
        return self._embedder.encode_query(self.understand(query).core)

    def embed_turn(self, query: str) -> tuple[Vector, Vector]:
        """(embedding for understanding, `embed` for search).

        Understanding wants the words as typed; where normalising set little aside, its vector serves
        as well (measured: held-out and blind intents are told apart no worse) and costs nothing.
        """
        normalised, core = self.embed(query), self.understand(query).core
        if len(core) >= ONE_VECTOR_SHARE * len(query.strip()):
            return normalised, normalised
        return self._embedder.encode_query(query[:MAX_CHARS]), normalised

    def ranked(self, asked: Understood, vector: Vector | None = None) -> Ranked:
        """All candidates, best first, whatever the city."""
        if vector is None:
            vector = self._embedder.encode_query(asked.core)
        found = signals(self.index, asked.core, self._sound(vector))
        scores = rank(found, asked.lang, self._rules)
        order = np.argsort(-scores, kind="stable")
        codes = tuple(self.index.codes[item] for item in found.items[order].tolist())
        return Ranked(codes, tuple(scores[order].tolist()), found, tuple(order.tolist()))

    def search(
        self,
        query: str,
        *,
        lang: Lang | None = None,
        city: City | None = None,
        k: int = 5,
        vector: Vector | None = None,
        plain: bool = False,
    ) -> SearchResult:
        """Find items for a question.

        `lang` is only the fallback where the words do not tell; `city` the city the resident is
        known to mean where the words name none; `vector` comes from `embed` of the same question.
        `plain`: decided by likeness alone, as parts of a message and mere names (「社保卡」) are: of a few
        words the classifier of matters is too sure.
        """
        asked = self.understand(query, lang=lang)
        only = asked.cities[0] if len(asked.cities) == 1 else None
        overall = only if asked.cities else city
        if not squash(asked.core):
            facet = facet_of(asked.text)
            return SearchResult(
                "abstain", (), (), asked.lang, overall, facet, 0.0, 0.0, self.list_version, asked
            )
        if vector is None:
            vector = self._embedder.encode_query(asked.core)
        facet = facet_of(asked.text, vector=self.comparable(vector))
        ranked = self.ranked(asked, vector)
        plain = plain or _is_topic(ranked.found)
        hits, elsewhere = self._by_city(ranked, asked, city)
        rule = self._plain if plain else self._learned
        confidence, in_list = self.judge(ranked, asked, rule)
        alone = (confidence, in_list) if plain else self.judge(ranked, asked, self._plain)
        if alone[0] >= (self._plain.answer_at if named(ranked.found, ranked.order[0]) else _ALONE):
            confidence, in_list = max(alone[0], confidence), max(alone[1], in_list)
        if confidence < rule.answer_at:
            read = (ranked, confidence, in_list)
            read = read if plain else self._by_matter(asked, read, rule)
            ranked, confidence, in_list = self._by_clause(asked, read, rule)
            hits, elsewhere = self._by_city(ranked, asked, city)
            alone = self.judge(ranked, asked, self._plain)
        decision = self._decide(confidence, in_list, hits, elsewhere, asked, ranked.found, rule)
        if decision == "abstain" and not elsewhere:
            topic = self._topic(ranked, asked)
            if topic is not None:
                hits, _ = self._by_city(topic, asked, city)
                decision = "clarify"
        own = hits[0].city if hits and decision == "answer" else overall
        return SearchResult(
            decision, tuple(hits[:k]), tuple(elsewhere[:k]), asked.lang, own, facet,
            confidence, in_list, self.list_version, asked,
            plainly=plain or alone[0] >= self._plain.answer_at,
        )  # fmt: skip

    def _topic(self, ranked: Ranked, asked: Understood) -> Ranked | None:
        """What a question finds that is only the name of a field (「医保」), be it with a fact asked of it
        (「医保电话」) or taken up (「那医保呢」); None for any other."""
        if _is_topic(ranked.found):
            return ranked
        core = _GOING_ON.sub("", matter_words(asked.core, asked.lang))
        if core == asked.core or not squash(core):
            return None
        field = self.ranked(replace(asked, core=core))
        return field if _is_topic(field.found) else None

    def _by_matter(self, asked: Understood, read: Reading, rule: Rule) -> Reading:
        """The whole question's ranking, or that of its words without what they ask of the matter (「换法人要交
        哪些东西」) where that is surer."""
        whole, confidence, in_list = read
        core = matter_words(asked.core, asked.lang)
        if core == asked.core or len(squash(core)) < _MATTER_CHARS[asked.lang]:
            return read
        part = replace(asked, core=core)
        ranked = self.ranked(part)
        right, inside = self.judge(ranked, part, rule)
        surer = right >= max(confidence + _READING_SURER, rule.answer_at)
        same = ranked.codes[0] == whole.codes[0]
        if not (surer or (same and right > confidence)):
            return read
        return ranked, right, max(inside, in_list)

    def _by_clause(self, asked: Understood, read: Reading, rule: Rule) -> Reading:
        """The whole question's ranking, or that of a clause that alone is surely a matter; failing
        that, of a clause worth asking about. Where the first and the last clause are surely two
        matters, the one that the whole is nearest to.

        Residents tell their circumstances first (「刚到深圳工作，哪里可以拿到社保卡」).
        """
        clauses = [part.strip() for part in _CLAUSES.split(asked.core)]
        clauses = [part for part in clauses if len(squash(part)) >= _CLAUSE_CHARS]
        if not 2 <= len(clauses) <= _CLAUSE_MOST:
            return read
        whole, confidence, _ = best = read
        sure: list[tuple[Ranked, float, float]] = []
        for clause in (clauses[-1], clauses[0]):
            part = replace(asked, core=clause)
            ranked = self.ranked(part)
            right, inside = self.judge(ranked, part, rule)
            if right >= rule.answer_at + _CLAUSE_SURER:
                sure.append((ranked, right, inside))
            if best[2] < rule.clarify_at <= inside - _CLAUSE_SURER:
                best = (ranked, min(right, confidence), inside)
        if len({found[0].codes[0] for found in sure}) > 1:
            sure = [found for found in sure if found[0].codes[0] == whole.codes[0]]
        return sure[0] if sure else best

    def judge(
        self, ranked: Ranked, asked: Understood, rule: Rule | None = None
    ) -> tuple[float, float]:
        """(probability that the first is right, probability that the right one is near the top), by the
        index's rule or another."""
        rule = rule or self._learned
        scores = np.empty(len(ranked.order))
        scores[list(ranked.order)] = ranked.scores
        matters = [self.catalogue.matter(self.index.codes[item]) for item in ranked.found.items]
        seen = evidence(ranked.found, scores, matters, asked.lang)
        seen = seen[: rule.correct.size]
        correct = probability(seen, rule.correct)
        return correct, max(correct, probability(seen, rule.in_list))

    def _by_city(
        self, ranked: Ranked, asked: Understood, city: City | None
    ) -> tuple[list[Hit], list[Hit]]:
        """(hits the asked city handles, hits it does not), both best first."""
        odds = np.exp(np.array(ranked.scores) - ranked.scores[0])
        shares = odds / odds.sum()
        hits: dict[str, Hit] = {}
        elsewhere: list[Hit] = []
        for code, share in zip(ranked.codes, shares.tolist(), strict=True):
            item = self.catalogue.items[code]
            where = asked.destination if moves_between(item) else None
            where = where or city_for(asked, city, item.jurisdiction.deciding_fact)
            if where is None or item.cities[where] is not None:
                hits.setdefault(code, _hit(item, share, where))
                continue
            sister = self.catalogue.sister(code)
            if sister is not None:
                hits.setdefault(sister, _hit(self.catalogue.items[sister], share, where))
            else:
                elsewhere.append(_hit(item, share, where))
        return list(hits.values()), elsewhere

    def _unrivalled(self, hits: list[Hit]) -> bool:
        """Whether no other matter than the first one's is likely at all."""
        sister, least = self.catalogue.sister(hits[0].code), hits[0].score * RIVAL
        return all(hit.score < least for hit in hits[1:] if hit.code != sister)

    def _moves(self, code: str) -> bool:
        """Whether a matter is about dealing with another place at all (transfer, off-site, …)."""
        return not set(self.catalogue.items[code].cross_city_modes) <= {"per_city", "local_only"}

    def _anywhere(self, code: str) -> bool:
        """Whether a matter may be done here though its papers are another place's, or moved here."""
        modes = set(self.catalogue.items[code].cross_city_modes)
        return bool(modes & {"nationwide", "joint_handling"})

    def _decide(
        self, confidence: float, in_list: float, hits: list[Hit], elsewhere: list[Hit],
        asked: Understood, found: Signals, rule: Rule,
    ) -> Decision:  # fmt: skip
        if not hits or (asked.elsewhere and not (asked.passing and self._moves(hits[0].code))):
            return "abstain"
        if asked.kept_elsewhere and not self._anywhere(hits[0].code):
            return "abstain"
        alone = rule is not self._plain and self._unrivalled(hits)
        sure = confidence >= rule.answer_at - (_UNRIVALLED if alone else 0.0)
        if elsewhere and elsewhere[0].score > hits[0].score * (1 if sure else _CLEARLY):
            # the matter is the other city's: say so, do not substitute; or ask, where that is not sure
            may_be = not sure and confidence < SAID_ELSEWHERE and hits[0].score >= _MAY_BE
            return "clarify" if may_be else "abstain"
        if sure:
            return "clarify" if nearer_outside(found) else "answer"
        return "clarify" if in_list >= rule.clarify_at else "abstain"


def _is_topic(found: Signals) -> bool:
    """Whether the question is only the name of a field the list knows (「医保」): ask what about it."""
    return 0 < found.length <= _TOPIC_TERMS and found.known >= _TOPIC_KNOWN


def _hit(item: ServiceItem, score: float, city: City | None) -> Hit:
    return Hit(item.item_id, item.name, score, city)
