"""The first line of an answer card: what was asked, before everything else. Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from core.cards import Facet, FaqLine, Material, Scope
from core.i18n import Lang, text
from knowledge.asked_fact import facets_of
from knowledge.asked_for import AskedFor
from knowledge.catalogue import Catalogue, one_city
from knowledge.differences import sides
from knowledge.facts import city_name, facet_label, join, value
from knowledge.faqs import AskedFaqs
from knowledge.guide import Sides, in_scope
from knowledge.jurisdiction import told_as
from knowledge.model import DecidingFact, ServiceItem
from knowledge.named_documents import agent_papers, told_of

OPEN: tuple[Facet | None, ...] = (None, "eligibility", "steps", "result", "status")
"""Asked for no other fact than whether, what if, how, what comes of it, or how far it is: a frequent question
says more of these than the list's facts."""
_VALIDITY_HEARD: tuple[Facet | None, ...] = (None, "result", "time", "fee", "steps", "overview")
_VALIDITY_TOLD = re.compile(
    r"有效期|有效\d|继续有效|长期|每年|(?<!\d)\d{1,2} ?年(内|有效)|\bvalid\b|\b(every|each) year\b",
    re.IGNORECASE,
)
"""What a line says that tells how long something holds."""
_NO_YES: tuple[Facet | None, ...] = (None, "channels", "steps", "where", "documents", "result")
"""Facts that answer no question for yes or no, unless they are asked in plain words (「网上能办吗」)."""
_BY_ANOTHER: tuple[Facet | None, ...] = (*OPEN, "channels")
"""Facts beside which it is told what somebody who acts for another must bring."""

PROGRESS, _PROGRESS = "SG-XX-007", "进度"
"""The item by which an application's progress is looked up, and what such inquiries have in their names."""


@dataclass(frozen=True)
class Progress:
    """The matter by which applications are followed."""

    code: str
    words: str
    """How to look it up, in one sentence."""


@dataclass(frozen=True)
class Shown:
    """A matter as one card shows it."""

    item: ServiceItem
    found: Sides
    scope: Scope
    decided_by: DecidingFact | None
    """The fact that settled the city."""
    lang: Lang
    progress: Progress | None = None
    """Where its progress is looked up, when that was asked."""

    def fact(self, facet: Facet) -> str | None:
        """A facet's value: one text where the cities agree, else each city's."""
        values = {
            city: words
            for city, _, variant in in_scope(self.found, self.scope)
            if (words := value(variant, facet, self.lang))
        }
        if not values:
            return None
        texts = list(dict.fromkeys(values.values()))
        if len(texts) == 1:
            return texts[0]
        return join(
            [self._labelled(city_name(c, self.lang), w) for c, w in values.items()], self.lang
        )

    def _apart(self, facet: Facet) -> bool:
        """Whether the cities shown say different things."""
        told = {
            value(variant, facet, self.lang) for _, _, variant in in_scope(self.found, self.scope)
        }
        return len(told - {None}) > 1

    def line(self, facet: Facet) -> str:
        """The asked fact in one line; for an overview the three facts people need first."""
        if facet == "which_city":
            return self.jurisdiction()
        if facet == "eligibility":
            # "can I, from the other city?": where no condition is listed, the rule of jurisdiction tells.
            return self.fact(facet) or self.item.jurisdiction.text.in_(self.lang)
        if facet == "steps" and self._apart(facet):  # two lists in one line cannot be read: below
            return self.line("overview")
        if facet == "result" and self.item.result is not None:
            return join(
                [self.item.result.in_(self.lang), self.item.summary.in_(self.lang)], self.lang
            )
        if facet == "status" and self.progress is not None:
            return self.progress.words
        if facet == "status" and (ways := self.fact("channels")):  # itself a way to look it up
            return ways
        if facet not in ("overview", "result", "status"):
            return self.fact(facet) or text(
                "knowledge.nothing_on", self.lang, facet=facet_label(facet, self.lang)
            )
        wanted: tuple[Facet, ...] = (
            ("time", "fee") if self.scope == "both" else ("channels", "time", "fee")
        )
        facts = [
            self._labelled(facet_label(one, self.lang), words)
            for one in wanted
            if (words := self.fact(one))
        ]
        return " · ".join(facts) or self.item.summary.in_(self.lang)

    def named(self, facet: Facet) -> str:
        """The line of a fact with its name."""
        return self._labelled(facet_label(facet, self.lang), self.line(facet))

    def jurisdiction(self) -> str:
        """Where to file: "in X, because Y" where the deciding fact is known, then the list's rule."""
        rule = self.item.jurisdiction.text.in_(self.lang)
        if self.scope == "both" or self.decided_by in (None, "none"):
            return rule
        key = f"knowledge.because.{told_as(self.item, self.decided_by)}"
        reason = text(key, self.lang, city=city_name(self.scope, self.lang))
        return f"{reason}{rule}" if self.lang == "zh" else f"{reason} {rule}"

    def away(self) -> str:
        """That neither city is where it is filed, with the rule."""
        key = f"knowledge.away.{told_as(self.item, self.item.jurisdiction.deciding_fact)}"
        rule = self.item.jurisdiction.text.in_(self.lang).rstrip("。.；;")
        return text(key, self.lang, rule=rule + ("。" if self.lang == "zh" else "."))

    def conditions(self, how: Literal["see", "compare"] = "see") -> str:
        """What the list has for a case it does not speak of, which "compare" says; empty where it has no
        conditions."""
        words = self.fact("eligibility")
        return text(f"knowledge.{how}_conditions", self.lang, value=words) if words else ""

    def frequent(self, told: list[FaqLine], *, named: bool) -> str:
        """The answer to the frequent question that was asked, with that question where it is `named`; empty
        where none was."""
        if not told:
            return ""
        if len(told) == 1 and told[0].city in ("both", self.scope):
            answer = told[0].answer
        else:
            cities = [
                self._labelled(city_name(line.city, self.lang), line.answer)
                for line in told
                if line.city != "both"
            ]
            answer = join(cities, self.lang)
        if not named:
            return answer
        return text("knowledge.nearest_faq", self.lang, question=told[0].question, answer=answer)

    def _labelled(self, name: str, words: str) -> str:
        return text("knowledge.named", self.lang, name=name, value=words)


def progress_of(
    catalogue: Catalogue, item: ServiceItem, scope: Scope, lang: Lang, today: dt.date
) -> Progress | None:
    """How an application for `item` is followed; None where the item is such an inquiry itself."""
    inquiry = catalogue.items.get(PROGRESS)
    if inquiry is None or _PROGRESS in item.name.zh:
        return None
    shown = Shown(inquiry, sides(catalogue, inquiry, today), scope, None, lang)
    ways = shown.fact("channels")
    if ways is None:
        return None
    name = inquiry.name.in_(lang)
    return Progress(inquiry.item_id, text("knowledge.progress", lang, name=name, ways=ways))


def one_city_scope(item: ServiceItem, found: Sides) -> Scope:
    """`both`, or the only city that serves the matter."""
    if all(found.values()):
        return "both"
    return one_city(item) or "both"


def headline(
    shown: Shown,
    facet: Facet | None,
    asks: AskedFor,
    faqs: AskedFaqs,
    told: list[FaqLine],
    materials: list[Material],
) -> tuple[str, Facet]:
    """(what leads, the fact whose sources come first).

    `told`: the frequent question that leads. Where none is the very one that was asked, the
    documents named lead. Of what the list does not say, as whether another may act where it lists no papers
    for that, or a yes or no in which conditions were only heard, just that is said, with the nearest frequent
    question or the conditions. Where nothing leads,
    "may I" is answered with the conditions, and of any other yes or no it is said that the list does not tell
    it, with what it has. Each asked fact that what leads does not tell follows (「能领多少，多久到账」);
    beside a frequent question only one that is asked in plain words, and no conditions.
    """
    first: Facet = facet or "overview"
    led = shown.frequent(told, named=faqs.same is None)
    if faqs.same is None:
        named = told_of(asks.documents, materials, shown.item.name.in_(shown.lang), shown.lang)
        if not named and not led and facet in _BY_ANOTHER and asks.agent:
            named = agent_papers(materials, shown.lang)
        if named and not (told and any(one.among(told[0].question) for one in asks.documents)):
            return _with_rest(shown, named, asks.facets, ("documents",)), "documents"
    if asks.validity and not led and facet in _VALIDITY_HEARD:
        told_so = shown.line("result")
        holds = _VALIDITY_TOLD.search(told_so) is not None
        words = told_so if holds else text("knowledge.not_told", shown.lang, value=told_so)
        return words, "result"
    heard = facet == "eligibility" and facet not in asks.outright and faqs.whether and not faqs.may
    if asks.untold or (not led and (heard or (asks.agent and facet in _BY_ANOTHER))):
        words = text("knowledge.not_told", shown.lang, value=led or shown.conditions())
        return words, first if led else "eligibility"
    conditions: tuple[Facet, ...] = ()
    if not led and facet in (None, "eligibility") and faqs.may and len(asks.facets) < 2:
        led, first = shown.conditions("compare" if faqs.case else "see"), "eligibility"
        conditions = ("eligibility",)
    elif not led and facet in _NO_YES and facet not in asks.outright and faqs.whether:
        words = shown.named(facet) if facet else shown.item.summary.in_(shown.lang)
        return text("knowledge.not_yes_or_no", shown.lang, value=words), first
    if not led and len(asks.facets) < 2:
        return shown.line(facet or "overview"), first
    known = (
        *conditions,
        *(one for line in told for one in ("eligibility", *facets_of(line.question))),
    )
    return _with_rest(shown, led, asks.outright if told else asks.facets, known), first


def _with_rest(shown: Shown, led: str, asked: tuple[Facet, ...], known: tuple[Facet, ...]) -> str:
    rest = [shown.named(facet) for facet in asked if facet not in known]
    return " · ".join([*([led] if led else []), *rest])
