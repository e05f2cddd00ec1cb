"""The call row: "accept" clicked in the desk → first remote picture, in real Chromium, both sides.

The whole product: the resident goes through the device check into the waiting room, the agent's desk
is offered the call and both are connected to the media node, as they are in real waiting. Then the
agent clicks. Decides what counts: the click event in the desk, and the first frame that the browser
presented in the tile of the other side (`requestVideoFrameCallback`). Both pages run in one browser
on this machine, so their clocks are one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from scripts.bench_report import Row, milliseconds, percentile
from tests.browser.pages import DeskPage, ResidentPage, Watch
from tests.product import Product
from video.bench import BROWSER_FLAGS

LIMIT_MS = 500
SETTLE_S = 0.5
HOOKS = """
const now = () => performance.timeOrigin + performance.now();
window.bench = {lines: [], accepted: null, first: null};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.bench.lines.push(this); }
};
addEventListener('click', (e) => {
  if (e.target.closest && e.target.closest('.offer-foot .btn-primary')) window.bench.accepted = now();
}, true);
const seen = new WeakSet();
const look = () => document.querySelectorAll('.tile-remote video').forEach((video) => {
  if (seen.has(video)) return;
  seen.add(video);
  video.requestVideoFrameCallback(() => { window.bench.first ??= now(); });
});
document.addEventListener('DOMContentLoaded', () => {
  new MutationObserver(look).observe(document.documentElement, {childList: true, subtree: true});
});
"""
CONNECTED = "() => bench.lines.some((line) => line.connectionState === 'connected')"


async def _page(browser: Browser, **options: Any) -> Page:
    context = await browser.new_context(
        locale="zh-CN", permissions=["camera", "microphone"], **options
    )
    await context.add_init_script(HOOKS)
    return await context.new_page()


async def _call(browser: Browser, product: Product, desk: DeskPage) -> dict[str, float]:
    """One call from a resident who was never here before; seconds by side."""
    page = await _page(browser, viewport={"width": 390, "height": 844})
    me = ResidentPage(page, product, Watch(product.url), "zh")
    await me.open()
    await desk.page.evaluate("() => { bench.lines = []; bench.accepted = bench.first = null }")
    await me.to_person("视频咨询")
    await page.get_by_role("button", name="进入等候室").click()
    await desk.offer.wait_for()
    for waiting in (page, desk.page):
        await waiting.wait_for_function(CONNECTED)
    await asyncio.sleep(SETTLE_S)
    await desk.offer.get_by_role("button", name="接受").click()
    for side in (page, desk.page):
        await side.wait_for_function("() => bench.first !== null", polling=50, timeout=15_000)
    accepted = await desk.page.evaluate("() => bench.accepted")
    found = {
        "resident": (await page.evaluate("() => bench.first") - accepted) / 1000,
        "agent": (await desk.page.evaluate("() => bench.first") - accepted) / 1000,
    }
    await desk.end()
    await desk.wrap_up("测量用的通话。")
    await page.context.close()
    return found


async def measure(product: Product, runs: int) -> Row:
    """`runs` calls, one after the other, after one that is not counted."""
    found: dict[str, list[float]] = {"resident": [], "agent": []}
    failed: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_installed(), args=BROWSER_FLAGS)
        try:
            page = await _page(browser, viewport={"width": 1360, "height": 850})
            desk = DeskPage(page, product, Watch(product.url), "linxiao")
            await desk.sign_in()
            await desk.go_online()
            for run in range(runs + 1):
                try:
                    took = await _call(browser, product, desk)
                except Exception as exc:
                    failed.append(f"call {run}: {type(exc).__name__} {exc}".splitlines()[0][:160])
                    break
                if run:
                    for side, seconds in took.items():
                        found[side].append(seconds)
            await desk.leave()
        finally:
            await browser.close()
    return row(found, failed)


def _installed() -> str | None:
    import shutil

    from tests.browser.chromium import NAMES

    return next(filter(None, map(shutil.which, NAMES)), None)


def row(found: dict[str, list[float]], failed: list[str]) -> Row:
    """Both sides together decide."""
    both = [*found["resident"], *found["agent"]]
    p95 = percentile(both, 0.95) * 1000
    measured = f"p95 {p95:.0f} ms, p50 {percentile(both, 0.5) * 1000:.0f} ms" if both else "no call"
    return Row(
        'call: "accept" clicked → first remote frame', f"≤ {LIMIT_MS} ms p95", measured,
        (not failed and p95 <= LIMIT_MS) if both else None,
        {side: milliseconds(values) for side, values in found.items()},
        (
            *(f"{side}: {milliseconds(values)}" for side, values in found.items()),
            *failed,
        ),
    )  # fmt: skip
