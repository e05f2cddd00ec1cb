"""The two-city table: computed from the list on a day, never typed.

A row differs when the two cities' values differ once the cities' own names are taken out (「深圳市公
积金中心」 against 「东莞市公积金中心」 is the same answer in each city); in which order a city lists its
documents says nothing. The Chinese texts decide, so that both languages say the same. A one-city item is
compared with its sister item of the other city, where there is one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.cards import CITIES, City, Comparison, Facet, LocalText
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.facts import FACETS, facet_label, on_day, value
from knowledge.model import ServiceItem, Variant
from knowledge.text import squash

_OWN_NAME = re.compile(
    r"(深圳|东莞)(市|各区|各镇街)?|shenzhen|dongguan|i深圳|i莞家|ishenzhen", re.IGNORECASE
)
_T = TypeVar("_T")


def sides(
    catalogue: Catalogue, item: ServiceItem, today: dt.date
) -> dict[City, tuple[ServiceItem, Variant] | None]:
    """For each city the item that serves it (itself or its sister) with what applies today."""
    out: dict[City, tuple[ServiceItem, Variant] | None] = {}
    other = catalogue.sister(item.item_id)
    for city in CITIES:
        serving = item
        if item.cities[city] is None and other is not None:
            serving = catalogue.items[other]
        variant = on_day(serving, city, today)
        out[city] = (serving, variant) if variant is not None else None
    return out


def compare(
    catalogue: Catalogue, item: ServiceItem, *, lang: Lang, today: dt.date
) -> list[Comparison]:
    """All rows of the table; a matter of one city alone has the single row that says so."""
    found = sides(catalogue, item, today)
    left, right = found["shenzhen"], found["dongguan"]
    if left is None or right is None:
        yes = text("knowledge.handled", lang)
        return [
            Comparison(
                facet="which_city",
                label=text("knowledge.handled_label", lang),
                shenzhen=yes if left else None,
                dongguan=yes if right else None,
                differs=True,
            )
        ]
    first, second = left[1], aligned(left[1], right[1])
    rows: list[Comparison] = []
    if left[0].item_id != right[0].item_id:
        names = [f"{side[0].name.in_(lang)} ({side[0].item_id})" for side in (left, right)]
        rows.append(
            Comparison(
                facet="overview",
                label=text("knowledge.matter_label", lang),
                shenzhen=names[0],
                dongguan=names[1],
                differs=True,
            )
        )
    blank = text("knowledge.not_stated", lang)
    for facet in FACETS:
        if facet == "steps":
            continue  # too long for a table; steps are in the claims
        a, b = value(first, facet, lang), value(second, facet, lang)
        if a is None and b is None:
            continue
        rows.append(
            Comparison(
                facet=facet,
                label=facet_label(facet, lang),
                shenzhen=a or blank,
                dongguan=b or blank,
                differs=apart(first, second, facet),
            )
        )
    return rows


def facet_differs(catalogue: Catalogue, item: ServiceItem, facet: Facet, today: dt.date) -> bool:
    """Whether the two cities answer `facet` differently; False where only one handles the matter."""
    found = sides(catalogue, item, today)
    left, right = found["shenzhen"], found["dongguan"]
    if left is None or right is None:
        return False
    if facet == "which_city" or left[0].item_id != right[0].item_id:
        return True
    return apart(left[1], aligned(left[1], right[1]), facet)


def apart(first: Variant, second: Variant, facet: Facet) -> bool:
    """Whether two variants, listed in one order, say different things of `facet`."""
    return differs(value(first, facet, "zh"), value(second, facet, "zh"))


def aligned(first: Variant, second: Variant) -> Variant:
    """`second` with those of its documents, fees, channels and conditions that `first` has, too, in the order
    of `first`; where the others stand stays as it is."""
    lists = {
        "materials": _in_order(first.materials, second.materials, lambda one: one.name),
        "fees": _in_order(first.fees, second.fees, lambda one: one.name),
        "channels": _in_order(first.channels, second.channels, lambda one: one.name),
        "conditions": _in_order(first.conditions, second.conditions, lambda one: one.text),
        "exclusions": _in_order(first.exclusions, second.exclusions, lambda one: one.text),
    }
    return second.model_copy(update=lists)


def _in_order(
    first: Sequence[_T], second: Sequence[_T], named: Callable[[_T], LocalText]
) -> list[_T]:
    at = {_bare(named(one).zh): place for place, one in enumerate(first)}
    both = [one for one in second if _bare(named(one).zh) in at]
    common = iter(sorted(both, key=lambda one: at[_bare(named(one).zh)]))
    return [next(common) if _bare(named(one).zh) in at else one for one in second]


def differs(a: str | None, b: str | None) -> bool:
    """Whether two values say different things to a resident."""
    return _bare(a) != _bare(b)


def _bare(words: str | None) -> str:
    return squash(_OWN_NAME.sub("", (words or "").lower()))
