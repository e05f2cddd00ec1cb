"""Which city a resident files in, from the fact that decides it: "you file in X because Y".

Pure: the item, what the words say, what is already known, and what was asked, in; a city, or the one
question that is missing, out. It asks only where the answer would differ and is too long to show for
both cities at once; it never asks about what is handled anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from core.cards import CITIES, City, Facet
from knowledge.model import DecidingFact, ServiceItem
from knowledge.stated import SAME_WAY
from knowledge.text import Understood, cities_in, understand
from knowledge.whose import since_correction

Place = Literal["shenzhen", "dongguan", "both"]
"""Where a fact of the resident's lies; `both` also stands for "not sure": both answers are shown."""
PLACES: tuple[Place, ...] = get_args(Place)
FACTS: tuple[DecidingFact, ...] = get_args(DecidingFact)
Facts = Mapping[DecidingFact, Place]

_ASKED_FOR: tuple[Facet, ...] = ("documents", "eligibility", "which_city")
"""Facets whose answer is long or is the question itself. A time, a fee or a place is one line a
city: both are told at once, which is a tap less than a question."""
_ANYWHERE = frozenset({"nationwide"})
_EITHER = re.compile(
    r"(深圳|东莞)(市|办|那?边)?(还是|或者?)(在|去|到|是)?(深圳|东莞)"
    r"|\b(shenzhen|dongguan) or (in |to )?(shenzhen|dongguan)\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"^(我)?(两|2|俩)(个)?(市|边|地|城市|个|处)?(都)?(有|交|缴|交过|缴过|参保|住|是)?(的|了)?$"
    r"|^都(有|交|缴|交过|是)(的|了)?$|^both( of them| cities)?$|^(in )?both\b.{0,12}$",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"^(我)?(也)?(不|没|唔)(太)?(清楚|知道|确定|晓得|肯定)(啊|呀|呢|的)?((社保|医保|公积金|户口|单位|公司)?(是)?(交|缴|买|参保|落|在)*在?(哪|什么).{0,4})?$|^(忘了|说不准|不懂)$"
    r"|^(i('m| am)? )?(not sure|unsure|don'?t know|do not know|no idea)\b.{0,16}$",
    re.IGNORECASE,
)
_FILLING = re.compile(
    r"如果|要是|应该|大概|可能|好像|估计|主要|我|是|在|的|了|交|缴存|缴|供|买|系|上班|上|参保|公积金|社保|医保|户口|户籍|住|工作|学校|房子|公司|单位|店|账户|那边|这边|市|都|呢|吧|啊|就"
    r"|\b(it'?s|i|i'?m|my|is|in|at|pay|paid|live|work|the|there|housing|fund|account|insured|hukou|home|"
    r"registered|and|mine|that|would|be|mostly|mainly|probably|maybe|think|guess|should|then)\b",
    re.IGNORECASE,
)


def told_as(item: ServiceItem, fact: DecidingFact) -> str:
    """The fact as a resident knows it: contributions are to the housing fund or to social insurance."""
    fund = fact == "contribution_city" and item.domain == "housing"
    return "contribution_fund" if fund else fact


@dataclass(frozen=True)
class Resolution:
    """Where to file, or what to ask."""

    city: City | None
    """The city; None: both are to be shown, or `ask` is open."""
    because: DecidingFact | None = None
    """The fact that settled `city`."""
    ask: DecidingFact | None = None
    """The one fact that is missing."""


def known_place(fact: DecidingFact, facts: Facts) -> tuple[DecidingFact, Place] | None:
    """(the fact that is known, where it lies) for `fact` or one that goes with it; None: not known."""
    for one in (fact, *SAME_WAY.get(fact, ())):
        if one in facts:
            return one, facts[one]
    return None


def handled_anywhere(item: ServiceItem) -> bool:
    """Whether it does not matter which city one goes to."""
    return item.jurisdiction.deciding_fact == "none" or bool(_ANYWHERE & set(item.cross_city_modes))


def moves_between(item: ServiceItem) -> bool:
    """Whether it takes something from one city to the other: filed where it goes to, so that where a
    fact lies today settles nothing and must not be asked."""
    return "joint_handling" in item.cross_city_modes


def leaves_open(text: str) -> bool:
    """Whether the words ask which of the two cities it is, and so name neither."""
    return _EITHER.search(text) is not None


def resolve(
    item: ServiceItem,
    *,
    facet: Facet | None,
    differs: bool,
    named: City | None,
    words: Mapping[DecidingFact, City],
    known: Facts,
) -> Resolution:
    """Where to file `item`.

    `differs`: whether the cities' answers to `facet` differ; `named`: the city the words settle;
    `words`: the facts they state; `known`: what the resident said before. Words win over that.
    """
    fact = item.jurisdiction.deciding_fact
    if moves_between(item):
        return Resolution(named)
    if fact != "none" and fact in words:
        return Resolution(words[fact], fact)
    if named is not None:
        stated = known_place(fact, {**words}) if fact != "none" else None
        return Resolution(named, stated[0] if stated and stated[1] == named else None)
    known_fact = None if fact == "none" else known_place(fact, {**known, **words})
    if known_fact is not None:
        city = city_of(known_fact[1])
        return Resolution(city, known_fact[0] if city is not None else None)
    if fact == "none" or handled_anywhere(item) or facet not in _ASKED_FOR:
        return Resolution(None)
    return Resolution(None, None, fact if differs else None)


def reply_place(asked: Understood) -> Place | None:
    """The answer to "in which city …?" in a resident's own words; None when it is something else."""
    text = asked.text[since_correction(asked.text) :].strip(" ,，.。!！?？").lower()
    if _BOTH.match(text) or _UNSURE.match(text):
        return "both"
    if len(asked.cities) == 2 and not _leftover(text):
        return "both"
    return asked.cities[0] if len(asked.cities) == 1 and not _leftover(text) else None


def names_place(text: str) -> bool:
    """Whether a text is nothing but an answer to "in which city …?"."""
    return reply_place(understand(text)) is not None


def _leftover(text: str) -> str:
    """What is left of a reply besides cities and the words that go with them."""
    for _, start, end in reversed(cities_in(text)):
        text = text[:start] + " " + text[end:]
    return re.sub(r"[\W_]+|和|跟|与|有", "", _FILLING.sub("", text))


def facts_from(data: object) -> dict[DecidingFact, Place]:
    """Facts out of stored JSON; anything unknown is dropped."""
    if not isinstance(data, dict):
        return {}
    return {fact: data[fact] for fact in FACTS if data.get(fact) in PLACES}


def city_of(place: Place | None) -> City | None:
    """The one city of a place."""
    return next((city for city in CITIES if city == place), None)
