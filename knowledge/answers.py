"""From a resident's words to cards: what `actions/` and the gateway's warm-up path call.

`Responder.respond` decides between an answer, a comparison, a life event, places to go, one clarifying
question and an honest "not in the list"; it keeps the context of follow-ups (「那东莞呢」「要多少钱」).
Synchronous and thread-safe; call it from a thread. It never says anything that is not in the list, and
never sees an account.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import cast, get_args

from core.cards import CITIES, AnswerCard, ChecklistCard, City, Facet
from core.i18n import Lang
from knowledge import asking, centres
from knowledge.answer_card import answer_card
from knowledge.asked_for import asked_for
from knowledge.bundle_card import bundle_card
from knowledge.bundles import get_bundle
from knowledge.checklists import bundle_checklist, item_checklist
from knowledge.context import AnswerContext
from knowledge.embed import Vector
from knowledge.families import family_of
from knowledge.follow_ups import FollowUps
from knowledge.jurisdiction import (
    FACTS,
    PLACES,
)
from knowledge.model import Bundle
from knowledge.one_matter import Reply, Turn
from knowledge.search import MAX_CHARS, SAID_ELSEWHERE, Hit, SearchResult, city_for
from knowledge.several_matters import SeveralMatters
from knowledge.stated import EACH_OWN, of_another, of_others
from knowledge.text import Understood, understand

__all__ = ["AnswerContext", "Reply", "Responder"]

_LINES = re.compile(r"(?<=[^\s,，;；])[ \t]*[\r\n]+\s*")
_OF_ONE: frozenset[Facet | None] = frozenset(("where", "time", "fee", "channels"))
"""Facts that are asked of one matter, not of a plan."""


class Responder(SeveralMatters, FollowUps):
    """Answers from one version of the list."""

    def respond(
        self,
        query: str,
        *,
        lang: Lang,
        city: City | None = None,
        context: AnswerContext | None = None,
        vector: Vector | None = None,
        today: dt.date,
        now: dt.datetime | None = None,
    ) -> Reply:
        """Answer a resident's words.

        `lang` is the language of the reply; `city` the city the resident is known to mean where the
        words and the context name none; `vector` is `engine.embed(query)` if it was made already;
        `today` the date in the cities' time zone; `now` (aware) tells which places are open.
        """
        query = _LINES.sub("；", query.strip())  # one matter a line
        asked = self.engine.understand(query, lang=lang)
        typed = understand(query[:MAX_CHARS], lang=lang)  # mending is for names of matters only
        said = typed.said
        before = context or AnswerContext()
        other = of_another(typed.text)
        unknown = typed.open | EACH_OWN if other else typed.open
        known = {fact: city for fact, city in before.facts.items() if fact not in unknown}
        context = replace(before, facts={**known, **said})
        if vector is None:
            vector = self.engine.embedder.encode_query(asked.core)
        asks = asked_for(asked.text, asked.lang, vector=self.engine.comparable(vector))
        turn = Turn(lang, today, now, city, context, said, asks)
        reply = self._reply(query, asked, typed, vector, turn)
        if not other and not (said and of_others(typed.text)):
            return reply
        # what was said of somebody else holds for this answer only
        return replace(reply, context=replace(reply.context, facts=before.facts))

    def _reply(
        self, query: str, asked: Understood, typed: Understood, vector: Vector, turn: Turn
    ) -> Reply:
        """`asked`: with names of matters mended; `typed`: as it was typed."""
        lang, city = turn.lang, turn.city
        known = self._reply_to_question(typed, turn) or self._compared(typed, turn)
        known = known or self._continue(asked, turn)
        if known is not None:
            return known
        result = self.engine.search(query, lang=lang, city=city, k=8, vector=vector)
        parts = self._parts(asked, result, turn)
        own = vector if typed.core == asked.core else self.engine.embedder.encode_query(typed.core)
        event = self._event(typed, own, listed=len(parts) > 1)
        plan = self._life_event(event, typed, own, turn)
        if plan is not None and len(parts) > 1 and event is not None and event.cue:
            return plan
        if len(parts) > 1:
            reply = self._several(parts, asked, result, turn)
            if reply is not None:
                return reply
        special = plan or self._places(typed, turn) or self._what_for(typed, result, turn)
        if special is not None:
            return special
        sure = result.decision == "answer"
        plainly = sure and result.plainly
        if plainly and self._is_last(result.results[0].code, turn):
            return self._answer(result, vector, turn)
        said = self._said_after(typed, result, vector, turn)
        if plainly and (said is None or not self._surely_goes_on(said)):
            return self._or_last(self._answer(result, vector, turn), said, turn)
        if said is not None and self._of_nothing_listed(said, turn):
            return self._abstain(result, turn, None)
        said_of_it = None if said is None else self._in_context(said, result, turn)
        if said is not None and said_of_it is not None:
            return self._or_another(said_of_it, said, result, self._offered_plan(own), turn)
        open_ended = not sure or result.facet not in _OF_ONE
        likely = event is not None and (
            event.likely(asked.lang) or (not sure and self._announced(event, typed, own))
        )
        if event is not None and likely and open_ended:
            return self._bundle(event.bundle, "", turn)
        if sure:
            return self._or_last(self._answer(result, vector, turn), said, turn)
        if said is not None and self._may_go_on(said):
            result = self._with_last(result, said)
        if result.decision == "clarify":
            again = self._put_before(result, turn)
            return again or self._clarify(result, turn, self._offered_plan(own))
        return self._abstain(result, turn, self._offered_plan(own))

    def answer_card(
        self,
        code: str,
        *,
        lang: Lang,
        city: City | None = None,
        facet: Facet | None = None,
        today: dt.date,
    ) -> AnswerCard:
        """The card of one item, e.g. for a preview; raises `NotFound` for an unknown code."""
        return answer_card(self.catalogue, code, lang=lang, city=city, facet=facet, today=today)

    def choose(
        self,
        code: str,
        *,
        lang: Lang,
        city: City | None = None,
        facet: Facet | None = None,
        today: dt.date,
        context: AnswerContext | None = None,
    ) -> Reply:
        """The reply to a chosen item, with the context that follow-ups need.

        Where the city asked for does not handle the matter, a notice says so. With a `context` a
        missing fact may be asked for, and a known one settles the city. `code` may be a life event's, too.
        Raises `NotFound`.
        """
        turn = Turn(lang, today, None, None, context or AnswerContext(), {})
        if _is_plan(code):
            return self._bundle(code, "", turn)
        return self._choose(code, city, facet, turn, ask=context is not None)

    def tapped(
        self,
        values: Mapping[str, str],
        *,
        lang: Lang,
        context: AnswerContext,
        today: dt.date,
        now: dt.datetime | None = None,
    ) -> Reply:
        """The reply to a chip `/ask_item{…}` of ours; raises `NotFound` or `InvalidInput`.

        `code` is an item's or a life event's; besides `city` and `facet`: `view` "centres" lists
        places, `answers` answers a life event's questions, `fact` and `place` say where a fact lies.
        """
        code = values.get("code", "")
        city = cast(City, values["city"]) if values.get("city") in CITIES else None
        facet = cast(Facet, values["facet"]) if values.get("facet") in get_args(Facet) else None
        fact, place = values.get("fact"), values.get("place")
        if fact in FACTS and place in PLACES:
            facts = {**context.facts, fact: place}
            context = replace(context, facts=facts, asking=None)
        turn = Turn(lang, today, now, None, context, {})
        if _is_plan(code):
            return self._bundle(code, values.get("answers", ""), turn)
        if values.get("view") == "centres":
            item = self.catalogue.get(code)
            wish = centres.Wish(city=city, item=item)
            return self._centres(wish, turn) or self._nowhere(turn, code=item.item_id)
        if fact in FACTS and city is not None:
            return self._card_reply(self.catalogue.get(code), city, facet, turn, fact)
        return self._choose(code, city, facet, turn, ask=True)

    def checklist_card(
        self, code: str, *, lang: Lang, city: City | None = None, today: dt.date
    ) -> ChecklistCard:
        """The documents of an item or a life event as a list to keep; raises `NotFound`."""
        if _is_plan(code):
            bundle = get_bundle(self.catalogue, code)
            return bundle_checklist(
                bundle_card(self.catalogue, bundle, lang=lang, answers={}, facts={}, today=today)
            )
        card = self.answer_card(code, lang=lang, city=city, facet="documents", today=today)
        return item_checklist(card)

    def _what_for(self, typed: Understood, result: SearchResult, turn: Turn) -> Reply | None:
        """The question what for, where several matters answer words that name no purpose."""
        family = family_of(typed.text)
        if family is None or turn.context.code in (*family.codes, *family.others):
            return None  # or it goes on from the card of one of them
        codes = [code for code in family.codes if code in self.catalogue.items]
        hits = []
        for code in codes:
            fact = self.catalogue.items[code].jurisdiction.deciding_fact
            where = city_for(result.asked, turn.city, fact)
            if (own := self._in_city(code, where)) is not None:
                name = self.catalogue.items[own].name
                hits.append(Hit(own, name, 1 / len(codes), where))
        found = replace(result, results=tuple(hits), decision="clarify")
        return self._clarify(found, turn, None) if len(hits) > 1 else None

    # ---- no answer ----------------------------------------------------------------------

    def _abstain(self, result: SearchResult, turn: Turn, plan: Bundle | None) -> Reply:
        context = replace(turn.context, choices=(), asking=None)
        best = result.elsewhere[0] if result.elsewhere else None
        nearer = best is not None and (not result.results or best.score > result.results[0].score)
        if (
            best is not None
            and nearer
            and best.city is not None
            and result.confidence >= SAID_ELSEWHERE
        ):
            item = self.catalogue.items[best.code]
            there = asking.near_matters(self.catalogue, result, turn.lang, turn.today, plan)
            notice = asking.only_elsewhere(self.catalogue, item, best.city, turn.lang, there)
            return Reply((notice,), context, "abstain", (), result.confidence)
        last = self.catalogue.items.get(context.code or "")
        near = asking.near_matters(self.catalogue, result, turn.lang, turn.today, plan)
        card = asking.not_in_list(self.catalogue, result, turn.lang, last, near)
        if last is None:  # what follows may be about one of the nearest, which the notice names
            nearest = asking.nearest(self.catalogue, result)
            context = replace(context, choices=tuple(hit.code for hit in nearest))
        return Reply((card,), context, "abstain", (), result.confidence, near)


def _is_plan(code: str) -> bool:
    """Whether a code is a life event's."""
    return code.upper().startswith("B-")
