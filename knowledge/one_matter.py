"""The reply to one matter: which city, the missing fact, the card. Base of `knowledge.answers`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.cards import AnswerCard, Card, Choice, ChoicesCard, City, Facet
from core.errors import NotFound
from core.i18n import Lang
from knowledge import asking
from knowledge.answer_card import answer_card
from knowledge.asked_for import NOTHING, AskedFor
from knowledge.catalogue import Catalogue
from knowledge.context import AnswerContext
from knowledge.differences import facet_differs, sides
from knowledge.embed import Vector
from knowledge.facts import exists
from knowledge.faqs import AskedFaqs, FrequentQuestions
from knowledge.jurisdiction import Resolution, known_place, leaves_open, moves_between, resolve
from knowledge.model import DecidingFact, ServiceItem
from knowledge.search import Decision, SearchEngine, SearchResult
from knowledge.stated import leaves_for_home


@dataclass(frozen=True)
class Reply:
    """Cards to show in order, the context for the next turn, and how it was decided."""

    cards: tuple[Card, ...]
    context: AnswerContext
    decision: Decision
    codes: tuple[str, ...] = ()
    """Items answered or offered."""
    confidence: float = 1.0
    near: tuple[Choice, ...] = ()
    """Matters and plans that a refusal names, as none is sure."""

    @property
    def offers(self) -> list[Choice]:
        """What may be meant where nothing is sure, as chips: matters and plans."""
        asked = [card.choices for card in self.cards if isinstance(card, ChoicesCard)]
        return [*(one for choices in asked for one in choices if one.code), *self.near]


@dataclass(frozen=True)
class Turn:
    """What holds for one reply."""

    lang: Lang
    today: dt.date
    now: dt.datetime | None
    city: City | None
    """City the caller knows the resident to mean."""
    context: AnswerContext
    """With the facts that the words of this turn state."""
    said: Mapping[DecidingFact, City]
    asks: AskedFor = NOTHING
    """What the words of this turn ask of their matter."""

    def after(self, **changes: object) -> AnswerContext:
        """The next context: the facts stay, everything else is as given."""
        return replace(AnswerContext(facts=self.context.facts), **changes)  # type: ignore[arg-type]


class OneMatter:
    """Replies about a single item of one version of the list."""

    def __init__(self, engine: SearchEngine, catalogue: Catalogue | None = None) -> None:
        self.engine = engine
        self.catalogue = catalogue or engine.catalogue
        self._faqs = FrequentQuestions(engine)

    def _resolve(
        self,
        item: ServiceItem,
        facet: Facet | None,
        named: City | None,
        words: Mapping[DecidingFact, City],
        turn: Turn,
    ) -> Resolution:
        return resolve(
            item,
            facet=facet,
            differs=facet is not None and facet_differs(self.catalogue, item, facet, turn.today),
            named=named,
            words=words,
            known=turn.context.facts,
        )

    def _choose(
        self, code: str, city: City | None, facet: Facet | None, turn: Turn, *, ask: bool
    ) -> Reply:
        item = self.catalogue.get(code)
        if not exists(item, turn.today):
            notice = asking.not_offered(self.catalogue, item, turn.today, turn.lang)
            return Reply((notice,), turn.after(), "abstain", (item.item_id,))
        if city is not None and sides(self.catalogue, item, turn.today)[city] is None:
            notice = asking.only_elsewhere(self.catalogue, item, city, turn.lang)
            context = turn.after(code=item.item_id, facet=facet)
            return Reply((notice,), context, "abstain", (item.item_id,))
        settled = self._resolve(item, facet, city, {}, turn)
        if ask and settled.ask is not None:
            return self._ask(item, settled.ask, facet, turn)
        return self._card_reply(item, settled.city, facet, turn, settled.because)

    def _known(self, code: str, city: City | None, facet: Facet | None, turn: Turn) -> Reply | None:
        try:
            return self._choose(code, city, facet, turn, ask=True)
        except NotFound:  # withdrawn from the list since
            return None

    def _own(self, item: ServiceItem) -> set[str]:
        return {item.item_id, self.catalogue.sister(item.item_id) or item.item_id}

    def _ask(self, item: ServiceItem, fact: DecidingFact, facet: Facet | None, turn: Turn) -> Reply:
        card = asking.which_place(self.catalogue, item, fact, lang=turn.lang, facet=facet)
        context = turn.after(code=item.item_id, facet=facet, asking=fact)
        return Reply((card,), context, "clarify", (item.item_id,))

    def _card_reply(
        self,
        item: ServiceItem,
        city: City | None,
        facet: Facet | None,
        turn: Turn,
        because: DecidingFact | None,
        confidence: float = 1.0,
        asked: AskedFaqs | None = None,
        *,
        away: bool = False,
    ) -> Reply:
        card = self._card(item, city, facet, turn, because, asked, away=away)
        settled = city if card.city == city else None
        context = turn.after(code=card.code, city=settled, facet=facet)
        return Reply((card,), context, "answer", (card.code,), confidence)

    def _card(
        self,
        item: ServiceItem,
        city: City | None,
        facet: Facet | None,
        turn: Turn,
        because: DecidingFact | None,
        asked: AskedFaqs | None = None,
        *,
        away: bool = False,
    ) -> AnswerCard:
        return answer_card(
            self.catalogue, item.item_id, lang=turn.lang, city=city, facet=facet,
            today=turn.today, decided_by=because, asked_faqs=asked, away=away,
            asks=turn.asks,
        )  # fmt: skip

    def _settled(self, result: SearchResult, turn: Turn) -> tuple[ServiceItem, Resolution]:
        """The first result with where it is filed."""
        hit, asked = result.results[0], result.asked
        item = self.catalogue.items[hit.code]
        fact = item.jurisdiction.deciding_fact
        if leaves_open(asked.text):
            return item, self._resolve(item, result.facet, None, turn.said, turn)
        words = {**turn.said, **asked.roles}
        named = hit.city
        if len(asked.cities) == 1 and turn.said and fact not in words:
            # "I live in Shenzhen" says nothing about where the fund is paid.
            named = named if fact == "none" or known_place(fact, turn.said) else None
        elif fact in asked.open:
            named = None
        elif not asked.cities and fact != "none" and known_place(fact, turn.context.facts):
            named = None  # what the resident said himself is nearer than what the caller assumes
        return item, self._resolve(item, result.facet, named, words, turn)

    def _answer(self, result: SearchResult, vector: Vector, turn: Turn) -> Reply:
        item, settled = self._settled(result, turn)
        if not exists(item, turn.today):
            return self._choose(item.item_id, None, result.facet, turn, ask=False)
        fact = item.jurisdiction.deciding_fact
        if fact in result.asked.away and fact not in turn.said:
            return self._card_reply(
                item, None, result.facet, turn, None, result.confidence, away=True
            )
        if moves_between(item) and leaves_for_home(result.asked.text):
            # filed where it goes to, which is neither city
            return self._card_reply(
                item, None, result.facet or "which_city", turn, None, result.confidence
            )
        if settled.ask is not None:
            return self._ask(item, settled.ask, result.facet, turn)
        sister = self.catalogue.items.get(self.catalogue.sister(item.item_id) or "")
        city = settled.city
        items = [
            one for one in (item, sister)
            if one is not None and (city is None or one.cities[city] is not None)
        ]  # fmt: skip
        asked = self._faqs.asked(items, result.asked, vector, city)
        facet = result.facet
        if self._asks_across(result, asked, settled):
            facet = "which_city"
        return self._card_reply(
            item, settled.city, facet, turn, settled.because, result.confidence, asked
        )

    @staticmethod
    def _asks_across(result: SearchResult, asked: AskedFaqs, settled: Resolution) -> bool:
        """Whether it can be done, or where, although one lives, works or pays in the other city
        (「东莞户口在深圳上班，补贴在深圳能申请吗」): what is asked is where it is filed."""
        may = asked.whether and result.facet in (None, "eligibility")
        return (
            (may or result.facet == "where")
            and asked.same is None
            and settled.because is not None
            and len(result.asked.cities) > 1
        )
