"""Two ordinary aiortc peers call each other through the node on loopback.

The peers are the unmodified library: what they accept, a browser accepts. They send bytes that no
decoder could read, so anything that arrives was passed on, not decoded and encoded again.
"""

from __future__ import annotations

import asyncio
import fractions
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import av
import pytest
from aiohttp.test_utils import TestServer
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)

from core.clock import SystemClock
from core.errors import AppError
from video.client import VideoClient
from video.node import Node
from video.rooms import Limits

TOKEN = "t" * 32
WAIT_S = 10.0
KEY_DELAY = 4


async def until(happened: Callable[[], Any], what: str) -> None:
    """Wait for a condition of the real network; fails with `what`."""
    async with asyncio.timeout(WAIT_S):
        while not happened():
            await asyncio.sleep(0.01)
    assert happened(), what


class Pattern(MediaStreamTrack):
    """Encoded packets with recognisable bytes. Video begins with a key frame; one that is asked
    for comes `KEY_DELAY` frames later, so that frames which cannot be shown lie before it."""

    def __init__(self, kind: str, mark: int) -> None:
        super().__init__()
        self.kind = kind
        self.mark = mark
        self.count = 0
        self.key_at = 1

    async def recv(self) -> av.Packet:
        await asyncio.sleep(0.02)
        self.count += 1
        body = bytes([self.mark]) + self.count.to_bytes(4, "big") * 30
        if self.kind == "video":
            # The lowest bit of a VP8 frame's first byte says whether it is a key frame (0).
            body = bytes([0x10 if self.count == self.key_at else 0x11]) + body * 20
        packet = av.Packet(body)
        rate = 90000 if self.kind == "video" else 48000
        packet.pts = self.count * rate // 50
        packet.time_base = fractions.Fraction(1, rate)
        return packet


class Peer:
    """An aiortc peer that records the RTP payloads it sends and gets, and can lose packets."""

    def __init__(self, mark: int) -> None:
        self.pc = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.tracks = {kind: Pattern(kind, mark) for kind in ("audio", "video")}
        self.sent: dict[str, list[bytes]] = {"audio": [], "video": []}
        self.got: dict[str, list[bytes]] = {"audio": [], "video": []}
        self.levels: list[Any] = []
        self.key_requests = 0
        self.lose_up: Callable[[int], bool] = lambda _: False
        self.lose_down: Callable[[int], bool] = lambda _: False
        for track in self.tracks.values():
            self.pc.addTrack(track)
        for transceiver in self.pc.getTransceivers():
            self._spy_on_receiver(transceiver.kind, transceiver.receiver)
            if transceiver.kind == "video":
                transceiver.sender._send_keyframe = self._on_key_request

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self._spy_on_transport(self.pc.getTransceivers()[0].receiver.transport)
        return self.pc.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def ask_for_keyframe(self) -> Any:
        receiver = self._transceiver("video").receiver
        (ssrc,) = set(receiver._RTCRtpReceiver__remote_streams)
        return receiver._send_rtcp_pli(ssrc)

    def _transceiver(self, kind: str) -> Any:
        return next(t for t in self.pc.getTransceivers() if t.kind == kind)

    def _on_key_request(self) -> None:
        self.key_requests += 1
        video = self.tracks["video"]
        if video.key_at <= video.count:
            video.key_at = video.count + KEY_DELAY

    def _spy_on_receiver(self, kind: str, receiver: Any) -> None:
        handle = receiver._handle_rtp_packet

        async def spy(packet: Any, arrival_time_ms: int) -> None:
            codec = receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
            if codec is not None and codec.mimeType.lower() == "video/rtx":
                self.got[kind].append(bytes(packet.payload[2:]))
            else:
                self.got[kind].append(bytes(packet.payload))
            if kind == "audio":
                self.levels.append(packet.extensions.audio_level)
            await handle(packet, arrival_time_ms=arrival_time_ms)

        receiver._handle_rtp_packet = spy

    def _spy_on_transport(self, dtls: Any) -> None:
        send, handle = dtls._send_rtp, dtls._handle_rtp_data
        up = down = 0

        async def spy_up(data: bytes) -> None:
            nonlocal up
            kind = self._kind_of(data)
            if kind is not None:
                self.sent[kind].append(_payload(data))
                if kind == "video":
                    up += 1
                    if self.lose_up(up):
                        return
            await send(data)

        async def spy_down(data: bytes, arrival_time_ms: int) -> None:
            nonlocal down
            if data[1] & 127 == self._media_type("video"):
                down += 1
                if self.lose_down(down):
                    return
            await handle(data, arrival_time_ms=arrival_time_ms)

        dtls._send_rtp, dtls._handle_rtp_data = spy_up, spy_down

    def _media_type(self, kind: str) -> int:
        return self._transceiver(kind)._codecs[0].payloadType

    def _kind_of(self, data: bytes) -> str | None:
        if 191 < data[1] < 224:
            return None
        for kind in ("audio", "video"):
            if data[1] & 127 == self._media_type(kind):
                return kind
        return None


def _payload(packet: bytes) -> bytes:
    start = 12
    if packet[0] & 0x10:
        start += 4 + 4 * int.from_bytes(packet[14:16], "big")
    return packet[start:]


@dataclass
class Scene:
    """A node, a client, and two peers that wait in one room."""

    node: Node
    client: VideoClient
    resident: Peer
    agent: Peer


@pytest.fixture
async def node() -> AsyncIterator[tuple[Node, VideoClient]]:
    """A node on loopback and a client for it."""
    made = Node(
        node_id="test",
        url="http://test",
        token=TOKEN,
        addresses=["127.0.0.1"],
        clock=SystemClock(),
        limits=Limits(rooms=2, silence_s=1.5),
    )
    server = TestServer(made.app())
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield made, VideoClient(str(server.make_url("")), TOKEN, session)
    await server.close()


@pytest.fixture
async def scene(
    node: tuple[Node, VideoClient], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """Both sides connected and waiting; nothing linked yet."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])
    made, client = node
    found = Scene(made, client, Peer(1), Peer(2))
    for leg, peer in (("resident", found.resident), ("agent", found.agent)):
        await peer.accept(await client.join("room", leg, await peer.offer()))
    for peer in (found.resident, found.agent):
        await until(lambda peer=peer: peer.pc.connectionState == "connected", "connected")
    yield found
    for peer in (found.resident, found.agent):
        await peer.pc.close()


def contains(whole: list[bytes], part: list[bytes]) -> bool:
    """Whether every payload got was sent, unchanged."""
    known = set(whole)
    return all(payload in known for payload in part)


async def test_payload_bytes_arrive_unchanged_both_ways(scene: Scene) -> None:
    """The promise of this room: encoded media is passed on, never decoded and encoded."""
    await scene.client.bridge("room")
    for source, sink in ((scene.resident, scene.agent), (scene.agent, scene.resident)):
        for kind in ("audio", "video"):
            await until(lambda sink=sink, kind=kind: len(sink.got[kind]) > 20, f"{kind} flows")
            got = list(sink.got[kind])
            assert contains(source.sent[kind], got)
            first = source.sent[kind].index(got[0])
            assert source.sent[kind][first : first + len(got)] == got, "in order, none missing"


async def test_nothing_flows_before_the_bridge_and_the_first_picture_is_whole(scene: Scene) -> None:
    """A resident who waits sees and shows nothing; then the first thing sent can be shown."""
    await until(lambda: len(scene.resident.sent["video"]) > 10, "the resident sends")
    await until(lambda: len(scene.agent.sent["video"]) > 10, "the agent sends")
    assert scene.agent.got == {"audio": [], "video": []}
    asked = scene.resident.key_requests
    await scene.client.bridge("room")
    await until(lambda: scene.agent.got["video"], "video flows")
    assert scene.resident.key_requests == asked + 1, "asked once, at the bridge"
    descriptor_length = 4
    assert scene.agent.got["video"][0][descriptor_length] & 1 == 0, "a key frame"


async def test_hold_stops_and_a_second_bridge_goes_on_in_sequence(scene: Scene) -> None:
    """Hold is real, and after it the far end's decoder sees one unbroken stream."""
    await scene.client.bridge("room")
    await until(lambda: scene.agent.got["video"], "video flows")
    await scene.client.unbridge("room")
    await asyncio.sleep(0.1)
    held = len(scene.agent.got["video"])
    sent = len(scene.resident.sent["video"])
    await until(lambda: len(scene.resident.sent["video"]) > sent + 10, "the resident still sends")
    assert len(scene.agent.got["video"]) == held
    await scene.client.bridge("room")
    await until(lambda: len(scene.agent.got["video"]) > held + 5, "video flows again")
    lost = scene.agent._transceiver("video").receiver._RTCRtpReceiver__remote_streams
    assert [stream.packets_lost for stream in lost.values()] == [0]


async def test_key_frame_requests_reach_the_source_but_not_too_often(scene: Scene) -> None:
    """A viewer that lost the picture gets a new one; one that asks all the time changes nothing."""
    await scene.client.bridge("room")
    await until(lambda: len(scene.agent.got["video"]) > 5, "video flows")
    await asyncio.sleep(0.35)
    asked = scene.resident.key_requests
    for _ in range(5):
        await scene.agent.ask_for_keyframe()
    await until(lambda: scene.resident.key_requests > asked, "the request arrives")
    await asyncio.sleep(0.1)
    assert scene.resident.key_requests == asked + 1
    stats = await scene.client.stats("room")
    agent = next(leg for leg in stats["legs"] if leg["leg"] == "agent")
    assert agent["pli_received"] >= 5


async def test_packets_lost_on_the_way_up_are_brought_again(scene: Scene) -> None:
    """One packet in seven lost before the node: the viewer still gets every byte."""
    await scene.client.bridge("room")
    await until(lambda: len(scene.agent.got["video"]) > 5, "video flows")
    scene.resident.lose_up = lambda number: number % 7 == 0
    sent_before = len(scene.resident.sent["video"])
    await until(lambda: len(scene.resident.sent["video"]) > sent_before + 60, "sixty more")
    scene.resident.lose_up = lambda _: False
    wanted = scene.resident.sent["video"][sent_before : sent_before + 60]
    await until(lambda: contains(scene.agent.got["video"], wanted), "all sixty arrive")
    assert contains(scene.resident.sent["video"], list(scene.agent.got["video"])), "unspoilt"
    stats = await scene.client.stats("room")
    resident = next(leg for leg in stats["legs"] if leg["leg"] == "resident")
    assert resident["recovered"] >= 8
    assert resident["lost_in"] >= 8


async def test_packets_lost_on_the_way_down_are_sent_again(scene: Scene) -> None:
    """One packet in seven lost behind the node: it answers the viewer's request by itself."""
    await scene.client.bridge("room")
    await until(lambda: len(scene.agent.got["video"]) > 5, "video flows")
    scene.agent.lose_down = lambda number: number % 7 == 0
    sent_before = len(scene.resident.sent["video"])
    await until(lambda: len(scene.resident.sent["video"]) > sent_before + 60, "sixty more")
    wanted = scene.resident.sent["video"][sent_before : sent_before + 60]
    await until(lambda: contains(scene.agent.got["video"], wanted), "all sixty arrive")
    stats = await scene.client.stats("room")
    agent = next(leg for leg in stats["legs"] if leg["leg"] == "agent")
    assert agent["retransmitted"] >= 8


async def test_a_rejoin_replaces_the_connection_and_stays_bridged(scene: Scene) -> None:
    """A reloaded page is back in the call at once; the other side keeps its connection."""
    await scene.client.bridge("room")
    await until(lambda: scene.agent.got["video"], "video flows")
    again = Peer(3)
    await again.accept(await scene.client.join("room", "resident", await again.offer()))
    await until(lambda: again.got["video"], "the new page sees the agent")
    await until(
        lambda: contains(again.sent["video"], scene.agent.got["video"][-1:]), "the agent sees it"
    )
    stats = await scene.client.stats("room")
    assert sorted(leg["leg"] for leg in stats["legs"]) == ["agent", "resident"]
    await until(lambda: scene.resident.pc.connectionState == "closed", "the old one is told")
    await again.pc.close()


async def test_three_see_each_other_with_a_place_for_each(scene: Scene) -> None:
    """One packet goes to two viewers, each encrypted for itself, with the same bytes."""
    guest = Peer(3)
    second_place = guest.pc.addTransceiver("video", direction="recvonly")
    places: list[bytes] = []
    handle = second_place.receiver._handle_rtp_packet

    async def spy(packet: Any, arrival_time_ms: int) -> None:
        places.append(bytes(packet.payload))
        await handle(packet, arrival_time_ms=arrival_time_ms)

    second_place.receiver._handle_rtp_packet = spy
    await guest.accept(await scene.client.join("room", "guest", await guest.offer()))
    await scene.client.bridge("room")
    await until(lambda: len(guest.got["video"]) > 20, "the guest sees the agent")
    await until(lambda: len(places) > 20, "and the resident, in its second place")
    await until(lambda: len(scene.agent.got["video"]) > 20, "the agent sees the resident")
    assert contains(scene.agent.sent["video"], list(guest.got["video"]))
    assert contains(scene.resident.sent["video"], list(places))
    assert contains(scene.resident.sent["video"], list(scene.agent.got["video"]))
    await guest.pc.close()


async def test_events_tell_who_came_what_flows_and_who_left(scene: Scene) -> None:
    """The gateway can show the state of a call from events alone."""
    events: list[dict[str, Any]] = []

    async def collect() -> None:
        async for event in scene.client.events():
            events.append(event)

    task = asyncio.create_task(collect())
    await until(lambda: events, "hello")
    (room,) = events[0]["rooms"]
    assert {leg["leg"]: leg["state"] for leg in room["legs"]} == {
        "resident": "connected",
        "agent": "connected",
    }
    await scene.client.bridge("room")
    await until(
        lambda: any(e["type"] == "media" and e["audio"] and e["video"] for e in events), "media"
    )
    await scene.client.leave("room", "resident")
    await until(lambda: any(e.get("state") == "left" for e in events), "left")
    left = next(e for e in events if e.get("state") == "left")
    assert (left["leg"], left["role"], left["reason"]) == ("resident", "resident", "hung_up")
    task.cancel()


async def test_a_side_that_falls_silent_is_reported_and_removed(scene: Scene) -> None:
    """A phone that dies sends no farewell: the watchdog tells the other side."""
    await scene.client.bridge("room")
    connection = scene.resident.pc.getTransceivers()[0].receiver.transport.transport._connection
    for protocol in connection._protocols:
        protocol.transport.abort()
    await until(
        lambda: [g["leg"] for g in scene.node.rooms.snapshot()[0]["legs"]] == ["agent"], "removed"
    )
    last = [e for e in scene.node.events.missed(scene.node.events.epoch, 0) or [] if "reason" in e]
    assert [(e["leg"], e["state"], e["reason"]) for e in last] == [("resident", "failed", "silent")]


async def test_a_hang_up_of_the_browser_is_seen_at_once(scene: Scene) -> None:
    """Closing a page says goodbye over DTLS; nobody waits for a watchdog."""
    await scene.resident.pc.close()
    await until(lambda: scene.node.rooms.load()["legs"] == 1, "left")


async def test_typed_errors_cross_the_process_boundary(node: tuple[Node, VideoClient]) -> None:
    """The gateway gets codes it can show, not stack traces."""
    _, client = node
    expected = {
        "unknown_room": client.bridge("nowhere"),
        "bad_sdp": client.join("r", "agent", "v=0 nonsense"),
        "invalid_input": client.join("r", "agent", "x" * 30_000),
    }
    for code, call in expected.items():
        with pytest.raises(AppError) as caught:
            await call
        assert caught.value.code == code
    await client.close_room("nowhere")
    await client.leave("nowhere", "agent")
    assert await client.health()


async def test_only_our_own_processes_may_call(node: tuple[Node, VideoClient]) -> None:
    """The control interface is closed without the shared token; health and metrics are open."""
    _, client = node
    async with aiohttp.ClientSession() as session:
        stranger = VideoClient(client._base, "wrong", session)
        with pytest.raises(AppError) as caught:
            await stranger.bridge("room")
        assert caught.value.status == 403
        async with session.get(client._base + "/metrics") as response:
            assert "sg_video_packets_total" in await response.text()


async def test_an_unreachable_node_is_a_typed_retryable_error() -> None:
    """Losing the media node must not break the gateway."""
    async with aiohttp.ClientSession() as session:
        client = VideoClient("http://127.0.0.1:9", TOKEN, session)
        assert not await client.health()
        with pytest.raises(AppError) as caught:
            await client.bridge("room")
        assert (caught.value.code, caught.value.retryable) == ("video_unavailable", True)
