"""Two real Chromium pages call each other through a node process on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from video.bench import BROWSER_FLAGS, Stage, one_call, percentile, stage

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium")
ACCEPT_MS = 1500
"""Asserted generously (shared machines); `python -m video.bench` measures."""


@dataclass
class Call:
    """Two pages in a bridged room, pictures shown on both sides."""

    scene: Stage
    room: str
    resident: Page
    agent: Page
    events: list[dict[str, Any]]

    async def event(self, fits: Callable[[dict[str, Any]], Any], seconds: float = 20) -> Any:
        """The first event that fits, already there or to come."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if fits(event):
                        return event
                await asyncio.sleep(0.05)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium with a fake camera and microphone."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=BROWSER_FLAGS
        )
        yield made
        await made.close()


async def open_page(browser: Browser, url: str) -> Page:
    """A page of its own context."""
    page = await (await browser.new_context()).new_page()
    await page.goto(url)
    return page


@pytest.fixture
async def call(browser: Browser) -> AsyncIterator[Call]:
    """A call in progress."""
    async with stage() as scene:
        events: list[dict[str, Any]] = []

        async def collect() -> None:
            async for event in scene.client.events():
                events.append(event)

        task = asyncio.create_task(collect())
        pages = [await open_page(browser, scene.url) for _ in range(2)]
        await one_call("call", *pages)
        yield Call(scene, "call", pages[0], pages[1], events)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def keeps_showing(page: Page, more: int = 10) -> None:
    """The remote picture moves: `more` further frames are presented."""
    await page.wait_for_function(
        "(wanted) => page.frames >= wanted",
        arg=await page.evaluate("page.frames") + more,
        timeout=10_000,
    )


async def test_first_picture_comes_right_after_accept(browser: Browser) -> None:
    """Both wait connected, so accepting shows the other side at once."""
    found: list[float] = []
    async with stage() as scene:
        pages = [await open_page(browser, scene.url) for _ in range(2)]
        for run in range(4):
            times = await one_call(f"room-{run}", *pages)
            found += [times["agent"], times["resident"]]
            await scene.client.close_room(f"room-{run}")
    assert percentile(found, 0.95) < ACCEPT_MS, found


async def test_pictures_sound_and_sound_level_arrive(call: Call) -> None:
    """720p arrives as sent, audio plays, and its level is there for the meter."""
    for page in (call.resident, call.agent):
        await keeps_showing(page)
        await page.wait_for_function(
            "async () => (await inbound('audio')).totalAudioEnergy > 0", timeout=10_000
        )
        await page.wait_for_function(
            "() => audioLevelHeader().some((level) => level > 0)", timeout=10_000
        )
        video = await page.evaluate("inbound('video')")
        assert video["frameWidth"] in (1280, 640, 960), "as the sender chose, not rescaled by us"
        assert video["packetsLost"] <= 0
    media = await call.event(lambda e: e["type"] == "media" and e["audio"] and e["video"])
    assert media["room"] == call.room


async def test_a_muted_camera_stops_and_comes_back(call: Call) -> None:
    """Taking the track away ends nothing; giving it back needs no negotiation."""
    sender = "pc.getSenders().find((s) => s.track === null || s.track.kind === 'video')"
    await call.event(lambda e: e["type"] == "media" and e["leg"] == "resident" and e["video"])
    await call.resident.evaluate(f"() => {sender}.replaceTrack(null)")
    await call.event(lambda e: e["type"] == "media" and e["leg"] == "resident" and not e["video"])
    await call.resident.evaluate(f"() => {sender}.replaceTrack(stream.getVideoTracks()[0])")
    await keeps_showing(call.agent)


async def test_an_ice_restart_keeps_the_call(call: Call) -> None:
    """A changed network needs new candidates, not a new call: keys and pictures go on."""
    before = await call.resident.evaluate("pc.remoteDescription.sdp.match(/ice-ufrag:(\\S+)/)[1]")
    print_ = "pc.remoteDescription.sdp.match(/fingerprint:(.+)/)[1]"
    fingerprint = await call.resident.evaluate(print_)
    await call.resident.evaluate("restartIce()")
    after = await call.resident.evaluate("pc.remoteDescription.sdp.match(/ice-ufrag:(\\S+)/)[1]")
    assert after != before
    assert await call.resident.evaluate(print_) == fingerprint, "the same connection"
    await call.resident.wait_for_function("() => pc.iceConnectionState === 'connected'")
    for page in (call.resident, call.agent):
        await keeps_showing(page, more=30)
    stats = await call.scene.client.stats(call.room)
    assert [leg["state"] for leg in stats["legs"]] == ["connected", "connected"]


async def test_a_reloaded_page_is_back_in_the_call(call: Call) -> None:
    """A new connection for the same leg takes the place of the old one, bridged."""
    await call.resident.reload()
    await call.resident.evaluate("([r, l]) => join(r, l)", [call.room, "resident"])
    for page in (call.resident, call.agent):
        await keeps_showing(page)


async def test_the_other_side_is_told_when_a_browser_crashes(call: Call) -> None:
    """No farewell is sent; the watchdog reports the leg, and the other one stays."""
    with contextlib.suppress(Error):
        await call.resident.goto("chrome://crash", timeout=3000)
    gone = await call.event(lambda e: e.get("state") in ("failed", "left"))
    assert gone["leg"] == "resident"
    stats = await call.scene.client.stats(call.room)
    assert [leg["leg"] for leg in stats["legs"]] == ["agent"]


async def test_a_killed_node_is_noticed_and_replaced(call: Call) -> None:
    """kill -9 of the media node: the gateway's stream says `lost`, no call hangs."""
    call.scene.node.kill()
    await call.event(lambda e: e["type"] == "lost", seconds=5)
    assert not await call.scene.client.health()
