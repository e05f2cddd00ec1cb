"""What of a record is one city's own, and whose part a new text changes. Pure.

One city's own is what stands under its name, every part that says it holds in that city (`city`: a
frequent question, a place, a contact, an offer), and, of a matter that only one city handles, what
residents read as common. A record may be half written: anything is looked at, nothing is required.
"""

from __future__ import annotations

from typing import Any

from core.cards import CITIES, City
from knowledge.editing.diff import bare
from knowledge.editing.model import Body

Parts = dict[str, Any]
"""By field, without what is empty."""


def handled_in(body: Body | None) -> set[City]:
    """Cities that handle the matter."""
    variants = (body or {}).get("cities")
    if not isinstance(variants, dict):
        return set()
    return {city for city in CITIES if isinstance(variants.get(city), dict)}


def parts_of(body: Body | None, city: City, *, alone: bool) -> Parts:
    """What of a record holds in `city`; `alone`: which is the only one that handles the matter."""
    body = body or {}
    found: Parts = {"said": _of(body, city)}
    if city in handled_in(body):
        found |= {"cities": True, **_fields(f"cities.{city}", body["cities"][city])}
    if alone:
        found |= _fields("common", body.get("common"))
        found["faqs"] = [faq for faq in _rows(body.get("faqs")) if not faq.get("city")]
    return dict(bare(found))


def _fields(path: str, variant: Any) -> Parts:
    if not isinstance(variant, dict):
        return {}
    return {f"{path}.{name}": value for name, value in variant.items()}


def _rows(value: Any) -> list[Body]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _of(value: Any, city: City) -> list[Any]:
    """The outermost parts that say they hold in `city`."""
    if isinstance(value, dict):
        if value.get("city") == city:
            return [value]
        value = list(value.values())
    return [part for inner in value for part in _of(inner, city)] if isinstance(value, list) else []


def touched_cities(
    published: Body | None,
    new: Body | None,
    draft: Body | None = None,
    base: Body | None = None,
    *,
    rebase: bool = False,
) -> set[City]:
    """Cities whose own part `new` changes. What is taken over as published is no change of the
    editor's, nor is what stays as the `draft` has it; with `rebase`, where the draft is put on what is
    published now, only what the draft changed since its `base` and what nobody published anew."""
    records = (published, new, draft)
    found: set[City] = {
        c for c in CITIES if any(body and body.get("city") == c for body in records)
    }
    handled = handled_in(published or draft or new)
    for city in CITIES:
        now, wanted, kept, before = (
            parts_of(body, city, alone=handled == {city}) for body in (published, new, draft, base)
        )
        for name in {*now, *wanted, *kept}:
            value = wanted.get(name)
            if value == now.get(name):
                continue
            stays = draft is not None and value == kept.get(name)
            if rebase:
                stays = stays and value != before.get(name) == now.get(name)
            if not stays:
                found.add(city)
    return found
