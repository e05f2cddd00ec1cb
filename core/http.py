"""HTTP edges of every process: typed errors in the caller's language, checked bodies, health.

`error_middleware` is the only place where an exception becomes a response.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel, ValidationError

from core import metrics
from core.errors import AppError, InvalidInput, NotAllowed
from core.i18n import Lang, negotiate
from core.log import get_log

log = get_log(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
M = TypeVar("M", bound=BaseModel)
INTERNAL_HEADER = "X-SG-Internal"
REQUESTS = metrics.histogram(
    "sg_http_request_seconds", "Time to answer an HTTP request", ("route", "method", "status")
)
_BY_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def lang_of(request: web.Request) -> Lang:
    """Language of the caller: `?lang=`, then `Accept-Language`, then Chinese."""
    asked = request.query.get("lang")
    if asked == "en":
        return "en"
    if asked == "zh":
        return "zh"
    return negotiate(request.headers.get("Accept-Language"))


def json_response(
    data: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON response (orjson: dates, decimals as strings by the models)."""
    return web.Response(
        body=_dumped(data), status=status, content_type="application/json", headers=headers
    )


def _dumped(data: Any) -> bytes:
    """`data` as JSON, also where it holds what a caller or a record made too large or too deep for
    orjson: no answer fails for that."""
    try:
        return orjson.dumps(data)
    except TypeError:
        return json.dumps(data, default=str).encode()


def api_error(err: AppError, lang: Lang) -> web.Response:
    """The response of an expected failure."""
    headers = {}
    if "retry_after_s" in err.details:
        headers["Retry-After"] = str(err.details["retry_after_s"])
    return json_response(err.as_dict(lang), err.status, headers)


async def json_body(request: web.Request, model: type[M]) -> M:
    """The body as `model`; raises `InvalidInput` with the fields that are wrong (never their values)."""
    if request.content_type not in ("application/json", "application/octet-stream"):
        raise AppError("unsupported_media_type", status=415)
    raw = await request.read()
    try:
        return model.model_validate(orjson.loads(raw))
    except orjson.JSONDecodeError as exc:
        raise InvalidInput("invalid_json") from exc
    except ValidationError as exc:
        raise InvalidInput(details={"fields": field_errors(exc)}) from exc


def field_errors(exc: ValidationError) -> list[dict[str, str]]:
    """`[{"field": "a.b", "problem": "missing"}]`, without the values."""
    return [
        {"field": ".".join(str(p) for p in e["loc"]) or "body", "problem": e["type"]}
        for e in exc.errors(include_input=False, include_url=False)
    ]


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure leaves as `{"error": …}`; unexpected ones are logged without personal data."""
    try:
        return await handler(request)
    except AppError as err:
        return api_error(err, lang_of(request))
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        code = _BY_STATUS.get(exc.status)
        if code is None:
            raise
        response = api_error(AppError(code, status=exc.status), lang_of(request))
        if "Allow" in exc.headers:
            response.headers["Allow"] = exc.headers["Allow"]
        return response
    except ConnectionResetError:
        raise
    except Exception as exc:
        log.error("http.unexpected", route=_route(request), exc=exc)
        return api_error(AppError(), lang_of(request))


@web.middleware
async def timing_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Measure requests by route, not by address. Outermost, so that it sees rendered errors."""
    started = time.monotonic()
    response = await handler(request)
    REQUESTS.labels(_route(request), request.method, str(response.status)).observe(
        time.monotonic() - started
    )
    return response


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def behind_proxies(count: int) -> Middleware:
    """Middleware: the caller's address is the one our outermost proxy saw. Entries further left were
    written by the caller and are not believed."""

    @web.middleware
    async def resolve(request: web.Request, handler: Handler) -> web.StreamResponse:
        hops = [
            h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",") if h.strip()
        ]
        if count and len(hops) >= count:
            request = request.clone(remote=hops[-count][:64])
        return await handler(request)

    return resolve


def internal_only(token: str) -> Middleware:
    """Middleware: only our own processes, who know `token`, get past; health and metrics are open."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in ("/healthz", "/metrics"):
            given = request.headers.get(INTERNAL_HEADER, "")
            if not hmac.compare_digest(given.encode(), token.encode()):
                raise NotAllowed()
        return await handler(request)

    return check


async def healthz(_request: web.Request) -> web.Response:
    """The process is up."""
    return json_response({"status": "ok"})


async def metrics_page(_request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(body=metrics.exposition(), content_type="text/plain", charset="utf-8")
