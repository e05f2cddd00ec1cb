"""Replies that are no item: life events, and places to go. Part of `knowledge.answers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.i18n import Lang
from knowledge import asked_places, asking, centres
from knowledge.asked_fact import facet_of
from knowledge.asked_places import AskedPlaces
from knowledge.bundle_card import bundle_card
from knowledge.bundles import get_bundle, read_answers, write_answers
from knowledge.catalogue import Catalogue
from knowledge.centre_card import centres_card
from knowledge.classifier import OUTSIDE
from knowledge.differences import sides
from knowledge.embed import Vector
from knowledge.facets import asks_question
from knowledge.headline import Shown
from knowledge.life_events import Event, LifeEvents, life_events
from knowledge.model import Bundle
from knowledge.one_matter import OneMatter, Reply, Turn
from knowledge.search import SearchEngine
from knowledge.text import Understood

LEAST_BELIEF, OFFERED = 0.001, 0.1
"""Of the classifier in a life event: below which another matter is meant, however alike the words; from which
its plan is offered where nothing is sure."""
LIKELY_OUTSIDE = 0.2
"""Belief that a question is none of ours from which it counts at all."""
ANNOUNCED, BELIEVED = 0.92, 0.5
"""Cosine with an event's wording, and the classifier's belief in it, from which words without a question
announce it."""
_LOOSE_WORDS: dict[Lang, int] = {"zh": 4, "en": 12}
"""So few words left of a question about a place name no matter."""


class BeyondItems(OneMatter):
    """Life events and service centres."""

    def __init__(self, engine: SearchEngine, catalogue: Catalogue | None = None) -> None:
        super().__init__(engine, catalogue)
        self._events: LifeEvents | None = None

    def warm(self) -> None:
        """Prepare the life events, so that the first resident does not wait for it."""
        if self._events is None:
            own = self.catalogue is self.engine.catalogue
            kept = self.engine.event_vectors if own else None
            self._events = life_events(self.catalogue, self.engine.embedder, kept)

    def _event(self, asked: Understood, vector: Vector, *, listed: bool = False) -> Event | None:
        """The life event nearest to the words, unless the classifier rather believes that it is none of ours;
        `listed`: they name several matters."""
        self.warm()
        if self._events is None:
            return None
        event = self._events.nearest(asked.text, asked.core, vector, listed=listed)
        if event is None or not event.worth_a_look(asked.lang):
            return event
        beliefs = self.engine.beliefs(vector)
        none_of_ours = beliefs.get(OUTSIDE, 0.0) >= max(
            beliefs.get(event.bundle, 1.0), LIKELY_OUTSIDE
        )
        return None if none_of_ours else event

    def _life_event(
        self, event: Event | None, asked: Understood, vector: Vector, turn: Turn
    ) -> Reply | None:
        """The plan of a life event that is nearer than any single matter."""
        if event is None or not event.worth_a_look(asked.lang):
            return None
        if self.engine.beliefs(vector).get(event.bundle, 1.0) < LEAST_BELIEF:
            return None
        rival = self.engine.best_cosine(asked, vector)
        return self._bundle(event.bundle, "", turn) if event.meant(asked.lang, rival) else None

    def _announced(self, event: Event, asked: Understood, vector: Vector) -> bool:
        """Whether the words only say that it happens (「我刚买了房」): no question, and near enough to it."""
        if asks_question(asked.text) or event.cosine < ANNOUNCED:
            return False
        return self.engine.beliefs(vector).get(event.bundle, 0.0) >= BELIEVED

    def _offered_plan(self, vector: Vector) -> Bundle | None:
        """The life event that may be meant where nothing is sure."""
        beliefs = self.engine.beliefs(vector)
        plans = self.catalogue.bundles.values()
        plan = max(plans, key=lambda one: beliefs.get(one.id, 0.0), default=None)
        return plan if plan is not None and beliefs.get(plan.id, 0.0) >= OFFERED else None

    def _bundle(self, bundle_id: str, answers: str, turn: Turn) -> Reply:
        bundle = get_bundle(self.catalogue, bundle_id)
        given = read_answers(bundle, answers)
        card = bundle_card(
            self.catalogue, bundle, lang=turn.lang, answers=given, facts=turn.context.facts,
            today=turn.today,
        )  # fmt: skip
        context = turn.after(bundle=bundle.id, answers=write_answers(given))
        return Reply((card,), context, "answer", tuple(step.code for step in card.steps))

    def _places(self, asked: Understood, turn: Turn) -> Reply | None:
        """Places to go, where the question is about a hall, a counter or a machine."""
        if not self.catalogue.centres:
            return None
        wanted = asked_places.ask(asked.text, self.catalogue, turn.now)
        where = facet_of(asked.text) == "where" or wanted.wish.terminal
        if not (wanted.place or (wanted.known and where)):
            return None
        # a district is in the city it is in, whatever other city its counter is to serve
        city = wanted.wish.city or (asked.cities[0] if len(asked.cities) == 1 else None)
        wish = replace(wanted.wish, city=city)
        if not wanted.rest:
            return self._as_known(wish, wanted, turn) or self._nowhere(turn)
        result = self.engine.search(wanted.rest, lang=turn.lang, city=city, k=8)
        if result.decision == "abstain":
            loose = wanted.place and len(wanted.rest) <= _LOOSE_WORDS[turn.lang]
            return self._as_known(wish, wanted, turn) if loose else None
        likely = result.results[:1] if result.decision == "answer" else result.results
        for hit in likely:
            item = self.catalogue.items[hit.code]
            named = None if item.domain == "cross" else item  # "windows, machines" is no errand
            reply = self._centres(replace(wish, item=named), turn)
            if reply is not None:
                return reply
        # no machine there is known to do it: the machines of the place, each with what it does
        return self._centres(wish, turn) if wish.districts and wish.terminal else None

    def _as_known(self, wish: centres.Wish, wanted: AskedPlaces, turn: Turn) -> Reply | None:
        """Places that fit; failing that, the place that was named, with what it has and its hours."""
        closed = replace(wish, open_at=None)  # "is it open?" is answered with the hours
        named = replace(closed, accessibility=frozenset()) if wanted.known else closed
        for one in dict.fromkeys((wish, closed, named)):
            reply = self._centres(
                one, turn, (*wanted.unrecorded, *sorted(wish.accessibility - one.accessibility))
            )
            if reply is not None:
                return reply
        return None

    def _centres(
        self, wish: centres.Wish, turn: Turn, unrecorded: Sequence[str] = ()
    ) -> Reply | None:
        places = centres.find(self.catalogue, wish, turn.today)
        if not places:
            return None
        card = centres_card(
            self.catalogue, places, wish, lang=turn.lang, now=turn.now, unrecorded=unrecorded
        )
        code = wish.item.item_id if wish.item else None
        context = turn.after(code=code, city=wish.city, view="centres")
        return Reply((card,), context, "answer", (code,) if code else ())

    def _nowhere(self, turn: Turn, code: str | None = None) -> Reply:
        item = self.catalogue.items.get(code or "")
        where = None
        if item is not None and not centres.anywhere(
            self.catalogue, centres.Wish(item=item), turn.today
        ):
            found = sides(self.catalogue, item, turn.today)
            where = Shown(item, found, "both", None, turn.lang).fact("where")
        notice = asking.no_centres(self.catalogue, turn.lang, where and where.rstrip("。.；;"))
        return Reply((notice,), turn.after(code=code), "abstain", (code,) if code else ())
