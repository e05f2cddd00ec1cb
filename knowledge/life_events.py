"""Which life event (一件事) a question is about, if it is about one and not about a single matter.

A small index of its own over the bundles' wordings, with the list's embedder: bundles are never among
the results of the list's search. A question that names one matter stays a question about it.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.i18n import Lang
from knowledge.catalogue import Catalogue
from knowledge.embed.port import Embedder, Matrix, Vector
from knowledge.terms import terms
from knowledge.wordings import event_wordings

SURE, CLEARER = 0.95, 0.01
"""Without a cue: cosine with an event's wording, and how far above the best item's it must be."""
WITH_CUE: dict[Lang, float] = {"zh": 0.92, "en": 0.875}
"""Cosine that is enough where the words ask for everything there is to do."""
SHARED, NAMED, OWN = 0.02, 0.015, 3
"""What it adds to an event's cosine that the question has a term of its own: one that stands in so many
of its wordings and in none of another event's."""
AS_CLEAR = -0.012
"""With a cue, how far the best item's cosine may be above."""
_CUE = re.compile(
    r"(要|得|需要|应该|该)(去)?(办|弄|搞|做|走)(理)?(哪些|什么|些什么|点什么|啥)(?!时候|材料|证件|资料|执照|.{1,3}证)"
    r"|(接下来|后面|从头到尾)?(要|得|该)?(跑|找)(哪些|几个)(部门|单位|地方)|(接下来|后面)(要|得|该)?(跑哪|办啥|怎么弄)"
    r"|(社保|养老|医保|公积金).{0,6}(社保|医保|公积金).{0,4}(都|全)(要|得)?(怎么|咋)?(转|挪|搬)"
    r"|(哪些|什么|啥)(手续|事情?|流程)(?!费)|(全套|一整套|所有|全部|一揽子|各种)(的)?(手续|证件|流程|事)"
    r"|(证件|东西|卡)?(全|都)(没|丢|不见)了"
    r"|一件事|一条龙|一起办|都(要|得|需要)(办|弄)(些)?(什么|啥|哪些)?|先办(什么|哪)|办(事)?清单|从哪(里)?(开始|办起)"
    r"|what (all )?(do|should|must|would) (i|we) (have to|need to|must|should)?\s*"
    r"(do|arrange|sort out|take care of)\b"
    r"|what (has|needs) to be done|everything (i|we) (need|have|must)|check ?list|to-?do list"
    r"|all the (paperwork|steps|formalities)"
    r"|what (paperwork|formalities|procedures)|where do (i|we) start|step by step for",
    re.IGNORECASE,
)

_TOLD = re.compile(r"了[,，。 ](?!.*了[,，。 ])|\b(was|were|has|have|had|died|born)\b[^,.]*[,.] ?")
"""What happened, before what is asked."""

Wordings = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Event:
    """The event nearest to a question."""

    bundle: str
    """Its id."""
    cosine: float
    cue: bool
    """Whether the words ask for everything there is to do, or tell what happened and list matters."""
    verbatim: bool = False
    """Whether they are one of the event's own wordings (「买二手房」)."""

    def worth_a_look(self, lang: Lang) -> bool:
        """Whether it may be meant at all, before any item is looked at."""
        return self.verbatim or self.cosine >= (WITH_CUE[lang] if self.cue else SURE)

    def likely(self, lang: Lang) -> bool:
        """Whether it is the best guess where no single matter is found."""
        return self.cue and self.cosine >= WITH_CUE[lang]

    def meant(self, lang: Lang, best_item: float) -> bool:
        """Whether the event is what is asked about; `best_item`: cosine of the nearest single matter."""
        if self.verbatim:
            return True
        margin = AS_CLEAR if self.cue else CLEARER
        return self.worth_a_look(lang) and self.cosine - best_item >= margin


_PARTED = re.compile(r"离了?婚|离了|想离|要离|办离|\bdivorc|\bsplit(ting)? up\b", re.IGNORECASE)
_WEDDING = re.compile(r"结婚|婚礼|领证|marr(y|iage)", re.IGNORECASE)
"""Words of a divorce, and those by which an event is a wedding: their embeddings lie close together."""
_DIED = re.compile(r"去世|过世|走了|身故|死亡|passed away|\bdied\b|\bdeath\b", re.IGNORECASE)
"""Words of a death: whoever says them is not asking about his own retirement."""


class LifeEvents:
    """The wordings of the bundles, ready to be asked. Thread-safe."""

    def __init__(self, wordings: Wordings, vectors: Matrix | None) -> None:
        """`vectors`: float32[wordings, dim]; None where there are none."""
        self._owners = [owner for owner, _ in wordings]
        self._texts = [text for _, text in wordings]
        self._terms = [frozenset(terms(text)) for _, text in wordings]
        self._own = _own_terms(self._owners, self._terms)
        self._weddings = _mostly(_WEDDING, wordings)
        self._deaths = _mostly(_DIED, wordings)
        self._vectors = vectors

    def nearest(
        self, text: str, core: str, vector: Vector, *, listed: bool = False
    ) -> Event | None:
        """The event whose wordings are nearest; `text`, `core` of `understand`, `vector` of `core`;
        `listed`: the text names several matters."""
        if self._vectors is None:
            return None
        cosine = np.einsum("ij,j->i", self._vectors, vector)
        asked = set(terms(core))

        def likeness(at: int) -> float:
            own = self._terms[at]
            shared = len(asked & own) / max(1, min(len(asked), len(own)))
            named = not asked.isdisjoint(self._own[self._owners[at]])
            return float(cosine[at]) + SHARED * shared + NAMED * named

        if _PARTED.search(text):
            cosine = np.where(self._weddings, -1.0, cosine)
        if self._deaths.any() and _DIED.search(text):
            cosine = np.where(self._deaths, cosine, -1.0)
        near = np.flatnonzero(cosine >= cosine.max() - SHARED - NAMED)
        best = max(near.tolist(), key=likeness)
        cue = bool(_CUE.search(text)) or (listed and bool(_TOLD.search(text)))
        return Event(self._owners[best], float(cosine[best]), cue, self._texts[best] == core)


def _mostly(words: re.Pattern[str], wordings: Wordings) -> npt.NDArray[np.bool_]:
    """bool[wordings]: those of events that most often are said with such words."""
    said: dict[str, list[bool]] = {}
    for owner, text in wordings:
        said.setdefault(owner, []).append(words.search(text) is not None)
    return np.array([sum(said[owner]) * 2 > len(said[owner]) for owner, _ in wordings], np.bool_)


def _own_terms(owners: Sequence[str], texts: Sequence[frozenset[str]]) -> dict[str, set[str]]:
    """For each event the terms by which it alone is called (去世, 退休)."""
    seen: dict[str, Counter[str]] = {}
    for owner, own in zip(owners, texts, strict=True):
        for term in own:
            seen.setdefault(term, Counter())[owner] += 1
    named: dict[str, set[str]] = {owner: set() for owner in owners}
    for term, by_event in seen.items():
        owner, times = by_event.most_common(1)[0]
        if len(by_event) == 1 and times >= OWN and len(term) > 1:
            named[owner].add(term)
    return named


_CACHE: dict[tuple[Wordings, str], LifeEvents] = {}
_LOCK = threading.Lock()


def life_events(
    catalogue: Catalogue, embedder: Embedder, vectors: Matrix | None = None
) -> LifeEvents:
    """The events of a version of the list. `vectors`: of `event_wordings`, as its index keeps them; without,
    they are embedded, again only where the wordings changed (some seconds)."""
    key = (event_wordings(catalogue.bundles.values()), embedder.name)
    found = _CACHE.get(key)
    if found is None:
        with _LOCK:
            found = _CACHE.get(key) or LifeEvents(key[0], _vectors(key[0], embedder, vectors))
            _CACHE.clear()
            _CACHE[key] = found
    return found


def _vectors(wordings: Wordings, embedder: Embedder, kept: Matrix | None) -> Matrix | None:
    if not wordings:
        return None
    if kept is not None and kept.shape == (len(wordings), embedder.dim):
        return kept
    return embedder.encode_documents([text for _, text in wordings])
