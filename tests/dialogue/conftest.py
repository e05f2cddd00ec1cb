"""The bot as it runs: two sandbox cities, the action server and Rasa, on free loopback ports.

Started once per session on what set-up trained and indexed; every test uses its own conversation.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.auth import Signer
from core.clock import SystemClock
from core.db import Database
from core.identity import Identity
from core.ids import new_id
from core.settings import Settings
from tests.conftest import ROOT, SET_UP, share_set_up

TOKEN = "internal-token-of-the-dialogue-tests"
CHANNEL = Settings(internal_token=TOKEN).dialogue_token()  # type: ignore[arg-type]
"""What Rasa shows and is shown; it never holds the key that signs."""
START_S = 150


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trained_model() -> Path:
    """The model of the present sources; trained by set-up, or here."""
    environment = {**os.environ, "SG_DATA_DIR": str(SET_UP)}
    done = subprocess.run(
        [sys.executable, "scripts/train.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(done.stdout.strip().splitlines()[-1])


@dataclass
class Answer:
    """What one turn brought."""

    messages: list[dict[str, Any]]
    slots: dict[str, Any]
    intent: dict[str, Any]

    @property
    def types(self) -> list[str]:
        """Card types in order; `text` for a plain sentence."""
        return [m["custom"]["type"] if "custom" in m else "text" for m in self.messages]

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards in order."""
        return [m["custom"] for m in self.messages if "custom" in m]

    @property
    def text(self) -> str:
        """Everything said."""
        return "\n".join(m.get("text", "") for m in self.messages)


@dataclass
class Bot:
    """The running bot, from the gateway's side of the wire."""

    url: str
    model: Path
    database: Path
    actions: subprocess.Popen[bytes]

    def post(self, body: Any, token: str = CHANNEL) -> tuple[int, dict[str, Any]]:
        """(status, JSON) of one call."""
        request = urllib.request.Request(
            f"{self.url}/webhooks/shenguan/webhook",
            json.dumps(body).encode(),
            {"X-SG-Internal": token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def talk(self, **metadata: Any) -> Talk:
        """A new conversation."""
        return Talk(self, new_id("cnv"), {"lang": "zh", **metadata})


@dataclass
class Talk:
    """One conversation."""

    bot: Bot
    sender: str
    metadata: dict[str, Any] = field(default_factory=dict)

    def _turn(self, body: dict[str, Any]) -> Answer:
        metadata = {"conversation": self.sender, **self.metadata}
        status, data = self.bot.post({"sender": self.sender, "metadata": metadata, **body})
        assert status == 200, data
        return Answer(data["messages"], data["slots"], data["intent"])

    def say(self, text: str) -> Answer:
        """The resident types."""
        return self._turn({"text": text})

    def tap(self, payload: str) -> Answer:
        """The resident taps a chip."""
        return self._turn({"payload": payload})

    def sign_in(self, network_id: str, level: str = "L3") -> None:
        """From now on the gateway vouches for this person."""
        until = datetime.now(UTC) + timedelta(minutes=30)
        identity = Identity(network_id, "shenzhen", "林*", level, until)  # type: ignore[arg-type]
        signer = Signer(TOKEN, SystemClock())
        self.metadata["acting"] = signer.sign("act", identity.claims(), 120)


def _until(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        assert time.monotonic() < deadline, f"{what} after {START_S} s"
        time.sleep(0.2)  # another process starts: there is no clock to inject


def _until_up(url: str, process: subprocess.Popen[bytes], what: str) -> None:
    def up() -> bool:
        assert process.poll() is None, f"{what} ended with {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    _until(up, f"{what} is not up")


def _until_it_answers(bot: Bot) -> None:
    """The action server listens before it has opened the list: a slow machine is not a failure."""
    body = {"text": "社保卡丢了怎么补办", "metadata": {"lang": "zh"}}
    _until(lambda: bot.post({"sender": new_id("cnv"), **body})[0] == 200, "the bot gives no answer")


async def _make_tables(url: str) -> None:
    for room in ("core.consents", "core.outbox", "core.callbacks"):
        importlib.import_module(room)
    database = Database(url)
    await database.create_all()
    await database.close()


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model."""
    return trained_model()


@pytest.fixture(scope="session")
def bot(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """Cities, actions and Rasa running."""
    folder = tmp_path_factory.mktemp("bot")
    share_set_up(folder)
    ports = {name: free_port() for name in ("shenzhen", "dongguan", "actions", "rasa")}
    database = folder / "sg.db"
    environment = {
        **os.environ,
        "SG_DATA_DIR": str(folder),
        "SG_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "SG_REDIS_URL": "",
        "SG_TURN_TIMEOUT_S": "4",
        "SG_INTERNAL_TOKEN": TOKEN,
        "SG_CITY_SHENZHEN_URL": f"http://127.0.0.1:{ports['shenzhen']}",
        "SG_CITY_DONGGUAN_URL": f"http://127.0.0.1:{ports['dongguan']}",
        "SG_ACTIONS_URL": f"http://127.0.0.1:{ports['actions']}/webhook",
    }
    asyncio.run(_make_tables(environment["SG_DATABASE_URL"]))
    rasa = str(ROOT / ".venv-rasa" / "bin" / "python")
    commands = {
        "rasa": [rasa, "-m", "bot.run", "--port", str(ports["rasa"]), "--model", str(model)],
        "actions": [sys.executable, "-m", "actions", "--port", str(ports["actions"])],
    }
    for city in ("shenzhen", "dongguan"):
        commands[city] = [
            sys.executable, "-m", f"cities.sandbox.{city}", "--port", str(ports[city]),
            "--data", str(folder / city), "--latency-ms", "0", "--jitter-ms", "0",
        ]  # fmt: skip
    running: dict[str, subprocess.Popen[bytes]] = {}
    logs = folder / "logs"
    logs.mkdir()
    try:
        for name, command in commands.items():
            with (logs / name).open("wb") as log:
                own = {**environment, "SG_INTERNAL_TOKEN": CHANNEL if name == "rasa" else TOKEN}
                running[name] = subprocess.Popen(command, cwd=ROOT, env=own, stderr=log)
        for name, process in running.items():
            page = "status" if name == "rasa" else "healthz"
            _until_up(f"http://127.0.0.1:{ports[name]}/{page}", process, name)
        made = Bot(f"http://127.0.0.1:{ports['rasa']}", model, database, running["actions"])
        _until_it_answers(made)
        yield made
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
