"""One product and one browser for all browser tests; every test gets its own pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import chromium
from tests.browser.pages import DeskPage, ResidentPage, Watch
from tests.conftest import share_set_up, share_vectors
from tests.product import Product, running

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1360, "height": 850}
OpenResident = Callable[..., Awaitable[ResidentPage]]
OpenDesk = Callable[..., Awaitable[DeskPage]]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """The whole product, started as a user starts it."""
    folder = tmp_path_factory.mktemp("browser") / "var"
    folder.mkdir()
    share_set_up(folder)
    share_vectors(folder)
    with running(folder) as found:
        await found.ready()
        yield found


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Real Chromium with a fake camera and microphone."""
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def open_resident(product: Product, browser: Browser) -> AsyncIterator[OpenResident]:
    """Opens residents' pages; afterwards each must have kept to its origin and its policy."""
    opened: list[ResidentPage] = []

    async def open_page(lang: str = "zh", **options: Any) -> ResidentPage:
        locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = await browser.new_context(**{"locale": locale, "viewport": PHONE, **options})
        watch = Watch(product.url)
        await watch.attach(context)
        found = ResidentPage(await context.new_page(), product, watch, lang)
        opened.append(found)
        await found.open()
        return found

    yield open_page
    for page in opened:
        await page.leave()
        await page.page.context.close()
    for page in opened:
        page.watch.assert_clean()


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(product: Product, browser: Browser) -> AsyncIterator[OpenDesk]:
    """Opens agents' desks, signed in; afterwards they are signed out and were well behaved."""
    opened: list[DeskPage] = []

    async def open_page(username: str, online: bool = True, **options: Any) -> DeskPage:
        context = await browser.new_context(**{"locale": "zh-CN", "viewport": WIDE, **options})
        # Before anybody is signed in, asking who is answers 401, which the browser reports.
        watch = Watch(product.url, allowed=("status of 401",))
        await watch.attach(context)
        found = DeskPage(await context.new_page(), product, watch, username)
        opened.append(found)
        await found.sign_in()
        if online:
            await found.go_online()
        return found

    yield open_page
    for desk in opened:
        await desk.leave()
        await desk.page.context.close()
    for desk in opened:
        desk.watch.assert_clean()
