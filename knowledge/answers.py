"""From a resident's words to cards: what `actions/` and the gateway's warm-up path call.

`Responder.respond` decides between an answer, one clarifying question and an honest "not in the
list"; it keeps the context of follow-ups (「那东莞呢」「要多少钱」). Synchronous and thread-safe; call it
from a thread. It never says anything that is not in the list, and never sees an account.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args

from core.cards import (
    CITIES,
    Action,
    AnswerCard,
    Card,
    ChecklistCard,
    ChecklistItem,
    Choice,
    ChoicesCard,
    City,
    Facet,
    NoticeCard,
)
from core.errors import NotFound
from core.i18n import Lang, text
from knowledge.answer_card import answer_card, ask_item, payload
from knowledge.catalogue import Catalogue
from knowledge.differences import sides
from knowledge.embed import Vector
from knowledge.facets import follow_up
from knowledge.facts import city_name
from knowledge.matters import split_matters
from knowledge.model import DecidingFact
from knowledge.search import Decision, Hit, SearchEngine, SearchResult
from knowledge.text import Understood

MIN_CHOICES, MAX_CHOICES = 3, 4
MAX_MATTERS = 3
_ORDINAL = re.compile(
    r"^(?:第?\s*([1-4一二三四])\s*(?:个|项|种)?"
    r"|(?:the )?(first|second|third|fourth|last|最后一?个)(?: one)?)[。.!]?$"
)
_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}


@dataclass(frozen=True)
class AnswerContext:
    """What the last reply was about; JSON-able, kept by the caller between turns."""

    code: str | None = None
    city: City | None = None
    facet: Facet | None = None
    choices: tuple[str, ...] = ()
    """Codes offered by the last choices card, in order."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "choices": list(self.choices)}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> AnswerContext:
        """From `as_dict`; anything unknown or malformed is dropped."""
        data = data or {}
        code, city, facet = (data.get(key) for key in ("code", "city", "facet"))
        choices = data.get("choices") or ()
        return cls(
            code if isinstance(code, str) else None,
            city if city in CITIES else None,
            facet if facet in get_args(Facet) else None,
            tuple(choice for choice in choices if isinstance(choice, str)),
        )


@dataclass(frozen=True)
class Reply:
    """Cards to show in order, the context for the next turn, and how it was decided."""

    cards: tuple[Card, ...]
    context: AnswerContext
    decision: Decision
    codes: tuple[str, ...] = ()
    """Items answered or offered."""
    confidence: float = 1.0


class Responder:
    """Answers from one version of the list."""

    def __init__(self, engine: SearchEngine, catalogue: Catalogue | None = None) -> None:
        self.engine = engine
        self.catalogue = catalogue or engine.catalogue

    def respond(
        self,
        query: str,
        *,
        lang: Lang,
        city: City | None = None,
        context: AnswerContext | None = None,
        vector: Vector | None = None,
        today: dt.date,
    ) -> Reply:
        """Answer a resident's words.

        `lang` is the language of the reply; `city` the city the resident is known to mean where the
        words and the context name none; `vector` is `engine.embed(query)` if it was made already;
        `today` the date in the cities' time zone.
        """
        context = context or AnswerContext()
        asked = self.engine.understand(query, lang=lang)
        continued = self._continue(asked, context, lang, today)
        if continued is not None:
            return continued
        parts = split_matters(asked.text)
        if len(parts) > 1:
            reply = self._several(parts, asked, lang, city, today)
            if reply is not None:
                return reply
        result = self.engine.search(query, lang=lang, city=city, k=8, vector=vector)
        if result.decision == "answer":
            return self._answer(result, lang, today)
        if result.decision == "clarify":
            return self._clarify(result, lang)
        return self._abstain(result, lang, context)

    def answer_card(
        self,
        code: str,
        *,
        lang: Lang,
        city: City | None = None,
        facet: Facet | None = None,
        today: dt.date,
    ) -> AnswerCard:
        """The card of one item, e.g. for a tapped chip; raises `NotFound` for an unknown code."""
        return answer_card(self.catalogue, code, lang=lang, city=city, facet=facet, today=today)

    def choose(
        self,
        code: str,
        *,
        lang: Lang,
        city: City | None = None,
        facet: Facet | None = None,
        today: dt.date,
    ) -> Reply:
        """As `answer_card`, with the context that follow-ups need: for `/ask_item` payloads.

        Where the city asked for does not handle the matter, a notice says so before the card.
        """
        item = self.catalogue.get(code)
        if city is not None and sides(self.catalogue, item, today)[city] is None:
            return self._other_city_only(item.item_id, city, lang, facet)
        card = self.answer_card(code, lang=lang, city=city, facet=facet, today=today)
        return Reply((card,), _context(card, city, facet), "answer", (card.code,))

    def checklist_card(
        self, code: str, *, lang: Lang, city: City | None = None, today: dt.date
    ) -> ChecklistCard:
        """The documents of an item as a list to tick and keep; raises `NotFound`."""
        card = self.answer_card(code, lang=lang, city=city, facet="documents", today=today)
        items: list[ChecklistItem] = []
        for material in card.materials:
            notes = [] if material.need == "required" else [text(f"need.{material.need}", lang)]
            if material.note:
                notes.append(material.note)
            if material.copies:
                notes.append(text("knowledge.copies", lang, count=material.copies))
            if card.city == "both" and material.city != "both":
                notes.insert(0, city_name(material.city, lang))
            items.append(
                ChecklistItem(
                    id=f"{material.id}.{len(items)}", text=material.name, note=" · ".join(notes)
                )
            )
        title = text("knowledge.checklist", lang, name=card.name.in_(lang))
        return ChecklistCard(lang=lang, title=title, code=card.code, items=items, as_of=card.as_of)

    def _continue(
        self, asked: Understood, context: AnswerContext, lang: Lang, today: dt.date
    ) -> Reply | None:
        """A follow-up of the last reply: a numbered choice, another fact, the other city."""
        number = _ORDINAL.match(asked.text)
        if number and context.choices:
            word = number.group(1) or number.group(2)
            index = (
                len(context.choices)
                if word[:2] in ("la", "最后")
                else _ORDINALS.get(word) or int(word)
            )
            if index <= len(context.choices):
                code = context.choices[index - 1]
                return self._known(code, lang, context.city, context.facet, today)
        follow = follow_up(asked)
        if follow is None or context.code is None:
            return None
        return self._known(
            context.code,
            lang,
            follow.city or (None if len(asked.cities) > 1 else context.city),
            follow.facet or context.facet,
            today,
        )

    def _known(
        self, code: str, lang: Lang, city: City | None, facet: Facet | None, today: dt.date
    ) -> Reply | None:
        try:
            return self.choose(code, lang=lang, city=city, facet=facet, today=today)
        except NotFound:  # withdrawn from the list since
            return None

    def _several(
        self,
        parts: list[str],
        asked: Understood,
        lang: Lang,
        city: City | None,
        today: dt.date,
    ) -> Reply | None:
        """Several matters in one message: their cards in order, if each is found for sure."""
        shared = asked.cities[0] if len(asked.cities) == 1 else city
        cards: dict[str, AnswerCard] = {}
        first: SearchResult | None = None
        lowest = 1.0
        for part in parts[:MAX_MATTERS]:
            result = self.engine.search(part, lang=lang, city=shared, k=2)
            if result.decision != "answer":
                return None
            card = self._card(result, lang, today)
            if any(self.catalogue.sister(code) == card.code for code in cards):
                continue
            first = first or result
            lowest = min(lowest, result.confidence)
            cards.setdefault(card.code, card)
        if len(cards) < 2 or first is None:
            return None
        shown = tuple(cards.values())
        context = _context(shown[-1], shared, shown[-1].facet)
        return Reply(shown, context, "answer", tuple(cards), lowest)

    def _card(self, result: SearchResult, lang: Lang, today: dt.date) -> AnswerCard:
        hit = result.results[0]
        fact = self.catalogue.items[hit.code].jurisdiction.deciding_fact
        decided: DecidingFact | None = fact if fact in result.asked.roles else None
        return answer_card(
            self.catalogue, hit.code, lang=lang, city=hit.city, facet=result.facet, today=today,
            decided_by=decided,
        )  # fmt: skip

    def _answer(self, result: SearchResult, lang: Lang, today: dt.date) -> Reply:
        card = self._card(result, lang, today)
        context = _context(card, result.results[0].city, result.facet)
        return Reply((card,), context, "answer", (card.code,), result.confidence)

    def _options(self, result: SearchResult) -> list[Hit]:
        """At most four hits that are different matters."""
        options: list[Hit] = []
        for hit in result.results:
            sister = self.catalogue.sister(hit.code)
            if all(option.code != sister for option in options):
                options.append(hit)
        likely = [hit for hit in options if hit.score >= options[0].score * 0.04]
        if len(likely) < MIN_CHOICES and options:
            domain = self.catalogue.items[options[0].code].domain
            likely += [
                hit
                for hit in options
                if hit not in likely and self.catalogue.items[hit.code].domain == domain
            ][: MIN_CHOICES - len(likely)]
        return likely[:MAX_CHOICES]

    def _choice(self, hit: Hit, lang: Lang, facet: Facet | None) -> Choice:
        item = self.catalogue.items[hit.code]
        return Choice(
            title=item.name.in_(lang),
            code=hit.code,
            token=ask_item(hit.code, facet=facet, city=hit.city),
            hint=_short(item.summary.in_(lang), lang),
        )

    def _clarify(self, result: SearchResult, lang: Lang) -> Reply:
        options = self._options(result)
        facet = result.facet
        choices = [self._choice(hit, lang, facet) for hit in options]
        choices.append(
            Choice(title=text("knowledge.none_of_these", lang), token=payload("none_of_these"))
        )
        key = "knowledge.which" if len(options) > 1 else "knowledge.is_it"
        card = ChoicesCard(lang=lang, prompt=text(key, lang), choices=choices)
        codes = tuple(hit.code for hit in options)
        context = AnswerContext(None, result.city, facet, codes)
        return Reply((card,), context, "clarify", codes, result.confidence)

    def _abstain(self, result: SearchResult, lang: Lang, context: AnswerContext) -> Reply:
        asked = result.asked
        if result.elsewhere and (
            not result.results or result.elsewhere[0].score > result.results[0].score
        ):
            hit = result.elsewhere[0]
            if hit.city is not None and result.confidence >= 0.5:
                return Reply(
                    (self._only_elsewhere(hit, lang),),
                    replace(context, choices=()), "abstain", (), result.confidence,
                )  # fmt: skip
        near = self._options(result)[:3] if result.in_list >= 0.15 else []
        key = "knowledge.not_our_cities" if asked.elsewhere else "knowledge.not_in_list"
        actions = [
            Action(
                title=self.catalogue.items[hit.code].name.in_(lang),
                token=ask_item(hit.code, city=hit.city),
            )
            for hit in ([] if asked.elsewhere else near)
        ]
        words = text(key, lang)
        if actions:
            words += text("knowledge.nearest", lang)
        card = NoticeCard(
            lang=lang,
            title=text("knowledge.not_in_list_title", lang),
            text=words,
            actions=[*actions, *_ways_out(lang)],
        )
        return Reply((card,), replace(context, choices=()), "abstain", (), result.confidence)

    def _only_elsewhere(self, hit: Hit, lang: Lang) -> NoticeCard:
        """The asked city does not handle the matter: say so and offer the other city's card."""
        asked: City = hit.city or "shenzhen"
        other: City = "dongguan" if asked == "shenzhen" else "shenzhen"
        names = {"asked": city_name(asked, lang), "other": city_name(other, lang)}
        show = Action(
            title=text("knowledge.show_other", lang, city=names["other"]),
            token=ask_item(hit.code, city=other),
        )
        return NoticeCard(
            lang=lang,
            title=text("knowledge.only_elsewhere_title", lang, city=names["asked"]),
            text=text("knowledge.only_elsewhere", lang, name=hit.name.in_(lang), **names),
            actions=[show, *_ways_out(lang)],
        )

    def _other_city_only(self, code: str, city: City, lang: Lang, facet: Facet | None) -> Reply:
        item = self.catalogue.items[code]
        notice = self._only_elsewhere(Hit(code, item.name, 1.0, city), lang)
        return Reply((notice,), AnswerContext(code, None, facet), "abstain", (code,))


def _context(card: AnswerCard, city: City | None, facet: Facet | None) -> AnswerContext:
    return AnswerContext(card.code, city, facet)


def _ways_out(lang: Lang) -> list[Action]:
    return [
        Action(title=text("knowledge.call_12345", lang), kind="link", url="tel:12345"),
        Action(title=text("knowledge.ask.person", lang), kind="handoff"),
    ]


def _short(words: str, lang: Lang) -> str:
    """The first sentence, cut to what fits under a chip."""
    first = re.split(r"[。；;]" if lang == "zh" else r"(?<=[a-z)])[.;] ", words)[0]
    limit = 40 if lang == "zh" else 90
    return first if len(first) <= limit else first[: limit - 1].rstrip() + "…"
