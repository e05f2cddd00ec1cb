"""Browser: axe-core finds nothing on any page, in any state people meet."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import WIDE, OpenDesk, OpenResident
from tests.browser.test_account import consented
from tests.browser.test_resident_answers import QUESTION
from tests.conftest import ROOT
from tests.product import Product, resident

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""Colours are measured; a fade must not be caught half way."""
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  v => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => n.target.join(' ')
     + ' – ' + n.failureSummary.split('\\n').slice(1, 2)).join(' | ')}`)"""


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is now."""
    await page.evaluate(AXE)
    await page.evaluate("() => Promise.all(document.getAnimations().map(a => a.finished))")
    found: list[str] = await page.evaluate(RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_resident_page(open_resident: OpenResident, scheme: str) -> None:
    """Empty, with an answer, with the sheet of the way to a person, with the settings; light and dark."""
    me = await open_resident(color_scheme=scheme, **STILL)
    assert await violations(me.page) == [], "empty"
    await me.ask(QUESTION)
    await me.ask("火星移民签证怎么办")
    assert await violations(me.page) == [], "answer and notice"
    await me.page.get_by_role("banner").get_by_role("button", name="转人工").click()
    await expect(me.page.get_by_role("dialog", name="转人工服务")).to_be_visible()
    assert await violations(me.page) == [], "the way to a person"
    await me.page.keyboard.press("Escape")
    await me.page.get_by_role("button", name="显示与账户设置").click()
    await expect(me.page.get_by_role("dialog", name="设置")).to_be_visible()
    assert await violations(me.page) == [], "settings"


async def test_the_resident_page_in_english_on_a_wide_screen(open_resident: OpenResident) -> None:
    """English words, the side column, an English card."""
    me = await open_resident(lang="en", viewport=WIDE, **STILL)
    await me.ask("How do I replace my social security card?")
    assert await violations(me.page) == []


async def test_the_issuer_and_the_account_card(open_resident: OpenResident) -> None:
    """Both pages of the sandbox issuer, the sign-in card, consent, and both cities' balances."""
    me = await open_resident(**STILL)
    ask = await me.ask("查我的公积金")
    assert await violations(me.page) == [], "sign-in card"
    await ask.get_by_role("link", name="i深圳").click()
    await expect(me.page.get_by_text("SANDBOX")).to_be_visible()
    assert await violations(me.page) == [], "issuer"
    await me.page.get_by_role("button", name="罗志强").click()
    await expect(me.page.get_by_label("6 位验证码")).to_be_visible()
    assert await violations(me.page) == [], "second factor"
    await me.page.get_by_label("6 位验证码").fill(
        resident("luo")["issuers"]["shenzhen"]["second_factor"]
    )
    await me.page.get_by_role("button", name="确认").click()
    card = await consented(me)
    await expect(card.get_by_role("region", name="深圳")).to_be_visible()
    assert await violations(me.page) == [], "account card"
    await me.ask("撤回授权")


async def test_the_desk(open_desk: OpenDesk, open_resident: OpenResident, product: Product) -> None:
    """Sign-in, idle, an offer, a conversation, the report; and the resident's page meanwhile."""
    me = await open_resident(**STILL)
    out = await me.page.context.new_page()
    me.watch.allowed = ("status of 401",)
    await out.goto(f"{product.url}/desk")
    await expect(out.get_by_role("textbox", name="用户名")).to_be_visible()
    assert await violations(out) == [], "desk sign-in"
    await out.close()
    desk = await open_desk("chenjie", **STILL)
    assert await violations(desk.page) == [], "idle desk"
    await me.ask("深圳社保卡丢了怎么补办")
    await me.to_person()
    await expect(desk.offer).to_be_visible()
    assert await violations(desk.page) == [], "offer"
    await desk.accept()
    await desk.say("您好，请讲。")
    await expect(me.thread.get_by_text("您好，请讲。")).to_be_visible()
    assert await violations(desk.page) == [], "conversation"
    assert await violations(me.page) == [], "resident with a person"
    await desk.end()
    await expect(desk.page.get_by_role("form", name="服务小结")).to_be_visible()
    assert await violations(desk.page) == [], "report"
    await desk.wrap_up("已告知补卡流程。")
    await expect(me.cards.filter(has_text="本次服务小结")).to_be_visible()
    assert await violations(me.page) == [], "rating"
