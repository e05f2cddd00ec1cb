"""Which of a matter's frequent questions a resident asks: nearest first, and whether one of them is what
he asked, so that its answer may lead the card. Pure, over an opened index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.cards import City
from core.i18n import Lang
from knowledge.columns import place_of
from knowledge.embed.port import Vector
from knowledge.facets import asks_amount
from knowledge.index import Index
from knowledge.model import ServiceItem
from knowledge.rank import overlap
from knowledge.terms import terms
from knowledge.text import Understood
from knowledge.wordings import normalised, wordings

_SAME: dict[Lang, tuple[float, float]] = {"zh": (0.955, 0.5), "en": (0.94, 0.6)}
"""(cosine, Dice coefficient of weighted terms) from which on two questions are the same. High: the
frequent questions of one matter are alike, and the answer to another one must never lead. Two questions
for the amount of one benefit are the same whatever their words."""


@dataclass(frozen=True)
class AskedFaqs:
    """A matter's frequent questions in the light of what was asked. Questions are named by their
    Chinese text."""

    order: tuple[str, ...]
    """Nearest first."""
    same: str | None
    """The one that is what was asked."""


def asked_faqs(
    index: Index,
    items: Iterable[ServiceItem],
    asked: Understood,
    vector: Vector,
    city: City | None,
) -> AskedFaqs:
    """Of these items' frequent questions. `vector`: the embedding of what was asked; `city`: the only
    city that the card will speak of."""
    near: dict[str, float] = {}
    same: tuple[float, str] | None = None
    units = terms(asked.core)
    least_cosine, least_dice = _SAME[asked.lang]
    amount = asks_amount(asked.text)
    for item in items:
        place = place_of(index.codes, item.item_id)
        if place is None or not item.faqs:
            continue
        rows = np.arange(int(index.first[place]), int(index.first[place + 1]))
        at_text = {wording.text: at for at, wording in enumerate(wordings(item))}
        cosine = np.asarray(index.vectors[rows], np.float32) @ vector
        dice, _ = overlap(index, rows, units)
        for faq in item.faqs:
            if city is not None and faq.city not in (None, city):
                continue
            question = faq.question.zh
            both = amount and asks_amount(question)
            for text in (question, faq.question.en):
                at = at_text.get(normalised(text))
                if at is None:
                    continue
                likeness = float(cosine[at]) + float(dice[at]) / 5
                near[question] = max(near.get(question, 0.0), likeness)
                if both or (cosine[at] >= least_cosine and dice[at] >= least_dice):
                    same = max(same or (0.0, ""), (likeness, question))
    order = tuple(sorted(near, key=lambda question: -near[question]))
    return AskedFaqs(order, same[1] if same else None)
