"""`python -m actions --port N`: the action server, on 127.0.0.1 unless `--host` says otherwise."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal

from core.collector import paused, settle

with paused():
    from aiohttp import web

    from actions.learning import Learner
    from actions.listing import Listing
    from actions.reports import ReportStore
    from actions.server import build_app
    from actions.services import Services
    from cities import open_cities
    from core import log
    from core.auth import Signer
    from core.cache import connect
    from core.callbacks import CallbackStore
    from core.clock import SystemClock
    from core.consents import ConsentStore
    from core.db import Database
    from core.errors import AppError
    from core.settings import Settings, get_settings
    from knowledge.learning.log import LearningLog
    from knowledge.live import LiveEngine

_log = log.get_log("actions")


async def serve(host: str, port: int, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then finish the calls in hand."""
    clock = SystemClock()
    redis = connect(settings.redis_url) if settings.redis_url else None
    database = Database(settings.db_url())
    cities = open_cities(settings)
    live = LiveEngine(settings)
    listing = Listing(live.responder, clock=clock, redis=redis)
    token = settings.internal_token.get_secret_value()
    learner = Learner(LearningLog(database, clock))
    services = Services(
        listing=listing,
        cities=cities,
        consents=ConsentStore(database, clock),
        callbacks=CallbackStore(database, clock),
        reports=ReportStore(database),
        learner=learner,
        signer=Signer(token, clock),
        clock=clock,
        sandbox=settings.sandbox,
    )
    runner = web.AppRunner(build_app(services, settings.dialogue_token()), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port, shutdown_timeout=5).start()
    _log.info("actions.listening", port=port)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        await listing.ready()  # the first resident does not wait for the index
        settle()
    except AppError as error:
        _log.warning("actions.no_list_yet", code=error.code)
    await stop.wait()
    await runner.cleanup()
    await listing.close()
    live.close()
    await learner.close()
    await cities.close()
    await database.close()
    if redis is not None:
        await redis.aclose()


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="actions", description="The action server.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    settings = get_settings()
    log.configure(settings.log_level)
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    if not settings.internal_token.get_secret_value():
        raise SystemExit("SG_INTERNAL_TOKEN is not set: the action server would answer anyone.")
    asyncio.run(serve(arguments.host, arguments.port, settings))


if __name__ == "__main__":
    main()
