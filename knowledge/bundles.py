"""Life events (一件事): which of a bundle's matters apply, in which order, with one list of documents.

Pure: a bundle, the answers to its questions and a day in, a plan out. The order is that of the list
as far as what comes before what allows it, so that the same answers always give the same plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.cards import CITIES, City, LocalText, Need
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
    """Ids of the unanswered questions of which one must be answered yes; (): none must."""
    skipped_by: tuple[str, ...]
    """Ids of the unanswered questions that take it out on yes."""
    chosen: bool
    """Whether a question was answered yes for it."""
    variants: Mapping[City, Variant]
    """What applies in each city that handles it."""

    @property
    def open(self) -> bool:
        """Whether it depends on an unanswered question."""
        return bool(self.asked_by or self.skipped_by)

    @property
    def counted(self) -> bool:
        """Whether it is among what this resident must do now: neither open, nor later, nor left to
        choice without an answer that asks for it."""
        return not self.open and not self.step.later and (self.chosen or not self.step.optional)


@dataclass(frozen=True)
class Asked:
    """A document as one step asks for it."""

    number: int
    record: MaterialRecord
    given_by: int | None
    """Number of the earlier step that gives it; None: the resident has it."""


@dataclass(frozen=True)
class Document:
    """A document of the plan, once, however many steps need it and under whatever ids."""

    id: str
    name: LocalText
    need: Need
    """The strictest, of the steps that no earlier one gives it to where there are any."""
    originals: int
    copies: int
    """The most that one step asks for."""
    asked: tuple[Asked, ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """Numbers of the steps that ask for it."""
        return tuple(dict.fromkeys(asked.number for asked in self.asked))


@dataclass(frozen=True)
class Plan:
    """What to do for a life event."""

    bundle: Bundle
    answers: Mapping[str, bool]
    steps: tuple[PlanStep, ...]
    documents: tuple[Document, ...]
    working_days: Decimal | None
    """Along the longest chain of the counted steps; None where a step's time is not a number of
    working days."""


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
    step behind several questions applies on yes to any of them; yes to one that makes it needless
    takes it out. Matters that left the list, or are not offered on the day, are left out too.
    """
    kept: list[BundleStep] = []
    for step in bundle.steps:
        item = catalogue.items.get(step.item)
        if item is not None and exists(item, today) and _applies(bundle, step, answers):
            kept.append(step)
    order = _ordered(kept, bundle)
    numbers = {step.item: number for number, step in enumerate(order, 1)}
    steps = tuple(_step(catalogue, bundle, step, numbers, answers, today) for step in order)
    return Plan(bundle, dict(answers), steps, _documents(bundle, steps), _working_days(steps))


def _deciding(bundle: Bundle, step: BundleStep) -> tuple[list[str], list[str]]:
    """Ids of the questions the step needs a yes to, and of those whose yes makes it needless."""
    return (
        [question.id for question in bundle.questions if step.item in question.items],
        [question.id for question in bundle.questions if step.item in question.skips],
    )


def _applies(bundle: Bundle, step: BundleStep, answers: Mapping[str, bool]) -> bool:
    """Whether the step applies or may still."""
    asking, skipping = _deciding(bundle, step)
    if any(answers.get(name) for name in skipping):
        return False
    return not asking or any(answers.get(name, True) for name in asking)


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
    answers: Mapping[str, bool],
    today: dt.date,
) -> PlanStep:
    item = catalogue.items[step.item]
    asking, skipping = _deciding(bundle, step)
    chosen = any(answers.get(name) for name in asking)
    variants = {
        city: variant for city in CITIES if (variant := on_day(item, city, today)) is not None
    }
    after = tuple(sorted(numbers[code] for code in _before(bundle, step.item, numbers)))
    return PlanStep(
        number=numbers[step.item],
        item=item,
        after=after,
        step=step,
        asked_by=() if chosen else tuple(name for name in asking if name not in answers),
        skipped_by=tuple(name for name in skipping if name not in answers),
        chosen=chosen,
        variants=variants,
    )


def _materials(step: PlanStep) -> Iterator[MaterialRecord]:
    """What a step asks for in this life event."""
    for variant in step.variants.values():
        for record in variant.materials:
            if record.need == "exempt" or record.id in step.step.without:
                continue
            if record.id in step.step.needs:
                yield record.model_copy(update={"need": "required", "condition": None})
            else:
                yield record


def _documents(bundle: Bundle, steps: tuple[PlanStep, ...]) -> tuple[Document, ...]:
    """Each document once, in the order in which they are first needed."""
    shared = {name: one for one in bundle.shared_materials for name in one.materials}
    given: dict[str, int] = {}
    rows: dict[str, list[Asked]] = {}
    names: dict[str, LocalText] = {}
    for step in steps:
        for record in _materials(step):
            one = shared.get(record.id, record)
            names.setdefault(one.id, one.name)
            asked = Asked(step.number, record, given.get(record.id))
            if asked not in rows.setdefault(one.id, []):
                rows[one.id].append(asked)
        for name in step.step.gives:
            given.setdefault(name, step.number)
    return tuple(_document(name, names[name], asked) for name, asked in rows.items())


def _document(name: str, words: LocalText, asked: list[Asked]) -> Document:
    had = [one for one in asked if one.given_by is None] or asked
    return Document(
        id=name,
        name=words,
        need=min((one.record.need for one in had), key=_STRICT.index),
        originals=max(one.record.originals for one in asked),
        copies=max(one.record.copies for one in asked),
        asked=tuple(asked),
    )


def days_of(time: TimeFact | None) -> Decimal | None:
    """A time in working days, by promise or else by law; 0 for what is done at once; None where it is
    not such a number."""
    if time is None:
        return None
    if time.unit in _AT_ONCE:
        return Decimal(0)
    if time.unit != "working_day":
        return None
    return time.statutory_days if time.promise_days is None else time.promise_days


def _working_days(steps: tuple[PlanStep, ...]) -> Decimal | None:
    """The longest chain of the counted steps, each at its slower city."""
    finished: dict[int, Decimal] = {}
    for step in filter(lambda step: step.counted, steps):
        times = [days_of(variant.time) for variant in step.variants.values()]
        if not times or any(days is None for days in times):
            return None
        longest = max(days for days in times if days is not None)
        start = max((finished[n] for n in step.after if n in finished), default=Decimal(0))
        finished[step.number] = start + longest
    return max(finished.values(), default=None)
