"""The whole product as a user starts it: `python -m gateway.run` on free ports and an own data folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.conftest import ROOT, share_set_up

START_S = 150.0
DEMO = json.loads((ROOT / "docs" / "demo-accounts.json").read_text(encoding="utf-8"))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """A running instance."""

    url: str
    folder: Path
    log: Path
    supervisor: subprocess.Popen[bytes]

    def pids(self) -> dict[str, int | None]:
        """Process id by name, as the supervisor writes it."""
        found: dict[str, int | None] = json.loads((self.folder / "run" / "pids.json").read_text())
        return found

    def kill(self, name: str) -> int:
        """kill -9 one process; returns the id it had."""
        pid = self.pids()[name]
        assert pid is not None, f"{name} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    def memory_mb(self) -> float:
        """Proportional set size of every process of the instance, MB."""
        main = psutil.Process(self.supervisor.pid)
        family = [main, *main.children(recursive=True)]
        return sum(p.memory_full_info().pss for p in family) / 1e6

    async def ready(self, within_s: float = START_S) -> float:
        """Wait for `/readyz`; seconds it took."""
        started = time.monotonic()
        async with aiohttp.ClientSession() as session:
            while time.monotonic() - started < within_s:
                if self.supervisor.poll() is not None:
                    break
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return time.monotonic() - started
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError(f"not ready:\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGINT)
        return self.supervisor.wait(40)


def start(folder: Path, port: int | None = None, **env: str) -> Product:
    """Start an instance in `folder` (made if needed); it may not be ready yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "models").exists():
        share_set_up(folder)
    port = port or free_port()
    log = folder / "product.log"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SG_")}
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "gateway.run"],
        cwd=ROOT,
        env={
            **clean,
            "SG_DATA_DIR": str(folder),
            "SG_PORT": str(port),
            "SG_RATE_PER_MINUTE": "100000",
            **env,
        },
        stdin=subprocess.DEVNULL,
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return Product(f"http://127.0.0.1:{port}", folder, log, supervisor)


@contextmanager
def running(folder: Path, **env: str) -> Iterator[Product]:
    """An instance that is stopped afterwards, whatever happens."""
    product = start(folder, **env)
    try:
        yield product
    finally:
        try:
            product.stop()
        except subprocess.TimeoutExpired:
            product.supervisor.kill()


def resident(who: str) -> dict[str, Any]:
    """A demonstration resident by id."""
    return next(r for r in DEMO["residents"] if r["id"] == who)


def agent(username: str) -> dict[str, Any]:
    """A demonstration agent by user name."""
    return next(a for a in DEMO["agents"] if a["username"] == username)
