"""The page rows: compressed JavaScript, Lighthouse accessibility, axe-core in every main state.

Everything is looked at in real Chromium against the running product. Decides which states count.
Lighthouse 12.8.2 is fetched by npm once and kept under the cache folder; axe-core is the one the
pages' own tests use.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright

from scripts.bench_report import Row
from tests.browser.chromium import ARGS, NAMES, chromium
from tests.browser.pages import DeskPage, ResidentPage, Watch
from tests.product import Product, free_port

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = "lighthouse@12.8.2"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
JS_KB = 60.0
_SCRIPT = re.compile(
    r"""<script[^>]+src="([^"]+)"|<link[^>]+rel="modulepreload"[^>]+href="([^"]+)\""""
)
_STATIC = re.compile(
    r"""(?:^|[;}\s])(?:import|export)\s*(?:[\w*{}$,\s]+?\s*from\s*)?["']([^"']+)["']"""
)
_LATER = re.compile(r"""import\(\s*["'`]([^"'`]+)["'`]""")  # fmt: skip
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1360, "height": 850}
RUN_AXE = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  v => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')}`)"""


# ---- size -------------------------------------------------------------------


async def javascript(url: str) -> Row:
    """gzip bytes of every script the resident page loads before it can be used."""
    sizes: dict[str, int] = {}
    later: set[str] = set()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/") as answer:
            html = await answer.text()
        waiting = [urljoin(f"{url}/", a or b) for a, b in _SCRIPT.findall(html)]
        while waiting:
            address = waiting.pop()
            if address in sizes:
                continue
            async with session.get(address) as answer:
                answer.raise_for_status()
                code = await answer.read()
            sizes[address] = len(gzip.compress(code, 6))
            text = code.decode()
            waiting += [urljoin(address, found) for found in _STATIC.findall(text)]
            later |= {urljoin(address, found) for found in _LATER.findall(text)}
    whole = sum(sizes.values()) / 1000
    names = ", ".join(f"{a.rsplit('/', 1)[1]} {s / 1000:.1f}" for a, s in sizes.items())
    return Row(
        "resident page: JavaScript, gzip", f"≤ {JS_KB:g} kB", f"{whole:.1f} kB",
        bool(sizes) and whole <= JS_KB,
        {"kb": round(whole, 2), "files": {a.rsplit("/", 1)[1]: s for a, s in sizes.items()}},
        (f"{names}; loaded later: {len(later - set(sizes))} files",),
    )  # fmt: skip


# ---- axe --------------------------------------------------------------------

Look = Callable[[str, Page], Awaitable[None]]
Open = Callable[..., Awaitable[Page]]


async def _resident(product: Product, open_page: Open, look: Look, scheme: str) -> None:
    """A resident's page: empty, answer, clarifying question, way to a person, settings."""
    page = await open_page(PHONE, color_scheme=scheme)
    me = ResidentPage(page, product, Watch(product.url), "zh")
    await me.open()
    await look(f"resident, {scheme}", page)
    await me.ask("我在东莞交公积金，想在深圳买房，怎么提取？")
    await look(f"answer card, {scheme}", page)
    await me.ask("怎么办理")
    await me.ask("火星移民签证怎么办")
    await look(f"asked back and not in the list, {scheme}", page)
    await page.get_by_role("banner").get_by_role("button", name="转人工").click()
    await page.get_by_role("dialog", name="转人工服务").wait_for()
    await look(f"way to a person, {scheme}", page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="显示与账户设置").click()
    await page.get_by_role("dialog", name="设置").wait_for()
    await look(f"settings, {scheme}", page)


async def _english(product: Product, open_page: Open, look: Look) -> None:
    """English, wide."""
    page = await open_page(WIDE, locale="en-GB")
    me = ResidentPage(page, product, Watch(product.url), "en")
    await me.open()
    await me.ask("How do I replace my social security card?")
    await look("answer card, English, wide", page)


async def _issuers(product: Product, open_page: Open, look: Look) -> None:
    """The sign-in card and the pages of both sandbox issuers."""
    page = await open_page(PHONE)
    me = ResidentPage(page, product, Watch(product.url), "zh")
    await me.open()
    card = await me.ask("查我的公积金")
    await look("sign-in card", page)
    await card.get_by_role("link", name="i深圳").click()
    await page.get_by_text("SANDBOX").wait_for()
    await look("issuer Shenzhen", page)
    await page.goto(f"{product.url}/auth/dongguan/start?return=/")
    await page.get_by_text("SANDBOX").wait_for()
    await look("issuer Dongguan", page)


async def _desk(product: Product, open_page: Open, look: Look) -> None:
    """The desk: sign-in, idle, offered, in conversation, report; the resident's page meanwhile."""
    page = await open_page(PHONE)
    me = ResidentPage(page, product, Watch(product.url), "zh")
    await me.open()
    desk = DeskPage(await open_page(WIDE), product, Watch(product.url), "chenjie")
    await desk.page.goto(f"{product.url}/desk")
    await desk.page.get_by_role("textbox", name="用户名").wait_for()
    await look("desk sign-in", desk.page)
    await desk.sign_in()
    await desk.go_online()
    await look("desk", desk.page)
    await desk.page.emulate_media(color_scheme="dark")
    await look("desk, dark", desk.page)
    await me.ask("深圳社保卡丢了怎么补办")
    await me.to_person()
    await desk.offer.wait_for()
    await look("desk, offer, dark", desk.page)
    await desk.accept()
    await desk.say("您好，请讲。")
    await me.thread.get_by_text("您好，请讲。").wait_for()
    await look("desk, conversation, dark", desk.page)
    await look("resident with a person", page)
    await desk.end()
    await desk.page.get_by_role("form", name="服务小结").wait_for()
    await look("desk, report, dark", desk.page)
    await desk.wrap_up("已告知补卡流程。")
    await me.cards.filter(has_text="本次服务小结").wait_for()
    await look("rating", page)
    await desk.leave()


async def axe(product: Product) -> Row:
    """axe-core violations over all states, every rule that is on by default."""
    code = AXE.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    missed: list[str] = []

    async def look(name: str, page: Page) -> None:
        await page.evaluate(code)
        await page.evaluate("() => Promise.all(document.getAnimations().map(a => a.finished))")
        found[name] = await page.evaluate(RUN_AXE)

    scenes: list[Callable[[Open], Awaitable[None]]] = [
        lambda o: _resident(product, o, look, "light"),
        lambda o: _resident(product, o, look, "dark"),
        lambda o: _english(product, o, look),
        lambda o: _issuers(product, o, look),
        lambda o: _desk(product, o, look),
    ]
    async with chromium() as browser:
        for scene in scenes:
            contexts: list[BrowserContext] = []

            async def open_page(
                size: ViewportSize, *, kept: list[BrowserContext] = contexts, **options: Any
            ) -> Page:
                still = {"locale": "zh-CN", "reduced_motion": "reduce", **options}
                context = await browser.new_context(viewport=size, **still)
                kept.append(context)
                return await context.new_page()

            try:
                await scene(open_page)
            except Exception as exc:
                after = list(found)[-1] if found else "the start"
                missed.append(f"after {after}: {type(exc).__name__} {exc}".splitlines()[0][:160])
            for context in contexts:
                await context.close()
    count = sum(map(len, found.values()))
    notes = [f"{name}: {line}" for name, lines in found.items() for line in lines]
    notes += [f"not reached, {reason}" for reason in missed]
    return Row(
        "axe-core violations", "0 on every page", f"{count} in {len(found)} states",
        count == 0 and not missed, {"violations": found, "not_reached": missed},
        ("; ".join(found), *notes),
    )  # fmt: skip


# ---- Lighthouse -------------------------------------------------------------

ADDRESSES = {
    "resident": ("/", "mobile"),
    "desk sign-in": ("/desk", "desktop"),
    "desk": ("/desk", "desktop"),
    "issuer Shenzhen": ("/auth/shenzhen/start?return=/", "mobile"),
    "issuer Dongguan": ("/auth/dongguan/start?return=/", "mobile"),
}
"""What an address alone reaches, signed in where it must be."""


def lighthouse_command(cache: Path) -> Path:
    """The command, installed into the cache folder at the first run."""
    folder = cache / "node"
    command = folder / "node_modules" / ".bin" / "lighthouse"
    if not command.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"  fetching {LIGHTHOUSE}, once …", flush=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix",
             str(folder), LIGHTHOUSE],
            check=True, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
    return command


async def _score(command: Path, address: str, port: int, form: str) -> dict[str, Any]:
    """Lighthouse on one address in the Chromium that listens on `port`."""
    preset = ["--preset=desktop"] if form == "desktop" else []
    process = await asyncio.create_subprocess_exec(
        str(command), address, f"--port={port}", "--only-categories=accessibility", "--quiet",
        "--output=json", "--output-path=stdout", "--disable-storage-reset", *preset,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(120):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(err.decode()[-300:])
    report = json.loads(out)
    failed = [k for k, a in report["audits"].items() if a["score"] is not None and a["score"] < 1]
    return {
        "score": round(100 * report["categories"]["accessibility"]["score"]),
        "failed": failed,
        "final": report["finalDisplayedUrl"],
    }


async def lighthouse(product: Product, cache: Path) -> Row:
    """Accessibility score of every page that an address alone reaches."""
    command = lighthouse_command(cache)
    scores: dict[str, Any] = {}
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    async with async_playwright() as playwright:
        for name, (path, form) in ADDRESSES.items():
            port = free_port()
            profile = cache / f"profile-{port}"
            context = await playwright.chromium.launch_persistent_context(
                str(profile), executable_path=installed, locale="zh-CN",
                args=[*ARGS, f"--remote-debugging-port={port}"],
            )  # fmt: skip
            try:
                # an issuer is reached by a resident who has a session
                await context.request.post(f"{product.url}/api/v1/session", data={"lang": "zh"})
                if name == "desk":
                    await _sign_in(context, product)
                scores[name] = await _score(command, product.url + path, port, form)
            except Exception as exc:
                scores[name] = {"score": None, "error": str(exc).strip().splitlines()[-1][:200]}
            finally:
                await context.close()
                shutil.rmtree(profile, ignore_errors=True)
    values = [found["score"] for found in scores.values()]
    lowest = min((v for v in values if v is not None), default=None)
    notes = tuple(
        f"{name}: {found['score']} {' '.join(found.get('failed', []))}{found.get('error', '')}"
        for name, found in scores.items()
    )
    return Row(
        "Lighthouse accessibility, lowest of the pages", "100", str(lowest),
        None if None in values else lowest == 100, {"scores": scores}, notes,
    )  # fmt: skip


async def _sign_in(context: BrowserContext, product: Product) -> None:
    """Give a browser the cookie of a signed-in agent."""
    desk = DeskPage(context.pages[0], product, Watch(product.url), "huangmin")
    who = desk.agent
    body = {"username": who["username"], "password": who["password"], "totp": await desk.code()}
    answer = await context.request.post(
        f"{product.url}/api/v1/desk/login", data=body, headers={"Origin": product.url}
    )
    if not answer.ok:
        raise RuntimeError(f"the agent could not sign in: {answer.status}")


async def measure(product: Product, cache: Path) -> list[Row]:
    """All page rows."""
    return [
        await javascript(product.url),
        await lighthouse(product, cache),
        await axe(product),
    ]
