"""The record of consultations: nothing lost, no transition twice, whatever the media node does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import FakeClock
from core.db import Database
from core.errors import AppError, Unavailable
from core.outbox import outbox
from video.consultations import TOPIC, ConsultationService, allowed


@dataclass
class FakeMedia:
    """A media node that remembers what it was asked; `down` makes it unreachable."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    rooms: set[str] = field(default_factory=set)
    down: bool = False

    def _note(self, *call: str) -> None:
        if self.down:
            raise Unavailable("video_unavailable")
        self.calls.append(call)

    async def join(self, room: str, leg: str, sdp: str, role: str | None = None) -> str:
        self._note("join", leg)
        self.rooms.add(room)
        return f"answer to {sdp}"

    async def bridge(self, room: str) -> dict[str, Any]:
        self._note("bridge")
        if room not in self.rooms:
            raise AppError("unknown_room", status=404)
        return {}

    async def unbridge(self, room: str) -> dict[str, Any]:
        self._note("unbridge")
        return {}

    async def leave(self, room: str, leg: str) -> None:
        self._note("leave", leg)

    async def close_room(self, room: str) -> None:
        self._note("close")
        self.rooms.discard(room)


@dataclass
class World:
    """A service on an empty database."""

    service: ConsultationService
    media: FakeMedia
    clock: FakeClock
    db: Database

    async def told(self) -> list[str]:
        """States written to the outbox, in order."""
        async with self.db.connect() as conn:
            query = select(outbox.c.body).where(outbox.c.topic == TOPIC).order_by(outbox.c.id)
            return [row.body["state"] for row in await conn.execute(query)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A fresh SQLite file each time."""
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'sg.db'}")
    await db.create_all()
    media, clock = FakeMedia(), FakeClock()
    yield World(ConsultationService(db, clock, media), media, clock, db)
    await db.close()


def test_only_forward_transitions_are_allowed() -> None:
    """A consultation that is over stays over."""
    assert allowed("created", "waiting")
    assert allowed("waiting", "connected")
    assert not allowed("connected", "waiting")
    assert not any(allowed("ended", state) for state in ("created", "waiting", "connected"))


async def test_an_ordinary_consultation_is_recorded_with_its_times(world: World) -> None:
    """Created, waiting from the first offer, connected at accept, ended with a reason."""
    made = await world.service.create("tic_1")
    assert await world.service.offer(made.id, "resident", "sdp") == "answer to sdp"
    assert (await world.service.get(made.id)).state == "waiting"
    await world.service.offer(made.id, "agent", "sdp")
    world.clock.advance(30)
    started = world.clock.now()
    assert (await world.service.accept(made.id)).state == "connected"
    world.clock.advance(300)
    done = await world.service.end(made.id, "agent_ended")
    assert (done.started_at, done.ended_at) == (started, world.clock.now())
    assert (done.state, done.end_reason) == ("ended", "agent_ended")
    assert world.media.calls == [
        ("join", "resident"), ("join", "agent"), ("bridge",), ("close",)
    ]  # fmt: skip
    assert await world.told() == ["created", "waiting", "connected", "ended"]


async def test_a_ticket_has_one_open_consultation(world: World) -> None:
    """Two clicks, or two gateways, make one room."""
    made = await asyncio.gather(*[world.service.create("tic_1") for _ in range(5)])
    assert len({c.id for c in made}) == 1
    await world.service.end(made[0].id, "over")
    assert (await world.service.create("tic_1")).id != made[0].id


async def test_repeated_calls_change_nothing_more(world: World) -> None:
    """Retries after a lost answer are harmless; the first reason for the end stays."""
    made = await world.service.create("tic_1")
    await world.service.offer(made.id, "resident", "sdp")
    first, second = await asyncio.gather(
        world.service.accept(made.id), world.service.accept(made.id)
    )
    assert first.version == second.version
    await asyncio.gather(*[world.service.end(made.id, r) for r in ("a", "b", "c")])
    assert (await world.service.get(made.id)).version == 4
    assert await world.told() == ["created", "waiting", "connected", "ended"]
    with pytest.raises(AppError) as caught:
        await world.service.offer(made.id, "resident", "sdp")
    assert (caught.value.code, caught.value.retryable) == ("consultation_ended", False)


async def test_accept_before_anybody_offered_bridges_the_first_offer(world: World) -> None:
    """Nobody waits for the other side's browser to be ready."""
    made = await world.service.create("tic_1")
    assert (await world.service.accept(made.id)).state == "connected"
    await world.service.offer(made.id, "agent", "sdp")
    assert world.media.calls[-1] == ("bridge",)


async def test_a_restarted_node_is_bridged_again(world: World) -> None:
    """The node forgets, the record does not: who offers again is in the call again."""
    made = await world.service.create("tic_1")
    await world.service.offer(made.id, "resident", "sdp")
    await world.service.accept(made.id)
    world.media.rooms.clear()
    assert [c.id for c in await world.service.lost_by([])] == [made.id]
    assert await world.service.lost_by([{"room": made.room}]) == []
    await world.service.offer(made.id, "resident", "again")
    assert world.media.calls[-2:] == [("join", "resident"), ("bridge",)]


async def test_an_end_is_recorded_though_the_node_is_away(world: World) -> None:
    """What an agent ended is ended; the node cleans up by itself."""
    made = await world.service.create("tic_1")
    world.media.down = True
    with pytest.raises(Unavailable):
        await world.service.offer(made.id, "resident", "sdp")
    assert (await world.service.get(made.id)).state == "created", "no half step"
    assert (await world.service.end(made.id, "node_lost")).state == "ended"


async def test_unknown_consultations_are_not_found(world: World) -> None:
    """A typed 404, as everywhere."""
    with pytest.raises(AppError) as caught:
        await world.service.accept("con_nope")
    assert caught.value.status == 404


async def test_hold_and_resume_leave_the_record_alone(world: World) -> None:
    """A pause is not an end."""
    made = await world.service.create("tic_1")
    await world.service.offer(made.id, "agent", "sdp")
    await world.service.accept(made.id)
    await world.service.hold(made.id)
    await world.service.resume(made.id)
    await world.service.leave(made.id, "agent")
    assert (await world.service.get(made.id)).state == "connected"
    assert world.media.calls[-3:] == [("unbridge",), ("bridge",), ("leave", "agent")]
