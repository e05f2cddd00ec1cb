"""`python -m video.bench`: from "accept" to the first remote picture, in real Chromium.

Two pages call each other through a node process on loopback; both are connected and waiting, then
one accepts. Prints p50 and p95 over the runs, and what a call costs the node. Needs the development
packages and a Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from core.errors import AppError, Unavailable
from core.http import error_middleware, json_response
from video.client import VideoClient

PAGE = Path(__file__).with_name("bench_page.html")
BROWSER_FLAGS = [
    "--allow-loopback-in-peer-connection", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--no-sandbox", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
]  # fmt: skip


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Stage:
    """A running node and a page server in front of it."""

    url: str
    client: VideoClient
    node: asyncio.subprocess.Process


@asynccontextmanager
async def stage(loop: str = "uvloop") -> AsyncIterator[Stage]:
    """Start a node process and the page server; stop both on leaving."""
    token, port, page_port = secrets.token_hex(16), free_port(), free_port()
    env = os.environ | {"SG_INTERNAL_TOKEN": token, "SG_VIDEO_BIND": "127.0.0.1"}
    env.pop("SG_REDIS_URL", None)
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "video",
        "--port",
        str(port),
        "--loop",
        loop,
        "--drain-s",
        "0",
        env=env,
    )
    async with aiohttp.ClientSession() as session:
        client = VideoClient(f"http://127.0.0.1:{port}", token, session)
        runner = web.AppRunner(_page_server(client), access_log=None)
        try:
            await _until_up(client, node)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", page_port).start()
            yield Stage(f"http://127.0.0.1:{page_port}/", client, node)
        finally:
            await runner.cleanup()
            if node.returncode is None:
                node.terminate()
            await node.wait()


async def _until_up(client: VideoClient, node: asyncio.subprocess.Process) -> None:
    for _ in range(300):
        if node.returncode is not None:
            break
        if await client.health():
            return
        await asyncio.sleep(0.1)
    raise Unavailable("video_unavailable")


def _page_server(client: VideoClient) -> web.Application:
    async def page(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE)

    async def offer(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        return json_response({"sdp": await client.join(body["room"], body["leg"], body["sdp"])})

    async def bridge(request: web.Request) -> web.Response:
        return json_response(await client.bridge(json.loads(await request.read())["room"]))

    app = web.Application(middlewares=[error_middleware])
    app.add_routes([web.get("/", page), web.post("/offer", offer), web.post("/bridge", bridge)])
    return app


async def one_call(room: str, resident: Any, agent: Any) -> dict[str, float]:
    """Milliseconds of one call: connecting, and accept → first picture on either side."""
    joined = await resident.evaluate("([r, l]) => join(r, l)", [room, "resident"])
    await agent.evaluate("([r, l]) => join(r, l)", [room, "agent"])
    await asyncio.sleep(0.5)  # both wait, connected, as in a waiting room
    await resident.evaluate("() => { page.firstFrame = null; page.frames = 0 }")
    clicked = await agent.evaluate("() => accept()")
    shown = "() => page.firstFrame"
    for each in (resident, agent):
        await each.wait_for_function("() => page.firstFrame !== null", polling=10, timeout=10_000)
    return {
        "connect": joined,
        "agent": await agent.evaluate(shown) - clicked,
        "resident": await resident.evaluate(shown) - clicked,
    }


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile, `share` in 0..1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


@asynccontextmanager
async def two_pages(scene: Stage) -> AsyncIterator[list[Any]]:
    """Two pages in contexts of their own, in one Chromium with a fake camera and microphone."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=BROWSER_FLAGS
        )
        pages = [await (await browser.new_context()).new_page() for _ in range(2)]
        for page in pages:
            await page.goto(scene.url)
        yield pages
        await browser.close()


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    used = float(fields[11]) + float(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


async def cost(scene: Stage, room: str, seconds: float) -> dict[str, float]:
    """What a running call costs: share of one core in percent, Mbit/s and packets/s passed on."""
    before, cpu = await scene.client.stats(room), cpu_seconds(scene.node.pid)
    await asyncio.sleep(seconds)
    after, used = await scene.client.stats(room), cpu_seconds(scene.node.pid) - cpu

    def grown(name: str) -> float:
        then = sum(float(leg[name]) for leg in before["legs"])
        return sum(float(leg[name]) for leg in after["legs"]) - then

    packets = grown("packets_out")
    return {
        "cpu_percent": 100 * used / seconds,
        "mbit_s": grown("bytes_out") * 8 / seconds / 1e6,
        "packets_s": packets / seconds,
        "us_per_packet": 1e6 * used / max(packets, 1),
    }


async def measure(
    runs: int, loop: str, seconds: float
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """`runs` calls in one browser, the last one kept up for `seconds`.

    Returns lists of milliseconds by name, and the cost of the last call.
    """
    found: dict[str, list[float]] = {}
    spent: dict[str, float] = {}
    async with stage(loop) as scene, two_pages(scene) as pages:
        for run in range(runs):
            room = f"bench-{run}"
            for name, value in (await one_call(room, *pages)).items():
                found.setdefault(name, []).append(value)
            if run == runs - 1 and seconds:
                await asyncio.sleep(3)  # until the encoders have found their bitrate
                spent = await cost(scene, room, seconds)
            await scene.client.close_room(room)
    return found, spent


def main(argv: list[str] | None = None) -> int:
    """Print the figures; 1 when a call failed."""
    parser = argparse.ArgumentParser(prog="python -m video.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    parser.add_argument("--seconds", type=float, default=10, help="of the call whose cost counts")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    try:
        found, spent = asyncio.run(measure(args.runs, args.loop, args.seconds))
    except AppError as exc:
        sys.stderr.write(f"The bench could not run: {exc.message('en')}\n")
        return 1
    found["first_frame"] = found["agent"] + found["resident"]
    report: dict[str, dict[str, float]] = {
        name: {
            "runs": len(values),
            "p50_ms": round(percentile(values, 0.5)),
            "p95_ms": round(percentile(values, 0.95)),
        }
        for name, values in found.items()
    }
    if spent:
        report["cost"] = {name: round(value, 2) for name, value in spent.items()}
    if args.json:
        sys.stdout.write(json.dumps(report) + "\n")
        return 0
    for name, row in report.items():
        sys.stdout.write(f"{name:12} " + "   ".join(f"{k} {v:g}" for k, v in row.items()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
