"""Typed cards: everything the assistant says that is more than a sentence.

One discriminated union on `type`, versioned by `version`. The texts of a card are in its `lang`;
names of services are in both. `flatten` turns every card into plain text for clients that show text
only. Nothing here decides what to say.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.flatten import flatten_card
from core.i18n import Lang

City = Literal["shenzhen", "dongguan"]
CITIES: tuple[City, City] = ("shenzhen", "dongguan")
Scope = Literal["shenzhen", "dongguan", "both"]
Facet = Literal[
    "overview",
    "documents",
    "time",
    "fee",
    "where",
    "channels",
    "eligibility",
    "steps",
    "which_city",
]
Status = Literal["verified", "reported", "to_confirm"]
"""`verified` read from the issuing body; `reported` read in a third-party copy;
`to_confirm` demonstration data that must be confirmed with the department."""
Need = Literal["required", "conditional", "deferrable", "exempt"]
Mode = Literal["text", "video"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LocalText(_Model):
    """A human text in both languages; `zh` prevails."""

    zh: str
    en: str

    def in_(self, lang: Lang) -> str:
        """The text in `lang`."""
        return self.zh if lang == "zh" else self.en


class Source(_Model):
    """Where a fact comes from."""

    id: str
    title: str
    url: str | None = None
    doc_no: str | None = None


class Claim(_Model):
    """One quotable fact."""

    text: str
    source: Source
    as_of: str
    """ISO date on which the source said so."""
    status: Status
    facet: Facet
    city: Scope


class Comparison(_Model):
    """One row of the two-city table."""

    facet: Facet
    label: str
    shenzhen: str | None
    """None: the matter is not handled in this city."""
    dongguan: str | None
    differs: bool


class Material(_Model):
    """One document to bring."""

    id: str
    name: str
    need: Need
    note: str = ""
    originals: int = 1
    copies: int = 0
    city: Scope = "both"


class Action(_Model):
    """Something the resident can do next. `kind` `say` sends `token`; `link` opens `url`;
    `handoff` opens the human panel; `keep` keeps the checklist; `report` marks as outdated."""

    title: str
    kind: Literal["say", "link", "handoff", "keep", "report"] = "say"
    token: str | None = None
    url: str | None = None


class Choice(_Model):
    """A chip. `token` is what the client sends back; only tokens the server issued are accepted."""

    title: str
    code: str | None = None
    token: str
    hint: str | None = None


class _Card(_Model):
    version: Literal[1] = 1
    lang: Lang = "zh"


class AnswerCard(_Card):
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
    actions: list[Action] = Field(default_factory=list)
    as_of: str
    status: Status
    disclaimer: str | None = None
    list_version: str


class ChoicesCard(_Card):
    """One clarifying question, or what to do next."""

    type: Literal["choices"] = "choices"
    prompt: str
    choices: list[Choice]


class Money(_Model):
    """An amount in yuan, as a decimal string (never a float)."""

    amount: str
    currency: Literal["CNY"] = "CNY"


class AccountField(_Model):
    """One labelled value, already masked and formatted."""

    label: str
    value: str


class AccountSide(_Model):
    """One city's answer."""

    city: City
    state: Literal["ok", "no_account", "unavailable"]
    headline: str | None = None
    """The most wanted value, e.g. the balance."""
    fields: list[AccountField] = Field(default_factory=list)
    as_of: str | None = None
    """ISO date-time at which the city's system said so."""
    message: str | None = None


class AccountCard(_Card):
    """A resident's own record in both cities, side by side."""

    type: Literal["account"] = "account"
    kind: Literal["housing_fund", "social_security", "social_card", "case"]
    title: str
    holder: str
    """Masked name."""
    sides: list[AccountSide]
    note: str | None = None
    actions: list[Action] = Field(default_factory=list)


class SignInOption(_Model):
    """One issuer to sign in with."""

    issuer: str
    title: str
    url: str


class SignInCard(_Card):
    """A step up to the identity level an action needs."""

    type: Literal["sign_in"] = "sign_in"
    prompt: str
    purpose: str
    level: Literal["L1", "L2", "L3"]
    options: list[SignInOption] = Field(default_factory=list)
    """Filled in by the gateway, which knows the issuers."""
    sandbox: bool = False


class FormField(_Model):
    """One field of a form."""

    name: str
    label: str
    kind: Literal["text", "number", "date", "choice", "phone"]
    required: bool = True
    hint: str = ""
    choices: list[Choice] = Field(default_factory=list)
    value: str | None = None


class FormCard(_Card):
    """The question a form is asking now, with what was collected so far."""

    type: Literal["form"] = "form"
    form: str
    title: str
    fields: list[FormField]
    step: int
    steps: int
    cancel: Choice | None = None


class ChecklistItem(_Model):
    """One line that can be ticked."""

    id: str
    text: str
    note: str = ""


class ChecklistCard(_Card):
    """A list to tick and keep."""

    type: Literal["checklist"] = "checklist"
    title: str
    code: str | None = None
    items: list[ChecklistItem]
    as_of: str


class HandoffCard(_Card):
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


class NoticeCard(_Card):
    """Something to know."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning", "urgent", "success"] = "info"
    title: str = ""
    text: str
    actions: list[Action] = Field(default_factory=list)


class RatingCard(_Card):
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
    | RatingCard,
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
