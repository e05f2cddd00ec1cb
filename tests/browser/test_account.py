"""Browser: a resident signs in with a city's app and sees her own records of both cities."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from playwright.async_api import Locator, expect

from core.cards import City
from tests.browser.conftest import OpenResident
from tests.browser.pages import ResidentPage
from tests.product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


@asynccontextmanager
async def city_down(product: Product, city: City) -> AsyncIterator[None]:
    """One sandbox city drops every connection until the end of the block."""
    port = json.loads((product.folder / "run" / "ports.json").read_text())[city]
    token = (product.folder / "run" / "secret").read_text().strip()
    address = f"http://127.0.0.1:{port}/_admin/faults"
    headers = {"X-SG-Internal": token}
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as admin:
        await admin.put(address, json={"mode": "down"})
        try:
            yield
        finally:
            await admin.delete(address)


async def consented(me: ResidentPage) -> Locator:
    """Agree to the look-up that the question asked for; the account card."""
    agree = me.thread.get_by_role("button", name="同意并查询").last
    await expect(agree).to_be_visible()
    before = await me.cards.count()
    await agree.click()
    return await me.next_card(before)


async def test_both_cities_balances_stand_side_by_side_masked_and_dated(
    open_resident: OpenResident,
) -> None:
    """Question → sign-in with user name, password and code → consent → both balances."""
    me = await open_resident()
    ask = await me.ask("查我的公积金")
    await expect(ask).to_contain_text("演示环境")
    await me.sign_in(ask, "i深圳", "lin")
    card = await consented(me)
    for city in ("深圳", "东莞"):
        side = card.get_by_role("region", name=city)
        await expect(side).to_contain_text(re.compile(r"[¥￥]?\d[\d,]*\.\d{2}"))
        await expect(side).to_contain_text(re.compile(r"数据时间 .*\d"))
        await expect(side).to_contain_text("*")
    await expect(card).not_to_contain_text("林嘉怡")
    await expect(await me.ask("撤回授权")).to_contain_text("授权已撤回")
    await expect(await me.ask("查我的公积金")).to_contain_text("需要您同意")


async def test_one_city_down_shows_the_other_and_says_so_and_signing_out_ends_it(
    open_resident: OpenResident, product: Product
) -> None:
    """Signed in by choosing a person at the other city's issuer; a failure never hides a result."""
    me = await open_resident()
    ask = await me.ask("查我的公积金")
    await me.sign_in(ask, "i莞家", "wu", by_choice=True)
    card = await consented(me)
    await expect(card.get_by_role("region", name="深圳")).to_contain_text(re.compile(r"\d\.\d{2}"))
    async with city_down(product, "shenzhen"):
        again = await me.ask("查我的公积金")
        await expect(again.get_by_role("region", name="深圳")).to_contain_text("暂时无法查询")
        await expect(again.get_by_role("region", name="东莞")).to_contain_text(
            re.compile(r"\d\.\d{2}")
        )
    await me.ask("撤回授权")
    await me.page.get_by_role("button", name="显示与账户设置").click()
    settings = me.page.get_by_role("dialog", name="设置")
    await expect(settings).to_contain_text("已登录")
    await settings.get_by_role("button", name="退出登录").click()
    await expect(settings).to_be_hidden()
    after = await me.ask("查我的公积金")
    await expect(after.get_by_role("link", name="i深圳")).to_be_visible()
