"""Consultations for the desk and the pages: ports over `video/`, and what the media node reports.

A leg is named after its role. Media never passes through here; `video/` keeps the record, this module
only what the node says is live, to tell both sides how the call is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.log import get_log
from desk.tickets import Ticket
from gateway.human import HumanSide
from video.client import VideoClient
from video.consultations import ConsultationService

log = get_log(__name__)
OTHER = {"resident": "agent", "agent": "resident"}


@dataclass(slots=True)
class _Live:
    """What the node says of a room: what flows from each leg, and whether they see each other."""

    legs: dict[str, dict[str, bool]] = field(default_factory=dict)
    bridged: bool = False
    off: dict[str, dict[str, bool]] = field(default_factory=dict)
    """What each side said it sends; a muted track still flows, as silence."""

    def seen(self, leg: str) -> dict[str, bool] | None:
        """What comes from a leg; None when it is not there."""
        flows, says = self.legs.get(leg), self.off.get(leg, {})
        return None if flows is None else {k: v and says.get(k, True) for k, v in flows.items()}


class Calls:
    """Implements `ConsultationPort` and `MediaSignalPort` of the desk and `Media` of the gateway."""

    def __init__(
        self, *, consultations: ConsultationService, client: VideoClient, human: HumanSide
    ) -> None:
        self._consultations, self._client, self._human = consultations, client, human
        self._live: dict[str, _Live] = {}

    async def prepare(self, ticket: Ticket) -> str:
        """The consultation of a video ticket; the same for the same ticket."""
        return (await self._consultations.create(ticket.id)).id

    async def start(self, consultation: str) -> None:
        """Let the two hear and see each other, now and when a leg comes later."""
        await self._consultations.accept(consultation)

    async def end(self, consultation: str, reason: str) -> None:
        """Hang up both and forget the room."""
        await self._consultations.end(consultation, reason)
        self._live.pop(consultation, None)
        await self._human.on_call_event(consultation, "ended", {})

    async def offer(self, consultation: str, leg: str, sdp: str) -> str:
        """SDP answer for a leg."""
        return await self._consultations.offer(consultation, leg, sdp)

    async def leave(self, consultation: str, leg: str) -> None:
        """A leg hangs up; the consultation stays open."""
        await self._consultations.leave(consultation, leg)

    async def muted(self, consultation: str, leg: str, audio: bool, video: bool) -> None:
        """A side says what it sends."""
        live = self._live.get(consultation)
        if live is not None:
            live.off[leg] = {"audio": audio, "video": video}
            await self._tell(consultation, live)

    async def agent_offer(self, consultation: str, sdp: str) -> str:
        """SDP answer to the agent's offer."""
        return await self.offer(consultation, "agent", sdp)

    async def agent_leave(self, consultation: str) -> None:
        """The agent's leg is gone."""
        await self.leave(consultation, "agent")

    async def agent_media(self, consultation: str, audio: bool, video: bool) -> None:
        """The agent switched microphone or camera."""
        await self.muted(consultation, "agent", audio, video)

    async def listen(self) -> None:
        """Loop `calls`: follow the node's events for ever."""
        async for event in self._client.events():
            try:
                await self._on_event(event)
            except Exception as exc:
                log.error("call.event_failed", kind=event.get("type"), exc=exc)

    async def _on_event(self, event: dict[str, Any]) -> None:
        kind, room, state = event["type"], event.get("room"), event.get("state")
        if kind == "hello" and event.get("rooms") is not None:
            await self._snapshot(event["rooms"])
        if not isinstance(room, str):
            return
        if kind == "room" and state == "closed":
            self._live.pop(room, None)
            return
        live, leg = self._live.setdefault(room, _Live()), str(event.get("leg", ""))
        if kind == "room":
            live.bridged = state == "bridged"
        elif kind == "leg" and state == "connected":
            live.legs.setdefault(leg, {"video": False, "audio": False})
        elif kind == "leg" and state in ("left", "failed"):
            live.legs.pop(leg, None)
            live.off.pop(leg, None)
        elif kind == "media" and leg in live.legs:
            live.legs[leg] = {k: bool(event.get(k)) for k in ("video", "audio")}
        else:
            return
        await self._tell(room, live)

    async def _snapshot(self, rooms: list[dict[str, Any]]) -> None:
        """The node's whole state, after it or we restarted: calls under way are known again; pages of
        rooms it lost are told that the other side is gone and offer again."""
        for room in rooms:
            legs = {
                leg["leg"]: {"video": bool(leg["video"]), "audio": bool(leg["audio"])}
                for leg in room["legs"]
                if leg["state"] == "connected"
            }
            self._live[room["room"]] = _Live(legs, bool(room["bridged"]))
        for lost in await self._consultations.lost_by(rooms):
            self._live.pop(lost.id, None)
            await self._human.on_call_event(lost.id, "waiting", {})

    async def _tell(self, room: str, live: _Live) -> None:
        both = live.bridged and {"resident", "agent"} <= live.legs.keys()
        peers = {r: live.seen(o) if live.bridged else None for r, o in OTHER.items()}
        await self._human.on_call_event(room, "connected" if both else "waiting", peers)
