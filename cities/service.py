"""Both cities asked at once; each answers for itself.

It decides how long a city may take, whether a failed question is repeated (once, when that is safe
and there is time left), and when a failing city is left alone. It never adds the two cities'
figures up and never lets one city's failure hide the other's answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import aiohttp

from cities.breaker import Breaker
from cities.ports import (
    AccountResult,
    Answer,
    CaseProgress,
    CityFailure,
    CitySystem,
    HousingFundAccount,
    Reason,
    SocialCard,
    SocialSecurityRecord,
)
from core.cards import CITIES, City
from core.clock import Clock
from core.identity import Identity
from core.log import get_log
from core.metrics import counter, histogram

T = TypeVar("T")
Question = Callable[[CitySystem], Awaitable[Answer[T]]]
_log = get_log(__name__)
_calls = counter(
    "sg_cities_calls", "Questions to the cities' systems", ("city", "capability", "outcome")
)
_seconds = histogram("sg_cities_call_seconds", "Time to a city's answer", ("city", "capability"))
_CASE_NO = re.compile(r"^[0-9A-Z]{31}[0-9]{12}$")
_NUMBER = re.compile(r"^[0-9A-Z]{6,43}$")
_REGION: Mapping[str, City] = {"4403": "shenzhen", "4419": "dongguan"}


def case_city(case_no: str) -> City | None:
    """The city a 43-character case number belongs to, by the division code of the department
    (characters 3 to 6 of its unified credit code, which the number begins with); None if unclear."""
    return _REGION.get(case_no[2:6]) if _CASE_NO.fullmatch(case_no) else None


class Cities:
    """The two cities' business systems behind one question each."""

    def __init__(
        self,
        systems: Mapping[City, CitySystem],
        clock: Clock,
        *,
        timeout_s: float,
        breakers: Mapping[City, Breaker] | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._systems = systems
        self._clock = clock
        self._timeout_s = timeout_s
        self._breakers = breakers or {city: Breaker(clock) for city in CITIES}
        self._close = close

    async def close(self) -> None:
        """Release connections. Safe to call twice."""
        if self._close is not None:
            await self._close()

    async def housing_fund(
        self, identity: Identity
    ) -> dict[City, AccountResult[HousingFundAccount]]:
        """The resident's housing fund account in each city."""
        return await self._both(
            "housing_fund", lambda system: system.housing_fund(identity.network_id)
        )

    async def social_security(
        self, identity: Identity
    ) -> dict[City, AccountResult[SocialSecurityRecord]]:
        """The resident's social insurance record in each city."""
        return await self._both(
            "social_security", lambda system: system.social_security(identity.network_id)
        )

    async def social_card(self, identity: Identity) -> dict[City, AccountResult[SocialCard]]:
        """The resident's social security card, or the running application, in each city."""
        return await self._both(
            "social_card", lambda system: system.social_card(identity.network_id)
        )

    async def case(
        self, who: Identity | str
    ) -> dict[City, AccountResult[tuple[CaseProgress, ...]]]:
        """Progress of all cases of a resident, or of the one with a case number.

        A number that names its city is asked there only; the other city is then left out. What
        cannot be a case number is `no_account` without troubling anybody.
        """
        if isinstance(who, str):
            case_no = who.strip().upper()
            if not _NUMBER.fullmatch(case_no):
                return {city: AccountResult(city, "no_account") for city in CITIES}
            city = case_city(case_no)
            only = CITIES if city is None else (city,)
            return await self._both("case", lambda system: system.case(case_no), only)
        network_id = who.network_id
        return await self._both("case", lambda system: system.cases_of(network_id))

    async def _both(
        self, capability: str, question: Question[T], only: tuple[City, ...] = CITIES
    ) -> dict[City, AccountResult[T]]:
        results = await asyncio.gather(*(self._ask(city, capability, question) for city in only))
        return {result.city: result for result in results}

    async def _ask(self, city: City, capability: str, question: Question[T]) -> AccountResult[T]:
        system = self._systems.get(city)
        if system is None:
            return self._missed(city, capability, "not_configured")
        breaker = self._breakers[city]
        if not breaker.allow():
            return self._missed(city, capability, "circuit_open")
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._with_retry(system, capability, question)
        except Exception as failure:
            reason, where = _why(failure)
            if reason == "refused":  # it is up; one odd question must not shut it for everybody
                breaker.abandoned()
            else:
                breaker.failed()
            return self._missed(city, capability, reason, where)
        except BaseException:
            breaker.abandoned()
            raise
        breaker.succeeded()
        _seconds.labels(city, capability).observe(self._clock.monotonic() - started)
        state = "ok" if answer.value is not None else "no_account"
        _calls.labels(city, capability, state).inc()
        if answer.value is None:
            return AccountResult(city, "no_account", as_of=answer.as_of)
        return AccountResult(city, "ok", answer.value, answer.as_of)

    async def _with_retry(
        self, system: CitySystem, capability: str, question: Question[T]
    ) -> Answer[T]:
        try:
            return await question(system)
        except CityFailure as failure:
            if not failure.safe:
                raise
            _calls.labels(system.city, capability, "retried").inc()
            return await question(system)

    def _missed(
        self, city: City, capability: str, reason: Reason, where: str = ""
    ) -> AccountResult[T]:
        _calls.labels(city, capability, reason).inc()
        write = _log.debug if reason in ("circuit_open", "not_configured") else _log.warning
        write("cities.unavailable", city=city, capability=capability, reason=reason, where=where)
        return AccountResult(city, "unavailable", reason=reason)


def _why(failure: Exception) -> tuple[Reason, str]:
    """Reason and place of a failed question; what nobody expected is logged as an error of ours."""
    if isinstance(failure, CityFailure):
        return failure.reason, failure.where
    if isinstance(failure, TimeoutError):
        return "timeout", ""
    _log.error("cities.unexpected", exc=failure)
    return "malformed", type(failure).__name__


class SessionHolder:
    """An aiohttp session, made on first use inside the running loop and closed by its owner."""

    def __init__(self, given: aiohttp.ClientSession | None) -> None:
        self._given = given
        self._own: aiohttp.ClientSession | None = None

    def __call__(self) -> aiohttp.ClientSession:
        if self._given is not None:
            return self._given
        if self._own is None or self._own.closed:
            self._own = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64, limit_per_host=32),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._own

    async def close(self) -> None:
        """Close the session if it is ours."""
        if self._own is not None:
            await self._own.close()
            self._own = None
