"""One supervisor for all processes: readiness order, restart with back-off, prefixed logs.

Decides nothing about what runs; that list is the composition root's. A child never outlives the
supervisor, however that dies (Linux parent-death signal), and a stop is orderly: newest first,
SIGTERM, then SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Ready = Callable[[], Awaitable[bool]]
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_S = 60.0
"""Up for this long, a process is taken as healthy and its back-off starts anew."""
POLL_S = 0.1
STOP_S = 8.0
_PR_SET_PDEATHSIG = 1
_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95)


@dataclass(frozen=True)
class Service:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]
    ready: Ready
    """Asked every 0.1 s after each start until it says yes."""
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Names of services that must be ready before this one is first started."""
    ready_within_s: float = 120.0


def backoff(failures: int) -> float:
    """Seconds to wait before the start that follows `failures` quick deaths in a row."""
    return BACKOFF_S[min(max(failures - 1, 0), len(BACKOFF_S) - 1)]


def die_with_parent() -> None:
    """Run in the child: ask Linux for SIGTERM when the supervisor dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Runs `services` until asked to stop."""

    def __init__(self, services: list[Service], on_ready: Callable[[str, float], None]) -> None:
        self._services = {s.name: s for s in services}
        self._on_ready = on_ready
        self._ready = {name: asyncio.Event() for name in self._services}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._colour = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(self._services)}
        self._width = max(len(name) for name in self._services)

    def pid(self, name: str) -> int | None:
        """Process id of a running service."""
        process = self._running.get(name)
        return process.pid if process else None

    def stop(self) -> None:
        """Ask for an orderly stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Start everything in readiness order and keep it running until `stop`."""
        tasks = [
            asyncio.create_task(self._keep(s), name=f"keep-{s.name}")
            for s in self._services.values()
        ]
        await self._stopping.wait()
        for name in reversed(list(self._services)):
            await self._end(name)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, service: Service) -> None:
        for needed in service.needs:
            await self._ready[needed].wait()
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_once(service, started)
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - started > STEADY_S else failures + 1
            wait = backoff(failures)
            self._print(service.name, f"ended with {code}; starting again in {wait:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _run_once(self, service: Service, started: float) -> int:
        process = await asyncio.create_subprocess_exec(
            *service.command,
            env={**os.environ, **service.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
            limit=1 << 20,
        )
        self._running[service.name] = process
        watch = asyncio.create_task(self._watch(service, process, started))
        assert process.stdout is not None
        await self._pump(service.name, process.stdout)
        code = await process.wait()
        watch.cancel()
        self._running.pop(service.name, None)
        return code

    async def _pump(self, name: str, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # a line over the limit: skip it, keep the process
                continue
            if not line:
                return
            self._print(name, line.decode("utf-8", "replace").rstrip())

    async def _watch(
        self, service: Service, process: asyncio.subprocess.Process, started: float
    ) -> None:
        while process.returncode is None:
            if await service.ready():
                self._on_ready(service.name, time.monotonic() - started)
                self._ready[service.name].set()
                return
            if time.monotonic() - started > service.ready_within_s:
                self._print(
                    service.name, f"not ready after {service.ready_within_s:g} s; restarting"
                )
                process.kill()
                return
            await asyncio.sleep(POLL_S)

    async def _end(self, name: str) -> None:
        process = self._running.get(name)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            self._print(name, "did not stop in time; killed")
            process.kill()

    def _print(self, name: str, line: str) -> None:
        label = name.ljust(self._width)
        if sys.stdout.isatty():
            label = f"\x1b[{self._colour[name]}m{label}\x1b[0m"
        print(f"{label} │ {line}", flush=True)  # noqa: T201 - this is the log of the whole product
