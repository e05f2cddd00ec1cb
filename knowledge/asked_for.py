"""What a question asks of its matter: facts, documents by name, acting for another. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.cards import Facet
from core.i18n import Lang
from knowledge.asked_fact import LATER, RULE, asks_beyond, facets_of
from knowledge.embed.port import Vector
from knowledge.facets import asks_question, asks_validity, without_facets, worded_all
from knowledge.named_documents import (
    NamedDocument,
    asks_for_agent,
    named_documents,
    without_documents,
)


@dataclass(frozen=True)
class AskedFor:
    """What is asked of a matter. Empty of one that was tapped."""

    facets: tuple[Facet, ...] = ()
    """Facts, in the order of the words."""
    outright: tuple[Facet, ...] = ()
    """Those of them that are asked in plain words; the others are only heard."""
    documents: tuple[NamedDocument, ...] = ()
    """Documents asked about by name."""
    agent: bool = False
    """Whether somebody is to act for another."""
    untold: bool = False
    """Whether it is something that the list does not say of its matter."""
    beyond: bool = False
    """Whether its words ask for something that no fact tells: untold where no frequent question does."""
    validity: bool = False
    """Whether it is asked how long something holds, or for how long one may stay."""


_EMPTY = re.compile(r"[\s，,]*[，,][\s，,]*")
_LEFT = re.compile(r"，([吗么嘛呢不]+|do i( need)?)\W*$")
NOTHING = AskedFor()


def asked_for(
    words: str, lang: Lang, *, vector: Vector | None = None, later: bool = False
) -> AskedFor:
    """What `words` (normalised) in `lang` ask; `vector`: their embedding, if `comparable`; `later`: after a
    card of their matter."""
    rule = LATER if later else RULE
    heard = facets_of(words, rule, vector)
    return AskedFor(
        heard,
        tuple(one for one in worded_all(words) if one in heard),
        named_documents(words, lang),
        asks_for_agent(words),
        validity=asks_validity(words),
        beyond=not heard and asks_question(words) and asks_beyond(words, rule, vector),
    )


def matter_words(words: str, lang: Lang) -> str:
    """What is left of `words` (normalised) without what they ask of their matter."""
    left = without_documents(without_facets(words), lang)
    return _LEFT.sub("", _EMPTY.sub("，", left)).strip(" ，,?？")
