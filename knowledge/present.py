"""The list as the API shows it: plain JSON-ready dictionaries. Pure; no search, no cards."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from core.cards import CITIES, City
from core.clock import CITY_TZ
from core.errors import InvalidInput
from core.i18n import Lang
from knowledge.catalogue import Catalogue, one_city
from knowledge.centres import Wish, find
from knowledge.changes import Change, coming
from knowledge.differences import compare
from knowledge.facts import exists, in_force, on_day
from knowledge.model import ServiceItem

MAX_PAGE_SIZE = 200


def _bare(value: Any) -> Any:
    """JSON without the null fields."""
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    return value


def service_json(
    item: ServiceItem,
    catalogue: Catalogue,
    *,
    lang: Lang = "zh",
    today: dt.date | None = None,
) -> dict[str, Any]:
    """One item with what applies in each city on `today` (default: the current day there).

    Shape of `GET /api/v1/services/{code}`; a city that does not handle the item is null; every fact
    keeps its `status`, `source` and `as_of`. `comparison`, `differences` (the rows of it that differ)
    and `changes` (what starts or ends within 90 days) are in `lang`, everything else in both languages.
    `bundles` and `centres` are the ids of those it belongs to and is handled at.
    """
    today = today or dt.datetime.now(CITY_TZ).date()
    rows = compare(catalogue, item, lang=lang, today=today)
    cities: dict[str, Any] = {}
    for city in CITIES:
        variant = on_day(item, city, today)
        cities[city] = _bare(variant.model_dump(mode="json")) if variant is not None else None
    return {
        "code": item.item_id,
        "domain": item.domain,
        "name": item.name.model_dump(),
        "aliases": {"zh": list(item.aliases.zh), "en": list(item.aliases.en)},
        "summary": item.summary.model_dump(),
        "result": item.result.model_dump() if item.result else None,
        "audience": list(item.audience),
        "cross_city_modes": list(item.cross_city_modes),
        "same_standard": _bare(item.same_standard.model_dump(mode="json")),
        "jurisdiction": item.jurisdiction.model_dump(mode="json"),
        "cities": cities,
        "comparison": [row.model_dump() for row in rows],
        "differences": [row.model_dump() for row in rows if row.differs],
        "sister": catalogue.sister(item.item_id),
        "faqs": [
            _bare(faq.model_dump(mode="json", exclude={"said", "in_context"}))
            for faq in in_force(item.faqs, today)
        ],
        "changes": {
            city: [_change(change) for change in coming(item, city, today, lang)] for city in CITIES
        },
        "offered": exists(item, today),
        "valid_from": item.valid_from.isoformat() if item.valid_from else None,
        "valid_to": item.valid_to.isoformat() if item.valid_to else None,
        "next_review": item.next_review.isoformat() if item.next_review else None,
        "door_to_door": [
            _bare(offer.model_dump(mode="json"))
            for offer in in_force(catalogue.door_offers.values(), today)
            if item.item_id in offer.items
        ],
        "bundles": [
            bundle.id
            for bundle in in_force(catalogue.bundles.values(), today)
            if any(step.item == item.item_id for step in bundle.steps)
        ],
        "centres": sorted(place.centre.id for place in find(catalogue, Wish(item=item), today)),
        "related": [code for code in item.related if code in catalogue.items],
        "sources": [
            _bare(catalogue.sources[source].model_dump(mode="json")) for source in item.sources
        ],
        "as_of": item.as_of.isoformat(),
        "status": item.status,
        "list_version": catalogue.version,
    }


def _change(change: Change) -> dict[str, Any]:
    fact = change.fact
    return {
        "on": change.on.isoformat(), "facet": change.facet, "text": change.text,
        "source": fact.source, "status": fact.status, "as_of": fact.as_of.isoformat(),
    }  # fmt: skip


def brief_json(item: ServiceItem) -> dict[str, Any]:
    """One line of the list."""
    only = one_city(item)
    return {
        "code": item.item_id,
        "domain": item.domain,
        "name": item.name.model_dump(),
        "summary": item.summary.model_dump(),
        "cities": [only] if only else list(CITIES),
        "cross_city_modes": list(item.cross_city_modes),
        "as_of": item.as_of.isoformat(),
        "status": item.status,
    }


def _offers(item: ServiceItem, channel: str, city: City | None) -> bool:
    for place in CITIES if city is None else (city,):
        variant = item.variant(place)
        if variant is not None and any(offer.channel == channel for offer in variant.channels):
            return True
    return False


def list_services(
    catalogue: Catalogue,
    *,
    city: City | None = None,
    domain: str | None = None,
    channel: str | None = None,
    mode: str | None = None,
    page: int = 1,
    page_size: int = 20,
) -> dict[str, Any]:
    """One page of the list, in code order; unknown filter values simply match nothing.

    `{"items", "page", "page_size", "total", "pages", "list_version"}`. Raises `InvalidInput` for a
    page below 1 or a page size outside 1..200.
    """
    if page < 1 or not 1 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidInput(details={"page": page, "page_size": page_size, "max": MAX_PAGE_SIZE})
    chosen = [
        item
        for item in catalogue.items.values()
        if (city is None or item.cities[city] is not None)
        and (domain is None or item.domain == domain)
        and (mode is None or mode in item.cross_city_modes)
        and (channel is None or _offers(item, channel, city))
    ]
    start = (page - 1) * page_size
    return {
        "items": [brief_json(item) for item in chosen[start : start + page_size]],
        "page": page,
        "page_size": page_size,
        "total": len(chosen),
        "pages": max(1, math.ceil(len(chosen) / page_size)),
        "list_version": catalogue.version,
    }
