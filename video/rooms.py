"""Rooms and their legs: who is in a consultation, who sees whom, who is gone.

`plan_links` decides who sees whom; `Rooms.check` decides who is gone. A leg connects as soon as it
has offered, also while it waits; `bridge` only links what is already connected, so the first
picture needs one key frame and nothing else. Never touches media, never writes the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from core.clock import Clock
from core.errors import Conflict, InvalidInput, NotFound, Unavailable
from core.log import get_log
from video.events import EventLog
from video.forward.peer import ForwardPeer
from video.sdp import Offer, read_offer
from video.traffic import Traffic, traffic_of

log = get_log(__name__)

Role = Literal["resident", "agent", "guest"]
ORDER: tuple[Role, Role, Role] = ("agent", "resident", "guest")
"""Whose picture takes the first place on a page with fewer places than people."""
CLOSE_S = 2.0
"""Longest wait for connections that are being closed when the node stops."""
LegState = Literal["connecting", "connected"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a node; times in seconds."""

    rooms: int = 200
    legs: int = 3
    connect_s: float = 20.0
    """An offer that has not become a connection by then is given up."""
    silence_s: float = 8.0
    """A connected leg from which no datagram at all came (browsers send every 2.5 s at least)."""
    flow_s: float = 2.0
    """Audio or video counts as stopped after this."""
    empty_room_s: float = 120.0


@dataclass(slots=True, eq=False)
class Leg:
    """One participant's connection."""

    id: str
    role: Role
    peer: ForwardPeer
    offered: str
    answered: str
    """The last offer and our answer: a page that asks again gets the same one."""
    joined_at: float
    state: LegState = "connecting"
    seen_at: float = 0.0
    datagrams: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    bitrate: int = 0
    """Bits/s received, over the last check interval."""
    flowed_at: dict[str, float] = field(default_factory=dict)
    flowing: dict[str, bool] = field(default_factory=lambda: {"audio": False, "video": False})


@dataclass(slots=True, eq=False)
class Room:
    """A consultation on this node."""

    id: str
    legs: dict[str, Leg] = field(default_factory=dict)
    bridged: bool = False
    empty_since: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Seen(Protocol):
    """What `plan_links` needs to know of a leg."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> Role: ...


def plan_links(legs: list[Seen], bridged: bool) -> dict[str, list[str]]:
    """Who is shown to whom: leg → the other legs in order of importance. Pure."""
    if not bridged:
        return {leg.id: [] for leg in legs}
    ordered = sorted(legs, key=lambda leg: (ORDER.index(leg.role), leg.id))
    return {leg.id: [other.id for other in ordered if other.id != leg.id] for leg in legs}


class Rooms:
    """All rooms of this node."""

    def __init__(
        self,
        *,
        addresses: list[str],
        events: EventLog,
        clock: Clock,
        limits: Limits | None = None,
        on_traffic: Callable[[Traffic], None] = lambda _: None,
    ) -> None:
        self.events = events
        self.limits = limits or Limits()
        self.draining = False
        self._addresses = addresses
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._on_traffic = on_traffic
        self._checked_at = clock.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- calls of the gateway -----------------------------------------------------------------

    async def join(self, room_id: str, leg_id: str, role: Role, sdp: str) -> str:
        """Answer a leg's offer.

        A first offer makes the leg (and the room). Another offer of the same browser connection
        renegotiates it or restarts its ICE; an offer of a new one replaces the leg's connection.
        The same offer again, after a lost answer, gets the same answer.
        Raises InvalidInput("bad_sdp"), TooLarge, Unavailable("video_full" | "video_draining"),
        Conflict("room_full").
        """
        offer = read_offer(sdp)
        if self.draining:
            raise Unavailable("video_draining")
        room = self._rooms.get(room_id)
        if room is None:
            if len(self._rooms) >= self.limits.rooms:
                raise Unavailable("video_full")
            room = self._rooms[room_id] = Room(room_id, empty_since=self._clock.monotonic())
        async with room.lock:
            if self._rooms.get(room_id) is not room:
                raise Conflict()
            leg = room.legs.get(leg_id)
            if leg is None and len(room.legs) >= self.limits.legs:
                raise Conflict("room_full", retryable=False)
            if leg is not None and leg.offered == offer.sdp and not _is_over(leg.peer):
                return leg.answered
            if leg is not None and _same_connection(leg.peer, offer):
                return await self._renegotiate(room, leg, offer)
            try:
                return await self._connect(room, leg_id, role, offer)
            except BaseException:
                if not room.legs:
                    self._rooms.pop(room_id, None)
                raise

    async def bridge(self, room_id: str) -> dict[str, Any]:
        """Let the legs of a room see and hear each other, now and when they come later."""
        return self._set_bridged(room_id, True)

    async def unbridge(self, room_id: str) -> dict[str, Any]:
        """Hold: legs stay connected, nothing is passed on."""
        return self._set_bridged(room_id, False)

    async def leave(self, room_id: str, leg_id: str) -> None:
        """A participant hangs up. Raises NotFound."""
        room = self._room(room_id)
        async with room.lock:
            leg = room.legs.get(leg_id)
            if leg is None:
                raise NotFound()
            await self._remove(room, leg, "left", "hung_up")

    async def close(self, room_id: str, reason: str = "closed") -> None:
        """End a room and all its legs. Raises NotFound."""
        room = self._room(room_id)
        async with room.lock:
            for leg in list(room.legs.values()):
                await self._remove(room, leg, "left", reason)
            if self._rooms.pop(room_id, None) is not None:
                self.events.emit("room", room=room_id, state="closed", reason=reason)

    async def close_all(self, reason: str) -> None:
        """End everything; the node stops."""
        for room_id in list(self._rooms):
            if room_id in self._rooms:
                await self.close(room_id, reason)
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=CLOSE_S)

    # -- what others may know -----------------------------------------------------------------

    def room_stats(self, room_id: str) -> dict[str, Any]:
        """State and quality of a room. Raises NotFound."""
        room = self._room(room_id)
        return {
            "room": room.id,
            "bridged": room.bridged,
            "legs": [
                {
                    "leg": leg.id,
                    "role": leg.role,
                    "state": leg.state,
                    "flowing": dict(leg.flowing),
                    "bitrate": leg.bitrate,
                    **traffic_of(leg.peer).as_dict(),
                    **_path_of(leg.peer),
                }
                for leg in room.legs.values()
            ],
        }

    def snapshot(self) -> list[dict[str, Any]]:
        """Every room with its legs, for a listener that missed events."""
        return [
            {
                "room": room.id,
                "bridged": room.bridged,
                "legs": [
                    {"leg": g.id, "role": g.role, "state": g.state, **g.flowing}
                    for g in room.legs.values()
                ],
            }
            for room in self._rooms.values()
        ]

    def load(self) -> dict[str, int]:
        """`{"rooms", "legs", "bitrate"}` (bits/s received)."""
        legs = [leg for room in self._rooms.values() for leg in room.legs.values()]
        return {
            "rooms": len(self._rooms),
            "legs": len(legs),
            "bitrate": sum(leg.bitrate for leg in legs),
        }

    # -- the watchdog -------------------------------------------------------------------------

    async def check(self) -> None:
        """Look at every leg once: count traffic, tell what flows, remove who is gone.

        Called about once a second.
        """
        now = self._clock.monotonic()
        interval, self._checked_at = max(now - self._checked_at, 1e-3), now
        for room in list(self._rooms.values()):
            for leg in list(room.legs.values()):
                self._observe(room, leg, now, interval)
                reason = self._gone(leg, now)
                if reason and not room.lock.locked():
                    async with room.lock:
                        await self._remove(room, leg, "failed", reason)
            if room.legs:
                room.empty_since = None
            elif room.empty_since is None:
                room.empty_since = now
            elif now - room.empty_since > self.limits.empty_room_s:
                await self.close(room.id, "empty")

    def _gone(self, leg: Leg, now: float) -> str | None:
        if leg.state == "connecting":
            return "no_connection" if now - leg.joined_at > self.limits.connect_s else None
        return "silent" if now - leg.seen_at > self.limits.silence_s else None

    def _observe(self, room: Room, leg: Leg, now: float, interval: float) -> None:
        transport = leg.peer.transport
        if transport is not None and transport.datagrams != leg.datagrams:
            leg.datagrams, leg.seen_at = transport.datagrams, now
        change = self._account(leg)
        leg.bitrate = int(change.bytes_in * 8 / interval)
        moved = {"audio": change.audio_in > 0, "video": change.video_in > 0}
        before = dict(leg.flowing)
        for kind, moves in moved.items():
            if moves:
                leg.flowed_at[kind] = now
            last = leg.flowed_at.get(kind)
            leg.flowing[kind] = last is not None and now - last < self.limits.flow_s
        if leg.flowing != before:
            self.events.emit("media", room=room.id, leg=leg.id, role=leg.role, **leg.flowing)

    def _account(self, leg: Leg) -> Traffic:
        total = traffic_of(leg.peer)
        change = total.since(leg.traffic)
        leg.traffic = total
        self._on_traffic(change)
        return change

    # -- inside -------------------------------------------------------------------------------

    def _room(self, room_id: str) -> Room:
        room = self._rooms.get(room_id)
        if room is None:
            raise NotFound("unknown_room")
        return room

    def _set_bridged(self, room_id: str, bridged: bool) -> dict[str, Any]:
        room = self._room(room_id)
        if room.bridged != bridged:
            room.bridged = bridged
            self.events.emit("room", room=room.id, state="bridged" if bridged else "held")
        self._link(room)
        return {"bridged": room.bridged, "legs": list(room.legs)}

    async def _connect(self, room: Room, leg_id: str, role: Role, offer: Offer) -> str:
        peer = ForwardPeer(self._addresses)
        try:
            answer = await peer.answer(offer)
        except Exception as exc:  # aiortc raises many kinds on a description it cannot use
            await peer.discard()
            log.warning("video.offer_refused", room=room.id, kind=type(exc).__name__)
            raise InvalidInput("bad_sdp") from exc
        now = self._clock.monotonic()
        old = room.legs.get(leg_id)
        leg = Leg(leg_id, role, peer, offer.sdp, answer, joined_at=now, seen_at=now)
        room.legs[leg_id] = leg
        room.empty_since = None
        peer.on("connectionstatechange", lambda: self._state_changed(room, leg))
        if old is not None:
            self._account(old)
        self._link(room)
        if old is not None:
            self._later(old.peer.close())
        self.events.emit("leg", room=room.id, leg=leg_id, role=role, state="connecting")
        self._state_changed(room, leg)
        return answer

    async def _renegotiate(self, room: Room, leg: Leg, offer: Offer) -> str:
        try:
            answer = await leg.peer.answer(offer)
        except Exception as exc:
            log.warning("video.offer_refused", room=room.id, kind=type(exc).__name__)
            raise InvalidInput("bad_sdp") from exc
        leg.offered, leg.answered = offer.sdp, answer
        leg.seen_at = self._clock.monotonic()
        self._link(room)
        return answer

    def _link(self, room: Room) -> None:
        """Make the senders follow the plan; those that already do are not disturbed."""
        plan = plan_links(list(room.legs.values()), room.bridged)
        for leg in room.legs.values():
            sources = [room.legs[other].peer for other in plan[leg.id]]
            for kind in ("audio", "video"):
                receivers = [found[0] for p in sources if (found := p.receivers(kind))]
                for place, sender in enumerate(leg.peer.senders(kind)):
                    source = receivers[place] if place < len(receivers) else None
                    if source is None:
                        sender.detach()
                    elif sender.source is not source:
                        sender.attach(source)

    def _state_changed(self, room: Room, leg: Leg) -> None:
        if room.legs.get(leg.id) is not leg:
            return
        state = leg.peer.connectionState
        if state == "connected" and leg.state != "connected":
            leg.state = "connected"
            leg.seen_at = self._clock.monotonic()
            self.events.emit("leg", room=room.id, leg=leg.id, role=leg.role, state="connected")
        elif state in ("failed", "closed"):
            ended = "left" if state == "closed" else "failed"
            self._later(self._drop(room, leg, ended, state))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what nobody waits for; kept until it is done."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drop(self, room: Room, leg: Leg, state: str, reason: str) -> None:
        async with room.lock:
            await self._remove(room, leg, state, reason)

    async def _remove(self, room: Room, leg: Leg, state: str, reason: str) -> None:
        """Take a leg out, tell the others, close its connection. Call with the room locked."""
        if room.legs.get(leg.id) is not leg:
            return
        del room.legs[leg.id]
        if not room.legs:
            room.empty_since = self._clock.monotonic()
        self._account(leg)
        self._link(room)
        self.events.emit("leg", room=room.id, leg=leg.id, role=leg.role, state=state, reason=reason)
        await leg.peer.close()


def _same_connection(peer: ForwardPeer, offer: Offer) -> bool:
    """Whether an offer comes from the browser connection this peer is connected to."""
    return peer.fingerprint == offer.fingerprint and peer.connectionState == "connected"


def _is_over(peer: ForwardPeer) -> bool:
    return peer.connectionState in ("failed", "closed")


def _path_of(peer: ForwardPeer) -> dict[str, int | None]:
    """What the far end reports of the way to it."""
    senders = peer.senders("audio") + peer.senders("video")
    rtts = [s.rtt for s in senders if s.rtt is not None]
    estimates = [s.estimate for s in senders if s.estimate is not None]
    return {
        "rtt_ms": round(max(rtts) * 1000) if rtts else None,
        "estimate_bps": min(estimates) if estimates else None,
        "loss_percent": round(max((s.fraction_lost for s in senders), default=0) / 2.56),
    }
