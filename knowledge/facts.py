"""What applies in one city on one day, as short texts in one language.

The one place that turns the list's facts into words: differences, cards, checklists and the API all
read from here. Facts outside their validity are dropped. Never invents, merges or rounds a value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from core.cards import City, Facet, LocalText, Status
from core.i18n import Lang, text
from knowledge.model import (
    ChannelOffer,
    DoorToDoorOffer,
    Fact,
    FeeFact,
    MaterialRecord,
    ServiceItem,
    StepFact,
    TextFact,
    TimeFact,
    Variant,
)

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
_WEAKEST: tuple[Status, ...] = ("to_confirm", "reported", "verified")
_F = TypeVar("_F", bound=Fact)


@dataclass(frozen=True)
class Statement:
    """One sentence with its provenance."""

    facet: Facet
    text: str
    source: str
    as_of: dt.date
    status: Status


_ITS_CITY = re.compile(
    r"[（(][^（）()]*(?:深圳|东莞)[^（）()]*[）)]$|\s*[–(-]\s*(?:Shenzhen|Dongguan)\W*$"
)


def name_of_both(item: ServiceItem, lang: Lang) -> str:
    """The name that an item has in common with its sister in the other city (租房提取（深圳）: 租房提取)."""
    return _ITS_CITY.sub("", item.name.in_(lang))


def in_force(facts: Iterable[_F], today: dt.date) -> list[_F]:
    """Facts that hold on `today` (`Fact.holds`)."""
    return [fact for fact in facts if fact.holds(today)]


def exists(item: ServiceItem, day: dt.date) -> bool:
    """Whether the matter itself is offered on `day`."""
    return (item.valid_from is None or item.valid_from <= day) and (
        item.valid_to is None or day < item.valid_to
    )


def on_day(item: ServiceItem, city: City, today: dt.date) -> Variant | None:
    """What applies in `city` on `today`; None where the city does not handle the item."""
    variant = item.variant(city)
    if variant is None:
        return None
    held: dict[str, Any] = {}
    for name in Variant.model_fields:
        value = getattr(variant, name)
        if isinstance(value, Fact):
            held[name] = value if value.holds(today) else None
        elif isinstance(value, list) and value and isinstance(value[0], Fact):
            held[name] = in_force(value, today)
    held["time"] = _time(variant, today)
    return variant.model_copy(update=held)


def _time(variant: Variant, today: dt.date) -> TimeFact | None:
    """The time that holds: of several, the one that began last."""
    times = in_force([*([variant.time] if variant.time else []), *variant.later_times], today)
    return max(times, key=lambda fact: fact.valid_from or dt.date.min, default=None)


def join(parts: Sequence[str], lang: Lang, *, listing: bool = False) -> str:
    """Parts as one text; `listing` for nouns rather than sentences."""
    trimmed = [part.rstrip("。.;；") for part in parts]
    if lang == "zh":
        return ("、" if listing else "；").join(trimmed)
    return (", " if listing else "; ").join(trimmed)


def number(amount: Any) -> str:
    """A decimal as people write it: `2`, `0.5`."""
    return f"{amount:f}".rstrip("0").rstrip(".") if "." in f"{amount:f}" else f"{amount:f}"


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


def material_tags(material: MaterialRecord, lang: Lang) -> list[str]:
    """Short remarks on a document: electronic licence, issuer, medium, age."""
    tags: list[str] = []
    if material.e_licence:
        tags.append(text("knowledge.material.e_licence", lang))
    if material.issued_by is not None:
        tags.append(text(f"knowledge.material.by_{material.issued_by}", lang))
    if material.medium is not None:
        tags.append(text(f"knowledge.material.{material.medium}", lang))
    if material.validity_days is not None:
        tags.append(text("knowledge.material.fresh", lang, days=material.validity_days))
    return tags


def step_note(step: StepFact, lang: Lang) -> str:
    """Stage, who acts and how long it takes, as far as they are known."""
    parts: list[str] = []
    if step.stage is not None:
        parts.append(text(f"knowledge.stage.{step.stage}", lang))
    if step.actor is not None:
        parts.append(text(f"knowledge.actor.{step.actor}", lang))
    if step.days is not None:
        parts.append(text("knowledge.working_days", lang, days=number(step.days)))
    return " · ".join(parts)


def channel_notes(offer: ChannelOffer, lang: Lang) -> list[str]:
    """Hours, how one signs in, appointment, languages, delivery."""
    notes: list[str] = []
    if offer.hours is not None:
        notes.append(offer.hours.in_(lang))
    if offer.identity_level != "L0":
        notes.append(text(f"knowledge.identity.{offer.identity_level}", lang))
    if offer.appointment:
        notes.append(text("knowledge.appointment", lang))
    if offer.languages:
        spoken = [text(f"knowledge.language.{code}", lang) for code in offer.languages]
        notes.append(text("knowledge.languages", lang, list=join(spoken, lang, listing=True)))
    if offer.delivery:
        notes.append(text("knowledge.delivery", lang))
    return notes


def marks(variant: Variant, lang: Lang) -> list[str]:
    """Short remarks on the effort: trips to a counter, what can be done online."""
    out: list[str] = []
    if variant.max_visits is not None:
        key = "knowledge.visits" if variant.max_visits else "knowledge.no_visits"
        out.append(text(key, lang, count=variant.max_visits))
    if variant.online_depth is not None:
        out.append(text(f"knowledge.online_{variant.online_depth}", lang))
    return out


def _texts(facts: Sequence[TextFact], lang: Lang) -> list[str]:
    return [fact.text.in_(lang) for fact in facts]


def _eligibility(variant: Variant, lang: Lang) -> str:
    words = join(_texts(variant.conditions, lang), lang)
    if not variant.exclusions:
        return words
    not_for = text("knowledge.not_for", lang, list=join(_texts(variant.exclusions, lang), lang))
    return join([words, not_for], lang) if words else not_for


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
        return _eligibility(variant, lang) or None
    if facet == "steps":
        numbered = [f"{i}. {t}" for i, t in enumerate(_texts(variant.steps, lang), 1)]
        return " ".join(numbered) or None
    if facet == "phone":
        return join(variant.phones, lang, listing=True) or None
    return None


def provenance(variant: Variant, facet: Facet) -> list[Fact]:
    """The facts that `value` of a facet is made of."""
    if facet == "documents":
        return [material for material in variant.materials if material.need != "exempt"]
    one: dict[Facet, Fact | None] = {"time": variant.time, "where": variant.where}
    many: dict[Facet, Sequence[Fact]] = {
        "fee": variant.fees,
        "channels": variant.channels,
        "eligibility": [*variant.conditions, *variant.exclusions],
        "steps": variant.steps,
    }
    if facet in one:
        fact = one[facet]
        return [] if fact is None else [fact]
    return list(many.get(facet, ()))


def _statement(facet: Facet, words: str, fact: Fact) -> Statement:
    return Statement(facet, words, fact.source, fact.as_of, fact.status)


def _grouped(
    facet: Facet, key: str, facts: Sequence[tuple[Fact, str]], lang: Lang
) -> list[Statement]:
    """One statement per provenance, so that a long list stays readable."""
    groups: dict[tuple[str, dt.date, Status], list[tuple[Fact, str]]] = {}
    for fact, words in facts:
        groups.setdefault((fact.source, fact.as_of, fact.status), []).append((fact, words))
    return [
        _statement(
            facet,
            text(key, lang, list=join([words for _, words in group], lang, listing=True)),
            group[0][0],
        )
        for group in groups.values()
    ]


def statements(variant: Variant, lang: Lang) -> list[Statement]:
    """Every quotable sentence of a variant, in facet order; notes come as `overview`."""
    materials = [(m, material_text(m, lang)) for m in variant.materials]
    out = _grouped("documents", "knowledge.bring", materials, lang)
    if variant.time is not None:
        words = text("knowledge.takes", lang, value=variant.time.text.in_(lang))
        out.append(_statement("time", words, variant.time))
    for fee in variant.fees:
        words = text("knowledge.costs", lang, value=fee_text(fee, lang, alone=False))
        if fee.basis is not None:
            words += text("knowledge.basis", lang, basis=fee.basis.in_(lang))
        out.append(_statement("fee", words, fee))
    if variant.where is not None:
        out.append(_statement("where", variant.where.text.in_(lang), variant.where))
    ways = [(offer, offer.name.in_(lang)) for offer in variant.channels]
    out += _grouped("channels", "knowledge.ways", ways, lang)
    out += [_statement("eligibility", fact.text.in_(lang), fact) for fact in variant.conditions]
    for fact in variant.exclusions:
        words = text("knowledge.not_for", lang, list=fact.text.in_(lang))
        out.append(_statement("eligibility", words, fact))
    out += [_statement("steps", fact.text.in_(lang), fact) for fact in variant.steps]
    out += [_statement("overview", fact.text.in_(lang), fact) for fact in variant.notes]
    return out


def visit_notes(offer: DoorToDoorOffer, lang: Lang) -> list[str]:
    """Where, for whom, when a team comes."""
    notes = [offer.area.in_(lang), offer.sites.in_(lang), offer.slots.in_(lang)]
    if offer.min_people > 1:
        notes.append(text("knowledge.min_people", lang, people=offer.min_people))
    return notes


def visit_statement(offer: DoorToDoorOffer, lang: Lang) -> Statement:
    """A team that comes to the site, as a sentence."""
    key = "knowledge.door" if offer.min_people == 1 else "knowledge.door_group"
    words = text(
        key, lang, name=offer.name.in_(lang), area=offer.area.in_(lang),
        sites=offer.sites.in_(lang), slots=offer.slots.in_(lang), people=offer.min_people,
    )  # fmt: skip
    if offer.phone:
        words = text("knowledge.with_phone", lang, words=words, phone=offer.phone)
    return _statement("channels", words, offer)


def weakest(statuses: Iterable[Status]) -> Status:
    """The least certain of some statuses; `to_confirm` of none."""
    given = set(statuses)
    return next((one for one in _WEAKEST if one in given), "to_confirm")


def city_name(city: City, lang: Lang) -> str:
    """The city's name."""
    return text(f"city.{city}", lang)


def facet_label(facet: Facet, lang: Lang) -> str:
    """The facet as a short label."""
    return text(f"knowledge.facet.{facet}", lang)


def both(zh: str, en: str) -> LocalText:
    """Shorthand for a bilingual text."""
    return LocalText(zh=zh, en=en)
