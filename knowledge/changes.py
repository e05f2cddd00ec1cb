"""What of an item is different soon: facts that start or end, the matter itself included. Pure.

A resident who prepares papers today and files next month must not be surprised by a date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from core.cards import City, Facet
from core.i18n import Lang, text
from knowledge.facts import fee_text, material_text
from knowledge.model import Fact, FeeFact, MaterialRecord, ServiceItem, TextFact, TimeFact, Variant

WITHIN = dt.timedelta(days=90)


@dataclass(frozen=True)
class Change:
    """One fact that starts or ends."""

    on: dt.date
    """First day on which it is different."""
    facet: Facet
    text: str
    fact: Fact


def _dated(variant: Variant, lang: Lang) -> Iterator[tuple[Facet, str, Fact]]:
    """Facts that can change, in words."""
    times: list[TimeFact] = [*([variant.time] if variant.time else []), *variant.later_times]
    for time in times:
        yield "time", text("knowledge.takes", lang, value=time.text.in_(lang)), time
    fees: list[FeeFact] = variant.fees
    for fee in fees:
        yield "fee", text("knowledge.costs", lang, value=fee_text(fee, lang, alone=False)), fee
    materials: list[MaterialRecord] = variant.materials
    for material in materials:
        words = text("knowledge.bring", lang, list=material_text(material, lang))
        yield "documents", words, material
    for offer in variant.channels:
        yield "channels", text("knowledge.ways", lang, list=offer.name.in_(lang)), offer
    groups: tuple[tuple[Facet, list[TextFact]], ...] = (
        ("where", [variant.where] if variant.where else []),
        ("eligibility", variant.conditions),
        ("steps", list(variant.steps)),
        ("overview", variant.notes),
    )
    for facet, facts in groups:
        for fact in facts:
            yield facet, fact.text.in_(lang), fact
    for fact in variant.exclusions:
        words = text("knowledge.not_for", lang, list=fact.text.in_(lang))
        yield "eligibility", words, fact


def coming(
    item: ServiceItem, city: City, today: dt.date, lang: Lang, within: dt.timedelta = WITHIN
) -> list[Change]:
    """Facts of `city` that start or end after `today`, at most `within` ahead, earliest first.

    Where a fact ends on the day another of the same facet starts, only the new one is told.
    """
    variant = item.variant(city)
    if variant is None:
        return []
    last = today + within
    starts: list[Change] = []
    ends: list[Change] = []
    for facet, words, fact in _dated(variant, lang):
        if fact.valid_from is not None and today < fact.valid_from <= last:
            said = text("knowledge.from", lang, date=fact.valid_from.isoformat(), text=words)
            starts.append(Change(fact.valid_from, facet, said, fact))
        if fact.holds(today) and fact.valid_to is not None and fact.valid_to <= last:
            day = (fact.valid_to - dt.timedelta(days=1)).isoformat()
            said = text("knowledge.until", lang, date=day, text=words)
            ends.append(Change(fact.valid_to, facet, said, fact))
    replaced = {(change.on, change.facet) for change in starts}
    kept = [change for change in ends if (change.on, change.facet) not in replaced]
    return sorted([*starts, *kept], key=lambda change: change.on)
