"""Takes the pictures of the README: `python -m tests.browser.screenshots [--url http://…]`.

Run by hand after the pages changed; needs what `make test` sets up. Without `--url` it starts an
instance of its own, with an empty record. Writes `docs/screenshots/*.png` and says how large each is.
The people in the call are drawn: Chromium gets the drawings as its camera.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import av
from playwright.async_api import Browser, Page, expect

from tests.browser.admin_pages import AdminPage
from tests.browser.chromium import chromium
from tests.browser.conftest import PHONE, WIDE
from tests.browser.pages import DeskPage, ResidentPage, Watch
from tests.browser.test_human_video import plays
from tests.browser.test_resident_answers import QUESTION
from tests.conftest import ROOT
from tests.product import Product, running

FOLDER = ROOT / "docs" / "screenshots"
MAX_BYTES = 300_000
PLACE: dict[str, Any] = {
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "reduced_motion": "reduce",
}
CAMERA = {"width": 640, "height": 480}
COLOURS = {
    "agent": {"wall": "#dfe7ee", "shelf": "#b9c7d3", "coat": "#24507a", "hair": "#2b2320", "set": "1"},
    "resident": {
        "wall": "#f1e6d6", "shelf": "#d9c3a2", "coat": "#7c9a6d", "hair": "#3a2a20", "set": "0",
    },
}  # fmt: skip
DRAWING = """<body style="margin:0"><svg width="640" height="480" viewBox="0 0 640 480">
<rect width="640" height="480" fill="{wall}"/>
<g fill="{shelf}"><rect x="30" y="60" width="150" height="10"/><rect x="30" y="150" width="150"
 height="10"/><rect x="45" y="25" width="16" height="35"/><rect x="66" y="18" width="12" height="42"/>
<rect x="83" y="30" width="20" height="30"/><rect x="50" y="110" width="44" height="40"/>
<rect x="120" y="102" width="14" height="48"/><rect x="480" y="40" width="130" height="170" rx="4"/></g>
<g fill="{wall}" opacity=".7"><rect x="490" y="50" width="52" height="150"/>
<rect x="548" y="50" width="52" height="150"/></g>
<path d="M110 480c6-120 80-170 210-170s204 50 210 170z" fill="{coat}"/>
<path d="M270 318l50 70 50-70-14-24h-72z" fill="#fff"/>
<path d="M282 262h76v50c0 22-76 22-76 0z" fill="#e3b691"/>
<ellipse cx="320" cy="200" rx="78" ry="96" fill="#f0c7a4"/>
<path d="M236 200c-8-90 38-128 86-128s92 36 84 130c-8-40-20-66-36-78-30 20-76 22-104 10-16 14-24 36-30 66z"
 fill="{hair}"/>
<g fill="#3b2c25"><circle cx="290" cy="206" r="6"/><circle cx="350" cy="206" r="6"/></g>
<path d="M294 250q26 20 52 0" fill="none" stroke="#a8583f" stroke-width="5" stroke-linecap="round"/>
<g opacity="{set}" fill="none" stroke="#30363d" stroke-width="9"><path d="M238 206c0-150 164-150 164 0"/>
<path d="M240 224c0 60 30 66 58 66" stroke-width="6"/></g>
<g opacity="{set}" fill="#30363d"><rect x="228" y="190" width="20" height="44" rx="9"/>
<rect x="392" y="190" width="20" height="44" rx="9"/><circle cx="300" cy="290" r="8"/></g></svg>"""


async def _camera(browser: Browser, who: str, folder: Path) -> Path:
    """A drawing as a raw video file that Chromium plays as its camera."""
    page = await browser.new_page(viewport=CAMERA)
    await page.set_content(DRAWING.format(**COLOURS[who]))
    png = folder / f"{who}.png"
    await page.screenshot(path=png)
    await page.close()
    return await asyncio.to_thread(_as_y4m, png)


def _as_y4m(png: Path) -> Path:
    target = png.with_suffix(".y4m")
    with av.open(str(png)) as source, av.open(str(target), "w", format="yuv4mpegpipe") as sink:
        picture = next(source.decode(video=0)).reformat(format="yuv420p")
        stream = sink.add_stream("wrapped_avframe", rate=20)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        for number in range(40):
            picture.pts = number
            sink.mux(stream.encode(picture))
        sink.mux(stream.encode())
    return target


async def _save(page: Page, name: str) -> None:
    await page.evaluate("() => Promise.all(document.getAnimations().map(a => a.finished))")
    await page.evaluate("() => document.activeElement?.blur()")
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}  {size / 1000:.0f} kB")
    assert size <= MAX_BYTES, f"{name} is too large"


async def _resident(browser: Browser, product: Product, **options: Any) -> ResidentPage:
    context = await browser.new_context(**PLACE, **options)
    page = ResidentPage(await context.new_page(), product, Watch(product.url), "zh")
    await page.open()
    with contextlib.suppress(Exception):
        await page.page.get_by_role("button", name="知道了").click(timeout=3000)
    return page


async def _desk(browser: Browser, product: Product, username: str) -> DeskPage:
    context = await browser.new_context(**PLACE, viewport={"width": 1440, "height": 900})
    desk = DeskPage(await context.new_page(), product, Watch(product.url), username)
    await desk.sign_in()
    return desk


async def _answers(browser: Browser, product: Product) -> None:
    phone = await _resident(browser, product, viewport=PHONE, device_scale_factor=2)
    await phone.ask(QUESTION)
    await _save(phone.page, "resident-phone")
    asks = await phone.ask("查我的公积金")
    await asks.get_by_role("link", name="i深圳").click()
    await expect(phone.page.get_by_text("SANDBOX")).to_be_visible()
    await _save(phone.page, "sign-in")
    wide = await _resident(browser, product, viewport=WIDE)
    await wide.ask(QUESTION)
    await _save(wide.page, "resident-desktop")


async def _text_desk(homes: Browser, office: Browser, product: Product) -> None:
    """One conversation under way, two more residents waiting."""
    first = await _resident(homes, product, viewport=PHONE)
    await first.ask("社保卡丢了怎么补办")
    await first.ask("要多少钱")
    await first.to_person()
    desk = await _desk(office, product, "linxiao")
    await desk.go_online()
    await desk.accept()
    await desk.say("您好，我是林晓。卡是在深圳还是东莞办的？")
    await first.say("东莞办的，上周在深圳地铁上丢了。")
    await expect(desk.thread.get_by_text("东莞办的，上周")).to_be_visible()
    await desk.say("明白。请先在“i莞家”或拨 12333 挂失，再到东莞的服务银行网点补办，当场可取。")
    waiting = []
    for question in ("东莞居住证到期了怎么签注", "深圳公积金怎么提取"):
        other = await _resident(homes, product, viewport=PHONE)
        await other.ask(question)
        await other.to_person("视频咨询")  # a video call needs an agent who does nothing else
        await other.page.get_by_role("button", name="进入等候室").click()
        await expect(other.page.get_by_role("region", name="等候室")).to_be_visible()
        waiting.append(other)
    rows = desk.page.get_by_role("group", name="等候名单").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await _save(desk.page, "desk")
    for page in waiting:
        await page.leave()
    await desk.end()
    await desk.wrap_up("请先挂失，再到东莞的服务银行网点补办社保卡。")
    await desk.leave()


async def _call(homes: Browser, office: Browser, product: Product) -> None:
    me = await _resident(homes, product, viewport=WIDE)
    await me.ask("异地就医怎么备案？")
    desk = await _desk(office, product, "huangmin")
    await desk.go_online()
    await me.to_person("视频咨询")
    await me.page.get_by_role("button", name="进入等候室").click()
    await expect(desk.offer).to_contain_text("视频已预连")
    await desk.accept()
    await plays(me.page, "黄敏")
    await me.page.get_by_role("button", name="缩小画面").click()
    await desk.say("您好，我是黄敏，我来帮您看备案需要的材料。")
    await expect(me.thread.get_by_text("我是黄敏")).to_be_visible()
    await me.say("好的，我现在住在东莞，社保在深圳。")
    await expect(desk.thread.get_by_text("社保在深圳")).to_be_visible()
    await _save(me.page, "call")
    await desk.end()
    await desk.wrap_up("已说明异地就医备案的材料和渠道。")
    await desk.leave()


async def _list_desk(browser: Browser, product: Product) -> None:
    """An edit with its preview, and the review of it by a second person."""

    async def sign_in(username: str) -> AdminPage:
        context = await browser.new_context(**PLACE, viewport={"width": 1440, "height": 900})
        desk = AdminPage(await context.new_page(), product, Watch(product.url), username)
        await desk.sign_in()
        return desk

    writer = await sign_in("suqing")
    await writer.open("SG-HR-004")
    summary = writer.editor.get_by_role("textbox", name="简介 中文")
    await summary.fill("社保卡丢了、坏了或信息变了，补换一张新卡；先挂失，再补办。")
    await writer.section("居民说法")
    words = writer.editor.get_by_role("group", name="口语说法").get_by_role("group", name="中文")
    await words.get_by_role("button", name="添加一条").click()
    await words.get_by_role("textbox").last.fill("社保卡洗坏了怎么换")
    await writer.why.fill("补充居民说法，简介改短")
    await writer.section("渠道")
    await expect(writer.preview).to_contain_text("先挂失，再补办。")
    await _save(writer.page, "list-desk")
    await writer.page.get_by_role("button", name="提交审核").click()
    await expect(writer.editor.get_by_text("待审核")).to_be_visible()
    second = await sign_in("liangwei")
    await second.view("审核")
    await second.page.get_by_role("link", name="社会保障卡补换").click()
    await expect(second.page.get_by_role("button", name="同意")).to_be_visible()
    await expect(second.page.locator(".skeleton")).to_have_count(0)
    await _save(second.page, "list-desk-review")
    for page in (writer, second):
        await page.leave()


def _with_camera(file: Path) -> AbstractAsyncContextManager[Browser]:
    return chromium(f"--use-file-for-fake-video-capture={file}")


@contextlib.contextmanager
def _product(url: str, folder: Path) -> Iterator[Product]:
    if url:
        yield Product(url.rstrip("/"), folder, folder / "log", None)  # type: ignore[arg-type]
    else:
        with running(folder / "var") as found:
            yield found


async def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a running sandbox instance with nobody waiting")
    parser.add_argument("--only", default="answers,desk,list,call", help="which pictures to take")
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _product(args.url, Path(name)) as product:
        if not args.url:
            await product.ready()
        async with chromium() as browser:
            if "answers" in args.only:
                await _answers(browser, product)
            if "list" in args.only:
                await _list_desk(browser, product)
            files = [await _camera(browser, who, Path(name)) for who in ("resident", "agent")]
        async with _with_camera(files[0]) as homes, _with_camera(files[1]) as office:
            if "desk" in args.only:
                await _text_desk(homes, office, product)
            if "call" in args.only:
                await _call(homes, office, product)


if __name__ == "__main__":
    asyncio.run(main())
