"""The action server: Rasa's action protocol over our own HTTP edge.

`POST /webhook` takes one action call and answers `{events, responses}`; only our own processes get
in. rasa-sdk runs the actions; its web server, gRPC and tracing are not started.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException

from actions.registry import actions
from actions.services import Services
from core.errors import InvalidInput, NotFound
from core.http import (
    error_middleware,
    healthz,
    internal_only,
    json_response,
    metrics_page,
    timing_middleware,
)

MAX_BODY = 1_048_576


def build_app(services: Services, token: str) -> web.Application:
    """The application; `services` are closed by whoever made them."""
    executor = ActionExecutor()
    for action in actions(services):
        executor.register_action(action)
    inner: Any = internal_only(token)
    app = web.Application(
        middlewares=[timing_middleware, error_middleware, inner],
        client_max_size=MAX_BODY,
    )
    app.router.add_post("/webhook", _webhook(executor))
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics_page)
    return app


def _webhook(executor: ActionExecutor) -> Callable[[web.Request], Any]:
    async def webhook(request: web.Request) -> web.Response:
        try:
            call = orjson.loads(await request.read())
        except orjson.JSONDecodeError as exc:
            raise InvalidInput("invalid_json") from exc
        if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
            raise InvalidInput(details={"fields": [{"field": "tracker", "problem": "missing"}]})
        call.setdefault("domain", {})
        try:
            result = await executor.run(call)
        except ActionNotFoundException as exc:
            raise NotFound() from exc
        if result is None:
            raise InvalidInput(details={"fields": [{"field": "next_action", "problem": "missing"}]})
        return json_response(result.model_dump())

    return webhook
