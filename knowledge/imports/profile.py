"""Mapping profiles: which field of a source becomes which field here, and by which converter. Data.

A profile is a YAML file; `guangdong` and `list` come with the product (`knowledge/imports/profiles`),
a user's own is named by its path. `docs/operations/import-export.md` explains the fields.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from core.cards import LocalText
from knowledge.imports.converters import CONVERTERS
from knowledge.imports.faults import refused
from knowledge.imports.items import ImportedItem
from knowledge.model import SourceRecord

PROFILES = Path(__file__).parent / "profiles"
_MAX_BYTES = 200_000
READING = 2
"""Raise it when a converter reads a value differently: the same file is then imported anew."""


def heading(text: str) -> str:
    """A column's name as it is compared: no spaces, no case, no width."""
    return "".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).lower()


class FieldRule(BaseModel):
    """How one field is filled."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: list[str] = Field(alias="from", min_length=1)
    """Columns or keys (`a.b` for nested ones), by preference: the first that has a value counts."""
    convert: str = "text"
    required: bool = False
    all: bool = False
    """Take the values of all columns together (lists only)."""
    default: Any = None
    on_bad: Literal["reject", "empty"] = "reject"
    """A value that cannot be read rejects the row, or is left out and counted."""

    @field_validator("source", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("convert")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CONVERTERS:
            raise ValueError(f"no converter {value!r}; there are: {', '.join(sorted(CONVERTERS))}")
        return value


class Origin(BaseModel):
    """Where the records of a source come from, as drafts quote it."""

    model_config = ConfigDict(frozen=True)

    records: SourceRecord
    as_of: str


class Profile(BaseModel):
    """A validated profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,39}$")]
    """Name of the source; a later file under the same name updates its records."""
    title: LocalText
    kind: Literal["imported", "list"] = "imported"
    """`imported`: records of another system; `list`: rows of our own template."""
    records: SourceRecord | None = None
    """Where the records come from, as a source of the list; drafts quote it."""
    as_of: str | None = None
    """ISO date the records were published on, as far as it is known."""
    sheet: str | None = None
    """Sheet of a workbook; None: the first one that is not hidden."""
    items_key: list[str] = Field(
        default_factory=lambda: ["items", "records", "rows", "data", "list"]
    )
    """Keys under which a JSON object holds the records."""
    fields: dict[str, FieldRule] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)
    """Columns that are known and not used."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the profile says: another mapping of the same file is another import."""
        said = f"{READING} {self.model_dump_json(exclude={'title'})}"
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def origin(self) -> dict[str, Any] | None:
        """An `Origin` as JSON; None where the profile does not say it whole."""
        if self.records is None or self.as_of is None:
            return None
        return Origin(records=self.records, as_of=self.as_of).model_dump(mode="json")

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column the profile reads, as compared."""
        return frozenset(heading(name) for rule in self.fields.values() for name in rule.source)


def builtin_profiles() -> list[str]:
    """Names of the profiles that come with the product."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def load_profile(name: str | Path) -> Profile:
    """The profile of that name, or of the YAML file at that path.

    Raises `ImportRefused` `import_no_profile`, or `import_bad_profile` naming every problem.
    """
    path = PROFILES / f"{name}.yaml" if str(name) in builtin_profiles() else Path(name)
    if not path.is_file():
        raise refused("no_profile", name=str(name), known=", ".join(builtin_profiles()))
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise yaml.YAMLError("too large for a profile")
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(body, dict):
            raise yaml.YAMLError("not a mapping of keys")
        profile = Profile.model_validate(body)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems = [" ".join(str(error).split())]
    except RecursionError:
        problems = ["nested too deeply"]
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)
        ]
    else:
        problems = _problems(profile)
        if profile.profile in builtin_profiles() and path.parent != PROFILES:
            problems.append(
                f"profile: {profile.profile} comes with the product, choose another name"
            )
        if not problems:
            return profile
    raise refused("bad_profile", name=path.name, problems="; ".join(problems))


def _problems(profile: Profile) -> list[str]:
    if profile.kind == "list":
        return ["fields: a list profile has none"] if profile.fields else []
    known = {
        name: info for name, info in ImportedItem.model_fields.items() if name != "other_codes"
    }  # which are the further columns of `code`
    found = [
        f"fields.{name}: no such field; there are: {', '.join(sorted(known))}"
        for name in profile.fields
        if name not in known
    ]
    for name, info in known.items():
        rule = profile.fields.get(name)
        if info.is_required() and rule is None:
            found.append(f"fields.{name}: missing, every record needs it")
        if rule is not None and rule.all and rule.convert not in ("names", "values", "lines"):
            found.append(f"fields.{name}.all: only with names, values or lines")
    return found
