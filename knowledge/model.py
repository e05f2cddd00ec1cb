"""The service list as data: one YAML file an item, as reviewed by people.

Model after the national catalogue (事项 → 实施清单 by city) with CPSV-AP's channel and cost ideas.
Every human text is bilingual and `zh` prevails. Facts that can change carry status, source and date;
differences between the cities are computed (`knowledge.differences`), never typed.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from core.cards import City, LocalText, Need, Status

Domain = Literal[
    "public_security", "hrss", "market", "civil", "housing", "medical_insurance", "health",
    "transport", "tax", "education", "justice", "veterans", "utilities", "cross",
]  # fmt: skip
Channel = Literal[
    "online", "app", "mini", "video", "kiosk", "window", "phone", "door", "mail", "bank"
]
CrossCityMode = Literal[
    "full_online", "accept_elsewhere", "joint_handling", "nationwide", "one_matter",
    "kiosk", "video", "per_city", "local_only",
]  # fmt: skip
"""全程网办, 异地代收, 多地联办, 全国/跨省通办, 一件事, 跨城自助, 视频办, 各市自办, 仅本地办."""
DecidingFact = Literal[
    "hukou_city", "residence_city", "employer_city", "contribution_city", "property_city",
    "insured_city", "school_city", "event_city", "premises_city", "account_city", "none",
]  # fmt: skip
DayUnit = Literal["working_day", "day", "instant", "on_the_spot", "queue", "window_period"]
IdentityLevel = Literal["L0", "L1", "L2", "L3", "L4"]
ItemCode = Annotated[str, StringConstraints(pattern=r"^SG-[A-Z]{2}-\d{3}$")]
SourceId = Annotated[str, StringConstraints(pattern=r"^(S\d{1,2}[a-z]?|DEMO)$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceRecord(_Record):
    """A document a fact was read in (`knowledge/data/sources.yaml`)."""

    id: SourceId
    title: LocalText
    url: str | None = None
    doc_no: str | None = None
    issued: dt.date | None = None
    kind: Literal["official", "third_party", "demonstration"]


class Fact(_Record):
    """Provenance of a statement; every fact has it."""

    status: Status
    source: SourceId
    as_of: dt.date


class TextFact(Fact):
    """A condition, step, note or place, in words."""

    text: LocalText
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class TimeFact(Fact):
    """How long it takes. `text` is what a resident reads."""

    text: LocalText
    statutory_days: Decimal | None = None
    promise_days: Decimal | None = None
    unit: DayUnit


class FeeFact(Fact):
    """What it costs. `amount` None with a text means: it depends, see the text."""

    name: LocalText
    text: LocalText
    amount: Decimal | None
    currency: Literal["CNY"] = "CNY"
    waiver: LocalText | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class MaterialRecord(Fact):
    """One document to bring."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
    """Shared across items for the same document, e.g. `id_card`, so that lists can be merged."""
    name: LocalText
    need: Need
    condition: LocalText | None = None
    originals: int = Field(1, ge=0)
    copies: int = Field(0, ge=0)


class ChannelOffer(_Record):
    """One way to get it done."""

    channel: Channel
    name: LocalText
    """E.g. `i深圳 App` / `iShenzhen app`, `东莞社保卡服务网点` / …"""
    hours: LocalText | None = None
    identity_level: IdentityLevel = "L0"
    appointment: bool = False
    url: str | None = None
    phone: str | None = None


class Variant(_Record):
    """What applies in one city (or, under `common`, in both)."""

    department: LocalText | None = None
    conditions: list[TextFact] = Field(default_factory=list)
    materials: list[MaterialRecord] = Field(default_factory=list)
    time: TimeFact | None = None
    fees: list[FeeFact] = Field(default_factory=list)
    channels: list[ChannelOffer] = Field(default_factory=list)
    where: TextFact | None = None
    steps: list[TextFact] = Field(default_factory=list)
    notes: list[TextFact] = Field(default_factory=list)
    phones: list[str] = Field(default_factory=list)


class Jurisdiction(_Record):
    """Which city to file in, and the fact that decides it."""

    deciding_fact: DecidingFact
    text: LocalText
    """E.g. 在缴存公积金的城市办理 / File in the city where you pay the fund."""


class SameStandard(_Record):
    """同事同标: how far the two cities use the same form, materials and criteria."""

    level: Literal["none", "candidate", "materials", "form", "criteria", "full"] = "none"
    since: dt.date | None = None
    source: SourceId | None = None


class Words(_Record):
    """Wordings for search; not shown to residents."""

    zh: list[str] = Field(default_factory=list)
    en: list[str] = Field(default_factory=list)
    yue: list[str] = Field(default_factory=list)


class ServiceItem(_Record):
    """One matter (事项), the same code in both cities."""

    item_id: ItemCode
    domain: Domain
    name: LocalText
    summary: LocalText
    """Plain language, at most 120 Chinese characters."""
    result: LocalText | None = None
    audience: list[Literal["person", "family", "enterprise", "foreigner", "agent"]]
    aliases: Words
    """Other names of the matter."""
    colloquial: Words
    """How residents say it: at least 6 Chinese, 4 English and 2 Cantonese wordings."""
    questions: Words
    """Whole questions residents ask: at least 3 Chinese and 2 English."""
    cross_city_modes: list[CrossCityMode]
    same_standard: SameStandard = SameStandard()
    jurisdiction: Jurisdiction
    status: Status
    as_of: dt.date
    sources: list[SourceId]
    related: list[ItemCode] = Field(default_factory=list)
    common: Variant
    cities: dict[City, Variant | None]
    """Both keys present. A variant's non-empty fields replace those of `common`, `notes` and
    `conditions` are added to them; None: the city does not handle this matter."""

    @model_validator(mode="after")
    def _both_cities_named(self) -> ServiceItem:
        if set(self.cities) != {"shenzhen", "dongguan"}:
            raise ValueError("cities must name shenzhen and dongguan, null where not handled")
        if all(v is None for v in self.cities.values()):
            raise ValueError("at least one city must handle the item")
        return self

    def variant(self, city: City) -> Variant | None:
        """What applies in `city`, with `common` filled in; None where it is not handled."""
        own = self.cities[city]
        if own is None:
            return None
        merged = {
            field: getattr(own, field) or getattr(self.common, field)
            for field in Variant.model_fields
        }
        merged["notes"] = [*self.common.notes, *own.notes]
        merged["conditions"] = [*self.common.conditions, *own.conditions]
        return Variant(**merged)
