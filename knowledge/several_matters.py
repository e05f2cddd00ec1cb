"""Replies about several matters: their cards in order, or side by side. Part of `knowledge.answers`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.cards import AnswerCard, Card, City, Facet
from knowledge import asking
from knowledge.asked_fact import facet_of
from knowledge.asked_for import asked_for, matter_words
from knowledge.comparing import Compared, compared
from knowledge.comparisons import Wanted, compare_cities, compare_items
from knowledge.differences import sides
from knowledge.facets import names_nothing, points_back, worded
from knowledge.matters import numbered, pieces, split_matters, tells
from knowledge.model import ServiceItem
from knowledge.one_matter import OneMatter, Reply, Turn
from knowledge.search import Decision, SearchResult
from knowledge.text import Understood, squash

MAX_MATTERS = 4
LIKELY, LIKELY_NAMED, NAME_CHARS = 0.3, 0.5, 3
"""Share of belief from which the matter of a comparison counts as found: of one compared between the
cities, of one of two that are compared with each other; and how long its name is at least."""
NEAREST, NEAR_SHARE = 3, 0.1
"""A clause's matter is meant where it is among so many nearest to the whole sentence, with such a share."""
NEAR_IN_ORDER = 0.02
"""The same where one thing is to be done after the other."""
_IN_ORDER = re.compile(
    r"先.{1,20}(然后|之后|完了|接着|再)|\bfirst\b.{1,60}\b(then|after(wards)?|next)\b",
    re.IGNORECASE,
)
UNSURE = 0.3
"""Probability of being in the list below which a part that asks for a fact is no matter of its own; one that
asks for nothing but a fact never is."""
PLAIN = 0.9
"""Share from which a sentence is about one matter, whatever its clauses seem to be."""
ALONE_SHARE, ALONE_SURE = 0.8, 0.45
"""Share of belief and confidence from which a matter beside others is taken for found."""
_QUESTION = re.compile(
    r"怎么|如何|怎样|吗$|哪|多少|多久|几|什么|啥|想(要|办|申请)?|要(办|申请|补|换)|办|申请|补|换"
    r"|能不能|能否|可不可以|可以"
    r"|\b(how|what|where|when|which|can|could|do i|should|need|want|apply|get|renew|replace)\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:、|/|&|和|跟|与|及|,?\s*and)\s*", re.IGNORECASE)
OPEN = 0.3
"""Confidence from which a clause that is a whole question is asked about, where others are answered."""
_WHOLE_QUESTION = re.compile(
    r"怎么|如何|怎样|[吗么]\W*$|哪|([能要用可])不\1|能否|\b(how|what|where|when|which|can|could|do i|should)\b",
    re.IGNORECASE,
)
_ASKS_ANEW = re.compile(
    r"(how|what|where|when|which|who|can|could|do|does|should)\b", re.IGNORECASE
)
_EACH = re.compile(r"分别|各自|\brespectively\b", re.IGNORECASE)
_JOINING = re.compile(r"^(and|also|then|besides)\b[ ,]*|^(还有|另外|然后)[,，]?", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One matter of a message."""

    text: str
    """The words about it."""
    result: SearchResult
    """What they find."""
    meant: bool = False
    """Whether the first found is what is meant, in the light of the words around."""

    @property
    def code(self) -> str | None:
        """The first found."""
        return self.result.results[0].code if self.result.results else None

    @property
    def open(self) -> bool:
        """Whether it is a whole question that may be one of a few matters."""
        asks = _WHOLE_QUESTION.search(self.text) is not None
        return asks and self.result.decision == "clarify" and self.result.confidence >= OPEN

    @property
    def sure(self) -> bool:
        """Whether the first found is it: among other matters less may be asked than of a message alone."""
        best = self.result.results[0].score if self.result.results else 0.0
        alone = best >= ALONE_SHARE and self.result.confidence >= ALONE_SURE
        return self.result.decision == "answer" or (self.result.decision == "clarify" and alone)


class SeveralMatters(OneMatter):
    """Several matters in one message, and comparisons."""

    def _parts(self, asked: Understood, whole: SearchResult, turn: Turn) -> list[Part]:
        """The matters that a message seems to have, in order; none where it has one. `whole`: what the
        message as a whole finds."""
        parts = _whole_matters(asked)
        if len(parts) == 1:
            found = self._own_matters(Part(parts[0], whole), asked, turn, least=2)
        else:
            found = [
                one
                for part in parts
                for one in self._own_matters(
                    self._searched(part, asked, turn), asked, turn, least=1
                )
            ]
        found = _with_their_facts(found)
        return found if len(found) > 1 else []

    def _searched(self, words: str, asked: Understood, turn: Turn) -> Part:
        """A part with what its words find; a city that the message names holds for all of it."""
        city = asked.cities[0] if len(asked.cities) == 1 else turn.city
        words = _EACH.sub("", words)
        return Part(words, self.engine.search(words, lang=turn.lang, city=city, k=8, plain=True))

    def _own_matters(self, whole: Part, asked: Understood, turn: Turn, *, least: int) -> list[Part]:
        """Those clauses of a part that are matters of their own, where what the part as a whole is about is
        among them and at least so many are surely meant; else the part."""
        clauses = pieces(whole.text)
        if len(clauses) < 2:
            return [whole]
        in_order = _IN_ORDER.search(whole.text) is not None
        least_share = NEAR_IN_ORDER if in_order else NEAR_SHARE
        near = {hit.code for hit in whole.result.results[:NEAREST] if hit.score >= least_share}
        plain = _answered(whole.result) and whole.result.results[0].score >= PLAIN and not in_order
        out: list[Part] = []
        seen: set[str] = set()
        before = ""
        for clause in clauses:
            part = self._searched(clause, asked, turn)
            code = part.code
            own = (
                part.result.decision == "answer"
                or (part.sure and not plain)
                or (code in near and part.result.results[0].score >= ALONE_SHARE)
            )
            fresh = code is not None and code not in seen and not self._framing(code)
            if code is not None and fresh and (own or part.open):
                out.append(Part(before + clause, part.result, meant=own))
                before = ""
                seen |= {code, self.catalogue.sister(code) or code}
            elif out:
                out[-1] = replace(out[-1], text=f"{out[-1].text}，{clause}")
            else:
                before += clause + "，"
        known = not _answered(whole.result) or whole.code in seen
        return out if known and sum(part.meant for part in out) >= least else [whole]

    def _framing(self, code: str) -> bool:
        """Whether an item is of no matter of its own, but of ways to all (terminals, progress)."""
        return self.catalogue.items[code].domain == "cross"

    def _several(
        self, parts: list[Part], asked: Understood, whole: SearchResult, turn: Turn
    ) -> Reply | None:
        """Several matters in one message, their cards in order. `whole`: what it finds as a whole.

        Where only some are found, the others are asked about or said not to be in the list; but only
        for whole questions that stand apart in the message, or where the message as a whole finds
        nothing: a list of words may also belong to one matter.
        """
        shared = asked.cities[0] if len(asked.cities) == 1 else turn.city
        cards: list[Card] = []
        codes: list[str] = []
        rest: list[tuple[str, SearchResult]] = []
        first: tuple[City | None, Facet | None] = (shared, None)
        lowest = 1.0
        apart = _apart(asked.text, split_matters(asked.text))
        common = None if apart else facet_of(asked.text)
        listed = bool(numbered(asked.text))
        for part in parts[:MAX_MATTERS]:
            vector = self.engine.comparable(self.engine.embed(part.text))
            result = replace(part.result, facet=facet_of(part.text, vector=vector) or common)
            if not (part.sure or part.meant):
                if listed or _QUESTION.search(part.text):
                    rest.append((part.text, result))
                    cards.append(self._part(part.text, result, turn))
                continue
            item, settled = self._settled(result, turn)
            if any(code in (item.item_id, self.catalogue.sister(item.item_id)) for code in codes):
                continue
            own = replace(turn, asks=asked_for(part.text, asked.lang, vector=vector))
            cards.append(self._card(item, settled.city, result.facet, own, settled.because))
            codes.append(item.item_id)
            first = (settled.city, result.facet)
            lowest = min(lowest, result.confidence)
        if len(parts) > MAX_MATTERS:
            cards.append(
                asking.too_many(self.catalogue, [p.text for p in parts[MAX_MATTERS:]], turn.lang)
            )
        if len(cards) < 2 or not (codes or all(r.decision == "clarify" for _, r in rest)):
            return None
        if not apart and any(result.decision == "abstain" for _, result in rest):
            return None
        if rest and not (apart and codes) and len(codes) < 2 and whole.decision == "answer":
            return None
        shown = [card.code for card in cards if isinstance(card, AnswerCard)]
        offered = next(
            (
                tuple(hit.code for hit in asking.options(self.catalogue, result))
                for _, result in rest
                if result.decision == "clarify"
            ),
            (),
        )
        last = shown[-1] if shown else None
        context = turn.after(code=last, city=first[0], facet=first[1], choices=offered)
        decision: Decision = "answer" if shown else "clarify"
        return Reply(tuple(cards), context, decision, tuple(shown) or offered, lowest)

    def _part(self, part: str, result: SearchResult, turn: Turn) -> Card:
        """What is said about a part that was not found for sure."""
        part = _JOINING.sub("", _EACH.sub("", part))
        if result.decision == "clarify":
            hits = asking.options(self.catalogue, result)
            return asking.which_matter(
                self.catalogue,
                hits,
                lang=turn.lang,
                facet=result.facet,
                today=turn.today,
                part=part,
            )
        return asking.part_not_in_list(self.catalogue, part, result, turn.lang, turn.today)

    def _compared(self, asked: Understood, turn: Turn) -> Reply | None:
        """A comparison of the cities, or of two matters; None where nothing is compared."""
        named = compared(asked)
        if named is None:
            return None
        facet = worded(asked.text)  # a comparison asks for all, unless its words name a fact
        facet = named.by if facet in (None, "which_city") else facet
        wanted = Wanted(facet, named.ranks)
        if named.cities:
            return self._compare_cities(named, wanted, turn)
        city = asked.cities[0] if len(asked.cities) == 1 else None
        found = [self._thing(thing, city, turn, sure=True) for thing in named.things]
        first, second = found if len(found) == 2 else (None, None)
        if first is None or second is None or first == second:
            return None
        return self._both(first, second, city, wanted, turn)

    def _compare_cities(self, named: Compared, wanted: Wanted, turn: Turn) -> Reply | None:
        if named.things:
            item = self._thing(named.things[0], None, turn, sure=False)
            return None if item is None else self._side_by_side(item, wanted, turn)
        item = self.catalogue.items.get(turn.context.code or "")
        if item is not None:
            return self._side_by_side(item, wanted, turn)
        offered = [self.catalogue.items.get(code) for code in turn.context.choices]
        one, two = offered if len(offered) == 2 else (None, None)
        return None if one is None or two is None else self._both(one, two, None, wanted, turn)

    def _both(
        self, one: ServiceItem, two: ServiceItem, city: City | None, wanted: Wanted, turn: Turn
    ) -> Reply:
        """Two matters side by side; of one matter in either city, the two cities."""
        if self.catalogue.sister(one.item_id) == two.item_id:
            return self._side_by_side(one, wanted, turn)
        card = compare_items(
            self.catalogue, (one, two), city=city, wanted=wanted, lang=turn.lang, today=turn.today
        )
        context = turn.after(code=one.item_id, facet=wanted.facet)
        return Reply((card,), context, "answer", (one.item_id, two.item_id))

    def _side_by_side(self, item: ServiceItem, wanted: Wanted, turn: Turn) -> Reply:
        card = compare_cities(self.catalogue, item, wanted=wanted, lang=turn.lang, today=turn.today)
        if card is None:  # one city alone handles it
            found = sides(self.catalogue, item, turn.today)
            notices = tuple(
                asking.only_elsewhere(self.catalogue, item, city, turn.lang)
                for city, side in found.items()
                if side is None and any(found.values())
            )
            reply = self._card_reply(item, None, wanted.facet, turn, None)
            return replace(reply, cards=(*notices, *reply.cards))
        context = turn.after(code=item.item_id, facet=wanted.facet)
        return Reply((card,), context, "answer", (item.item_id,))

    def _thing(
        self, words: str, city: City | None, turn: Turn, *, sure: bool
    ) -> ServiceItem | None:
        """The matter that a few words name; None when they name none. `sure`: a bare verb (「换领」)
        names none."""
        result = self.engine.search(words, lang=turn.lang, city=city, k=3)
        if result.decision == "abstain" or not result.results:
            return None
        best = result.results[0]
        least = LIKELY_NAMED if sure else LIKELY
        named = result.decision == "answer" or (best.score >= least and len(words) >= NAME_CHARS)
        return self.catalogue.items[best.code] if named else None


def _whole_matters(asked: Understood) -> list[str]:
    """The parts of a message; one that only asks for another fact or tells a circumstance goes with the
    one before it, the first with the one after it."""
    out: list[str] = []
    for part in split_matters(asked.text):
        if out and not (_of_its_own(part) and _of_its_own(out[-1])):
            out[-1] += f"，{part}"
        else:
            out.append(part)
    return out


def _of_its_own(part: str) -> bool:
    return not (names_nothing(part) or tells(part))


def _with_their_facts(parts: list[Part]) -> list[Part]:
    """The parts; one that finds nothing and asks for a fact, or points back, is about the matter before it
    ("When must they reply?")."""
    out: list[Part] = []
    for part in parts:
        about = facet_of(part.text) not in (None, "steps") or points_back(part.text)
        asked = part.result.asked
        bare = not squash(matter_words(asked.core, asked.lang))
        unsure = part.result.decision != "answer" and (bare or part.result.in_list < UNSURE)
        if out and unsure and about:
            out[-1] = replace(out[-1], text=f"{out[-1].text}，{part.text}")
        else:
            out.append(part)
    return out


def _answered(whole: SearchResult) -> bool:
    """Whether a message as a whole is about what it finds first, by likeness alone."""
    return whole.decision == "answer" and whole.plainly


def _apart(text: str, parts: list[str]) -> bool:
    """Whether the parts are whole questions of the text, not the things of one list."""
    at = 0
    for place, part in enumerate(parts):
        start = text.find(part, at)
        joined = place and _AND.fullmatch(text[at:start]) and not _ASKS_ANEW.match(part)
        if start < 0 or joined:
            return False
        at = start + len(part)
    return True
