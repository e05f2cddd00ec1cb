"""Contract tests of signing in: our relying party against the sandbox issuers, over real HTTP."""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

from cities.issuer import IssuerKeys, add_issuer_routes
from cities.oidc import (
    RelyingParty,
    SignInFailed,
    SignInLevel,
    SignInStart,
    SignInUnavailable,
    pkce_challenge,
)
from cities.sandbox.people import demo_accounts
from core.cards import CITIES, City
from core.clock import FakeClock
from core.settings import Settings

LIN = demo_accounts()[0]


@dataclass
class World:
    """A served issuer, a browser, and us."""

    city: City
    issuer: str
    keys: IssuerKeys
    clock: FakeClock
    browser: aiohttp.ClientSession
    party: RelyingParty
    requests: list[str]

    async def open(self, start: SignInStart, **changes: str) -> tuple[int, str]:
        """Open the sign-in page; `changes` replace query parameters."""
        address = urlsplit(start.url)
        query = {k: v[0] for k, v in parse_qs(address.query).items()} | changes
        async with self.browser.get(
            f"{self.issuer}/authorize", params=query, allow_redirects=False
        ) as page:
            return page.status, page.headers.get("Location") or await page.text()

    async def post(self, page: str, **fields: str) -> tuple[int, str]:
        """Submit a form of the page; the answer's status, and its address or text."""
        hidden = {
            name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
        }
        async with self.browser.post(
            f"{self.issuer}/authorize", data=hidden | fields, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def code(self, start: SignInStart, level: str = "L3") -> str:
        """Sign in as the first demonstration resident; the authorization code."""
        _, page = await self.open(start)
        _, then = await self.post(page, username=LIN.username(self.city), password=LIN.password)
        if level == "L3":
            _, then = await self.post(then, code=LIN.second_factor)
        query = parse_qs(urlsplit(then).query)
        assert query["iss"] == [self.issuer]
        return query["code"][0]

    def token(self, key: Any = None, **changes: Any) -> str:
        """An ID token as the issuer would sign it, with changes."""
        key = key or self.keys.signing
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer, "sub": "x", "aud": "shen-guan", "exp": now + 300, "iat": now,
            "nonce": "n1", "acr": "L3", "network_id": LIN.person.network_id, "name": "林嘉怡",
        } | changes  # fmt: skip
        claims = {k: v for k, v in claims.items() if v is not None}
        head = {"alg": "ES256", "kid": key.kid}
        return jwt.encode(head, claims, key)


def encoded(part: dict[str, Any]) -> str:
    """A JOSE header by hand, for what no library would make."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.fixture(params=CITIES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The issuer of one city on a free loopback port, with a fake clock."""
    city: City = request.param
    clock, keys, seen = FakeClock(), IssuerKeys.open(tmp_path, city), list[str]()

    @web.middleware
    async def note(req: web.Request, handler: Any) -> web.StreamResponse:
        seen.append(req.path.rsplit("/", 1)[-1])
        answer: web.StreamResponse = await handler(req)
        return answer

    inner = web.Application()
    app = web.Application(middlewares=[note])
    runner = web.AppRunner(app, access_log=None)

    # The issuer must know its public address before it is mounted: take a port first.
    probe = web.AppRunner(inner)
    await probe.setup()
    await web.TCPSite(probe, "127.0.0.1", 0).start()
    port = probe.addresses[0][1]
    await probe.cleanup()
    base = f"http://127.0.0.1:{port}"
    callback = f"{base}/auth/{city}/callback"
    add_issuer_routes(
        app, city=city, settings=Settings(), base_url=base, redirect_uris={callback},
        keys=keys, clock=clock,
    )  # fmt: skip
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    issuer = f"{base}/sandbox/issuer/{city}"
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
        aiohttp.ClientSession() as ours,
    ):
        party = RelyingParty(issuer, "shen-guan", callback, ours, clock, city=city)
        yield World(city, issuer, keys, clock, browser, party, seen)
    await runner.cleanup()


@pytest.mark.parametrize("level", ["L2", "L3"])
async def test_a_resident_signs_in(world: World, level: str) -> None:
    """Password gives L2, password and code give L3; the name arrives masked."""
    wanted: Any = level
    start = await world.party.start(wanted, "nonce-1", "state-1")
    code = await world.code(start, level)
    identity = await world.party.finish(code, start.verifier, "nonce-1", level=wanted)
    assert identity.network_id == LIN.person.network_id
    assert identity.level == level
    assert identity.issuer == world.city
    assert identity.name == "林*怡"
    assert (identity.expires_at - world.clock.now()).total_seconds() == 1800


async def test_the_short_cut_still_asks_for_the_code(world: World) -> None:
    """Choosing a demonstration resident skips the password, never the second factor."""
    start = await world.party.start("L3", "n", "s")
    _, page = await world.open(start)
    status, second = await world.post(page, person="lin")
    assert status == 200
    assert LIN.second_factor in second
    status, _ = await world.post(second, code="000000")
    assert status == 401
    status, where = await world.post(second, code=LIN.second_factor)
    assert status == 303
    assert parse_qs(urlsplit(where).query)["state"] == ["s"]


async def test_a_code_works_once(world: World) -> None:
    """A replayed authorization code is worthless."""
    start = await world.party.start("L2", "n", "s")
    code = await world.code(start, "L2")
    await world.party.finish(code, start.verifier, "n")
    with pytest.raises(SignInFailed):
        await world.party.finish(code, start.verifier, "n")


async def test_a_code_lapses_after_a_minute(world: World) -> None:
    """An old code is worthless."""
    start = await world.party.start("L2", "n", "s")
    code = await world.code(start, "L2")
    world.clock.advance(61)
    with pytest.raises(SignInFailed, match="sign_in_expired"):
        await world.party.finish(code, start.verifier, "n")


async def test_a_stolen_code_is_worthless_without_the_verifier(world: World) -> None:
    """PKCE: another verifier is refused, and the code is spent by the attempt."""
    start = await world.party.start("L2", "n", "s")
    code = await world.code(start, "L2")
    with pytest.raises(SignInFailed):
        await world.party.finish(code, "x" * 64, "n")
    with pytest.raises(SignInFailed):
        await world.party.finish(code, start.verifier, "n")


async def test_a_token_for_another_request_is_refused(world: World) -> None:
    """The nonce ties the token to the browser session that asked."""
    start = await world.party.start("L2", "n", "s")
    code = await world.code(start, "L2")
    with pytest.raises(SignInFailed):
        await world.party.finish(code, start.verifier, "other")


async def test_a_weaker_level_is_said_to_be_too_weak(world: World) -> None:
    """L2 where L3 is wanted is its own error, so that the resident is asked to step up."""
    start = await world.party.start("L2", "n", "s")
    code = await world.code(start, "L2")
    with pytest.raises(SignInLevel):
        await world.party.finish(code, start.verifier, "n", level="L3")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": ["shen-guan", "somebody-else"]},
        {"aud": ["shen-guan", "other"], "azp": "other"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 1},
        {"iat": 4102444800},
        {"nonce": "n2"},
        {"nonce": None},
        {"network_id": None},
        {"network_id": "../../x y"},
        {"name": ""},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_is_refused(world: World, changes: dict[str, Any]) -> None:
    """Genuine signature, wrong claim: refused."""
    with pytest.raises(SignInFailed):
        await world.party.identity_of(world.token(**changes), "n1")


async def test_an_unknown_level_is_no_level(world: World) -> None:
    """An `acr` we do not know gives nothing."""
    with pytest.raises(SignInLevel):
        await world.party.identity_of(world.token(acr="urn:strong"), "n1")


async def test_forged_tokens_are_refused(world: World) -> None:
    """`none`, HMAC with the public key, a foreign key under a known id, a cut token: refused."""
    good = world.token()
    assert (await world.party.identity_of(good, "n1")).level == "L3"
    kid = world.keys.signing.kid
    head, body, _ = good.split(".")
    none = f"{encoded({'alg': 'none', 'kid': kid})}.{body}."
    confused = f"{encoded({'alg': 'HS256', 'kid': kid})}.{body}"
    public = world.keys.signing.as_pem(private=False)
    tag = hmac.digest(public, confused.encode(), "sha256")
    confused += "." + base64.urlsafe_b64encode(tag).rstrip(b"=").decode()
    foreign = ECKey.generate_key("P-256", {"kid": kid})
    for forged in (
        none, f"{head}.{body}.", world.token(foreign), confused, good[:-8], "a.b.c", "", "x",
    ):  # fmt: skip
        with pytest.raises(SignInFailed):
            await world.party.identity_of(forged, "n1")


async def test_a_rotated_key_is_fetched_once_and_a_flood_of_unknown_ones_is_not(
    world: World,
) -> None:
    """A new key works at once; made-up key ids do not make us hammer the issuer."""
    await world.party.identity_of(world.token(), "n1")
    before = world.requests.count("jwks.json")
    world.keys.rotate()
    world.clock.advance(31)
    await world.party.identity_of(world.token(), "n1")
    assert world.requests.count("jwks.json") == before + 1
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await world.party.identity_of(
                world.token(ECKey.generate_key("P-256", {"kid": "?"})), "n1"
            )
    assert world.requests.count("jwks.json") == before + 1


def test_keys_survive_a_restart_and_are_private(tmp_path: Path) -> None:
    """The same key signs after a restart; only the owner can read it; the public set has no secret."""
    first = IssuerKeys.open(tmp_path, "shenzhen")
    again = IssuerKeys.open(tmp_path, "shenzhen")
    assert first.signing.kid == again.signing.kid
    assert (tmp_path / "issuer" / "shenzhen.json").stat().st_mode & 0o777 == 0o600
    assert all("d" not in key for key in again.public()["keys"])


def test_the_sandbox_issuer_refuses_production(tmp_path: Path) -> None:
    """Outside sandbox mode there is nobody who signs in synthetic people."""
    with pytest.raises(RuntimeError, match="sandbox mode only"):
        add_issuer_routes(
            web.Application(), city="shenzhen", settings=Settings(mode="production"),
            base_url="https://x", redirect_uris={"https://x/cb"},
            keys=IssuerKeys.open(tmp_path, "shenzhen"), clock=FakeClock(),
        )  # fmt: skip


async def test_nobody_is_sent_to_a_foreign_address(world: World) -> None:
    """An unknown redirect address or client gets a page, never a redirect."""
    start = await world.party.start("L2", "n", "s")
    status, page = await world.open(start, redirect_uri="https://evil.example/cb")
    assert status == 400
    assert "evil.example" not in page
    assert (await world.open(start, client_id="other"))[0] == 400


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": "short"}, {"code_challenge_method": "plain"}, {"response_type": "token"},
     {"scope": "profile"}, {"nonce": ""}],
    ids=str,
)  # fmt: skip
async def test_a_careless_request_is_sent_back_with_an_error(
    world: World, changes: dict[str, str]
) -> None:
    """Without PKCE S256, nonce or the right response type there is no sign-in page."""
    start = await world.party.start("L2", "n", "s")
    status, where = await world.open(start, **changes)
    assert status == 303
    query = parse_qs(urlsplit(where).query)
    assert query["error"]
    assert query["state"] == ["s"]


async def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    """CSRF: the hidden token and the browser's cookie must both be right."""
    start = await world.party.start("L2", "n", "s")
    _, page = await world.open(start)
    status, _ = await world.post(page, person="lin", csrf="forged")
    assert status == 403
    world.browser.cookie_jar.clear()
    status, _ = await world.post(page, person="lin")
    assert status == 403


async def test_guessing_is_slowed_down(world: World) -> None:
    """After eight wrong passwords even the right one has to wait five minutes."""
    start = await world.party.start("L2", "n", "s")
    _, page = await world.open(start)
    name = LIN.username(world.city)
    for _ in range(8):
        assert (await world.post(page, username=name, password="wrong"))[0] == 401
    assert (await world.post(page, username=name, password=LIN.password))[0] == 429
    world.clock.advance(301)
    assert (await world.post(page, username=name, password=LIN.password))[0] == 303


async def test_second_factor_guessing_is_slowed_down(world: World) -> None:
    """Eight wrong codes, then wait: six digits cannot be tried through."""
    start = await world.party.start("L3", "n", "s")
    _, page = await world.open(start)
    _, second = await world.post(page, person="lin")
    for _ in range(8):
        assert (await world.post(second, code="999999"))[0] == 401
    assert (await world.post(second, code=LIN.second_factor))[0] == 429


async def test_cancel_and_language(world: World) -> None:
    """The page speaks both languages, and cancelling leads back with `access_denied`."""
    start = await world.party.start("L2", "n", "s")
    _, page = await world.open(start)
    assert '<html lang="zh-CN">' in page
    assert "SANDBOX" in page
    assert "演示" in page
    _, english = await world.post(page, lang="en")
    assert '<html lang="en">' in english
    assert "Choose a demonstration resident" in english
    status, where = await world.post(english, cancel="1")
    assert status == 303
    assert parse_qs(urlsplit(where).query)["error"] == ["access_denied"]


async def test_pages_bring_everything_themselves(world: World) -> None:
    """No script, no foreign asset; not framable, not cached."""
    start = await world.party.start("L3", "n", "s")
    async with world.browser.get(start.url) as page:
        policy = page.headers["Content-Security-Policy"]
        text = await page.text()
        assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in text
    assert "http" not in re.sub(r"<!doctype html>", "", text)


async def test_an_issuer_behind_a_proxy_is_reached_inside(tmp_path: Path) -> None:
    """The browser gets the public address; our own calls go to the one reachable from here."""
    public, keys, clock = (
        "https://public.example",
        IssuerKeys.open(tmp_path, "dongguan"),
        FakeClock(),
    )
    app = web.Application()
    add_issuer_routes(
        app, city="dongguan", settings=Settings(), base_url=public,
        redirect_uris={f"{public}/cb"}, keys=keys, clock=clock,
    )  # fmt: skip
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    inside = f"http://127.0.0.1:{runner.addresses[0][1]}/sandbox/issuer/dongguan"
    issuer = f"{public}/sandbox/issuer/dongguan"
    async with aiohttp.ClientSession() as session:
        party = RelyingParty(
            issuer, "shen-guan", f"{public}/cb", session, clock, city="dongguan",
            back_channel_url=inside,
        )  # fmt: skip
        assert (await party.start("L3", "n", "s")).url.startswith(f"{issuer}/authorize?")
        with pytest.raises(SignInFailed):
            await party.finish("no-such-code", "v" * 64, "n")
    await runner.cleanup()


async def test_an_issuer_that_is_down_is_retryable(world: World) -> None:
    """A resident is told to try again later, not that the sign-in was wrong."""
    async with aiohttp.ClientSession() as session:
        gone = RelyingParty(
            "http://127.0.0.1:9", "shen-guan", "http://x/cb", session, world.clock, city="shenzhen"
        )
        with pytest.raises(SignInUnavailable) as raised:
            await gone.start("L2", "n", "s")
    assert raised.value.retryable


def test_pkce_example_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
