"""A sandbox OpenID Connect issuer, mounted by the gateway under `/sandbox/issuer/{city}/`.

It stands in for a city app's identity service: authorization code with PKCE S256, ES256 ID tokens,
`acr` L2 (password) or L3 (password and code). It decides who has shown which factors; it refuses to
exist outside sandbox mode, and knows synthetic people only.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt

from cities.issuer import pages
from cities.issuer.keys import IssuerKeys
from cities.issuer.state import FLOW_S, Flow, Grant, IssuerState
from cities.oidc import pkce_challenge
from cities.sandbox.people import DemoAccount, demo_accounts
from core.cards import CITIES, City
from core.clock import Clock
from core.http import json_response
from core.i18n import Lang, negotiate
from core.identity import Level
from core.log import get_log
from core.settings import Settings

_log = get_log(__name__)
TOKEN_S = 300
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
_VERIFIER = re.compile(r"^[A-Za-z0-9._~-]{43,128}$")


def issuer_path(city: City) -> str:
    """Path of a sandbox issuer on the gateway."""
    return f"/sandbox/issuer/{city}"


def add_issuer_routes(
    app: web.Application,
    *,
    city: City,
    settings: Settings,
    base_url: str,
    redirect_uris: Collection[str],
    keys: IssuerKeys,
    clock: Clock,
    people: Sequence[DemoAccount] | None = None,
    state: IssuerState | None = None,
) -> None:
    """Mount the issuer of `city`. `base_url` is the public address of the gateway; only the listed
    redirect addresses are served. Raises `RuntimeError` outside sandbox mode."""
    if not settings.sandbox:
        raise RuntimeError("the sandbox issuers exist in sandbox mode only")
    issuer = _Issuer(
        city=city,
        url=base_url.rstrip("/") + issuer_path(city),
        client_id=settings.oidc_client_id,
        redirect_uris=frozenset(redirect_uris),
        people=tuple(demo_accounts() if people is None else people),
        keys=keys,
        clock=clock,
        state=state or IssuerState(clock),
    )
    path = issuer_path(city)
    app.router.add_get(f"{path}/.well-known/openid-configuration", issuer.metadata)
    app.router.add_get(f"{path}/jwks.json", issuer.jwks)
    app.router.add_get(f"{path}/authorize", issuer.authorize)
    app.router.add_post(f"{path}/authorize", issuer.submit)
    app.router.add_post(f"{path}/token", issuer.token)


def mount_sandbox_issuers(app: web.Application, settings: Settings, clock: Clock) -> None:
    """Mount the issuer of every city that has no real one configured; callbacks are
    `{settings.url()}/auth/{city}/callback`."""
    configured = {
        "shenzhen": settings.issuer_shenzhen_url,
        "dongguan": settings.issuer_dongguan_url,
    }
    for city in CITIES:
        if not configured[city]:
            add_issuer_routes(
                app,
                city=city,
                settings=settings,
                base_url=settings.url(),
                redirect_uris={f"{settings.url()}/auth/{city}/callback"},
                keys=IssuerKeys.open(settings.data_dir, city),
                clock=clock,
            )


@dataclass(frozen=True, slots=True)
class _Issuer:
    city: City
    url: str
    client_id: str
    redirect_uris: frozenset[str]
    people: tuple[DemoAccount, ...]
    keys: IssuerKeys
    clock: Clock
    state: IssuerState

    async def metadata(self, _request: web.Request) -> web.Response:
        """OpenID Provider metadata."""
        return json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks.json",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "acr_values_supported": ["L2", "L3"],
                "ui_locales_supported": ["zh-CN", "en"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, _request: web.Request) -> web.Response:
        """Public keys."""
        return json_response(self.keys.public(), headers={"Cache-Control": "max-age=60"})

    async def authorize(self, request: web.Request) -> web.Response:
        """Start a sign-in. An unknown client or redirect address is never redirected to."""
        query = request.query
        lang: Lang = negotiate(
            query.get("ui_locales") or request.headers.get("Accept-Language"), "zh"
        )
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self.client_id or redirect_uri not in self.redirect_uris:
            return pages.problem_page(self.city, lang, "bad_client")
        state, nonce = query.get("state", ""), query.get("nonce", "")
        challenge = query.get("code_challenge", "")
        level: Level = "L3" if "L3" in query.get("acr_values", "").split() else "L2"
        error = ""
        if query.get("response_type") != "code":
            error = "unsupported_response_type"
        elif "openid" not in query.get("scope", "").split():
            error = "invalid_scope"
        elif (
            query.get("code_challenge_method") != "S256"
            or not _CHALLENGE.match(challenge)
            or not (0 < len(nonce) <= 256 and 0 < len(state) <= 1024)
        ):
            error = "invalid_request"
        if error:
            raise self._back(redirect_uri, {"error": error, "state": state})
        flow = Flow(redirect_uri, state, nonce, challenge, level, lang)
        known = request.cookies.get(self._cookie, "")
        if len(known) == len(flow.cookie):  # a second tab must not break the first
            flow.cookie = known
        self.state.begin(flow)
        response = pages.sign_in_page(self.city, flow, self.people)
        response.set_cookie(
            self._cookie,
            flow.cookie,
            max_age=int(FLOW_S),
            path=issuer_path(self.city),
            httponly=True,
            samesite="Lax",
            secure=self.url.startswith("https:"),
        )
        return response

    @property
    def _cookie(self) -> str:
        return f"sg_issuer_{self.city}"

    async def submit(self, request: web.Request) -> web.Response:
        """A form of the page: the flow, its CSRF token and the browser's cookie must agree."""
        form = {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
        flow = self.state.flow(form.get("flow", ""))
        lang = negotiate(request.headers.get("Accept-Language"), "zh")
        if flow is None:
            return pages.problem_page(self.city, lang, "lapsed")
        genuine = _same(form.get("csrf", ""), flow.csrf) and _same(
            request.cookies.get(self._cookie, ""), flow.cookie
        )
        if not genuine:
            return pages.problem_page(self.city, flow.lang, "lapsed", 403)
        if "cancel" in form:
            self.state.end(flow)
            raise self._back(flow.redirect_uri, {"error": "access_denied", "state": flow.state})
        if form.get("lang") in ("zh", "en"):
            flow.lang = "en" if form["lang"] == "en" else "zh"
            return self._current(flow)
        address = f"address:{request.remote or ''}"
        if flow.account is None:
            return self._first_factor(flow, form, address)
        return self._second_factor(flow, flow.account, form, address)

    def _current(self, flow: Flow, problem: str | None = None) -> web.Response:
        if flow.account is None:
            return pages.sign_in_page(self.city, flow, self.people, problem)
        return pages.second_factor_page(self.city, flow, flow.account, problem)

    def _first_factor(self, flow: Flow, form: dict[str, str], address: str) -> web.Response:
        if "person" in form:  # the demonstration's short cut
            account = next((one for one in self.people if one.slug == form["person"]), None)
        else:
            username = form.get("username", "").strip().lower()
            keys = (address, f"username:{username}")
            if self.state.blocked(*keys):
                return self._current(flow, "too_many")
            account = next((o for o in self.people if o.username(self.city) == username), None)
            expected = account.password if account else "-"
            if not _same(form.get("password", ""), expected) or account is None:
                self.state.failed(*keys)
                return self._current(flow, "wrong_password")
        if account is None:
            return self._current(flow, "wrong_password")
        flow.account = account
        if flow.level == "L3":
            return self._current(flow)
        raise self._granted(flow, account)

    def _second_factor(
        self, flow: Flow, account: DemoAccount, form: dict[str, str], address: str
    ) -> web.Response:
        keys = (address, f"code:{account.slug}")
        if self.state.blocked(*keys):
            return self._current(flow, "too_many")
        if not _same(form.get("code", "").strip(), account.second_factor):
            self.state.failed(*keys)
            return self._current(flow, "wrong_code")
        raise self._granted(flow, account)

    def _granted(self, flow: Flow, account: DemoAccount) -> web.HTTPSeeOther:
        self.state.end(flow)
        now = int(self.clock.now().timestamp())
        code = self.state.issue(
            Grant(account, flow.redirect_uri, flow.nonce, flow.challenge, flow.level, now)
        )
        _log.info("issuer.granted", city=self.city, level=flow.level)
        return self._back(flow.redirect_uri, {"code": code, "state": flow.state})

    def _back(self, redirect_uri: str, answer: dict[str, str]) -> web.HTTPSeeOther:
        query = urlencode({**answer, "iss": self.url})  # RFC 9207
        return web.HTTPSeeOther(f"{redirect_uri}?{query}", headers={"Cache-Control": "no-store"})

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code for an ID token: once, within a minute, with the right verifier."""
        form = {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
        if form.get("grant_type") != "authorization_code":
            return _token_error("unsupported_grant_type")
        grant = self.state.redeem(form.get("code", ""))
        verifier = form.get("code_verifier", "")
        if (
            grant is None
            or form.get("client_id") != self.client_id
            or form.get("redirect_uri") != grant.redirect_uri
            or not _VERIFIER.match(verifier)
            or not _same(pkce_challenge(verifier), grant.challenge)
        ):
            return _token_error("invalid_grant")
        return json_response(
            {
                "access_token": "sandbox-has-no-api",
                "token_type": "Bearer",
                "expires_in": TOKEN_S,
                "id_token": self._id_token(grant),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _id_token(self, grant: Grant) -> str:
        now = int(self.clock.now().timestamp())
        key = self.keys.signing
        person = grant.account.person
        claims = {
            "iss": self.url,
            "sub": grant.account.username(self.city),
            "aud": self.client_id,
            "exp": now + TOKEN_S,
            "iat": now,
            "auth_time": grant.auth_time,
            "nonce": grant.nonce,
            "acr": grant.level,
            "amr": ["pwd", "otp"] if grant.level == "L3" else ["pwd"],
            "network_id": person.network_id,
            "name": person.name,
            "sandbox": True,
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "JWT"}, claims, key)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _token_error(code: str) -> web.Response:
    return json_response({"error": code}, 400, {"Cache-Control": "no-store"})
