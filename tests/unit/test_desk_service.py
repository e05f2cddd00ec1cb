"""The desk as a service on SQLite: offers, races, lost agents, crashes, consequences in the thread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.errors import AppError, NotFound
from core.outbox import outbox
from desk.errors import MediaNotHeld, NotYours, TicketState
from desk.store import TOPIC
from desk.tickets import Accept, Lapse, Offer, Release
from tests.desk_fakes import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on a fresh database."""
    made = Desk(tmp_path)
    await made.db.create_all()
    yield made
    await made.db.close()


REPORT: dict[str, Any] = {
    "client_id": "wrap-0001",
    "summary": "已说明提取材料",
    "outcome": "solved",
}


async def test_desk_from_queue_to_rating(desk: Desk) -> None:
    """The main job: queue, offer, accept, talk, end, report, rate; the thread tells each step once."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    state = await desk.service.state_of("cnv_1")
    assert (state["mode"], state["position"], state["wait_s"]) == ("queued", 1, 10)
    await desk.step()
    assert (await desk.service.state_of("cnv_1"))["mode"] == "offered"
    await desk.service.accept(lin, ticket.id)
    state = await desk.service.state_of("cnv_1")
    assert (state["mode"], state["agent"]) == ("human", {"name": "林晓", "city": "shenzhen"})
    message = await desk.service.say(lin, ticket.id, "client-0001", "您好")
    assert message["author"] == "agent"
    assert message["agent"] == {"name": "林晓"}
    await desk.service.end(lin, ticket.id)
    assert (await desk.service.state_of("cnv_1"))["mode"] == "bot"
    closed = await desk.service.wrap_up(lin, ticket.id, **REPORT)
    assert closed.state == "closed"
    lines = desk.thread.lines("cnv_1")
    assert lines[1] == "深圳坐席 林晓 已接入"
    assert lines[-1] == "服务小结：已说明提取材料"
    rating = desk.thread.messages["cnv_1"][-1]["cards"][-1]
    assert (rating["type"], rating["ticket"]) == ("rating", ticket.id)
    assert rating["summary"] == "已说明提取材料"
    await desk.service.rate("cnv_1", ticket.id, 5, "很好")
    await desk.service.rate("cnv_1", ticket.id, 4)
    with pytest.raises(NotFound):
        await desk.service.rate("cnv_2", ticket.id, 1)


async def test_desk_speaks_the_residents_language(desk: Desk) -> None:
    """An English thread gets English lines and the agent's Latin name."""
    lin = await desk.agent("lin")
    ticket = await desk.open(lang="en")
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    assert desk.thread.lines("cnv_1")[-1] == "Lin Xiao of the Shenzhen desk has joined"


async def test_desk_one_open_ticket_per_conversation(desk: Desk) -> None:
    """However often and from however many processes a resident asks, he queues once."""
    others = [desk.process() for _ in range(4)]
    opened = await asyncio.gather(
        *[
            service.open_ticket(
                conversation="cnv_1",
                media="text",
                lang="zh",
                city=None,
                reason="asked",
                resident_name_masked=None,
                level="L0",
                summary={},
            )
            for service in others
        ]
    )
    assert len({ticket.id for ticket in opened}) == 1
    assert len(await desk.service.store.waiting()) == 1


async def test_desk_two_agents_accept_at_once(desk: Desk) -> None:
    """The offer passes from one agent to the other while both press accept: exactly one gets it."""
    a, b = await desk.agent("a"), await desk.agent("b")
    for round_ in range(10):
        ticket = await desk.open(f"cnv_{round_}")
        store = desk.service.store
        await store.transition(ticket.id, Offer(a.id, 20))

        async def pass_on(id_: str = ticket.id) -> None:
            await desk.service.store.transition(id_, Lapse(a.id))
            await desk.service.store.transition(id_, Offer(b.id, 20))

        results = await asyncio.gather(
            desk.process().accept(a, ticket.id),
            pass_on(),
            desk.process().accept(b, ticket.id),
            desk.process().accept(a, ticket.id),
            desk.process().accept(b, ticket.id),
            return_exceptions=True,
        )
        after = await store.get(ticket.id)
        winners = {r.agent for r in results if not isinstance(r, BaseException | None)}
        if after.state == "active":
            assert winners == {after.agent}
        else:  # both came before the offer reached b, after it left a
            assert not winners
            assert after.offered_to == b.id
        assert all(isinstance(r, AppError) for r in results if isinstance(r, BaseException))


async def test_desk_compare_and_set_refuses_a_stale_version(desk: Desk) -> None:
    """Two writers who read the same version: the second writes nothing, not even an event."""
    await desk.agent("a")
    ticket = await desk.open()
    store = desk.service.store
    from desk.tickets import decide

    change = decide(ticket, Offer("a", 20), desk.clock.now())
    other = decide(ticket, Offer("b", 20), desk.clock.now())
    assert change is not None
    assert other is not None
    async with desk.db.begin() as conn:
        assert await store.swap(conn, ticket, change, desk.clock.now()) is not None
    before = await store.last_seq()
    async with desk.db.begin() as conn:
        assert await store.swap(conn, ticket, other, desk.clock.now()) is None
    assert await store.last_seq() == before
    assert (await store.get(ticket.id)).offered_to == "a"


async def test_desk_events_are_gapless_and_in_the_outbox(desk: Desk) -> None:
    """Each transition has one event and one outbox row, numbered without gaps."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    events = await desk.service.store.events_after(0)
    assert [e.kind for e in events] == ["opened", "offered", "accepted"]
    assert [e.seq for e in events] == [1, 2, 3]
    async with desk.db.connect() as conn:
        rows = (await conn.execute(select(outbox).where(outbox.c.topic == TOPIC))).all()
    assert [row.body["seq"] for row in rows] == [1, 2, 3]
    assert "张" not in str([row.body for row in rows])


async def test_desk_offer_lapses_and_goes_to_the_next(desk: Desk) -> None:
    """Twenty seconds without an answer, and the next agent is asked."""
    a, b = await desk.agent("a"), await desk.agent("b")
    ticket = await desk.open()
    await desk.step()
    first = (await desk.service.store.get(ticket.id)).offered_to
    for _ in range(4):
        desk.clock.advance(5)
        await desk.beat(a, b)
        await desk.step()
    after = await desk.service.store.get(ticket.id)
    assert after.state == "offered"
    assert {first, after.offered_to} == {a.id, b.id}


async def test_desk_silent_agent_lapses_then_loses_his_tickets(desk: Desk) -> None:
    """30 s of silence: nothing more is offered. 90 s: his conversation is first in the queue, with the
    time at which the resident first came, and the next agent gets it."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    desk.clock.advance(31)
    waiting = await desk.open("cnv_2")
    await desk.step()
    assert (await desk.service.store.get(waiting.id)).state == "queued"
    assert (await desk.service.state_of("cnv_2"))["wait_s"] is None
    assert (await desk.service.store.get(ticket.id)).state == "active"
    desk.clock.advance(60)
    await desk.step()
    back = await desk.service.store.get(ticket.id)
    assert (back.state, back.agent, back.front) == ("queued", None, True)
    assert back.enqueued_at == ticket.enqueued_at
    assert [t.id for t in await desk.service.store.waiting()] == [ticket.id, waiting.id]
    presence = await desk.service.presence.of(lin.id)
    assert presence is not None
    assert presence.status == "away"
    huang = await desk.agent("huang")
    await desk.step()
    assert (await desk.service.store.get(ticket.id)).offered_to == huang.id


async def test_desk_our_own_outage_is_not_the_agents_silence(desk: Desk) -> None:
    """After a restart agents have lapse and grace to come back before they lose anything."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    desk.clock.advance(600)
    restarted = desk.process()
    await restarted.engine.step()
    assert (await restarted.store.get(ticket.id)).state == "active"
    desk.clock.advance(91)
    await restarted.engine.step()
    assert (await restarted.store.get(ticket.id)).state == "queued"


class DyingRedis:
    """A Redis that keeps heartbeats until it dies."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.down = False

    def _check(self) -> None:
        if self.down:
            raise ConnectionError

    async def set(self, key: str, value: str, ex: int) -> None:
        self._check()
        self.data[key] = value.encode()

    async def mget(self, wanted: list[str]) -> list[bytes | None]:
        self._check()
        return [self.data.get(key) for key in wanted]


@pytest.mark.parametrize("lost", ["down", "emptied"])
async def test_desk_losing_redis_loses_no_agent(tmp_path: Path, lost: str) -> None:
    """Redis dies, or comes back empty, at any moment of the heartbeat: agents stay online."""
    redis = DyingRedis()
    desk = Desk(tmp_path, redis=redis)
    await desk.db.create_all()
    lin = await desk.agent("lin")
    for beat in range(1, 10):
        desk.clock.advance(10)
        await desk.beat(lin)
        desk.clock.advance(9.9)  # the worst moment: just before the next one
        redis.down = lost == "down"
        kept, redis.data = redis.data, {} if lost == "emptied" else redis.data
        snapshot = await desk.service.engine.snapshot()
        assert [a.online for a in snapshot.agents] == [True], beat
        redis.data, redis.down = kept, False
        desk.clock.advance(0.1)
        await desk.beat(lin)
    await desk.db.close()


async def test_desk_crash_between_commit_and_consequences(desk: Desk) -> None:
    """The process dies after the accept is in SQL: the next one writes the line, once."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.store.transition(ticket.id, Accept(lin.id))  # … and the process is gone
    assert "深圳坐席 林晓 已接入" not in desk.thread.lines("cnv_1")
    again = desk.process()
    await again.accept(lin, ticket.id)
    await again.engine.step()
    await desk.process().engine.step()
    assert desk.thread.lines("cnv_1").count("深圳坐席 林晓 已接入") == 1
    assert await again.store.pending_effects() == []


async def test_desk_recovery_needs_nobody(desk: Desk) -> None:
    """If the agent never repeats his accept, the loop of any process finishes it."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.store.transition(ticket.id, Accept(lin.id))
    await desk.process().engine.step()
    assert desk.thread.lines("cnv_1")[-1] == "深圳坐席 林晓 已接入"


async def test_desk_failed_consequence_is_tried_again(desk: Desk) -> None:
    """A thread that cannot be written for a moment gets its line later, and only once."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    desk.thread.fail = 2
    accepted = await desk.service.accept(lin, ticket.id)
    assert accepted.state == "active"
    for _ in range(3):
        desk.clock.advance(6)
        await desk.beat(lin)
        await desk.step()
    assert desk.thread.lines("cnv_1").count("深圳坐席 林晓 已接入") == 1


async def test_desk_wrap_up_is_idempotent_and_single(desk: Desk) -> None:
    """The same report twice is one; another one for the same ticket is refused; the resident reads
    one summary. Also when both arrive at once at two processes."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    both = await asyncio.gather(
        desk.process().wrap_up(lin, ticket.id, **REPORT),
        desk.process().wrap_up(lin, ticket.id, **REPORT),
    )
    assert [t.state for t in both] == ["closed", "closed"]
    await desk.service.wrap_up(lin, ticket.id, **REPORT)
    with pytest.raises(TicketState):
        await desk.service.wrap_up(lin, ticket.id, **(REPORT | {"client_id": "wrap-0002"}))
    assert desk.thread.lines("cnv_1").count("服务小结：已说明提取材料") == 1


async def test_desk_report_that_never_comes(desk: Desk) -> None:
    """After 15 minutes the ticket is closed and the resident can rate; a late report still counts and
    does not ask twice."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    await desk.service.end(lin, ticket.id)
    for _ in range(91):
        desk.clock.advance(10)
        await desk.beat(lin)
    await desk.step()
    assert (await desk.service.store.get(ticket.id)).state == "closed"
    desk.clock.advance(60)
    await desk.service.wrap_up(lin, ticket.id, **REPORT)
    cards = [c["type"] for m in desk.thread.messages["cnv_1"] for c in m["cards"]]
    assert cards.count("rating") == 1
    assert desk.thread.lines("cnv_1")[-1] == "服务小结：已说明提取材料"


async def test_desk_resident_leaves_the_queue_or_ends(desk: Desk) -> None:
    """Leaving works at every moment, takes the offer away, and is harmless without a ticket."""
    await desk.service.cancel("cnv_1")
    lin = await desk.agent("lin")
    first = await desk.open()
    await desk.step()
    await desk.service.cancel("cnv_1")
    assert (await desk.service.store.get(first.id)).state == "cancelled"
    with pytest.raises(TicketState):
        await desk.service.accept(lin, first.id)
    second = await desk.open()
    assert second.id != first.id
    await desk.step()
    await desk.service.accept(lin, second.id)
    await desk.service.cancel("cnv_1")
    assert (await desk.service.store.get(second.id)).state == "wrap_up"
    third = await desk.open()
    await desk.service.abandon("cnv_1")
    assert (await desk.service.store.get(third.id)).state == "abandoned"


async def test_desk_agents_see_only_their_own(desk: Desk) -> None:
    """Messages only for the holder and the offered one; another agent learns not even that it is."""
    lin, other = await desk.agent("lin"), await desk.agent("other", online=False)
    boss = await desk.agent("boss", online=False, roles=("supervisor",))
    ticket = await desk.open()
    await desk.step()
    assert "messages" in await desk.service.ticket(lin, ticket.id)
    await desk.service.accept(lin, ticket.id)
    for stranger in (other, boss):
        with pytest.raises(NotFound):
            await desk.service.ticket(stranger, ticket.id)
        with pytest.raises(NotYours):
            await desk.service.say(stranger, ticket.id, "client-0001", "?")
        with pytest.raises(AppError):
            await desk.service.end(stranger, ticket.id)
    await desk.service.wrap_up(lin, ticket.id, **REPORT)
    assert "messages" not in await desk.service.ticket(lin, ticket.id)
    with pytest.raises(NotYours):
        await desk.service.say(lin, ticket.id, "client-0001", "?")


async def test_desk_queue_is_limited_to_cities(desk: Desk) -> None:
    """A supervisor of Dongguan does not see who waits for Shenzhen; places count everybody."""
    boss = await desk.agent("boss", online=False, roles=("supervisor",), cities=("dongguan",))
    await desk.open("cnv_1", city="shenzhen")
    desk.clock.advance(1)
    mine = await desk.open("cnv_2", city="dongguan")
    assert [(b["id"], b["position"]) for b in await desk.service.queue(boss)] == [(mine.id, 2)]


async def test_desk_video_room_before_and_after(desk: Desk) -> None:
    """The room is there while waiting, starts on accept, stays when the agent is lost, ends with the
    conversation; without a media node the ticket waits and the room comes later."""
    desk.media.down = True
    lin = await desk.agent("lin")
    ticket = await desk.open(media="video")
    assert ticket.consultation is None
    desk.media.down = False
    await desk.step()
    room = (await desk.service.state_of("cnv_1"))["consultation"]
    assert room == f"con_{ticket.id}"
    assert await desk.service.agent_offer(lin, room, "v=0") == "answer to v=0"
    await desk.service.accept(lin, ticket.id)
    assert ("start", room) in desk.media.calls
    await desk.service.release(lin, ticket.id)
    assert ("leave", room) in desk.media.calls
    with pytest.raises(NotFound):
        await desk.service.agent_offer(lin, room, "v=0")
    assert (await desk.service.state_of("cnv_1"))["consultation"] == room
    await desk.service.cancel("cnv_1")
    assert ("end", room, "cancelled") in desk.media.calls
    assert [c for c in desk.media.calls if c[0] == "prepare"] == [("prepare", ticket.id)]


async def test_desk_resident_changes_to_video(desk: Desk) -> None:
    """Asking for video while waiting for text changes the ticket, not the place."""
    ticket = await desk.open()
    changed = await desk.open(media="video")
    assert (changed.id, changed.media, changed.enqueued_at) == (
        ticket.id, "video", ticket.enqueued_at,
    )  # fmt: skip
    assert changed.consultation is not None


async def test_desk_presence_rules(desk: Desk) -> None:
    """Only media the agent has; supervisors take no tickets; who goes away keeps no offer."""
    lin = await desk.agent("lin", media=("text",))
    boss = await desk.agent("boss", online=False, roles=("supervisor",))
    with pytest.raises(MediaNotHeld):
        await desk.service.set_presence(lin, "online", ["video"])
    with pytest.raises(AppError):
        await desk.service.set_presence(boss, "online", [])
    ticket = await desk.open()
    await desk.step()
    await desk.service.set_presence(lin, "away", ["text"])
    assert (await desk.service.store.get(ticket.id)).state == "queued"


async def test_desk_logout_gives_everything_back(desk: Desk) -> None:
    """The last session's end puts the agent's conversation first in the queue; an earlier one, from
    another tab, does not."""
    lin = await desk.agent("lin")
    from tests.desk_fakes import PASSWORD

    _, one = await desk.service.agents.login("lin", PASSWORD, desk.code())
    _, two = await desk.service.agents.login("lin", PASSWORD, desk.code(1))
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    await desk.service.logout(one)
    assert (await desk.service.store.get(ticket.id)).state == "active"
    await desk.service.logout(two)
    back = await desk.service.store.get(ticket.id)
    assert (back.state, back.front) == ("queued", True)


async def test_desk_capacity_across_rounds(desk: Desk) -> None:
    """Three texts and no more; video only when nothing else is held."""
    lin = await desk.agent("lin")
    for n in range(4):
        await desk.open(f"cnv_{n}")
    await desk.step()
    await desk.step()
    states = [t.state for t in await desk.service.store.waiting()]
    assert sorted(states) == ["offered", "offered", "offered", "queued"]
    video = await desk.open("cnv_v", media="video")
    for held in await desk.service.store.of_agent(lin.id):
        await desk.service.accept(lin, held.id)
    await desk.step()
    assert (await desk.service.store.get(video.id)).state == "queued"


async def test_desk_places_are_told_as_they_move(desk: Desk) -> None:
    """Those behind hear that they moved up."""
    await desk.open("cnv_1")
    desk.clock.advance(1)
    await desk.open("cnv_2")
    await desk.step()
    desk.thread.states.clear()
    await desk.service.cancel("cnv_1")
    await desk.step()
    assert "cnv_2" in desk.thread.states
    assert (await desk.service.state_of("cnv_2"))["position"] == 1


async def test_desk_release_keeps_agent_out_for_a_while(desk: Desk) -> None:
    """A released ticket is not offered back to the one who released it at once."""
    lin = await desk.agent("lin")
    ticket = await desk.open()
    await desk.step()
    await desk.service.accept(lin, ticket.id)
    await desk.service.store.transition(ticket.id, Release(lin.id))
    await desk.step()
    assert (await desk.service.store.get(ticket.id)).state == "queued"


async def test_desk_loop_works_when_kicked(desk: Desk) -> None:
    """The running loop offers at once when something happens, without waiting for its period."""
    await desk.agent("lin")
    offered = asyncio.Event()

    async def look() -> None:
        if any(t.state == "offered" for t in await desk.service.store.waiting()):
            offered.set()

    looking: set[asyncio.Task[None]] = set()
    desk.service.signals.subscribe(lambda _: looking.add(asyncio.create_task(look())))
    loop = asyncio.create_task(desk.service.engine.run())
    await desk.open()
    await asyncio.wait_for(offered.wait(), 5)
    loop.cancel()
    await asyncio.gather(loop, *looking, return_exceptions=True)


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.desk_fakes import Desk

async def main():
    desk = Desk(Path(sys.argv[1]))
    await desk.db.create_all()
    lin = await desk.agent("lin")
    for n in range(10_000):
        ticket = await desk.open(f"cnv_{n}")
        print("opened", ticket.id, flush=True)
        await desk.step()
        await desk.service.accept(lin, ticket.id)
        print("active", ticket.id, flush=True)
        await desk.service.wrap_up(
            lin, ticket.id, client_id=f"wrap-{n:04}", summary=f"s{n}", outcome="solved")
        print("closed", ticket.id, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 5, 9])
async def test_desk_kill_9_loses_nothing_acknowledged(tmp_path: Path, lines: int) -> None:
    """A process killed in the middle: every ticket, accept and report it acknowledged is there, and
    the next process carries out what was left and goes on."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    said = []
    for _ in range(lines):
        said.append((await process.stdout.readline()).decode().split())
    process.kill()
    said += [line.split() for line in (await process.stdout.read()).decode().splitlines()]
    await process.wait()

    desk = Desk(tmp_path)
    order = ["opened", "active", "closed"]
    known = {"queued": 0, "offered": 0, "active": 1, "closed": 2}
    for what, ticket_id in said:
        ticket = await desk.service.store.get(ticket_id)
        assert known[ticket.state] >= order.index(what)
        if what == "closed":
            assert await desk.service.store.report_of(ticket_id) is not None
    await desk.step()
    assert await desk.service.store.pending_effects() == []
    assert (await desk.open("cnv_after")).state in ("queued", "offered")
    await desk.db.close()
