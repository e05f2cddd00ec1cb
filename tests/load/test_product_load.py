"""Load: sixteen residents talk to the whole product at once; nothing is lost, doubled or left open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil
import pytest

from tests.product import Product, running

RESIDENTS, MOST_TURNS, ROUND_S, MOST_ROUNDS = 16, 6, 7.0, 6
P95_S = 8.0
"""Only against a hang or a queue that grows without end: `make bench` measures speed."""
SOCKETS_MORE = 12
"""By which pools may breathe; a socket leaked by each of the sixteen would be more than this."""
QUESTIONS = [
    "社保卡丢了怎么补办", "居住证怎么办", "How do I renew a passport", "住房公积金怎么提取",
    "身份证过期了可以在东莞换吗", "How do I register a marriage", "新生儿怎么上户口",
    "How do I transfer my social insurance to Shenzhen", "生育津贴怎么领", "驾照到期了怎么换",
    "异地就医怎么备案", "How do I open a company in Dongguan", "失业金怎么申请", "港澳通行证怎么续签",
]  # fmt: skip


@dataclass
class Page:
    """One resident's page and everything it was told."""

    ws: aiohttp.ClientWebSocketResponse
    said: list[str] = field(default_factory=list)
    acks: Counter[str] = field(default_factory=Counter)
    thread: dict[int, dict[str, Any]] = field(default_factory=dict)
    twice: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    async def frame(self) -> dict[str, Any]:
        """The next frame, kept."""
        async with asyncio.timeout(30):
            found: dict[str, Any] = await self.ws.receive_json()
        assert found["type"] != "error", found
        if found["type"] == "message":
            if found["seq"] in self.thread:
                self.twice.append(found["seq"])
            self.thread[found["seq"]] = found
        elif found["type"] == "ack":
            self.acks[found["client_id"]] += 1
        return found

    async def ask(self, client_id: str, text: str) -> None:
        """Say it and wait until the assistant has finished answering."""
        self.said.append(text)
        started, answered = time.perf_counter(), False
        await self.ws.send_json({"type": "say", "client_id": client_id, "text": text})
        while True:
            found = await self.frame()
            answered = answered or (found["type"] == "message" and found["author"] == "bot")
            if answered and found["type"] == "typing" and not found["on"]:
                self.took.append(time.perf_counter() - started)
                return

    def check(self) -> None:
        """Every word is there once, in order, acknowledged once, and answered before the next."""
        assert self.twice == [], "a message came twice"
        assert set(self.acks.values()) <= {1}, "an acknowledgement came twice"
        assert len(self.acks) == len(self.said)
        order = [self.thread[seq] for seq in sorted(self.thread)]
        assert sorted(self.thread) == list(range(1, len(order) + 1)), "a message is missing"
        assert [m["text"] for m in order if m["author"] == "resident"] == self.said
        authors = "".join(m["author"][0] for m in order)
        turns = [turn for turn in authors.split("r") if turn]
        assert len(turns) == len(self.said), f"a question without an answer: {authors}"
        assert len({m["id"] for m in order}) == len(order)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One instance for this module."""
    with running(tmp_path_factory.mktemp("load") / "var") as found:
        asyncio.run(found.ready())
        yield found


async def _page(product: Product, stack: AsyncExitStack) -> Page:
    session = await stack.enter_async_context(
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    )
    async with session.post(f"{product.url}/api/v1/session", json={"lang": "zh"}) as answer:
        assert answer.status == 200
    ws = await stack.enter_async_context(session.ws_connect(f"{product.url}/ws/chat"))
    page = Page(ws)
    await ws.send_json({"type": "hello", "after": 0, "lang": "zh"})
    while (await page.frame())["type"] != "welcome":
        pass
    return page


async def _talk(product: Product, who: int, until: float, pages: list[Page]) -> None:
    async with AsyncExitStack() as stack:
        page = await _page(product, stack)
        pages.append(page)
        for turn in range(MOST_TURNS):
            text = QUESTIONS[(who * 3 + turn * 5) % len(QUESTIONS)]
            await page.ask(f"load-{who:02d}-{turn:04d}", text)
            if time.monotonic() > until:
                break


def _open_sockets(product: Product) -> int:
    pids = [pid for name, pid in product.pids().items() if pid and name != "supervisor"]
    return sum(len(psutil.Process(pid).net_connections(kind="inet")) for pid in pids)


def _residents_sockets(product: Product) -> int:
    """Connections to the gateway's own port that are still open."""
    port = int(product.url.rsplit(":", 1)[1])
    found = psutil.Process(product.pids()["gateway"]).net_connections(kind="inet")
    return sum(c.laddr.port == port and c.status == psutil.CONN_ESTABLISHED for c in found)


async def _settled(product: Product) -> int:
    """Open sockets once those of the pages that left are gone: the number stands for a second."""
    last, since = _open_sockets(product), time.monotonic()
    while time.monotonic() - since < 1.0:
        await asyncio.sleep(0.1)
        if (now := _open_sockets(product)) != last:
            last, since = now, time.monotonic()
    return last


async def _round(product: Product) -> list[Page]:
    """All residents at once for a while, each in an own browser that is closed afterwards."""
    pages: list[Page] = []
    until = time.monotonic() + ROUND_S
    async with asyncio.timeout(ROUND_S * 5), asyncio.TaskGroup() as group:
        for who in range(RESIDENTS):
            group.create_task(_talk(product, who, until, pages))
    assert len(pages) == RESIDENTS
    return pages


@pytest.mark.timeout(200)
async def test_sixteen_residents_at_once_lose_nothing_and_leave_nothing_open(
    product: Product,
) -> None:
    """Each hears one answer to every question, in order; the slowest are not left hanging; when they
    are gone no socket of theirs is left. The pools between our processes fill and empty by the clock,
    so one round may add to them, but a leak adds to every round."""
    pages, sockets = [], []
    while len(sockets) < MOST_ROUNDS and not _stands(sockets):
        pages += await _round(product)
        sockets.append(await _settled(product))
        assert _residents_sockets(product) == 0
    for page in pages:
        page.check()
    took = sorted(seconds for page in pages for seconds in page.took)
    p95 = took[int(len(took) * 0.95) - 1]
    print(f"{len(took)} turns, p50 {took[len(took) // 2]:.2f} s, p95 {p95:.2f} s")
    print(f"open sockets after each round: {sockets}")
    assert p95 < P95_S, f"p95 {p95:.1f} s"
    assert _stands(sockets), f"every round left more sockets open: {sockets}"


def _stands(sockets: list[int]) -> bool:
    """Whether the last of at least three rounds left no more open than the fullest before it."""
    return len(sockets) > 2 and sockets[-1] <= max(sockets[:-1]) + SOCKETS_MORE
