"""Builds the answer card of one item: the asked fact first, both cities, sources, what is next.

Pure: item, city, facet and day in, card out. Every sentence comes from the list. Tokens are raw
payloads (`/ask_item{"code":…}`), which the gateway signs.
"""

from __future__ import annotations

import datetime as dt
import json

from core.cards import (
    CITIES,
    Action,
    AnswerCard,
    City,
    Claim,
    Comparison,
    Facet,
    Material,
    Scope,
    Source,
)
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue, one_city
from knowledge.differences import compare, sides
from knowledge.facts import (
    Statement,
    city_name,
    facet_label,
    join,
    statements,
    value,
)
from knowledge.model import DecidingFact, ServiceItem, Variant

_OFFERED: tuple[Facet, ...] = ("documents", "time", "fee", "where", "eligibility", "steps")
Sides = dict[City, tuple[ServiceItem, Variant] | None]


def payload(name: str, **slots: str | None) -> str:
    """A raw payload: `/name{"slot":"value"}`, empty slots left out."""
    given = {key: slot for key, slot in slots.items() if slot}
    return f"/{name}{json.dumps(given, ensure_ascii=False, separators=(',', ':'))}"


def ask_item(code: str, *, facet: Facet | None = None, city: City | None = None) -> str:
    """Payload that asks for an item's card."""
    return payload("ask_item", code=code, facet=facet, city=city)


def source_of(catalogue: Catalogue, source_id: str, lang: Lang) -> Source:
    """A source as cards show it."""
    record = catalogue.sources[source_id]
    return Source(id=record.id, title=record.title.in_(lang), url=record.url, doc_no=record.doc_no)


def answer_card(
    catalogue: Catalogue,
    code: str,
    *,
    lang: Lang,
    city: City | None,
    facet: Facet | None,
    today: dt.date,
    decided_by: DecidingFact | None = None,
) -> AnswerCard:
    """The card of item `code`; raises `NotFound` for an unknown code.

    With `city`, that city's facts; where the item does not serve it, its sister item's card. Without,
    both cities side by side. `decided_by`: the fact that settled the city, for the "because".
    """
    item = catalogue.get(code)
    found = sides(catalogue, item, today)
    if city is not None and found[city] is None:
        city = None  # handled in the other city only: the card says so
    elif city is not None and (serving := found[city]) is not None:
        item = serving[0]
    asked = facet or "overview"
    rows = compare(catalogue, item, lang=lang, today=today)
    different = [row for row in rows if row.differs]
    scope: Scope = city or one_city_scope(item, found)
    shown = _claims(catalogue, found, scope, lang, asked)
    return AnswerCard(
        lang=lang,
        code=item.item_id,
        name=item.name,
        city=scope,
        facet=asked,
        headline=headline(item, found, rows, scope, asked, lang),
        summary=item.summary.in_(lang),
        claims=shown,
        comparison=rows if city is None or different else [],
        differences=different,
        materials=_materials(found, scope, lang),
        channels=_channels(found, scope, lang),
        jurisdiction=jurisdiction(item, scope, decided_by, lang),
        actions=_actions(catalogue, item, found, scope, asked, lang),
        as_of=item.as_of.isoformat(),
        status=item.status,
        disclaimer=_disclaimer(shown, found, scope, lang),
        list_version=catalogue.version,
    )


def one_city_scope(item: ServiceItem, found: Sides) -> Scope:
    """`both`, or the only city that serves the matter."""
    if all(found.values()):
        return "both"
    return one_city(item) or "both"


def _cities(scope: Scope) -> tuple[City, ...]:
    return CITIES if scope == "both" else (scope,)


def _in_scope(found: Sides, scope: Scope) -> list[tuple[City, Variant]]:
    return [(city, side[1]) for city in _cities(scope) if (side := found[city]) is not None]


def headline(
    item: ServiceItem, found: Sides, rows: list[Comparison], scope: Scope, facet: Facet, lang: Lang
) -> str:
    """The asked fact in one line; for an overview the three facts people need first."""
    if facet == "which_city":
        return item.jurisdiction.text.in_(lang)
    if facet == "eligibility":
        # "can I, from the other city?": where no condition is listed, the rule of jurisdiction tells.
        return _fact(found, rows, scope, facet, lang) or item.jurisdiction.text.in_(lang)
    if facet != "overview":
        return _fact(found, rows, scope, facet, lang) or text(
            "knowledge.nothing_on", lang, facet=facet_label(facet, lang)
        )
    facts: list[str] = []
    wanted: tuple[Facet, ...] = ("time", "fee") if scope == "both" else ("channels", "time", "fee")
    for one in wanted:
        words = _fact(found, rows, scope, one, lang)
        if words:
            facts.append(text("knowledge.named", lang, name=facet_label(one, lang), value=words))
    return " · ".join(facts) or item.summary.in_(lang)


def _fact(
    found: Sides, rows: list[Comparison], scope: Scope, facet: Facet, lang: Lang
) -> str | None:
    """A facet's value: one text where the cities agree, else each city's."""
    values = {
        city: words
        for city, variant in _in_scope(found, scope)
        if (words := value(variant, facet, lang))
    }
    if not values:
        return None
    row = next((row for row in rows if row.facet == facet), None)
    texts = list(dict.fromkeys(values.values()))
    if len(texts) == 1 or (row is not None and not row.differs and facet != "where"):
        return texts[0]
    return join(
        [
            text("knowledge.named", lang, name=city_name(city, lang), value=words)
            for city, words in values.items()
        ],
        lang,
    )


def _claims(
    catalogue: Catalogue, found: Sides, scope: Scope, lang: Lang, asked: Facet
) -> list[Claim]:
    """Sourced sentences, the asked facet first; equal ones of both cities are one claim."""
    cities: dict[Statement, list[City]] = {}
    for city, variant in _in_scope(found, scope):
        for statement in statements(variant, lang):
            cities.setdefault(statement, []).append(city)
    everywhere = len(_in_scope(found, "both"))
    ordered = sorted(cities, key=lambda statement: statement.facet != asked)
    return [
        Claim(
            text=statement.text,
            source=source_of(catalogue, statement.source, lang),
            as_of=statement.as_of.isoformat(),
            status=statement.status,
            facet=statement.facet,
            city="both" if len(cities[statement]) == everywhere == 2 else cities[statement][0],
        )
        for statement in ordered
    ]


def _materials(found: Sides, scope: Scope, lang: Lang) -> list[Material]:
    merged: dict[str, Material] = {}
    for city, variant in _in_scope(found, scope):
        for record in variant.materials:
            note = record.condition.in_(lang) if record.condition else ""
            card = Material(
                id=record.id, name=record.name.in_(lang), need=record.need, note=note,
                originals=record.originals, copies=record.copies, city=city,
            )  # fmt: skip
            key = card.model_dump_json(exclude={"city"})
            if key in merged:
                merged[key].city = "both"
            else:
                merged[key] = card
    return list(merged.values())


def _channels(found: Sides, scope: Scope, lang: Lang) -> list[str]:
    listed: dict[str, list[City]] = {}
    for city, variant in _in_scope(found, scope):
        for offer in variant.channels:
            words = offer.name.in_(lang)
            if offer.hours is not None:
                words = text("knowledge.qualified", lang, name=words, note=offer.hours.in_(lang))
            listed.setdefault(words, []).append(city)
    several = len(_in_scope(found, scope)) > 1
    return [
        words
        if not several or len(cities) > 1
        else text("knowledge.named", lang, name=city_name(cities[0], lang), value=words)
        for words, cities in listed.items()
    ]


def jurisdiction(
    item: ServiceItem, scope: Scope, decided_by: DecidingFact | None, lang: Lang
) -> str:
    """Where to file: "in X, because Y" where the deciding fact is known, then the list's rule."""
    rule = item.jurisdiction.text.in_(lang)
    fact = item.jurisdiction.deciding_fact
    if scope == "both" or decided_by != fact or fact == "none":
        return rule
    because = text(f"knowledge.because.{fact}", lang, city=city_name(scope, lang))
    return f"{because}{rule}" if lang == "zh" else f"{because} {rule}"


def _disclaimer(shown: list[Claim], found: Sides, scope: Scope, lang: Lang) -> str | None:
    statuses = {claim.status for claim in shown}
    for _, variant in _in_scope(found, scope):
        statuses.update(material.status for material in variant.materials)
    return text("knowledge.disclaimer", lang) if "to_confirm" in statuses else None


def _actions(
    catalogue: Catalogue, item: ServiceItem, found: Sides, scope: Scope, asked: Facet, lang: Lang
) -> list[Action]:
    """What is likely next: other facts, the other city, the checklist, related, report, a person."""
    code = item.item_id
    city: City | None = None if scope == "both" else scope
    actions = [
        Action(
            title=text(f"knowledge.ask.{facet}", lang),
            token=ask_item(code, facet=facet, city=city),
        )
        for facet in _OFFERED
        if facet != asked and _fact(found, [], scope, facet, lang)
    ][:4]
    if city is not None:
        other: City = "dongguan" if city == "shenzhen" else "shenzhen"
        side = found[other]
        if side is not None:
            title = text("knowledge.ask.other_city", lang, city=city_name(other, lang))
            token = ask_item(side[0].item_id, facet=asked, city=other)
            actions.append(Action(title=title, token=token))
    if any(variant.materials for _, variant in _in_scope(found, scope)):
        token = payload("checklist", code=code, city=city)
        actions.append(Action(title=text("knowledge.ask.keep", lang), kind="keep", token=token))
    sister = catalogue.sister(code)
    related = [c for c in item.related if c in catalogue.items and c != sister][:2]
    for other_code in related:
        name = catalogue.items[other_code].name.in_(lang)
        title = text("knowledge.ask.related", lang, name=name)
        actions.append(Action(title=title, token=ask_item(other_code, city=city)))
    actions.append(
        Action(
            title=text("knowledge.ask.report", lang),
            kind="report",
            token=payload("report_outdated", code=code),
        )
    )
    actions.append(Action(title=text("knowledge.ask.person", lang), kind="handoff"))
    return actions
