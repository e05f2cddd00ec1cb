"""A media node as a process: it registers, drains, stops, and says why it cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp.test_utils import TestServer
from redis.exceptions import ConnectionError as RedisDown

from core import keys
from core.clock import SystemClock
from core.i18n import catalogue
from core.settings import Settings
from video.bench import free_port, stage
from video.client import VideoClient
from video.node import Node, bind_addresses

ROOT = Path(__file__).parents[2]
TOKEN = "t" * 32


@dataclass
class FakeRedis:
    """Keys and sets in memory; `down` makes every call fail."""

    values: dict[str, bytes] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    down: bool = False

    def _up(self) -> None:
        if self.down:
            raise RedisDown("away")

    async def set(self, key: str, value: bytes, ex: int) -> None:
        self._up()
        assert ex > 0, "a registration expires by itself"
        self.values[key] = value

    async def sadd(self, key: str, member: str) -> None:
        self._up()
        assert key == keys.VIDEO_NODES
        self.members.add(member)

    async def delete(self, key: str) -> None:
        self._up()
        self.values.pop(key, None)

    async def aclose(self) -> None:
        """Nothing to close."""


def make(redis: Any) -> Node:
    """A node without media traffic."""
    return Node(
        node_id="n1",
        url="http://n1",
        token=TOKEN,
        addresses=["127.0.0.1"],
        clock=SystemClock(),
        redis=redis,
    )


async def test_a_node_registers_its_load_and_takes_itself_out() -> None:
    """The gateway finds nodes, and does not send calls to one that is leaving."""
    redis = FakeRedis()
    node = make(redis)
    server = TestServer(node.app())
    await server.start_server()
    async with asyncio.timeout(5):
        while not redis.values:
            await asyncio.sleep(0.01)
    said = orjson.loads(redis.values[keys.video_node("n1")])
    assert (said["url"], said["legs"], said["draining"]) == ("http://n1", 0, False)
    assert redis.members == {"n1"}
    await node.drain(0)
    assert orjson.loads(redis.values[keys.video_node("n1")])["draining"] is True
    await server.close()
    assert redis.values == {}


async def test_losing_redis_stops_nothing() -> None:
    """Redis is disposable: calls go on, and the node is back in it as soon as it is."""
    redis = FakeRedis(down=True)
    node = make(redis)
    server = TestServer(node.app())
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        client = VideoClient(str(server.make_url("")), TOKEN, session)
        await node._register()
        assert await client.health()
        redis.down = False
        await node._register()
        assert keys.video_node("n1") in redis.values
    redis.down = True
    await server.close()


async def test_sigterm_stops_a_process_cleanly() -> None:
    """The supervisor's Ctrl-C leaves nothing behind."""
    async with stage() as scene:
        scene.node.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(scene.node.wait(), 10) == 0


async def test_a_listener_does_not_keep_a_node_from_stopping() -> None:
    """An open event stream ends, it is not waited for."""
    async with stage() as scene:
        events: list[dict[str, Any]] = []

        async def collect() -> None:
            async for event in scene.client.events():
                events.append(event)

        task = asyncio.create_task(collect())
        async with asyncio.timeout(5):
            while not events:
                await asyncio.sleep(0.01)
        scene.node.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(scene.node.wait(), 10) == 0
        task.cancel()
        assert [e.get("state") for e in events][1:2] == ["draining"]


def test_a_busy_port_is_one_sentence() -> None:
    """Whoever starts a node by hand is told what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "video", "--port", str(taken.getsockname()[1])],
            cwd=ROOT,
            env=os.environ | {"SG_INTERNAL_TOKEN": TOKEN, "SG_REDIS_URL": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot listen on" in done.stderr
    assert "choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_shared_token_no_node() -> None:
    """A control interface without its secret is never opened."""
    done = subprocess.run(
        [sys.executable, "-m", "video", "--port", str(free_port())],
        cwd=ROOT,
        env=os.environ | {"SG_INTERNAL_TOKEN": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "SG_INTERNAL_TOKEN" in done.stderr


def test_media_addresses_come_from_the_setting() -> None:
    """Loopback only where browsers may be on the same machine."""
    assert bind_addresses(Settings(video_bind="10.0.0.1, 10.0.0.2")) == ["10.0.0.1", "10.0.0.2"]
    assert "127.0.0.1" in bind_addresses(Settings(video_bind="", mode="sandbox"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_error_has_words(lang: Any) -> None:
    """Each code this room raises is a sentence in both languages."""
    codes = {
        "bad_sdp", "room_full", "unknown_room", "video_draining", "video_full",
        "video_unavailable", "consultation_ended",
    }  # fmt: skip
    assert {f"error.{code}" for code in codes} <= set(catalogue(lang))
