"""Builds the answer card of one item: the asked fact first, both cities, sources, what is next.

Pure: item, city, facet and day in, card out. Every sentence comes from the list. Tokens are raw
payloads (`/ask_item{"code":…}`), which the gateway signs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from core.cards import (
    Action,
    AnswerCard,
    City,
    Claim,
    Facet,
    FaqLine,
    Scope,
)
from core.i18n import Lang, text
from knowledge import centres
from knowledge.asked_for import NOTHING, AskedFor
from knowledge.catalogue import Catalogue
from knowledge.differences import compare, sides
from knowledge.facts import (
    Statement,
    city_name,
    statements,
    visit_statement,
)
from knowledge.faqs import NOT_ASKED, AskedFaqs
from knowledge.guide import (
    Sides,
    changes_of,
    channel_lines,
    faqs_of,
    in_scope,
    marks_of,
    materials_of,
    phones_of,
    source_of,
    steps_of,
    visits_for,
    ways_of,
)
from knowledge.headline import OPEN, Shown, headline, one_city_scope, progress_of
from knowledge.model import DecidingFact
from knowledge.named_documents import asks_for_agent
from knowledge.payloads import ask_item, payload

_OFFERED: tuple[Facet, ...] = ("documents", "time", "fee", "where", "eligibility", "steps")


def answer_card(
    catalogue: Catalogue,
    code: str,
    *,
    lang: Lang,
    city: City | None,
    facet: Facet | None,
    today: dt.date,
    decided_by: DecidingFact | None = None,
    asked_faqs: AskedFaqs | None = None,
    asks: AskedFor = NOTHING,
    away: bool = False,
) -> AnswerCard:
    """The card of item `code`; raises `NotFound` for an unknown code.

    With `city`, that city's facts; where the item does not serve it, its sister item's card. Without,
    both cities side by side. `decided_by`: the fact that settled the city, for the "because".
    `asked_faqs`: the item's frequent questions in the light of what was asked; one that is near leads only
    where no other fact was asked for. `asks`: what else was asked (`headline`). `away`: the deciding fact
    lies in neither city.
    """
    item = catalogue.get(code)
    found = sides(catalogue, item, today)
    if city is not None and found[city] is None:
        city = None  # handled in the other city only: the card says so
    elif city is not None and (serving := found[city]) is not None:
        item = serving[0]
    asked = facet or "overview"
    scope: Scope = city or one_city_scope(item, found)
    progress = progress_of(catalogue, item, scope, lang, today) if facet == "status" else None
    shown = Shown(item, found, scope, decided_by, lang, progress)
    how = asked_faqs or NOT_ASKED
    near = how.near if facet in OPEN or facet not in asks.outright else None
    if asks.agent and near is not None and not asks_for_agent(near):
        near = None  # a question about something else; what an agent brings is told instead
    if asks.beyond and how.same is None and near is None:
        asks = replace(asks, untold=True)
    near = near or (how.perhaps if asks.untold else None)
    told, faqs = faqs_of(catalogue, found, scope, lang, today, how.order, how.same or near)
    materials = materials_of(found, scope, lang)
    words, first = headline(shown, facet, asks, how, told, materials)
    several = asks.facets if len(asks.facets) > 1 else (first,)
    claims = _told(told) + _claims(catalogue, found, scope, lang, several, today)
    rows = compare(catalogue, item, lang=lang, today=today)
    different = [row for row in rows if row.differs]
    ways = ways_of(catalogue, found, scope, lang, today)
    return AnswerCard(
        lang=lang,
        code=item.item_id,
        name=item.name,
        city=scope,
        facet=asked,
        headline=shown.away() if away else words,
        summary=item.summary.in_(lang),
        claims=claims,
        comparison=rows if city is None or different else [],
        differences=different,
        materials=materials,
        channels=channel_lines(ways, lang, several=len(in_scope(found, scope)) > 1),
        jurisdiction=None if asked == "which_city" else shown.jurisdiction(),
        result=item.result.in_(lang) if item.result else None,
        marks=marks_of(found, scope, lang),
        changes=changes_of(catalogue, found, scope, lang, today),
        ways=ways,
        steps=steps_of(found, scope, lang),
        faqs=told + faqs,
        phones=phones_of(found, scope),
        actions=_actions(catalogue, shown, asked, today),
        as_of=item.as_of.isoformat(),
        status=item.status,
        disclaimer=_disclaimer(claims, found, scope, lang),
        list_version=catalogue.version,
    )


def _told(told: list[FaqLine]) -> list[Claim]:
    """Its source, as of every other sentence of the card."""
    return [
        Claim(
            text=line.answer,
            source=line.source,
            as_of=line.as_of,
            status=line.status,
            facet="overview",
            city=line.city,
        )
        for line in told
    ]


def _claims(
    catalogue: Catalogue,
    found: Sides,
    scope: Scope,
    lang: Lang,
    asked: tuple[Facet, ...],
    today: dt.date,
) -> list[Claim]:
    """Sourced sentences, the asked facet first; equal ones of both cities are one claim."""
    cities: dict[Statement, list[City]] = {}
    for city, item, variant in in_scope(found, scope):
        visits = [
            visit_statement(offer, lang) for offer in visits_for(catalogue, item, city, today)
        ]
        for statement in [*statements(variant, lang), *visits]:
            cities.setdefault(statement, []).append(city)
    everywhere = len(in_scope(found, "both"))
    ordered = sorted(cities, key=lambda s: asked.index(s.facet) if s.facet in asked else len(asked))
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


def _disclaimer(claims: list[Claim], found: Sides, scope: Scope, lang: Lang) -> str | None:
    statuses = {claim.status for claim in claims}
    for _, _, variant in in_scope(found, scope):
        statuses.update(material.status for material in variant.materials)
    return text("knowledge.disclaimer", lang) if "to_confirm" in statuses else None


def _actions(catalogue: Catalogue, shown: Shown, asked: Facet, today: dt.date) -> list[Action]:
    """What is likely next: other facts, the other city, the checklist, related, report, a person."""
    item, found, scope, lang = shown.item, shown.found, shown.scope, shown.lang
    code = item.item_id
    city: City | None = None if scope == "both" else scope
    actions = []
    if shown.progress is not None:
        name = catalogue.items[shown.progress.code].name.in_(lang)
        actions.append(Action(title=name, token=ask_item(shown.progress.code, city=city)))
    actions += [
        Action(
            title=text(f"knowledge.ask.{facet}", lang),
            token=ask_item(code, facet=facet, city=city),
        )
        for facet in _OFFERED
        if facet != asked and shown.fact(facet)
    ][:4]
    if city is not None:
        other: City = "dongguan" if city == "shenzhen" else "shenzhen"
        side = found[other]
        if side is not None:
            title = text("knowledge.ask.other_city", lang, city=city_name(other, lang))
            token = ask_item(side[0].item_id, facet=asked, city=other)
            actions.append(Action(title=title, token=token))
    if centres.anywhere(catalogue, centres.Wish(city=city, item=item), today):
        token = payload("ask_item", code=code, view="centres", city=city)
        places = Action(title=text("knowledge.ask.centres", lang), token=token)
        actions.insert(0 if asked == "where" else len(actions), places)
    if any(variant.materials for _, _, variant in in_scope(found, scope)):
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
