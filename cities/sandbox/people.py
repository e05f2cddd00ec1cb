"""Fifty synthetic people, the same ones every time.

Nobody here exists: identity numbers carry a division code that is not assigned (`9999…`) and a wrong
check digit, telephone numbers begin with `100`, bank cards fail the Luhn check. The first ten are the
demonstration accounts. Pure; knows nothing of money or of a wire format.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import random
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.cards import City, LocalText

Kind = Literal["worker", "foreigner", "minor", "retired"]
SEED = 20250720  # the day the two cities published their programme
COUNT = 50
_SURNAMES = "陈林黄李张王吴刘梁何罗邓谢郑叶曾温钟卢蔡"
_GIVEN = (
    "嘉怡", "子轩", "晓彤", "志强", "美玲", "俊杰", "雅雯", "国栋", "诗涵", "文博", "慧敏", "浩然",
    "秀兰", "建华", "梓萱", "伟", "静", "敏", "磊", "婷", "宇航", "思远", "佩珊", "家豪",
)  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic resident."""

    index: int
    network_id: str
    name: str
    kind: Kind
    birth: dt.date
    id_no: str
    phone: str
    bank_card: str
    cities: tuple[City, ...]
    """Where the person has accounts."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """How a demonstration resident signs in; the same at both issuers but for the username."""

    person: Person
    slug: str
    password: str
    second_factor: str
    label: LocalText

    def username(self, city: City) -> str:
        """`sz-lin` at the Shenzhen issuer, `dg-lin` at Dongguan's."""
        return f"{'sz' if city == 'shenzhen' else 'dg'}-{self.slug}"


_BOTH: tuple[City, ...] = ("shenzhen", "dongguan")
_DEMO: tuple[tuple[str, str, Kind, str, tuple[City, ...], str, str], ...] = (
    ("lin", "林嘉怡", "worker", "1991-04-12", _BOTH,
     "两市都有账户：现在深圳缴存，东莞账户已封存",
     "Accounts in both cities: contributing in Shenzhen, Dongguan account sealed"),
    ("chen", "陈子轩", "worker", "1995-09-03", ("shenzhen",),
     "只有深圳账户", "Account in Shenzhen only"),
    ("huang", "黄美玲", "worker", "1988-01-27", ("dongguan",),
     "只有东莞账户", "Account in Dongguan only"),
    ("he", "何文博", "worker", "2003-06-18", (),
     "两市都没有账户", "No account in either city"),
    ("wu", "吴建华", "worker", "1983-11-05", _BOTH,
     "社保有断缴月份", "Gaps in social insurance"),
    ("santos", "Maria Santos", "foreigner", "1990-02-14", ("shenzhen",),
     "在深圳工作的外籍居民", "Foreign resident working in Shenzhen"),
    ("xiaoman", "林小满", "minor", "2014-05-20", ("shenzhen",),
     "未成年人：社保卡照片未通过", "Minor: photo for the social security card was not accepted"),
    ("liang", "梁秀兰", "retired", "1962-08-09", _BOTH,
     "退休人员：东莞领取养老金，深圳公积金已销户",
     "Retired: pension from Dongguan, Shenzhen fund account closed"),
    ("luo", "罗志强", "worker", "1986-12-30", _BOTH,
     "公积金账户冻结，办件待补正", "Frozen fund account, an application waiting for correction"),
    ("xie", "谢雅雯", "worker", "1993-03-08", ("dongguan",),
     "东莞社保卡补换制卡中", "Replacement social security card in production in Dongguan"),
)  # fmt: skip
_CODES = (
    "246810", "135790", "112358", "314159", "271828", "161803", "141421", "173205", "223606", "264575",
)  # fmt: skip


def _network_id(index: int) -> str:
    digest = hashlib.sha256(f"shen-guan sandbox person {index}".encode()).digest()
    return "netid-" + base64.b32encode(digest).decode().lower()[:26]


def _id_no(rng: random.Random, birth: dt.date) -> str:
    body = f"9999{rng.randrange(100):02d}{birth:%Y%m%d}{rng.randrange(1000):03d}"
    right = _CHECK[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    return body + rng.choice([c for c in "0123456789" if c != right])


def luhn(digits: str) -> int:
    """The check digit that would make `digits` a valid card number (ISO/IEC 7812-1)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def _bank_card(rng: random.Random) -> str:
    body = "620000" + "".join(str(rng.randrange(10)) for _ in range(12))
    return body + str((luhn(body) + rng.randrange(1, 10)) % 10)


def _ordinary(rng: random.Random) -> tuple[str, Kind, dt.date, tuple[City, ...]]:
    name = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
    kind: Kind = "retired" if rng.random() < 0.08 else "worker"
    year = rng.randrange(1955, 1964) if kind == "retired" else rng.randrange(1970, 2004)
    birth = dt.date(year, rng.randrange(1, 13), rng.randrange(1, 29))
    cities = rng.choices([_BOTH, ("shenzhen",), ("dongguan",)], [5, 3, 3])[0]
    return name, kind, birth, cities


@cache
def people() -> tuple[Person, ...]:
    """All fifty, in order; the first ten are `demo_accounts()`."""
    out: list[Person] = []
    for index in range(COUNT):
        rng = random.Random(SEED * 1000 + index)
        if index < len(_DEMO):
            _, name, kind, born, cities, _, _ = _DEMO[index]
            birth = dt.date.fromisoformat(born)
        else:
            name, kind, birth, cities = _ordinary(rng)
        out.append(
            Person(
                index=index,
                network_id=_network_id(index),
                name=name,
                kind=kind,
                birth=birth,
                id_no=_id_no(rng, birth),
                phone=f"100{rng.randrange(10**8):08d}",
                bank_card=_bank_card(rng),
                cities=cities,
            )
        )
    return tuple(out)


@cache
def demo_accounts() -> tuple[DemoAccount, ...]:
    """The people one can sign in as."""
    return tuple(
        DemoAccount(
            person=person,
            slug=row[0],
            password=f"demo-{row[0]}-2025",
            second_factor=code,
            label=LocalText(zh=row[5], en=row[6]),
        )
        for person, row, code in zip(people(), _DEMO, _CODES, strict=False)
    )
