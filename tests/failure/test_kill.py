"""Failure: kill -9 of any process at any moment loses no acknowledged message, ticket or wrap-up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
import pytest

from tests.product import Product, agent, running, start

QUESTIONS = [
    "社保卡丢了怎么补办",
    "how do I renew a passport",
    "居住证怎么办",
    "你好",
    "要带什么材料",
]
DEADLINE_S = 120.0


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One instance for this module; each test finds it healthy and leaves it so."""
    with running(tmp_path_factory.mktemp("kill") / "var") as found:
        asyncio.run(found.ready())
        yield found


class Page:
    """A resident's page that reconnects and resends, as ours does."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.acked: dict[str, int] = {}
        self.thread: dict[int, dict[str, Any]] = {}

    async def open(self) -> None:
        """Get the session cookie."""
        async with self._session.post(f"{self._url}/api/v1/session", json={"lang": "zh"}) as answer:
            assert answer.status == 200

    async def say(self, client_id: str, text: str) -> None:
        """Send until acknowledged, over as many sockets as it takes."""
        async with asyncio.timeout(DEADLINE_S):
            while client_id not in self.acked:
                with contextlib.suppress(
                    aiohttp.ClientError, OSError, TypeError, asyncio.TimeoutError
                ):
                    await self._once(
                        {"type": "say", "client_id": client_id, "text": text}, client_id
                    )
                await asyncio.sleep(0.05)

    async def _once(self, frame: dict[str, Any], client_id: str) -> None:
        async with self._session.ws_connect(f"{self._url}/ws/chat") as ws:
            await ws.send_json(
                {"type": "hello", "after": max(self.thread, default=0), "lang": "zh"}
            )
            await ws.send_json(frame)
            async with asyncio.timeout(10):
                while client_id not in self.acked:
                    self._take(await ws.receive_json())

    async def answered(self, client_id: str) -> None:
        """Read until a bot message comes after the question."""
        async with asyncio.timeout(DEADLINE_S):
            while not self._has_answer(client_id):
                with contextlib.suppress(
                    aiohttp.ClientError, OSError, TypeError, asyncio.TimeoutError
                ):
                    await self._listen(client_id)
                await asyncio.sleep(0.05)

    async def _listen(self, client_id: str) -> None:
        async with self._session.ws_connect(f"{self._url}/ws/chat") as ws:
            await ws.send_json({"type": "hello", "after": 0, "lang": "zh"})
            async with asyncio.timeout(10):
                while not self._has_answer(client_id):
                    self._take(await ws.receive_json())

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack" and "seq" in frame:
            self.acked[frame["client_id"]] = frame["seq"]
        elif frame["type"] == "message":
            self.thread[frame["seq"]] = frame

    def _has_answer(self, client_id: str) -> bool:
        asked = self.acked[client_id]
        return any(m["author"] == "bot" and seq > asked for seq, m in self.thread.items())

    async def whole_thread(self) -> list[dict[str, Any]]:
        """The thread as the record has it now."""
        self.thread.clear()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TypeError):
                    async with self._session.ws_connect(f"{self._url}/ws/chat") as ws:
                        await ws.send_json({"type": "hello", "after": 0, "lang": "zh"})
                        last = (await ws.receive_json())["last_seq"]
                        while max(self.thread, default=0) < last:
                            self._take(await ws.receive_json())
                        return [self.thread[s] for s in sorted(self.thread)]
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def open_page(product: Product) -> AsyncIterator[Page]:
    """A page with its own cookies."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        page = Page(session, product.url)
        await page.open()
        yield page


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "victim", ["gateway", "rasa", "actions", "redis", "video", "shenzhen", "dongguan"]
)
async def test_no_acknowledged_message_is_lost(product: Product, victim: str) -> None:
    """Kill in the middle of a conversation: each acked message is in the thread once, and answered."""
    await product.ready()
    async with open_page(product) as page:
        for number, question in enumerate(QUESTIONS):
            client_id = f"kill-{victim}-{number:03}"
            if number == 2:
                killed = product.kill(victim)
            await page.say(client_id, question)
        for client_id in list(page.acked):
            await page.answered(client_id)
        thread = await page.whole_thread()
        sent = [m["client_id"] for m in thread if m["author"] == "resident"]
        assert sent == [f"kill-{victim}-{n:03}" for n in range(len(QUESTIONS))]
        assert [m["seq"] for m in thread] == list(range(1, len(thread) + 1))
    async with asyncio.timeout(DEADLINE_S):
        while product.pids()[victim] in (None, killed):
            await asyncio.sleep(0.1)
    await product.ready()


async def _desk(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    who = agent("linxiao")
    code = pyotp.TOTP(who["totp_secret"]).now()
    body = {"username": who["username"], "password": who["password"], "totp": code}
    async with session.post(f"{url}/api/v1/desk/login", json=body) as answer:
        assert answer.status == 200, await answer.text()
    ws = await session.ws_connect(f"{url}/ws/desk")
    await ws.send_json({"type": "hello", "after": 0})
    return ws


async def _until(ws: aiohttp.ClientWebSocketResponse, kind: str, **fields: Any) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            frame: dict[str, Any] = await ws.receive_json()
            assert frame["type"] != "error", frame
            if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                return frame


@pytest.mark.timeout(400)
async def test_a_ticket_and_its_wrap_up_survive_the_gateway(product: Product) -> None:
    """The gateway dies with a ticket queued, again with it active, again after the wrap-up."""
    await product.ready()
    jar = aiohttp.CookieJar(unsafe=True)
    async with open_page(product) as page, aiohttp.ClientSession(cookie_jar=jar) as desk_session:
        await page.say("ticket-000001", "我想找人工")
        async with page._session.ws_connect(f"{product.url}/ws/chat") as ws:
            await ws.send_json({"type": "hello", "after": 0, "lang": "zh"})
            await ws.send_json({"type": "handoff", "client_id": "ticket-000002", "mode": "text"})
            state = await _until(ws, "state", mode="queued")
            ticket = state["ticket"]
        product.kill("gateway")
        await _gateway_back(product)
        desk = await _desk(desk_session, product.url)
        await desk.send_json({"type": "presence", "status": "online", "media": ["text"]})
        offer = await _until(desk, "offer")
        assert offer["ticket"]["id"] == ticket
        await desk.send_json({"type": "accept", "ticket": ticket})
        await _until(desk, "ticket")
        say = {
            "type": "say",
            "ticket": ticket,
            "client_id": "agent-000001",
            "text": "您好，我来帮您",
        }
        await desk.send_json(say)
        await _until(desk, "ack", client_id="agent-000001")
        product.kill("gateway")
        await _gateway_back(product)
        desk = await desk_session.ws_connect(f"{product.url}/ws/desk")
        await desk.send_json({"type": "hello", "after": 0})
        welcome = await _until(desk, "welcome")
        assert [t["id"] for t in welcome["tickets"]] == [ticket]
        await desk.send_json({"type": "end", "ticket": ticket})
        wrap_up = {
            "type": "wrap_up", "ticket": ticket, "client_id": "wrap-000001",
            "summary": "已告知补卡流程", "outcome": "solved", "codes": ["SG-HR-004"], "note": "",
        }  # fmt: skip
        await desk.send_json(wrap_up)
        await _until(desk, "ack", client_id="wrap-000001")
        product.kill("gateway")
        await _gateway_back(product)
        async with asyncio.timeout(DEADLINE_S):
            while True:
                thread = await page.whole_thread()
                cards = [c for m in thread for c in m["cards"] if c["type"] == "rating"]
                if cards:
                    break
                await asyncio.sleep(0.2)
        assert cards[0]["summary"] == "已告知补卡流程"
        assert [m["text"] for m in thread if m["author"] == "agent"] == ["您好，我来帮您"]


async def _gateway_back(product: Product) -> None:
    async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as session:
        await asyncio.sleep(0.3)
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{product.url}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
async def test_killing_the_supervisor_takes_everything_with_it_and_loses_nothing(
    tmp_path: Path,
) -> None:
    """No orphan keeps a port; the next start continues the conversation."""
    folder = tmp_path / "var"
    first = start(folder)
    try:
        await first.ready()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            page = Page(session, first.url)
            await page.open()
            await page.say("before-00001", "社保卡丢了怎么补办")
            children = [pid for name, pid in first.pids().items() if name != "supervisor" and pid]
            os.kill(first.supervisor.pid, signal.SIGKILL)
            first.supervisor.wait(10)
            async with asyncio.timeout(30):
                while any(_alive(pid) for pid in children):
                    await asyncio.sleep(0.1)
            second = start(folder, int(first.url.rsplit(":", 1)[1]))
            try:
                await page.answered("before-00001")
                thread = await page.whole_thread()
            finally:
                second.stop()
        assert [m["text"] for m in thread if m["author"] == "resident"] == ["社保卡丢了怎么补办"]
    finally:
        if first.supervisor.poll() is None:
            first.stop()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.timeout(120)
def test_a_busy_port_and_a_taken_folder_are_said_in_a_sentence(product: Product) -> None:
    """The second start says what to do and touches nothing."""
    same_folder = start(product.folder)
    assert same_folder.supervisor.wait(30) == 1
    assert "SG_DATA_DIR" in same_folder.tail(3)
    other = start(product.folder.parent / "other", int(product.url.rsplit(":", 1)[1]))
    assert other.supervisor.wait(30) == 1
    assert "SG_PORT" in other.tail(3)
