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
PlaceKind = Literal[
    "service_hall", "local_hall", "cross_city", "social_security", "housing_fund", "marriage_registry",
    "community", "police", "immigration", "vehicle_office", "inspection_station", "labour", "foreign_work",
    "legal_service", "notary", "tax_hall", "real_estate", "education", "hospital", "transport",
    "transit_card", "veterans", "utility",
]  # fmt: skip
"""Kinds of place with a counter or machine. `service_hall`: 政务服务大厅 / 中心 of a city, district or town;
`local_hall`: 街道便民服务中心, or the centre of the town; `cross_city`: a 跨域通办 counter in one of them."""
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
MaterialId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
Days = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)]
Yuan = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=2)]


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
    """Provenance of a statement; every fact has it. `as_of` is the day for which its source says it. It
    holds from `valid_from` until the day before `valid_to`; None: no bound."""

    status: Status
    source: SourceId
    as_of: dt.date
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the fact is in force on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


class TextFact(Fact):
    """A condition, note or place, in words."""

    text: LocalText


class StepFact(TextFact):
    """One step of the way, in the resident's order."""

    stage: Literal["prepare", "apply", "accept", "review", "decide", "issue", "deliver"] | None = (
        None
    )
    actor: Literal["applicant", "government", "bank", "third_party"] | None = None
    days: Days | None = None
    """Working days this step takes, where it is known."""


class TimeFact(Fact):
    """How long it takes. `text` is what a resident reads."""

    text: LocalText
    statutory_days: Days | None = None
    promise_days: Days | None = None
    unit: DayUnit


class FeeFact(Fact):
    """What it costs. `amount` None with a text means: it depends, see the text."""

    name: LocalText
    text: LocalText
    amount: Yuan | None
    currency: Literal["CNY"] = "CNY"
    basis: LocalText | None = None
    """The rule the fee rests on; required where something is charged."""
    waiver: LocalText | None = None


class MaterialRecord(Fact):
    """One document to bring."""

    id: MaterialId
    """Shared across items for the same document, e.g. `id_card`, so that lists can be merged."""
    name: LocalText
    need: Need
    condition: LocalText | None = None
    originals: int = Field(1, ge=0)
    copies: int = Field(0, ge=0)
    issued_by: Literal["applicant", "government", "third_party"] | None = None
    """材料来源: who the document comes from."""
    medium: Literal["paper", "electronic", "either"] | None = None
    e_licence: bool = False
    """The window can fetch it from the electronic licence library (免提交)."""
    validity_days: int | None = Field(None, ge=1)
    """How old it may be."""
    fill_hint: LocalText | None = None
    """How to fill it in or what is looked at."""
    form_url: str | None = None
    """Blank form or sample."""


class ChannelOffer(Fact):
    """One way to get it done."""

    status: Status = "to_confirm"
    source: SourceId = "DEMO"
    as_of: dt.date = dt.date(2026, 11, 1)
    """Day the offers without provenance of their own were drafted."""

    channel: Channel
    name: LocalText
    """E.g. `i深圳 App` / `iShenzhen app`, `东莞社保卡服务网点` / …"""
    hours: LocalText | None = None
    identity_level: IdentityLevel = "L0"
    at: list[PlaceKind] = Field(default_factory=list)
    """Kinds of place whose counter or machine is meant; a centre of no such kind is not shown for it."""
    appointment: bool = False
    url: str | None = None
    phone: str | None = None
    languages: list[Literal["zh", "en", "yue"]] = Field(default_factory=list)
    delivery: bool = False
    """The result can be sent by post."""


class Words(_Record):
    """Wordings for search; not shown to residents."""

    zh: list[str] = Field(default_factory=list)
    en: list[str] = Field(default_factory=list)
    yue: list[str] = Field(default_factory=list)


class Faq(Fact):
    """A question residents ask about the matter, and its answer."""

    question: LocalText
    answer: LocalText
    city: City | None = None
    """City the answer holds for; None: both."""
    said: Words = Field(default_factory=Words)
    """How residents ask it, with the matter named: found by search as any wording of the item."""
    in_context: Words = Field(default_factory=Words)
    """How residents ask it once the matter is clear (「可以代办吗」): not searched."""


class Variant(_Record):
    """What applies in one city (or, under `common`, in both)."""

    department: LocalText | None = None
    conditions: list[TextFact] = Field(default_factory=list)
    exclusions: list[TextFact] = Field(default_factory=list)
    """Who or what is not accepted."""
    materials: list[MaterialRecord] = Field(default_factory=list)
    time: TimeFact | None = None
    later_times: list[TimeFact] = Field(default_factory=list)
    """Times that replace `time` while they hold; each has a `valid_from`."""
    fees: list[FeeFact] = Field(default_factory=list)
    channels: list[ChannelOffer] = Field(default_factory=list)
    where: TextFact | None = None
    steps: list[StepFact] = Field(default_factory=list)
    notes: list[TextFact] = Field(default_factory=list)
    phones: list[str] = Field(default_factory=list)
    max_visits: int | None = Field(None, ge=0, le=9)
    """到现场次数: trips to a counter at most. An estimate without a source of its own, like
    `online_depth`: always shown as to be confirmed."""
    online_depth: int | None = Field(None, ge=1, le=4)
    """网办深度: 1 information, 2 apply, 3 decide, 4 result without a visit."""
    implementation_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{31}$")] | None = None


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
    faqs: list[Faq] = Field(default_factory=list)
    next_review: dt.date | None = None
    """Day by which the department should confirm the item again."""
    catalog_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{12}$")] | None = None
    """基本编码, once mapped."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    """The matter exists from `valid_from` until the day before `valid_to`."""
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
        for field in ("notes", "conditions", "exclusions"):
            merged[field] = [*getattr(self.common, field), *getattr(own, field)]
        return Variant(**merged)


Weekday = Annotated[int, Field(ge=1, le=7)]
"""1 Monday … 7 Sunday."""
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class OpeningHours(_Record):
    """When a place is open, in China Standard Time. Public holidays: closed unless a note says else."""

    days: list[Weekday]
    opens: TimeOfDay
    closes: TimeOfDay


class Window(_Record):
    """A counter."""

    number: str
    name: LocalText
    cross_city: bool = False
    """跨城通办: takes filings for the other city."""
    serves: list[City]
    kind: PlaceKind | None = None
    """None: a counter of a service hall, by the level of the centre."""
    domains: list[Domain] = Field(default_factory=list)
    items: list[ItemCode] = Field(default_factory=list)
    """Empty: every item of `domains` whose own channel names this kind of place."""
    appointment: bool = False


class Terminal(_Record):
    """A self-service machine."""

    id: str
    name: LocalText
    serves: list[City]
    items: list[ItemCode] = Field(default_factory=list)
    all_day: bool = False
    in_service: bool = True


Accessibility = Literal[
    "step_free", "lift", "accessible_toilet", "hearing_loop", "sign_language", "large_print",
    "priority_queue", "wheelchair_loan", "nursing_room", "guide_dog",
]  # fmt: skip


class Centre(Fact):
    """A government service centre or hall with its counters and machines."""

    id: Annotated[str, StringConstraints(pattern=r"^(SZ|DG)-[A-Z0-9]{2,12}(-[A-Z0-9]{1,8})?$")]
    city: City
    level: Literal["city", "district", "town", "subdistrict", "bureau"]
    district: LocalText
    """District of Shenzhen; town or sub-district of Dongguan."""
    name: LocalText
    address: LocalText
    lat: float = Field(ge=22.0, le=23.5)
    lon: float = Field(ge=113.0, le=115.0)
    """WGS 84 degrees."""
    transit: LocalText | None = None
    hours: list[OpeningHours]
    hours_note: LocalText | None = None
    windows: list[Window] = Field(default_factory=list)
    terminals: list[Terminal] = Field(default_factory=list)
    accessibility: list[Accessibility] = Field(default_factory=list)
    languages: list[Literal["zh", "en", "yue"]] = Field(default_factory=list)
    phones: list[str] = Field(default_factory=list)


class BundleQuestion(_Record):
    """A yes/no question that decides whether some steps apply."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,40}$")]
    text: LocalText
    items: list[ItemCode]
    """Steps that apply only on yes."""
    skips: list[ItemCode] = Field(default_factory=list)
    """Steps that yes makes needless."""


class BundleStep(_Record):
    """One matter of a bundle."""

    item: ItemCode
    after: list[ItemCode] = Field(default_factory=list)
    """Steps of the same bundle that must be done before."""
    optional: bool = False
    """May be left out even where no question takes it out; `condition` says when it is needed."""
    later: bool = False
    """Only after a wait that `condition` names: the total of days does not count it."""
    condition: LocalText | None = None
    who: LocalText | None = None
    """Who has to be there."""
    note: LocalText | None = None
    without: list[MaterialId] = Field(default_factory=list)
    """Materials of the item that are not asked for in this life event."""
    needs: list[MaterialId] = Field(default_factory=list)
    """Materials of the item whose condition always holds in this life event: then they are required."""
    gives: list[MaterialId] = Field(default_factory=list)
    """What other steps ask for and this one's result is."""


class SharedMaterial(_Record):
    """A document that the items of a bundle ask for under several ids, where one paper does for all."""

    id: MaterialId
    name: LocalText
    materials: list[MaterialId]
    """Ids in the items."""


class Bundle(Fact):
    """一件事: the matters of a life event as an ordered graph."""

    id: Annotated[str, StringConstraints(pattern=r"^B-[A-Z]{2,20}$")]
    name: LocalText
    summary: LocalText
    wordings: Words
    """How residents say it; not shown."""
    questions: list[BundleQuestion] = Field(default_factory=list)
    steps: list[BundleStep]
    shared_fields: list[LocalText] = Field(default_factory=list)
    """Data that are asked once for all steps."""
    shared_materials: list[SharedMaterial] = Field(default_factory=list)
    """Documents under several ids; any other is one document by its own id."""


class LiaisonContact(Fact):
    """Who of the other city answers an agent. Never shown to residents unless `public`."""

    id: Annotated[str, StringConstraints(pattern=r"^L-[A-Z0-9-]{2,30}$")]
    role: LocalText
    org: LocalText
    city: City
    domains: list[Domain]
    duty: LocalText
    phone: str
    visibility: Literal["public", "agent", "duty"] = "agent"
    confirmed_at: dt.date
    """Stale 90 days after."""


class DoorToDoorOffer(Fact):
    """A team that comes to the resident's site."""

    id: Annotated[str, StringConstraints(pattern=r"^D-[A-Z0-9-]{2,30}$")]
    city: City
    name: LocalText
    area: LocalText
    sites: LocalText
    """Which sites may ask."""
    items: list[ItemCode]
    slots: LocalText
    min_people: int = Field(1, ge=1)
    phone: str | None = None
