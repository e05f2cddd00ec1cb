"""Builds the answer card of one item: the asked fact first, both cities, sources, what is next.

Pure: item, city, facet and day in, card out. Every sentence comes from the list. Tokens are raw
payloads (`/ask_item{"code":…}`), which the gateway signs.
"""

from __future__ import annotations

import datetime as dt

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
from knowledge.catalogue import Catalogue, one_city
from knowledge.differences import compare, sides
from knowledge.facets import facets_of
from knowledge.facts import (
    Statement,
    city_name,
    facet_label,
    join,
    statements,
    value,
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
from knowledge.jurisdiction import told_as
from knowledge.model import DecidingFact, ServiceItem
from knowledge.payloads import ask_item, payload

_OFFERED: tuple[Facet, ...] = ("documents", "time", "fee", "where", "eligibility", "steps")
_OPEN: tuple[Facet | None, ...] = (None, "eligibility")
"""Asked for no other fact than whether, or what if."""
_PLACES = frozenset({"window", "kiosk", "bank", "door"})
"""Channels that one goes to."""


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
    away: bool = False,
    facets: tuple[Facet, ...] = (),
) -> AnswerCard:
    """The card of item `code`; raises `NotFound` for an unknown code.

    With `city`, that city's facts; where the item does not serve it, its sister item's card. Without,
    both cities side by side. `decided_by`: the fact that settled the city, for the "because".
    `asked_faqs`: the item's frequent questions in the light of what was asked. Where one is what was
    asked, its answer leads; where one is near and no other fact was asked for, it leads with its
    question; where none is, "may I" is answered with the conditions and any other yes or no with the
    summary. `away`: the deciding fact lies in neither city. `facets`: every fact asked for, in the order of
    the words, where they are more than `facet`.
    """
    item = catalogue.get(code)
    found = sides(catalogue, item, today)
    if city is not None and found[city] is None:
        city = None  # handled in the other city only: the card says so
    elif city is not None and (serving := found[city]) is not None:
        item = serving[0]
    asked = facet or "overview"
    scope: Scope = city or one_city_scope(item, found)
    how = asked_faqs or NOT_ASKED
    near = how.near if facet in _OPEN else None
    told, faqs = faqs_of(catalogue, found, scope, lang, today, how.order, how.same or near)
    rows = compare(catalogue, item, lang=lang, today=today)
    different = [row for row in rows if row.differs]
    led = _led(told, scope, lang, named=near is not None)
    first = asked
    if not led and facet is None and how.may:
        led, first = _conditions(found, scope, lang), "eligibility"
    elif not led and facet is None and how.whether:
        led = item.summary.in_(lang)
    several = facets if len(facets) > 1 else (first,)
    shown = _told(told) + _claims(catalogue, found, scope, lang, several, today)
    ways = ways_of(catalogue, found, scope, lang, today)
    materials = materials_of(found, scope, lang)
    return AnswerCard(
        lang=lang,
        code=item.item_id,
        name=item.name,
        city=scope,
        facet=asked,
        headline=(
            _away(item, lang)
            if away
            else _led_with(led, told, item, found, scope, facets, decided_by, lang)
        )
        or _headline(item, found, scope, asked, decided_by, lang),
        summary=item.summary.in_(lang),
        claims=shown,
        comparison=rows if city is None or different else [],
        differences=different,
        materials=materials,
        channels=channel_lines(ways, lang, several=len(in_scope(found, scope)) > 1),
        jurisdiction=None if asked == "which_city" else jurisdiction(item, scope, decided_by, lang),
        result=item.result.in_(lang) if item.result else None,
        marks=marks_of(found, scope, lang),
        changes=changes_of(catalogue, found, scope, lang, today),
        ways=ways,
        steps=steps_of(found, scope, lang),
        faqs=told + faqs,
        phones=phones_of(found, scope),
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


def _led(told: list[FaqLine], scope: Scope, lang: Lang, *, named: bool) -> str:
    """The answer to the frequent question that was asked, with that question where it is `named`; empty
    where none was."""
    if not told:
        return ""
    if len(told) == 1 and told[0].city in ("both", scope):
        answer = told[0].answer
    else:
        cities = [
            text("knowledge.named", lang, name=city_name(line.city, lang), value=line.answer)
            for line in told
            if line.city != "both"
        ]
        answer = join(cities, lang)
    if not named:
        return answer
    return text("knowledge.nearest_faq", lang, question=told[0].question, answer=answer)


def _away(item: ServiceItem, lang: Lang) -> str:
    """That neither city is where it is filed, with the rule."""
    key = f"knowledge.away.{item.jurisdiction.deciding_fact}"
    return text(key, lang, rule=item.jurisdiction.text.in_(lang))


def _conditions(found: Sides, scope: Scope, lang: Lang) -> str:
    """What the list has for a case it does not speak of; empty where it has no conditions."""
    words = _fact(found, scope, "eligibility", lang)
    return text("knowledge.see_conditions", lang, value=words) if words else ""


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


def _headline(
    item: ServiceItem,
    found: Sides,
    scope: Scope,
    facet: Facet,
    decided_by: DecidingFact | None,
    lang: Lang,
) -> str:
    """The asked fact in one line; for an overview the three facts people need first."""
    if facet == "which_city":
        return jurisdiction(item, scope, decided_by, lang)
    if facet == "eligibility":
        # "can I, from the other city?": where no condition is listed, the rule of jurisdiction tells.
        return _fact(found, scope, facet, lang) or item.jurisdiction.text.in_(lang)
    if facet != "overview":
        return _fact(found, scope, facet, lang) or text(
            "knowledge.nothing_on", lang, facet=facet_label(facet, lang)
        )
    facts: list[str] = []
    wanted: tuple[Facet, ...] = ("time", "fee") if scope == "both" else ("channels", "time", "fee")
    for one in wanted:
        words = _fact(found, scope, one, lang)
        if words:
            facts.append(text("knowledge.named", lang, name=facet_label(one, lang), value=words))
    return " · ".join(facts) or item.summary.in_(lang)


def _led_with(
    led: str,
    told: list[FaqLine],
    item: ServiceItem,
    found: Sides,
    scope: Scope,
    facets: tuple[Facet, ...],
    decided_by: DecidingFact | None,
    lang: Lang,
) -> str:
    """What leads, with each asked fact that it does not tell (「能领多少，多久到账」); empty where one fact
    alone was asked."""
    if not led and len(facets) < 2:
        return ""
    told_of = {facet for line in told for facet in facets_of(line.question)}
    parts = [
        text(
            "knowledge.named", lang, name=facet_label(facet, lang),
            value=_headline(item, found, scope, facet, decided_by, lang),
        )
        for facet in facets
        if facet not in told_of
    ]  # fmt: skip
    return " · ".join([*([led] if led else []), *parts])


def _fact(found: Sides, scope: Scope, facet: Facet, lang: Lang) -> str | None:
    """A facet's value: one text where the cities agree, else each city's."""
    values = {
        city: words
        for city, _, variant in in_scope(found, scope)
        if (words := value(variant, facet, lang))
    }
    if not values:
        return None
    texts = list(dict.fromkeys(values.values()))
    if len(texts) == 1:
        return texts[0]
    return join(
        [
            text("knowledge.named", lang, name=city_name(city, lang), value=words)
            for city, words in values.items()
        ],
        lang,
    )


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


def jurisdiction(
    item: ServiceItem, scope: Scope, decided_by: DecidingFact | None, lang: Lang
) -> str:
    """Where to file: "in X, because Y" where the deciding fact is known, then the list's rule."""
    rule = item.jurisdiction.text.in_(lang)
    if scope == "both" or decided_by in (None, "none"):
        return rule
    key = f"knowledge.because.{told_as(item, decided_by)}"
    reason = text(key, lang, city=city_name(scope, lang))
    return f"{reason}{rule}" if lang == "zh" else f"{reason} {rule}"


def _disclaimer(shown: list[Claim], found: Sides, scope: Scope, lang: Lang) -> str | None:
    statuses = {claim.status for claim in shown}
    for _, _, variant in in_scope(found, scope):
        statuses.update(material.status for material in variant.materials)
    return text("knowledge.disclaimer", lang) if "to_confirm" in statuses else None


def _goes_somewhere(found: Sides, scope: Scope) -> bool:
    return any(
        offer.channel in _PLACES
        for _, _, variant in in_scope(found, scope)
        for offer in variant.channels
    )


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
        if facet != asked and _fact(found, scope, facet, lang)
    ][:4]
    if city is not None:
        other: City = "dongguan" if city == "shenzhen" else "shenzhen"
        side = found[other]
        if side is not None:
            title = text("knowledge.ask.other_city", lang, city=city_name(other, lang))
            token = ask_item(side[0].item_id, facet=asked, city=other)
            actions.append(Action(title=title, token=token))
    if catalogue.centres and _goes_somewhere(found, scope):
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
