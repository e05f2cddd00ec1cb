"""Fakes and builders for tests of the desk: a thread in memory, a media node in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp

from core.cards import Card, dump_card
from core.clock import FakeClock
from core.db import Database
from core.errors import Unavailable
from core.settings import Settings
from desk.agents import Agent, NewAgent
from desk.ports import Ports
from desk.routing import AgentView
from desk.service import DeskService
from desk.tickets import Ticket

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse 1"


class FakeThread:
    """ConversationPort in memory; `fail` makes the next calls of system_message fail."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.states: list[str] = []
        self.typed: list[tuple[str, bool]] = []
        self.fail = 0

    def append(self, conversation: str, **message: Any) -> dict[str, Any]:
        thread = self.messages.setdefault(conversation, [])
        for old in thread:
            if message.get("client_id") and old.get("client_id") == message["client_id"]:
                return old
        stored = {
            "seq": len(thread) + 1,
            "id": f"msg_{conversation}_{len(thread) + 1}",
            "at": "2026-11-23T02:00:00Z",
            "cards": [],
            **message,
        }
        thread.append(stored)
        return stored

    def lines(self, conversation: str, author: str = "system") -> list[str]:
        return [m["text"] for m in self.messages.get(conversation, []) if m["author"] == author]

    async def transcript(
        self, conversation: str, *, limit: int = 200, after: int = 0
    ) -> list[dict[str, Any]]:
        found = [m for m in self.messages.get(conversation, []) if m["seq"] > after]
        return found[:limit] if after else found[-limit:]

    async def agent_message(
        self, conversation: str, ticket: str, agent_name: str, client_id: str, text: str
    ) -> dict[str, Any]:
        return self.append(
            conversation, author="agent", text=text, client_id=client_id, agent={"name": agent_name}
        )

    async def system_message(
        self, conversation: str, *, client_id: str, text: str, cards: Sequence[Card] = ()
    ) -> None:
        if self.fail:
            self.fail -= 1
            raise RuntimeError("the thread cannot be written")
        self.append(
            conversation,
            author="system",
            text=text,
            client_id=client_id,
            cards=[dump_card(c) for c in cards],
        )

    async def state_changed(self, conversation: str) -> None:
        self.states.append(conversation)

    async def typing(self, conversation: str, on: bool) -> None:
        self.typed.append((conversation, on))


class FakeMedia:
    """ConsultationPort and MediaSignalPort in memory; `down` makes `prepare` fail."""

    def __init__(self) -> None:
        self.down = False
        self.calls: list[tuple[str, ...]] = []

    async def prepare(self, ticket: Ticket) -> str:
        if self.down:
            raise Unavailable()
        self.calls.append(("prepare", ticket.id))
        return f"con_{ticket.id}"

    async def start(self, consultation: str) -> None:
        self.calls.append(("start", consultation))

    async def end(self, consultation: str, reason: str) -> None:
        self.calls.append(("end", consultation, reason))

    async def agent_offer(self, consultation: str, sdp: str) -> str:
        return f"answer to {sdp}"

    async def agent_media(self, consultation: str, audio: bool, video: bool) -> None:
        """Nothing to do."""

    async def agent_leave(self, consultation: str) -> None:
        self.calls.append(("leave", consultation))


class Desk:
    """A desk on a fresh SQLite file, with fakes."""

    def __init__(self, folder: Path, *, sandbox: bool = True, redis: Any = None) -> None:
        self.clock = FakeClock(NOW)
        self.thread, self.media = FakeThread(), FakeMedia()
        self.settings = Settings(
            mode="sandbox" if sandbox else "production", data_dir=folder, _env_file=None
        )
        self.db = Database(f"sqlite+aiosqlite:///{folder / 'desk.db'}")
        self.redis = redis
        self.service = self.process()

    def process(self) -> DeskService:
        """Another process over the same record and thread."""
        return DeskService(
            db=self.db,
            redis=self.redis,
            clock=self.clock,
            settings=self.settings,
            ports=Ports(self.thread, self.media, self.media),
        )

    async def agent(self, username: str, online: bool = True, **changes: Any) -> Agent:
        """An agent with the shared password and secret, online unless told otherwise."""
        fields: dict[str, Any] = {
            "username": username,
            "password": PASSWORD,
            "name": "林晓",
            "name_en": "Lin Xiao",
            "roles": ("agent",),
            "cities": ("shenzhen", "dongguan"),
            "languages": ("zh", "en"),
            "media": ("text", "video"),
            "totp_secret": SECRET,
        }
        agent, _ = await self.service.agents.create(NewAgent(**(fields | changes)))
        if online:
            await self.service.set_presence(agent, "online", agent.media)
        return agent

    async def open(self, conversation: str = "cnv_1", **changes: Any) -> Ticket:
        """A resident queues."""
        fields: dict[str, Any] = {
            "media": "text",
            "lang": "zh",
            "city": "shenzhen",
            "reason": "asked",
            "resident_name_masked": "张*明",
            "level": "L2",
            "summary": {
                "asked": [],
                "cards": [],
                "slots": {},
                "lang": "zh",
                "city": None,
                "text": "",
            },
        }
        return await self.service.open_ticket(conversation=conversation, **(fields | changes))

    async def step(self) -> None:
        """One step of the desk's loop."""
        await self.service.engine.step()

    async def beat(self, *agents: Agent) -> None:
        """Heartbeats."""
        for agent in agents:
            await self.service.heartbeat(agent)

    def code(self, ahead: int = 0, secret: str = SECRET) -> str:
        """The one-time code now, or `ahead` steps later."""
        return pyotp.TOTP(secret).at(self.clock.now() + timedelta(seconds=30 * ahead))


def ticket(**changes: Any) -> Ticket:
    """A queued ticket."""
    fields: dict[str, Any] = {
        "id": "tkt_1",
        "conversation": "cnv_1",
        "state": "queued",
        "media": "text",
        "lang": "zh",
        "city": "shenzhen",
        "domain": None,
        "reason": "asked",
        "resident_name": None,
        "level": "L0",
        "summary": {},
        "opened_at": NOW,
        "enqueued_at": NOW,
    }
    return Ticket(**(fields | changes))


def view(id_: str = "a", **changes: Any) -> AgentView:
    """An agent of Shenzhen who is online and free."""
    fields: dict[str, Any] = {
        "id": id_,
        "cities": ("shenzhen",),
        "languages": ("zh",),
        "media": ("text", "video"),
        "online": True,
        "idle_since": NOW - timedelta(minutes=5),
    }
    return AgentView(**(fields | changes))
