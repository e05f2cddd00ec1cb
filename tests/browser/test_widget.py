"""Browser: the npm package `rasa-webchat`, unmodified, speaks to the gateway as it does to Rasa."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
FOLDER = Path(__file__).parent / "widget"
HOST_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>Widget</title></head>
<body><script src="/widget-test/index.js"></script><script>
WebChat.default({socketUrl: location.origin, socketPath: '/socket.io/', embedded: true,
  title: 'Widget', inputTextFieldHint: 'Ask', params: {storage: 'session'}}, null);
</script></body></html>"""


@pytest.fixture(scope="module")
def library() -> Path:
    """The package's own bundle, installed as the lock file pins it."""
    bundle = FOLDER / "node_modules" / "rasa-webchat" / "lib" / "index.js"
    if not bundle.exists():
        npm = shutil.which("npm")
        assert npm, "npm is missing"
        command = [npm, "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=FOLDER, check=True, timeout=170, capture_output=True)
    return bundle


@pytest_asyncio.fixture(loop_scope="session")
async def widget(product: Product, browser: Browser, library: Path) -> AsyncIterator[Page]:
    """A foreign page on the gateway's origin that embeds the widget."""
    context = await browser.new_context(locale="zh-CN")
    page = await context.new_page()

    async def serve(route: Route) -> None:
        if route.request.url.endswith("/index.js"):
            await route.fulfill(path=library, content_type="text/javascript")
        else:
            await route.fulfill(body=HOST_PAGE, content_type="text/html")

    await context.route("**/widget-test**", serve)
    await context.route("**/widget-test/**", serve)
    await context.route("https://**", lambda route: route.abort())  # its web font; not ours to load
    await page.goto(f"{product.url}/widget-test")
    yield page
    await context.close()


async def _ask(page: Page, words: str) -> None:
    box = page.get_by_placeholder("Ask")
    await expect(box).to_be_editable()
    await box.fill(words)
    await box.press("Enter")


async def test_the_unmodified_widget_asks_is_answered_and_its_quick_replies_work(
    widget: Page,
) -> None:
    """Question → the card as readable text with quick replies → a tap on one → the next answer."""
    await _ask(widget, "我在东莞交公积金，想在深圳买房，怎么提取？")
    answers = widget.locator(".rw-group-message.rw-from-response")
    replies = widget.locator(".rw-replies .rw-reply")
    await expect(replies.first).to_be_visible()
    text = await answers.last.inner_text()
    assert "SG-HF-005" in text
    assert "购房提取" in text
    assert re.search(r"截至|2025", text), "no as-of date in the text form"
    assert "演示数据" in text
    shown = await widget.locator(".rw-message").count()
    await replies.filter(has_text="要多少钱").click()
    await expect(widget.locator(".rw-message").nth(shown + 1)).to_contain_text("免费")


async def test_a_human_can_be_asked_for_in_the_widget(widget: Page) -> None:
    """The way to a person is offered in a text-only client too."""
    await _ask(widget, "转人工")
    await expect(widget.locator(".rw-from-response").last).to_contain_text("人工")
