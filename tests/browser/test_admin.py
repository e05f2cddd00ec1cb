"""Browser: the list desk. An edit is previewed, reviewed by a second person, published and found; nothing an
editor types is lost, and the keyboard never loses its place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Locator, Route, expect

from tests.browser.admin_pages import AdminPage
from tests.browser.conftest import OpenResident
from tests.browser.pages import ResidentPage, Watch
from tests.browser.test_axe import STILL, violations
from tests.product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
WIDE = {"width": 1440, "height": 900}
SMALL = {"width": 360, "height": 740}
ZOOMED = {"width": 720, "height": 450}
"""1440 × 900 at 200 %."""
CUT = """([tabs, choices]) => [
  ...[...document.querySelectorAll(tabs)].filter(node =>
    node.getBoundingClientRect().right > node.parentElement.getBoundingClientRect().right + 1),
  ...[...document.querySelectorAll(choices)].filter(node => {
    const style = getComputedStyle(node), pen = document.createElement('canvas').getContext('2d');
    pen.font = style.font;
    const room = node.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;
    return pen.measureText(node.selectedOptions[0].text).width > room;
  }).map(node => node.selectedOptions[0])].map(node => node.textContent)"""
"""The texts that do not fit into their tab or choice; 20 px are the arrow's."""
EXPECTED = (
    *(f"status of {status}" for status in (401, 403, 404, 409, 422)),
    "ERR_INTERNET_DISCONNECTED",
)
"""Refusals the tests ask for, and the network they cut; Chromium reports each in its console."""
VIEWS = ("审核", "发布", "版本", "待办", "问法学习", "省级事项", "体检与导出", "审计")
TRIAL = "**/api/v1/admin/preview"
"""What the preview asks; while it does, something turns that axe must not be run on."""
OpenAdmin = Callable[..., Awaitable[AdminPage]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_admin(product: Product, browser: Browser) -> AsyncIterator[OpenAdmin]:
    """Opens list desks, signed in; afterwards they must have been well behaved."""
    opened: list[AdminPage] = []

    async def open_page(username: str, **options: Any) -> AdminPage:
        context = await browser.new_context(**{"locale": "zh-CN", "viewport": WIDE, **options})
        watch = Watch(product.url, allowed=EXPECTED)
        await watch.attach(context)
        found = AdminPage(await context.new_page(), product, watch, username)
        opened.append(found)
        await found.sign_in()
        return found

    yield open_page
    for page in opened:
        await page.leave()
        await page.page.context.close()
    for page in opened:
        page.watch.assert_clean()


async def _answered(page: ResidentPage, words: str, code: str, within_s: float) -> Locator:
    """Ask until the card of `code` comes: every process opens the new list within a second or so."""
    async with asyncio.timeout(within_s):
        while True:
            card = await page.ask(words)
            if code in await card.inner_text():
                return card


async def test_an_edit_reaches_residents_after_a_second_person(
    open_admin: OpenAdmin, open_resident: OpenResident
) -> None:
    """Written with a live preview, refused to its author, approved and published by a colleague; a
    resident's new wording finds it."""
    writer = await open_admin("suqing")
    await writer.find("领结婚证要户口本吗")
    await expect(writer.rows.first).to_contain_text("SG-CA-001")
    await writer.rows.first.click()
    summary = writer.editor.get_by_role("textbox", name="简介 中文")
    await summary.fill("全国任意登记处都能办，当场领证。")
    await expect(writer.preview).to_contain_text("任意登记处都能办，当场领证。")
    await summary.fill("")
    problem = writer.editor.get_by_text("中文和英文都要填写")
    await expect(problem).to_be_visible()
    await summary.fill("全国任意登记处都能办，当场领证。")
    await expect(problem).to_be_hidden()
    await writer.section("居民说法")
    words = writer.editor.get_by_role("group", name="口语说法").get_by_role("group", name="中文")
    await words.get_by_role("button", name="添加一条").click()
    await words.get_by_role("textbox").last.fill("扯红本本去哪儿")
    changes = await writer.look("改动")
    await expect(changes.get_by_role("listitem")).to_have_count(2)
    await writer.section("渠道")
    other = writer.editor.get_by_role("region", name="东莞")
    await expect(other.get_by_text("只读")).to_be_visible()
    await expect(other.get_by_role("button", name="添加渠道")).to_be_hidden()
    await writer.why.fill("补充居民说法")
    await writer.page.get_by_role("button", name="提交审核").click()
    await expect(writer.editor.get_by_text("待审核")).to_be_visible()
    await writer.page.get_by_role("button", name="去审核").click()
    await expect(writer.page.get_by_text("需由另一位同事审核")).to_be_visible()
    await expect(writer.page.get_by_role("button", name="同意")).to_be_hidden()

    second = await open_admin("liangwei")
    await second.view("审核")
    await second.page.get_by_role("link", name="结婚登记").first.click()
    review = second.page.get_by_role("article", name="结婚登记").first
    await expect(review.get_by_text("扯红本本去哪儿")).to_be_visible()
    await second.page.get_by_role("button", name="同意").click()
    await expect(second.page.get_by_text("梁伟 已同意")).to_be_visible()
    await second.view("发布")
    resident = await open_resident()
    before = await resident.ask("扯红本本去哪儿")
    await expect(before).to_contain_text(re.compile("清单中没有找到|不能确定"))
    await expect(before).not_to_contain_text("SG-CA-001")
    await second.page.get_by_role("textbox", name="本次发布说明").fill("结婚登记：补充说法")
    await second.page.get_by_role("button", name="发布 1 份草稿").click()
    told = second.page.get_by_role("region", name="通知")
    await expect(told.get_by_text("居民现在就能查到")).to_be_visible()
    card = await _answered(resident, "扯红本本去哪儿", "SG-CA-001", within_s=4)
    await expect(card).to_contain_text("任意登记处都能办，当场领证。")


async def test_everything_by_keyboard(open_admin: OpenAdmin) -> None:
    """Search, choose, edit, save, look at the preview, undo, help: no mouse."""
    desk = await open_admin("suqing")
    keys = desk.page.keyboard
    await keys.press("/")
    await expect(desk.page.get_by_role("searchbox", name="搜索清单")).to_be_focused()
    await keys.type("SG-HR-008")
    await keys.press("ArrowDown")  # before its rows have come: it waits for them
    await expect(desk.rows).to_have_count(1)
    await expect(desk.rows.first).to_be_focused()
    await keys.press("Enter")
    await expect(desk.editor.locator(".edit-tags .code")).to_have_text("SG-HR-008")
    await keys.press("e")
    name = desk.editor.get_by_role("textbox", name="名称 中文")
    await expect(name).to_be_focused()
    before = await name.input_value()
    await keys.press("End")
    await keys.type("s/jp?")  # letters, not commands, while writing
    await expect(name).to_have_value(f"{before}s/jp?")
    await keys.press("Control+s")
    await expect(desk.why).to_be_focused()
    await expect(desk.saved).to_contain_text("请写明修改说明")
    await keys.type("键盘")
    await keys.press("Control+s")
    await expect(desk.saved).to_contain_text("草稿已保存")
    await desk.editor.get_by_role("heading", name=before).focus()
    await keys.press("]")
    await expect(desk.editor.get_by_role("tab", name="居民说法")).to_be_focused()
    await keys.press("ArrowRight")
    await expect(desk.editor.get_by_role("tab", name="条件")).to_be_focused()
    await keys.press("d")
    await expect(desk.side.get_by_role("tab", name="改动")).to_be_focused()
    await expect(desk.side.get_by_role("tabpanel")).to_contain_text("s/jp?")
    await keys.press("?")
    sheet = desk.page.get_by_role("dialog", name="快捷键")
    await expect(sheet).to_be_visible()
    await keys.press("Escape")
    await expect(sheet).to_be_hidden()
    await keys.press("x")
    gone = desk.page.get_by_role("dialog", name="作废这份草稿")
    await expect(gone.get_by_role("textbox")).to_be_focused()
    await keys.type("试试而已")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(gone).to_be_hidden()
    await expect(desk.editor.get_by_role("heading", name=before)).to_be_visible()
    await keys.press("Alt+9")
    await expect(desk.page.get_by_role("heading", name="审计")).to_be_focused()
    await expect(desk.page.get_by_role("table")).to_contain_text("作废草稿")


async def test_two_editors_and_a_lost_network_lose_nothing(open_admin: OpenAdmin) -> None:
    """Both wrote: different places are merged, the same place is asked about. What is not saved
    survives a broken network and a reload."""
    first, second = await open_admin("suqing"), await open_admin("liangwei")
    for desk in (first, second):
        await desk.open("SG-HR-009")
        await desk.why.fill("两人同时改")
    await first.editor.get_by_role("textbox", name="简介 中文").fill("苏晴写的简介")
    await second.editor.get_by_role("textbox", name="简介 中文").fill("梁伟写的简介")
    await second.editor.get_by_role("textbox", name="办理结果 中文").fill("梁伟写的结果")
    await first.page.keyboard.press("Control+s")
    await expect(first.saved).to_contain_text("草稿已保存")
    await second.page.keyboard.press("Control+s")
    dialog = second.page.get_by_role("dialog", name="两边都改过")
    await expect(dialog).to_contain_text("苏晴")
    clash = dialog.get_by_role("group")
    await expect(clash).to_have_count(1)
    await clash.get_by_role("radio", name="对方的").check()
    await dialog.get_by_role("button", name="按此合并").click()
    summary = second.editor.get_by_role("textbox", name="简介 中文")
    await expect(summary).to_have_value("苏晴写的简介")
    await expect(second.editor.get_by_role("textbox", name="办理结果 中文")).to_have_value(
        "梁伟写的结果"
    )
    await second.page.context.set_offline(True)
    await expect(second.page.get_by_text("网络已断开")).to_be_visible()
    await summary.fill("断网时写的简介")
    await second.page.keyboard.press("Control+s")
    await expect(second.saved).to_contain_text("没有连上服务器")
    await second.page.context.set_offline(False)
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    second.page.on("dialog", leave)
    await second.page.reload()
    assert asked == ["beforeunload"]
    await expect(second.editor.get_by_text("还没有保存的内容")).to_be_visible()
    await expect(summary).to_have_value("断网时写的简介")
    await second.page.keyboard.press("Control+s")
    await expect(second.saved).to_contain_text("草稿已保存")
    await second.page.get_by_role("button", name="放弃").click()
    gone = second.page.get_by_role("dialog", name="作废这份草稿")
    await gone.get_by_role("textbox").fill("测试完毕")
    await gone.get_by_role("button", name="作废草稿").click()
    await expect(second.editor.get_by_text("编辑中")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(open_admin: OpenAdmin, scheme: str) -> None:
    """Every view and every tab, an open entry, a finding, each dialog; in the dark what has colours of
    its own."""
    light = scheme == "light"
    desk = await open_admin("xulan", color_scheme=scheme, **STILL)
    await desk.open("SG-HR-004")
    await expect(desk.preview).to_be_visible()
    sections = ("基本信息", "居民说法", "材料", "时限与费用", "来源与复核")
    for name in sections if light else sections[:3]:
        await desk.section(name)
        if name == "材料":
            await desk.editor.locator(".entry-head").first.click()
        assert await violations(desk.page) == [], name
    await desk.section("基本信息")
    summary = desk.editor.get_by_role("textbox", name="简介 英文")
    kept = await summary.input_value()
    await summary.fill("")
    await expect(desk.editor.get_by_text("中文和英文都要填写")).to_be_visible()
    for name in ("改动", "两市对比", "历史", "待办"):
        panel = await desk.look(name)
        await expect(panel.locator(".skeleton")).to_have_count(0)
        assert await violations(desk.page) == [], name
    await summary.fill(kept)
    for name in VIEWS if light else ("待办", "体检与导出"):
        await desk.view(name)
        await expect(desk.page.locator(".skeleton")).to_have_count(0)
        assert await violations(desk.page) == [], name
    for name in ("快捷键", "设置", "退出登录") if light else ("快捷键",):
        await desk.page.get_by_role("banner").get_by_role("button", name=name).click()
        await expect(desk.page.get_by_role("dialog")).to_be_visible()
        assert await violations(desk.page) == [], name
        await desk.page.keyboard.press("Escape")


async def test_a_narrow_screen_shows_one_column_at_a_time(open_admin: OpenAdmin) -> None:
    """At 360 px nothing is cut off and everything is reached: list, editor, preview, every view."""
    desk = await open_admin("suqing", viewport=SMALL, **STILL)
    await desk.find("SG-HR-004")
    await desk.rows.first.click()
    await expect(desk.editor.get_by_role("textbox", name="名称 中文")).to_be_visible()
    await expect(desk.page.get_by_role("searchbox", name="搜索清单")).to_be_hidden()
    panes = desk.page.get_by_role("navigation", name="分栏")
    await panes.get_by_role("button", name="预览与记录").click()
    await expect(desk.preview).to_be_visible()
    assert await violations(desk.page) == [], "preview"
    for name in VIEWS:
        await desk.view(name)
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= SMALL["width"], name
    assert await violations(desk.page) == [], "audit"


async def test_an_agent_is_told_that_this_is_not_his_page(
    product: Product, browser: Browser
) -> None:
    """The account works, the role does not: a sentence and a way out, not an empty page."""
    context = await browser.new_context(locale="zh-CN", viewport=WIDE)
    desk = AdminPage(await context.new_page(), product, Watch(product.url), "zhouping")
    page = desk.page
    await page.goto(f"{product.url}/admin/services")
    await page.get_by_role("textbox", name="用户名").fill(desk.agent["username"])
    await page.get_by_role("textbox", name="密码").fill(desk.agent["password"])
    await page.get_by_role("textbox", name="动态验证码").fill(await desk.code())
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_text("您没有清单编辑权限")).to_be_visible()
    await page.get_by_role("button", name="退出并换账号").click()
    await expect(page.get_by_role("textbox", name="用户名")).to_be_visible()
    await context.close()


async def test_what_is_typed_key_by_key_is_what_stands_there(open_admin: OpenAdmin) -> None:
    """A decimal point, spaces within a number, characters nobody sees; what is removed comes back."""
    desk = await open_admin("xulan", **STILL)
    keys = desk.page.keyboard
    await desk.page.goto(f"{desk.product.url}/admin/services#/list/centre/SZ-CITY")
    lat = desk.editor.get_by_role("textbox", name="纬度")
    await lat.click()
    await keys.press("Control+a")
    await keys.type("22.5431", delay=20)
    await expect(lat).to_have_value("22.5431")
    await lat.press("Tab")
    await expect(lat).to_have_value("22.5431")

    await desk.open("SG-HR-010")
    await desk.section("渠道")
    city = desk.editor.get_by_role("region", name="深圳")
    await city.get_by_role("button", name="添加渠道").click()
    phone = city.get_by_role("textbox", name="电话")
    await phone.click()
    await keys.type(" 0755 1234 5678 ", delay=20)
    await expect(phone).to_have_value(" 0755 1234 5678 ")
    await phone.press("Tab")
    await expect(phone).to_have_value("0755 1234 5678")
    await desk.section("基本信息")
    summary = desk.editor.get_by_role("textbox", name="简介 中文")
    await summary.fill("身份证\u0007首页\u200b")
    await expect(summary).to_have_value("身份证首页")

    await desk.section("材料")
    entries = desk.editor.get_by_role("region", name="两市通用").locator(".entry")
    before, first = await entries.count(), entries.first.locator(".entry-head")
    name = await first.locator(".entry-name").inner_text()
    await first.click()
    async with desk.page.expect_response(TRIAL):
        await entries.first.get_by_role("button", name="删除").click()
    await expect(entries).to_have_count(before - 1)
    await expect(desk.editor.get_by_role("button", name="撤销")).to_be_visible()
    await expect(desk.side.locator(".spinner")).to_have_count(0)
    assert await violations(desk.page) == []
    await keys.press("Control+z")
    await expect(entries).to_have_count(before)
    await expect(first).to_be_focused()
    await expect(first.locator(".entry-name")).to_have_text(name)
    await desk.section("基本信息")
    await summary.press("End")
    await keys.type("x")
    await keys.press("Control+z")  # a field undoes its own writing
    await expect(summary).to_have_value("身份证首页")


async def test_an_ended_session_asks_for_the_sign_in_on_the_page(open_admin: OpenAdmin) -> None:
    """Typing goes on; the preview does not claim to be of now; saving asks, and nothing is written twice."""
    desk = await open_admin("suqing", **STILL)
    await desk.open("SG-HR-013")
    summary = desk.editor.get_by_role("textbox", name="简介 中文")
    await expect(desk.preview).to_be_visible()
    await desk.page.context.clear_cookies()
    await summary.click()
    await desk.page.keyboard.press("Control+a")
    await desk.page.keyboard.type("会话过期后写的简介")
    await expect(desk.page.get_by_role("button", name="重新登录")).to_be_visible()
    await expect(summary).to_be_focused()
    await expect(desk.side.get_by_text("预览没有更新")).to_be_visible()
    await desk.why.fill("会话过期")
    async with desk.page.expect_response(TRIAL):  # which is made again when saving has failed
        await desk.page.keyboard.press("Control+s")
    again = desk.page.get_by_role("dialog", name="登录已过期")
    await expect(again.get_by_role("textbox", name="用户名")).to_be_focused()
    await expect(desk.side.locator(".spinner")).to_have_count(0)
    assert await violations(desk.page) == []
    await again.get_by_role("textbox", name="用户名").fill(desk.agent["username"])
    await again.get_by_role("textbox", name="密码").fill(desk.agent["password"])
    await again.get_by_role("textbox", name="动态验证码").fill(await desk.code())
    await desk.page.keyboard.press("Enter")
    await expect(again).to_be_hidden()
    await expect(summary).to_have_value("会话过期后写的简介")
    await expect(desk.preview).to_contain_text("会话过期后写的简介")
    await desk.page.keyboard.press("Control+s")
    await expect(desk.saved).to_contain_text("草稿已保存")
    await _give_up(desk)


async def _give_up(desk: AdminPage) -> None:
    await desk.page.get_by_role("button", name="放弃").click()
    gone = desk.page.get_by_role("dialog", name="作废这份草稿")
    await gone.get_by_role("textbox").fill("测试完毕")
    await gone.get_by_role("button", name="作废草稿").click()
    await expect(gone).to_be_hidden()
    await expect(desk.editor.locator(".edit-tags")).not_to_contain_text("编辑中")


async def test_a_new_record_outlives_a_reload(open_admin: OpenAdmin) -> None:
    """A code that is taken is refused; what was written is in the list and at its address until dropped."""
    desk = await open_admin("suqing")
    keys = desk.page.keyboard
    await desk.page.get_by_role("button", name="新建记录").click()
    sheet = desk.page.get_by_role("dialog", name="新建记录")
    code = sheet.get_by_role("textbox", name="编号")
    await code.fill("SG-HR-004")
    await keys.press("Enter")
    await expect(sheet.get_by_text("SG-HR-004 已经有了")).to_be_visible()
    await expect(code).to_be_focused()
    await code.fill("SG-HR-088")
    await keys.press("Enter")
    name = desk.editor.get_by_role("textbox", name="名称 中文")
    await expect(name).to_be_focused()
    await keys.type("还没有存过的事项")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    await desk.page.reload()
    await expect(name).to_have_value("还没有存过的事项")
    await desk.open("SG-HR-004")
    await desk.find("没有存过")
    await desk.rows.first.click()
    await expect(name).to_have_value("还没有存过的事项")
    await desk.page.get_by_role("button", name="放弃").click()
    await desk.page.get_by_role("button", name="放弃改动").click()
    await expect(desk.page.get_by_role("searchbox", name="搜索清单")).to_be_focused()
    await expect(desk.page.locator('[data-row="SG-HR-088"]')).to_have_count(0)


async def test_saving_twice_on_a_slow_network_is_no_conflict(open_admin: OpenAdmin) -> None:
    """The second save waits for the first; nobody is asked about his own words."""
    desk = await open_admin("suqing")
    await desk.open("SG-HR-014")

    typed = asyncio.Event()

    async def slowly(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await desk.page.route("**/drafts**", slowly)
    await desk.page.route("**/drafts/**", slowly)
    summary = desk.editor.get_by_role("textbox", name="简介 中文")
    await desk.why.fill("慢网")
    for text in ("第一次", "第一次，继续写", "第一次，继续写完"):
        await summary.fill(text)
        await desk.page.keyboard.press("Control+s")
    typed.set()
    await expect(desk.saved).to_contain_text("草稿已保存", timeout=30_000)
    await expect(summary).to_have_value("第一次，继续写完")
    await expect(desk.page.get_by_role("dialog", name="两边都改过")).to_have_count(0)
    await desk.page.unroute_all()
    await _give_up(desk)


async def test_every_step_keeps_the_keyboards_place(open_admin: OpenAdmin) -> None:
    """Refused, submitted, approved, scheduled, cancelled: the focus goes to what comes next. A time that has
    passed is refused in words."""
    desk = await open_admin("suqing")
    keys = desk.page.keyboard
    await desk.open("SG-HR-015")
    await desk.section("材料")
    await desk.editor.locator(".entry-head").first.click()
    english = desk.editor.get_by_role("textbox", name="名称 英文").first
    before = await english.input_value()
    await english.fill("")
    await desk.why.fill("练习")
    await desk.section("居民说法")
    await desk.page.get_by_role("button", name="提交审核").press("Enter")
    await expect(english).to_be_focused()
    await expect(desk.saved).to_have_class(re.compile("save-failed"))
    await keys.type(before)
    await keys.type(" (new)")
    await desk.page.get_by_role("button", name="提交审核").press("Enter")
    await expect(desk.editor.get_by_role("heading", level=2)).to_be_focused()
    await expect(desk.editor.get_by_text("待审核")).to_be_visible()

    second = await open_admin("xulan")
    page = second.page
    await second.view("审核")
    await page.locator(".rows a").filter(has_text="SG-HR-015").press("Enter")
    await page.get_by_role("button", name="同意").press("Enter")
    await expect(page.get_by_text("许岚 已同意")).to_be_visible()
    await expect(page.locator("#rv-title")).to_be_focused()
    await second.view("发布")
    await page.get_by_role("textbox", name="本次发布说明").fill("定时")
    await page.get_by_role("radio", name="定时发布").check()
    when = page.get_by_label("生效时间")
    await when.fill("2020-01-01T09:00")
    await page.get_by_role("button", name="排期 1 份草稿").press("Enter")
    await expect(page.get_by_text("这个时间已经过去")).to_be_visible()
    await expect(when).to_be_focused()
    await when.fill("2099-01-01T09:00")
    await page.get_by_role("button", name="排期 1 份草稿").press("Enter")
    await expect(page.get_by_role("heading", name="版本", exact=True)).to_be_focused()
    await second.view("发布")
    await expect(page.get_by_text("2099年1月1日 09:00")).to_be_visible()
    await page.get_by_role("button", name="取消排期").press("Enter")
    await expect(page.get_by_role("heading", name="发布", exact=True)).to_be_focused()
    await second.open("SG-HR-015")
    await _give_up(second)


async def test_the_list_goes_on_to_the_next_page(open_admin: OpenAdmin) -> None:
    """J at the last row turns the page and begins at its top; K goes back; so does the button."""
    desk = await open_admin("suqing")
    keys, box = desk.page.keyboard, desk.page.locator("#rows")
    last = desk.rows.last
    gone = await last.inner_text()
    await last.focus()
    await keys.press("j")
    await expect(desk.page.get_by_text("2 / 2")).to_be_visible()
    await expect(desk.rows.first).to_be_focused()
    assert await box.evaluate("node => node.scrollTop") == 0
    await keys.press("k")
    await expect(desk.rows.last).to_be_focused()
    assert await desk.rows.last.inner_text() == gone
    await desk.page.get_by_role("button", name="下一页").press("Enter")
    await expect(desk.page.get_by_text("2 / 2")).to_be_visible()
    await expect(desk.rows.first).to_be_focused()


async def test_at_twice_the_size_the_form_has_room_and_errors_show(open_admin: OpenAdmin) -> None:
    """1440 × 900 at 200 %: half the height is the form's, and what is wrong with saving is read."""
    desk = await open_admin("suqing", viewport=ZOOMED, **STILL)
    await desk.open("SG-HR-016")
    await desk.editor.get_by_role("textbox", name="办理结果 中文").fill("改过的结果")
    await desk.page.keyboard.press("Control+s")
    await expect(desk.saved).to_be_visible()
    await expect(desk.saved).to_contain_text("请写明修改说明")
    above = await desk.editor.get_by_role("tablist").bounding_box()
    below = await desk.editor.locator(".savebar").bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] - above["y"] - above["height"] > ZOOMED["height"] / 2
    assert await violations(desk.page) == []


@pytest.mark.parametrize("width", [1440, 1024])
async def test_english_fits(product: Product, browser: Browser, width: int) -> None:
    """English words are longer: no tab, filter or choice is cut off, and no two landmarks share a name."""
    context = await browser.new_context(
        locale="en-GB", viewport={"width": width, "height": 900}, **STILL
    )
    desk = AdminPage(await context.new_page(), product, Watch(product.url), "liangwei")
    page = desk.page
    await page.goto(f"{product.url}/admin/services#/list/item/SG-HR-004")
    await page.get_by_role("textbox", name="User name").fill(desk.agent["username"])
    await page.get_by_role("textbox", name="Password", exact=True).fill(desk.agent["password"])
    await page.get_by_role("textbox", name="One-time code").fill(await desk.code())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Name English")).to_be_visible()
    await expect(page.get_by_role("tab", name="Tasks")).to_contain_text("1")
    await expect(page.locator(".preview-card:not(.rows-busy)")).to_be_visible()
    assert await page.evaluate(CUT, [".tab", ".preview-tools select, #f-domain"]) == []
    assert await violations(page) == []
    await desk.leave()
    await context.close()


async def test_times_are_those_of_the_cities_wherever_the_editor_is(open_admin: OpenAdmin) -> None:
    """A browser in New York shows when something happened in Shenzhen and Dongguan."""
    desk = await open_admin("liangwei", timezone_id="America/New_York")
    await desk.view("审计")
    newest = desk.page.locator("td time").first
    at = datetime.fromisoformat(await newest.get_attribute("datetime") or "")
    there = at.astimezone(ZoneInfo("Asia/Shanghai"))
    await expect(newest).to_have_text(f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}")
