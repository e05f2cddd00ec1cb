"""Typed cards: everything the assistant says that is more than a sentence.

One discriminated union on `type`, versioned by `version`. The texts of a card are in its `lang`;
names of services are in both. `flatten` turns every card into plain text for clients that show text
only. Nothing here decides what to say.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from core.card_parts import (
    CITIES,
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
    Mode,
    Need,
    RuleChange,
    Scope,
    Source,
    Status,
    Way,
    WayStep,
)
from core.flatten import flatten_card
from core.list_cards import (
    AnswerCard,
    BundleAsk,
    BundleCard,
    BundleDocument,
    BundleStepLine,
    CentreLine,
    CentresCard,
    ChecklistCard,
    ChecklistItem,
    CompareCard,
    CompareCell,
    CompareColumn,
    CompareRow,
)

__all__ = [
    "CARD",
    "CARDS",
    "CITIES",
    "AccountCard",
    "AccountField",
    "AccountSide",
    "Action",
    "AnswerCard",
    "BaseCard",
    "BundleAsk",
    "BundleCard",
    "BundleDocument",
    "BundleStepLine",
    "Card",
    "CardPart",
    "CentreLine",
    "CentresCard",
    "ChecklistCard",
    "ChecklistItem",
    "Choice",
    "ChoicesCard",
    "City",
    "Claim",
    "CompareCard",
    "CompareCell",
    "CompareColumn",
    "CompareRow",
    "Comparison",
    "Facet",
    "FaqLine",
    "FormCard",
    "FormField",
    "HandoffCard",
    "LocalText",
    "Material",
    "Mode",
    "Money",
    "Need",
    "NoticeCard",
    "RatingCard",
    "RuleChange",
    "Scope",
    "SignInCard",
    "SignInOption",
    "Source",
    "Status",
    "Way",
    "WayStep",
    "dump_card",
    "flatten",
    "parse_card",
]


class ChoicesCard(BaseCard):
    """One clarifying question, or what to do next."""

    type: Literal["choices"] = "choices"
    prompt: str
    choices: list[Choice]
    aside: bool = False
    """Nothing needs to be chosen: an answer follows, and these are what else may be meant."""


class Money(CardPart):
    """An amount in yuan, as a decimal string (never a float)."""

    amount: str
    currency: Literal["CNY"] = "CNY"


class AccountField(CardPart):
    """One labelled value, already masked and formatted."""

    label: str
    value: str


class AccountSide(CardPart):
    """One city's answer."""

    city: City
    state: Literal["ok", "no_account", "unavailable"]
    headline: str | None = None
    """The most wanted value, e.g. the balance."""
    fields: list[AccountField] = Field(default_factory=list)
    as_of: str | None = None
    """ISO date-time at which the city's system said so."""
    message: str | None = None


class AccountCard(BaseCard):
    """A resident's own record in both cities, side by side."""

    type: Literal["account"] = "account"
    kind: Literal["housing_fund", "social_security", "social_card", "case"]
    title: str
    holder: str
    """Masked name."""
    sides: list[AccountSide]
    note: str | None = None
    actions: list[Action] = Field(default_factory=list)


class SignInOption(CardPart):
    """One issuer to sign in with."""

    issuer: str
    title: str
    url: str


class SignInCard(BaseCard):
    """A step up to the identity level an action needs."""

    type: Literal["sign_in"] = "sign_in"
    prompt: str
    purpose: str
    level: Literal["L1", "L2", "L3"]
    options: list[SignInOption] = Field(default_factory=list)
    """Filled in by the gateway, which knows the issuers."""
    sandbox: bool = False


class FormField(CardPart):
    """One field of a form."""

    name: str
    label: str
    kind: Literal["text", "number", "date", "choice", "phone"]
    required: bool = True
    hint: str = ""
    choices: list[Choice] = Field(default_factory=list)
    value: str | None = None


class FormCard(BaseCard):
    """The question a form is asking now, with what was collected so far."""

    type: Literal["form"] = "form"
    form: str
    title: str
    fields: list[FormField]
    step: int
    steps: int
    cancel: Choice | None = None


class HandoffCard(BaseCard):
    """The way to a person: which modes, how long, which place in the queue."""

    type: Literal["handoff"] = "handoff"
    prompt: str
    modes: list[Mode]
    wait_s: int | None
    """Estimated wait in seconds; None when nobody is online."""
    position: int | None
    """Place in the queue, 1 = next; None when not queued."""
    state: Literal["offer", "queued", "accepted", "ended", "closed"] = "offer"
    ticket: str | None = None
    agent: str | None = None
    hotline: str = "12345"


class NoticeCard(BaseCard):
    """Something to know."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning", "urgent", "success"] = "info"
    title: str = ""
    text: str
    actions: list[Action] = Field(default_factory=list)


class RatingCard(BaseCard):
    """After a human consultation: the summary, and how it went."""

    type: Literal["rating"] = "rating"
    prompt: str
    ticket: str
    summary: str
    score: int | None = None


Card = Annotated[
    AnswerCard
    | ChoicesCard
    | AccountCard
    | SignInCard
    | FormCard
    | ChecklistCard
    | HandoffCard
    | NoticeCard
    | RatingCard
    | CompareCard
    | BundleCard
    | CentresCard,
    Field(discriminator="type"),
]
CARD: TypeAdapter[Card] = TypeAdapter(Card)
CARDS: TypeAdapter[list[Card]] = TypeAdapter(list[Card])


def parse_card(data: Any) -> Card:
    """Validate one card; raises `pydantic.ValidationError`."""
    return CARD.validate_python(data)


def dump_card(card: Card) -> dict[str, Any]:
    """JSON-ready dictionary of a card."""
    return card.model_dump(mode="json")


def flatten(card: Card) -> str:
    """Readable plain text of a card, for clients that show text only."""
    return flatten_card(dump_card(card))
