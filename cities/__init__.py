"""The two cities' business systems: one port per capability, one adapter per city.

`open_cities` gives the product both cities behind one question each; `cities.present` shows the
answers, `cities.oidc` checks who asks. The sandbox systems and issuers stand in for the real ones.
Nothing here knows the dialogue, the desk or the service list.
"""

from __future__ import annotations

import aiohttp

from cities.credentials import CLIENT_ID, city_secret
from cities.dongguan import DongguanSystem
from cities.ports import (
    AccountResult,
    CaseProgress,
    CitySystem,
    HousingFundAccount,
    SocialCard,
    SocialSecurityRecord,
)
from cities.service import Cities, SessionHolder, case_city
from cities.shenzhen import ShenzhenSystem
from core.cards import City
from core.clock import Clock, SystemClock
from core.settings import Settings

__all__ = [
    "AccountResult", "CaseProgress", "Cities", "HousingFundAccount", "SocialCard",
    "SocialSecurityRecord", "case_city", "open_cities",
]  # fmt: skip


def open_cities(
    settings: Settings, session: aiohttp.ClientSession | None = None, clock: Clock | None = None
) -> Cities:
    """Both cities as configured; opens no connection yet. A city without an address in the settings
    answers `unavailable`. Raises `ValueError` when a city has an address but no secret."""
    clock = clock or SystemClock()
    holder = SessionHolder(session)
    systems: dict[City, CitySystem] = {}
    if settings.city_shenzhen_url:
        systems["shenzhen"] = ShenzhenSystem(
            settings.city_shenzhen_url, CLIENT_ID, city_secret(settings, "shenzhen"), holder, clock
        )
    if settings.city_dongguan_url:
        systems["dongguan"] = DongguanSystem(
            settings.city_dongguan_url, CLIENT_ID, city_secret(settings, "dongguan"), holder, clock
        )
    return Cities(systems, clock, timeout_s=settings.city_timeout_s, close=holder.close)
