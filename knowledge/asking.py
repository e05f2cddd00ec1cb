"""Cards that are not an answer: a clarifying question, the missing fact, an honest no. Pure.

Nothing here invents: every name on a chip is an item of the list.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from core.cards import CITIES, Action, Choice, ChoicesCard, City, Facet, NoticeCard
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue, one_city
from knowledge.differences import sides
from knowledge.facts import city_name, join, name_of_both
from knowledge.headline import Shown
from knowledge.jurisdiction import Place, city_of, told_as
from knowledge.model import Bundle, DecidingFact, ServiceItem
from knowledge.payloads import ask_item, payload
from knowledge.search import RIVAL, Hit, SearchResult

_NO_HINT: tuple[Facet, ...] = ("overview", "steps", "status", "phone")
"""Facts that no one line tells; numbers to call stand in the question."""
_FIRST_CLAUSE = re.compile(r"[：；。，]|[:;.,](?=\s|$)")
NEAR = 0.15
"""Belief that the matter is among the results from which the nearest are offered."""
MAX_CHOICES = 4


def ways_out(lang: Lang) -> list[Action]:
    """A number to call, and a person."""
    return [
        Action(title=text("knowledge.call_12345", lang), kind="link", url="tel:12345"),
        Action(title=text("knowledge.ask.person", lang), kind="handoff"),
    ]


def options(catalogue: Catalogue, result: SearchResult) -> list[Hit]:
    """At most four hits that are different matters, none far less likely than the first: fillers were never
    the right one in the questions measured, and embarrass (marriage, for somebody who divorces)."""
    found: list[Hit] = []
    for hit in result.results:
        sister = catalogue.sister(hit.code)
        if all(option.code != sister for option in found):
            found.append(hit)
    return [hit for hit in found if hit.score >= found[0].score * RIVAL][:MAX_CHOICES]


def which_matter(
    catalogue: Catalogue,
    hits: Sequence[Hit],
    *,
    lang: Lang,
    facet: Facet | None,
    today: dt.date,
    part: str | None = None,
    plan: Bundle | None = None,
) -> ChoicesCard:
    """One clarifying question; `part`: the words it is about, where a message has several; `plan`: of a life
    event that may be meant. Under each choice stands the fact that was asked, so that two matters with the
    same answer need no tap."""
    choices = [_choice(catalogue, hit, lang, facet, today) for hit in hits]
    if plan is not None:
        choices.append(_plan_choice(plan, lang))
    key = "knowledge.which" if len(choices) > 1 else "knowledge.is_it"
    choices.append(
        Choice(title=text("knowledge.none_of_these", lang), token=payload("none_of_these"))
    )
    prompt = text(key, lang) if part is None else text("knowledge.part_which", lang, part=part)
    if facet == "phone" and (shared := shared_phones([catalogue.items[h.code] for h in hits])):
        prompt = text(
            "knowledge.phones_which", lang, phones=join(shared, lang, listing=True), prompt=prompt
        )
    return ChoicesCard(lang=lang, prompt=prompt, choices=choices, list_version=catalogue.version)


def what_else(
    catalogue: Catalogue,
    told: ServiceItem,
    hits: Sequence[Hit],
    *,
    lang: Lang,
    facet: Facet | None,
    plan: Bundle | None = None,
) -> ChoicesCard:
    """Before an answer about `told`: how the message was understood, and what else may be meant. Short, so
    that the answer is seen below it."""
    choices = [
        Choice(
            title=catalogue.items[hit.code].name.in_(lang),
            code=hit.code,
            token=ask_item(hit.code, facet=facet, city=hit.city),
        )
        for hit in hits
    ]
    if plan is not None:
        choices.append(Choice(title=plan.name.in_(lang), code=plan.id, token=ask_item(plan.id)))
    return ChoicesCard(
        lang=lang,
        prompt=text("knowledge.what_else", lang, name=told.name.in_(lang)),
        choices=choices,
        aside=True,
        list_version=catalogue.version,
    )


_GENERAL_LINE = "12345"


def shared_phones(items: Sequence[ServiceItem]) -> list[str]:
    """Numbers that all of `items` have in every city that handles them, in the first one's order."""
    listed = [
        variant.phones for item in items for city in CITIES if (variant := item.variant(city))
    ]
    shared = [phone for phone in listed[0] if all(phone in own for own in listed)] if listed else []
    return sorted(shared, key=lambda phone: phone == _GENERAL_LINE)  # the field's own line first


def _choice(
    catalogue: Catalogue, hit: Hit, lang: Lang, facet: Facet | None, today: dt.date
) -> Choice:
    item = catalogue.items[hit.code]
    hint = item.summary.in_(lang)
    if facet is not None and facet not in _NO_HINT:
        shown = Shown(item, sides(catalogue, item, today), hit.city or "both", None, lang)
        hint = shown.named(facet)
    sister = catalogue.items.get(catalogue.sister(hit.code) or "")
    pair = hit.city is None and sister is not None
    if pair and (facet is None or facet in (*_NO_HINT, "result")):
        hint = text("knowledge.either_city", lang)
    return Choice(
        title=name_of_both(item, lang) if pair else item.name.in_(lang),
        code=hit.code,
        token=ask_item(hit.code, facet=facet, city=hit.city),
        hint=short(hint, lang),
    )


def _plan_choice(plan: Bundle, lang: Lang) -> Choice:
    hint = short(plan.summary.in_(lang), lang)
    return Choice(title=plan.name.in_(lang), code=plan.id, token=ask_item(plan.id), hint=hint)


PLACES_ASKED: tuple[Place, ...] = ("shenzhen", "dongguan", "both", "both")
"""What the choices of `which_place` stand for, in order: whoever does not know is told of both."""


def which_place(
    catalogue: Catalogue, item: ServiceItem, fact: DecidingFact, *, lang: Lang, facet: Facet | None
) -> ChoicesCard:
    """The one fact that is missing; the rule it belongs to comes first."""
    asked = text(f"knowledge.where_is.{told_as(item, fact)}", lang)
    rule = _FIRST_CLAUSE.split(item.jurisdiction.text.in_(lang))[0]
    prompt = f"{rule}。{asked}" if lang == "zh" else f"{rule}. {asked}"
    if one_city(item) is not None:  # its rule speaks of that city alone
        prompt = asked
    hint = text("knowledge.place_hint", lang)

    def choice(place: Place, title: str, hint: str | None = None) -> Choice:
        token = ask_item(item.item_id, facet=facet, city=city_of(place), fact=fact, place=place)
        return Choice(title=title, token=token, hint=hint)

    choices = [
        choice("shenzhen", city_name("shenzhen", lang)),
        choice("dongguan", city_name("dongguan", lang)),
        choice("both", text("knowledge.place_both", lang), hint),
    ]
    unsure = ask_item(item.item_id, facet=facet, fact=fact, place="both", unsure="yes")
    choices.append(Choice(title=text("knowledge.place_unsure", lang), token=unsure, hint=hint))
    return ChoicesCard(lang=lang, prompt=prompt, choices=choices, list_version=catalogue.version)


def not_in_list(
    catalogue: Catalogue,
    result: SearchResult,
    lang: Lang,
    last: ServiceItem | None = None,
    near: Sequence[Choice] = (),
) -> NoticeCard:
    """The honest no. Where matters are `near` enough to be named it does not say that there is none; `last`:
    the matter before, to go back to."""
    asked = result.asked
    actions = _named(near)
    title, key = "knowledge.not_in_list_title", "knowledge.not_in_list"
    if asked.of_another_place or asked.foreign:
        key = "knowledge.not_our_document" if asked.foreign else "knowledge.not_our_cities"
    elif actions:
        title, key = "knowledge.not_sure_title", "knowledge.not_sure"
    return NoticeCard(
        lang=lang,
        title=text(title, lang),
        text=text(key, lang),
        actions=[*actions, *_back(last, actions, lang), *ways_out(lang)],
        list_version=catalogue.version,
    )


def _back(last: ServiceItem | None, actions: Sequence[Action], lang: Lang) -> list[Action]:
    """To the matter before, unless it is offered already."""
    if last is None or last.name.in_(lang) in {action.title for action in actions}:
        return []
    title = text("knowledge.back_to", lang, name=last.name.in_(lang))
    return [Action(title=title, token=ask_item(last.item_id))]


def nearest(catalogue: Catalogue, result: SearchResult) -> list[Hit]:
    """The nearest matters, where any is near and the question is about our cities."""
    if result.asked.of_another_place or result.in_list < NEAR:
        return []
    return options(catalogue, result)[:3]


def near_matters(
    catalogue: Catalogue,
    result: SearchResult,
    lang: Lang,
    today: dt.date,
    plan: Bundle | None = None,
) -> tuple[Choice, ...]:
    """The nearest matters as chips, after the `plan` of a life event that may be meant."""
    plans = [] if plan is None or result.asked.of_another_place else [_plan_choice(plan, lang)]
    matters = [_choice(catalogue, hit, lang, None, today) for hit in nearest(catalogue, result)]
    return (*plans, *matters)


def _named(choices: Sequence[Choice]) -> list[Action]:
    return [Action(title=choice.title, token=choice.token) for choice in choices]


def part_not_in_list(
    catalogue: Catalogue, part: str, result: SearchResult, lang: Lang, today: dt.date
) -> NoticeCard:
    """The honest no for one part of a message, with the nearest matters."""
    near = _named(near_matters(catalogue, result, lang, today))
    key = "knowledge.part_not_sure" if near else "knowledge.part_not_in_list"
    return NoticeCard(
        lang=lang,
        title=text("knowledge.part_title", lang, part=part),
        text=text(key, lang, part=part),
        actions=[*near, *ways_out(lang)],
        list_version=catalogue.version,
    )


def too_many(catalogue: Catalogue, parts: Sequence[str], lang: Lang) -> NoticeCard:
    """That a message asks about more matters than are answered at once, and which are left."""
    return NoticeCard(
        lang=lang,
        title=text("knowledge.too_many_title", lang),
        text=text("knowledge.too_many", lang, parts=("；" if lang == "zh" else "; ").join(parts)),
        actions=ways_out(lang),
        list_version=catalogue.version,
    )


def only_elsewhere(
    catalogue: Catalogue,
    item: ServiceItem,
    asked: City,
    lang: Lang,
    near: Sequence[Choice] = (),
) -> NoticeCard:
    """The asked city does not handle the matter: say so and offer the other city's card, and what the asked
    city has that is `near`."""
    other: City = "dongguan" if asked == "shenzhen" else "shenzhen"
    names = {"asked": city_name(asked, lang), "other": city_name(other, lang)}
    show = Action(
        title=text("knowledge.show_other", lang, city=names["other"]),
        token=ask_item(item.item_id, city=other),
    )
    return NoticeCard(
        lang=lang,
        title=text("knowledge.only_elsewhere_title", lang, city=names["asked"]),
        text=text("knowledge.only_elsewhere", lang, name=item.name.in_(lang), **names),
        actions=[*_named(near), show, *ways_out(lang)],
        list_version=catalogue.version,
    )


def not_offered(catalogue: Catalogue, item: ServiceItem, today: dt.date, lang: Lang) -> NoticeCard:
    """The matter does not exist yet, or no more."""
    name = item.name.in_(lang)
    early = item.valid_from is not None and today < item.valid_from
    day = item.valid_from if early else item.valid_to
    key = "knowledge.not_yet" if early else "knowledge.over"
    return NoticeCard(
        lang=lang,
        title=text(f"{key}_title", lang),
        text=text(key, lang, name=name, date=day.isoformat() if day else ""),
        actions=ways_out(lang),
        list_version=catalogue.version,
    )


def no_centres(catalogue: Catalogue, lang: Lang, where: str | None = None) -> NoticeCard:
    """No place fits; `where`: what the list says of where the matter is done."""
    words = text("knowledge.centres.none", lang)
    if where:
        words = text("knowledge.centres.not_listed", lang, where=where)
    return NoticeCard(
        lang=lang,
        title=text("knowledge.centres.none_title", lang),
        text=words,
        actions=ways_out(lang),
        list_version=catalogue.version,
    )


def short(words: str, lang: Lang) -> str:
    """The first sentence, cut to what fits under a chip."""
    first = re.split(r"[。；;]" if lang == "zh" else r"(?<=[a-z)])[.;] ", words)[0]
    limit = 40 if lang == "zh" else 90
    return first if len(first) <= limit else first[: limit - 1].rstrip() + "…"
