"""The secret we share with a city's system.

Configured by `SG_CITY_<CITY>_SECRET`. In sandbox mode only, an empty setting means a secret derived
from the internal token, so that both ends of a demonstration agree without configuration.
"""

from __future__ import annotations

import hmac

from core.cards import City
from core.settings import Settings

CLIENT_ID = "shen-guan"
"""Our client id at both cities' systems."""


def city_secret(settings: Settings, city: City) -> str:
    """The secret for `city`; raises `ValueError` naming the setting when there is none."""
    configured = (
        settings.city_shenzhen_secret if city == "shenzhen" else settings.city_dongguan_secret
    ).get_secret_value()
    if configured:
        return configured
    internal = settings.internal_token.get_secret_value()
    if settings.sandbox and internal:
        return hmac.digest(internal.encode(), f"city:{city}".encode(), "sha256").hex()
    raise ValueError(f"SG_CITY_{city.upper()}_SECRET is not set")
