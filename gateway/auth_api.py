"""Signing in with one of the two city apps: OIDC code flow with PKCE, then back to the thread.

What must survive the trip to the issuer (verifier, nonce, where to return) travels in a signed,
HttpOnly cookie that lives ten minutes; nothing is kept in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from cities.oidc import RelyingParty
from core.auth import BadToken
from core.cards import CITIES
from core.errors import AppError, InvalidInput, NotFound, NotSignedIn
from core.http import lang_of
from core.i18n import text
from core.identity import Level
from core.ids import new_id
from core.log import get_log
from core.settings import Settings
from gateway.chat_socket import COOKIE
from gateway.context import Gateway
from gateway.conversations import Draft

log = get_log(__name__)
FLOW_COOKIE = "sg_sign_in"
FLOW_TTL_S = 600
PENDING_PAYLOAD = "/EXTERNAL_signed_in"
LEVELS: dict[str, Level] = {"L2": "L2", "L3": "L3"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def issuer_url(settings: Settings, city: str) -> str:
    """The OIDC issuer of a city's app: the configured one, or the embedded sandbox issuer."""
    configured = str(getattr(settings, f"issuer_{city}_url"))
    if configured:
        return configured.rstrip("/")
    if not settings.sandbox:
        raise AppError(
            "unavailable", status=503, details={"missing": f"SG_ISSUER_{city.upper()}_URL"}
        )
    return f"{settings.url()}/sandbox/issuer/{city}"


def sign_in_card(settings: Settings, card: dict[str, Any], client: str) -> dict[str, Any]:
    """Fill the issuers into a `sign_in` card. Widgets are sent to our page: an identity is only
    ever attached to the browser session that signed in, so that nobody can be lured into lending
    theirs to another conversation."""
    lang = card["lang"]
    if client != "page":
        title = text("gateway.sign_in_on_page", lang)
        options = [{"issuer": "page", "title": title, "url": settings.url() + "/"}]
    else:
        options = [
            {
                "issuer": city,
                "title": text(f"gateway.issuer.{city}", lang),
                "url": f"/auth/{city}/start?level={card['level']}",
            }
            for city in CITIES
        ]
    return {**card, "options": options, "sandbox": settings.sandbox}


def auth_routes(gw: Gateway, parties: dict[str, RelyingParty]) -> list[tuple[str, Handler]]:
    """`GET /auth/{issuer}/start` and `/auth/{issuer}/callback`."""

    def party(request: web.Request) -> tuple[str, RelyingParty]:
        city = request.match_info["issuer"]
        if city not in parties:
            raise NotFound()
        return city, parties[city]

    async def start(request: web.Request) -> web.StreamResponse:
        city, relying = party(request)
        gw.address_limits.check(f"auth:{request.remote}")
        asked = request.query.get("level", "L3")
        if asked not in LEVELS:
            raise InvalidInput(details={"field": "level"})
        level = LEVELS[asked]
        session = await gw.store.session(request.cookies.get(COOKIE, ""))
        if session is None:
            raise NotSignedIn("no_session")
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        begun = await relying.start(level=level, nonce=nonce, state=state, lang=lang_of(request))
        flow = {
            "issuer": city, "state": state, "nonce": nonce, "level": level,
            "verifier": begun.verifier, "session": session.fingerprint,
        }  # fmt: skip
        response = web.HTTPFound(begun.url)
        response.set_cookie(
            FLOW_COOKIE,
            gw.signer.sign("sign_in", flow, FLOW_TTL_S),
            max_age=FLOW_TTL_S,
            httponly=True,
            samesite="Lax",
            secure=gw.settings.url().startswith("https://"),
            path="/auth/",
        )
        return response

    async def callback(request: web.Request) -> web.StreamResponse:
        city, relying = party(request)
        try:
            flow = gw.signer.verify("sign_in", request.cookies.get(FLOW_COOKIE, ""))
            session = await gw.store.session(request.cookies.get(COOKIE, ""))
            if session is None or session.fingerprint != flow["session"]:
                raise BadToken()
            if flow["issuer"] != city or request.query.get("state") != flow["state"]:
                raise BadToken()
            if "code" not in request.query:
                raise AppError("sign_in_failed", status=400)
            identity = await relying.finish(
                request.query["code"], flow["verifier"], flow["nonce"], level=flow["level"]
            )
        except AppError as err:
            log.info("sign_in.refused", issuer=city, code=err.code)
            back = web.HTTPFound("/?sign_in=failed")
            back.del_cookie(FLOW_COOKIE, path="/auth/")
            return back
        expires = gw.clock.now() + timedelta(minutes=gw.settings.identity_minutes)
        identity = replace(identity, expires_at=min(identity.expires_at, expires))
        await gw.store.set_identity(session.fingerprint, identity)
        await _go_on(session.conversation, identity)
        response = web.HTTPFound("/?sign_in=done")
        response.del_cookie(FLOW_COOKIE, path="/auth/")
        return response

    async def _go_on(conversation_id: str, identity: Any) -> None:
        conversation = await gw.store.get(conversation_id)
        assert conversation is not None
        words = text("gateway.signed_in", conversation.lang, name=identity.name)
        mark = new_id("auth")
        stored, _ = await gw.store.append(
            conversation_id, Draft("system", words, conversation.lang, mark)
        )
        gw.hub.send(conversation_id, {"type": "message", **stored.public()})
        gw.turns.trigger_soon(conversation, PENDING_PAYLOAD, f"{mark}:go", identity)

    return [("/auth/{issuer}/start", start), ("/auth/{issuer}/callback", callback)]
