"""Service centres: which of them fit a wish, how far away they are, whether they are open. Pure.

Opening times are in China Standard Time and are the weekly ones: public holidays are not known here,
so nothing is called open on the strength of the calendar of holidays.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from core.cards import City
from core.clock import CITY_TZ
from core.errors import NotFound
from knowledge.catalogue import Catalogue
from knowledge.facts import in_force
from knowledge.model import Accessibility, Centre, ServiceItem, Terminal, Window

Position = tuple[float, float]
"""Latitude and longitude, WGS 84 degrees."""
EARTH_M = 6_371_000.0
_SUFFIX = re.compile(r"(街道|新区|合作区|开发区|高新区|区|镇|市)$")
_EN_SUFFIX = re.compile(
    r"\s+(district|town|sub-?district|new area|street|hi-?tech zone|zone|lake)$", re.IGNORECASE
)
_ALL_DAY = re.compile(
    r"24\s*(小时|h\b|钟头)|全天|通宵|半夜|深夜|晚上|24[- ]?hours?|round the clock|at night|overnight",
    re.IGNORECASE,
)
_CROSS = re.compile(
    r"跨(城|市|域)|通办|异地(窗口|代收)|另一(个|座)?(城市|市)|cross[- ]?(city|border)"
    r"|(for|from) the other city",
    re.IGNORECASE,
)
_TERMINAL = re.compile(
    r"自助(终端|机|服务机|办理机)|终端机?|一体机|kiosk|self[- ]?service|terminal|machine",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"(现在|今天|这会儿?|此刻|周末|星期[六日天]|周[六日])(还|有没有|能)?(开门|开放|上班|营业|办|开)"
    r"|还?开(着)?门吗|open (right )?now|open today|(is|are) .{0,30}\bopen\b",
    re.IGNORECASE,
)
_WEEKEND = re.compile(r"周末|星期[六日天]|周[六日]|weekend|saturday|sunday", re.IGNORECASE)
_PLACE = re.compile(
    r"(办事|服务|政务|行政)(服务)?(大厅|中心|网点)|(哪个|哪些|哪里有|附近的?|最近的?|就近的?|有没有)"
    r".{0,12}(窗口|大厅|网点|中心|终端|自助机)"
    r"|自助(终端|机).{0,6}(在)?(哪|位置|地址)|(大厅|网点|窗口|服务中心)(的)?(现在|今天|周末|周[六日])?(在|地址|位置|电话|几点|开门|还?开|上班)"
    r"|(哪里|哪儿|哪)(的)?(有|能用).{0,10}(自助|终端|窗口|大厅)"
    r"|\b(service|government|nearest|closest|which|what|where is the|find a) .{0,16}"
    r"(centres?|centers?|halls?|counters?|kiosks?|windows?|terminals?)\b"
    r"|\b(centres?|centers?|kiosks?|halls?|terminals?) (near|in|close|around)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"哪里|哪儿|哪个|哪些|去哪|到哪|附近|最近|就近|\bwhere\b|near|which|closest", re.IGNORECASE
)
_ACCESS: tuple[tuple[Accessibility, str], ...] = (
    ("step_free", r"无障碍(?!厕所|卫生间)|轮椅(?!借)|坡道|wheelchair(?! loan)|step[- ]?free"
     r"|accessible(?! toilet)|disab"),
    ("lift", r"电梯|\blift\b|elevator"),
    ("accessible_toilet", r"无障碍(厕所|卫生间)|accessible toilet"),
    ("hearing_loop", r"助听|听力|hearing"),
    ("sign_language", r"手语|聋|sign language|deaf"),
    ("large_print", r"大字|老花|large print"),
    ("priority_queue", r"优先|绿色通道|priority"),
    ("wheelchair_loan", r"借轮椅|轮椅借|wheelchair loan"),
    ("nursing_room", r"母婴|哺乳|喂奶|nursing|baby"),
    ("guide_dog", r"导盲|guide dog"),
)  # fmt: skip
_ACCESS_PATTERNS = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _ACCESS)


@dataclass(frozen=True)
class Wish:
    """What is looked for; an empty field does not matter."""

    city: City | None = None
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


def windows_for(centre: Centre, item: ServiceItem) -> list[Window]:
    """The counters that take the matter: named for it, or for its field."""
    return [
        window
        for window in centre.windows
        if _for_city(window.serves, item)
        and (item.item_id in window.items or (not window.items and item.domain in window.domains))
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


def find(catalogue: Catalogue, wish: Wish, today: dt.date) -> list[Place]:
    """Centres that fit, nearest first where a position is given, else city level before smaller ones."""
    found = [
        place
        for centre in in_force(catalogue.centres.values(), today)
        if (wish.city is None or centre.city == wish.city)
        and (not wish.districts or centre.district.zh in wish.districts)
        and wish.accessibility <= set(centre.accessibility)
        and (wish.language is None or wish.language in centre.languages)
        and (place := _fits(centre, wish)) is not None
    ]
    levels = ("city", "district", "town", "bureau", "subdistrict")
    return sorted(
        found,
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
    return _EN_SUFFIX.sub("", _SUFFIX.sub("", name.strip())).replace("’", "'").lower()


@dataclass(frozen=True)
class Asked:
    """What a question says about a place to go to."""

    wish: Wish
    place: bool
    """Whether a hall, counter or machine is asked for as such."""
    rest: str
    """The words without those about the place: which matter it is, if any."""

    @property
    def particular(self) -> bool:
        """Whether the words narrow the places down beyond a city."""
        wish = self.wish
        return bool(
            self.place or wish.districts or wish.all_day or wish.terminal or wish.accessibility
        )


@lru_cache(maxsize=4)
def _districts(names: tuple[tuple[City, str, str], ...]) -> list[tuple[City, str, re.Pattern[str]]]:
    out: list[tuple[City, str, re.Pattern[str]]] = []
    for city, zh, en in names:
        short = _SUFFIX.sub("", zh) if len(_SUFFIX.sub("", zh)) > 1 else zh
        plain = re.sub(r"['’]", "['’]?", re.escape(_EN_SUFFIX.sub("", en)).replace("’", "'"))
        pattern = f"{re.escape(short)}(街道|新区|区|镇)?|(?<![a-z]){plain}(?![a-z])"
        out.append((city, zh, re.compile(pattern, re.IGNORECASE)))
    return out


def ask(text: str, catalogue: Catalogue, now: dt.datetime | None) -> Asked:
    """Read a question (`Understood.text`) as one about places; `now` (aware) is the
    instant "open now" means; without it, it is not looked at."""
    names = {(c.city, c.district.zh, c.district.en): None for c in catalogue.centres.values()}
    rest = text
    cities: list[City] = []
    districts: list[str] = []
    for city, zh, pattern in _districts(tuple(names)):
        if pattern.search(rest):
            districts.append(zh)
            cities.append(city)
            rest = pattern.sub(" ", rest)
    access = frozenset(name for name, pattern in _ACCESS_PATTERNS if pattern.search(text))
    open_at = None
    if now is not None and _NOW.search(text):
        open_at = _weekend(now) if _WEEKEND.search(text) else now
    wish = Wish(
        city=cities[0] if len(set(cities)) == 1 else None,
        districts=tuple(districts),
        all_day=bool(_ALL_DAY.search(text)) and bool(_TERMINAL.search(text)),
        cross_city=bool(_CROSS.search(text)),
        terminal=bool(_TERMINAL.search(text)),
        accessibility=access,
        open_at=open_at,
    )
    narrowed = _WHERE.search(text) or open_at is not None
    return Asked(wish, bool(_PLACE.search(text) and narrowed), _matter(rest))


def _weekend(now: dt.datetime) -> dt.datetime:
    """Ten o'clock of the coming (or this) Saturday there."""
    local = now.astimezone(CITY_TZ)
    day = local.date() + dt.timedelta(days=(6 - local.isoweekday()) % 7)
    return dt.datetime.combine(day, dt.time(10), CITY_TZ)


_ABOUT_PLACES = re.compile(
    r"24\s*小时|自助(服务)?(终端|机|办理机)?|终端机?|一体机|(政务|行政|办事)?服务(大厅|中心)|(办事|政务)?大厅|网点|窗口|跨(城|市|域)(通办|办理|办)?"
    r"|哪里有|哪儿有|在?哪里|在?哪儿|哪个|哪些|有没有|附近|最近的?|就近|离我|无障碍|轮椅|手语|母婴室?|电梯|现在|今天|周末|还?开门|开着|几点|上班|营业"
    r"|地址|位置|电话|服务|政务|进去|坐|我(想|要)?|可以|能不能|能|办理?(?=$|[的?？])|的|吗|呢|去|在|有|是|请问"
    r"|\b(where|which|what|is|are|the|a|an|of|at|in|near(est)?|closest|me|to|can|i|do|does|there|"
    r"service|government|centres?|centers?|counters?|windows?|kiosks?|halls?|terminals?|machines?|"
    r"self-?service|24-?\s*hours?|open|now|today|find|with|that|has|have|for|cross-?city|both|cities|"
    r"city|wheelchair|accessible|take|takes|handle|handles|any|go|address|please)\b",
    re.IGNORECASE,
)


def _matter(text: str) -> str:
    """The words that may name a matter; "" when nothing of substance is left."""
    rest = re.sub(r"\s+", " ", _ABOUT_PLACES.sub(" ", text)).strip(" ,，.。?？!！")
    solid = re.sub(r"[\W_]+", "", rest)
    return rest if len(solid) >= (2 if re.search(r"[\u3400-\u9fff]", solid) else 3) else ""
