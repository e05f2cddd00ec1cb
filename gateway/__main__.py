"""`python -m gateway`: the front door as one process. `python -m gateway.run` starts everything."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from core.collector import paused, settle

with paused():
    import uvloop
    from aiohttp import web

    from core.log import configure, get_log
    from core.settings import get_settings
    from gateway.app import build
    from gateway.migrate import migrate
    from gateway.search import SearchRuntime

log = get_log("gateway")
DRAIN_S = 3.0


async def _settle(search: SearchRuntime) -> None:
    while not search.ready:  # noqa: ASYNC110 - it is opened by a loop of its own
        await asyncio.sleep(0.2)
    settle()


async def _serve(host: str, port: int) -> int:
    settings = get_settings()
    await migrate(settings)
    app, gateway = build(settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
    await runner.setup()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
    except OSError as exc:
        sys.stderr.write(f"Port {port} cannot be used ({exc.strerror}); set SG_PORT to another.\n")
        await runner.cleanup()
        return 1
    log.info("gateway.listening", port=port)
    settled = asyncio.create_task(_settle(gateway.search))
    await stop.wait()
    settled.cancel()
    await runner.cleanup()
    return 0


def main() -> int:
    """Run until SIGTERM."""
    settings = get_settings()
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    parser.add_argument("--host", default=settings.host)
    parser.add_argument("--port", type=int, default=settings.port)
    args = parser.parse_args()
    configure(settings.log_level)
    return uvloop.run(_serve(args.host, args.port))


if __name__ == "__main__":
    sys.exit(main())
