"""Life events (一件事): which of a bundle's matters apply, in which order, with one list of documents.

Pure: a bundle, the answers to its questions and a day in, a plan out. The order is that of the list
as far as what comes before what allows it, so that the same answers always give the same plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.cards import CITIES, City, Need
from core.errors import AppError, InvalidInput, NotFound
from knowledge.catalogue import Catalogue
from knowledge.facts import exists, on_day
from knowledge.model import Bundle, BundleStep, MaterialRecord, ServiceItem, TimeFact, Variant

_AT_ONCE = frozenset({"instant", "on_the_spot"})
_STRICT: tuple[Need, ...] = ("required", "conditional", "deferrable", "exempt")
"""From the strictest need to the mildest."""


class UnknownBundle(NotFound):
    """No bundle under this id."""

    code = "unknown_bundle"

    def __init__(self, bundle_id: str) -> None:
        super().__init__("unknown_bundle", details={"id": bundle_id})
        self.params = {"id": bundle_id}


class BrokenBundle(AppError):
    """A bundle's steps wait for each other in a circle."""

    code = "broken_bundle"
    status = 500


@dataclass(frozen=True)
class PlanStep:
    """One matter of the plan."""

    number: int
    """From 1, in the order of doing."""
    item: ServiceItem
    after: tuple[int, ...]
    """Numbers of the steps that come before it."""
    step: BundleStep
    asked_by: tuple[str, ...]
    """Ids of the unanswered questions it depends on; (): it applies."""
    variants: Mapping[City, Variant]
    """What applies in each city that handles it."""


@dataclass(frozen=True)
class Document:
    """A document of the plan, once, however many steps need it."""

    record: MaterialRecord
    """The strictest of the records under its id."""
    originals: int
    copies: int
    """The most that one step asks for."""
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What to do for a life event."""

    bundle: Bundle
    answers: Mapping[str, bool]
    steps: tuple[PlanStep, ...]
    documents: tuple[Document, ...]
    working_days: Decimal | None
    """Along the longest chain of the steps that apply for certain; None where a step's time is not
    a number of working days."""


def get_bundle(catalogue: Catalogue, bundle_id: str) -> Bundle:
    """The bundle under `bundle_id` (any case); raises `UnknownBundle`."""
    found = catalogue.bundles.get(bundle_id.strip().upper())
    if found is None:
        raise UnknownBundle(bundle_id[:40])
    return found


def read_answers(bundle: Bundle, words: str) -> dict[str, bool]:
    """Answers from `id:yes,id:no`; raises `InvalidInput` for an unknown question or another value."""
    answers: dict[str, bool] = {}
    known = {question.id for question in bundle.questions}
    for part in filter(None, words.split(",")):
        name, _, value = part.partition(":")
        if name not in known or value not in ("yes", "no") or name in answers:
            raise InvalidInput(details={"answers": part[:60], "questions": sorted(known)})
        answers[name] = value == "yes"
    return answers


def write_answers(answers: Mapping[str, bool]) -> str:
    """`id:yes,id:no`, in key order; `read_answers` gives it back."""
    return ",".join(f"{name}:{'yes' if answers[name] else 'no'}" for name in sorted(answers))


def plan(catalogue: Catalogue, bundle: Bundle, answers: Mapping[str, bool], today: dt.date) -> Plan:
    """The plan of `bundle` on `today`; raises `BrokenBundle`.

    A step behind a question answered no is left out; behind an unanswered one it stays, marked. A
    step behind several questions applies on yes to any of them. Matters that left the list, or are
    not offered on the day, are left out too.
    """
    kept: list[tuple[BundleStep, tuple[str, ...]]] = []
    for step in bundle.steps:
        item = catalogue.items.get(step.item)
        if item is None or not exists(item, today):
            continue
        deciding = [question.id for question in bundle.questions if step.item in question.items]
        if not deciding or any(answers.get(name) for name in deciding):
            kept.append((step, ()))
        elif unanswered := tuple(name for name in deciding if name not in answers):
            kept.append((step, unanswered))
    order = _ordered([step for step, _ in kept], bundle)
    numbers = {step.item: number for number, step in enumerate(order, 1)}
    open_questions = {step.item: asked_by for step, asked_by in kept}
    steps = tuple(
        _step(catalogue, bundle, step, numbers, open_questions[step.item], today) for step in order
    )
    return Plan(bundle, dict(answers), steps, _documents(steps), _working_days(steps))


def _before(bundle: Bundle, code: str, there: set[str] | dict[str, int]) -> set[str]:
    """Steps that come before `code`, looking through those that were left out."""
    after = {step.item: step.after for step in bundle.steps}
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(after.get(code, ()))
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in there:
            found.add(one)
        else:
            waiting += after.get(one, ())
    return found


def _ordered(steps: list[BundleStep], bundle: Bundle) -> list[BundleStep]:
    """What comes before what, else as the list has it."""
    there = {step.item for step in steps}
    before = {step.item: _before(bundle, step.item, there) for step in steps}
    out: list[BundleStep] = []
    done: set[str] = set()
    while len(out) < len(steps):
        ready = next((s for s in steps if s.item not in done and before[s.item] <= done), None)
        if ready is None:
            raise BrokenBundle(details={"bundle": bundle.id, "steps": sorted(there - done)})
        out.append(ready)
        done.add(ready.item)
    return out


def _step(
    catalogue: Catalogue,
    bundle: Bundle,
    step: BundleStep,
    numbers: dict[str, int],
    asked_by: tuple[str, ...],
    today: dt.date,
) -> PlanStep:
    item = catalogue.items[step.item]
    variants = {
        city: variant for city in CITIES if (variant := on_day(item, city, today)) is not None
    }
    after = tuple(sorted(numbers[code] for code in _before(bundle, step.item, numbers)))
    return PlanStep(numbers[step.item], item, after, step, asked_by, variants)


def _documents(steps: tuple[PlanStep, ...]) -> tuple[Document, ...]:
    """Documents by id, in the order in which they are first needed."""
    records: dict[str, list[tuple[int, MaterialRecord]]] = {}
    for step in steps:
        for variant in step.variants.values():
            for record in variant.materials:
                if record.need != "exempt":
                    records.setdefault(record.id, []).append((step.number, record))
    out: list[Document] = []
    for rows in records.values():
        strictest = min((record for _, record in rows), key=lambda r: _STRICT.index(r.need))
        out.append(
            Document(
                record=strictest,
                originals=max(record.originals for _, record in rows),
                copies=max(record.copies for _, record in rows),
                steps=tuple(dict.fromkeys(number for number, _ in rows)),
            )
        )
    return tuple(out)


def days_of(time: TimeFact | None) -> Decimal | None:
    """A time in working days; 0 for what is done at once; None where it is not such a number."""
    if time is None:
        return None
    if time.unit in _AT_ONCE:
        return Decimal(0)
    return time.promise_days if time.unit == "working_day" else None


def _working_days(steps: tuple[PlanStep, ...]) -> Decimal | None:
    """The longest chain, each step at its slower city; optional and open steps are not counted."""
    certain = [step for step in steps if not step.asked_by and not step.step.optional]
    finished: dict[int, Decimal] = {}
    for step in certain:
        times = [days_of(variant.time) for variant in step.variants.values()]
        if not times or any(days is None for days in times):
            return None
        longest = max(days for days in times if days is not None)
        start = max((finished[n] for n in step.after if n in finished), default=Decimal(0))
        finished[step.number] = start + longest
    return max(finished.values(), default=None)
