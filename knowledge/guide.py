"""The depth of an answer card: documents, ways, steps, questions, remarks and coming changes.

Everything of both cities that is equal is shown once, as `both`. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TypeVar

from core.cards import (
    CITIES,
    City,
    FaqLine,
    Material,
    RuleChange,
    Scope,
    Source,
    Way,
    WayStep,
)
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.changes import WITHIN, coming
from knowledge.facts import (
    channel_notes,
    city_name,
    in_force,
    marks,
    material_tags,
    step_note,
    visit_notes,
)
from knowledge.model import DoorToDoorOffer, ServiceItem, Variant

Sides = dict[City, tuple[ServiceItem, Variant] | None]
"""For each city the item that serves it with what applies there on the day."""
_Part = TypeVar("_Part", Material, Way, WayStep, FaqLine, RuleChange)


def cities_of(scope: Scope) -> tuple[City, ...]:
    """The cities a scope names."""
    return CITIES if scope == "both" else (scope,)


def in_scope(found: Sides, scope: Scope) -> list[tuple[City, ServiceItem, Variant]]:
    """The cities of `scope` that handle the matter, with what applies there."""
    return [(city, *side) for city in cities_of(scope) if (side := found[city]) is not None]


def source_of(catalogue: Catalogue, source_id: str, lang: Lang) -> Source:
    """A source as cards show it."""
    record = catalogue.sources[source_id]
    return Source(id=record.id, title=record.title.in_(lang), url=record.url, doc_no=record.doc_no)


def _shared(parts: Iterable[_Part]) -> list[_Part]:
    """Each part once; what both cities have is `both`."""
    merged: dict[str, _Part] = {}
    for part in parts:
        key = part.model_dump_json(exclude={"city"})
        known = merged.setdefault(key, part)
        if known.city != part.city:
            known.city = "both"
    return list(merged.values())


def materials_of(found: Sides, scope: Scope, lang: Lang) -> list[Material]:
    """The documents to bring."""
    return _shared(
        Material(
            id=record.id,
            name=record.name.in_(lang),
            need=record.need,
            note=record.condition.in_(lang) if record.condition else "",
            originals=record.originals,
            copies=record.copies,
            city=city,
            tags=material_tags(record, lang),
            hint=record.fill_hint.in_(lang) if record.fill_hint else "",
            form_url=record.form_url,
        )
        for city, _, variant in in_scope(found, scope)
        for record in variant.materials
    )


def ways_of(
    catalogue: Catalogue, found: Sides, scope: Scope, lang: Lang, today: dt.date
) -> list[Way]:
    """The ways to get it done, teams that come to the resident's site last."""
    shown = in_scope(found, scope)
    offers = [
        Way(
            channel=offer.channel,
            name=offer.name.in_(lang),
            city=city,
            notes=channel_notes(offer, lang),
            url=offer.url,
            phone=offer.phone,
        )
        for city, _, variant in shown
        for offer in variant.channels
    ]
    visits = [
        Way(
            channel="door",
            name=visit.name.in_(lang),
            city=city,
            notes=visit_notes(visit, lang),
            phone=visit.phone,
        )
        for city, item, _ in shown
        for visit in visits_for(catalogue, item, city, today)
    ]
    return _shared([*offers, *visits])


def visits_for(
    catalogue: Catalogue, item: ServiceItem, city: City, today: dt.date
) -> list[DoorToDoorOffer]:
    """The teams of `city` that come to the resident's site for the matter."""
    return [
        offer
        for offer in in_force(catalogue.door_offers.values(), today)
        if offer.city == city and item.item_id in offer.items
    ]


def steps_of(found: Sides, scope: Scope, lang: Lang) -> list[WayStep]:
    """The steps; where the cities' ways differ, one city's after the other's."""
    rows = {
        city: [
            WayStep(text=step.text.in_(lang), city=city, note=step_note(step, lang))
            for step in variant.steps
        ]
        for city, _, variant in in_scope(found, scope)
    }
    said = [[(step.text, step.note) for step in row] for row in rows.values()]
    if len(said) == 2 and said[0] == said[1]:
        return [step.model_copy(update={"city": "both"}) for step in next(iter(rows.values()))]
    return [step for row in rows.values() for step in row]


def faqs_of(
    catalogue: Catalogue,
    found: Sides,
    scope: Scope,
    lang: Lang,
    today: dt.date,
    order: Sequence[str] = (),
    first: str | None = None,
) -> tuple[list[FaqLine], list[FaqLine]]:
    """(the question `first`, for each city that answers it differently; all others), with their answers,
    those of `order` in that order. Questions are named by their Chinese text."""
    listed = [
        (faq, city)
        for city, item, _ in in_scope(found, scope)
        for faq in in_force(item.faqs, today)
        if faq.city in (None, city)
    ]
    place = {question: at for at, question in enumerate(order)}
    listed.sort(key=lambda pair: place.get(pair[0].question.zh, len(place)))

    def lines(those: bool) -> list[FaqLine]:
        return _shared(
            FaqLine(
                question=faq.question.in_(lang),
                answer=faq.answer.in_(lang),
                city=city,
                source=source_of(catalogue, faq.source, lang),
                as_of=faq.as_of.isoformat(),
                status=faq.status,
            )
            for faq, city in listed
            if (faq.question.zh == first) is those
        )

    return lines(True), lines(False)


def marks_of(found: Sides, scope: Scope, lang: Lang) -> list[str]:
    """Remarks on the effort; a city is named where only one of two says so."""
    said: dict[str, list[City]] = {}
    shown = in_scope(found, scope)
    for city, _, variant in shown:
        for words in marks(variant, lang):
            said.setdefault(words, []).append(city)
    return [
        words
        if len(cities) == len(shown)
        else text("knowledge.named", lang, name=city_name(cities[0], lang), value=words)
        for words, cities in said.items()
    ]


def changes_of(
    catalogue: Catalogue, found: Sides, scope: Scope, lang: Lang, today: dt.date
) -> list[RuleChange]:
    """What is different within 90 days, the end of the matter itself included; earliest first."""
    changes = [
        RuleChange(
            on=change.on.isoformat(),
            text=change.text,
            facet=change.facet,
            city=city,
            source=source_of(catalogue, change.fact.source, lang),
            status=change.fact.status,
        )
        for city, item, _ in in_scope(found, scope)
        for change in coming(item, city, today, lang)
    ]
    for city, item, _ in in_scope(found, scope):
        if item.valid_to is not None and item.valid_to <= today + WITHIN:
            last = (item.valid_to - dt.timedelta(days=1)).isoformat()
            changes.append(
                RuleChange(
                    on=item.valid_to.isoformat(),
                    text=text("knowledge.ends", lang, date=last, name=item.name.in_(lang)),
                    facet="overview",
                    city=city,
                    source=source_of(catalogue, item.sources[0], lang),
                    status=item.status,
                )
            )
    return sorted(_shared(changes), key=lambda change: change.on)


def phones_of(found: Sides, scope: Scope) -> list[str]:
    """Enquiry numbers, each once."""
    return list(
        dict.fromkeys(phone for _, _, variant in in_scope(found, scope) for phone in variant.phones)
    )


def channel_lines(ways: list[Way], lang: Lang, *, several: bool) -> list[str]:
    """Ways as single lines (`AnswerCard.channels`): hours in brackets, the city where it is one's."""
    out: dict[str, None] = {}
    for way in ways:
        words = way.name
        if way.notes:
            words = text("knowledge.qualified", lang, name=words, note=" · ".join(way.notes))
        if several and way.city != "both":
            words = text("knowledge.named", lang, name=city_name(way.city, lang), value=words)
        out[words] = None
    return list(out)
