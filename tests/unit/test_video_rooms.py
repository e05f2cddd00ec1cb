"""Who sees whom, who is gone, and the limits of a node. Offers are real, time is not."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from core.clock import FakeClock
from core.errors import AppError
from video.events import EventLog
from video.rooms import Limits, Role, Rooms, plan_links
from video.sdp import MAX_SDP_BYTES, finish_answer, read_offer

LIMITS = Limits(rooms=2, legs=3, connect_s=20, silence_s=8, empty_room_s=60)


@dataclass(frozen=True)
class Someone:
    """A leg as far as the plan is concerned."""

    id: str
    role: Role


@pytest.fixture
async def offer() -> str:
    """A real offer with audio and video, without a network."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("audio")
    peer.addTransceiver("video")
    made = (await peer.createOffer()).sdp
    await peer.close()
    return made


@pytest.fixture
async def world() -> AsyncIterator[tuple[Rooms, FakeClock, EventLog]]:
    """Rooms with a clock that moves by hand."""
    clock = FakeClock()
    events = EventLog(clock)
    rooms = Rooms(addresses=["127.0.0.1"], events=events, clock=clock, limits=LIMITS)
    yield rooms, clock, events
    await rooms.close_all("test")


def told(events: EventLog) -> list[tuple[str, str]]:
    """`(who, state)` of every event so far."""
    return [
        (e.get("leg", e.get("room", "")), e.get("state", e["type"]))
        for e in events.missed(events.epoch, 0) or []
    ]


def test_nobody_sees_anybody_before_the_bridge() -> None:
    """Waiting is private."""
    legs = [Someone("resident", "resident"), Someone("agent", "agent")]
    assert plan_links(legs, bridged=False) == {"resident": [], "agent": []}


def test_two_see_each_other() -> None:
    """The ordinary call."""
    legs = [Someone("resident", "resident"), Someone("agent", "agent")]
    assert plan_links(legs, bridged=True) == {"resident": ["agent"], "agent": ["resident"]}


def test_of_three_the_main_partner_comes_first() -> None:
    """A page with one place shows the agent to the resident and the resident to the agent."""
    legs = [Someone("g", "guest"), Someone("r", "resident"), Someone("a", "agent")]
    assert plan_links(legs, bridged=True) == {
        "a": ["r", "g"],
        "r": ["a", "g"],
        "g": ["a", "r"],
    }


async def test_an_offer_without_candidates_gets_a_complete_answer(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """Non-trickle: our addresses are in the answer, loopback too where it is asked for."""
    rooms, _, events = world
    answer = await rooms.join("r", "agent", "agent", offer)
    assert "a=candidate:" in answer
    assert " 127.0.0.1 " in answer
    assert answer.count("a=sendrecv") == 2
    assert "useinbandfec=1" in answer
    assert told(events) == [("agent", "connecting")]


async def test_a_leg_that_never_connects_is_given_up(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """A browser behind a closed firewall is reported, not waited for."""
    rooms, clock, events = world
    await rooms.join("r", "agent", "agent", offer)
    clock.advance(19)
    await rooms.check()
    assert rooms.load()["legs"] == 1
    clock.advance(2)
    await rooms.check()
    assert rooms.load()["legs"] == 0
    assert told(events)[-1] == ("agent", "failed")


async def test_an_empty_room_is_forgotten(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """Rooms nobody came back to do not fill the node."""
    rooms, clock, events = world
    await rooms.join("r", "agent", "agent", offer)
    await rooms.leave("r", "agent")
    clock.advance(59)
    await rooms.check()
    assert rooms.load()["rooms"] == 1
    clock.advance(2)
    await rooms.check()
    assert rooms.load()["rooms"] == 0
    assert told(events)[-1] == ("r", "closed")


async def test_limits_are_typed_errors(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """A full node says so; a full room says so; nothing is half done."""
    rooms, _, _ = world
    for leg in ("resident", "agent", "guest"):
        await rooms.join("r", leg, "guest", offer)
    with pytest.raises(AppError) as full:
        await rooms.join("r", "fourth", "guest", offer)
    assert (full.value.code, full.value.status) == ("room_full", 409)
    await rooms.join("r", "guest", "guest", offer)
    await rooms.join("second", "agent", "agent", offer)
    with pytest.raises(AppError) as node:
        await rooms.join("third", "agent", "agent", offer)
    assert (node.value.code, node.value.retryable) == ("video_full", True)


async def test_a_draining_node_takes_nobody(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """Whoever comes during a restart is told to try again at once."""
    rooms, _, _ = world
    rooms.draining = True
    with pytest.raises(AppError) as caught:
        await rooms.join("r", "agent", "agent", offer)
    assert (caught.value.code, caught.value.retryable) == ("video_draining", True)


async def test_a_refused_offer_leaves_nothing_behind(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """Rubbish must not use up rooms, and must not throw out who is there."""
    rooms, _, _ = world
    broken = offer.replace("VP8", "XX").replace("H264", "YY")
    for bad in ("", "v=0", "hello" * 100, broken, offer.replace("a=ice-pwd", "a=x")):
        with pytest.raises(AppError) as caught:
            await rooms.join("r", "agent", "agent", bad)
        assert caught.value.code == "bad_sdp"
    assert rooms.load() == {"rooms": 0, "legs": 0, "bitrate": 0}
    await rooms.join("r", "agent", "agent", offer)
    with pytest.raises(AppError):
        await rooms.join("r", "agent", "agent", broken)
    assert rooms.load()["legs"] == 1


def test_an_offer_that_is_too_long_is_refused_unread() -> None:
    """The limit protects the parser."""
    with pytest.raises(AppError) as caught:
        read_offer("v=0" + "x" * MAX_SDP_BYTES)
    assert caught.value.status == 413


def test_candidates_are_taken_out_of_an_offer(offer: str) -> None:
    """No mDNS look-up and no waiting: where a browser is we learn from its own checks."""
    extended = offer + "a=candidate:1 1 udp 1 abc.local 5 typ host\r\na=end-of-candidates\r\n"
    read = read_offer(extended.replace("\r\n", "\n"))
    assert "candidate" not in read.sdp
    assert read.sdp.count("\r\n") == read.sdp.count("\n")
    assert read.fingerprint.startswith("sha-256 ")


def test_data_channels_are_refused(offer: str) -> None:
    """Only audio and video; a page that offers more is wrong."""
    with pytest.raises(AppError):
        read_offer(offer + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n")


def test_the_answer_gets_error_correction_and_a_start_bitrate() -> None:
    """Chromium would otherwise start at 300 kbit/s and without in-band FEC."""
    done = finish_answer("a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 VP8/90000\r\n")
    assert "a=fmtp:111 minptime=10;useinbandfec=1\r\n" in done
    assert "a=fmtp:96 x-google-start-bitrate=800\r\n" in done


async def test_the_same_offer_again_gets_the_same_answer(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """A retry after a lost answer must not replace the connection that is being made."""
    rooms, _, events = world
    first = await rooms.join("r", "agent", "agent", offer)
    assert await rooms.join("r", "agent", "agent", offer) == first
    assert told(events) == [("agent", "connecting")]


async def test_spoilt_offers_are_refused_and_leave_no_socket(
    world: tuple[Rooms, FakeClock, EventLog], offer: str
) -> None:
    """Whatever a page sends, the node answers with a typed error or a call, and leaks nothing."""
    rooms, _, _ = world
    dice = random.Random(7)
    before = len(os.listdir("/proc/self/fd"))
    refused = unexpected = 0
    for _ in range(60):
        lines = offer.split("\r\n")
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(lines))
            if dice.random() < 0.5:
                del lines[at]
            else:
                cut = dice.randint(0, len(lines[at]))
                lines[at] = lines[at][:cut] + dice.choice(["", "\x00", "9" * 12, "=;:"])
        try:
            await rooms.join("r", "agent", "agent", "\r\n".join(lines))
        except AppError as err:
            refused += err.status < 500
            unexpected += err.status >= 500
    assert (0 < refused < 60, unexpected) == (True, 0)
    await rooms.close_all("test")
    assert len(os.listdir("/proc/self/fd")) <= before
