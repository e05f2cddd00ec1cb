"""`python -m video --port N`: a media node process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from core import cache
from core.clock import SystemClock
from core.log import configure, get_log
from core.settings import Settings, get_settings

log = get_log("video")


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 1 when the node cannot start, with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m video", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port of the control interface")
    parser.add_argument("--host", default="127.0.0.1", help="its address; never a public one")
    parser.add_argument("--node-id", default="", help="default: host name and port")
    parser.add_argument("--drain-s", type=float, default=3.0, help="how long calls may go on")
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    args = parser.parse_args(argv)
    settings = get_settings()
    configure(settings.log_level)
    try:
        return _runner(args.loop)(_serve(args, settings))
    except OSError as exc:
        sys.stderr.write(
            f"The video node cannot listen on {args.host}:{args.port} ({exc.strerror}). "
            "Stop what uses the port, or choose another with --port.\n"
        )
        return 1


def _runner(loop: str) -> Callable[[Coroutine[Any, Any, int]], int]:
    if loop == "uvloop":
        try:
            import uvloop
        except ImportError:
            return asyncio.run
        return uvloop.run
    return asyncio.run


async def _serve(args: argparse.Namespace, settings: Settings) -> int:
    from video import compat

    try:
        await compat.self_test()
    except compat.Incompatible as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    from video.node import Node, bind_addresses

    token = settings.internal_token.get_secret_value()
    if not token:
        sys.stderr.write("The video node needs SG_INTERNAL_TOKEN; `make run` sets it.\n")
        return 1
    node = Node(
        node_id=args.node_id or f"{socket.gethostname()}-{args.port}",
        url=settings.video_url or f"http://{args.host}:{args.port}",
        token=token,
        addresses=bind_addresses(settings),
        clock=SystemClock(),
        redis=cache.connect(settings.redis_url) if settings.redis_url else None,
    )
    runner = web.AppRunner(node.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await web.TCPSite(runner, args.host, args.port).start()
        log.info("video.listening", port=args.port, node=node.id)
        await stop.wait()
        await node.drain(args.drain_s)
    finally:
        node.events.end()
        await runner.cleanup()
    log.info("video.stopped", node=node.id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
