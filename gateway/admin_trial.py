"""A record as it would be with a text nobody has kept: its answer card, what is wrong, what differs.

Pure and slow (tens of milliseconds): call it off the event loop. Nothing is stored.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from core.cards import City, Facet
from core.http import field_errors
from core.i18n import LANGS
from knowledge.answer_card import answer_card
from knowledge.catalogue import MODELS, Catalogue, Kind, Record, key_of, make_catalogue
from knowledge.differences import sides
from knowledge.facts import Statement, statements
from knowledge.model import ServiceItem
from knowledge.validate import Finding, check

Body = dict[str, Any]
_INDEX = re.compile(r"\[([^\]]*)\]")


def with_record(catalogue: Catalogue, record: Record) -> Catalogue:
    """The list with one record in place of the one under its key."""
    others = (
        other
        for kind in catalogue.records
        for other in catalogue.records[kind].values()
        if type(other) is not type(record) or key_of(other) != key_of(record)
    )
    return make_catalogue([*others, record])


def shape(kind: Kind, key: str, body: Mapping[str, Any]) -> Record | list[Finding]:
    """The record, or what keeps it from being one."""
    try:
        record = MODELS[kind].model_validate(body)
    except ValidationError as exc:
        return [Finding("error", f"{key} {e['field']}", e["problem"]) for e in field_errors(exc)]
    if key_of(record) != key:
        field = "item_id" if kind == "item" else "id"
        return [Finding("error", f"{key} {field}", "the code of a record cannot change")]
    return record


def finding_json(finding: Finding, key: str) -> dict[str, str]:
    """`FindingModel`: the path without the record's code, in dots (`common.materials.0.name`)."""
    code, _, path = finding.where.partition(" ")
    inside = path if code in (key, key.upper()) else ""
    return {**finding.as_dict(), "path": _INDEX.sub(r".\1", inside).lstrip(".")}


def concerns(finding: Finding, key: str) -> bool:
    """Whether a finding of the whole list is about the record."""
    return key in finding.where.split()


def trial(
    catalogue: Catalogue,
    kind: Kind,
    key: str,
    body: Body,
    *,
    city: City | None,
    facet: Facet | None,
    today: dt.date,
) -> tuple[dict[str, Any] | None, list[dict[str, str]]]:
    """(cards by language, findings) of `body` in place of the record `key` of `catalogue`."""
    found = shape(kind, key, body)
    if isinstance(found, list):
        return None, [finding_json(finding, key) for finding in found]
    changed = with_record(catalogue, found)
    problems = [finding for finding in check(changed) if concerns(finding, key)]
    told = [finding_json(finding, key) for finding in problems]
    if not isinstance(found, ServiceItem) or _unknown_sources(changed, found, today):
        return None, told
    # The version is the published one: what residents would read differs only in this record.
    shown = dataclasses.replace(
        catalogue, items=MappingProxyType({**catalogue.items, key: found}), sources=changed.sources
    )
    cards: dict[str, Any] = {
        lang: answer_card(
            shown, key, lang=lang, city=city, facet=facet, today=today
        ).model_dump(mode="json")
        for lang in LANGS
    }  # fmt: skip
    return cards, told


def _unknown_sources(catalogue: Catalogue, item: ServiceItem, today: dt.date) -> bool:
    """Whether a fact names a source that is not in the list: no card can be built then."""
    named: list[Statement] = []
    for side in sides(catalogue, item, today).values():
        if side is not None:
            named += statements(side[1], "zh")
    used = {statement.source for statement in named} | set(item.sources)
    return not used <= set(catalogue.sources)
