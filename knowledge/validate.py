"""Rules that every record must keep; a broken record fails the build and the tests.

What one field may hold is `knowledge.model`'s; here are the rules between fields, items and sources
(data model, section 2), with those of the other records in `knowledge.rules`. An error stops publishing;
a warning is shown to editors. Plain-language variants of long texts are not modelled and not checked;
what has grown old is `knowledge.editing.stale`'s.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.cards import CITIES
from core.clock import CITY_TZ
from knowledge.catalogue import Catalogue
from knowledge.model import ServiceItem, Variant
from knowledge.rules import (
    collect,
    fact_problems,
    is_phone,
    is_url,
    later_times,
    not_yet,
    others,
    text_problems,
    too_long,
)
from knowledge.text import simplify, squash

SUMMARY_MAX_ZH = 120
MIN_WORDINGS = {"zh": 6, "en": 4, "yue": 2}
MIN_QUESTIONS = {"zh": 3, "en": 2}
_HAN = re.compile(r"[\u3400-\u9fff]")


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


def check(catalogue: Catalogue, today: dt.date | None = None) -> list[Finding]:
    """All findings, errors first, in code order. `today`: the day it is checked on, by default today in
    the cities; nothing can have been known after it."""
    today = today or dt.datetime.now(CITY_TZ).date()
    found = [
        finding for item in catalogue.items.values() for finding in _item(item, catalogue, today)
    ]
    found += [Finding(level, where, problem) for level, where, problem in others(catalogue, today)]
    found += _aliases(catalogue)
    found += _materials(catalogue)
    return sorted(found, key=lambda finding: (finding.level, finding.where))


def _item(item: ServiceItem, catalogue: Catalogue, today: dt.date) -> Iterator[Finding]:
    def error(field: str, problem: str) -> Finding:
        return Finding("error", f"{item.item_id} {field}", problem)

    def warning(field: str, problem: str) -> Finding:
        return Finding("warning", f"{item.item_id} {field}", problem)

    texts, facts = collect(item)
    for path, problem in (*text_problems(texts), *fact_problems(facts, catalogue, today)):
        yield error(path, problem)
    for path, words in texts:
        if _HAN.search(words.en) and path != "name":
            yield warning(path, "English text contains Chinese characters")
    if len(_HAN.findall(item.summary.zh)) > SUMMARY_MAX_ZH:
        yield error("summary", f"longer than {SUMMARY_MAX_ZH} Chinese characters")
    for lang, least in MIN_WORDINGS.items():
        if len(getattr(item.colloquial, lang)) < least:
            yield error(f"colloquial.{lang}", f"fewer than {least} wordings")
    for lang, least in MIN_QUESTIONS.items():
        if len(getattr(item.questions, lang)) < least:
            yield error(f"questions.{lang}", f"fewer than {least} questions")
    for path, fact in facts:
        if fact.source in catalogue.sources and fact.source not in item.sources:
            yield error(path, f"source {fact.source} is not among the item's sources")
    for source_id in item.sources:
        if source_id not in catalogue.sources:
            yield error("sources", f"unknown source {source_id}")
    if not item.sources:
        yield error("sources", "an item without a source cannot be published")
    standard = item.same_standard
    if standard.source is not None and standard.source not in catalogue.sources:
        yield error("same_standard", f"unknown source {standard.source}")
    if item.valid_from and item.valid_to and item.valid_from >= item.valid_to:
        yield error("valid_from", "valid_from is not before valid_to")
    if item.as_of > today:
        yield error("as_of", not_yet("as_of", item.as_of))
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
    for time in (variant.time, *variant.later_times):
        if time is not None and too_long(time):
            yield "time", "promised time is longer than the statutory time"
    for problem in later_times(variant.later_times):
        yield "later_times", problem
    for i, offer in enumerate(variant.channels):
        if offer.hours is None:
            yield f"channels[{i}]", "channel without hours"
        if offer.url is not None and not is_url(offer.url):
            yield f"channels[{i}].url", f"not a web address: {offer.url}"
        if offer.phone is not None and not is_phone(offer.phone):
            yield f"channels[{i}].phone", f"not a phone number: {offer.phone}"
    for i, phone in enumerate(variant.phones):
        if not is_phone(phone):
            yield f"phones[{i}]", f"not a phone number: {phone}"
    for i, fee in enumerate(variant.fees):
        if fee.amount is not None and fee.amount > 0 and fee.basis is None:
            yield f"fees[{i}]", "charged without a basis"
    seen: set[str] = set()
    for material in variant.materials:
        if material.id in seen:
            yield "materials", f"{material.id} is listed twice"
        seen.add(material.id)
        if material.form_url is not None and not is_url(material.form_url):
            yield f"materials[{material.id}].form_url", f"not a web address: {material.form_url}"
        if material.need == "conditional" and material.condition is None:
            yield "materials", f"{material.id} is conditional without a condition"


def _aliases(catalogue: Catalogue) -> Iterator[Finding]:
    """The same name for two items sends residents to the wrong one."""
    owners: dict[str, set[str]] = defaultdict(set)
    spoken: dict[str, set[str]] = defaultdict(set)
    for item in catalogue.items.values():
        aliases = item.aliases
        for words in (item.name.zh, item.name.en, *aliases.zh, *aliases.en, *aliases.yue):
            owners[squash(simplify(words))].add(item.item_id)
        for part in (item.colloquial, item.questions, *(faq.said for faq in item.faqs)):
            for words in (*part.zh, *part.en, *part.yue):
                spoken[squash(simplify(words))].add(item.item_id)
    for words, codes in owners.items():
        if len(codes) > 1:
            yield Finding("error", " ".join(sorted(codes)), f"share the name or alias {words!r}")
    for words, codes in spoken.items():
        if len(codes) > 1:
            yield Finding("warning", " ".join(sorted(codes)), f"share the wording {words!r}")


def _materials(catalogue: Catalogue) -> Iterator[Finding]:
    """One id is one document, so that lists can be merged: another name may be another document."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for item in catalogue.items.values():
        for variant in (item.common, *item.cities.values()):
            for material in variant.materials if variant else ():
                names[material.id].setdefault(material.name.zh, item.item_id)
    for name, found in names.items():
        if len(found) > 1:
            used = "; ".join(f"{words} ({code})" for words, code in list(found.items())[:4])
            yield Finding("warning", f"material {name}", f"has {len(found)} names: {used}")
