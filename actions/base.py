"""From a topic function to a Rasa action: one error boundary, one place for messages and slots.

A topic is `async (services, turn) -> Reply`. An expected failure becomes a notice in the resident's
language; an unexpected one a notice with a way to a person. Logs carry names of topics only.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.listing import context_of
from actions.people import first_help
from actions.precedence import goes_on
from actions.service import nonsense, service
from actions.services import Services, Topic
from actions.turn import Reply, Turn
from core.cards import Card, NoticeCard, dump_card, flatten
from core.errors import AppError
from core.i18n import text
from core.log import get_log
from core.metrics import counter, histogram
from core.safety import Danger, danger_in, violence_in
from knowledge.bundle_card import given_answers
from knowledge.jurisdiction import names_place

log = get_log(__name__)
ANSWERED = counter("sg_actions_turns", "Turns answered", ("topic", "outcome"))
SECONDS = histogram("sg_actions_turn_seconds", "Time to answer a turn", ("topic",))
LAST_SLOT = "last_cards"
LAST_BYTES = 6_000
KEPT_CHARS = 2_000
_PRIVATE = ("account", "sign_in", "form")


class TopicAction(Action):  # type: ignore[misc]
    """A Rasa action that answers with a topic."""

    def __init__(self, name: str, topic: Topic, services: Services) -> None:
        self._name, self._topic, self._services = name, topic, services

    def name(self) -> str:
        """Name in Rasa's domain."""
        return self._name

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Any, domain: Any
    ) -> list[dict[str, Any]]:
        """Answer the turn: messages into `dispatcher`, slots as events."""
        del domain
        turn = Turn.of(tracker)
        reply = await answer(self._name, self._topic, self._services, turn)
        return deliver(dispatcher, turn, reply)


async def answer(name: str, topic: Topic, services: Services, turn: Turn) -> Reply:
    """The topic's reply, or a notice that says what went wrong."""
    with SECONDS.labels(name).time():
        try:
            reply = await goes_on(services, turn) or await _topic(topic, turn)(services, turn)
            if turn.text and (danger := _told_outright(turn.text)) and not _urgent(reply):
                # who is beaten and asks how to divorce is told first where to call
                reply = first_help(turn.with_intent(danger)).then(reply)
            outcome = "ok" if reply.understood else "not_understood"
        except AppError as error:
            log.warning("actions.failed", topic=name, code=error.code)
            reply = Reply([_trouble(turn, error)])
            outcome = error.code
        except Exception as error:
            log.error("actions.unexpected", topic=name, exc=error)
            reply = Reply([_trouble(turn, AppError())])
            outcome = "internal"
    ANSWERED.labels(name, outcome).inc()
    return reply


def _told_outright(words: str) -> Danger | None:
    """Danger that the words themselves tell of, whatever was recognised. An illness or a fire may be long past
    (「我爸中风了能报销吗」): there the dialogue engine is believed."""
    if violence_in(words):
        return "emergency"
    return "self_harm" if danger_in(words) == "self_harm" else None


def _urgent(reply: Reply) -> bool:
    return any(isinstance(card, NoticeCard) and card.level == "urgent" for card in reply.cards())


def _topic(topic: Topic, turn: Turn) -> Topic:
    """Who answers: a reply to the question that is open ("in which city …?") goes to the list."""
    if turn.text and not turn.words():
        return nonsense
    if turn.text and turn.loop is None and context_of(turn).asking and names_place(turn.text):
        return service
    return topic


def deliver(dispatcher: CollectingDispatcher, turn: Turn, reply: Reply) -> list[dict[str, Any]]:
    """Send the items and return the events that set slots."""
    for item in reply.items:
        if isinstance(item, str):
            dispatcher.utter_message(text=item)
        else:
            dispatcher.utter_message(text=flatten(item), json_message=dump_card(item))
    slots = {**_bookkeeping(turn, reply), **reply.slots}
    return [SlotSet(name, value) for name, value in slots.items() if turn.slots.get(name) != value]


def _bookkeeping(turn: Turn, reply: Reply) -> dict[str, Any]:
    """Counters, and what "say that again" repeats. Accounts are never kept."""
    slots: dict[str, Any] = {
        "misunderstood": None if reply.understood else turn.count("misunderstood") + 1,
        "upset": None,
    }
    cards = reply.cards()
    if cards and not any(card.type in _PRIVATE for card in cards):
        slots[LAST_SLOT] = _kept(cards)
    return slots


def _kept(cards: list[Card]) -> list[dict[str, Any]] | None:
    """Cards small enough to keep; answers and life events as a reference, tables and places in
    words."""
    kept: list[dict[str, Any]] = []
    for card in cards:
        if card.type == "answer":
            city = None if card.city == "both" else card.city
            kept.append({"ref": card.code, "city": city, "facet": card.facet})
        elif card.type == "bundle":
            kept.append({"bundle": card.id, "answers": given_answers(card)})
        elif card.type in ("compare", "centres"):
            kept.append({"words": flatten(card)[:KEPT_CHARS]})
        else:
            kept.append(dump_card(card))
    return kept if len(str(kept)) <= LAST_BYTES else None


def _trouble(turn: Turn, error: AppError) -> NoticeCard:
    return NoticeCard(
        lang=turn.lang,
        level="warning",
        title=text("actions.trouble.title", turn.lang),
        text=error.message(turn.lang),
    )
