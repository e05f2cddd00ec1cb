"""Comparisons as cards: the two cities' rules for a matter, or two matters. Pure.

What differs comes first, what is the same is told in one sentence, and every cell has its source. What
only the list says alike, with no city having confirmed it, is not called the same, and what one side alone
states is not called different.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

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
from knowledge.differences import aligned, differs, sides
from knowledge.facts import (
    FACETS,
    city_name,
    facet_label,
    join,
    name_of_both,
    provenance,
    value,
    weakest,
)
from knowledge.guide import in_scope, source_of
from knowledge.lexicon import ELSEWHERE
from knowledge.model import Fact, ServiceItem, Variant
from knowledge.payloads import ask_item, payload


@dataclass(frozen=True)
class _Side:
    """One column."""

    title: str
    item: ServiceItem
    city: City | None
    variants: tuple[tuple[City, Variant], ...]


@dataclass(frozen=True)
class Wanted:
    """What is asked of a comparison."""

    facet: Facet | None = None
    """The fact asked for, which comes first."""
    ranks: bool = False
    """Whether it asks which of the two is the more of something."""


_UNKNOWN = re.compile("|".join(("确认", "为准", "指南", *ELSEWHERE)))
"""By the guide of one place, or to be asked first."""
_ONE_LINE: frozenset[Facet] = frozenset(("time", "fee"))
"""Facts short enough to be told in the headline."""


def compare_cities(
    catalogue: Catalogue, item: ServiceItem, *, wanted: Wanted, lang: Lang, today: dt.date
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
    name = name_of_both(item, lang) if _two_matters(columns) else item.name.in_(lang)
    title = text("knowledge.compare.cities", lang, name=name)
    return _card(catalogue, columns, title, _rules(columns, lang), wanted, lang)


def compare_items(
    catalogue: Catalogue,
    items: tuple[ServiceItem, ServiceItem],
    *,
    city: City | None,
    wanted: Wanted,
    lang: Lang,
    today: dt.date,
) -> CompareCard:
    """Two matters side by side, in `city` where both are handled there, else in both."""
    columns: list[_Side] = []
    for item in items:
        found = sides(catalogue, item, today)
        side = found[city] if city is not None else None
        shown = in_scope(found, city if side is not None and city is not None else "both")
        serving = item if side is None else side[0]
        name = serving.name.in_(lang)
        if len({one.item_id for _, one, _ in shown}) > 1:
            name = name_of_both(serving, lang)
        scope = None if side is None else city
        columns.append(_Side(name, serving, scope, tuple((c, one) for c, _, one in shown)))
    names = [column.title for column in columns]
    title = text("knowledge.compare.items", lang, a=names[0], b=names[1])
    return _card(catalogue, columns, title, None, wanted, lang)


def _two_matters(columns: list[_Side]) -> bool:
    return columns[0].item.item_id != columns[1].item.item_id


def _rules(columns: list[_Side], lang: Lang) -> str:
    """Where one files: the matter's rule, or each city's own, a line each."""
    if not _two_matters(columns):
        return columns[0].item.jurisdiction.text.in_(lang)
    return "\n".join(
        text("knowledge.named", lang, name=one.title, value=one.item.jurisdiction.text.in_(lang))
        for one in columns
    )


def _card(
    catalogue: Catalogue,
    columns: list[_Side],
    title: str,
    jurisdiction: str | None,
    wanted: Wanted,
    lang: Lang,
) -> CompareCard:
    columns = _in_one_order(columns)
    rows = [row for one in FACETS if (row := _row(catalogue, columns, one, lang)) is not None]
    if _two_matters(columns):
        rows.insert(0, _about(catalogue, columns, lang))
    rows.sort(key=lambda row: (row.facet != wanted.facet, not row.differs))
    cells = [cell for row in rows for cell in row.cells]
    status = weakest(cell.status for cell in cells if cell.status is not None)
    return CompareCard(
        lang=lang,
        title=title,
        headline=_headline(columns, rows, wanted, lang),
        columns=[
            CompareColumn(title=column.title, code=column.item.item_id, city=column.city or "both")
            for column in columns
        ],
        rows=rows,
        jurisdiction=jurisdiction,
        actions=_actions(columns, wanted.facet, lang),
        as_of=min(column.item.as_of for column in columns).isoformat(),
        status=status,
        disclaimer=text("knowledge.disclaimer", lang) if status == "to_confirm" else None,
        list_version=catalogue.version,
    )


def _in_one_order(columns: list[_Side]) -> list[_Side]:
    """The columns with their documents, channels and conditions in the order of the first."""
    first = columns[0].variants[0][1]
    return [
        replace(
            column,
            variants=tuple((city, aligned(first, variant)) for city, variant in column.variants),
        )
        for column in columns
    ]


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
        differs=all(texts) and differs(*(_text(column, facet, "zh") for column in columns)),
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


def _headline(columns: list[_Side], rows: list[CompareRow], wanted: Wanted, lang: Lang) -> str:
    """The answer, as far as the list has it, then what differs, what is the same, what is not known: a line
    each."""
    apart = [row.label for row in rows if row.differs]
    blank = [row.label for row in rows if not all(cell.text for cell in row.cells)]
    alike = [row for row in rows if not row.differs and row.label not in blank]
    same = [row.label for row in alike if _confirmed(columns, row)]
    unsure = [row.label for row in alike if row.label not in same]
    parts: list[str] = []
    if apart:
        listed = join(apart, lang, listing=True)
        parts.append(text("knowledge.compare.apart", lang, count=len(apart), list=listed))
    for key, labels in (("same", same), ("unsure", unsure), ("blank", blank)):
        if labels:
            listed = join(labels, lang, listing=True)
            parts.append(text(f"knowledge.compare.{key}", lang, list=listed))
    told = "\n".join(_sentence([part], lang) for part in parts)
    return _answered(columns, rows, told, wanted, lang)


def _sentence(parts: list[str], lang: Lang) -> str:
    words = join(parts, lang)
    return words[:1].upper() + words[1:] + ("。" if lang == "zh" else ".")


def _confirmed(columns: list[_Side], row: CompareRow) -> bool:
    """Whether the list knows what the row says: of these cities, and without a word to ask them first."""
    told = [_text(column, row.facet, "zh") or "" for column in columns]
    return all(cell.status != "to_confirm" for cell in row.cells) and not any(
        map(_UNKNOWN.search, told)
    )


def _answered(
    columns: list[_Side], rows: list[CompareRow], told: str, wanted: Wanted, lang: Lang
) -> str:
    """`told` after what was asked: a short fact of both sides, or that the list does not say which is the
    more."""
    facet = wanted.facet
    if facet is not None and facet in _ONE_LINE:
        row = next((row for row in rows if row.facet == facet), None)
        if row is None:
            first = text("knowledge.nothing_on", lang, facet=facet_label(facet, lang))
        else:
            blank = text("knowledge.not_stated", lang)
            both = [
                text("knowledge.named", lang, name=column.title, value=cell.text or blank)
                for column, cell in zip(columns, row.cells, strict=True)
            ]
            first = text("knowledge.named", lang, name=row.label, value=_sentence(both, lang))
        return f"{first}\n{told}"
    if not wanted.ranks:
        return told
    return text("knowledge.not_told", lang, value="").strip() + f"\n{told}"


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
