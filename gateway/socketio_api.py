"""Rasa's Socket.IO protocol, so that existing web widgets work unchanged.

Events: `session_request` → `session_confirm`, `user_uttered` → `bot_uttered`. A session id is the
widget's own; it must be unguessable, so short ones are refused and replaced.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import socketio
from aiohttp import web

from core.errors import AppError
from core.i18n import Lang, negotiate
from core.ids import new_id
from core.log import get_log
from gateway.chat_api import buttons_of, foreign_said
from gateway.context import Gateway
from gateway.conversations import Conversation
from gateway.hub import Frame, Subscriber

log = get_log(__name__)
_SESSION = re.compile(r"^[A-Za-z0-9_-]{16,60}$")
MAX_HTTP_BUFFER = 100_000


def bot_uttered(frame: Frame) -> dict[str, Any]:
    """A message of ours as Rasa's `bot_uttered`."""
    uttered: dict[str, Any] = {"text": frame["text"]}
    card = frame["cards"][0] if frame["cards"] else None
    if card is not None:
        uttered["metadata"] = {"custom": card}  # widgets draw a message by its exact keys
        buttons = buttons_of(card)
        if buttons:
            uttered["quick_replies"] = [
                {"content_type": "text", "title": b["title"], "payload": f"/{b['payload']}"}
                for b in buttons
            ]
    return uttered


class WidgetChannel:
    """Socket.IO sessions of Rasa widgets."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        origins = [gw.settings.url()]
        self.server = socketio.AsyncServer(
            async_mode="aiohttp",
            cors_allowed_origins=origins,
            max_http_buffer_size=MAX_HTTP_BUFFER,
            logger=False,
            engineio_logger=False,
        )
        self._sids: dict[str, tuple[Conversation, Subscriber, asyncio.Task[None]]] = {}
        self._langs: dict[str, Lang] = {}
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("session_request", self._session_request)
        self.server.on("user_uttered", self._user_uttered)

    def attach(self, app: web.Application) -> None:
        """Serve `/socket.io/`."""
        self.server.attach(app)

    async def _connect(self, sid: str, environ: dict[str, Any], _auth: Any = None) -> None:
        self._langs[sid] = negotiate(environ.get("HTTP_ACCEPT_LANGUAGE"))

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        self._langs.pop(sid, None)
        entry = self._sids.pop(sid, None)
        if entry is not None:
            conversation, subscriber, task = entry
            self._gw.hub.unsubscribe(conversation.id, subscriber)
            task.cancel()

    async def _session_request(self, sid: str, data: Any) -> None:
        asked = data.get("session_id") if isinstance(data, dict) else None
        known = isinstance(asked, str) and _SESSION.match(asked) is not None
        session_id = str(asked) if known else new_id("widget").replace("_", "-")
        await self._open(sid, session_id)
        await self.server.emit("session_confirm", session_id, to=sid)

    async def _open(self, sid: str, session_id: str) -> Conversation:
        entry = self._sids.get(sid)
        if entry is not None and entry[0].id == f"sio:{session_id}":
            return entry[0]
        if entry is not None:
            lang = self._langs.get(sid, "zh")
            await self._disconnect(sid)
            self._langs[sid] = lang
        conversation = await self._gw.store.create(
            client="socketio", lang=self._langs.get(sid, "zh"), id_=f"sio:{session_id}"
        )
        subscriber = self._gw.hub.subscribe(conversation.id)
        task = asyncio.create_task(self._deliver(sid, subscriber), name="widget-writer")
        self._sids[sid] = (conversation, subscriber, task)
        return conversation

    async def _deliver(self, sid: str, subscriber: Subscriber) -> None:
        while not subscriber.dropped:
            frame = await subscriber.queue.get()
            if frame is None:
                return
            if frame["type"] == "message" and frame["author"] != "resident":
                await self.server.emit("bot_uttered", bot_uttered(frame), to=sid)

    async def _user_uttered(self, sid: str, data: Any) -> None:
        try:
            await self._uttered(sid, data)
        except AppError as err:
            lang = self._langs.get(sid, "zh")
            await self.server.emit("bot_uttered", {"text": err.message(lang)}, to=sid)
        except Exception as exc:
            log.error("widget.turn_failed", exc=exc)
            lang = self._langs.get(sid, "zh")
            await self.server.emit("bot_uttered", {"text": AppError().message(lang)}, to=sid)

    async def _uttered(self, sid: str, data: Any) -> None:
        if not isinstance(data, dict):
            return
        session_id = data.get("session_id")
        if isinstance(session_id, str) and _SESSION.match(session_id):
            opened = await self._open(sid, session_id)
        elif sid in self._sids:
            opened = self._sids[sid][0]
        else:
            opened = await self._open(sid, new_id("widget").replace("_", "-"))
        self._gw.limits.check(opened.id)
        current = await self._gw.store.get(opened.id)
        assert current is not None
        words = data.get("message")
        if not isinstance(words, str) or not words.strip():
            return  # what a widget without an initial payload sends when it opens
        message, _ = await foreign_said(self._gw, current, words, new_id("cli"))
        self._gw.turns.answer_soon(message, None)
