"""Replies to what goes on from the last card: another fact, the other city, a fact of one's own, a choice.
Part of `knowledge.answers`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from core.cards import City, Facet
from core.errors import AppError
from knowledge import asking, centres
from knowledge.asked_fact import LATER, facet_of
from knowledge.asked_for import asked_for
from knowledge.catalogue import Catalogue
from knowledge.continuing import SIGNALS, Said, load_rules, said_after, tells_place, wants
from knowledge.differences import sides
from knowledge.embed import Vector
from knowledge.facets import asks_question, follow_up, goes_on, names_nothing, turns_round
from knowledge.guide import materials_of
from knowledge.jurisdiction import city_of, reply_place
from knowledge.model import Bundle, DecidingFact, ServiceItem
from knowledge.one_matter import Reply, Turn
from knowledge.open_choices import OpenChoices
from knowledge.search import Hit, SearchEngine, SearchResult
from knowledge.stated import of_others
from knowledge.text import Understood

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
_NAMED = re.compile(
    r"(?P<joint>那么?|还有|另外)?(?P<zh>[^，。,.?？]{2,10})[?？]?"
    r"|(?:and|what about|how about|also) (?:the |my |a )?(?P<en>[^,.?]{3,30}?)(?: too| then)?\??",
    re.IGNORECASE,
)
"""Nothing but a name, after a word that joins (「那护照呢」, "and passport?")."""
_OUTRIGHT = 0.45
"""Likeness with a name from which words without such a word are one."""
_SURE_OF_IT, _WORTH_NAMING, _LIKELY_ANOTHER = 0.8, 0.05, 0.7
"""Belief from which what goes on from a card is about nothing else, unless search is sure of something else;
how sure search is of another matter from which it is named above the answer, and from which it is even then."""
_ORDINAL = re.compile(
    r"^(?:第?\s*([1-4一二三四])\s*(?:个|项|种)?"
    r"|(?:the )?(first|second|third|fourth|last|最后一?个)(?: one)?)[。.!]?$"
)
_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}


class FollowUps(OpenChoices):
    """What goes on from the last card."""

    def __init__(self, engine: SearchEngine, catalogue: Catalogue | None = None) -> None:
        super().__init__(engine, catalogue)
        self._after = load_rules()

    def _reply_to_question(self, asked: Understood, turn: Turn) -> Reply | None:
        """The answer to "in which city is your …?": the question that was open is answered."""
        fact, code = turn.context.asking, turn.context.code
        if fact is None or code is None:
            return None
        index = _number(asked.text, len(asking.PLACES_ASKED))
        place = reply_place(asked) if index is None else asking.PLACES_ASKED[index]
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
        index = _number(asked.text, len(context.choices))
        if index is not None:
            return self._taken(context.choices[index], turn)
        if context.city is not None and context.code is not None and turns_round(asked.text):
            other: City = "dongguan" if context.city == "shenzhen" else "shenzhen"
            return self._known(context.code, other, context.facet, turn)
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
            return self._which_again(follow.city, follow.facet, turn)
        city = follow.city or (None if len(asked.cities) > 1 else context.city)
        return self._known(context.code, city, follow.facet or context.facet, turn)

    def _taken(self, code: str, turn: Turn) -> Reply | None:
        """The matter or the plan that was chosen; None where it was withdrawn from the list since."""
        if code in self.catalogue.bundles:
            return self._known_bundle(code, "", turn)
        return self._known(code, turn.context.city, turn.context.facet, turn)

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

    def _said_after(
        self, typed: Understood, result: SearchResult, vector: Vector, turn: Turn
    ) -> Said | None:
        """What is known of a message after a card about one matter, or after choices: of that one which its
        words find, else of the first; None where it can be no follow-up."""
        context = turn.context
        matters = [code for code in context.choices if code in self.catalogue.items]
        code = context.code or self._chosen(result, turn) or next(iter(matters), "")
        item = self.catalogue.items.get(code)
        if item is None:
            return None
        city = turn.city or turn.context.city
        return said_after(
            self.engine, self._faqs, item, typed, result, vector, lang=turn.lang, city=city
        )

    def _in_context(self, said: Said, result: SearchResult, turn: Turn) -> Reply | None:
        """What is no matter of its own, read as said about the last one; None where it is not."""
        if turn.context.code is None and not self._chosen(result, turn):
            if result.decision == "answer" or not self._may_go_on(said):
                return None
            facet = facet_of(said.typed.text, vector=self.engine.comparable(said.vector))
            leading = self._leading(result, turn)
            if leading:
                return self._known(leading, turn.city or turn.context.city, facet, turn)
            if facet not in (None, turn.context.facet):
                return self._which_again(None, facet, turn)
            return self._likeliest(result, facet, turn)
        words = self._names_only(said, turn)
        if words:
            vector = self.engine.embed(words)
            found = self.engine.search(words, lang=turn.lang, city=turn.city, k=8, vector=vector)
            another = bool(found.results) and found.results[0].code not in self._own(said.item)
            if found.decision == "answer" and another:
                return self._answer(found, vector, turn)
            if found.decision == "clarify" and another and not self._asked_before(said, words):
                return None
        told = tells_place(said.typed) and not wants(said.typed.text)
        goes_on_from_it = self._belief(said) >= self._after.same_at
        if goes_on_from_it or (told and result.decision != "answer"):
            return self._about(said, turn)
        if self._names_near(said, result):
            facet = facet_of(said.typed.text, vector=self.engine.comparable(said.vector))
            return self._answer(replace(said.named, facet=facet), said.named_vector, turn)
        return None

    def _or_another(
        self, reply: Reply, said: Said, result: SearchResult, plan: Bundle | None, turn: Turn
    ) -> Reply:
        """An answer about the last matter, with the matter below that the words find alone where it may well
        be meant, and the `plan`."""
        if turn.context.code is None:  # one of several choices was meant
            return reply
        least = _LIKELY_ANOTHER if self._surely_goes_on(said) else _WORTH_NAMING
        likely = result.confidence >= least
        others = result.results[:1] if likely or result.decision == "answer" else ()
        return self._or_else(reply, others, result.facet, turn, plan)

    def _or_last(self, reply: Reply, said: Said | None, turn: Turn) -> Reply:
        """An answer about another matter, with the last one below where the words may be about that."""
        if said is None or turn.context.code is None or not self._may_go_on(said):
            return reply
        facet = facet_of(said.typed.text, LATER, self.engine.comparable(said.vector))
        last = Hit(said.item.item_id, said.item.name, 1.0, said.named.city)
        return self._or_else(reply, (last,), facet, turn)

    def _names_only(self, said: Said, turn: Turn) -> str:
        """The name of something, of a message that is nothing else (「那护照呢」); empty of any other, and
        where it is a document of the last matter."""
        match = _NAMED.fullmatch(said.typed.text.strip())
        words = (match.group("zh") or match.group("en")) if match else ""
        joined = match is not None and bool(match.group("joint") or match.group("en"))
        if not joined and said.row[SIGNALS.index("other_named")] < _OUTRIGHT:
            return ""
        if not words or of_others(words) or names_nothing(words) or said.typed.cities:
            return ""
        materials = materials_of(sides(self.catalogue, said.item, turn.today), "both", turn.lang)
        if any(doc.among(one.name) for doc in turn.asks.documents for one in materials):
            return ""
        return words

    def _asked_before(self, said: Said, words: str) -> bool:
        """Whether the last matter's nearest frequent question speaks of `words`."""
        items = [self.catalogue.items[code] for code in sorted(self._own(said.item))]
        asked = self._faqs.asked(items, said.asked, said.vector, None)
        return any(
            faq.question.zh in (asked.same, asked.near)
            and words.lower() in faq.question.in_(said.typed.lang).lower()
            for item in items
            for faq in item.faqs
        )

    def _may_go_on(self, said: Said) -> bool:
        """Whether a message that is nothing else for sure may be about the last matter."""
        return self._belief(said) >= self._after.ask_at

    def _is_last(self, code: str, turn: Turn) -> bool:
        """Whether an item is the last matter."""
        last = self.catalogue.items.get(turn.context.code or "")
        return last is not None and code in self._own(last)

    def _surely_goes_on(self, said: Said) -> bool:
        """Whether a message is about the last matter even where its words name another one."""
        return self._belief(said) >= _SURE_OF_IT

    def _with_last(self, result: SearchResult, said: Said) -> SearchResult:
        """What was found, with the last matter to choose; alone where nothing was found."""
        last = Hit(said.item.item_id, said.item.name, 1.0, said.named.city)
        if result.decision != "clarify":
            return replace(result, decision="clarify", results=(last,))
        own = self._own(said.item)
        if any(hit.code in own for hit in asking.options(self.catalogue, result)):
            return result
        return replace(
            result, results=(replace(last, score=result.results[0].score), *result.results)
        )

    def _belief(self, said: Said) -> float:
        return self._after.same.belief(said.row, self._comparable(said))

    def _of_nothing_listed(self, said: Said, turn: Turn) -> bool:
        """Whether a message after a card asks for nothing of the list."""
        if turn.context.code is None:
            return False
        belief = self._after.outside.belief(said.row, self._comparable(said))
        return belief >= self._after.outside_at

    def _comparable(self, said: Said) -> Vector | None:
        """The embedding, where it is of the model that the rules were learned with."""
        return said.vector if self.engine.embedder.name == self._after.embedder else None

    def _names_near(self, said: Said, result: SearchResult) -> bool:
        """Whether a few words that ask (「医保呢」) name a matter near the last one, found with its name."""
        if said.named.decision != "answer" or not goes_on(said.typed.text):
            return False
        code = said.named.results[0].code
        return code not in self._own(said.item) and code in {hit.code for hit in result.results}

    def _about(self, said: Said, turn: Turn) -> Reply | None:
        """The card of the last matter in the light of a message: a fact of one's own, the fact asked for, the
        frequent question, else that the list does not say it, with its conditions."""
        item, typed, own = said.item, said.typed, self._own(said.item)
        if tells_place(typed) and not wants(typed.text):
            return self._restated(item, typed, turn)
        hits = [hit for hit in said.named.results if hit.code in own]
        hit = hits[0] if hits else Hit(item.item_id, item.name, 1.0, said.named.city)
        vector = self.engine.comparable(said.vector)
        facet = facet_of(typed.text, LATER, vector)
        asks = asked_for(said.asked.text, said.asked.lang, vector=vector, later=True)
        turn = replace(turn, asks=asks)
        items = [self.catalogue.items[hit.code]]
        asked = self._faqs.asked(items, said.asked, said.vector, hit.city)
        told = facet == "eligibility" and not asks_question(typed.text)  # a case, no question
        if (facet is None or told) and not (asked.same or asked.near or asked.may):
            moved = len(typed.cities) == 1 and typed.cities[0] != turn.context.city
            if moved:
                facet = _place_fact(turn) or "which_city"
            elif told or of_others(typed.text):
                facet = "eligibility"
            elif turn.context.code is not None:  # else one of several choices was meant
                turn = replace(turn, asks=replace(turn.asks, untold=True))
        found = replace(
            said.named, decision="answer", results=(hit,), facet=facet, asked=said.asked
        )
        if turn.asks.untold:  # no confidence that it is answered: the editors hear of it
            found = replace(found, confidence=0.0)
        return self._answer(found, said.vector, turn)

    def _restated(self, item: ServiceItem, typed: Understood, turn: Turn) -> Reply | None:
        """The card of the last matter in the light of a fact: the deciding one, where only a place is named."""
        fact, facet = item.jurisdiction.deciding_fact, _place_fact(turn)
        if fact in typed.away and fact not in turn.said:
            return self._card_reply(item, None, facet, turn, None, away=True)
        place = reply_place(typed)
        if place is not None and not turn.said and fact != "none":
            facts = {**turn.context.facts, fact: place}
            turn = replace(turn, context=replace(turn.context, facts=facts))
        return self._known(item.item_id, None, facet or "which_city", turn)


def _number(words: str, count: int) -> int | None:
    """Which of `count` choices, from zero, words name that are nothing but a number; None of all others."""
    match = _ORDINAL.match(words)
    if match is None:
        return None
    word = match.group(1) or match.group(2)
    number = count if word[:2] in ("la", "最后") else _ORDINALS.get(word) or int(word)
    return number - 1 if 0 < number <= count else None


def _place_fact(turn: Turn) -> Facet | None:
    """The fact asked before, to be told of a place; None of how it is done: the same in both cities, mostly."""
    return None if turn.context.facet == "steps" else turn.context.facet
