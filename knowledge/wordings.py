"""Every searchable wording of an item or a life event, normalised as questions are.

One list for the index builder, the evaluation and the training folds. Decides which texts of an
item are searched and of what kind each is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from knowledge.model import Bundle, ServiceItem, Words
from knowledge.text import understand

SAID, NAME, ALIAS, SPOKEN, QUESTION, SUMMARY, TEXT = range(-1, 6)
"""Kinds of wording. Of any collection's document: TEXT is a passage, SAID its name with a formal term said
as people say it. Names are the kinds up to ALIAS."""


@dataclass(frozen=True)
class Wording:
    """One text of one item."""

    code: str
    kind: int
    text: str
    """Normalised and without city names; the city is the filter's business."""
    raw: str
    english: bool


@dataclass(frozen=True)
class ContextWording:
    """One way to ask a frequent question where the matter is clear."""

    code: str
    question: str
    """The frequent question, by its Chinese text."""
    text: str
    english: bool


def _words(words: Words) -> Iterator[tuple[str, bool]]:
    for text in (*words.zh, *words.yue):
        yield text, False
    for text in words.en:
        yield text, True


@lru_cache(maxsize=32_768)
def normalised(raw: str) -> str:
    """A wording as it is searched. Kept: most are the same from one version of the list to the next."""
    return understand(raw).core


def wordings(item: ServiceItem) -> list[Wording]:
    """All wordings of an item, each normalised text once."""
    listed: list[tuple[int, str, bool]] = [(NAME, item.name.zh, False), (NAME, item.name.en, True)]
    for kind, words in (
        (ALIAS, item.aliases),
        (SPOKEN, item.colloquial),
        (QUESTION, item.questions),
    ):
        listed += [(kind, text, english) for text, english in _words(words)]
    for faq in item.faqs:
        listed += [(QUESTION, faq.question.zh, False), (QUESTION, faq.question.en, True)]
        listed += [(SPOKEN, text, english) for text, english in _words(faq.said)]
    listed += [(SUMMARY, item.summary.zh, False), (SUMMARY, item.summary.en, True)]
    out: dict[str, Wording] = {}
    for kind, raw, english in listed:
        text = normalised(raw)
        out.setdefault(text, Wording(item.item_id, kind, text, raw, english))
    return list(out.values())


def event_wordings(bundles: Iterable[Bundle]) -> tuple[tuple[str, str], ...]:
    """(life event, normalised wording) of each way to say it, each once a life event."""
    out: dict[tuple[str, str], None] = {}
    for bundle in bundles:
        words = bundle.wordings
        for raw in (bundle.name.zh, bundle.name.en, *words.zh, *words.en, *words.yue):
            out[bundle.id, normalised(raw)] = None
    return tuple(out)


def context_wordings(items: Iterable[ServiceItem]) -> tuple[ContextWording, ...]:
    """What residents ask once the matter is clear, in the order of `items`; not among `wordings`."""
    return tuple(
        ContextWording(item.item_id, faq.question.zh, text, english)
        for item in items
        for faq in item.faqs
        for text, english in dict.fromkeys(
            (normalised(raw), english) for raw, english in _words(faq.in_context)
        )
    )
