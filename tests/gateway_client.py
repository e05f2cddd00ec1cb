"""A resident for tests: the real application on a real port, spoken to as a page does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer

from core.db import Database
from core.settings import Settings
from gateway.app import build
from gateway.context import Gateway
from gateway.migrate import migrate
from gateway.search import SearchRuntime
from tests.conftest import SET_UP

WAIT_S = 20.0


class Resident:
    """One page: a socket and everything it received."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.frames: list[dict[str, Any]] = []

    async def send(self, **frame: Any) -> None:
        """Send one frame."""
        await self.ws.send_json(frame)

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read until a frame of that type with these fields comes."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame: dict[str, Any] = await self.ws.receive_json()
                self.frames.append(frame)
                if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                    return frame

    async def say(self, text: str, client_id: str = "client-0001") -> dict[str, Any]:
        """Say something and wait for the bot's answer."""
        await self.send(type="say", client_id=client_id, text=text)
        return await self.until("message", author="bot")


@cache
def opened_search(data_dir: str) -> SearchRuntime:
    """The real search over what set-up built, opened once for all tests."""
    search = SearchRuntime(Settings(data_dir=Path(data_dir)), None)
    asyncio.run(search.open())
    assert search.ready, "the search index does not open: run `make test`, which builds it"
    return search


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[TestClient[Any, Any], Gateway]]:
    """The gateway, started with its loops, on a free port; search is open."""
    await migrate(settings)
    search = await asyncio.to_thread(opened_search, str(SET_UP))
    app, gw = build(settings, search=search)
    client: TestClient[Any, Any] = TestClient(TestServer(app))
    await client.start_server()
    try:
        yield client, gw
    finally:
        await client.close()


async def rasa_is_seen(gw: Gateway) -> None:
    """Wait until the gateway noticed that Rasa answers."""
    async with asyncio.timeout(WAIT_S):
        while not gw.turns.rasa_ready:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def page(client: TestClient[Any, Any], after: int = 0) -> AsyncIterator[Resident]:
    """A browser with a session and an open socket that has said hello."""
    await client.post("/api/v1/session", json={"lang": "zh"})
    async with client.ws_connect("/ws/chat") as ws:
        resident = Resident(ws)
        await resident.send(type="hello", after=after, lang="zh")
        await resident.until("welcome")
        yield resident


async def message_count(db: Database) -> int:
    """How many messages the record holds."""
    from sqlalchemy import func, select

    from gateway.tables import messages

    async with db.connect() as conn:
        return int((await conn.execute(select(func.count()).select_from(messages))).scalar_one())
