"""Contract tests of the sandbox cities as separate processes: start, ask, kill -9, stop, refuse."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cities import open_cities
from cities.sandbox.people import people
from core.cards import CITIES, City
from core.identity import Identity
from core.settings import Settings

TOKEN = "internal-token-of-this-test-run"


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def process(
    city: City, port: int, data: Path, mode: str = "sandbox"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A sandbox city as its own process, gone when the block is left."""
    env = {**os.environ, "SG_INTERNAL_TOKEN": TOKEN, "SG_MODE": mode, "SG_LOG_LEVEL": "debug"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"cities.sandbox.{city}", "--port", str(port), "--data", str(data),
        "--latency-ms", "0", "--jitter-ms", "0",
        env=env, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def until_up(url: str) -> None:
    """Wait until the process answers its health check."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(f"{url}/healthz") as fine:
                    if fine.status == 200:
                        return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("city", CITIES)
async def test_a_killed_city_comes_back_with_its_state(city: City, tmp_path: Path) -> None:
    """kill -9 loses nothing that was acknowledged; SIGTERM ends with 0; no personal data is logged."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(
        internal_token=TOKEN,  # type: ignore[arg-type]
        city_shenzhen_url=url if city == "shenzhen" else "",
        city_dongguan_url=url if city == "dongguan" else "",
    )
    expires = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    me = Identity(people()[8].network_id, city, "罗*强", "L3", expires)
    cities = open_cities(settings)
    head = {"X-SG-Internal": TOKEN}
    try:
        async with process(city, port, tmp_path) as first:
            await until_up(url)
            case = (await cities.case(me))[city].value
            assert case is not None
            move = {"case_no": case[0].case_no, "state": "issued"}
            async with (
                aiohttp.ClientSession(headers=head) as admin,
                admin.post(f"{url}/_admin/cases", json=move) as moved,
            ):
                assert moved.status == 200
            first.send_signal(signal.SIGKILL)
            await first.wait()
        assert (await cities.case(me))[city].state == "unavailable"
        async with process(city, port, tmp_path) as second:
            await until_up(url)
            after = (await cities.case(me))[city].value
            assert after is not None
            assert after[0].state == "issued"
            await cities.housing_fund(me)
            second.send_signal(signal.SIGTERM)
            assert await second.wait() == 0
            assert second.stderr is not None
            lines = (await second.stderr.read()).decode()
            assert "sandbox.ready" in lines
            assert me.network_id not in lines
    finally:
        await cities.close()


async def test_a_sandbox_city_refuses_production(tmp_path: Path) -> None:
    """Synthetic accounts are never served in production: one sentence, exit code 2."""
    async with process("shenzhen", free_port(), tmp_path, mode="production") as child:
        _, said = await child.communicate()
        assert child.returncode == 2
        assert b"sandbox mode only" in said


async def test_a_busy_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Whoever starts it twice is told why it did not start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        async with process("dongguan", port, tmp_path) as child:
            _, said = await child.communicate()
            assert child.returncode == 2
            assert f"Port {port} cannot be used".encode() in said
            assert b"Traceback" not in said
