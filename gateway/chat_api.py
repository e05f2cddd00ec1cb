"""Sessions of residents' browsers, and Rasa's REST webhook."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from core.cards import Card
from core.errors import InvalidInput, TooLarge
from core.http import json_body, json_response, lang_of
from core.i18n import Lang, text
from core.ids import new_id
from gateway.chat_socket import COOKIE
from gateway.context import Gateway
from gateway.conversations import Conversation, Message
from gateway.openapi import ApiRoute
from gateway.search import Said
from gateway.tokens import looks_like_token

SENDER_MAX = 60
_SENDER = re.compile(r"^[\w.:@+-]+$")


class SessionRequest(BaseModel):
    """Start or resume a conversation."""

    model_config = ConfigDict(extra="forbid")
    lang: Lang | None = None


class SessionResponse(BaseModel):
    """The conversation of this browser."""

    conversation: str
    lang: Lang


class RestMessage(BaseModel):
    """Rasa's REST channel: `{sender, message}`."""

    sender: StrictStr = Field(min_length=1, max_length=SENDER_MAX)
    message: StrictStr = Field(min_length=1)
    metadata: dict[str, Any] | None = None
    input_channel: StrictStr | None = None
    stream: StrictBool | None = None


class RestButton(BaseModel):
    """A reply that can be chosen by sending `payload` as the next message."""

    title: str
    payload: str


class RestAnswer(BaseModel):
    """One message of the assistant."""

    recipient_id: str
    text: str | None = None
    custom: Card | None = None
    buttons: list[RestButton] | None = None


def buttons_of(card: dict[str, Any]) -> list[dict[str, str]]:
    """What a text client can choose on a card: its chips and actions that carry a token."""
    entries = [*card.get("choices", []), *card.get("actions", [])]
    for field in card.get("fields", []) if card["type"] == "form" else []:
        entries += field["choices"]
    if card["type"] == "bundle":
        entries += [{"title": step["name"], "token": step["token"]} for step in card["steps"]]
        for ask in card["questions"]:
            entries += [
                {"title": f"{ask['text']} {option['title']}", "token": option["token"]}
                for option in ask["options"]
            ]
    return [{"title": e["title"], "payload": e["token"]} for e in entries if e.get("token")]


def rest_answer(sender: str, message: Message) -> dict[str, Any]:
    """A message in the shape of Rasa's REST channel."""
    answer: dict[str, Any] = {"recipient_id": sender, "text": message.text}
    if message.cards:
        answer["custom"] = message.cards[0]
        if buttons := buttons_of(message.cards[0]):
            answer["buttons"] = buttons
    return answer


async def foreign_said(
    gw: Gateway, conversation: Conversation, words: str, client_id: str
) -> tuple[Message, bool]:
    """Store what a Rasa client sent: words, or the payload of a button we issued."""
    if looks_like_token(words.removeprefix("/")):
        payload = gw.tokens.unseal(conversation.id, words.removeprefix("/"))
        shown = text("gateway.choice", conversation.lang)
        return await gw.turns.accept(conversation, Said(client_id, shown, payload))
    return await gw.turns.accept(conversation, Said(client_id, gw.turns.check_text(words)))


def chat_routes(gw: Gateway) -> list[ApiRoute]:
    """Session and webhook operations."""

    async def open_session(request: web.Request) -> web.StreamResponse:
        body = (
            await json_body(request, SessionRequest) if request.can_read_body else SessionRequest()
        )
        gw.address_limits.check(f"session:{request.remote}")
        session = await gw.store.session(request.cookies.get(COOKIE, ""))
        if session is not None:
            found = await gw.store.get(session.conversation)
            assert found is not None
            return json_response({"conversation": found.id, "lang": found.lang})
        lang = body.lang or lang_of(request)
        conversation = await gw.store.create(client="page", lang=lang)
        token = await gw.store.open_session(conversation.id, gw.settings.session_days)
        response = json_response({"conversation": conversation.id, "lang": lang})
        response.set_cookie(
            COOKIE,
            token,
            max_age=gw.settings.session_days * 86_400,
            httponly=True,
            samesite="Lax",
            secure=gw.settings.url().startswith("https://"),
            path="/",
        )
        return response

    async def rest_webhook(request: web.Request) -> web.StreamResponse:
        body = await json_body(request, RestMessage)
        if not _SENDER.match(body.sender):
            raise InvalidInput(details={"fields": [{"field": "sender", "problem": "characters"}]})
        if len(body.message) > gw.settings.message_max_chars:
            raise TooLarge(details={"max_chars": gw.settings.message_max_chars})
        gw.limits.check(f"rest:{body.sender}")
        gw.address_limits.check(f"rest:{request.remote}")
        conversation = await gw.store.create(
            client="rest", lang=lang_of(request), id_=f"rest:{body.sender}"
        )
        stored, _ = await foreign_said(gw, conversation, body.message, new_id("cli"))
        await gw.turns.answer(stored, None)
        fresh = await gw.store.after(conversation.id, conversation.delivered_seq)
        answers = [m for m in fresh if m.author != "resident"]
        if fresh:
            await gw.store.mark(conversation.id, delivered_seq=fresh[-1].seq)
        return json_response([rest_answer(body.sender, m) for m in answers])

    return [
        ApiRoute("POST", "/api/v1/session", open_session, SessionRequest, SessionResponse,
                 "Start or resume the conversation of this browser", ("chat",), (400, 413, 415, 429),
                 request_optional=True),
        ApiRoute("POST", "/webhooks/rest/webhook", rest_webhook, RestMessage, RestAnswer,
                 "One turn, in the shape of Rasa's REST channel", ("rasa clients",),
                 (400, 403, 413, 415, 429, 503), response_is_list=True),
    ]  # fmt: skip
