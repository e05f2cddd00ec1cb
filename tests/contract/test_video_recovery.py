"""kill -9 of the media node in the middle of a call: pages offer again and are in the call again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack

from core.clock import SystemClock
from core.db import Database
from video.bench import free_port
from video.client import VideoClient
from video.consultations import ConsultationService

ROOT = Path(__file__).parents[2]
TOKEN = "t" * 32


async def start(port: int) -> asyncio.subprocess.Process:
    """A node process on `port`."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "video", "--port", str(port), "--drain-s", "0",
        cwd=ROOT,
        env=os.environ
        | {"SG_INTERNAL_TOKEN": TOKEN, "SG_VIDEO_BIND": "127.0.0.1", "SG_REDIS_URL": ""},
    )  # fmt: skip


async def up(client: VideoClient) -> None:
    """Wait until the node answers."""
    async with asyncio.timeout(30):
        while not await client.health():
            await asyncio.sleep(0.05)


async def dial(service: ConsultationService, consultation: str, leg: str) -> RTCPeerConnection:
    """A page that joins with sound; its first received frame sets `heard`."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    pc.addTrack(AudioStreamTrack())
    pc.heard = asyncio.Event()

    @pc.on("track")
    async def on_track(track: Any) -> None:
        await track.recv()
        pc.heard.set()

    await pc.setLocalDescription(await pc.createOffer())
    answer = await service.offer(consultation, leg, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return pc


async def test_a_call_survives_the_death_of_its_node(tmp_path: Path, monkeypatch: Any) -> None:
    """The record keeps the call; a new node gets it back, bridged, when the pages offer again."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])
    db = Database(f"sqlite+aiosqlite:///{tmp_path / 'sg.db'}")
    await db.create_all()
    port = free_port()
    node = await start(port)
    events: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session:
        client = VideoClient(f"http://127.0.0.1:{port}", TOKEN, session)
        service = ConsultationService(db, SystemClock(), client)

        async def collect() -> None:
            async for event in client.events():
                events.append(event)

        try:
            await up(client)
            task = asyncio.create_task(collect())
            made = await service.create("tic_1")
            old = [await dial(service, made.id, leg) for leg in ("resident", "agent")]
            await service.accept(made.id)
            await asyncio.wait_for(asyncio.gather(*[pc.heard.wait() for pc in old]), 10)

            node.kill()
            await node.wait()
            node = await start(port)
            await up(client)
            async with asyncio.timeout(10):
                while [e["type"] for e in events if e["type"] in ("hello", "lost")] != [
                    "hello", "lost", "hello",
                ]:  # fmt: skip
                    await asyncio.sleep(0.05)
            assert [c.id for c in await service.lost_by(events[-1]["rooms"] or [])] == [made.id]

            new = [await dial(service, made.id, leg) for leg in ("resident", "agent")]
            await asyncio.wait_for(asyncio.gather(*[pc.heard.wait() for pc in new]), 10)
            assert (await service.get(made.id)).state == "connected"
            await service.end(made.id, "over")
            await asyncio.gather(*[pc.close() for pc in old + new])
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        finally:
            if node.returncode is None:
                node.terminate()
            await node.wait()
            await db.close()
