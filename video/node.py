"""The media node's control interface: HTTP for the gateway, events, metrics, its place in Redis.

Decides nothing about consultations; it does what the gateway asks and tells what happens. Open only
to our own processes (`X-SG-Internal`). Losing Redis stops nothing: the node registers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web
from aioice.ice import get_host_addresses
from pydantic import BaseModel, ConfigDict, Field

from core import keys
from core.cache import CacheDown, Redis
from core.clock import Clock
from core.errors import InvalidInput
from core.http import (
    error_middleware,
    healthz,
    internal_only,
    json_body,
    json_response,
    metrics_page,
    timing_middleware,
)
from core.log import get_log
from core.metrics import counter, gauge
from core.settings import Settings
from video.events import EventLog, next_event
from video.rooms import Limits, Role, Rooms
from video.sdp import MAX_SDP_BYTES
from video.traffic import Traffic

log = get_log(__name__)

CHECK_EVERY_S = 1.0
REGISTER_EVERY_S = 5.0
REGISTRATION_S = 15
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

ROOMS = gauge("sg_video_rooms", "Rooms on this node")
LEGS = gauge("sg_video_legs", "Legs on this node")
BITRATE = gauge("sg_video_received_bits_per_second", "Media received")
PACKETS = counter("sg_video_packets", "RTP packets passed on", ("direction",))
BYTES = counter("sg_video_bytes", "RTP payload bytes", ("direction",))
LOST = counter("sg_video_lost_packets", "RTP packets missing at first")
RECOVERED = counter("sg_video_recovered_packets", "Missing packets that a retransmission brought")
RESENT = counter("sg_video_resent_packets", "Packets sent again on request")
PLI = counter("sg_video_pli", "Key frame requests", ("direction",))
NACK = counter("sg_video_nack", "Retransmission requests", ("direction",))
REJECTED = counter("sg_video_rejected_packets", "RTP that did not decrypt or belongs to nothing")
CHECKS = counter("sg_video_checks", "Rounds of the watchdog", ("result",))


class JoinBody(BaseModel):
    """A leg's offer."""

    model_config = ConfigDict(extra="forbid")
    sdp: str = Field(min_length=10, max_length=MAX_SDP_BYTES)
    role: Role | None = None
    """Left out: the leg's name where that is a role, else `guest`."""


def bind_addresses(settings: Settings) -> list[str]:
    """Addresses whose UDP ports legs reach: `SG_VIDEO_BIND`, else every one of the machine.

    Loopback is added in sandbox mode, where browsers run on the same machine.
    """
    if settings.video_bind.strip():
        return [part.strip() for part in settings.video_bind.split(",") if part.strip()]
    found = list(get_host_addresses(use_ipv4=True, use_ipv6=True))
    return [*found, "127.0.0.1"] if settings.sandbox or not found else found


def record_traffic(change: Traffic) -> None:
    """Add one leg's change to the counters of the node."""
    PACKETS.labels("in").inc(change.audio_in + change.video_in)
    PACKETS.labels("out").inc(change.packets_out)
    BYTES.labels("in").inc(change.bytes_in)
    BYTES.labels("out").inc(change.bytes_out)
    LOST.inc(change.lost_in)
    RECOVERED.inc(change.recovered)
    RESENT.inc(change.retransmitted)
    PLI.labels("sent").inc(change.pli_sent)
    PLI.labels("received").inc(change.pli_received)
    NACK.labels("sent").inc(change.nack_sent)
    NACK.labels("received").inc(change.nack_received)
    REJECTED.inc(change.rejected)


class Node:
    """Rooms, their HTTP interface, and the loops that keep them honest."""

    def __init__(
        self,
        *,
        node_id: str,
        url: str,
        token: str,
        addresses: list[str],
        clock: Clock,
        limits: Limits | None = None,
        redis: Redis | None = None,
    ) -> None:
        self.id, self.url = node_id, url
        self.clock = clock
        self.events = EventLog(clock)
        self.rooms = Rooms(
            addresses=addresses,
            events=self.events,
            clock=clock,
            limits=limits,
            on_traffic=record_traffic,
        )
        self._token = token
        self._redis = redis
        self._redis_up = True
        self._tasks: list[asyncio.Task[None]] = []

    def app(self) -> web.Application:
        """The aiohttp application; its start and clean-up run the loops."""
        ours_only: Any = internal_only(self._token)
        app = web.Application(
            middlewares=[timing_middleware, error_middleware, ours_only],
            client_max_size=2 * MAX_SDP_BYTES,
        )
        room = "/v1/rooms/{room}"
        app.add_routes(
            [
                web.get("/healthz", healthz),
                web.get("/metrics", metrics_page),
                web.get("/v1/events", self._events),
                web.get("/v1/load", self._load),
                web.get(room, self._stats),
                web.delete(room, self._close),
                web.post(room + "/bridge", self._bridge),
                web.delete(room + "/bridge", self._unbridge),
                web.post(room + "/legs/{leg}", self._join),
                web.delete(room + "/legs/{leg}", self._leave),
            ]
        )
        app.cleanup_ctx.append(self._running)
        return app

    async def drain(self, seconds: float) -> None:
        """Take no new legs, tell the gateway, wait until the rooms are empty or `seconds` passed."""
        self.rooms.draining = True
        self.events.emit("node", node=self.id, state="draining")
        await self._register()
        until = self.clock.monotonic() + seconds
        while self.rooms.load()["legs"] and self.clock.monotonic() < until:
            await self.clock.sleep(0.2)

    # -- handlers -----------------------------------------------------------------------------

    async def _join(self, request: web.Request) -> web.Response:
        body = await json_body(request, JoinBody)
        room, leg = _names(request)
        role: Role = body.role or _role_of(leg)
        return json_response({"sdp": await self.rooms.join(room, leg, role, body.sdp)})

    async def _leave(self, request: web.Request) -> web.Response:
        await self.rooms.leave(*_names(request))
        return json_response({})

    async def _bridge(self, request: web.Request) -> web.Response:
        return json_response(await self.rooms.bridge(_names(request)[0]))

    async def _unbridge(self, request: web.Request) -> web.Response:
        return json_response(await self.rooms.unbridge(_names(request)[0]))

    async def _close(self, request: web.Request) -> web.Response:
        await self.rooms.close(_names(request)[0])
        return json_response({})

    async def _stats(self, request: web.Request) -> web.Response:
        return json_response(self.rooms.room_stats(_names(request)[0]))

    async def _load(self, _request: web.Request) -> web.Response:
        return json_response(self.description())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """JSON lines: `hello` (with a snapshot unless `epoch` and `after` can be resumed), then
        what was missed, then what happens, then a `ping` whenever it is quiet."""
        try:
            after = int(request.query.get("after", "-1"))
        except ValueError as exc:
            raise InvalidInput() from exc
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        with self.events.listen() as listener, contextlib.suppress(ConnectionResetError):
            missed = self.events.missed(request.query.get("epoch", ""), after)
            hello = {
                "seq": self.events.seq,
                "type": "hello",
                "node": self.id,
                "epoch": self.events.epoch,
                "rooms": self.rooms.snapshot() if missed is None else None,
            }
            for line in [hello, *(missed or [])]:
                await response.write(orjson.dumps(line) + b"\n")
            while (event := await next_event(listener)) is not None:
                await response.write(orjson.dumps(event) + b"\n")
        return response

    # -- loops --------------------------------------------------------------------------------

    def description(self) -> dict[str, Any]:
        """What the node says of itself in Redis and at `/v1/load`."""
        return {
            "id": self.id,
            "epoch": self.events.epoch,
            "url": self.url,
            "draining": self.rooms.draining,
            "at": self.clock.now().isoformat(),
            **self.rooms.load(),
        }

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        self._tasks = [
            asyncio.create_task(self._every(CHECK_EVERY_S, self._check), name="video.watchdog"),
            asyncio.create_task(
                self._every(REGISTER_EVERY_S, self._register), name="video.register"
            ),
        ]
        yield
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.rooms.close_all("node_stopped")
        self.events.end()
        if self._redis is not None:
            with contextlib.suppress(*CacheDown):
                await self._redis.delete(keys.video_node(self.id))
            await self._redis.aclose()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception as exc:  # a loop that dies takes the watchdog with it
                log.error("video.loop_failed", work=work.__name__, exc=exc)
            await self.clock.sleep(seconds)

    async def _check(self) -> None:
        try:
            await self.rooms.check()
        except Exception:
            CHECKS.labels("failed").inc()
            raise
        CHECKS.labels("ok").inc()
        load = self.rooms.load()
        ROOMS.set(load["rooms"])
        LEGS.set(load["legs"])
        BITRATE.set(load["bitrate"])

    async def _register(self) -> None:
        if self._redis is None:
            return
        try:
            value = orjson.dumps(self.description())
            await self._redis.set(keys.video_node(self.id), value, ex=REGISTRATION_S)
            await self._redis.sadd(keys.VIDEO_NODES, self.id)
        except CacheDown:
            if self._redis_up:
                log.warning("video.redis_down", node=self.id)
            self._redis_up = False
            return
        if not self._redis_up:
            log.info("video.redis_back", node=self.id)
        self._redis_up = True


def _names(request: web.Request) -> tuple[str, str]:
    room, leg = request.match_info["room"], request.match_info.get("leg", "-")
    if not _NAME.fullmatch(room) or not _NAME.fullmatch(leg):
        raise InvalidInput()
    return room, leg


def _role_of(leg: str) -> Role:
    if leg == "resident":
        return "resident"
    return "agent" if leg == "agent" else "guest"
