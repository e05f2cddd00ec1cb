"""Rules that every record must keep; a broken record fails the build and the tests.

What one field may hold is `knowledge.model`'s; here are the rules between fields, items and sources
(data model, section 2). An error stops publishing; a warning is shown to editors.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from core.cards import CITIES, LocalText
from knowledge.catalogue import Catalogue
from knowledge.model import Fact, ServiceItem, Variant
from knowledge.text import simplify, squash

SUMMARY_MAX_ZH = 120
MIN_WORDINGS = {"zh": 6, "en": 4, "yue": 2}
MIN_QUESTIONS = {"zh": 3, "en": 2}
_HAN = re.compile(r"[\u3400-\u9fff]")
_PHONE = re.compile(r"^(\+86[- ]?)?(\d{3,5}|0\d{2,3}[- ]?\d{7,8}|1\d{10}|400[- ]?\d{3}[- ]?\d{4})$")
_URL = re.compile(r"^https?://[^\s/]+\.[^\s]+$")
_HAN_IN_ENGLISH = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Finding:
    """One problem, at one place."""

    level: Literal["error", "warning"]
    where: str
    """`SG-XX-000 field`, or a file name."""
    problem: str

    def __str__(self) -> str:
        return f"{self.level:7} {self.where}: {self.problem}"

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"level": self.level, "where": self.where, "problem": self.problem}


def check(catalogue: Catalogue) -> list[Finding]:
    """All findings, errors first, in code order."""
    found = [finding for item in catalogue.items.values() for finding in _item(item, catalogue)]
    found += _sources(catalogue)
    found += _aliases(catalogue)
    return sorted(found, key=lambda finding: (finding.level, finding.where))


def _texts(value: Any, path: str) -> Iterator[tuple[str, LocalText]]:
    """Every bilingual text of a record, with its path."""
    if isinstance(value, LocalText):
        yield path, value
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}")
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), f"{path}.{name}" if path else name)


def _facts(value: Any, path: str) -> Iterator[tuple[str, Fact]]:
    if isinstance(value, Fact):
        yield path, value
    if isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _facts(inner, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, f"{path}.{key}")
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from _facts(getattr(value, name), f"{path}.{name}" if path else name)


def _item(item: ServiceItem, catalogue: Catalogue) -> Iterator[Finding]:
    def error(field: str, problem: str) -> Finding:
        return Finding("error", f"{item.item_id} {field}", problem)

    def warning(field: str, problem: str) -> Finding:
        return Finding("warning", f"{item.item_id} {field}", problem)

    for path, words in _texts(item, ""):
        if not words.zh.strip() or not words.en.strip():
            yield error(path, "text is missing in zh or en")
        elif _HAN_IN_ENGLISH.search(words.en) and path != "name":
            yield warning(path, "English text contains Chinese characters")
    if len(_HAN.findall(item.summary.zh)) > SUMMARY_MAX_ZH:
        yield error("summary", f"longer than {SUMMARY_MAX_ZH} Chinese characters")
    for lang, least in MIN_WORDINGS.items():
        if len(getattr(item.colloquial, lang)) < least:
            yield error(f"colloquial.{lang}", f"fewer than {least} wordings")
    for lang, least in MIN_QUESTIONS.items():
        if len(getattr(item.questions, lang)) < least:
            yield error(f"questions.{lang}", f"fewer than {least} questions")
    for path, fact in _facts(item, ""):
        if fact.source not in catalogue.sources:
            yield error(path, f"unknown source {fact.source}")
        elif fact.source not in item.sources:
            yield error(path, f"source {fact.source} is not among the item's sources")
        if fact.source == "DEMO" and fact.status != "to_confirm":
            yield error(path, "a demonstration value must have status to_confirm")
        source = catalogue.sources.get(fact.source)
        if fact.status == "verified" and source is not None and source.kind != "official":
            yield error(
                path, f"{fact.source} is not official: its facts are reported, not verified"
            )
        start, end = getattr(fact, "valid_from", None), getattr(fact, "valid_to", None)
        if start is not None and end is not None and start >= end:
            yield error(path, "valid_from is not before valid_to")
    for source_id in item.sources:
        if source_id not in catalogue.sources:
            yield error("sources", f"unknown source {source_id}")
    if not item.sources:
        yield error("sources", "an item without a source cannot be published")
    for code in item.related:
        if code not in catalogue.items:
            yield error("related", f"unknown item {code}")
        elif code == item.item_id:
            yield error("related", "an item cannot be related to itself")
    yield from _variants(item)


def _variants(item: ServiceItem) -> Iterator[Finding]:
    for city in CITIES:
        variant = item.variant(city)
        if variant is None:
            continue
        for field, problem in _variant(variant):
            yield Finding("error", f"{item.item_id} cities.{city}.{field}", problem)


def _variant(variant: Variant) -> Iterator[tuple[str, str]]:
    """Problems of what applies in one city, `common` filled in."""
    for field in ("department", "materials", "time", "fees", "channels"):
        if not getattr(variant, field):
            yield field, "missing in the city and in common"
    time = variant.time
    promise = time.promise_days if time else None
    statutory = time.statutory_days if time else None
    if promise is not None and statutory is not None and promise > statutory:
        yield "time", "promised time is longer than the statutory time"
    for i, offer in enumerate(variant.channels):
        if offer.hours is None:
            yield f"channels[{i}]", "channel without hours"
        if offer.url is not None and not _URL.match(offer.url):
            yield f"channels[{i}].url", f"not a web address: {offer.url}"
        if offer.phone is not None and not _PHONE.match(offer.phone):
            yield f"channels[{i}].phone", f"not a phone number: {offer.phone}"
    for i, phone in enumerate(variant.phones):
        if not _PHONE.match(phone):
            yield f"phones[{i}]", f"not a phone number: {phone}"
    for i, fee in enumerate(variant.fees):
        if fee.amount is not None and fee.amount < 0:
            yield f"fees[{i}]", "negative amount"
    seen: set[str] = set()
    for material in variant.materials:
        if material.id in seen:
            yield "materials", f"{material.id} is listed twice"
        seen.add(material.id)
        if material.need == "conditional" and material.condition is None:
            yield "materials", f"{material.id} is conditional without a condition"


def _sources(catalogue: Catalogue) -> Iterator[Finding]:
    for source in catalogue.sources.values():
        if source.url is not None and not _URL.match(source.url):
            yield Finding("error", f"source {source.id}", f"not a web address: {source.url}")
        if not source.title.zh.strip() or not source.title.en.strip():
            yield Finding("error", f"source {source.id}", "title is missing in zh or en")


def _aliases(catalogue: Catalogue) -> Iterator[Finding]:
    """The same name for two items sends residents to the wrong one."""
    owners: dict[str, set[str]] = defaultdict(set)
    spoken: dict[str, set[str]] = defaultdict(set)
    for item in catalogue.items.values():
        for words in (item.name.zh, item.name.en, *item.aliases.zh, *item.aliases.en):
            owners[squash(simplify(words))].add(item.item_id)
        for part in (item.colloquial, item.questions):
            for words in (*part.zh, *part.en, *part.yue):
                spoken[squash(simplify(words))].add(item.item_id)
    for words, codes in owners.items():
        if len(codes) > 1:
            yield Finding("error", " ".join(sorted(codes)), f"share the name or alias {words!r}")
    for words, codes in spoken.items():
        if len(codes) > 1:
            yield Finding("warning", " ".join(sorted(codes)), f"share the wording {words!r}")
