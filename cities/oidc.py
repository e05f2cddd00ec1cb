"""Signing a resident in with a city app: OpenID Connect, authorization code with PKCE (RFC 7636).

It decides whether an ID token is genuine, meant for us, fresh, an answer to this very request, and
strong enough for the level asked for. The same code serves the real issuers and the sandbox ones.
It never keeps a token and never logs a claim.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import aiohttp
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.cards import City
from core.clock import Clock
from core.errors import AppError
from core.identity import Identity, Level, mask_name
from core.log import get_log

_log = get_log(__name__)
ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519", "EdDSA")
"""Asymmetric only: `none` and HMAC are never accepted."""
LEEWAY_S = 30
MAX_AGE_S = 600
"""Oldest `iat` accepted: a sign-in is finished in minutes."""
_DISCOVERY_S = 3600.0
_REFETCH_S = 30.0
"""Unknown key ids make us ask for the key set again, but not more often than this."""
_MAX_DOCUMENT = 256 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=5)
DEFAULT_ACR: Mapping[str, Level] = {"L2": "L2", "L3": "L3"}


class SignInFailed(AppError):
    """The answer of the issuer is not acceptable; start again."""

    code = "sign_in_failed"
    status = 401


class SignInLevel(AppError):
    """Genuine, but weaker than the level asked for."""

    code = "sign_in_level"
    status = 403


class SignInUnavailable(AppError):
    """The issuer does not answer."""

    code = "sign_in_unavailable"
    status = 503
    retryable = True


@dataclass(frozen=True, slots=True)
class SignInStart:
    """Where to send the browser, and the secret to keep for `finish`."""

    url: str
    verifier: str = field(repr=False)


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore")


D = TypeVar("D", bound=_Document)


class _Metadata(_Document):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(_Document):
    id_token: Annotated[str, Field(min_length=20, max_length=16_384)]


class _Claims(_Document):
    iss: str
    sub: Annotated[str, Field(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: int
    iat: int
    nonce: str
    acr: str
    network_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{6,64}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    azp: str | None = None


def pkce_challenge(verifier: str) -> str:
    """S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class RelyingParty:
    """Us, as a client of one issuer.

    `back_channel_url` replaces the issuer's base address for server-to-server calls, for when the
    public address is not reachable from here. `acr_levels` maps the issuer's `acr` values to levels.
    """

    def __init__(
        self,
        issuer_url: str,
        client_id: str,
        redirect_uri: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        city: City,
        session_minutes: int = 30,
        back_channel_url: str | None = None,
        acr_levels: Mapping[str, Level] = DEFAULT_ACR,
    ) -> None:
        self.city: City = city
        self._issuer = issuer_url.rstrip("/")
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._session = session
        self._clock = clock
        self._session_for = timedelta(minutes=session_minutes)
        self._back = back_channel_url.rstrip("/") if back_channel_url else None
        self._acr_levels = acr_levels
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: dict[str, ECKey | RSAKey | OKPKey] = {}
        self._keys_at: float | None = None
        self._lock = asyncio.Lock()

    async def start(self, level: Level, nonce: str, state: str, *, lang: str = "zh") -> SignInStart:
        """The address to send the browser to. `nonce` and `state` are the caller's, unguessable and
        kept with the browser's session. Raises `SignInUnavailable`."""
        metadata = await self._discover()
        verifier = secrets.token_urlsafe(48)
        acr = next((acr for acr, means in self._acr_levels.items() if means == level), level)
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "acr_values": acr,
            "ui_locales": "zh-CN" if lang == "zh" else "en",
            "code_challenge": pkce_challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return SignInStart(f"{metadata.authorization_endpoint}{joint}{urlencode(query)}", verifier)

    async def finish(
        self, code: str, verifier: str, nonce: str, *, level: Level = "L2"
    ) -> Identity:
        """Who signed in. Raises `SignInFailed` for anything not genuine, `SignInLevel` when the
        issuer vouches for less than `level`, `SignInUnavailable` when it does not answer."""
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": verifier,
        }
        status, body = await self._fetch("POST", metadata.token_endpoint, form)
        if status != 200:
            _log.warning("oidc.token_refused", city=self.city, status=status)
            raise SignInFailed("sign_in_expired" if status == 400 else None)
        tokens = _document(_Tokens, body)
        return await self.identity_of(tokens.id_token, nonce, level=level)

    async def identity_of(self, id_token: str, nonce: str, *, level: Level = "L2") -> Identity:
        """The identity an ID token vouches for; raises as `finish` does."""
        claims = await self._verified(id_token)
        problem = self._problem(claims, nonce)
        if problem:
            _log.warning("oidc.rejected", city=self.city, claim=problem)
            raise SignInFailed()
        reached = self._acr_levels.get(claims.acr)
        now = self._clock.now()
        if reached is None:
            raise SignInLevel()
        identity = Identity(
            network_id=claims.network_id,
            issuer=self.city,
            name=mask_name(claims.name),
            level=reached,
            expires_at=now + self._session_for,
        )
        if not identity.at_least(level, now):
            raise SignInLevel()
        return identity

    def _problem(self, claims: _Claims, nonce: str) -> str | None:
        """The first claim that is wrong (OpenID Connect Core, section 3.1.3.7), or None."""
        now = self._clock.now().timestamp()
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        foreign = claims.azp is not None and claims.azp != self._client_id
        checks = {
            "iss": claims.iss.rstrip("/") == self._issuer,
            "aud": self._client_id in audience,
            "azp": not foreign and (len(audience) == 1 or claims.azp == self._client_id),
            "exp": now < claims.exp + LEEWAY_S,
            "iat": -LEEWAY_S <= now - claims.iat <= MAX_AGE_S,
            "nonce": bool(nonce) and hmac.compare_digest(claims.nonce.encode(), nonce.encode()),
        }
        return next((name for name, fine in checks.items() if not fine), None)

    async def _verified(self, id_token: str) -> _Claims:
        try:
            raw = id_token.split(".")[0]
            header = orjson.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
            kid = header["kid"]
            if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
                raise SignInFailed()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SignInFailed() from None
        key = await self._key(kid)
        try:
            token = jwt.decode(id_token, key, algorithms=list(ALGORITHMS))
            return _Claims.model_validate(token.claims)
        except (JoseError, ValueError) as wrong:  # ValidationError is a ValueError
            _log.warning("oidc.bad_token", city=self.city, kind=type(wrong).__name__)
            raise SignInFailed() from None

    async def _key(self, kid: str) -> ECKey | RSAKey | OKPKey:
        async with self._lock:
            now = self._clock.monotonic()
            if kid not in self._keys and (
                self._keys_at is None or now - self._keys_at >= _REFETCH_S
            ):
                self._keys = await self._fetch_keys()
                self._keys_at = now
        found = self._keys.get(kid)
        if found is None:
            _log.warning("oidc.unknown_key", city=self.city)
            raise SignInFailed()
        return found

    async def _fetch_keys(self) -> dict[str, ECKey | RSAKey | OKPKey]:
        metadata = await self._discover()
        status, body = await self._fetch("GET", metadata.jwks_uri)
        if status != 200:
            raise SignInUnavailable()
        try:
            listed: list[dict[str, Any]] = orjson.loads(body)["keys"]
            usable = [
                key
                for key in listed
                if key.get("kty") in ("EC", "RSA", "OKP")
                and key.get("use", "sig") == "sig"
                and isinstance(key.get("kid"), str)
            ]
            keys = KeySet.import_key_set(cast(Any, {"keys": usable})).keys
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise SignInUnavailable() from None
        return {str(key.kid): key for key in keys if isinstance(key, ECKey | RSAKey | OKPKey)}

    async def _discover(self) -> _Metadata:
        now = self._clock.monotonic()
        if self._metadata is not None and now - self._metadata[0] < _DISCOVERY_S:
            return self._metadata[1]
        status, body = await self._fetch("GET", f"{self._issuer}/.well-known/openid-configuration")
        if status != 200:
            raise SignInUnavailable()
        metadata = _document(_Metadata, body)
        if metadata.issuer.rstrip("/") != self._issuer:
            raise SignInFailed()
        self._metadata = (now, metadata)
        return metadata

    async def _fetch(
        self, method: str, url: str, form: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        if self._back and url.startswith(f"{self._issuer}/"):
            url = self._back + url[len(self._issuer) :]
        try:
            async with self._session.request(
                method, url, data=form, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                body = await response.content.read(_MAX_DOCUMENT)
                while not response.content.at_eof() and len(body) < _MAX_DOCUMENT:
                    body += await response.content.read(_MAX_DOCUMENT - len(body))
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as lost:
            _log.warning("oidc.unreachable", city=self.city, kind=type(lost).__name__)
            raise SignInUnavailable() from None
        if status >= 500:
            raise SignInUnavailable()
        return status, body


def _document(model: type[D], body: bytes) -> D:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise SignInFailed() from None
