"""Cards that speak from the service list: an answer, a comparison, a life event, places to go.

Each names the version of the list it was made from and never mixes two.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.card_parts import (
    Action,
    BaseCard,
    CardPart,
    Choice,
    City,
    Claim,
    Comparison,
    Facet,
    FaqLine,
    LocalText,
    Material,
    Need,
    RuleChange,
    Scope,
    Source,
    Status,
    Way,
    WayStep,
)


class AnswerCard(BaseCard):
    """The answer about one service item."""

    type: Literal["answer"] = "answer"
    code: str
    name: LocalText
    city: Scope
    facet: Facet
    headline: str
    """The fact asked for, first."""
    summary: str
    claims: list[Claim]
    comparison: list[Comparison]
    """All rows of the two-city table; a one-city card has none."""
    differences: list[Comparison]
    """The rows that differ: computed, never typed."""
    materials: list[Material]
    channels: list[str] = Field(default_factory=list)
    jurisdiction: str | None = None
    """'You file in X because Y', when it is known."""
    result: str | None = None
    """What one gets in the end."""
    marks: list[str] = Field(default_factory=list)
    """Short remarks on the effort: trips to a counter, what can be done online."""
    changes: list[RuleChange] = Field(default_factory=list)
    """What of this card is different soon, earliest first."""
    ways: list[Way] = Field(default_factory=list)
    steps: list[WayStep] = Field(default_factory=list)
    faqs: list[FaqLine] = Field(default_factory=list)
    phones: list[str] = Field(default_factory=list)
    actions: list[Action] = Field(default_factory=list)
    as_of: str
    status: Status
    disclaimer: str | None = None
    list_version: str


class ChecklistItem(CardPart):
    """One line that can be ticked."""

    id: str
    text: str
    note: str = ""


class ChecklistCard(BaseCard):
    """A list to tick and keep."""

    type: Literal["checklist"] = "checklist"
    title: str
    code: str | None = None
    items: list[ChecklistItem]
    as_of: str


class CompareColumn(CardPart):
    """One side of a comparison: a city, or a matter."""

    title: str
    code: str
    city: Scope


class CompareCell(CardPart):
    """What one side says, with where it is from. `text` None: the side has nothing on it."""

    text: str | None
    sources: list[Source] = Field(default_factory=list)
    as_of: str | None = None
    """ISO date; the oldest of its facts."""
    status: Status | None = None
    """The weakest of its facts."""


class CompareRow(CardPart):
    """One aspect, one cell a column."""

    facet: Facet
    label: str
    cells: list[CompareCell]
    differs: bool


class CompareCard(BaseCard):
    """Two cities, or two matters, side by side: what differs first."""

    type: Literal["compare"] = "compare"
    title: str
    headline: str
    """What differs and what is the same, in a sentence."""
    columns: list[CompareColumn]
    rows: list[CompareRow]
    """The aspect asked for first, then what differs, then the rest."""
    jurisdiction: str | None = None
    actions: list[Action] = Field(default_factory=list)
    as_of: str
    status: Status
    disclaimer: str | None = None
    list_version: str


class BundleAsk(CardPart):
    """A yes/no question that decides whether some steps apply."""

    id: str
    text: str
    answer: bool | None = None
    options: list[Choice]
    """Yes, no, not sure yet, in this order."""


class BundleStepLine(CardPart):
    """One matter of a life event, in order."""

    number: int
    code: str
    name: str
    token: str
    """Asks for the matter's own card."""
    city: Scope
    """Where it is handled."""
    where: str
    """Which city to file in, and why."""
    after: list[int] = Field(default_factory=list)
    """Numbers of the steps that come before it."""
    optional: bool = False
    condition: str = ""
    who: str = ""
    time: str = ""
    note: str = ""


class BundleDocument(CardPart):
    """A document that one or several steps need, once."""

    id: str
    name: str
    need: Need
    originals: int
    copies: int
    """The most that a single step asks for."""
    steps: list[int]
    note: str = ""


class BundleCard(BaseCard):
    """一件事: the matters of a life event in order, with one list of documents."""

    type: Literal["bundle"] = "bundle"
    id: str
    name: LocalText
    summary: str
    questions: list[BundleAsk] = Field(default_factory=list)
    steps: list[BundleStepLine]
    documents: list[BundleDocument]
    shared_fields: list[str] = Field(default_factory=list)
    total: str | None = None
    """How long it takes all in all, where every step says so."""
    source: Source
    actions: list[Action] = Field(default_factory=list)
    as_of: str
    status: Status
    disclaimer: str | None = None
    list_version: str


class CentreLine(CardPart):
    """One service centre."""

    id: str
    name: str
    city: City
    district: str
    address: str
    transit: str = ""
    hours: list[str]
    open: bool | None = None
    """Whether it is open at the time of the card, public holidays aside; None: not known."""
    windows: list[str] = Field(default_factory=list)
    terminals: list[str] = Field(default_factory=list)
    accessibility: list[str] = Field(default_factory=list)
    phones: list[str] = Field(default_factory=list)
    lat: float
    lon: float
    distance_m: int | None = None
    source: Source
    as_of: str
    status: Status


class CentresCard(BaseCard):
    """Where to go: at most five centres, the fitting ones first."""

    type: Literal["centres"] = "centres"
    title: str
    code: str | None = None
    """The matter they are listed for."""
    centres: list[CentreLine]
    total: int
    """How many fit."""
    note: str = ""
    actions: list[Action] = Field(default_factory=list)
    as_of: str
    status: Status
    disclaimer: str | None = None
    list_version: str
