"""What both JSON-LD profiles share: IRIs, language-tagged texts, which records and on which day. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from core.cards import CITIES, City, LocalText
from core.i18n import Lang
from knowledge.catalogue import Catalogue
from knowledge.facts import on_day
from knowledge.imports.areas import CITY_AREAS
from knowledge.model import ServiceItem, TimeFact, Variant
from knowledge.rules import is_url

DEFAULT_BASE = "urn:shen-guan:"
CITY_NAMES: dict[City, LocalText] = {
    "shenzhen": LocalText(zh="深圳市", en="Shenzhen"),
    "dongguan": LocalText(zh="东莞市", en="Dongguan"),
}
Node = dict[str, Any]


@dataclass(frozen=True)
class Linked:
    """One export: the list, the day it holds for, and how things are named."""

    catalogue: Catalogue
    version: str
    today: dt.date
    lang: Lang | None = None
    city: City | None = None
    """Only what one city handles."""
    base: str = DEFAULT_BASE
    """What every IRI begins with: `urn:…:` or `https://…/`."""

    def iri(self, *parts: str) -> str:
        """An IRI under the base."""
        mark = "/" if self.base.startswith("http") else ":"
        base = self.base if self.base.endswith((":", "/", "#")) else self.base + mark
        return base + mark.join(quote(part, safe="") for part in parts)

    def texts(self, words: LocalText | None) -> list[Node]:
        """Language-tagged strings, Chinese first; empty ones are left out."""
        if words is None:
            return []
        langs: tuple[Lang, ...] = ("zh", "en") if self.lang is None else (self.lang,)
        found = [(lang, words.in_(lang).strip()) for lang in langs]
        return [{"@language": lang, "@value": text} for lang, text in found if text]

    def words(self, lang: Lang, texts: list[str]) -> list[Node]:
        """Language-tagged strings of a list of words."""
        if self.lang not in (None, lang):
            return []
        return [
            {"@language": lang, "@value": text} for text in dict.fromkeys(texts) if text.strip()
        ]

    def services(self) -> Iterator[tuple[ServiceItem, City, Variant]]:
        """Every item in every city that handles it, with what holds on the day."""
        for item in self.catalogue.items.values():
            for city in CITIES:
                variant = on_day(item, city, self.today)
                if variant is not None and self.city in (None, city):
                    yield item, city, variant

    def service(self, code: str, city: City) -> str:
        """IRI of an item in a city."""
        return self.iri("service", code, city)

    def there(self, code: str, city: City) -> bool:
        """Whether the export holds the item for the city."""
        item = self.catalogue.items.get(code)
        if self.city not in (None, city):
            return False
        return item is not None and on_day(item, city, self.today) is not None

    def area(self, city: City) -> str:
        """IRI of a city, by its GB/T 2260 code."""
        return self.iri("area", CITY_AREAS[city])

    def organisation(self, city: City, department: LocalText) -> str:
        """IRI of a department of a city."""
        return self.iri("organisation", CITY_AREAS[city], department.zh)


def join(parts: list[LocalText], mark_zh: str = "；", mark_en: str = "; ") -> LocalText:
    """Several texts as one."""
    return LocalText(
        zh=mark_zh.join(part.zh for part in parts), en=mark_en.join(part.en for part in parts)
    )


def numbered(parts: list[LocalText]) -> LocalText:
    """Several texts as numbered lines."""
    return LocalText(
        zh="\n".join(f"{i}. {part.zh}" for i, part in enumerate(parts, 1)),
        en="\n".join(f"{i}. {part.en}" for i, part in enumerate(parts, 1)),
    )


def duration(time: TimeFact | None) -> str | None:
    """ISO 8601 duration where the time is in calendar days or at once; working days have none."""
    if time is None:
        return None
    if time.unit in ("instant", "on_the_spot"):
        return "PT0S"
    days = time.promise_days if time.promise_days is not None else time.statutory_days
    if time.unit != "day" or days is None or days != days.to_integral_value():
        return None
    return f"P{int(days)}D"


def page(url: str | None) -> str | None:
    """A web address as an IRI; None for one of an older version of the list that is none."""
    return url if url is not None and is_url(url) else None


def clean(node: Node) -> Node:
    """A node without empty properties; a list of one is the one."""
    found: Node = {}
    for key, value in node.items():
        if value is None or value == [] or value == "":
            continue
        found[key] = value[0] if isinstance(value, list) and len(value) == 1 else value
    return found


def document(context: Node, nodes: list[Node]) -> bytes:
    """The JSON-LD file; nodes in order of their IRI, each once."""
    unique = {node["@id"]: clean(node) for node in nodes}
    body = {"@context": context, "@graph": [unique[key] for key in sorted(unique)]}
    return orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n"
