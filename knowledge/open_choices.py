"""Which of several matters is meant: the question for it, and what a further message says to that. Part of
`knowledge.answers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.cards import City, Facet
from knowledge import asking
from knowledge.beyond_items import BeyondItems
from knowledge.model import Bundle
from knowledge.one_matter import Reply, Turn
from knowledge.search import Hit, SearchResult

_FAR = 3
"""How many times likelier one of several choices must be than the others to be taken without asking again."""
_AMONG_CHOICES, _LIKELY_OWN = 0.2, 0.5
"""Share of belief from which a message's own words say which of several choices is meant, where they are at
least so likely about the list at all."""
UNLIKELY, STANDS_OUT = 0.5, 0.8
"""Probability that the matter is in the list below which a clarifying question changes no subject; share of
belief from which the first choice is what goes on."""


class OpenChoices(BeyondItems):
    """What is asked back, and what is named beside an answer."""

    def _clarify(self, result: SearchResult, turn: Turn, plan: Bundle | None) -> Reply:
        """`plan`: of a life event that may be meant, too."""
        hits = asking.options(self.catalogue, result)
        card = asking.which_matter(
            self.catalogue, hits, lang=turn.lang, facet=result.facet, today=turn.today, plan=plan
        )
        codes = tuple(hit.code for hit in hits)
        # what follows is about the one that stands out; where none is likely, about the matter before
        unlikely = turn.context.code if result.in_list < UNLIKELY else None
        code = codes[0] if hits[0].score >= STANDS_OUT else unlikely
        open_ones = tuple(choice.code for choice in card.choices if choice.code)  # with the plan
        context = turn.after(code=code, city=result.city, facet=result.facet, choices=open_ones)
        return Reply((card,), context, "clarify", codes, result.confidence)

    def _which_again(self, city: City | None, facet: Facet | None, turn: Turn) -> Reply | None:
        """A fact asked while it is still open which of several matters is meant: asked again, with that
        fact; of one alone it is told. None where nothing is open."""
        codes = [code for code in turn.context.choices if code in self.catalogue.items]
        city, facet = city or turn.context.city, facet or turn.context.facet
        codes = [one for code in codes if (one := self._in_city(code, city)) is not None] or codes
        if not codes:
            return None
        if len(codes) == 1:
            return self._known(codes[0], city, facet, turn)
        hits = [Hit(code, self.catalogue.items[code].name, 1 / len(codes), city) for code in codes]
        card = asking.which_matter(
            self.catalogue, hits, lang=turn.lang, facet=facet, today=turn.today
        )
        context = turn.after(city=city, facet=facet, choices=tuple(codes))
        return Reply((card,), context, "clarify", tuple(codes))

    def _in_city(self, code: str, city: City | None) -> str | None:
        """The item, or its sister where only that one is of the city; None where neither is."""
        sister = self.catalogue.sister(code)
        own = [
            one for one in (code, sister) if one is not None and self.catalogue.handles(one, city)
        ]
        return own[0] if own else None

    @staticmethod
    def _chosen(result: SearchResult, turn: Turn) -> str:
        """Which of the choices the message's own words find; empty where they find none."""
        if result.in_list < _LIKELY_OWN:
            return ""
        found = (hit.code for hit in result.results if hit.score >= _AMONG_CHOICES)
        return next((code for code in found if code in turn.context.choices), "")

    @staticmethod
    def _leading(result: SearchResult, turn: Turn) -> str:
        """Which of the choices a message is far nearer to than to the others: the same question is not put
        twice. Empty where none is."""
        shares = [
            (hit.score, hit.code) for hit in result.results if hit.code in turn.context.choices
        ]
        shares.sort(reverse=True)
        rest = shares[1][0] if len(shares) > 1 else 0.0
        return shares[0][1] if shares and shares[0][0] >= max(_AMONG_CHOICES, _FAR * rest) else ""

    def _put_before(self, result: SearchResult, turn: Turn) -> Reply | None:
        """Instead of choices whose first was among those of the question that is still open."""
        context = turn.context
        if result.results[0].code not in context.choices:
            return None
        if result.facet not in (None, context.facet):
            return None
        return self._likeliest(result, result.facet, turn)

    def _likeliest(self, result: SearchResult, facet: Facet | None, turn: Turn) -> Reply | None:
        """The same question is not put twice: what is likeliest of the choices in the light of a further
        message, after the others; the first one where the message finds none."""
        context = turn.context
        found = [hit.code for hit in result.results if hit.code in context.choices]
        codes = list(dict.fromkeys([*found, *context.choices]))
        codes = [code for code in codes if code in self.catalogue.items]
        if not codes:
            return None
        city = turn.city or context.city
        reply = self._known(codes[0], city, facet or context.facet, turn)
        others = [Hit(code, self.catalogue.items[code].name, 1.0, city) for code in codes[1:]]
        return None if reply is None else self._or_else(reply, others, facet, turn)

    def _or_else(
        self,
        reply: Reply,
        others: Sequence[Hit],
        facet: Facet | None,
        turn: Turn,
        plan: Bundle | None = None,
    ) -> Reply:
        """An answer, or the question for the fact it hangs on, after what else may be meant; as it is
        where that is nothing, or part of it."""
        told = reply.decision == "answer" or reply.context.asking is not None
        others = [
            hit
            for hit in others
            if self._own(self.catalogue.items[hit.code]).isdisjoint(reply.codes)
        ]
        if not told or not (others or plan):
            return reply
        card = asking.what_else(
            self.catalogue, self.catalogue.items[reply.codes[0]], others, lang=turn.lang, facet=facet,
            plan=plan,
        )  # fmt: skip
        codes = tuple(choice.code for choice in card.choices if choice.code)
        context = replace(reply.context, choices=codes, aside=True)
        return replace(reply, cards=(card, *reply.cards), context=context)
