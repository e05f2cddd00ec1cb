"""The gateway put together: every room wired to every other, its loops, its edges.

This is the composition root: the only module that knows all rooms. Decides nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
from aiohttp import WSCloseCode, web

import cities.oidc
from cities.issuer import mount_sandbox_issuers
from core import cache
from core.auth import Signer
from core.callbacks import TOPIC as CALLBACK_TOPIC
from core.callbacks import CallbackStore
from core.cards import CITIES
from core.clock import Clock, SystemClock
from core.db import Database
from core.http import (
    behind_proxies,
    error_middleware,
    healthz,
    json_response,
    metrics_page,
    timing_middleware,
)
from core.log import get_log
from core.outbox import Outbox
from core.settings import Settings
from desk.ports import Ports
from desk.service import DeskService
from desk.store import TOPIC
from gateway import admin_api, desk_api
from gateway.auth_api import auth_routes, issuer_url, sign_in_card
from gateway.calls import Calls
from gateway.chat_api import chat_routes
from gateway.chat_socket import chat_handler
from gateway.context import Gateway
from gateway.conversations import ConversationStore
from gateway.feedback import AnswerFeedback
from gateway.hub import Hub
from gateway.human import ABSENCE_PERIOD_S, HumanSide
from gateway.openapi import document, register
from gateway.pages import security_headers, setup_pages
from gateway.rasa import RasaClient
from gateway.rates import RateLimit
from gateway.search import SearchRuntime
from gateway.services_api import service_routes
from gateway.socketio_api import WidgetChannel
from gateway.tokens import TokenBox
from gateway.turns import TurnService
from knowledge.editing.model import REPORTED
from knowledge.editing.register import Register
from knowledge.learning.log import LearningLog
from video.client import VideoClient
from video.consultations import ConsultationService
from video.ice import ice_servers

log = get_log(__name__)
VERSION = "0.1.0"
ADDRESS_FACTOR = 8
MAX_BODY = 262_144
OUTBOX_PERIOD_S = 0.5
DAY_S = 86_400.0
LIST_PERIOD_S = 1.0
Loop = Callable[[], Awaitable[object]]


def build(
    settings: Settings, clock: Clock | None = None, search: SearchRuntime | None = None
) -> tuple[web.Application, Gateway]:
    """The application and its parts. Must be called inside a running event loop. `search`, when
    given, is already open and stays the caller's."""
    clock = clock or SystemClock()
    secret = settings.internal_token.get_secret_value()
    signer = Signer(secret, clock)
    db = Database(settings.db_url())
    redis = cache.connect(settings.redis_url) if settings.redis_url else None
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200))
    store, hub, tokens = ConversationStore(db, clock), Hub(), TokenBox(signer)
    borrowed, search = search is not None, search or SearchRuntime(settings, redis)
    rasa = RasaClient(
        base_url=settings.rasa_url, token=settings.dialogue_token(), session=http,
        timeout_s=settings.turn_timeout_s, actions_url=settings.actions_url,
    )  # fmt: skip
    turns = TurnService(
        settings=settings, clock=clock, store=store, hub=hub, rasa=rasa, search=search,
        tokens=tokens, signer=signer,
    )  # fmt: skip
    human = HumanSide(
        store=store, hub=hub, clock=clock, tokens=tokens,
        assistant=lambda: "ready" if turns.rasa_ready else "warming",
    )  # fmt: skip
    video = VideoClient(settings.video_url, secret, http)
    calls = Calls(consultations=ConsultationService(db, clock, video), client=video, human=human)
    desk = DeskService(
        db=db, redis=redis, clock=clock, settings=settings, ports=Ports(human, calls, calls)
    )
    human.desk, human.media, human.callbacks = desk, calls, CallbackStore(db, clock)
    turns.desk = human
    turns.complete_sign_in = lambda card, client: sign_in_card(settings, card, client)
    outbox = Outbox(db=db, redis=redis, clock=clock)
    outbox.subscribe(TOPIC, desk.on_outbox)
    outbox.subscribe(CALLBACK_TOPIC, human.on_callback)
    learning = LearningLog(db, clock)
    managed = Register(db, clock, settings.data_dir)
    outbox.subscribe(REPORTED, managed.on_report)
    gw = Gateway(
        settings=settings, clock=clock, db=db, redis=redis, http=http, outbox=outbox,
        signer=signer, store=store, hub=hub, search=search, turns=turns, tokens=tokens,
        human=human,
        feedback=AnswerFeedback(db, clock, learning), learning=learning, register=managed,
        limits=RateLimit(clock, settings.rate_per_minute),
        address_limits=RateLimit(clock, settings.rate_per_minute * ADDRESS_FACTOR),
        ice=lambda user: ice_servers(settings, user, clock),
    )  # fmt: skip
    app = web.Application(
        middlewares=[
            behind_proxies(settings.trusted_proxies),
            timing_middleware,
            security_headers,
            error_middleware,
        ],
        client_max_size=MAX_BODY,
    )
    _edges(app, gw, desk)
    app.cleanup_ctx.append(_life(gw, desk, calls, borrowed))
    return app, gw


def _edges(app: web.Application, gw: Gateway, desk: DeskService) -> None:
    settings = gw.settings
    routes = [*service_routes(gw), *chat_routes(gw)]
    register(app, routes)
    app.router.add_get("/ws/chat", chat_handler(gw))
    desk_api.setup_desk(app, desk, settings=settings, clock=gw.clock, ice=lambda: gw.ice("desk"))
    admin_api.setup_admin(app, gw, gw.register)
    parties: dict[str, cities.oidc.RelyingParty] = {
        city: cities.oidc.RelyingParty(
            issuer_url=issuer_url(settings, city),
            client_id=settings.oidc_client_id,
            redirect_uri=f"{settings.url()}/auth/{city}/callback",
            session=gw.http,
            clock=gw.clock,
            city=city,
        )
        for city in CITIES
    }
    for path, handler in auth_routes(gw, parties):
        app.router.add_get(path, handler)
    if settings.sandbox:
        mount_sandbox_issuers(app, settings, gw.clock)
    WidgetChannel(gw).attach(app)
    described = document(
        [*routes, *desk_api.ROUTES, *admin_api.ROUTES], server=settings.url(), version=VERSION
    )

    async def openapi(_request: web.Request) -> web.StreamResponse:
        return json_response(described)

    async def readyz(_request: web.Request) -> web.StreamResponse:
        missing = [] if gw.search.ready else ["search"]
        missing += [] if gw.turns.rasa_ready else ["chat"]
        body = {"status": "ready" if not missing else "starting", "missing": missing}
        return json_response(body, 200 if not missing else 503)

    app.router.add_get("/api/v1/openapi.json", openapi)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics_page)
    setup_pages(app)


def _life(
    gw: Gateway, desk: DeskService, calls: Calls, borrowed_search: bool
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Start loops before the first request, stop them after the last."""

    async def life(_app: web.Application) -> AsyncIterator[None]:

        async def announce() -> None:
            await _tell_everyone(gw)

        gw.turns.on_rasa_change.append(announce)
        loops: dict[str, Loop] = {
            "rasa-watch": gw.turns.watch_rasa,
            "desk": desk.engine.run,
            "calls": calls.listen,
            "outbox": lambda: _every(gw.clock, OUTBOX_PERIOD_S, gw.outbox.step),
            "absence": lambda: _every(gw.clock, ABSENCE_PERIOD_S, gw.human.step_absence),
            "recover": lambda: _recover(gw),
            "list": lambda: _keep_list(gw),
            "forget": lambda: _every(gw.clock, DAY_S, gw.learning.forget),
        }
        if gw.settings.sandbox:
            loops["demo-agents"] = desk.agents.ensure_demo
        if not borrowed_search:
            loops["search"] = gw.search.open
        tasks = [asyncio.create_task(_named(name, loop), name=name) for name, loop in loops.items()]
        yield
        for ws in list(gw.sockets):
            with contextlib.suppress(ConnectionError):
                await ws.close(code=WSCloseCode.GOING_AWAY)
        await gw.turns.drain()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not borrowed_search:
            gw.search.close()
        await gw.http.close()
        if gw.redis is not None:
            await gw.redis.aclose()
        await gw.db.close()

    return life


async def _named(name: str, loop: Loop) -> None:
    try:
        await loop()
    except asyncio.CancelledError:
        raise
    except Exception as exc:
        log.error("loop.died", loop=name, exc=exc)


async def _every(clock: Clock, period_s: float, step: Callable[[], Awaitable[object]]) -> None:
    """Run `step` for ever; a failed pass is logged and tried again."""
    while True:
        try:
            await step()
        except Exception as exc:
            log.error("loop.step_failed", step=getattr(step, "__qualname__", "step"), exc=exc)
        await clock.sleep(period_s)


async def _recover(gw: Gateway) -> None:
    """Once search is open, answer what an earlier process left unanswered."""
    while not gw.search.ready:
        await gw.clock.sleep(0.2)
    count = await gw.turns.recover()
    if count:
        log.info("turns.recovered", count=count)


async def _keep_list(gw: Gateway) -> None:
    """Once the model is there, keep the managed list: the delivered one taken over, what is due."""
    while (embedder := gw.search.live.embedder) is None:
        await gw.clock.sleep(0.2)
    gw.register.embedder = embedder
    started = False

    async def step() -> None:
        nonlocal started
        if not started:
            await gw.register.start()
            started = True
        await gw.register.step()

    await _every(gw.clock, LIST_PERIOD_S, step)


async def _tell_everyone(gw: Gateway) -> None:
    for conversation in gw.hub.conversations():
        await gw.human.state_changed(conversation)
