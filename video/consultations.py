"""The record of video consultations, and what the gateway does with them.

`allowed` decides which transition may happen; each is one compare-and-set UPDATE with its outbox row
in the same transaction (topic `consultation`, key = id). The media node holds only live
connections: when it restarts, pages offer again and find the consultation as it was, bridged if it
was connected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from sqlalchemy import RowMapping, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import Clock
from core.db import Database
from core.errors import AppError, Conflict, NotFound
from core.ids import new_id
from core.log import get_log
from core.outbox import emit
from video.tables import consultations

log = get_log(__name__)

State = Literal["created", "waiting", "connected", "ended"]
TOPIC = "consultation"
_NEXT: dict[State, frozenset[State]] = {
    "created": frozenset({"waiting", "connected", "ended"}),
    "waiting": frozenset({"connected", "ended"}),
    "connected": frozenset({"ended"}),
    "ended": frozenset(),
}


def allowed(old: State, new: State) -> bool:
    """Whether a consultation may go from `old` to `new`."""
    return new in _NEXT[old]


@dataclass(frozen=True, slots=True)
class Consultation:
    """One video consultation."""

    id: str
    ticket: str
    room: str
    node: str
    """Address of the media node that holds the room."""
    state: State
    version: int
    created_at: datetime
    started_at: datetime | None
    """When the two sides were let to see each other."""
    ended_at: datetime | None
    end_reason: str | None


class MediaNode(Protocol):
    """What the service needs of `video.client.VideoClient`."""

    async def join(self, room: str, leg: str, sdp: str, role: str | None = None) -> str: ...
    async def bridge(self, room: str) -> dict[str, Any]: ...
    async def unbridge(self, room: str) -> dict[str, Any]: ...
    async def leave(self, room: str, leg: str) -> None: ...
    async def close_room(self, room: str) -> None: ...


class ConsultationService:
    """Starts, connects and ends consultations."""

    def __init__(
        self, db: Database, clock: Clock, client: MediaNode, node: str = "default"
    ) -> None:
        self._db, self._clock, self._client, self._node = db, clock, client, node

    async def create(self, ticket: str) -> Consultation:
        """The open consultation of a ticket; made when there is none. Safe to repeat."""
        for _ in range(2):
            found = await self.of_ticket(ticket)
            if found is not None:
                return found
            try:
                return await self._insert(ticket)
            except IntegrityError:
                continue  # somebody else made it in between
        raise Conflict()

    async def get(self, consultation: str) -> Consultation:
        """Raises NotFound."""
        async with self._db.connect() as conn:
            return await _read(conn, consultation)

    async def of_ticket(self, ticket: str) -> Consultation | None:
        """The consultation of a ticket that is not over."""
        query = select(consultations).where(
            consultations.c.ticket == ticket, consultations.c.state != "ended"
        )
        async with self._db.connect() as conn:
            row = (await conn.execute(query)).mappings().first()
        return _consultation(row) if row is not None else None

    async def offer(self, consultation: str, leg: str, sdp: str) -> str:
        """Answer a page's offer (first, repeated, or for an ICE restart).

        The caller has checked that this person may take part as `leg` (`resident`, `agent`,
        `guest`). Raises Conflict("consultation_ended"), and what the media node raises.
        """
        found = await self._open(consultation)
        answer = await self._client.join(found.room, leg, sdp, leg)
        if found.state == "created":
            await self._move(found, "waiting", quiet=True)
        elif found.state == "connected":
            # The node may have lost the room and with it the fact that it is bridged.
            await self._client.bridge(found.room)
        return answer

    async def accept(self, consultation: str) -> Consultation:
        """Let the sides see and hear each other; safe to repeat.

        Before anybody has offered it is only noted: the first offer then finds it bridged.
        """
        found = await self._open(consultation)
        while found.state != "connected":
            try:
                found = await self._move(found, "connected")
            except Conflict:
                found = await self._open(consultation)
        try:
            await self._client.bridge(found.room)
        except AppError as err:
            if err.code != "unknown_room":
                raise
        return found

    async def hold(self, consultation: str) -> None:
        """Pause: both sides stay connected, nothing is passed on."""
        await self._client.unbridge((await self._open(consultation)).room)

    async def resume(self, consultation: str) -> None:
        """End of a pause."""
        await self._client.bridge((await self._open(consultation)).room)

    async def leave(self, consultation: str, leg: str) -> None:
        """One side hangs up; the consultation stays open until `end`."""
        await self._client.leave((await self.get(consultation)).room, leg)

    async def end(self, consultation: str, reason: str) -> Consultation:
        """Over, whatever the media node says; safe to repeat (the first reason stays)."""
        found = await self.get(consultation)
        while found.state != "ended":
            try:
                found = await self._move(found, "ended", reason=reason)
            except Conflict:
                found = await self.get(consultation)
        try:
            await self._client.close_room(found.room)
        except AppError as err:
            # The record is what counts: a node that is away has no room any more, or drops it
            # when its legs fall silent.
            log.warning("video.close_failed", consultation=consultation, code=err.code)
        return found

    async def lost_by(self, rooms: Iterable[dict[str, Any]]) -> list[Consultation]:
        """Consultations that were live and are not in a node's snapshot: their pages must offer
        again. `rooms` is that of a `hello` event."""
        known = {room["room"] for room in rooms}
        query = select(consultations).where(
            consultations.c.state.in_(("waiting", "connected")), consultations.c.node == self._node
        )
        async with self._db.connect() as conn:
            rows = (await conn.execute(query)).mappings().all()
        return [c for c in map(_consultation, rows) if c.room not in known]

    # -- inside -------------------------------------------------------------------------------

    async def _insert(self, ticket: str) -> Consultation:
        new = new_id("con")
        made = Consultation(
            new, ticket, new, self._node, "created", 1, self._clock.now(), None, None, None
        )
        async with self._db.begin() as conn:
            await conn.execute(
                consultations.insert().values(
                    id=made.id,
                    ticket=made.ticket,
                    room=made.room,
                    node=made.node,
                    state=made.state,
                    version=made.version,
                    created_at=made.created_at,
                )
            )
            await emit(conn, TOPIC, made.id, _body(made))
        return made

    async def _open(self, consultation: str) -> Consultation:
        found = await self.get(consultation)
        if found.state == "ended":
            raise Conflict("consultation_ended", retryable=False)
        return found

    async def _move(
        self, old: Consultation, state: State, *, reason: str | None = None, quiet: bool = False
    ) -> Consultation:
        """Compare and set. With `quiet` losing the race returns what won; else raises Conflict."""
        if not allowed(old.state, state):
            raise Conflict(details={"state": old.state})
        now = self._clock.now()
        values: dict[str, Any] = {"state": state, "version": old.version + 1}
        if state == "connected":
            values["started_at"] = now
        if state == "ended":
            values |= {"ended_at": now, "end_reason": reason}
        change = (
            update(consultations)
            .where(consultations.c.id == old.id, consultations.c.version == old.version)
            .values(**values)
        )
        async with self._db.begin() as conn:
            done = await conn.execute(change)
            current = await _read(conn, old.id)
            if done.rowcount == 1:
                await emit(conn, TOPIC, old.id, _body(current))
            elif not quiet:
                raise Conflict()
        return current


async def _read(conn: AsyncConnection, consultation: str) -> Consultation:
    query = select(consultations).where(consultations.c.id == consultation)
    row = (await conn.execute(query)).mappings().first()
    if row is None:
        raise NotFound()
    return _consultation(row)


def _consultation(row: RowMapping) -> Consultation:
    return Consultation(**cast(dict[str, Any], dict(row)))


def _body(consultation: Consultation) -> dict[str, Any]:
    return {
        "consultation": consultation.id,
        "ticket": consultation.ticket,
        "state": consultation.state,
        "version": consultation.version,
        "reason": consultation.end_reason,
    }
