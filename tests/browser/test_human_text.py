"""Browser: a resident reaches a person by text, and afterwards is back with the assistant."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenDesk, OpenResident

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
SUMMARY = "社保卡遗失先挂失，再到服务银行网点补办。"


async def test_a_person_takes_over_by_text_and_hands_back(
    open_resident: OpenResident, open_desk: OpenDesk
) -> None:
    """Queue, offer with what was asked, accept, chat while the bot is silent, report, rating, bot."""
    me = await open_resident()
    await me.ask("社保卡丢了怎么补办")
    await me.to_person()
    waiting = me.page.get_by_role("region", name="排队等候人工服务")
    await expect(waiting).to_be_visible()
    desk = await open_desk("linxiao")
    await expect(desk.offer).to_contain_text("社保卡丢了怎么补办")
    await expect(desk.offer).to_contain_text("SG-HR-004")
    await desk.accept()
    await expect(me.page.get_by_role("region", name="转人工")).to_contain_text("林晓 正在为您服务")
    await expect(desk.page.get_by_role("region", name="资料")).to_contain_text("SG-HR-004")

    await desk.say("您好，我是林晓，卡是在哪里丢的？")
    await expect(me.thread.get_by_text("您好，我是林晓，卡是在哪里丢的？")).to_be_visible()
    cards = await me.cards.count()
    await me.box.press_sequentially("在东莞丢的")
    await expect(desk.page.get_by_text("对方正在输入").first).to_be_visible()
    await me.box.press("Enter")
    await expect(desk.thread.get_by_text("在东莞丢的")).to_be_visible()
    await me.say("居住证怎么办")
    await expect(desk.thread.get_by_text("居住证怎么办")).to_be_visible()
    await desk.say("这个我也可以一起告诉您。")
    await expect(me.thread.get_by_text("这个我也可以一起告诉您。")).to_be_visible()
    assert await me.cards.count() == cards, "the assistant spoke while a person held the thread"

    await desk.end()
    await desk.wrap_up(SUMMARY)
    rating = me.cards.filter(has=me.page.get_by_role("radio"))
    await expect(rating).to_contain_text(SUMMARY)
    shown = await me.cards.count()
    await rating.get_by_role("radio", name="5 星").check(force=True)
    await rating.get_by_role("textbox").fill("讲得很清楚")
    await rating.get_by_role("button", name="提交评价").click()
    await expect(me.thread.get_by_text("感谢您的评价")).to_be_visible()
    await me.say("居住证怎么办")
    await expect(me.cards.last).to_contain_text("居住证申领")
    assert await me.cards.count() == shown + 1, "rating took another card out of the thread"
    await me.page.reload()
    await expect(me.thread.get_by_text("感谢您的评价")).to_be_visible()
    await expect(me.cards).to_have_count(shown + 1)


async def test_waiting_can_be_given_up(open_resident: OpenResident) -> None:
    """Leaving the queue is one tap, and the assistant answers again at once."""
    me = await open_resident()
    await me.to_person()
    waiting = me.page.get_by_role("region", name="排队等候人工服务")
    await waiting.get_by_role("button", name="取消排队").click()
    await expect(waiting).to_be_hidden()
    await expect(await me.ask("社保卡丢了怎么补办")).to_contain_text("SG-HR-004")
