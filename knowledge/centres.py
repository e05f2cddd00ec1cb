"""Service centres: which of them fit a wish, how far away they are, whether they are open. Pure. What a
question wishes for is read in `knowledge.asked_places`.

Opening times are in China Standard Time and are the weekly ones: public holidays are not known here,
so nothing is called open on the strength of the calendar of holidays.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.cards import City
from core.clock import CITY_TZ
from core.errors import NotFound
from knowledge.catalogue import Catalogue
from knowledge.facts import in_force
from knowledge.model import Accessibility, Centre, PlaceKind, ServiceItem, Terminal, Window

Position = tuple[float, float]
"""Latitude and longitude, WGS 84 degrees."""
EARTH_M = 6_371_000.0
_HALLS: dict[str, frozenset[PlaceKind]] = {
    "city": frozenset({"service_hall"}),
    "district": frozenset({"service_hall"}),
    "town": frozenset({"service_hall", "local_hall"}),
    "subdistrict": frozenset({"local_hall"}),
}
"""What kinds of place the general counters of a centre are, by its level."""
SUFFIX = re.compile(r"(街道|新区|合作区|开发区|高新区|区|镇|市)$")
EN_SUFFIX = re.compile(
    r"\s+(district|town|sub-?district|new area|street|hi-?tech zone|zone|lake)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Wish:
    """What is looked for; an empty field does not matter."""

    city: City | None = None
    ids: tuple[str, ...] = ()
    """Centres named; any of them."""
    districts: tuple[str, ...] = ()
    """Chinese names of districts or towns, as the list writes them; any of them."""
    item: ServiceItem | None = None
    """The matter that is to be done there."""
    all_day: bool = False
    """With a machine that can be used day and night."""
    cross_city: bool = False
    """With a counter that takes filings for the other city."""
    terminal: bool = False
    accessibility: frozenset[Accessibility] = field(default_factory=frozenset)
    language: str | None = None
    open_at: dt.datetime | None = None
    near: Position | None = None


@dataclass(frozen=True)
class Place:
    """A centre that fits."""

    centre: Centre
    windows: tuple[Window, ...]
    """The counters that fit the wish."""
    terminals: tuple[Terminal, ...]
    distance_m: int | None


def is_open(centre: Centre, at: dt.datetime) -> bool:
    """Whether the weekly hours cover the instant `at` (aware); public holidays are not looked at."""
    local = at.astimezone(CITY_TZ)
    clock = f"{local:%H:%M}"
    return any(
        local.isoweekday() in hours.days and hours.opens <= clock < hours.closes
        for hours in centre.hours
    )


def distance_m(a: Position, b: Position) -> int:
    """Metres along the earth's surface."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    inner = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return round(2 * EARTH_M * math.asin(math.sqrt(min(1.0, inner))))


def _for_city(serves: list[City], item: ServiceItem) -> bool:
    return any(item.cities[city] is not None for city in serves)


def _kinds(centre: Centre, window: Window) -> frozenset[PlaceKind]:
    """What kinds of place a counter is."""
    if window.cross_city:
        return frozenset({"cross_city"})
    return frozenset({window.kind}) if window.kind else _HALLS.get(centre.level, frozenset())


def _named(item: ServiceItem, city: City) -> set[PlaceKind]:
    """The kinds of place that the matter's own counters in the city are at. A cross-city counter takes what
    the halls take, where it may be filed in the other city."""
    variant = item.cities[city]
    if variant is None:
        return set()
    offers = variant.channels or item.common.channels
    named = {kind for offer in offers if offer.channel == "window" for kind in offer.at}
    if "service_hall" in named and "accept_elsewhere" in item.cross_city_modes:
        named.add("cross_city")
    return named


def windows_for(centre: Centre, item: ServiceItem) -> list[Window]:
    """The counters that take the matter: named for it; or for its field, in a kind of place that the matter
    itself sends to. None is guessed: marriages are not registered at a hall's counter for civil affairs."""
    named = {city: _named(item, city) for city in item.cities}
    return [
        window
        for window in centre.windows
        if _for_city(window.serves, item)
        and (
            item.item_id in window.items
            or (
                not window.items
                and item.domain in window.domains
                and any(_kinds(centre, window) & named[city] for city in window.serves)
            )
        )
    ]


def terminals_for(centre: Centre, item: ServiceItem) -> list[Terminal]:
    """The machines in service that do the matter."""
    return [
        terminal
        for terminal in centre.terminals
        if terminal.in_service
        and _for_city(terminal.serves, item)
        and item.item_id in terminal.items
    ]


def _fits(centre: Centre, wish: Wish) -> Place | None:
    windows = windows_for(centre, wish.item) if wish.item else list(centre.windows)
    terminals = (
        terminals_for(centre, wish.item)
        if wish.item
        else [terminal for terminal in centre.terminals if terminal.in_service]
    )
    if wish.cross_city:
        windows = [window for window in windows if window.cross_city]
    if wish.all_day:
        terminals = [terminal for terminal in terminals if terminal.all_day]
    if wish.terminal or wish.all_day:
        windows = [] if not wish.cross_city else windows
        if not terminals:
            return None
    if wish.cross_city and not windows and not (wish.terminal and terminals):
        return None
    if wish.item is not None and not windows and not terminals:
        return None
    day_and_night = wish.all_day and bool(terminals)
    if wish.open_at is not None and not (day_and_night or is_open(centre, wish.open_at)):
        return None
    here = (centre.lat, centre.lon)
    distance = distance_m(wish.near, here) if wish.near is not None else None
    return Place(centre, tuple(windows), tuple(terminals), distance)


def _places(catalogue: Catalogue, wish: Wish, today: dt.date) -> Iterator[Place]:
    for centre in in_force(catalogue.centres.values(), today):
        if (
            (wish.city is None or centre.city == wish.city)
            and (not wish.ids or centre.id in wish.ids)
            and (not wish.districts or centre.district.zh in wish.districts)
            and wish.accessibility <= set(centre.accessibility)
            and (wish.language is None or wish.language in centre.languages)
            and (place := _fits(centre, wish)) is not None
        ):
            yield place


def anywhere(catalogue: Catalogue, wish: Wish, today: dt.date) -> bool:
    """Whether any centre fits: as `find`, but done at the first one."""
    return next(_places(catalogue, wish, today), None) is not None


def find(catalogue: Catalogue, wish: Wish, today: dt.date) -> list[Place]:
    """Centres that fit, nearest first where a position is given, else city level before smaller ones."""
    levels = ("city", "district", "town", "bureau", "subdistrict")
    return sorted(
        _places(catalogue, wish, today),
        key=lambda place: (
            place.distance_m if place.distance_m is not None else 0,
            levels.index(place.centre.level),
            place.centre.id,
        ),
    )


class UnknownCentre(NotFound):
    """No service centre under this id."""

    code = "unknown_centre"

    def __init__(self, centre_id: str) -> None:
        super().__init__("unknown_centre", details={"id": centre_id})
        self.params = {"id": centre_id}


def get_centre(catalogue: Catalogue, centre_id: str) -> Centre:
    """The centre under `centre_id` (any case); raises `UnknownCentre`."""
    found = catalogue.centres.get(centre_id.strip().upper())
    if found is None:
        raise UnknownCentre(centre_id[:40])
    return found


def districts_named(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """Chinese names of the districts called `name` (Chinese or English, with or without 区, 镇);
    `name` itself where there is none, so that nothing is found."""
    wanted = _plain(name)
    names = {c.district.zh: c.district for c in catalogue.centres.values()}
    found = tuple(zh for zh, both in names.items() if wanted in (_plain(zh), _plain(both.en)))
    return found or (name,)


def _plain(name: str) -> str:
    return EN_SUFFIX.sub("", SUFFIX.sub("", name.strip())).replace("’", "'").lower()
