"""`python -m gateway`: the front door as one process. `python -m gateway.run` starts everything."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import uvloop
from aiohttp import web

from core.log import configure, get_log
from core.settings import get_settings
from gateway.app import build
from gateway.migrate import migrate

log = get_log("gateway")
DRAIN_S = 3.0


async def _serve(host: str, port: int) -> int:
    settings = get_settings()
    await migrate(settings)
    app, _ = build(settings)
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
    await stop.wait()
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
