"""What a city's systems hold about each synthetic person when they are first set up.

Deterministic from the person, the city and the day of set-up; amounts in 分 (cents). After set-up the
database is the truth. Pure; no I/O, no wire format.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cities.months import Month, Span, merged
from cities.sandbox.people import SEED, Person, people
from core.cards import City

SCHEMES = ("pension", "medical", "unemployment", "injury", "maternity")
_EMPLOYERS = {
    "shenzhen": ("深圳示例科技有限公司", "深圳演示物流有限公司", "深圳样例餐饮管理有限公司"),
    "dongguan": ("东莞示例电子有限公司", "东莞演示家具有限公司", "东莞样例玩具制造有限公司"),
}
_BANKS = {"shenzhen": ("示例银行深圳分行",), "dongguan": ("示例银行东莞分行", "演示农商银行")}
CREDIT_CODE = {"shenzhen": "11440300MB00000000", "dongguan": "11441900MB00000000"}
"""Synthetic unified credit codes with the cities' real division codes; a case number begins with one."""
_OFFICE = {
    "shenzhen": ("深圳市示例办事窗口", "Shenzhen demonstration office"),
    "dongguan": ("东莞市示例办事窗口", "Dongguan demonstration office"),
}
_ITEMS = (
    ("SG-HR-004", "社会保障卡补换", "Social security card replacement", 12),
    ("SG-PS-004", "居住证申领", "Residence permit application", 15),
    ("SG-HF-010", "公积金异地转移接续", "Fund transfer between cities", 10),
    ("SG-HR-008", "养老保险关系转移接续", "Pension insurance transfer", 15),
)


@dataclass(frozen=True, slots=True)
class Fund:
    """A housing fund account; ratios in basis points."""

    account_no: str
    status: str
    base: int
    employer_bp: int
    personal_bp: int
    employer: str
    opened_on: dt.date
    bound_card: str | None
    months: Span
    drawn: int

    @property
    def monthly(self) -> int:
        """Both parts together, whole yuan."""
        return round(self.base * (self.employer_bp + self.personal_bp) / 10000 / 100) * 100


@dataclass(frozen=True, slots=True)
class Insured:
    """An insurance record: stretches of contributions per scheme."""

    number: str
    status: str
    base: int
    employer: str | None
    spans: Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Card:
    """A social security card or the application for one."""

    application_no: str
    card_no: str | None
    bank: str
    state: str
    hold: str | None
    delivery: str
    steps: tuple[tuple[str, dt.date], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """An application."""

    case_no: str
    item: tuple[str, str, str]
    state: str
    received_on: dt.date
    promised_on: dt.date
    hold: str | None
    steps: tuple[tuple[str, dt.date, str, str], ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything one city has about one person."""

    person: Person
    fund: Fund | None = None
    insured: Insured | None = None
    card: Card | None = None
    cases: tuple[Case, ...] = field(default=())


def due_month(day: dt.date) -> Month:
    """The last month whose contribution is posted by `day`: last month's, from the 15th on."""
    return Month.of(day).plus(-1 if day.day >= 15 else -2)


def posting_day(month: Month) -> dt.date:
    """When the contribution of `month` is posted: on the 15th of the next."""
    after = month.plus(1)
    return dt.date(after.year, after.month, 15)


def holdings(city: City, today: dt.date) -> list[Holding]:
    """The city's records of everybody who has any, as of `today`."""
    return [_holding(city, person, today) for person in people() if city in person.cities]


def _holding(city: City, person: Person, today: dt.date) -> Holding:
    rng = random.Random(f"{SEED}:{city}:{person.index}")
    moved = _moved(city, person)
    history = _history(person, today, rng, moved)
    employer = rng.choice(_EMPLOYERS[city])
    base = rng.randrange(5000, 32001, 50) * 100
    return Holding(
        person=person,
        fund=_fund(city, person, rng, history, employer, base, moved),
        insured=_insured(city, person, rng, history, employer, base, moved),
        card=_card(city, person, rng, today),
        cases=_cases(city, person, rng, today),
    )


def _moved(city: City, person: Person) -> bool:
    """Whether the person contributed here once and works in the other city now."""
    now = person.cities[person.index % 2] if len(person.cities) == 2 else city
    return city != now


def _history(person: Person, today: dt.date, rng: random.Random, moved: bool) -> Span:
    """The months contributed in this city. Someone who moved contributed in one city after the
    other, never in both at once, as the rules want it."""
    due = due_month(today)
    if person.kind == "retired":
        last = max(Month(person.birth.year + 55, person.birth.month), Month(2013, 1))
        return Span(last.plus(-12 * rng.randrange(15, 20) - rng.randrange(11)), last)
    years = 12 * rng.randrange(1, 9) + rng.randrange(11)
    if len(person.cities) < 2:
        return Span(due.plus(-years), due)
    left = due.plus(-random.Random(f"{SEED}:moved:{person.index}").randrange(14, 49))
    return Span(left.plus(-years), left) if moved else Span(left.plus(2), due)


def _fund(
    city: City,
    person: Person,
    rng: random.Random,
    history: Span,
    employer: str,
    base: int,
    moved: bool,
) -> Fund | None:
    if person.kind == "minor" or (person.kind == "retired" and city == "dongguan"):
        return None
    ratio = rng.choice((500, 500, 700, 800, 1000, 1200))
    status = "sealed" if moved else "active"
    if person.kind == "retired":
        status = "closed"
    if person.index == 8 and not moved:
        status = "frozen"
    prefix = "SZ" if city == "shenzhen" else "DG"
    fund = Fund(
        account_no=f"{prefix}{900000000 + person.index * 7919 + rng.randrange(1000)}",
        status=status,
        base=base,
        employer_bp=ratio,
        personal_bp=ratio,
        employer=employer,
        opened_on=posting_day(history.start.plus(-1)),
        bound_card=person.bank_card if rng.random() < 0.8 or person.index < 10 else None,
        months=Span(max(history.start, history.through.plus(-119)), history.through),
        drawn=0,
    )
    total = fund.monthly * fund.months.months
    share = 1.0 if status == "closed" else rng.choice((0.0, 0.0, 0.3, 0.6))
    drawn = total if status == "closed" else int(total * share) // 100 * 100
    return replace(fund, drawn=drawn)


def _insured(
    city: City,
    person: Person,
    rng: random.Random,
    history: Span,
    employer: str,
    base: int,
    moved: bool,
) -> Insured | None:
    if person.kind == "retired" and city == "shenzhen":
        return None
    number = f"{'6' if city == 'shenzhen' else '7'}{10482739 + person.index * 1047299 % 79999999}"
    if person.kind == "minor":
        spans = {"medical": (Span(Month(history.through.year, 1), history.through),)}
        return Insured(number, "contributing", 0, None, spans)
    status = "paused" if moved else "contributing"
    if person.kind == "retired":
        status, employer = "retired", ""
    whole = _broken(history, 3 if person.index == 4 else rng.choice((0, 0, 0, 1)), rng)
    schemes = ("pension", "medical") if person.kind == "retired" else SCHEMES
    return Insured(number, status, base, employer or None, dict.fromkeys(schemes, whole))


def _broken(history: Span, breaks: int, rng: random.Random) -> tuple[Span, ...]:
    """`history` with `breaks` gaps of one to five months in it, never at an end."""
    missing: set[int] = set()
    inner = range(history.start.index + 3, history.through.index - 3)
    for _ in range(breaks):
        if len(inner) > 12:
            start = rng.choice(inner)
            missing |= set(range(start, min(start + rng.randrange(1, 6), inner.stop)))
    kept = (
        history.start.plus(i)
        for i in range(history.months)
        if history.start.index + i not in missing
    )
    return merged(Span(month, month) for month in kept)


_FLOWS = {
    "activated": ("received", "producing", "shipped", "activated"),
    "shipped": ("received", "producing", "shipped"),
    "producing": ("received", "producing"),
    "at_counter": ("received", "producing", "at_counter"),
    "photo_failed": ("received", "photo_failed"),
}


def _card(city: City, person: Person, rng: random.Random, today: dt.date) -> Card | None:
    if len(person.cities) == 2 and city != person.cities[person.index % 2]:
        return None  # one card a person, from one of the two cities
    state = rng.choices(("activated", "shipped", "at_counter", "producing"), (12, 1, 1, 1))[0]
    state = {0: "activated", 6: "photo_failed", 9: "producing"}.get(person.index, state)
    flow = _FLOWS[state]
    age = rng.randrange(200, 1500) if state == "activated" else rng.randrange(5, 12)
    start = today - dt.timedelta(days=age)
    steps = tuple((s, start + dt.timedelta(days=2 * i)) for i, s in enumerate(flow))
    made = state in ("activated", "shipped", "at_counter")
    letter = "F" if city == "shenzhen" else "E"
    return Card(
        application_no=f"{letter}SQ{start:%Y%m%d}{1873 + person.index * 37:04d}",
        card_no=f"{letter}{80415926 + person.index * 99733}" if made else None,
        bank=rng.choice(_BANKS[city]),
        state=state,
        hold="photo_background" if state == "photo_failed" else None,
        delivery="counter" if state == "at_counter" else rng.choice(("mail", "counter")),
        steps=steps,
    )


def _cases(city: City, person: Person, rng: random.Random, today: dt.date) -> tuple[Case, ...]:
    count = 1 if person.index in (0, 8, 9) else rng.choice((0, 0, 1, 2))
    return tuple(_case(city, person, rng, today, serial) for serial in range(count))


def _case(city: City, person: Person, rng: random.Random, today: dt.date, serial: int) -> Case:
    code, zh, en, days = _ITEMS[0] if person.index == 9 else rng.choice(_ITEMS)
    received = today - dt.timedelta(days=rng.randrange(3, 9) + 60 * serial)
    flow: tuple[str, ...] = ("received", "in_review")
    if serial:
        flow = ("received", "in_review", "decided", "issued")
    if person.index == 8 and not serial:
        flow = ("received", "in_review", "needs_correction")
    office = _OFFICE[city]
    basic = f"3{100000000000 + person.index * 1000003:012d}"
    return Case(
        case_no=f"{CREDIT_CODE[city]}{basic}{received:%Y%m%d}{person.index * 10 + serial:04d}",
        item=(code, zh, en),
        state=flow[-1],
        received_on=received,
        promised_on=received + dt.timedelta(days=days),
        hold="document_missing" if flow[-1] == "needs_correction" else None,
        steps=tuple((s, received + dt.timedelta(days=i), *office) for i, s in enumerate(flow)),
    )
