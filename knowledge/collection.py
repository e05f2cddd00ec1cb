"""Search over any collection: documents with a title and a text, in any language.

The same normalisation, channels and abstention as the service list (`knowledge.search`), without
cities and kinds of decisions: documents in, ranked ids with a probability out. Place names tell
documents apart here, so they are compared (`place`) and not thrown away. The weights are the profile
`collection` of `knowledge/ranking.json`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import InvalidInput
from knowledge.background import everyday
from knowledge.colloquial import as_people_say
from knowledge.embed.port import Embedder, Matrix, Vector
from knowledge.index import Index, assemble
from knowledge.matching import Profile, Titles, collection_evidence, collection_signals, language
from knowledge.places import places, without_places
from knowledge.rank import Signals, probability
from knowledge.spelling import RARE, Speller, count_stretches, learn_phrases
from knowledge.term_tables import readings
from knowledge.text import simplify, squash, understand, without_asking, without_frame
from knowledge.wordings import ALIAS, NAME, SAID, TEXT, Wording

MAX_TEXT = 20_000
"""Longer texts are searched by their first characters."""
MAX_QUERY = 400
PASSAGE_HAN, PASSAGE_LATIN = 120, 320
"""Characters of an embedded passage, Chinese and other."""
PASSAGES, MOST_PASSAGES = 24_000, 6
"""How many passages are embedded in all, as far as each document has one; and at most a document."""
_SENTENCE = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s+")
_ASIDE = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
_HAN = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
Embed = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True)
class Document:
    """One document. `aliases` are other names of it; `title` may be empty when `text` is not."""

    id: str
    title: str
    text: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One document found."""

    id: str
    score: float
    """Share of belief among the candidates, 0..1."""


@dataclass(frozen=True)
class CollectionResult:
    """What was found, best first."""

    found: tuple[Found, ...]
    confidence: float
    """Probability that the first is right."""
    in_list: float
    """Probability that any document is."""
    answered: bool
    """Whether `confidence` reaches the profile's threshold."""


@dataclass(frozen=True)
class Asked:
    """A question as a collection is searched for it."""

    core: str
    """Normalised, without places and fillers."""
    places: frozenset[str]
    english: bool


@dataclass(frozen=True)
class Scored:
    """All candidates of one question; `order` lists rows of `found`, best first."""

    asked: Asked
    found: Signals
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    scores: np.ndarray[tuple[int], np.dtype[np.float64]]
    order: tuple[int, ...]
    lang: str


def passages_each(documents: int) -> int:
    """How many passages of a document are embedded in a collection of that size."""
    return max(1, min(MOST_PASSAGES, PASSAGES // max(1, documents)))


def cut(text: str, most: int) -> list[str]:
    """The first `most` passages of a text, at sentence ends where possible; the last one is followed
    by all the rest of the text, which is then searched by its words only."""
    size = PASSAGE_HAN if len(_HAN.findall(text[:400])) > 0.3 * len(text[:400]) else PASSAGE_LATIN
    out: list[str] = []
    for sentence in _SENTENCE.split(text):
        while sentence.strip():
            room = size - len(out[-1]) if out else 0
            if out and (len(out) >= most or len(sentence) <= room):
                out[-1] += " " + sentence if out[-1][-1:].isascii() else sentence
                sentence = ""
            else:
                out.append(sentence[:size].strip() or sentence)
                sentence = sentence[size:]
    return out


def document_wordings(document: Document, passages: int) -> list[Wording]:
    """The document's names (also without what stands in brackets, and as people say them) and passages,
    each once; how the text begins serves as a missing title."""
    body = simplify(document.text[:MAX_TEXT])
    title = simplify(document.title) or next(iter(cut(body, passages)), "")[:PASSAGE_HAN]
    listed = [(NAME, title)]
    short = _ASIDE.sub("", title)
    if short != title and len(squash(short)) > 1:
        listed.append((ALIAS, short))
    listed += [(ALIAS, simplify(alias)) for alias in document.aliases]
    listed += [(SAID, said) for said in as_people_say(short)]
    listed += [(TEXT, part) for part in cut(body, passages)]
    out: dict[str, Wording] = {}
    for kind, text in listed:
        if text:
            english = not _HAN.search(text)
            out.setdefault(text, Wording(document.id, kind, text, text, english))
    return list(out.values()) or [Wording(document.id, NAME, "", "", False)]


def embedded(wording: Wording) -> str:
    """The part of a wording that its vector is made from."""
    if wording.kind != TEXT:
        return wording.text[:MAX_QUERY]
    return wording.text[: PASSAGE_LATIN if wording.english else PASSAGE_HAN]


def understand_any(query: str) -> Asked:
    """A question taken apart, with its places apart."""
    asked = understand(query[:MAX_QUERY])
    named = places(asked.text)
    core = without_places(asked.text)
    if asked.lang == "zh":
        core = without_asking(without_frame(core))
    return Asked(core, named, asked.lang == "en")


class Collection:
    """A collection ready to be searched. Immutable and thread-safe."""

    def __init__(
        self,
        documents: Sequence[Document],
        index: Index,
        titles: Titles,
        embedder: Embedder,
        profile: Profile,
    ) -> None:
        self.documents = tuple(documents)
        self.index = index
        self._titles = titles
        self._embedder = embedder
        self._profile = profile
        self._speller = Speller(
            learn_phrases(count_stretches(titles.texts()), index.readings, RARE),
            index.readings,
            index.words.ids,
            frozenset(index.readings.values()),
            RARE,
        )

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        embedder: Embedder,
        profile: Profile,
        *,
        embed: Embed | None = None,
        passages: int | None = None,
    ) -> Collection:
        """Index `documents` in memory; raises `InvalidInput` without any or when an id repeats.

        `embed` (float32[n, dim] of texts) may cache; without it the embedder is asked.
        """
        if not documents or len({d.id for d in documents}) < len(documents):
            raise InvalidInput(details={"documents": "none, or two of one id"})
        each = passages_each(len(documents)) if passages is None else passages
        groups = [document_wordings(document, each) for document in documents]
        texts = [embedded(wording) for group in groups for wording in group]
        own = embed or embedder.encode_documents
        index = assemble(
            groups,
            own(texts),
            readings(),
            outside=own(everyday()),
            embedder=embedder.name,
            version="collection",
        )
        titles = Titles.of(groups, [_places_of(document) for document in documents])
        return cls(documents, index, titles, embedder, profile)

    @property
    def answer_at(self) -> float:
        """From this confidence a question is answered."""
        return self._profile.answer_at

    def understand(self, query: str) -> Asked:
        """A question with pinyin read and misheard words mended by the collection's own words."""
        asked = understand_any(query)
        if asked.english:
            read = self._speller.read_pinyin(asked.core)
            return asked if read is None else replace(asked, core=read, english=False)
        return replace(asked, core=self._speller.mend(asked.core, strict=True))

    def scored(self, asked: Asked, vector: Vector | None = None) -> Scored:
        """All candidates of a question, with their signals."""
        if vector is None:
            vector = self._embedder.encode_query(asked.core)
        found, table = collection_signals(
            self.index, self._titles, asked.core, asked.places, vector
        )
        lang = language(asked.english, self._titles.han, found.known)
        scores = table @ self._profile.weights[lang]
        order = np.argsort(-scores, kind="stable")
        return Scored(asked, found, table, scores, tuple(order.tolist()), lang)

    def judge(self, scored: Scored) -> tuple[float, float]:
        """(probability that the first candidate is right, that any document is)."""
        row = collection_evidence(scored.found, scored.table, scored.scores, scored.lang)
        profile, lang = self._profile, scored.lang
        inside = probability(row, profile.near[lang]) * probability(row, profile.in_list[lang])
        return probability(row, profile.correct[lang]), inside

    def search(self, query: str, *, k: int = 10, vector: Vector | None = None) -> CollectionResult:
        """Find documents for a question; nothing for a question without words."""
        asked = self.understand(query)
        if not squash(asked.core):
            return CollectionResult((), 0.0, 0.0, False)
        scored = self.scored(asked, vector)
        odds = np.exp(scored.scores - scored.scores.max())
        shares = odds / odds.sum()
        found = tuple(
            Found(self.documents[int(scored.found.items[row])].id, float(shares[row]))
            for row in scored.order[:k]
        )
        sure, inside = self.judge(scored)
        return CollectionResult(found, sure, inside, sure >= self._profile.answer_at)


def _places_of(document: Document) -> frozenset[str]:
    head = " ".join([document.title, *document.aliases, document.text[:200]])
    return places(simplify(head))
