"""A dialogue engine for tests of the gateway: the wire of `bot/channel.py`, scripted answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.cards import Choice, ChoicesCard, HandoffCard, NoticeCard, SignInCard, dump_card


class FakeRasa:
    """Answers by keyword; remembers every turn it was given."""

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []
        self.up = True
        self.token = ""

    async def webhook(self, request: web.Request) -> web.Response:
        """One turn."""
        if not self.up:
            return web.json_response({"error": {"code": "assistant_warming"}}, status=503)
        assert request.headers["X-SG-Internal"] == self.token
        body = await request.json()
        self.turns.append(body)
        lang = body["metadata"]["lang"]
        said = body.get("payload") or body["text"]
        if "choices" in said:
            choice = Choice(title="A", token='/ask_item{"code":"SG-HR-004"}')
            card: Any = ChoicesCard(lang=lang, prompt="?", choices=[choice])
        elif "human" in said:
            card = HandoffCard(
                lang=lang, prompt="person", modes=["text"], wait_s=None, position=None
            )
        elif "account" in said:
            card = SignInCard(lang=lang, prompt="sign in", purpose="account", level="L3")
        else:
            card = NoticeCard(lang=lang, text=f"heard: {said}")
        slots = {"city": "dongguan", "answer_context": {"code": "SG-HR-004"}}
        messages = [{"text": "x", "custom": dump_card(card)}]
        return web.json_response({"messages": messages, "slots": slots, "intent": None})

    async def status(self, _request: web.Request) -> web.Response:
        """Whether the model is loaded."""
        return web.json_response({}, status=200 if self.up else 503)


@asynccontextmanager
async def fake_rasa(token: str) -> AsyncIterator[tuple[FakeRasa, str]]:
    """A running fake and its base URL."""
    fake = FakeRasa()
    fake.token = token
    app = web.Application()
    app.router.add_post("/webhooks/shenguan/webhook", fake.webhook)
    app.router.add_get("/status", fake.status)
    server = TestServer(app)
    await server.start_server()
    yield fake, str(server.make_url("/")).rstrip("/")
    await server.close()
