"""A record of the province's item system, after cleaning: typed, with its units parsed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Level = Literal["nation", "province", "city", "county", "town", "village"]
LEVELS: tuple[Level, ...] = ("nation", "province", "city", "county", "town", "village")
TimeUnit = Literal["working_day", "day", "on_the_spot", "minute", "hour", "month", "year"]
NAME_MAX, TEXT_MAX, LIST_MAX = 300, 20_000, 200


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Duration(_Part):
    """A time as published, e.g. `40(工作日)`."""

    amount: int = Field(ge=0, le=10_000)
    unit: TimeUnit
    note: str | None = Field(None, max_length=TEXT_MAX)
    """The whole text where it says more than the time."""


class Phones(_Part):
    """The numbers found in a text; `text` keeps what else it says, else it is None."""

    numbers: list[str] = Field(max_length=LIST_MAX)
    text: str | None = Field(None, max_length=TEXT_MAX)


class Places(_Part):
    """Where it is handled; `window` False: the record says there is no counter."""

    addresses: list[str] = Field(max_length=LIST_MAX)
    window: bool | None = None


Line = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]


Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{31}([0-9A-Z]{2})?$")]


class ImportedItem(_Part):
    """One implementation (31 characters) or handling item (33) of another system."""

    code: Code
    other_codes: list[Code] = Field(default_factory=list, max_length=LIST_MAX)
    """Codes that further columns give the same record; a search finds it by them."""
    name: Annotated[str, StringConstraints(min_length=2, max_length=NAME_MAX)]
    """Full name, with the scene in brackets where there is one."""
    matter: Annotated[str, StringConstraints(max_length=NAME_MAX)] | None = None
    """Name of the matter without the scene."""
    scene: Annotated[str, StringConstraints(max_length=NAME_MAX)] | None = None
    aliases: list[Line] = Field(default_factory=list, max_length=LIST_MAX)
    """Everyday and short names; keywords of the matter as they are recorded."""
    catalogue_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{9,12}$")] | None = None
    catalogue_name: Annotated[str, StringConstraints(max_length=NAME_MAX)] | None = None
    """The catalogue item (基本目录) above it."""
    department: Annotated[str, StringConstraints(min_length=2, max_length=200)]
    department_code: Annotated[str, StringConstraints(max_length=40)] | None = None
    area: Annotated[str, StringConstraints(pattern=r"^\d{6}(\d{6})?$")]
    """GB/T 2260 code, e.g. `440300`; 12 digits for a town or village."""
    level: Level
    kind: Annotated[str, StringConstraints(pattern=r"^\d{2}$")] | None = None
    """Type of power (事项类型): 01 licence … 21 public service."""
    conditions: Annotated[str, StringConstraints(max_length=TEXT_MAX)] | None = None
    materials: list[Line] = Field(default_factory=list, max_length=LIST_MAX)
    statutory: Duration | None = None
    promise: Duration | None = None
    places: Places | None = None
    visits: int | None = Field(None, ge=0, le=99)
    enquiries: Phones | None = None
    complaints: Phones | None = None
    appointment: bool | None = None
    appointment_url: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    courier: bool | None = None
    online: bool | None = None
    platform: Annotated[str, StringConstraints(max_length=200)] | None = None
    partners: Annotated[str, StringConstraints(max_length=TEXT_MAX)] | None = None
    """Departments that handle it together."""
    audience: list[Line] = Field(default_factory=list, max_length=LIST_MAX)
    themes: list[Line] = Field(default_factory=list, max_length=LIST_MAX)
