"""What of the list is exported: some items, one city, one language, without what is internal. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from core.cards import City
from core.i18n import Lang
from knowledge.catalogue import Catalogue, Record, UnknownService, make_catalogue
from knowledge.model import Bundle, Centre, DoorToDoorOffer, LiaisonContact, SourceRecord


def choose(
    catalogue: Catalogue,
    *,
    codes: Iterable[str] = (),
    city: City | None = None,
    internal: bool = False,
) -> Catalogue:
    """The list cut down; without arguments everything but internal contacts.

    `codes`: only these items with their sources, and the bundles all of whose items are among them.
    `city`: items that city handles and its places. Items stay whole, so that a part that is imported
    again takes nothing away. Raises `UnknownService`.
    """
    wanted = {code.strip().upper() for code in codes}
    for code in sorted(wanted):
        if code not in catalogue.items:
            raise UnknownService(code[:40])
    items = [
        item
        for item in catalogue.items.values()
        if (not wanted or item.item_id in wanted) and catalogue.handles(item.item_id, city)
    ]
    kept = {item.item_id for item in items}
    used = {source for item in items for source in item.sources} if wanted else None
    records: list[Record] = [*items]
    for kind, found in catalogue.records.items():
        if kind != "item":
            records += [
                record
                for record in found.values()
                if _belongs(record, kept, city, internal=internal, used=used)
            ]
    return make_catalogue(records)


def _belongs(
    record: Record, kept: set[str], city: City | None, *, internal: bool, used: set[str] | None
) -> bool:
    """`used`: the sources of the chosen items; None: nothing was chosen by code."""
    whole = used is None
    if isinstance(record, LiaisonContact):
        public = internal or record.visibility == "public"
        return public and whole and city in (None, record.city)
    if isinstance(record, (Centre, DoorToDoorOffer)):
        return whole and city in (None, record.city)
    if isinstance(record, Bundle):
        complete = all(step.item in kept for step in record.steps)
        return complete or (whole and city is None)
    if isinstance(record, SourceRecord):
        return used is None or record.id in used
    return whole


def in_language(value: Any, lang: Lang | None) -> Any:
    """JSON with every bilingual text reduced to one language; None: as it is."""
    if lang is None:
        return value
    if isinstance(value, dict):
        if set(value) == {"zh", "en"} and all(isinstance(v, str) for v in value.values()):
            return cast(str, value[lang])
        return {key: in_language(inner, lang) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_language(inner, lang) for inner in value]
    return value
