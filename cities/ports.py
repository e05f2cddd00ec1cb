"""What the product may ask of a city's business systems, in our own words.

One Protocol per capability, implemented by one adapter per city. Amounts are yuan in `Decimal`,
dates are the cities' local dates, moments are aware. The values are a resident's own record: full
numbers are kept out of `repr`, and only `cities.present` turns them into something to show.
Nothing here decides anything.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, Protocol, TypeVar

from cities.months import Month, Span
from core.cards import City, LocalText

T = TypeVar("T")
State = Literal["ok", "no_account", "unavailable"]
Reason = Literal["timeout", "down", "malformed", "refused", "circuit_open", "not_configured"]
"""Why a city gave no answer. `refused`: it answered, but does not accept us or the request;
`circuit_open`: not asked, because it failed repeatedly a moment ago."""

FundStatus = Literal["active", "sealed", "frozen", "closed"]
Scheme = Literal["pension", "medical", "unemployment", "injury", "maternity"]
SCHEMES: tuple[Scheme, ...] = ("pension", "medical", "unemployment", "injury", "maternity")
InsuredStatus = Literal["contributing", "paused", "retired", "ended"]
CardState = Literal[
    "received", "photo_failed", "producing", "shipped", "at_counter", "activated", "lost"
]
CaseState = Literal["received", "in_review", "needs_correction", "decided", "issued", "withdrawn"]
Hold = Literal[
    "photo_background", "photo_unclear", "guardian_papers", "address_unclear", "document_missing"
]
"""Why something stands still; every reason has a fix in `core/locales/*/cities.json`."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """One month's contribution to the housing fund."""

    month: Month
    amount: Decimal
    posted_on: dt.date


@dataclass(frozen=True, slots=True)
class HousingFundAccount:
    """A person's housing fund account in one city."""

    account_no: str = field(repr=False)
    status: FundStatus
    balance: Decimal = field(repr=False)
    withdrawable: Decimal = field(repr=False)
    """The most that could be drawn now."""
    base: Decimal = field(repr=False)
    """Monthly contribution base."""
    employer_ratio: Decimal
    """0.05 to 0.12."""
    personal_ratio: Decimal
    employer: str = field(repr=False)
    opened_on: dt.date
    bound_card: str | None = field(repr=False)
    deposits: tuple[Deposit, ...] = field(repr=False)
    """Newest first, at most the last twelve."""

    @property
    def monthly_deposit(self) -> Decimal:
        """Employer's and own part together, in whole yuan as the funds round it."""
        both = self.base * (self.employer_ratio + self.personal_ratio)
        return both.quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class SchemeRecord:
    """Contributions to one of the five schemes in one city."""

    scheme: Scheme
    status: InsuredStatus
    months: int
    """Months counted in this city only; the other city keeps its own ledger."""
    first: Month | None
    through: Month | None
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SocialSecurityRecord:
    """A person's social insurance record in one city."""

    number: str = field(repr=False)
    status: InsuredStatus
    base: Decimal = field(repr=False)
    employer: str | None = field(repr=False)
    schemes: tuple[SchemeRecord, ...]
    """In the order of `SCHEMES`; a scheme the person is not in is left out."""


@dataclass(frozen=True, slots=True)
class CardStep:
    """A state a card application reached."""

    state: CardState
    on: dt.date


@dataclass(frozen=True, slots=True)
class SocialCard:
    """A social security card, or the application for one."""

    card_no: str | None = field(repr=False)
    """None until the card is made."""
    application_no: str = field(repr=False)
    bank: str
    state: CardState
    hold: Hold | None
    delivery: Literal["mail", "counter"]
    steps: tuple[CardStep, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A state a case reached, and the office that holds it since."""

    state: CaseState
    on: dt.date
    office: LocalText


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """One application of a person, as the city handles it."""

    case_no: str = field(repr=False)
    item_code: str
    title: LocalText
    state: CaseState
    received_on: dt.date
    promised_on: dt.date
    hold: Hold | None
    steps: tuple[CaseStep, ...]
    """Oldest first, at least one."""

    @property
    def office(self) -> LocalText:
        """Who holds it now."""
        return self.steps[-1].office


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a city said: `value` is None when it knows no such account."""

    value: T | None
    as_of: dt.datetime
    """When the city's system said so, by its own clock."""


@dataclass(frozen=True, slots=True)
class AccountResult(Generic[T]):
    """One city's part of a two-city answer; never an exception."""

    city: City
    state: State
    value: T | None = None
    as_of: dt.datetime | None = None
    reason: Reason | None = None


class CityFailure(Exception):
    """A city gave no usable answer. `safe`: asking once more can help and can do no harm."""

    def __init__(self, reason: Reason, *, safe: bool = False, where: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.safe = safe
        self.where = where
        """Which part of the answer was wrong, a field name; never a value."""


class HousingFundPort(Protocol):
    """Housing fund accounts."""

    async def housing_fund(self, network_id: str) -> Answer[HousingFundAccount]:
        """The account of a person; raises `CityFailure`."""
        ...


class SocialSecurityPort(Protocol):
    """Social insurance records."""

    async def social_security(self, network_id: str) -> Answer[SocialSecurityRecord]:
        """The record of a person; raises `CityFailure`."""
        ...


class SocialCardPort(Protocol):
    """Social security cards."""

    async def social_card(self, network_id: str) -> Answer[SocialCard]:
        """The card or running application of a person; raises `CityFailure`."""
        ...


class CasePort(Protocol):
    """Progress of applications."""

    async def cases_of(self, network_id: str) -> Answer[tuple[CaseProgress, ...]]:
        """All cases of a person, newest first; raises `CityFailure`."""
        ...

    async def case(self, case_no: str) -> Answer[tuple[CaseProgress, ...]]:
        """The case with this number; raises `CityFailure`."""
        ...


class CitySystem(HousingFundPort, SocialSecurityPort, SocialCardPort, CasePort, Protocol):
    """Everything we ask of one city."""

    @property
    def city(self) -> City:
        """Whose system this is."""
        ...
