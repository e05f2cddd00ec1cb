"""The service list in memory: every item and source, validated, immutable, under one version.

Read from reviewed YAML (`knowledge/data`) or from the JSON snapshot an index carries, so that search
and answers can never mix versions. Nothing here searches or renders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.cards import CITIES, City, LocalText
from core.collector import paused
from core.errors import AppError, NotFound
from knowledge.model import (
    Bundle,
    Centre,
    DoorToDoorOffer,
    LiaisonContact,
    ServiceItem,
    SourceRecord,
)

DATA = Path(__file__).parent / "data"
Kind = Literal["item", "source", "centre", "bundle", "liaison", "door_offer", "outside"]
"""Kinds of record the list is made of. `outside` has one record, `anchors`."""


class OutsideMatter(LocalText):
    """A matter that is known not to be in the list, by name."""

    said: list[str] = Field(default_factory=list)
    """How residents ask for it, in any language."""


class OutsideMatters(BaseModel):
    """Matters that are known not to be in the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: list[OutsideMatter]


Record = (
    ServiceItem | SourceRecord | Centre | Bundle | LiaisonContact | DoorToDoorOffer | OutsideMatters
)
MODELS: dict[Kind, type[Record]] = {
    "item": ServiceItem,
    "source": SourceRecord,
    "centre": Centre,
    "bundle": Bundle,
    "liaison": LiaisonContact,
    "door_offer": DoorToDoorOffer,
    "outside": OutsideMatters,
}
KINDS: tuple[Kind, ...] = tuple(MODELS)
ANCHORS = "anchors"
"""Key of the one record of kind `outside`."""
_FILES: dict[Kind, str] = {
    "source": "sources.yaml",
    "centre": "centres.yaml",
    "bundle": "bundles.yaml",
    "liaison": "liaison.yaml",
    "door_offer": "door_to_door.yaml",
}
Records = Mapping[Kind, Mapping[str, Record]]


def key_of(record: Record) -> str:
    """The record's stable key within its kind."""
    if isinstance(record, ServiceItem):
        return record.item_id
    return ANCHORS if isinstance(record, OutsideMatters) else record.id


def kind_of_code(code: str) -> Kind:
    """Kind of what residents see under `code`: an item, a life event or a service centre."""
    if code.startswith("B-"):
        return "bundle"
    return "centre" if code.startswith(("SZ-", "DG-")) else "item"


class BrokenList(AppError):
    """A file of the list cannot be read; `details` maps each file to its problems."""

    code = "broken_list"
    status = 500


class UnknownService(NotFound):
    """No item under this code."""

    def __init__(self, code: str) -> None:
        super().__init__("unknown_service", details={"code": code})
        self.params = {"code": code}


@dataclass(frozen=True)
class Catalogue:
    """One version of the list. Every mapping is in key order."""

    records: Records
    version: str
    """E.g. `2026.11-ab12cd34`: month of the newest fact, digest of the whole content."""
    items: Mapping[str, ServiceItem]
    sources: Mapping[str, SourceRecord]
    centres: Mapping[str, Centre]
    bundles: Mapping[str, Bundle]
    liaisons: Mapping[str, LiaisonContact]
    door_offers: Mapping[str, DoorToDoorOffer]
    outside: tuple[OutsideMatter, ...]
    """Matters that are known not to be in the list."""
    sisters: Mapping[str, str]
    """Of pairs of one-city items that are the same matter: each one's other city's item."""
    snapshot: bytes
    """The whole list as JSON; `read_snapshot` gives it back under the same version."""

    def get(self, code: str) -> ServiceItem:
        """The item under `code` (any case); raises `UnknownService`."""
        item = self.items.get(code.strip().upper())
        if item is None:
            raise UnknownService(code[:40])
        return item

    def handles(self, code: str, city: City | None) -> bool:
        """Whether `city` handles the item; any city when None."""
        return city is None or self.items[code].cities[city] is not None

    def sister(self, code: str) -> str | None:
        """The same matter's item for the other city, of a pair of one-city items; else None."""
        return self.sisters.get(code)

    def matter(self, code: str) -> str:
        """One name for an item and its sister."""
        return min(code, self.sisters.get(code) or code)


def one_city(item: ServiceItem) -> City | None:
    """The only city that handles the item; None when both do."""
    handled = [city for city in CITIES if item.cities[city] is not None]
    return handled[0] if len(handled) == 1 else None


_ALIKE = 0.2
"""Names alike enough (`_likeness`) for sisters where an item has several related ones."""


def _sisters(items: Mapping[str, ServiceItem]) -> dict[str, str]:
    """Pairs of one-city items of different cities that are the same matter.

    Of the related items that may be (`_is_sister`), the most similar in wording; where each is the
    other's only one, whatever their names: the cities may call a matter by names of their own.
    """
    likely: dict[str, list[tuple[float, str]]] = {}
    for item in items.values():
        for code in item.related:
            other = items.get(code)
            if other is not None and _is_sister(item, other):
                score = _likeness(item.name.zh, other.name.zh)
                likely.setdefault(item.item_id, []).append((score, code))
    best = {code: max(others) for code, others in likely.items()}
    return {
        code: other
        for code, (score, other) in best.items()
        if best.get(other, (0.0, ""))[1] == code
        and (score >= _ALIKE or len(likely[code]) == len(likely[other]) == 1)
    }


def _is_sister(item: ServiceItem, other: ServiceItem) -> bool:
    mine, theirs = one_city(item), one_city(other)
    return (
        mine is not None
        and theirs is not None
        and mine != theirs
        and item.domain == other.domain
        and item.jurisdiction.deciding_fact == other.jurisdiction.deciding_fact
    )


def _likeness(a: str, b: str) -> float:
    left, right = ({x[i : i + 2] for i in range(len(x) - 1)} for x in (a, b))
    return len(left & right) / max(1, len(left | right))


@paused()
def make_catalogue(records: Iterable[Record]) -> Catalogue:
    """A catalogue of these records; a later record replaces an earlier one of the same key."""
    by_kind: dict[Kind, dict[str, Any]] = {kind: {} for kind in KINDS}
    kind_of: dict[type[Any], Kind] = {model: kind for kind, model in MODELS.items()}
    for record in records:
        by_kind[kind_of[type(record)]][key_of(record)] = record
    ordered = {
        kind: MappingProxyType(dict(sorted(found.items()))) for kind, found in by_kind.items()
    }
    content = _canonical(ordered)
    digest = hashlib.sha256(content).hexdigest()
    items: Mapping[str, ServiceItem] = ordered["item"]
    newest = max((item.as_of for item in items.values()), default=None)
    anchors: OutsideMatters | None = ordered["outside"].get(ANCHORS)
    return Catalogue(
        records=MappingProxyType(ordered),
        version=f"{f'{newest:%Y.%m}' if newest else '0000.00'}-{digest[:8]}",
        items=items,
        sources=ordered["source"],
        centres=ordered["centre"],
        bundles=ordered["bundle"],
        liaisons=ordered["liaison"],
        door_offers=ordered["door_offer"],
        outside=tuple(anchors.names) if anchors else (),
        sisters=MappingProxyType(_sisters(items)),
        snapshot=content,
    )


def _canonical(records: Records) -> bytes:
    body = {
        kind: [record.model_dump(mode="json") for record in found.values()]
        for kind, found in records.items()
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def read_snapshot(data: bytes) -> Catalogue:
    """A catalogue from its `snapshot`; raises `pydantic.ValidationError`."""
    body = orjson.loads(data)
    return make_catalogue(
        MODELS[kind].model_validate(record) for kind in KINDS for record in body[kind]
    )


def _yaml(path: Path) -> Any:
    with path.open("rb") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _problems(error: Exception) -> list[str]:
    if isinstance(error, ValidationError):
        return [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)
        ]
    return [" ".join(str(error).split())]


def load_catalogue(folder: Path = DATA) -> Catalogue:
    """Read the YAML list under `folder`; raises `BrokenList` naming every unreadable file.

    Rules between fields and items are `knowledge.validate`'s.
    """
    broken: dict[str, list[str]] = {}
    records: list[Record] = []
    for kind, name in _FILES.items():
        if (folder / name).is_file() or kind == "source":
            records += _read(folder / name, MODELS[kind], broken)
    if (folder / "outside.yaml").is_file():
        try:
            names = _yaml(folder / "outside.yaml")
            records.append(OutsideMatters.model_validate({"names": names}))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            broken["outside.yaml"] = _problems(error)
    seen: dict[str, str] = {}
    for path in sorted((folder / "items").glob("*.yaml")):
        try:
            item = ServiceItem.model_validate(_yaml(path))
        except (yaml.YAMLError, ValidationError) as error:
            broken[path.name] = _problems(error)
            continue
        if item.item_id in seen:
            broken[path.name] = [f"item_id: {item.item_id} is also in {seen[item.item_id]}"]
        seen[item.item_id] = path.name
        records.append(item)
    if broken:
        raise BrokenList(details={"files": broken})
    return make_catalogue(records)


def _read(path: Path, model: type[Record], broken: dict[str, list[str]]) -> list[Record]:
    """The records of a file that is a list of them; problems and repeated keys go to `broken`."""
    try:
        rows = _yaml(path) or []
        if not isinstance(rows, list):
            raise yaml.YAMLError("not a list of records")
        found: list[Record] = [model.model_validate(row) for row in rows]
    except (OSError, yaml.YAMLError, ValidationError) as error:
        broken[path.name] = _problems(error)
        return []
    keys = [key_of(record) for record in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        broken[path.name] = [f"{key} is there twice" for key in twice]
    return found
