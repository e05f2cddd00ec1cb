"""Two forms: a message for a call back, and the progress of a case by its number.

Decides for each message whether it is the value the form asked for, a way out of the form, or
something else. Something else is left to the rules of the dialogue engine (the validation returns
nothing), which answer it and then let the form ask again.
"""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.account import request
from actions.base import deliver
from actions.callbacks import masked_phone, phone_in
from actions.chips import chip, payload
from actions.people import crisis, handoff
from actions.services import Services
from actions.talk import flow
from actions.turn import Reply, Turn
from cities import present
from core.cards import Choice, FormCard, FormField, NoticeCard

CALLBACK, CASE = "callback_form", "case_progress_form"
FIELDS: dict[str, tuple[str, ...]] = {
    CALLBACK: ("callback_topic", "callback_phone", "callback_when"),
    CASE: ("case_number",),
}
_LEAVE = (
    "cancel", "restart_topic", "go_back", "human_text", "human_video", "self_harm", "emergency",
    "case_by_account", "sign_out",
)  # fmt: skip
"""Intents that end a form, whatever it asked."""
_SURE = 0.5
_CASE_NO = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{31}\d{12}(?![0-9A-Z])")
_LONG_NUMBER = re.compile(r"[0-9A-Z]{12,}")
_WHERE = re.compile(r"受理(编)?号|回执|编号在|case number|receipt", re.I)
_ASKING = ("ask_", "check_", "estimate_", "book_", "door_", "complaint_")
_WHEN = re.compile(
    r"今|明|后天|周|星期|礼拜|上午|下午|晚上|中午|早|点|时|随时|都行|都可以|尽快|马上|现在|月|号|听日|"
    r"today|tomorrow|morning|afternoon|evening|noon|day|any ?time|soon|now|asap|am|pm|\d",
    re.I,
)


def case_number_in(words: str) -> str | None:
    """A 43-character case number in a text; spaces and dashes between its groups are ignored."""
    match = _CASE_NO.search(re.sub(r"[\s\-_.]", "", words).upper())
    return match.group(0) if match else None


class FormAsk(Action):  # type: ignore[misc]
    """Asks for one field with a form card."""

    def __init__(self, form: str, slot: str, services: Services) -> None:
        self._form, self._slot, self._services = form, slot, services

    def name(self) -> str:
        """Name that Rasa derives from form and slot."""
        return f"action_ask_{self._form}_{self._slot}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Any, domain: Any
    ) -> list[dict[str, Any]]:
        """Send the card."""
        del domain
        turn = Turn.of(tracker)
        card = form_card(turn, self._form, self._slot)
        deliver(dispatcher, turn, Reply([card]))
        return []


def form_card(turn: Turn, form: str, slot: str) -> FormCard:
    """The question for `slot`, with how far the form is and the way out."""
    fields = FIELDS[form]
    field = FormField(
        name=slot,
        label=turn.say(f"form.{slot}.label"),
        kind="phone" if slot == "callback_phone" else "text",
        hint=turn.say(f"form.{slot}.hint"),
        choices=_choices(turn, slot),
    )
    return FormCard(
        lang=turn.lang,
        form=form,
        title=turn.say(f"form.{form}.title"),
        fields=[field],
        step=fields.index(slot) + 1,
        steps=len(fields),
        cancel=Choice(title=turn.say("chip.cancel"), token=payload("cancel")),
    )


def _choices(turn: Turn, slot: str) -> list[Choice]:
    if slot == "case_number":
        return [chip(turn, "my_cases", "case_by_account")]
    if slot == "callback_phone":
        return []
    keys = {
        "callback_when": ("asap", "this_afternoon", "tomorrow_morning", "tomorrow_afternoon"),
        "callback_topic": ("housing_fund", "social_security", "household", "business", "other"),
    }[slot]
    titles = [turn.say(f"form.{slot}.{key}") for key in keys]
    return [Choice(title=title, token=payload("inform", query=title)) for title in titles]


class FormValidate(Action):  # type: ignore[misc]
    """Takes a value, leaves the form, or lets the rules answer."""

    def __init__(self, form: str, services: Services) -> None:
        self._form, self._services = form, services

    def name(self) -> str:
        """Name that Rasa derives from the form."""
        return f"validate_{self._form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Any, domain: Any
    ) -> list[dict[str, Any]]:
        """Events for the form; none means "not a value"."""
        del domain
        turn = Turn.of(tracker)
        slot = turn.slots.get("requested_slot") if turn.loop == self._form else None
        if slot not in FIELDS[self._form]:
            return self._prefilled(turn)
        if turn.intent in _LEAVE and (turn.confidence >= _SURE or not turn.text):
            return [SlotSet(slot, None), SlotSet("requested_slot", None)]
        value, problem = value_of(turn, slot)
        if problem:
            dispatcher.utter_message(text=turn.say(problem))
            return [SlotSet(slot, None)]
        return [SlotSet(slot, value)] if value else []

    def _prefilled(self, turn: Turn) -> list[dict[str, Any]]:
        """At the start: what the first message already holds; leftovers of another run go."""
        events = [SlotSet(name, None) for name in FIELDS[self._form] if turn.slots.get(name)]
        if self._form == CASE and (number := case_number_in(turn.text)):
            return [SlotSet("case_number", number)]
        if self._form == CALLBACK and (phone := phone_in(turn.text)):
            events.append(SlotSet("callback_phone", phone))
        return events


def value_of(turn: Turn, slot: str) -> tuple[str | None, str | None]:
    """(value, key of what is wrong with it); (None, None) when the message is something else."""
    words = (turn.entities.get("query") or turn.text).strip()
    if not words:
        return None, None
    choices = _choices(turn, slot)
    if slot != "case_number" and words.isdecimal() and 0 < int(words) <= len(choices):
        words = choices[int(words) - 1].title
    return _READ[slot](turn, words)


def _elsewhere(turn: Turn) -> bool:
    """Whether the message is surely a question or request of its own."""
    return turn.intent.startswith(_ASKING) and turn.confidence >= _SURE


def _topic(turn: Turn, words: str) -> tuple[str | None, str | None]:
    own = turn.intent in ("deny", "affirm", "repeat", "confused", "who_are_you", "ask_privacy")
    return (None, None) if own and turn.confidence >= _SURE else (words[:200], None)


def _phone(turn: Turn, words: str) -> tuple[str | None, str | None]:
    if phone := phone_in(words):
        return phone, None
    if sum(char.isdigit() for char in words) >= 5 or turn.intent in ("inform", "affirm"):
        return None, "form.callback_phone.wrong"
    return None, None


def _when(turn: Turn, words: str) -> tuple[str | None, str | None]:
    if words != turn.text.strip() or (_WHEN.search(words) and not _elsewhere(turn)):
        return words[:80], None
    if turn.intent in ("inform", "affirm", "deny", "nlu_fallback"):
        return None, "form.callback_when.wrong"
    return None, None


def _case(turn: Turn, words: str) -> tuple[str | None, str | None]:
    if number := case_number_in(words):
        return number, None
    if _LONG_NUMBER.search(re.sub(r"[\s\-_.]", "", words).upper()) or turn.intent == "inform":
        return None, "form.case_number.wrong"
    if turn.intent in ("check_case_progress", "confused", "deny") or _WHERE.search(words):
        return None, "form.case_number.where"
    return None, None


_READ = {
    "callback_topic": _topic,
    "callback_phone": _phone,
    "callback_when": _when,
    "case_number": _case,
}


async def submit_callback(services: Services, turn: Turn) -> Reply:
    """Store the message and confirm it, or say what leaving the form means."""
    about, phone, when = (turn.slots.get(name) for name in FIELDS[CALLBACK])
    cleared: dict[str, Any] = dict.fromkeys(FIELDS[CALLBACK])
    if not (about and phone and when):
        return (await _left(services, turn)).then(Reply(slots=cleared))
    await services.callbacks.add(
        conversation=turn.conversation,
        phone=str(phone),
        about=str(about),
        when=str(when),
        lang=turn.lang,
        city=turn.city,
    )
    card = NoticeCard(
        lang=turn.lang,
        level="success",
        title=turn.say("form.callback_form.done_title"),
        text=turn.say("form.callback_form.done", phone=masked_phone(str(phone)), when=when),
    )
    return Reply([card], cleared)


async def submit_case(services: Services, turn: Turn) -> Reply:
    """Ask the cities for the case of the number."""
    number = turn.slots.get("case_number")
    cleared: dict[str, Any] = {"case_number": None}
    if not number:
        return (await _left(services, turn)).then(Reply(slots=cleared))
    results = await services.cities.case(str(number))
    return Reply([present.case_card(results, None, turn.lang)], cleared)


async def _left(services: Services, turn: Turn) -> Reply:
    """The form was left: answer what it was left for."""
    if turn.intent in ("self_harm", "emergency"):
        return await crisis(services, turn)
    if turn.intent in ("human_text", "human_video"):
        return await handoff(services, turn)
    if turn.intent == "case_by_account":
        return await request(services, turn, "case_by_account")
    if turn.intent == "restart_topic":
        return await flow(services, turn)
    return await flow(services, turn.with_intent("cancel"))
