"""Replies to what goes on from the last card: another fact, the other city, a fact of one's own, a choice.
Part of `knowledge.answers`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from core.cards import City, Facet
from core.errors import AppError, NotFound
from knowledge import centres
from knowledge.beyond_items import BeyondItems
from knowledge.facets import asks_amount, asks_term, facet_of, facets_of, follow_up, goes_on
from knowledge.jurisdiction import city_of, reply_place
from knowledge.model import DecidingFact, ServiceItem
from knowledge.one_matter import Reply, Turn
from knowledge.search import SearchResult
from knowledge.stated import of_others
from knowledge.text import Understood

_LONGEST = {"zh": 40, "en": 90}
"""Characters of what may still be said about the last card."""
_TAKES_PLACE: frozenset[DecidingFact] = frozenset(
    {
        "premises_city",
        "property_city",
        "residence_city",
        "school_city",
        "event_city",
        "employer_city",
    }
)
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")
_WANTS = re.compile(r"想|要|怎么|如何|办|申请|\b(want|need|how|apply)\b", re.IGNORECASE)
"""Beside a fact of one's own something else is asked for."""
_ANOTHER = re.compile(
    r"^(另外|顺便|还有|对了|再问).*?(想(?!知道|问)|要(?=给|办|申请|补|换|领|开|查))"
    r"|^(also|by the way|another)\b.*?\b(want|apply|register)\b",
    re.IGNORECASE,
)
"""Says that something else is wanted besides."""
_ORDINAL = re.compile(
    r"^(?:第?\s*([1-4一二三四])\s*(?:个|项|种)?"
    r"|(?:the )?(first|second|third|fourth|last|最后一?个)(?: one)?)[。.!]?$"
)
_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}


class FollowUps(BeyondItems):
    """What goes on from the last card."""

    def _reply_to_question(self, asked: Understood, turn: Turn) -> Reply | None:
        """The answer to "in which city is your …?": the question that was open is answered."""
        fact, code = turn.context.asking, turn.context.code
        if fact is None or code is None:
            return None
        place = reply_place(asked)
        if place is None:
            return None
        item = self.catalogue.items.get(code)
        if item is None:  # withdrawn from the list since
            return None
        facts = {**turn.context.facts, fact: place}
        turn = replace(turn, context=replace(turn.context, facts=facts, asking=None))
        city, facet = city_of(place), turn.context.facet
        if city is not None:
            return self._card_reply(item, city, facet, turn, fact)
        return self._known(code, None, facet, turn)

    def _continue(self, asked: Understood, turn: Turn) -> Reply | None:
        """A follow-up of the last reply: a numbered choice, another fact, the other city."""
        context = turn.context
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
                return self._known(code, context.city, context.facet, turn)
        follow = follow_up(asked)
        if follow is None:
            return None
        if context.bundle is not None:
            if follow.city is not None:
                return self._placed(context.bundle, follow.city, turn)
            return self._known_bundle(context.bundle, context.answers, turn)
        if context.view == "centres" and follow.city is not None and follow.facet is None:
            item = self.catalogue.items.get(context.code or "")
            wish = centres.Wish(city=follow.city, item=item)
            return self._centres(wish, turn) or self._nowhere(turn, code=context.code)
        if context.code is None:
            return None
        city = follow.city or (None if len(asked.cities) > 1 else context.city)
        return self._known(context.code, city, follow.facet or context.facet, turn)

    def _known(self, code: str, city: City | None, facet: Facet | None, turn: Turn) -> Reply | None:
        try:
            return self._choose(code, city, facet, turn, ask=True)
        except NotFound:  # withdrawn from the list since
            return None

    def _placed(self, bundle_id: str, city: City, turn: Turn) -> Reply | None:
        """The plan, where its matters take place in `city`; never where one is registered or insured. Only
        the fact that most of them turn on is remembered: that is what was meant."""
        bundle = self.catalogue.bundles.get(bundle_id)
        if bundle is None:  # withdrawn from the list since
            return None
        deciding = [
            self.catalogue.items[step.item].jurisdiction.deciding_fact for step in bundle.steps
        ]
        places = Counter(fact for fact in deciding if fact in _TAKES_PLACE)
        facts = {**turn.context.facts, **dict.fromkeys(places, city)}
        here = replace(turn, context=replace(turn.context, facts=facts))
        reply = self._known_bundle(bundle_id, turn.context.answers, here)
        if reply is None:
            return None
        kept = {**turn.context.facts, **{fact: city for fact, _ in places.most_common(1)}}
        return replace(reply, context=replace(reply.context, facts=kept))

    def _known_bundle(self, bundle_id: str, answers: str, turn: Turn) -> Reply | None:
        try:
            return self._bundle(bundle_id, answers, turn)
        except AppError:  # withdrawn or changed since
            return None

    def _in_context(self, typed: Understood, result: SearchResult, turn: Turn) -> Reply | None:
        """What is no matter of its own, read as said about the last one: a fact of one's own gives its
        card anew, a question is searched for together with its name. None where it is neither."""
        item = self.catalogue.items.get(turn.context.code or "")
        if item is None or typed.foreign or len(typed.text) > _LONGEST[typed.lang]:
            return None
        tells = turn.said or typed.away or reply_place(typed) is not None
        if tells and _WANTS.search(typed.text) is None:
            return self._restated(item, typed, turn)
        if result.decision == "abstain" and _ANOTHER.search(typed.text):
            return None
        asks = facets_of(typed.text) or asks_amount(typed.text) or asks_term(typed.text)
        if not (asks or goes_on(typed.text)):
            return None
        words = f"{_ASIDE.sub('', item.name.in_(typed.lang))} {typed.text}"
        city = turn.city or turn.context.city
        vector = self.engine.embed(words)
        again = self.engine.search(words, lang=turn.lang, city=city, k=8, vector=vector)
        if again.decision != "answer":
            return None
        code = again.results[0].code
        again = replace(again, facet=facet_of(typed.text))
        if code in (item.item_id, self.catalogue.sister(item.item_id)):
            asked = self._faqs.asked([self.catalogue.items[code]], again.asked, vector, city)
            told = asked.same or asked.near or asked.whether or again.facet
            if not told and of_others(typed.text):  # "and my father, 62?": let the conditions tell
                again, told = replace(again, facet="eligibility"), True
            return self._answer(again, vector, turn) if told else None
        nearby = code in {hit.code for hit in result.results}
        return self._answer(again, vector, turn) if nearby else None

    def _restated(self, item: ServiceItem, typed: Understood, turn: Turn) -> Reply | None:
        """The card of the last matter in the light of a fact: the deciding one, where only a place is named."""
        fact, facet = item.jurisdiction.deciding_fact, turn.context.facet
        if fact in typed.away and fact not in turn.said:
            return self._card_reply(item, None, facet, turn, None, away=True)
        place = reply_place(typed)
        if place is not None and not turn.said and fact != "none":
            facts = {**turn.context.facts, fact: place}
            turn = replace(turn, context=replace(turn.context, facts=facts))
        reply = self._known(item.item_id, None, facet, turn)
        settled = reply is not None and reply.context.city is not None
        return reply if settled or facet else self._known(item.item_id, None, "which_city", turn)
