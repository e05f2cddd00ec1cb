"""What both sandbox cities share: administration, faults, health, metrics, start and stop.

The wire format of each city is in `shenzhen.py` and `dongguan.py`. Health, metrics and
administration are never subject to faults. Administration needs the internal token.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel, ConfigDict

from cities.credentials import city_secret
from cities.ports import CaseState, Hold
from cities.sandbox.faults import Faults, Weather
from cities.sandbox.store import Store
from core import log, metrics
from core.cards import City
from core.clock import CITY_TZ, Clock, SystemClock
from core.errors import NotAllowed, NotFound
from core.http import (
    INTERNAL_HEADER,
    Handler,
    error_middleware,
    healthz,
    json_body,
    json_response,
    metrics_page,
)
from core.settings import Settings

_log = log.get_log(__name__)
_requests = metrics.counter(
    "sg_sandbox_city_requests", "Requests to a sandbox city", ("city", "outcome")
)
_OPEN = ("/healthz", "/metrics")
_ADMIN = "/_admin/"
HANG_S = 120.0
"""Longest time a request is left unanswered by the `timeout` fault."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Everything a sandbox city's handlers need."""

    city: City
    store: Store
    weather: Weather
    secret: str
    clock: Clock


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)
_STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping", asyncio.Event)
Routes = Callable[[web.Application], None]


class CaseMove(BaseModel):
    """The body of `POST /_admin/cases`: a clerk moves a case on."""

    model_config = ConfigDict(extra="forbid")

    case_no: str
    state: CaseState
    hold: Hold | None = None


def make_app(sandbox: Sandbox, token: str, routes: Routes) -> web.Application:
    """The application of one sandbox city; `routes` adds its wire format."""
    app = web.Application(
        middlewares=[error_middleware, _admin_guard(token), _weather], client_max_size=64 * 1024
    )
    app[SANDBOX] = sandbox
    app[_STOPPING] = asyncio.Event()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics_page)
    app.router.add_get("/_admin/faults", _get_faults)
    app.router.add_put("/_admin/faults", _put_faults)
    app.router.add_delete("/_admin/faults", _clear_faults)
    app.router.add_post("/_admin/cases", _move_case)
    app.router.add_post("/_admin/month", _run_month)
    routes(app)
    app.on_startup.append(_start)
    app.on_shutdown.append(_stop)
    app.on_cleanup.append(_close)
    return app


async def _start(app: web.Application) -> None:
    sandbox = app[SANDBOX]
    now = sandbox.clock.now()
    await sandbox.store.open(now, now.astimezone(CITY_TZ).date())
    stored = await sandbox.store.setting("faults")
    if stored:
        sandbox.weather.faults = Faults.model_validate(stored)


async def _stop(app: web.Application) -> None:
    app[_STOPPING].set()


async def _close(app: web.Application) -> None:
    await app[SANDBOX].store.close()


def _admin_guard(token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_ADMIN):
            given = request.headers.get(INTERNAL_HEADER, "")
            if not token or not hmac.compare_digest(given.encode(), token.encode()):
                raise NotAllowed()
        return await handler(request)

    return guard


@web.middleware
async def _weather(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path in _OPEN or request.path.startswith(_ADMIN):
        return await handler(request)
    sandbox = request.app[SANDBOX]
    mode = sandbox.weather.faults.mode
    if mode == "down":
        _requests.labels(sandbox.city, "dropped").inc()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
    if mode == "timeout":
        _requests.labels(sandbox.city, "hung").inc()
        try:
            async with asyncio.timeout(HANG_S):
                await request.app[_STOPPING].wait()
        except TimeoutError:
            pass
        return web.Response(status=504)
    await sandbox.clock.sleep(sandbox.weather.delay_s())
    if sandbox.weather.fails():
        _requests.labels(sandbox.city, "error").inc()
        return web.Response(status=500, text="internal error")
    response = await handler(request)
    _requests.labels(sandbox.city, str(response.status)).inc()
    return response


async def _get_faults(request: web.Request) -> web.Response:
    return json_response(request.app[SANDBOX].weather.faults.model_dump())


async def _put_faults(request: web.Request) -> web.Response:
    return await _switch(request, await json_body(request, Faults))


async def _clear_faults(request: web.Request) -> web.Response:
    return await _switch(request, Faults())


async def _switch(request: web.Request, faults: Faults) -> web.Response:
    sandbox = request.app[SANDBOX]
    await sandbox.store.set_setting("faults", faults.model_dump())
    sandbox.weather.faults = faults
    _log.info("sandbox.faults", city=sandbox.city, mode=faults.mode)
    return json_response(faults.model_dump())


async def _move_case(request: web.Request) -> web.Response:
    move = await json_body(request, CaseMove)
    sandbox = request.app[SANDBOX]
    today = sandbox.clock.now().astimezone(CITY_TZ).date()
    if not await sandbox.store.move_case(move.case_no, move.state, move.hold, today):
        raise NotFound()
    return json_response({"moved": True})


async def _run_month(request: web.Request) -> web.Response:
    sandbox = request.app[SANDBOX]
    today = sandbox.clock.now().astimezone(CITY_TZ).date()
    return json_response({"posted": await sandbox.store.post_due_months(today)})


async def serve(
    app: web.Application, host: str, port: int, ready: Callable[[int], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; then stop cleanly."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
        if ready is not None:
            ready(port)
        await stop.wait()
    finally:
        await runner.cleanup()


def main(city: City, routes: Routes, argv: list[str] | None = None) -> int:
    """`python -m cities.sandbox.<city> --port N --data DIR`. Exit code 2: refused to start."""
    parser = argparse.ArgumentParser(description=f"Sandbox business system of {city}")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, help="folder of its database (default: SG_DATA_DIR)")
    parser.add_argument("--latency-ms", type=int, default=40)
    parser.add_argument("--jitter-ms", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    settings = Settings()
    log.configure(settings.log_level)
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # its debug lines hold values
    if not settings.sandbox:
        print("The sandbox cities run in sandbox mode only (SG_MODE=sandbox).", file=sys.stderr)  # noqa: T201
        return 2
    try:
        secret = city_secret(settings, city)
    except ValueError as missing:
        print(f"{missing}; set it or SG_INTERNAL_TOKEN.", file=sys.stderr)  # noqa: T201
        return 2
    weather = Weather(latency_ms=args.latency_ms, jitter_ms=args.jitter_ms, seed=args.seed)
    store = Store(city, args.data or settings.data_dir)
    sandbox = Sandbox(city, store, weather, secret, SystemClock())

    async def run() -> None:
        app = make_app(sandbox, settings.internal_token.get_secret_value(), routes)
        await serve(
            app, args.host, args.port, lambda p: _log.info("sandbox.ready", city=city, port=p)
        )

    try:
        asyncio.run(run())
    except OSError as busy:
        print(f"Port {args.port} cannot be used: {busy.strerror}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0
