"""The resident's page and the agent's desk as a person sees them: by role and by visible words."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import pyotp
from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.product import Product, agent, resident

REPORT_CSP = """addEventListener('securitypolicyviolation',
  e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"""
LEAVE_QUEUE = """() => new Promise(done => {
  const ws = new WebSocket(`ws://${location.host}/ws/chat`);
  ws.onopen = () => ws.send(JSON.stringify({type: 'hello', after: 1e9, lang: 'zh'}));
  ws.onmessage = e => {
    const frame = JSON.parse(e.data);
    if (frame.type === 'welcome') {
      if (frame.state.mode === 'bot') return ws.close();
      ws.send(JSON.stringify({type: 'handoff.cancel'}));
    }
    if (frame.type === 'state' && frame.mode === 'bot') ws.close();
  };
  ws.onclose = ws.onerror = () => done();
})"""


@dataclass
class Watch:
    """Everything a page did that it must not do: foreign requests, console errors, CSP violations."""

    origin: str
    problems: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Console errors the test itself provokes (e.g. by cutting the network)."""

    async def attach(self, context: BrowserContext) -> None:
        """Watch every page of `context`, from its first request on."""
        await context.add_init_script(REPORT_CSP)
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda err: self.problems.append(f"exception: {err.error}"))
        context.on("page", lambda page: page.on("websocket", lambda ws: self._address(ws.url)))

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        host = self.origin.split("://")[1]
        if not url.startswith((f"{self.origin}/", f"ws://{host}/", "data:", "blob:", "about:")):
            self.problems.append(f"left the origin: {url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in self.allowed):
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def assert_clean(self) -> None:
        """Nothing left the origin, broke the policy, or was reported as an error."""
        assert not self.problems, "\n".join(self.problems)


class ResidentPage:
    """A resident's browser on `/`. The words are the Chinese ones unless `lang` is "en"."""

    def __init__(self, page: Page, product: Product, watch: Watch, lang: str) -> None:
        self.page, self.product, self.watch = page, product, watch
        self.box = page.get_by_role(
            "textbox", name="Your question" if lang == "en" else "输入您的问题"
        )
        self.thread = page.get_by_role("log")
        self.cards = self.thread.locator("article:not(.what-else)")
        self.what_else = self.thread.locator("article.what-else")

    async def open(self) -> None:
        """Load the page and wait until it is connected."""
        await self.page.goto(self.product.url)
        await expect(self.thread).to_have_attribute("aria-busy", "false")

    async def say(self, text: str) -> None:
        """Type and send with Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def ask(self, text: str) -> Locator:
        """Say it and wait for the card that answers."""
        before = await self.cards.count()
        await self.say(text)
        return await self.next_card(before)

    async def next_card(self, before: int) -> Locator:
        """The card after the first `before` ones, once it is there."""
        card = self.cards.nth(before)
        await expect(card).to_be_visible()
        return card

    async def tap(self, card: Locator, name: str) -> Locator:
        """Press a chip or choice of a card; the card that answers."""
        before = await self.cards.count()
        await card.get_by_role("button", name=name, exact=True).click()
        return await self.next_card(before)

    async def to_person(self, mode: str = "文字咨询") -> None:
        """The button that is always there, then the way."""
        await self.page.get_by_role("banner").get_by_role("button", name="转人工").click()
        dialog = self.page.get_by_role("dialog", name="转人工服务")
        await dialog.get_by_role("button", name=mode).click()

    async def sign_in(self, card: Locator, link: str, who: str, by_choice: bool = False) -> None:
        """From a sign-in card through the sandbox issuer and back. `who`: id of a demo resident."""
        account = resident(who)
        credentials = account["issuers"]["shenzhen" if "深圳" in link else "dongguan"]
        await card.get_by_role("link", name=link).click()
        await expect(self.page.get_by_text("SANDBOX")).to_be_visible()
        if by_choice:
            await self.page.get_by_role("button", name=account["name"]).click()
        else:
            await self.page.get_by_label("账号", exact=True).fill(credentials["username"])
            await self.page.get_by_label("密码", exact=True).fill(credentials["password"])
            await self.page.get_by_role("button", name="继续").click()
        await self.page.get_by_label("6 位验证码").fill(credentials["second_factor"])
        await self.page.get_by_role("button", name="确认").click()
        await expect(self.thread).to_have_attribute("aria-busy", "false")

    async def leave(self) -> None:
        """Give up any place in the queue, so that no later test's agent is offered it."""
        if self.page.is_closed() or not self.page.url.startswith(self.product.url):
            return
        await self.page.context.set_offline(False)
        await asyncio.wait_for(self.page.evaluate(LEAVE_QUEUE), 10)


class DeskPage:
    """An agent's browser on `/desk`."""

    _used: dict[str, int] = {}  # noqa: RUF012 - last time step used, by user name

    def __init__(self, page: Page, product: Product, watch: Watch, username: str) -> None:
        self.page, self.product, self.watch = page, product, watch
        self.agent: dict[str, Any] = agent(username)
        self.offer = page.get_by_role("region", name="新来访")
        self.box = page.get_by_role("textbox", name="回复来访者")
        self.thread = page.locator("#thread")

    async def code(self) -> str:
        """A one-time code that has not been used; the server takes one step to either side."""
        name, totp = self.agent["username"], pyotp.TOTP(self.agent["totp_secret"])
        while True:
            now = int(time.time()) // 30
            step = max(now, self._used.get(f"{self.product.url} {name}", 0) + 1)
            if step <= now + 1:
                self._used[f"{self.product.url} {name}"] = step
                return str(totp.generate_otp(step))
            await asyncio.sleep(0.5)

    async def sign_in(self) -> None:
        """Password and code, on the page."""
        await self.page.goto(f"{self.product.url}/desk")
        await self.page.get_by_role("textbox", name="用户名").fill(self.agent["username"])
        await self.page.get_by_role("textbox", name="密码").fill(self.agent["password"])
        await self.page.get_by_role("textbox", name="动态验证码").fill(await self.code())
        await self.page.get_by_role("button", name="登录", exact=True).click()
        await expect(self.page.get_by_role("heading", name="坐席工作台")).to_be_visible()

    async def go_online(self) -> None:
        """Ready for residents."""
        button = self.page.get_by_role("group", name="接待状态").get_by_role("button", name="在线")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")

    async def accept(self) -> None:
        """Take the resident who is offered."""
        await self.offer.get_by_role("button", name="接受").click()
        await expect(self.box).to_be_visible()

    async def say(self, text: str) -> None:
        """Type and send with Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def end(self) -> None:
        """End the conversation; the report opens."""
        await self.page.get_by_role("button", name="结束对话").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="结束并写小结").click()

    async def wrap_up(self, summary: str, outcome: str = "已解决") -> None:
        """Write and send the report."""
        form = self.page.get_by_role("form", name="服务小结")
        await form.get_by_role("radio", name=outcome).check(force=True)
        await form.get_by_role("textbox", name="小结").fill(summary)
        await form.get_by_role("button", name="提交小结").click()
        await expect(form).to_be_hidden()

    async def leave(self) -> None:
        """Sign out, whatever state the page is in."""
        await self.page.context.request.post(f"{self.product.url}/api/v1/desk/logout")
