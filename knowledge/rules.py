"""Rules of the records that are no items: sources, centres, bundles, contacts, offers; and the formats
and walks every rule uses. Each rule yields (level, where, problem). `knowledge.validate` runs them."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel

from core.cards import LocalText
from knowledge.catalogue import ANCHORS, KINDS, Catalogue
from knowledge.model import Bundle, Centre, Fact, OpeningHours, TimeFact
from knowledge.wordings import normalised

Level = Literal["error", "warning"]
Problem = tuple[Level, str, str]
_SERVICE = r"(?:12[0-9]{3}|9[56][0-9]{3,4})"
_PHONE = re.compile(
    rf"110|119|12[02]|100[0-9]{{2}}|111(?:83|85)|{_SERVICE}"
    r"|[48]00[- ]?[0-9]{3}[- ]?[0-9]{4}"
    r"|(?:\+86[- ]?)?1[3-9][0-9]{9}"  # mobile
    r"|(?:\+86[- ]?0?|0)(?:"
    rf"(?:10|2[0-9]|755|769)[- ]?(?:[2-8][0-9]{{7}}|{_SERVICE})"  # area codes with eight digits
    rf"|(?!755|769)[3-9][0-9]{{2}}[- ]?(?:[2-8][0-9]{{6,7}}|{_SERVICE}))"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_CHAR = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}"
_URL = re.compile(
    rf"https?://(?P<host>(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]|(?:{_OCTET}\.){{3}}{_OCTET})"
    rf"(?::(?P<port>[0-9]{{1,5}}))?(?:/(?:{_CHAR})*)?(?:\?(?:{_CHAR}|\?)*)?(?:\#(?:{_CHAR}|\?)*)?"
)
_HOST_MAX, _PORT_MAX = 253, 65_535


def is_phone(words: str) -> bool:
    """A number of China that can be called as it is written (national numbering plan): emergency and
    service numbers, 400 and 800, mobiles, landlines and service numbers behind their area code."""
    return _PHONE.fullmatch(words) is not None


def is_url(words: str) -> bool:
    """An http or https address as RFC 3986 writes it, and so an IRI: what it has no characters for is
    `%XX`; nobody's name or password is in front of the host."""
    found = _URL.fullmatch(words)
    return (
        found is not None
        and len(found["host"]) <= _HOST_MAX
        and 0 < int(found["port"] or _PORT_MAX) <= _PORT_MAX
    )


Texts = list[tuple[str, LocalText]]
Facts = list[tuple[str, Fact]]


def collect(record: Any) -> tuple[Texts, Facts]:
    """Every bilingual text and every fact of a record, each with its path; a record that is a fact
    itself has the empty path."""
    found: tuple[Texts, Facts] = ([], [])
    _collect(record, "", found)
    return found


def _collect(value: Any, path: str, found: tuple[Texts, Facts]) -> None:
    if isinstance(value, LocalText):
        found[0].append((path, value))
    elif isinstance(value, BaseModel):
        if isinstance(value, Fact):
            found[1].append((path, value))
        for name, inner in value.__dict__.items():
            if isinstance(inner, BaseModel | list | dict):
                _collect(inner, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            if isinstance(inner, BaseModel):
                _collect(inner, f"{path}[{i}]", found)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, f"{path}.{key}", found)


def text_problems(found: Texts) -> Iterator[tuple[str, str]]:
    """(path, problem) of what is not in both languages."""
    for path, words in found:
        if not words.zh.strip() or not words.en.strip():
            yield path, "text is missing in zh or en"


def fact_problems(found: Facts, catalogue: Catalogue, today: dt.date) -> Iterator[tuple[str, str]]:
    """(path, problem) of provenance and validity, as seen on `today`."""
    for path, fact in found:
        if fact.as_of > today:
            yield path, not_yet("as_of", fact.as_of)
        source = catalogue.sources.get(fact.source)
        if source is None:
            yield path, f"unknown source {fact.source}"
        if fact.source == "DEMO" and fact.status != "to_confirm":
            yield path, "a demonstration value must have status to_confirm"
        if fact.status == "verified" and source is not None and source.kind != "official":
            yield path, f"{fact.source} is not official: its facts are reported, not verified"
        if fact.valid_from and fact.valid_to and fact.valid_from >= fact.valid_to:
            yield path, "valid_from is not before valid_to"


def not_yet(field: str, day: dt.date) -> str:
    """The problem of a day on which something is said to have been known, and that is still to come."""
    return f"{field} {day.isoformat()} is in the future"


def later_times(times: list[TimeFact]) -> Iterator[str]:
    """Problems of times that replace another from a day on."""
    if any(time.valid_from is None for time in times):
        yield "a later time without valid_from"
        return
    spans = sorted((time.valid_from or dt.date.min, time.valid_to or dt.date.max) for time in times)
    for (_, end), (start, _) in itertools.pairwise(spans):
        if start < end:
            yield f"two later times hold on {start.isoformat()}"


def too_long(time: TimeFact) -> bool:
    """Promised longer than the law allows; both are in the fact's one unit."""
    promise, law = time.promise_days, time.statutory_days
    return promise is not None and law is not None and promise > law


def others(catalogue: Catalogue, today: dt.date = dt.date.max) -> Iterator[Problem]:
    """Problems of every record that is no item, as seen on `today`."""
    for kind in KINDS:
        if kind == "item":
            continue
        for key, record in catalogue.records[kind].items():
            texts, facts = collect(record)
            for path, problem in (*text_problems(texts), *fact_problems(facts, catalogue, today)):
                yield "error", f"{key} {path}".strip(), problem
    for source in catalogue.sources.values():
        if source.url is not None and not is_url(source.url):
            yield "error", f"source {source.id}", f"not a web address: {source.url}"
        if source.issued is not None and source.issued > today:
            yield "error", f"source {source.id}", not_yet("issued", source.issued)
    for centre in catalogue.centres.values():
        yield from _centre(centre, catalogue)
    for bundle in catalogue.bundles.values():
        for where, problem in _bundle(bundle, catalogue):
            yield "error", f"{bundle.id} {where}", problem
    for contact in catalogue.liaisons.values():
        if not is_phone(contact.phone):
            yield "error", f"{contact.id} phone", f"not a phone number: {contact.phone}"
        if not contact.domains:
            yield "error", f"{contact.id} domains", "a contact for no field"
    yield from _outside(catalogue)
    for offer in catalogue.door_offers.values():
        yield from _unknown(f"{offer.id} items", offer.items, catalogue)
        if not offer.items:
            yield "error", f"{offer.id} items", "an offer of nothing"
        if offer.phone is not None and not is_phone(offer.phone):
            yield "error", f"{offer.id} phone", f"not a phone number: {offer.phone}"


def _outside(catalogue: Catalogue) -> Iterator[Problem]:
    """Matters that are said to be outside the list under the name of an item: then neither is found."""
    names: dict[str, str] = {}
    for code, item in catalogue.items.items():
        for name in (item.name.zh, item.name.en, *item.aliases.zh, *item.aliases.en):
            names.setdefault(normalised(name), code)
    for matter in catalogue.outside:
        for name in (matter.zh, matter.en):
            own = names.get(normalised(name))
            if own is not None:
                yield "error", f"{ANCHORS} {matter.zh}", f"{name} is what {own} is called"


def _unknown(where: str, codes: Iterable[str], catalogue: Catalogue) -> Iterator[Problem]:
    for code in codes:
        if code not in catalogue.items:
            yield "error", where, f"unknown item {code}"


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _centre(centre: Centre, catalogue: Catalogue) -> Iterator[Problem]:
    here = centre.id
    if not centre.windows and not centre.terminals:
        yield "error", here, "no window and no terminal"
    if not centre.hours:
        yield "error", f"{here} hours", "never open"
    for i, hours in enumerate(centre.hours):
        if hours.opens >= hours.closes:
            yield "error", f"{here} hours[{i}]", "opens is not before closes"
        if not hours.days:
            yield "error", f"{here} hours[{i}]", "on no day"
    for i, problem in _hours_twice(centre.hours):
        yield "error", f"{here} hours[{i}]", problem
    for phone in centre.phones:
        if not is_phone(phone):
            yield "error", f"{here} phones", f"not a phone number: {phone}"
    for number in _twice(window.number for window in centre.windows):
        yield "error", f"{here} windows", f"number {number} is there twice"
    for name in _twice(terminal.id for terminal in centre.terminals):
        yield "error", f"{here} terminals", f"{name} is there twice"
    for window in centre.windows:
        yield from _unknown(f"{here} windows[{window.number}]", window.items, catalogue)
        if not window.serves:
            yield "error", f"{here} windows[{window.number}]", "serves no city"
    for terminal in centre.terminals:
        yield from _unknown(f"{here} terminals[{terminal.id}]", terminal.items, catalogue)


def _hours_twice(hours: list[OpeningHours]) -> Iterator[tuple[int, str]]:
    """(number, problem) of hours that an entry before has already, in part or whole."""
    for i, entry in enumerate(hours):
        if len(set(entry.days)) < len(entry.days):
            yield i, "a day is there twice"
        for other in hours[:i]:
            shared = sorted({*entry.days} & {*other.days})
            if shared and entry.opens < other.closes and other.opens < entry.closes:
                both = " and ".join(f"{one.opens}-{one.closes}" for one in (entry, other))
                yield i, f"{both} overlap on day {', '.join(map(str, shared))}"
                break


def _bundle(bundle: Bundle, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    steps = [step.item for step in bundle.steps]
    known = set(steps)
    for code in _twice(steps):
        yield "steps", f"{code} is there twice"
    for step in bundle.steps:
        if step.item not in catalogue.items:
            yield "steps", f"unknown item {step.item}"
        for code in step.after:
            if code not in known:
                yield f"steps[{step.item}].after", f"{code} is no step of this bundle"
    cycle = _cycle(
        {step.item: [code for code in step.after if code in known] for step in bundle.steps}
    )
    if cycle:
        yield "steps", f"wait for each other: {' → '.join(cycle)}"
    for name in _twice(question.id for question in bundle.questions):
        yield "questions", f"{name} is there twice"
    for question in bundle.questions:
        for code in (*question.items, *question.skips):
            if code not in known:
                yield f"questions[{question.id}]", f"{code} is no step of this bundle"
    yield from _bundle_materials(bundle, catalogue)


def _bundle_materials(bundle: Bundle, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Materials that the steps and shared documents of a bundle name, against those of its items."""
    asked = {
        step.item: {
            material.id
            for variant in (item.common, *item.cities.values())
            for material in (variant.materials if variant else ())
        }
        for step in bundle.steps
        if (item := catalogue.items.get(step.item)) is not None
    }
    for step in bundle.steps:
        here = f"steps[{step.item}]"
        own = asked.get(step.item, set())
        for field in ("without", "needs"):
            for name in getattr(step, field):
                if name not in own:
                    yield f"{here}.{field}", f"{name} is no material of {step.item}"
        for name in sorted({*step.without} & {*step.needs}):
            yield f"{here}.needs", f"{name} is left out"
        others = set().union(*(ids for code, ids in asked.items() if code != step.item))
        for name in step.gives:
            if name not in others:
                yield f"{here}.gives", f"{name} is asked for by no other step"
    every = set().union(*asked.values())
    shared = bundle.shared_materials
    for name in _twice(document.id for document in shared):
        yield "shared_materials", f"{name} is there twice"
    for name in _twice(name for document in shared for name in document.materials):
        yield "shared_materials", f"{name} is there twice"
    for document in shared:
        for name in document.materials:
            if name not in every:
                yield f"shared_materials[{document.id}]", f"{name} is no material of a step"
        if document.id in every and document.id not in document.materials:
            yield f"shared_materials[{document.id}]", f"{document.id} is another material"


def _cycle(after: dict[str, list[str]]) -> list[str]:
    """Steps that wait for each other in a circle; empty when they can be ordered."""
    left = dict(after)
    while True:
        free = [code for code, before in left.items() if not any(b in left for b in before)]
        if not free:
            break
        for code in free:
            del left[code]
    if not left:
        return []
    walk = [next(iter(left))]
    while (following := next(b for b in left[walk[-1]] if b in left)) not in walk:
        walk.append(following)
    return [*walk[walk.index(following) :], following]
