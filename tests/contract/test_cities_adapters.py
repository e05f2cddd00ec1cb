"""Contract tests: one suite against both adapters, each talking to its served sandbox city."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from cities import Cities, open_cities, signing
from cities.dongguan import parse_document
from cities.months import gaps
from cities.ports import CityFailure
from cities.sandbox.faults import Faults, Malformation
from cities.sandbox.inprocess import RunningCity, running_city
from cities.sandbox.people import demo_accounts, people
from cities.sandbox.records import holdings
from cities.sandbox.store import Store
from core.cards import CITIES, City
from core.clock import CITY_TZ, FakeClock
from core.http import INTERNAL_HEADER
from core.identity import Identity
from core.settings import Settings

SECRETS: dict[City, str] = {"shenzhen": "s" * 32, "dongguan": "d" * 32}
TOKEN = "internal-token-for-tests"
OTHER: dict[City, City] = {"shenzhen": "dongguan", "dongguan": "shenzhen"}


def who(network_id: str) -> Identity:
    """A signed-in resident."""
    expires = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    return Identity(network_id, "shenzhen", "林*怡", "L3", expires)


LIN = who(people()[0].network_id)


def settings_for(urls: dict[City, str], timeout_s: float = 5.0, **secrets: str) -> Settings:
    """Settings that point at the served cities."""
    return Settings(
        city_shenzhen_url=urls["shenzhen"],
        city_dongguan_url=urls["dongguan"],
        city_shenzhen_secret=secrets.get("shenzhen", SECRETS["shenzhen"]),  # type: ignore[arg-type]
        city_dongguan_secret=secrets.get("dongguan", SECRETS["dongguan"]),  # type: ignore[arg-type]
        city_timeout_s=timeout_s,
    )


@dataclass
class World:
    """Both cities served, and our view of them."""

    served: dict[City, RunningCity]
    clock: FakeClock
    cities: Cities
    stack: AsyncExitStack
    data: Path

    @property
    def urls(self) -> dict[City, str]:
        return {city: one.url for city, one in self.served.items()}

    def again(self, timeout_s: float = 5.0, **secrets: str) -> Cities:
        """Another view, e.g. impatient or with a wrong secret."""
        fresh = open_cities(settings_for(self.urls, timeout_s, **secrets), clock=self.clock)
        self.stack.push_async_callback(fresh.close)
        return fresh


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both cities' databases as first set up, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("cities")

    async def fill() -> None:
        now = FakeClock().now()
        for city in CITIES:
            store = Store(city, folder)
            await store.open(now, now.astimezone(CITY_TZ).date())
            await store.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def world(tmp_path: Path, filled: Path) -> AsyncIterator[World]:
    """Two served cities with a fake clock."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        served = {
            city: await stack.enter_async_context(
                running_city(city, tmp_path, secret=SECRETS[city], clock=clock, token=TOKEN)
            )
            for city in CITIES
        }
        urls = {city: one.url for city, one in served.items()}
        cities = open_cities(settings_for(urls), clock=clock)
        stack.push_async_callback(cities.close)
        yield World(served, clock, cities, stack, tmp_path)


both = pytest.mark.parametrize("city", CITIES)


@both
async def test_every_account_arrives_exactly(world: World, city: City) -> None:
    """What a city has on file for each of the fifty is what we read, to the cent and to the month."""
    today = world.clock.now().astimezone(CITY_TZ).date()
    on_file = {h.person.network_id: h for h in holdings(city, today)}
    for person in people():
        fund = (await world.cities.housing_fund(who(person.network_id)))[city]
        insured = (await world.cities.social_security(who(person.network_id)))[city]
        held = on_file.get(person.network_id)
        if held is None or held.fund is None:
            assert fund.state == "no_account"
        else:
            assert fund.value is not None
            cents = held.fund.monthly * held.fund.months.months - held.fund.drawn
            assert fund.value.balance == Decimal(cents) / 100
            assert fund.value.account_no == held.fund.account_no
            assert fund.value.status == held.fund.status
            assert fund.value.monthly_deposit == Decimal(held.fund.monthly) / 100
            assert fund.value.employer == held.fund.employer
            assert fund.value.deposits[0].month == held.fund.months.through
            assert len(fund.value.deposits) == min(12, held.fund.months.months)
        if held is None or held.insured is None:
            assert insured.state == "no_account"
        else:
            assert insured.value is not None
            for scheme in insured.value.schemes:
                spans = held.insured.spans[scheme.scheme]
                assert scheme.months == sum(s.months for s in spans)
                assert scheme.gaps == gaps(spans)
                assert scheme.through == spans[-1].through
            assert len(insured.value.schemes) == len(held.insured.spans)
        assert fund.as_of == world.clock.now()


@both
async def test_cards_and_cases_arrive_exactly(world: World, city: City) -> None:
    """States, holds and timelines of cards and cases survive both wire formats."""
    today = world.clock.now().astimezone(CITY_TZ).date()
    seen = 0
    for held in holdings(city, today):
        me = who(held.person.network_id)
        card = (await world.cities.social_card(me))[city]
        assert (card.value is None) == (held.card is None)
        if card.value and held.card:
            assert (card.value.state, card.value.hold) == (held.card.state, held.card.hold)
            assert card.value.card_no == held.card.card_no
            assert [(s.state, s.on) for s in card.value.steps] == list(held.card.steps)
        cases = (await world.cities.case(me))[city]
        assert len(cases.value or ()) == len(held.cases)
        for case in cases.value or ():
            seen += 1
            by_number = await world.cities.case(case.case_no)
            assert set(by_number) == {city}
            assert by_number[city].value == (case,)
    assert seen > 5


@both
@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(mode="down"), "down"),
        (Faults(mode="errors", error_rate=1.0), "down"),
        (Faults(mode="malformed", malformation="truncated"), "malformed"),
        (Faults(mode="malformed", malformation="wrong_type"), "malformed"),
        (Faults(mode="malformed", malformation="missing_field"), "malformed"),
        (Faults(mode="malformed", malformation="other_person"), "malformed"),
        (Faults(mode="timeout"), "timeout"),
    ],
    ids=lambda v: v if isinstance(v, str) else f"{v.mode}-{v.malformation}",
)
async def test_a_faulty_city_never_hides_the_other(
    world: World, city: City, faults: Faults, reason: str
) -> None:
    """Whatever one city does, it is `unavailable` with a reason and the other one answers."""
    impatient = world.again(timeout_s=0.5)
    await impatient.housing_fund(LIN)  # connections and tokens are there
    world.served[city].fault(faults)
    results = await impatient.housing_fund(LIN)
    assert (results[city].state, results[city].reason) == ("unavailable", reason)
    assert results[city].value is None
    assert results[OTHER[city]].state == "ok"
    world.served[city].fault()
    assert (await impatient.housing_fund(LIN))[city].state == "ok"


@both
@pytest.mark.parametrize("malformation", ["truncated", "missing_field", "other_person"])
async def test_every_capability_checks_its_answer(
    world: World, city: City, malformation: Malformation
) -> None:
    """No capability passes on a damaged answer or one about somebody else."""
    one = next(a for a in demo_accounts() if a.slug == "lin").person
    if city == "dongguan":
        one = next(a for a in demo_accounts() if a.slug == "xie").person
    me = who(one.network_id)
    world.served[city].fault(Faults(mode="malformed", malformation=malformation))
    for ask in (
        world.cities.housing_fund,
        world.cities.social_security,
        world.cities.social_card,
        world.cities.case,
    ):
        assert (await ask(me))[city].state == "unavailable"  # type: ignore[operator]


@both
async def test_a_hiccup_is_repeated_once(
    world: World, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failed request is asked again; two in a row are not asked a third time."""
    await world.cities.housing_fund(LIN)
    weather = world.served[city].sandbox.weather
    plan = [True, False]
    monkeypatch.setattr(weather, "fails", lambda: plan.pop(0))
    assert (await world.cities.housing_fund(LIN))[city].state == "ok"
    plan[:] = [True, True]
    assert (await world.cities.housing_fund(LIN))[city].state == "unavailable"
    assert plan == []


@both
async def test_a_failing_city_is_left_alone_then_asked_again(world: World, city: City) -> None:
    """After repeated failures the city is not asked for a while, and comes back by itself."""
    world.served[city].fault(Faults(mode="down"))
    for _ in range(5):
        await world.cities.housing_fund(LIN)
    world.served[city].fault()
    assert (await world.cities.housing_fund(LIN))[city].reason == "circuit_open"
    world.clock.advance(16)
    assert (await world.cities.housing_fund(LIN))[city].state == "ok"


@both
async def test_a_wrong_secret_is_refused(world: World, city: City) -> None:
    """Without the shared secret a city tells us nothing."""
    stranger = world.again(**{city: "x" * 32})
    results = await stranger.housing_fund(LIN)
    assert (results[city].state, results[city].reason) == ("unavailable", "refused")
    assert results[OTHER[city]].state == "ok"


@both
async def test_nothing_personal_is_logged(
    world: World, city: City, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is logged by city, capability and reason; never with whom it was about."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="aiosqlite")  # as every process of ours sets it
    world.served[city].fault(Faults(mode="malformed", malformation="other_person"))
    await world.cities.housing_fund(LIN)
    lines = [f"{r.getMessage()} {getattr(r, 'fields', {})}" for r in caplog.records]
    assert any("cities.unavailable" in line for line in lines)
    assert not any(LIN.network_id in line or LIN.name in line for line in lines)


@both
async def test_state_survives_a_restart(world: World, city: City) -> None:
    """A case moved by a clerk, and a switched fault, are still there after a restart."""
    luo = who(people()[8].network_id)
    case = (await world.cities.case(luo))[city].value
    assert case is not None
    head = {INTERNAL_HEADER: TOKEN}
    url = world.served[city].url
    async with aiohttp.ClientSession(headers=head) as admin:
        move = {"case_no": case[0].case_no, "state": "decided"}
        async with admin.post(f"{url}/_admin/cases", json=move) as moved:
            assert moved.status == 200
        async with admin.put(f"{url}/_admin/faults", json={"mode": "slow", "slow_ms": 7}) as put:
            assert put.status == 200
    async with running_city(city, world.data, secret=SECRETS[city], clock=world.clock) as second:
        urls = {**world.urls, city: second.url}
        cities = open_cities(settings_for(urls), clock=world.clock)
        after = (await cities.case(luo))[city].value
        await cities.close()
        assert after is not None
        assert after[0].state == "decided"
        assert len(after[0].steps) == len(case[0].steps) + 1
        assert second.sandbox.weather.faults.mode == "slow"


@both
async def test_the_monthly_run_posts_once(world: World, city: City) -> None:
    """When a month falls due, active accounts grow by one deposit, and a second run adds nothing."""
    active = next(
        h.person
        for h in holdings(city, dt.date(2026, 11, 23))
        if h.fund and h.fund.status == "active"
    )
    me = who(active.network_id)
    before = (await world.cities.housing_fund(me))[city].value
    world.clock.advance(31 * 86400)
    async with aiohttp.ClientSession(headers={INTERNAL_HEADER: TOKEN}) as admin:
        for expected_some in (True, False):
            async with admin.post(f"{world.served[city].url}/_admin/month") as run:
                assert ((await run.json())["posted"] > 0) is expected_some
    after = (await world.cities.housing_fund(me))[city].value
    insured = (await world.cities.social_security(me))[city].value
    assert before is not None
    assert after is not None
    assert after.balance == before.balance + before.monthly_deposit
    assert insured is not None
    assert str(insured.schemes[0].through) == "2026-11"


@both
async def test_administration_needs_the_internal_token(world: World, city: City) -> None:
    """Faults cannot be switched from outside; health and metrics answer whatever the weather."""
    url = world.served[city].url
    async with aiohttp.ClientSession() as client:
        for head in ({}, {INTERNAL_HEADER: "wrong"}):
            async with client.put(
                f"{url}/_admin/faults", json={"mode": "down"}, headers=head
            ) as refused:
                assert refused.status == 403
        world.served[city].fault(Faults(mode="down"))
        for path in ("/healthz", "/metrics"):
            async with client.get(url + path) as fine:
                assert fine.status == 200


async def test_shenzhen_token_is_renewed_when_revoked_or_lapsed(world: World) -> None:
    """A token that lapsed or was revoked costs one more request, not an answer."""
    assert (await world.cities.housing_fund(LIN))["shenzhen"].state == "ok"
    await world.served["shenzhen"].sandbox.store.revoke_bearers()
    assert (await world.cities.housing_fund(LIN))["shenzhen"].state == "ok"
    world.clock.advance(3600)
    assert (await world.cities.housing_fund(LIN))["shenzhen"].state == "ok"


async def test_shenzhen_answers_nobody_without_a_token(world: World) -> None:
    """No token, a wrong one, or wrong client credentials: 401."""
    url = world.served["shenzhen"].url
    async with aiohttp.ClientSession() as client:
        for head in ({}, {"Authorization": "Bearer " + "x" * 43}):
            async with client.post(
                f"{url}/gjj/v1/grzh", json={"wlsfbs": LIN.network_id}, headers=head
            ) as refused:
                assert refused.status == 401
        async with client.post(
            f"{url}/auth/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=aiohttp.BasicAuth("shen-guan", "wrong"),
        ) as refused:
            assert refused.status == 401


def signed(world: World, body: bytes, nonce: str, at: int | None = None) -> dict[str, str]:
    """Headers of a genuine request to Dongguan."""
    stamp = str(at if at is not None else int(world.clock.now().timestamp()))
    return {
        signing.APP: "shen-guan",
        signing.TIMESTAMP: stamp,
        signing.NONCE: nonce,
        signing.SIGNATURE: signing.sign_request(
            SECRETS["dongguan"],
            method="POST",
            path="/dgsvc/exchange",
            timestamp=stamp,
            nonce=nonce,
            body=body,
        ),
    }


async def test_dongguan_accepts_a_request_once(world: World) -> None:
    """A captured request cannot be replayed, not even after a restart; altered or stale it is void."""
    body = (f"<Request><Trade>HF.ACCOUNT</Trade><NetId>{LIN.network_id}</NetId></Request>").encode()
    head = signed(world, body, "a" * 32)
    stale = signed(world, body, "b" * 32, at=int(world.clock.now().timestamp()) - 301)

    async def send(url: str, data: bytes, headers: dict[str, str]) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{url}/dgsvc/exchange", data=data, headers=headers) as got,
        ):
            return got.status, (await got.read()).decode("gb18030")

    url = world.served["dongguan"].url
    assert (await send(url, body + b" ", head))[1] == "BAD_SIGNATURE"
    assert (await send(url, body, head))[0] == 200
    assert await send(url, body, head) == (403, "REPLAY")
    assert await send(url, body, stale) == (403, "STALE")
    async with running_city(
        "dongguan", world.data, secret=SECRETS["dongguan"], clock=world.clock
    ) as second:
        assert await send(second.url, body, head) == (403, "REPLAY")


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><Response>&x;</Response>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><Response/>',
        "<Response>",
        "",
    ],
)
def test_dongguan_documents_are_read_defensively(document: str) -> None:
    """Entities, external references and broken documents are malformed, and nothing is expanded."""
    with pytest.raises(CityFailure, match="malformed"):
        parse_document(document.encode("gb18030"))


async def test_both_cities_are_asked_at_the_same_time(world: World) -> None:
    """The wait is the slower city's, not the sum: each answers only once the other was asked."""
    asked = {city: asyncio.Event() for city in CITIES}

    class Meeting:
        def __init__(self, city: City) -> None:
            self.city: City = city

        async def housing_fund(self, network_id: str) -> object:
            asked[self.city].set()
            await asked[OTHER[self.city]].wait()
            raise CityFailure("refused")

    cities = Cities({c: Meeting(c) for c in CITIES}, world.clock, timeout_s=2)  # type: ignore[misc]
    results = await cities.housing_fund(LIN)
    assert {r.reason for r in results.values()} == {"refused"}


@pytest.mark.parametrize(
    "typed", ["", "abc", "'; DROP TABLE", "<x>&", "1" * 44, "\x00" * 8, "案件１２３４５６"]
)
async def test_a_typed_case_number_cannot_do_harm(world: World, typed: str) -> None:
    """Whatever is typed as a case number finds nothing, and never shuts a city for others."""
    for _ in range(6):
        results = await world.cities.case(typed)
        assert {r.state for r in results.values()} == {"no_account"}
    unknown = await world.cities.case("ABCDEF123456")
    assert {r.state for r in unknown.values()} == {"no_account"}
    assert (await world.cities.housing_fund(LIN))["shenzhen"].state == "ok"


async def test_refusals_do_not_open_the_circuit(world: World) -> None:
    """Being refused is an answer: the city stays reachable for the next question."""
    stranger = world.again(shenzhen="x" * 32)
    for _ in range(7):
        assert (await stranger.housing_fund(LIN))["shenzhen"].reason == "refused"


async def test_a_city_without_an_address_is_said_to_be_unavailable(world: World) -> None:
    """A product set up for one city still answers for it."""
    cities = open_cities(
        Settings(
            city_shenzhen_url=world.urls["shenzhen"], city_shenzhen_secret=SECRETS["shenzhen"]
        ),  # type: ignore[arg-type]
        clock=world.clock,
    )
    results = await cities.housing_fund(LIN)
    await cities.close()
    assert results["shenzhen"].state == "ok"
    assert results["dongguan"].reason == "not_configured"
