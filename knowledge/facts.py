"""What applies in one city on one day, as short texts in one language.

The one place that turns the list's facts into words: differences, cards, checklists and the API all
read from here. Facts outside their validity are dropped. Never invents, merges or rounds a value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.cards import City, Facet, LocalText, Status
from core.i18n import Lang, text
from knowledge.model import Fact, FeeFact, MaterialRecord, ServiceItem, TextFact, Variant

FACETS: tuple[Facet, ...] = (
    "documents",
    "time",
    "fee",
    "where",
    "channels",
    "eligibility",
    "steps",
)
"""Facets with values of their own, in the order cards show them."""
_T = TypeVar("_T", TextFact, FeeFact)


@dataclass(frozen=True)
class Statement:
    """One sentence with its provenance."""

    facet: Facet
    text: str
    source: str
    as_of: dt.date
    status: Status


def in_force(facts: Iterable[_T], today: dt.date) -> list[_T]:
    """Facts valid on `today`; both ends of the period are inside it."""
    return [
        fact
        for fact in facts
        if (fact.valid_from is None or fact.valid_from <= today)
        and (fact.valid_to is None or today <= fact.valid_to)
    ]


def on_day(item: ServiceItem, city: City, today: dt.date) -> Variant | None:
    """What applies in `city` on `today`; None where the city does not handle the item."""
    variant = item.variant(city)
    if variant is None:
        return None
    return variant.model_copy(
        update={
            "conditions": in_force(variant.conditions, today),
            "fees": in_force(variant.fees, today),
            "steps": in_force(variant.steps, today),
            "notes": in_force(variant.notes, today),
            "where": next(iter(in_force([variant.where] if variant.where else [], today)), None),
        }
    )


def join(parts: Sequence[str], lang: Lang, *, listing: bool = False) -> str:
    """Parts as one text; `listing` for nouns rather than sentences."""
    trimmed = [part.rstrip("。.;；") for part in parts]
    if lang == "zh":
        return ("、" if listing else "；").join(trimmed)
    return (", " if listing else "; ").join(trimmed)


def fee_text(fee: FeeFact, lang: Lang, *, alone: bool) -> str:
    """One fee in words; the name is left out when it is the only one."""
    words = fee.text.in_(lang)
    if not alone:
        words = text("knowledge.named", lang, name=fee.name.in_(lang), value=words)
    if fee.waiver is not None:
        words += text("knowledge.waiver", lang, waiver=fee.waiver.in_(lang))
    return words


def material_text(material: MaterialRecord, lang: Lang) -> str:
    """A document with its need where it is not plainly required."""
    name = material.name.in_(lang)
    if material.need == "required":
        return name
    return text("knowledge.qualified", lang, name=name, note=text(f"need.{material.need}", lang))


def _texts(facts: Sequence[TextFact], lang: Lang) -> list[str]:
    return [fact.text.in_(lang) for fact in facts]


def value(variant: Variant, facet: Facet, lang: Lang) -> str | None:
    """The facet's value in words; None when the list has nothing on it."""
    if facet == "documents":
        listed = [m for m in variant.materials if m.need != "exempt"]
        return join([material_text(m, lang) for m in listed], lang, listing=True) or None
    if facet == "time":
        return variant.time.text.in_(lang) if variant.time else None
    if facet == "fee":
        alone = len(variant.fees) == 1
        return join([fee_text(f, lang, alone=alone) for f in variant.fees], lang) or None
    if facet == "where":
        place = variant.where.text if variant.where else variant.department
        return place.in_(lang) if place else None
    if facet == "channels":
        return join([c.name.in_(lang) for c in variant.channels], lang, listing=True) or None
    if facet == "eligibility":
        return join(_texts(variant.conditions, lang), lang) or None
    if facet == "steps":
        numbered = [f"{i}. {t}" for i, t in enumerate(_texts(variant.steps, lang), 1)]
        return " ".join(numbered) or None
    return None


def _statement(facet: Facet, words: str, fact: Fact) -> Statement:
    return Statement(facet, words, fact.source, fact.as_of, fact.status)


def _material_statements(variant: Variant, lang: Lang) -> list[Statement]:
    """One statement per provenance, so that a long list stays readable."""
    groups: dict[tuple[str, dt.date, Status], list[MaterialRecord]] = {}
    for material in variant.materials:
        groups.setdefault((material.source, material.as_of, material.status), []).append(material)
    return [
        _statement(
            "documents",
            text(
                "knowledge.bring", lang,
                list=join([material_text(m, lang) for m in group], lang, listing=True),
            ),
            group[0],
        )
        for group in groups.values()
    ]  # fmt: skip


def statements(variant: Variant, lang: Lang) -> list[Statement]:
    """Every quotable sentence of a variant, in facet order; notes come as `overview`."""
    out = _material_statements(variant, lang)
    if variant.time is not None:
        words = text("knowledge.takes", lang, value=variant.time.text.in_(lang))
        out.append(_statement("time", words, variant.time))
    for fee in variant.fees:
        words = text("knowledge.costs", lang, value=fee_text(fee, lang, alone=False))
        out.append(_statement("fee", words, fee))
    if variant.where is not None:
        out.append(_statement("where", variant.where.text.in_(lang), variant.where))
    out += [_statement("eligibility", fact.text.in_(lang), fact) for fact in variant.conditions]
    out += [_statement("steps", fact.text.in_(lang), fact) for fact in variant.steps]
    out += [_statement("overview", fact.text.in_(lang), fact) for fact in variant.notes]
    return out


def city_name(city: City, lang: Lang) -> str:
    """The city's name."""
    return text(f"city.{city}", lang)


def facet_label(facet: Facet, lang: Lang) -> str:
    """The facet as a short label."""
    return text(f"knowledge.facet.{facet}", lang)


def both(zh: str, en: str) -> LocalText:
    """Shorthand for a bilingual text."""
    return LocalText(zh=zh, en=en)
