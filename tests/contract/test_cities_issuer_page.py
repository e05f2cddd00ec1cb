"""The sandbox issuer's pages in a real browser: narrow screens, both schemes, keyboard only."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from cities.issuer import IssuerKeys, add_issuer_routes
from cities.oidc import pkce_challenge
from cities.sandbox.people import demo_accounts
from core.clock import SystemClock
from core.settings import Settings

CHROMIUM = shutil.which("chromium")
_SMALL = """[...document.querySelectorAll('button,input:not([type=hidden])')]
  .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
_UNNAMED = """[...document.querySelectorAll('input:not([type=hidden])')]
  .filter(e => !e.labels.length).map(e => e.outerHTML)"""


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The sign-in page of the Shenzhen issuer, asking for L3."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"

    async def callback(request: web.Request) -> web.Response:
        return web.Response(text=",".join(sorted(request.query)))

    app = web.Application()
    app.router.add_get("/cb", callback)
    add_issuer_routes(
        app, city="shenzhen", settings=Settings(), base_url=base, redirect_uris={f"{base}/cb"},
        keys=IssuerKeys.open(tmp_path, "shenzhen"), clock=SystemClock(),
    )  # fmt: skip
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield (
        f"{base}/sandbox/issuer/shenzhen/authorize?client_id=shen-guan&redirect_uri={base}/cb"
        "&response_type=code&scope=openid&state=s&nonce=n&code_challenge_method=S256"
        f"&code_challenge={pkce_challenge('v' * 64)}&acr_values=L3&ui_locales="
    )
    await runner.cleanup()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(("lang", "scheme"), [("zh-CN", "light"), ("en", "dark")])
async def test_the_page_works_on_a_narrow_phone(address: str, lang: str, scheme: str) -> None:
    """At 320 px nothing overflows, every target is 44 px high and labelled, nothing is fetched from
    elsewhere, and the whole sign-in works from the keyboard."""
    account = demo_accounts()[0]
    foreign: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(
            viewport={"width": 320, "height": 640},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.on("request", lambda r: None if "//127.0.0.1:" in r.url else foreign.append(r.url))
        await page.goto(address + lang)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        assert await page.evaluate(_SMALL) == []
        assert await page.evaluate(_UNNAMED) == []
        assert await page.evaluate("document.documentElement.lang") == lang
        await page.focus("#username")
        await page.keyboard.type(account.username("shenzhen"))
        await page.keyboard.press("Tab")
        await page.keyboard.type(account.password)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#code:focus")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.keyboard.type("000000")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[role=alert]")
        await page.wait_for_selector("#code:focus")
        await page.keyboard.type(account.second_factor)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/cb?" in url)
        assert await page.inner_text("body") == "code,iss,state"
        await browser.close()
    assert foreign == []
