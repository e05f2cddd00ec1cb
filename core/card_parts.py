"""What cards are made of: cities, facets, texts in both languages, sources, claims, chips.

Shapes only; nothing here decides what to say.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

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
    "result",
    "phone",
    "status",
]
"""`result`: what one gets in the end; `phone`: whom to call; `status`: how far an application is."""
Status = Literal["verified", "reported", "to_confirm"]
"""`verified` read from the issuing body; `reported` read in a third-party copy;
`to_confirm` demonstration data that must be confirmed with the department."""
Need = Literal["required", "conditional", "deferrable", "exempt"]
Mode = Literal["text", "video"]


class CardPart(BaseModel):
    """A part of a card: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class LocalText(CardPart):
    """A human text in both languages; `zh` prevails."""

    zh: str
    en: str

    def in_(self, lang: Lang) -> str:
        """The text in `lang`."""
        return self.zh if lang == "zh" else self.en


class Source(CardPart):
    """Where a fact comes from."""

    id: str
    title: str
    url: str | None = None
    doc_no: str | None = None


class Claim(CardPart):
    """One quotable fact."""

    text: str
    source: Source
    as_of: str
    """ISO date on which the source said so."""
    status: Status
    facet: Facet
    city: Scope


class Comparison(CardPart):
    """One row of the two-city table."""

    facet: Facet
    label: str
    shenzhen: str | None
    """None: the matter is not handled in this city."""
    dongguan: str | None
    differs: bool


class Material(CardPart):
    """One document to bring."""

    id: str
    name: str
    need: Need
    note: str = ""
    originals: int = 1
    copies: int = 0
    city: Scope = "both"
    tags: list[str] = Field(default_factory=list)
    """Short remarks: who issues it, on paper or not, how old it may be."""
    hint: str = ""
    """How to fill it in, or what is looked at."""
    form_url: str | None = None
    """Blank form or sample."""


class RuleChange(CardPart):
    """A fact of the card that starts or ends soon."""

    on: str
    """ISO date from which it is different."""
    text: str
    facet: Facet
    city: Scope
    source: Source
    status: Status


class Way(CardPart):
    """One way to get it done."""

    channel: str
    """Kind, as `knowledge.model.Channel`."""
    name: str
    city: Scope
    notes: list[str] = Field(default_factory=list)
    """Hours, how one signs in, appointment, languages, delivery."""
    url: str | None = None
    phone: str | None = None


class WayStep(CardPart):
    """One step, in the resident's order."""

    text: str
    city: Scope
    note: str = ""
    """Who acts, and how long it takes."""


class FaqLine(CardPart):
    """A question residents ask about the matter, with its sourced answer."""

    question: str
    answer: str
    city: Scope
    source: Source
    as_of: str
    status: Status


class Action(CardPart):
    """Something the resident can do next. `kind` `say` sends `token`; `link` opens `url`;
    `handoff` opens the human panel; `keep` keeps the checklist; `report` marks as outdated."""

    title: str
    kind: Literal["say", "link", "handoff", "keep", "report"] = "say"
    token: str | None = None
    url: str | None = None


class Choice(CardPart):
    """A chip. `token` is what the client sends back; only tokens the server issued are accepted."""

    title: str
    code: str | None = None
    token: str
    hint: str | None = None


class BaseCard(CardPart):
    """What every card has."""

    version: Literal[1] = 1
    lang: Lang = "zh"
    list_version: str | None = None
    """Version of the service list the card speaks from; None: it does not speak from the list."""
