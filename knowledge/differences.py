"""The two-city table: computed from the list on a day, never typed.

A row differs when the two cities' values differ once the cities' own names are taken out (「深圳市公
积金中心」 against 「东莞市公积金中心」 is the same answer in each city). A one-city item is compared with
its sister item of the other city, where there is one.
"""

from __future__ import annotations

import datetime as dt
import re

from core.cards import CITIES, City, Comparison, Facet
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.facts import FACETS, facet_label, on_day, value
from knowledge.model import ServiceItem, Variant
from knowledge.text import squash

_OWN_NAME = re.compile(r"深圳市?|东莞市?|shenzhen|dongguan|i深圳|i莞家|ishenzhen", re.IGNORECASE)


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
        a, b = value(left[1], facet, lang), value(right[1], facet, lang)
        if a is None and b is None:
            continue
        rows.append(
            Comparison(
                facet=facet,
                label=facet_label(facet, lang),
                shenzhen=a or blank,
                dongguan=b or blank,
                differs=differs(a, b),
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
    return differs(value(left[1], facet, "zh"), value(right[1], facet, "zh"))


def differs(a: str | None, b: str | None) -> bool:
    """Whether two values say different things to a resident."""
    return _bare(a) != _bare(b)


def _bare(words: str | None) -> str:
    return squash(_OWN_NAME.sub("", (words or "").lower()))
