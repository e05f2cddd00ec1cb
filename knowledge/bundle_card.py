"""A life event's plan as a card, and as JSON. Pure; every sentence comes from the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from core.cards import (
    Action,
    BundleAsk,
    BundleCard,
    BundleDocument,
    BundleStepLine,
    Choice,
    City,
    Scope,
)
from core.i18n import Lang, text
from knowledge.bundles import Asked, Document, Plan, PlanStep, plan, write_answers
from knowledge.catalogue import Catalogue
from knowledge.facts import city_name, join, number
from knowledge.guide import source_of
from knowledge.jurisdiction import Facts, city_of, known_place, moves_between
from knowledge.model import Bundle, DecidingFact
from knowledge.payloads import ask_item, payload


def bundle_card(
    catalogue: Catalogue,
    bundle: Bundle,
    *,
    lang: Lang,
    answers: Mapping[str, bool],
    facts: Facts,
    today: dt.date,
) -> BundleCard:
    """The card of a life event. `facts`: where the resident's facts lie, as far as they are known."""
    made = plan(catalogue, bundle, answers, today)
    asks = {question.id: question.text.in_(lang) for question in bundle.questions}
    return BundleCard(
        lang=lang,
        id=bundle.id,
        name=bundle.name,
        summary=bundle.summary.in_(lang),
        questions=[
            BundleAsk(
                id=name,
                text=words,
                answer=answers.get(name),
                options=[
                    _option(bundle, {**answers, name: True}, "yes", lang),
                    _option(bundle, {**answers, name: False}, "no", lang),
                    _option(bundle, {k: v for k, v in answers.items() if k != name}, "unset", lang),
                ],
            )
            for name, words in asks.items()
        ],
        steps=[_line(step, asks, facts, lang) for step in made.steps],
        documents=[_document(document, lang) for document in made.documents],
        shared_fields=[field.in_(lang) for field in bundle.shared_fields],
        total=_total(made, lang),
        source=source_of(catalogue, bundle.source, lang),
        actions=_actions(bundle, lang),
        as_of=bundle.as_of.isoformat(),
        status=bundle.status,
        disclaimer=text("knowledge.disclaimer", lang) if bundle.status == "to_confirm" else None,
        list_version=catalogue.version,
    )


def _option(bundle: Bundle, answers: Mapping[str, bool], key: str, lang: Lang) -> Choice:
    token = payload("ask_item", code=bundle.id, answers=write_answers(answers))
    return Choice(title=text(f"knowledge.answer.{key}", lang), token=token)


def _line(step: PlanStep, asks: Mapping[str, str], facts: Facts, lang: Lang) -> BundleStepLine:
    scope, where = _place(step, facts, lang)
    conditions: list[str] = []
    if step.asked_by:  # yes to any of them will do
        question = text("knowledge.or_question", lang).join(asks[name] for name in step.asked_by)
        conditions.append(text("knowledge.if_yes", lang, question=question))
    conditions += [text("knowledge.if_no", lang, question=asks[name]) for name in step.skipped_by]
    if step.step.condition is not None:
        conditions.append(step.step.condition.in_(lang))
    times = list(
        dict.fromkeys(v.time.text.in_(lang) for v in step.variants.values() if v.time is not None)
    )
    city: City | None = None if scope == "both" else scope
    return BundleStepLine(
        number=step.number,
        code=step.item.item_id,
        name=step.item.name.in_(lang),
        token=ask_item(step.item.item_id, city=city),
        city=scope,
        where=where,
        after=list(step.after),
        optional=step.step.optional or step.open,
        condition=join(conditions, lang),
        who=step.step.who.in_(lang) if step.step.who else "",
        time=join(times, lang) if len(times) == 1 else _by_city(step, lang),
        note=step.step.note.in_(lang) if step.step.note else "",
    )


def _by_city(step: PlanStep, lang: Lang) -> str:
    return join(
        [
            text(
                "knowledge.named", lang,
                name=city_name(city, lang), value=variant.time.text.in_(lang),
            )
            for city, variant in step.variants.items()
            if variant.time is not None
        ],
        lang,
    )  # fmt: skip


def _place(step: PlanStep, facts: Facts, lang: Lang) -> tuple[Scope, str]:
    """(city, "in X because Y", or the rule where the city is not known)."""
    rule = step.item.jurisdiction.text.in_(lang)
    fact: DecidingFact = step.item.jurisdiction.deciding_fact
    if len(step.variants) == 1:
        return next(iter(step.variants)), rule
    settles = fact != "none" and not moves_between(step.item)
    known = known_place(fact, facts) if settles else None
    city = city_of(known[1]) if known is not None else None
    if city is None or known is None:
        return "both", rule
    return city, text(f"knowledge.because.{known[0]}", lang, city=city_name(city, lang))


def _document(document: Document, lang: Lang) -> BundleDocument:
    return BundleDocument(
        id=document.id,
        name=document.name.in_(lang),
        need=document.need,
        originals=document.originals,
        copies=document.copies,
        steps=list(document.steps),
        note=_what_is_asked(document, lang),
    )


def _what_is_asked(document: Document, lang: Lang) -> str:
    """What name and need do not say yet, each with its steps; without them where all ask the same."""
    said: dict[str, list[int]] = {}
    for asked in document.asked:
        numbers = said.setdefault(_as_asked(asked, document, lang), [])
        if asked.number not in numbers:
            numbers.append(asked.number)
    if len(said) == 1:
        return next(iter(said))
    return join(
        [
            text(
                "knowledge.of_steps", lang, words=words,
                list=join([str(one) for one in numbers], lang, listing=True),
            )
            for words, numbers in said.items()
            if words
        ],
        lang,
    )  # fmt: skip


def _as_asked(asked: Asked, document: Document, lang: Lang) -> str:
    """One step's own name for the document, its condition, and the step that gives it."""
    record = asked.record
    note = ""
    if record.need != "required":
        note = record.condition.in_(lang) if record.condition else ""
        if not note and record.need != document.need:
            note = text(f"need.{record.need}", lang)
    if asked.given_by is not None:
        key = "knowledge.given_if" if note else "knowledge.given"
        note = text(key, lang, condition=note, number=asked.given_by)
    name = record.name.in_(lang)
    if name.casefold() in document.name.in_(lang).casefold():
        return note
    return text("knowledge.qualified", lang, name=name, note=note) if note else name


def _total(made: Plan, lang: Lang) -> str | None:
    if made.working_days is None:
        return None
    undecided = any(question.id not in made.answers for question in made.bundle.questions)
    if made.working_days:
        words = text("knowledge.total", lang, days=number(made.working_days))
    elif undecided:  # steps that take long may still come
        return None
    else:
        words = text("knowledge.total_at_once", lang)
    rest = [str(step.number) for step in made.steps if not step.counted]
    if not rest:
        return words
    numbers = join(rest, lang, listing=True)
    return text("knowledge.total_without", lang, words=words, list=numbers)


def _actions(bundle: Bundle, lang: Lang) -> list[Action]:
    return [
        Action(
            title=text("knowledge.ask.keep", lang),
            kind="keep",
            token=payload("checklist", code=bundle.id),
        ),
        Action(
            title=text("knowledge.ask.report", lang),
            kind="report",
            token=payload("report_outdated", code=bundle.id),
        ),
        Action(title=text("knowledge.ask.person", lang), kind="handoff"),
    ]


def given_answers(card: BundleCard) -> str:
    """The answers a card was made with, as `read_answers` reads them."""
    return write_answers({q.id: q.answer for q in card.questions if q.answer is not None})


def brief_bundle(bundle: Bundle) -> dict[str, Any]:
    """One line of the list of bundles."""
    return {
        "id": bundle.id,
        "name": bundle.name.model_dump(),
        "summary": bundle.summary.model_dump(),
        "steps": [step.item for step in bundle.steps],
        "as_of": bundle.as_of.isoformat(),
        "status": bundle.status,
    }


def bundle_json(
    catalogue: Catalogue,
    bundle: Bundle,
    *,
    lang: Lang,
    answers: Mapping[str, bool],
    today: dt.date,
) -> dict[str, Any]:
    """Shape of `GET /api/v1/bundles/{id}`: names and summary in both languages, the plan in `lang`."""
    card = bundle_card(catalogue, bundle, lang=lang, answers=answers, facts={}, today=today)
    made = card.model_dump(mode="json", exclude={"type", "version", "lang", "actions", "summary"})
    made["summary"] = bundle.summary.model_dump()
    made["questions"] = [
        {"id": q.id, "text": q.text.model_dump(), "answer": answers.get(q.id), "items": q.items}
        for q in bundle.questions
    ]
    for step in made["steps"]:
        del step["token"]
    made["attendees"] = list(dict.fromkeys(step["who"] for step in made["steps"] if step["who"]))
    return made
