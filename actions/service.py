"""Questions about the service list, taps on its items, and words nobody understood.

Search decides what is meant; the recognised intent only matters where the words alone say nothing.
Two turns in a row that led nowhere offer a person.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from actions.chips import notice, person, starters
from actions.listing import CONTEXT_SLOT, context_of
from actions.services import Services
from actions.turn import Reply, Turn
from core.cards import CITIES, AnswerCard, City, Facet, NoticeCard, parse_card
from core.errors import NotFound
from knowledge.answers import Reply as Found

OFFER_AFTER = 2
REPORTED_MOST = 5
"""Things that one card shows and a report may be about."""
SURE_OUTSIDE = 0.6
"""From this confidence on, "out of scope" is believed even if the list has something similar."""


async def service(services: Services, turn: Turn) -> Reply:
    """Answer a question, or a tap on an item, checklist or report."""
    if turn.intent == "ask_item" or "code" in turn.entities:
        return await tapped(services, turn)
    if not turn.text:
        return Reply([starters(turn, turn.say("ask_again"))])
    return told(services, turn, await services.listing.ask(turn))


def told(services: Services, turn: Turn, found: Found) -> Reply:
    """What the list found for the resident's words as the reply, counted for the editors."""
    services.learner.answered(turn, found, services.listing.list_version)
    return reply_of(turn, found)


async def tapped(services: Services, turn: Turn) -> Reply:
    """The payload of a chip of the list."""
    code = turn.entities.get("code", "")
    if turn.intent == "ask_item":
        services.learner.chose(turn, code)
    if turn.intent == "checklist":
        city = _city(turn.entities.get("city"))
        return Reply([await services.listing.checklist(turn, code, city)])
    if turn.intent == "report_outdated":
        for one in code.split(",")[:REPORTED_MOST]:
            await services.reports.add(code=one, conversation=turn.conversation)
        return Reply([notice(turn, "reported", level="success")])
    return reply_of(turn, await services.listing.tapped(turn))


async def source(services: Services, turn: Turn) -> Reply:
    """Where the last answer comes from: its sources, as-of dates and status."""
    card = await services.listing.card(turn, context_of(turn))
    if card is None:
        return Reply([turn.say("source.none")])
    lines = [turn.say("source.head", name=card.name.in_(turn.lang), code=card.code)]
    seen: set[str] = set()
    for claim in card.claims:
        if claim.source.id not in seen:
            seen.add(claim.source.id)
            number = f" {claim.source.doc_no}" if claim.source.doc_no else ""
            link = f" {claim.source.url}" if claim.source.url else ""
            status = turn.say(f"source.{claim.status}")
            lines.append(
                turn.say(
                    "source.line", title=claim.source.title + number, as_of=claim.as_of,
                    status=status, link=link,
                )
            )  # fmt: skip
    lines.append(turn.say("source.tail", version=card.list_version))
    title = turn.say("source.title")
    return Reply([NoticeCard(lang=turn.lang, title=title, text="\n".join(lines))])


async def out_of_scope(services: Services, turn: Turn) -> Reply:
    """Honest about what is not ours; but a question of the list is answered anyway, or what it may be asked."""
    if turn.confidence < SURE_OUTSIDE and turn.text:
        found = await services.listing.ask(turn)
        if found.decision == "answer" or found.offers:
            return told(services, turn, found)
    return Reply([starters(turn, turn.say("out_of_scope"))])


def reply_of(turn: Turn, found: Found) -> Reply:
    """What the list found as a reply; nothing found counts as not understood."""
    reply = Reply(list(found.cards), {CONTEXT_SLOT: found.context.as_dict()})
    reply.understood = found.decision != "abstain" or bool(found.codes)
    if not reply.understood and turn.count("misunderstood") + 1 >= OFFER_AFTER:
        reply.items.append(person(turn, turn.say("handoff.misunderstood")))
    return reply


async def nonsense(services: Services, turn: Turn) -> Reply:
    """Signs only: a short clarifying question."""
    del services
    return missed(turn, turn.say("nonsense"))


def missed(turn: Turn, words: str) -> Reply:
    """A short clarifying question; at the second time in a row with the offer of a person."""
    reply = Reply([starters(turn, words)], understood=False)
    if turn.count("misunderstood") + 1 >= OFFER_AFTER:
        reply.items = [person(turn, turn.say("handoff.misunderstood"))]
    return reply


async def again(services: Services, turn: Turn, kept: list[Any]) -> Reply:
    """Cards kept by the last turn, answers made anew from the list."""
    reply = Reply()
    for part in kept:
        if "ref" in part:
            found = await services.listing.item(
                turn, str(part["ref"]), _city(part.get("city")), _facet(part.get("facet"))
            )
            reply = reply.then(reply_of(turn, found))
        elif "words" in part:
            reply.items.append(str(part["words"]))
        elif "bundle" in part:
            asked = turn.with_intent(
                "ask_item", code=str(part["bundle"]), answers=str(part.get("answers", ""))
            )
            reply = reply.then(reply_of(turn, await services.listing.tapped(asked)))
        else:
            reply.items.append(parse_card(part))
    return reply


def answered(reply: Reply) -> bool:
    """Whether an item was answered."""
    return any(isinstance(card, AnswerCard) for card in reply.cards())


async def about(services: Services, turn: Turn, code: str) -> Reply:
    """The card of an item the topic knows by its code; empty when the list lacks it."""
    try:
        return reply_of(turn, await services.listing.item(turn, code, turn.city))
    except NotFound:
        return Reply()


def _city(value: Any) -> City | None:
    return cast(City, value) if value in CITIES else None


def _facet(value: Any) -> Facet | None:
    return cast(Facet, value) if value in get_args(Facet) else None
