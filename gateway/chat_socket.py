"""The resident's WebSocket: protocol of `docs/api/protocol.md`, one task to read, one to write.

Decides nothing about answers; checks frames, numbers and rates, and hands them on. A malformed frame
gets a typed error and the socket stays open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from core.auth import BadToken
from core.errors import AppError, InvalidInput, NotAllowed, NotSignedIn
from core.http import lang_of
from core.i18n import Lang
from core.identity import Identity
from core.log import get_log
from gateway.context import Gateway
from gateway.conversations import Conversation, Session
from gateway.hub import Frame, Subscriber
from gateway.search import Said

log = get_log(__name__)
MAX_FRAME = 65_536
HEARTBEAT_S = 25.0
HELLO_WITHIN_S = 10.0
COOKIE = "sg_session"
_CLIENT_ID = re.compile(r"^[A-Za-z0-9_.:-]{8,64}$")


def identity_frame(identity: Identity | None) -> dict[str, Any] | None:
    """`Identity` of the protocol: masked, without the network id."""
    if identity is None:
        return None
    return {
        "name": identity.name,
        "city": identity.issuer,
        "issuer": identity.issuer,
        "level": identity.level,
        "expires_at": identity.expires_at.isoformat(),
    }


def check_origin(request: web.Request, public_url: str) -> None:
    """Browsers say where a socket comes from; only our own pages may open one."""
    origin = request.headers.get("Origin")
    if origin is None or origin.rstrip("/") == public_url:
        return
    if origin.partition("://")[2] != request.headers.get("Host", ""):
        raise NotAllowed("bad_origin")


async def _send(ws: web.WebSocketResponse, frame: Frame) -> None:
    await ws.send_str(orjson.dumps(frame).decode())


class ChatSocket:
    """One open socket."""

    def __init__(
        self, gw: Gateway, session: Session, conversation: Conversation, lang: Lang
    ) -> None:
        self._gw, self._session, self._conversation, self._lang = gw, session, conversation, lang
        self._subscriber: Subscriber | None = None
        self._handlers: dict[str, Callable[[Frame], Awaitable[None]]] = {
            "say": self._say,
            "choose": self._choose,
            "handoff": self._handoff,
            "handoff.cancel": self._cancel,
            "rate": self._rate,
            "feedback": self._feedback,
            "typing": self._typing,
            "read": self._read,
            "lang": self._set_lang,
            "ping": self._ping,
            "sign_out": self._sign_out,
            "rtc.offer": self._rtc_offer,
            "rtc.leave": self._rtc_leave,
            "rtc.media": self._rtc_media,
        }

    async def run(self, ws: web.WebSocketResponse) -> None:
        """Serve until either side closes."""
        hello = await self._hello(ws)
        if hello is None:
            return
        subscriber = self._subscriber = self._gw.hub.subscribe(self._conversation.id)
        try:
            sent = await self._welcome(ws, int(hello.get("after") or 0))
            writer = asyncio.create_task(self._write(ws, subscriber, sent), name="chat-writer")
            try:
                async for frame in ws:
                    if frame.type is WSMsgType.TEXT:
                        await self._receive(frame.data)
                    elif frame.type is WSMsgType.BINARY:
                        self._error(InvalidInput("bad_frame"), None)
            finally:
                writer.cancel()
        except ConnectionResetError:  # gone while it was welcomed
            pass
        finally:
            self._gw.hub.unsubscribe(self._conversation.id, subscriber)
            await self._gw.human.resident_gone(self._conversation.id)

    async def _hello(self, ws: web.WebSocketResponse) -> Frame | None:
        try:
            first = await ws.receive(timeout=HELLO_WITHIN_S)
            frame = orjson.loads(first.data) if first.type is WSMsgType.TEXT else {}
        except (TimeoutError, orjson.JSONDecodeError, TypeError):
            frame = {}
        after = frame.get("after", 0) if isinstance(frame, dict) else None
        valid = isinstance(after, int) and not isinstance(after, bool) and after >= 0
        if not isinstance(frame, dict) or frame.get("type") != "hello" or not valid:
            if not ws.closed:
                err = InvalidInput("hello_first")
                await _send(ws, {"type": "error", **err.as_dict(self._lang)})
                await ws.close(code=WSCloseCode.POLICY_VIOLATION)
            return None
        if frame.get("lang") in ("zh", "en"):
            self._lang = frame["lang"]
        return frame

    async def _welcome(self, ws: web.WebSocketResponse, after: int) -> int:
        """Send how things stand and the thread after `after`, as fast as the page reads it; what is
        said meanwhile waits in the subscription. Returns the greatest `seq` sent."""
        gw, conversation = self._gw, await self._gw.store.get(self._conversation.id)
        assert conversation is not None
        frame = {
            "type": "welcome",
            "conversation": conversation.id,
            "lang": self._lang,
            "last_seq": conversation.last_seq,
            "read_seq": conversation.read_seq,
            "state": await gw.human.state(conversation.id),
            "identity": identity_frame(self._session.identity),
            "limits": {"message_max_chars": gw.settings.message_max_chars},
            "ice": gw.ice(conversation.id),
            "sandbox": gw.settings.sandbox,
        }
        await _send(ws, frame)
        sent = 0
        for message in await gw.store.after(conversation.id, after):
            await _send(ws, {"type": "message", **message.public()})
            sent = message.seq
        return sent

    async def _write(self, ws: web.WebSocketResponse, subscriber: Subscriber, sent: int) -> None:
        while not subscriber.dropped:
            frame = await subscriber.queue.get()
            if frame is None:
                break
            if frame["type"] == "message":
                if frame["seq"] <= sent:  # replayed and delivered live at the same moment
                    continue
                sent = frame["seq"]
            await _send(ws, frame)
        await ws.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def _receive(self, raw: str) -> None:
        client_id: str | None = None
        try:
            try:
                frame = orjson.loads(raw)
            except orjson.JSONDecodeError as exc:
                raise InvalidInput("invalid_json") from exc
            if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
                raise InvalidInput("bad_frame")
            given = frame.get("client_id")
            client_id = given if isinstance(given, str) else None
            handler = self._handlers.get(frame["type"])
            if handler is None:
                raise InvalidInput("bad_frame", details={"type": frame["type"][:40]})
            await handler(frame)
        except AppError as err:
            self._error(err, client_id)
        except Exception as exc:
            log.error("chat.frame_failed", exc=exc)
            self._error(AppError(), client_id)

    def _error(self, err: AppError, client_id: str | None) -> None:
        frame: Frame = {"type": "error", **err.as_dict(self._lang)}
        if client_id:
            frame["client_id"] = client_id
        self._put(frame)

    def _put(self, frame: Frame) -> None:
        if self._subscriber is not None:
            self._subscriber.put(frame)

    # ---- frames ---------------------------------------------------------------

    async def _accept(self, client_id: object, text: str, payload: str | None) -> None:
        if not isinstance(client_id, str) or not _CLIENT_ID.match(client_id):
            raise InvalidInput(details={"field": "client_id"})
        self._gw.limits.check(self._conversation.id)
        current = await self._current()
        message, new = await self._gw.turns.accept(current, Said(client_id, text, payload))
        self._put({"type": "ack", "client_id": client_id, "seq": message.seq})
        if new:
            self._gw.turns.answer_soon(message, await self._identity())

    async def _current(self) -> Conversation:
        found = await self._gw.store.get(self._conversation.id)
        assert found is not None
        return found

    async def _identity(self) -> Identity | None:
        session = await self._gw.store.session_by_fingerprint(self._session.fingerprint)
        return session.identity if session else None

    async def _say(self, frame: Frame) -> None:
        await self._accept(
            frame.get("client_id"), self._gw.turns.check_text(frame.get("text")), None
        )

    async def _choose(self, frame: Frame) -> None:
        token, title = frame.get("token"), frame.get("title")
        if not isinstance(token, str) or len(token) > 4096:
            raise BadToken()
        payload = self._gw.tokens.unseal(self._conversation.id, token)
        shown = (
            self._gw.turns.check_text(title) if isinstance(title, str) and title.strip() else "…"
        )
        await self._accept(frame.get("client_id"), shown[:200], payload)

    async def _handoff(self, frame: Frame) -> None:
        mode = frame.get("mode")
        if mode not in ("text", "video"):
            raise InvalidInput(details={"field": "mode"})
        self._gw.limits.check(f"handoff:{self._conversation.id}")
        await self._gw.human.request(await self._current(), mode, await self._identity())
        if isinstance(frame.get("client_id"), str):
            self._put({"type": "ack", "client_id": frame["client_id"]})

    async def _cancel(self, _frame: Frame) -> None:
        await self._gw.human.cancel(self._conversation.id)

    async def _rate(self, frame: Frame) -> None:
        ticket, score, comment = frame.get("ticket"), frame.get("score"), frame.get("comment") or ""
        if not isinstance(ticket, str) or score not in (1, 2, 3, 4, 5):
            raise InvalidInput(details={"field": "score"})
        if not isinstance(comment, str) or len(comment) > 500:
            raise InvalidInput(details={"field": "comment"})
        await self._gw.human.rate(self._conversation.id, ticket, int(score), comment)

    async def _feedback(self, frame: Frame) -> None:
        seq, verdict = frame.get("seq"), frame.get("verdict")
        if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
            raise InvalidInput(details={"field": "seq"})
        if verdict not in ("up", "down"):
            raise InvalidInput(details={"field": "verdict"})
        self._gw.limits.check(f"feedback:{self._conversation.id}")
        await self._gw.feedback.rate(self._conversation.id, seq, verdict == "up")
        self._put({"type": "feedback", "seq": seq})

    async def _typing(self, frame: Frame) -> None:
        await self._gw.human.resident_typing(self._conversation.id, frame.get("on") is True)

    async def _read(self, frame: Frame) -> None:
        seq = frame.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0:
            raise InvalidInput(details={"field": "seq"})
        current = await self._current()
        if current.read_seq < seq <= current.last_seq:
            await self._gw.store.mark(self._conversation.id, read_seq=seq)

    async def _set_lang(self, frame: Frame) -> None:
        lang = frame.get("lang")
        if lang not in ("zh", "en"):
            raise InvalidInput(details={"field": "lang"})
        self._lang = lang
        await self._gw.store.mark(self._conversation.id, lang=lang)

    async def _ping(self, _frame: Frame) -> None:
        self._put({"type": "pong"})

    async def _sign_out(self, _frame: Frame) -> None:
        await self._gw.store.set_identity(self._session.fingerprint, None)
        self._gw.hub.send(self._conversation.id, {"type": "identity", "identity": None})

    async def _rtc_offer(self, frame: Frame) -> None:
        consultation, sdp = frame.get("consultation"), frame.get("sdp")
        if not isinstance(consultation, str) or not isinstance(sdp, str):
            raise InvalidInput(details={"field": "sdp"})
        answer = await self._gw.human.resident_offer(self._conversation.id, consultation, sdp)
        self._put({"type": "rtc.answer", "consultation": consultation, "sdp": answer})

    async def _rtc_leave(self, frame: Frame) -> None:
        consultation = frame.get("consultation")
        if isinstance(consultation, str):
            await self._gw.human.resident_leave(self._conversation.id, consultation)

    async def _rtc_media(self, frame: Frame) -> None:
        consultation, audio, video = (frame.get(k) for k in ("consultation", "audio", "video"))
        if not (
            isinstance(consultation, str) and isinstance(audio, bool) and isinstance(video, bool)
        ):
            raise InvalidInput(details={"field": "audio"})
        await self._gw.human.resident_media(self._conversation.id, consultation, audio, video)


def chat_handler(gw: Gateway) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`GET /ws/chat`."""

    async def handle(request: web.Request) -> web.StreamResponse:
        check_origin(request, gw.settings.url())
        gw.address_limits.check(f"ws:{request.remote}")
        session = await gw.store.session(request.cookies.get(COOKIE, ""))
        if session is None:
            raise NotSignedIn("no_session")
        conversation = await gw.store.get(session.conversation)
        assert conversation is not None
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME, compress=True)
        await ws.prepare(request)
        gw.sockets.add(ws)
        try:
            await ChatSocket(gw, session, conversation, lang_of(request)).run(ws)
        finally:
            gw.sockets.discard(ws)
        return ws

    return handle
