"""Comparisons as cards: the two cities' rules for a matter, or two matters. Pure.

What differs comes first, what is the same is told in one sentence, and every cell has its source.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.cards import (
    CITIES,
    Action,
    City,
    CompareCard,
    CompareCell,
    CompareColumn,
    CompareRow,
    Facet,
)
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.differences import differs, sides
from knowledge.facts import FACETS, city_name, facet_label, join, provenance, value, weakest
from knowledge.guide import in_scope, source_of
from knowledge.model import Fact, ServiceItem, Variant
from knowledge.payloads import ask_item, payload


@dataclass(frozen=True)
class _Side:
    """One column."""

    title: str
    item: ServiceItem
    city: City | None
    variants: tuple[tuple[City, Variant], ...]


def compare_cities(
    catalogue: Catalogue, item: ServiceItem, *, facet: Facet | None, lang: Lang, today: dt.date
) -> CompareCard | None:
    """The two cities' rules side by side; None where only one city handles the matter."""
    found = sides(catalogue, item, today)
    columns = [
        _Side(city_name(city, lang), side[0], city, ((city, side[1]),))
        for city in CITIES
        if (side := found[city]) is not None
    ]
    if len(columns) < 2:
        return None
    title = text("knowledge.compare.cities", lang, name=_common_name(columns, lang))
    return _card(catalogue, columns, title, item.jurisdiction.text.in_(lang), facet, lang)


def compare_items(
    catalogue: Catalogue,
    items: tuple[ServiceItem, ServiceItem],
    *,
    city: City | None,
    facet: Facet | None,
    lang: Lang,
    today: dt.date,
) -> CompareCard:
    """Two matters side by side, in `city` where both are handled there, else in both."""
    columns: list[_Side] = []
    for item in items:
        found = sides(catalogue, item, today)
        scope = city if city is not None and found[city] is not None else None
        shown = in_scope(found, scope or "both")
        columns.append(
            _Side(item.name.in_(lang), item, scope, tuple((c, variant) for c, _, variant in shown))
        )
    names = [column.title for column in columns]
    title = text("knowledge.compare.items", lang, a=names[0], b=names[1])
    return _card(catalogue, columns, title, None, facet, lang)


def _common_name(columns: list[_Side], lang: Lang) -> str:
    names = list(dict.fromkeys(column.item.name.in_(lang) for column in columns))
    return " / ".join(names)


def _card(
    catalogue: Catalogue,
    columns: list[_Side],
    title: str,
    jurisdiction: str | None,
    facet: Facet | None,
    lang: Lang,
) -> CompareCard:
    rows = [row for one in FACETS if (row := _row(catalogue, columns, one, lang)) is not None]
    if columns[0].item.item_id != columns[1].item.item_id:
        rows.insert(0, _about(catalogue, columns, lang))
    rows.sort(key=lambda row: (row.facet != facet, not row.differs))
    cells = [cell for row in rows for cell in row.cells]
    status = weakest(cell.status for cell in cells if cell.status is not None)
    return CompareCard(
        lang=lang,
        title=title,
        headline=_headline(rows, lang),
        columns=[
            CompareColumn(title=column.title, code=column.item.item_id, city=column.city or "both")
            for column in columns
        ],
        rows=rows,
        jurisdiction=jurisdiction,
        actions=_actions(columns, facet, lang),
        as_of=min(column.item.as_of for column in columns).isoformat(),
        status=status,
        disclaimer=text("knowledge.disclaimer", lang) if status == "to_confirm" else None,
        list_version=catalogue.version,
    )


def _about(catalogue: Catalogue, columns: list[_Side], lang: Lang) -> CompareRow:
    """What each matter is for; a summary is the item's own, with the item's sources."""
    return CompareRow(
        facet="overview",
        label=text("knowledge.about_label", lang),
        cells=[
            CompareCell(
                text=column.item.summary.in_(lang),
                sources=[source_of(catalogue, one, lang) for one in column.item.sources],
                as_of=column.item.as_of.isoformat(),
                status=column.item.status,
            )
            for column in columns
        ],
        differs=True,
    )


def _row(catalogue: Catalogue, columns: list[_Side], facet: Facet, lang: Lang) -> CompareRow | None:
    texts = [_text(column, facet, lang) for column in columns]
    if not any(texts):
        return None
    return CompareRow(
        facet=facet,
        label=facet_label(facet, lang),
        cells=[
            _cell(catalogue, column, words, facet, lang)
            for column, words in zip(columns, texts, strict=True)
        ],
        differs=differs(*texts),
    )


def _text(column: _Side, facet: Facet, lang: Lang) -> str | None:
    """What a column says; each city's where its two cities differ."""
    said = {city: value(variant, facet, lang) for city, variant in column.variants}
    given = {city: words for city, words in said.items() if words}
    if not given:
        return None
    if len(set(given.values())) == 1:
        return next(iter(given.values()))
    return join(
        [
            text("knowledge.named", lang, name=city_name(city, lang), value=words)
            for city, words in given.items()
        ],
        lang,
    )


def _cell(
    catalogue: Catalogue, column: _Side, words: str | None, facet: Facet, lang: Lang
) -> CompareCell:
    facts: list[Fact] = [fact for _, v in column.variants for fact in provenance(v, facet)]
    if words is None:
        return CompareCell(text=None)
    if not facts:  # the department's name: the item's own
        return CompareCell(
            text=words,
            sources=[source_of(catalogue, one, lang) for one in column.item.sources],
            as_of=column.item.as_of.isoformat(),
            status=column.item.status,
        )
    return CompareCell(
        text=words,
        sources=[
            source_of(catalogue, one, lang) for one in dict.fromkeys(fact.source for fact in facts)
        ],
        as_of=min(fact.as_of for fact in facts).isoformat(),
        status=weakest(fact.status for fact in facts),
    )


def _headline(rows: list[CompareRow], lang: Lang) -> str:
    def labels(different: bool) -> list[str]:
        return [r.label for r in rows if r.differs == different and r.facet != "overview"]

    apart, same = labels(True), labels(False)
    parts: list[str] = []
    if apart:
        listed = join(apart, lang, listing=True)
        parts.append(text("knowledge.compare.apart", lang, count=len(apart), list=listed))
    if same:
        listed = join(same, lang, listing=True)
        parts.append(text("knowledge.compare.same", lang, list=listed))
    return join(parts, lang) + ("。" if lang == "zh" else ".") if parts else ""


def _actions(columns: list[_Side], facet: Facet | None, lang: Lang) -> list[Action]:
    actions = [
        Action(
            title=text("knowledge.ask.details", lang, name=column.title),
            token=ask_item(column.item.item_id, facet=facet, city=column.city),
        )
        for column in columns
    ]
    codes = dict.fromkeys(column.item.item_id for column in columns)
    report = payload("report_outdated", code=",".join(codes))
    return [
        *actions,
        Action(title=text("knowledge.ask.report", lang), kind="report", token=report),
        Action(title=text("knowledge.ask.person", lang), kind="handoff"),
    ]
