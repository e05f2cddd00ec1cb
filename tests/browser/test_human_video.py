"""Browser: a resident and an agent talk by video, both in real Chromium, through our own node."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenDesk, OpenResident
from tests.browser.pages import DeskPage, ResidentPage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
NOTE_FIRST_FRAME = """() => {
  window.firstFrame = null;
  const watch = video => {
    if (video.watched) return;
    video.watched = true;
    video.requestVideoFrameCallback(() => { window.firstFrame ??= Date.now(); });
  };
  const look = () => document.querySelectorAll('.tile-remote video').forEach(watch);
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
  look();
}"""
NOTE_ACCEPT = """() => addEventListener('click', e => {
  if (e.target.closest('.offer')) window.accepted = Date.now();
}, true)"""
PLAYS = """name => {
  const video = document.querySelector(`figure[aria-label^="${name}"] video`);
  return video && video.videoWidth > 0 && video.currentTime > 0 ? video.currentTime : 0;
}"""
FIRST_FRAME_LIMIT_MS = 5_000
"""Only against a hang: `make bench` measures the promised 500 ms, without a busy test run beside it."""


async def plays(page: Page, name: str) -> None:
    """The picture of `name` is there and moves on."""
    start = await page.wait_for_function(PLAYS, arg=name)
    then = await start.json_value()
    await page.wait_for_function(
        f"([name, then]) => ({PLAYS})(name) > then + 0.5", arg=[name, then]
    )


async def into_the_waiting_room(me: ResidentPage) -> None:
    """The device check with preview and level meter, then the waiting room."""
    await me.to_person("视频咨询")
    check = me.page.get_by_role("dialog", name="视频前检查设备")
    await expect(check.get_by_role("meter", name="麦克风音量")).to_be_visible()
    await plays(me.page, "我的画面")
    await check.get_by_role("button", name="进入等候室").click()
    await expect(me.page.get_by_role("region", name="等候室")).to_be_visible()


async def connected(me: ResidentPage, desk: DeskPage) -> tuple[Locator, Locator]:
    """Accept the offered video call; both sides' call panels, with the other's picture moving."""
    await into_the_waiting_room(me)
    await expect(desk.offer).to_contain_text("视频已预连")
    await me.page.evaluate(NOTE_FIRST_FRAME)
    await desk.page.evaluate(NOTE_FIRST_FRAME)
    await desk.page.evaluate(NOTE_ACCEPT)
    await desk.accept()
    call = me.page.get_by_role("region", name="视频咨询")
    await expect(call).to_be_visible()
    await plays(me.page, desk.agent["name"])
    await plays(desk.page, "匿名来访者")
    return call, desk.page.get_by_role("region", name="视频通话")


async def test_a_video_consultation_from_device_check_to_end(
    open_resident: OpenResident, open_desk: OpenDesk
) -> None:
    """Check, waiting room, picture on both sides, writing beside it, end, report, assistant again."""
    me = await open_resident()
    desk = await open_desk("huangmin")
    call, talk = await connected(me, desk)
    accepted = await desk.page.evaluate("window.accepted")
    resident_ms = await me.page.evaluate("window.firstFrame") - accepted
    agent_ms = await desk.page.evaluate("window.firstFrame") - accepted
    print(f"accept → first remote frame: resident {resident_ms} ms, agent {agent_ms} ms")
    assert max(resident_ms, agent_ms) < FIRST_FRAME_LIMIT_MS

    await call.get_by_role("button", name="缩小画面").click()
    await me.say("我听得很清楚")
    await expect(desk.thread.get_by_text("我听得很清楚")).to_be_visible()
    await call.get_by_role("button", name="结束通话").click()
    await expect(call).to_contain_text("通话已结束")
    await expect(talk).to_contain_text("等待对方画面")
    await desk.end()
    await desk.wrap_up("已通过视频核对材料。")
    summary = me.cards.filter(has_text="本次服务小结")
    await expect(summary).to_contain_text("已通过视频核对材料。")
    await expect(call).to_be_hidden()
    await expect(summary).to_be_in_viewport()
    await expect(await me.ask("社保卡丢了怎么补办")).to_contain_text("SG-HR-004")


async def test_muting_and_a_dark_camera_are_shown_on_both_sides(
    open_resident: OpenResident, open_desk: OpenDesk
) -> None:
    """Whoever mutes sees it on the button; the other is told, instead of wondering at silence."""
    me = await open_resident()
    desk = await open_desk("linxiao")
    call, talk = await connected(me, desk)
    mute = call.get_by_role("button", name="静音")
    await mute.click()
    await expect(mute).to_have_attribute("aria-pressed", "true")
    await expect(talk).to_contain_text("对方已静音")
    await mute.click()
    await expect(talk).not_to_contain_text("对方已静音")
    await talk.get_by_role("button", name="关闭摄像头").click()
    await expect(call).to_contain_text("对方未开启摄像头")
    await talk.get_by_role("button", name="打开摄像头").click()
    await expect(call).not_to_contain_text("对方未开启摄像头")
    await plays(me.page, desk.agent["name"])
