"""`GET /ws/desk`: one socket of one page of an agent.

What it sends about tickets is read from the record: a cursor over the desk's events and one over the
messages of each ticket the agent holds. A signal only says "look"; a lost one costs a heartbeat, never
an update, and a page that comes back with `after` sees in order what it missed. Typing and call state
are passing frames and may be dropped. Decides nothing about tickets.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from core.errors import AppError, InvalidInput, NotSignedIn, TooLarge
from core.http import lang_of
from core.i18n import Lang
from core.log import get_log
from core.metrics import counter, gauge
from desk.agents import Agent
from desk.signals import Signal
from desk.store import TicketEvent
from desk.tickets import Ticket
from desk.views import agent_view, iso, may_read
from gateway.desk_api import COOKIE, EDGE, DeskEdge, check_origin, desk_agent_of
from gateway.desk_frames import (
    MAX_FRAME,
    Frame,
    Heartbeat,
    Hello,
    OnTicket,
    Ping,
    PresenceFrame,
    RtcLeave,
    RtcMedia,
    RtcOffer,
    Say,
    Typing,
    WrapUpFrame,
    parse,
)
from gateway.rates import RateLimit

log = get_log(__name__)
SOCKETS = gauge("sg_desk_sockets", "Open sockets of agents")
SLOW = counter("sg_desk_slow_sockets", "Agent sockets closed because they did not read")
OUT_FRAMES = 256
SEND_TIMEOUT_S = 15.0
HELLO_TIMEOUT_S = 15.0
REPLAY_MAX = 2000
"""Further behind than this, the welcome alone draws the desk."""
FRAMES_PER_MINUTE = 600
RTC_AT_ONCE = 4
CLOSE_SESSION = 4401


class _Sockets:
    """Open sockets of this process."""

    def __init__(self) -> None:
        self.open: set[web.WebSocketResponse] = set()


_OPEN = web.AppKey("desk_sockets", _Sockets)


def setup_socket(app: web.Application) -> None:
    """Add `/ws/desk`; its sockets are closed when the application shuts down."""
    app[_OPEN] = _Sockets()
    app.router.add_get("/ws/desk", desk_socket)
    app.on_shutdown.append(_close_all)


async def _close_all(app: web.Application) -> None:
    for ws in list(app[_OPEN].open):
        await ws.close(code=WSCloseCode.GOING_AWAY)


async def desk_socket(request: web.Request) -> web.StreamResponse:
    """Upgrade and serve; refuses foreign origins and those who may not work at the desk."""
    edge = request.app[EDGE]
    check_origin(request, edge.settings)
    agent = await desk_agent_of(request)
    # Four times our own limit: a frame just over it gets an error, not the end of the socket.
    ws = web.WebSocketResponse(heartbeat=20, max_msg_size=4 * MAX_FRAME)
    await ws.prepare(request)
    request.app[_OPEN].open.add(ws)
    SOCKETS.inc()
    try:
        await DeskSocket(ws, edge, agent, request.cookies[COOKIE], lang_of(request)).serve()
    finally:
        SOCKETS.dec()
        request.app[_OPEN].open.discard(ws)
    return ws


class DeskSocket:
    """Reader, writer and pump of one socket."""

    def __init__(
        self, ws: web.WebSocketResponse, edge: DeskEdge, agent: Agent, token: str, lang: Lang
    ) -> None:
        self._ws, self._edge, self._desk = ws, edge, edge.desk
        self._agent, self._token, self._lang = agent, token, lang
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue(OUT_FRAMES)
        self._wake = asyncio.Event()
        self._cursor = 0
        self._seen: dict[str, int] = {}
        """Last message sent, by ticket."""
        self._rate = RateLimit(edge.clock, FRAMES_PER_MINUTE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Until the page goes."""
        hello = await self._hello()
        if hello is None:
            return
        leave = self._desk.signals.subscribe(self._signalled)
        try:
            self._spawn(self._write())
            await self._welcome(hello)
            self._spawn(self._pump())
            async for message in self._ws:
                if message.type is WSMsgType.TEXT:
                    await self._receive(message.data)
                elif message.type is WSMsgType.BINARY:
                    await self._refuse(InvalidInput("desk_bad_frame"))
        finally:
            leave()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hello(self) -> Hello | None:
        """The first frame that is a hello; anything else gets an error and another chance."""
        while True:
            try:
                message = await self._ws.receive(timeout=HELLO_TIMEOUT_S)
            except TimeoutError:
                await self._ws.close(code=WSCloseCode.POLICY_VIOLATION)
                return None
            if message.type is not WSMsgType.TEXT:
                return None
            try:
                self._rate.check("")
                frame, _ = parse(message.data)
                if isinstance(frame, Hello):
                    return frame
                raise InvalidInput("desk_hello_first")
            except AppError as err:
                await self._ws.send_str(_dump(self._error(err, {})))

    async def _welcome(self, hello: Hello) -> None:
        last = await self._desk.store.last_seq()  # before reading: what comes later is sent again
        await self._desk.heartbeat(self._agent)
        tickets = await self._desk.holdings(self._agent)
        for view in tickets:
            self._saw(view)
        presence = await self._desk.presence.of(self._agent.id)
        self._cursor = hello.after if 0 < last - hello.after <= REPLAY_MAX else last
        if hello.after == 0:
            self._cursor = last
        await self._out.put(
            {
                "type": "welcome",
                "agent": agent_view(self._agent),
                "status": presence.status if presence else "offline",
                "media": list(presence.media) if presence else [],
                "limits": {"message_max_chars": self._edge.settings.message_max_chars},
                "sandbox": self._edge.settings.sandbox,
                "queue": await self._desk.queue(self._agent),
                "tickets": tickets,
                "ice": self._edge.ice(),
                "seq": last,
            }
        )
        self._wake.set()

    # -- outgoing -------------------------------------------------------------------------------

    def _signalled(self, signal: Signal) -> None:
        if signal.agent not in (None, self._agent.id):
            return
        if signal.close:
            self._spawn(self._check_session())
        if signal.frame is None:
            self._wake.set()
            return
        with contextlib.suppress(asyncio.QueueFull):
            self._out.put_nowait(signal.frame)

    async def _write(self) -> None:
        try:
            while True:
                frame = await self._out.get()
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._ws.send_str(_dump(frame))
        except TimeoutError:
            SLOW.inc()
            await self._ws.close(code=WSCloseCode.TRY_AGAIN_LATER)
        except ConnectionError:
            pass
        while True:  # nobody may wait for a page that is gone
            await self._out.get()

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._catch_up()
            except Exception as exc:  # the record was busy; the next heartbeat looks again
                log.error("desk.pump_failed", agent=self._agent.id, exc=exc)

    async def _catch_up(self) -> None:
        changed = False
        while events := await self._desk.store.events_after(self._cursor):
            for event in events:
                if event.agent == self._agent.id:
                    frame = await self._frame(event)
                    if frame is not None:
                        await self._out.put(frame | {"event": event.seq})
                self._cursor = event.seq
            changed = True
        for ticket in await self._desk.store.of_agent(self._agent.id):
            await self._new_messages(ticket)
        if changed:
            queue = await self._desk.queue(self._agent)
            await self._out.put({"type": "queue", "queue": queue, "event": self._cursor})

    async def _new_messages(self, ticket: Ticket) -> None:
        if ticket.id not in self._seen:
            return  # its own event, which carries the messages, is still to come
        for message in await self._desk.new_messages(ticket, self._seen[ticket.id]):
            self._seen[ticket.id] = message["seq"]
            await self._out.put({**message, "type": "message", "ticket": ticket.id})

    async def _frame(self, event: TicketEvent) -> dict[str, Any] | None:
        """What this agent's page is told about an event, given the ticket as it is by now."""
        ticket = await self._desk.store.get(event.ticket)
        readable = may_read(self._agent, ticket)
        if event.kind == "offered":
            if ticket.state != "offered" or not readable:
                return None  # over by now; its own event follows
            view = self._saw(await self._desk.view(self._agent, ticket))
            return {"type": "offer", "ticket": view, "expires_at": iso(ticket.offer_expires_at)}
        gone = {"declined": "lapsed", "lapsed": "lapsed", "cancelled": "cancelled",
                "abandoned": "cancelled", "media_changed": "cancelled"}.get(event.kind)  # fmt: skip
        if gone is not None and not readable:
            self._seen.pop(ticket.id, None)
            return {"type": "offer.gone", "ticket": ticket.id, "reason": gone}
        view = self._saw(await self._desk.view(self._agent, ticket))
        if not readable:
            self._seen.pop(ticket.id, None)
        return {"type": "ticket", "ticket": view}

    def _saw(self, view: dict[str, Any]) -> dict[str, Any]:
        messages = view.get("messages")
        if messages is not None:
            self._seen[view["id"]] = messages[-1]["seq"] if messages else 0
        return view

    # -- incoming -------------------------------------------------------------------------------

    async def _receive(self, raw: str) -> None:
        known: dict[str, Any] = {}
        try:
            self._rate.check("")
            frame, known = parse(raw)
            if isinstance(frame, RtcOffer | RtcLeave | RtcMedia):
                await self._call(frame, known)
            else:
                await self._do(frame)
        except AppError as err:
            await self._refuse(err, known or err.details.pop("refers", {}))
        except Exception as exc:
            log.error("desk.frame_failed", agent=self._agent.id, exc=exc)
            await self._refuse(AppError(), known)

    async def _do(self, frame: Frame) -> None:
        match frame:
            case Ping():
                await self._out.put({"type": "pong"})
            case Heartbeat():
                await self._check_session()
                await self._desk.heartbeat(self._agent)
                self._wake.set()
            case PresenceFrame():
                await self._desk.set_presence(self._agent, frame.status, frame.media)
            case OnTicket():
                await self._on_ticket(frame)
            case Say():
                await self._say(frame)
            case Typing():
                await self._desk.typing(self._agent, frame.ticket, frame.on)
            case WrapUpFrame():
                await self._wrap_up(frame)
            case _:
                self._wake.set()  # a second hello: look again

    async def _on_ticket(self, frame: OnTicket) -> None:
        doing = {
            "accept": self._desk.accept,
            "decline": self._desk.decline,
            "end": self._desk.end,
            "release": self._desk.release,
        }[frame.type]
        await doing(self._agent, frame.ticket)
        self._wake.set()

    async def _say(self, frame: Say) -> None:
        if len(frame.text) > self._edge.settings.message_max_chars:
            raise TooLarge()
        message = await self._desk.say(self._agent, frame.ticket, frame.client_id, frame.text)
        ack = {"type": "ack", "client_id": frame.client_id, "seq": message["seq"]}
        await self._out.put(ack)

    async def _wrap_up(self, frame: WrapUpFrame) -> None:
        await self._desk.wrap_up(
            self._agent,
            frame.ticket,
            client_id=frame.client_id,
            summary=frame.summary,
            outcome=frame.outcome,
            codes=frame.codes,
            note=frame.note,
        )
        await self._out.put({"type": "ack", "client_id": frame.client_id})

    async def _call(self, frame: RtcOffer | RtcLeave | RtcMedia, known: dict[str, Any]) -> None:
        """Media signalling may take a moment; the conversation does not wait for it."""
        if len(self._tasks) >= RTC_AT_ONCE + 2:
            raise InvalidInput("rate_limited", status=429, retryable=True)
        self._spawn(self._signal(frame, known))

    async def _signal(self, frame: RtcOffer | RtcLeave | RtcMedia, known: dict[str, Any]) -> None:
        try:
            room = frame.consultation
            if isinstance(frame, RtcOffer):
                sdp = await self._desk.agent_offer(self._agent, room, frame.sdp)
                await self._out.put({"type": "rtc.answer", "consultation": room, "sdp": sdp})
            elif isinstance(frame, RtcMedia):
                await self._desk.agent_media(self._agent, room, frame.audio, frame.video)
            else:
                await self._desk.agent_leave(self._agent, room)
        except AppError as err:
            await self._refuse(err, known)
        except Exception as exc:
            log.error("desk.rtc_failed", agent=self._agent.id, exc=exc)
            await self._refuse(AppError(), known)

    async def _check_session(self) -> None:
        try:
            await self._desk.agents.session(self._token)
        except NotSignedIn:
            await self._ws.close(code=CLOSE_SESSION, message=b"session ended")

    async def _refuse(self, err: AppError, known: dict[str, Any] | None = None) -> None:
        await self._out.put(self._error(err, known or {}))

    def _error(self, err: AppError, known: dict[str, Any]) -> dict[str, Any]:
        return {"type": "error", **err.as_dict(self._lang), **known}


def _dump(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame).decode()
