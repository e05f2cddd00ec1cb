"""A resident as the page is one: session, socket, questions, answers, timed.

Decides when a turn counts: when a card of type `answer` arrived. It is over when the assistant stops
typing, which the gateway says after the last message of a turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

TURN_WITHIN_S = 20.0


@dataclass
class Answered:
    """One turn: seconds to the (first) answer card, None when none came; types of all cards."""

    seconds: float | None
    whole_s: float
    cards: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def warming(self) -> bool:
        """Whether search answered because the dialogue engine was not there yet."""
        return len(self.cards) > 1 and self.cards[-1]["type"] == "notice"


class Resident:
    """An open page."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws, self._asked = ws, 0
        self.assistant = "warming"

    async def hello(self, lang: str) -> None:
        """Open the thread and learn who answers."""
        await self._send({"type": "hello", "after": 0, "lang": lang})
        while (await self.frame())["type"] != "welcome":
            pass

    async def frame(self) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(TURN_WITHIN_S):
            frame: dict[str, Any] = orjson.loads(await self._ws.receive_str())
        if frame["type"] == "welcome":
            self.assistant = frame["state"]["assistant"]
        elif frame["type"] == "state":
            self.assistant = frame["assistant"]
        return frame

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._ws.send_str(orjson.dumps(frame).decode())

    async def ask(self, text: str) -> Answered:
        """One turn."""
        self._asked += 1
        client_id = f"bench-{self._asked:08d}"
        started = time.perf_counter()
        await self._send({"type": "say", "client_id": client_id, "text": text})
        found, answered = Answered(None, 0.0), False
        while True:
            frame = await self.frame()
            kind = frame["type"]
            if kind == "error":
                raise RuntimeError(f"refused: {frame['error']['code']}")
            if kind == "message" and frame["author"] == "bot":
                answered = True
                found.messages.append(frame)
                found.cards += frame["cards"]
                if found.seconds is None and any(c["type"] == "answer" for c in frame["cards"]):
                    found.seconds = time.perf_counter() - started
            elif kind == "typing" and frame["author"] == "bot" and not frame["on"] and answered:
                found.whole_s = time.perf_counter() - started
                return found


@asynccontextmanager
async def page(url: str, lang: str = "zh") -> AsyncIterator[Resident]:
    """A resident with an own session, an own connection and a socket that has said hello."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.post(f"{url}/api/v1/session", json={"lang": lang}) as answer:
            answer.raise_for_status()
        async with session.ws_connect(f"{url}/ws/chat", max_msg_size=0, compress=0) as ws:
            resident = Resident(ws)
            await resident.hello(lang)
            yield resident
