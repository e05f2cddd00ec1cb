"""Debian's (or any installed) Chromium through Playwright, quiet towards the outside."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # A page that Playwright serves has no address of its own; it may still talk to loopback.
    "--disable-features=LocalNetworkAccessChecks",
]
PATIENCE_MS = 25_000
"""How long a page may take to show something; a busy two-core machine is slow, not wrong."""

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """A browser, with `more` arguments; Playwright's own when none is installed."""
    installed = await asyncio.to_thread(lambda: next(filter(None, map(shutil.which, NAMES)), None))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            await browser.close()
