"""The input channel of the gateway: words or a button's payload in, messages, slots, intent out.

Decides two things: a resident's words are only ever classified, never executed (a leading slash is
replaced), and a payload is only taken from `payload`, checked against the domain. Every failure is
a typed error in JSON; texts are never logged.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text, Tuple

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

logger = logging.getLogger(__name__)

HEADER = "X-SG-Internal"
MAX_TEXT = 4_000
MAX_SENDER = 128
_PAYLOAD = re.compile(r"/([A-Za-z_][A-Za-z0-9_]{0,63})(\{.*\})?\Z", re.DOTALL)
_SLASHES = re.compile(r"\A[\s\u200b-\u200f\u2060\ufeff]*[/／]+")
RESERVED_INTENTS = ("restart", "back", "session_start", "nlu_fallback")
"""Rasa's own commands: no button says them."""
PRIVATE_SLOTS = (
    "requested_slot", "session_started_metadata", "last_cards", "lang_was", "callback_phone",
    "case_number",
)  # fmt: skip


class TurnError(Exception):
    """A turn that cannot be taken: a code, a status, and whether trying again may help."""

    def __init__(self, code: Text, status: int, retryable: bool = False) -> None:
        super().__init__(code)
        self.code, self.status, self.retryable = code, status, retryable

    def response(self) -> HTTPResponse:
        """As our JSON error; the message is for developers, residents never see this."""
        body = {"code": self.code, "message": self.code, "retryable": self.retryable, "details": {}}
        return json_response({"error": body}, status=self.status)


def neutralise(text: Text) -> Text:
    """The resident's words with leading slashes taken off, so that none is read as a command."""
    return _SLASHES.sub("", text).strip()


def parse_payload(payload: Text, intents: List[Text]) -> Dict[Text, Any]:
    """`/ask_item{"code":"SG-HR-004"}` as parse data; raises `TurnError` when it is not one of ours."""
    match = _PAYLOAD.match(payload)
    if not match:
        raise TurnError("invalid_payload", 400)
    name, raw = match.group(1), match.group(2)
    if name not in intents or name in RESERVED_INTENTS:
        raise TurnError("unknown_payload", 400)
    try:
        values = json.loads(raw) if raw else {}
    except ValueError as error:
        raise TurnError("invalid_payload", 400) from error
    entities = [
        {"entity": key, "value": value, "start": 0, "end": 0}
        for key, value in values.items()
        if isinstance(value, (str, int, float, bool))
    ]
    intent = {"name": name, "confidence": 1.0}
    return {"text": f"/{name}", "intent": intent, "intent_ranking": [intent], "entities": entities}


class Collected(OutputChannel):
    """Keeps text and card of a message together, in order."""

    def __init__(self) -> None:
        self.messages: List[Dict[Text, Any]] = []
        self.failed: Optional[Text] = None
        """Name of an action that could not be run in this turn."""

    @classmethod
    def name(cls) -> Text:
        """Name of the channel."""
        return "shenguan"

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        """One message: `{text?, custom?}`."""
        kept = {k: message[k] for k in ("text", "custom") if message.get(k)}
        if kept:
            self.messages.append(kept)


class ShenguanInput(InputChannel):
    """`POST /webhooks/shenguan/webhook`, for the gateway only."""

    def __init__(self, token: Text) -> None:
        self._token = token

    @classmethod
    def name(cls) -> Text:
        """Part of the address."""
        return "shenguan"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Routes of the channel."""
        routes = Blueprint("shenguan_webhook", __name__)

        @routes.route("/webhook", methods=["POST"])
        async def webhook(request: Request) -> HTTPResponse:
            try:
                self._check(request)
                return json_response(await self._turn(request.app, _body(request)))
            except TurnError as error:
                return error.response()
            except Exception as error:
                logger.error("turn.failed %s", type(error).__name__, exc_info=True)
                return TurnError("internal", 500, retryable=True).response()

        return routes

    def _check(self, request: Request) -> None:
        given = request.headers.get(HEADER, "")
        if not self._token or not hmac.compare_digest(given.encode(), self._token.encode()):
            raise TurnError("not_allowed", 403)

    async def _turn(self, app: Sanic, body: Dict[Text, Any]) -> Dict[Text, Any]:
        agent = getattr(app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            raise TurnError("assistant_warming", 503, retryable=True)
        sender, text, payload, metadata = _fields(body)
        vector = metadata.pop("vector", None)
        if payload is not None:
            parsed = parse_payload(payload, agent.domain.intents)
        else:
            own = {"vector": vector} if isinstance(vector, str) else {}
            parsed = await agent.processor.parse_message(UserMessage(text, metadata=own))
            parsed = {k: parsed[k] for k in ("text", "intent", "intent_ranking", "entities")}
        output = Collected()
        await agent.handle_message(
            UserMessage(parsed["text"], output, sender, parsed, self.name(), metadata=metadata)
        )
        if output.failed and not output.messages:
            raise TurnError("unavailable", 503, retryable=True)
        tracker = await agent.processor.get_tracker(sender)
        slots = {
            k: v
            for k, v in tracker.current_slot_values().items()
            if v is not None and k not in PRIVATE_SLOTS
        }
        return {"messages": output.messages, "slots": slots, "intent": parsed["intent"]}


def _body(request: Request) -> Dict[Text, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise TurnError("invalid_json", 400) from error
    if not isinstance(body, dict):
        raise TurnError("invalid_input", 400)
    return body


def _fields(body: Dict[Text, Any]) -> Tuple[Text, Text, Optional[Text], Dict[Text, Any]]:
    sender, text = body.get("sender"), body.get("text")
    payload, metadata = body.get("payload"), body.get("metadata")
    metadata = {} if metadata is None else metadata
    if not isinstance(sender, str) or not 0 < len(sender) <= MAX_SENDER:
        raise TurnError("invalid_input", 400)
    if not isinstance(metadata, dict) or (text is None) == (payload is None):
        raise TurnError("invalid_input", 400)
    if payload is not None and not isinstance(payload, str):
        raise TurnError("invalid_input", 400)
    if text is not None and not isinstance(text, str):
        raise TurnError("invalid_input", 400)
    words = neutralise(text or "")
    if text is not None and not words:
        words = "…"
    if len(words) > MAX_TEXT or len(payload or "") > MAX_TEXT:
        raise TurnError("too_large", 413)
    return sender, words, payload, dict(metadata)
