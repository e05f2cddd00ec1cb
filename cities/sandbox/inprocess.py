"""A sandbox city inside the calling process, on a free loopback port: for tests of every room.

The same application as the separate service, with the caller's clock and without latency.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from cities.sandbox import dongguan, shenzhen
from cities.sandbox.faults import Faults, Weather
from cities.sandbox.server import Sandbox, make_app
from cities.sandbox.store import Store
from core.cards import City
from core.clock import Clock


@dataclass(frozen=True, slots=True)
class RunningCity:
    """A served sandbox city."""

    url: str
    sandbox: Sandbox

    def fault(self, faults: Faults | None = None) -> None:
        """Switch a fault on for this run; without an argument, heal."""
        self.sandbox.weather.faults = faults or Faults()


@asynccontextmanager
async def running_city(
    city: City,
    data_dir: Path,
    *,
    secret: str,
    clock: Clock,
    token: str = "",
    port: int = 0,
) -> AsyncIterator[RunningCity]:
    """Serve `city` on `port` (0: any free one) of 127.0.0.1 until the block is left."""
    weather = Weather(latency_ms=0, jitter_ms=0, seed=1)
    sandbox = Sandbox(city, Store(city, data_dir), weather, secret, clock)
    routes = shenzhen.routes if city == "shenzhen" else dongguan.routes
    app = make_app(sandbox, token, routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        bound = runner.addresses[0][1]
        yield RunningCity(f"http://127.0.0.1:{bound}", sandbox)
    finally:
        await runner.cleanup()
