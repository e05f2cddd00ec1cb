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
from typing import Any

import orjson
import yaml
from pydantic import TypeAdapter, ValidationError

from core.cards import CITIES, City, LocalText
from core.errors import AppError, NotFound
from knowledge.model import ServiceItem, SourceRecord

DATA = Path(__file__).parent / "data"
_ITEMS: TypeAdapter[list[ServiceItem]] = TypeAdapter(list[ServiceItem])
_OUTSIDE: TypeAdapter[list[LocalText]] = TypeAdapter(list[LocalText])
_SOURCES: TypeAdapter[list[SourceRecord]] = TypeAdapter(list[SourceRecord])


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
    """One version of the list. `items` are in code order."""

    items: Mapping[str, ServiceItem]
    sources: Mapping[str, SourceRecord]
    outside: tuple[LocalText, ...]
    """Matters that are known not to be in the list."""
    version: str
    """E.g. `2026.11-ab12cd34`: month of the newest fact, digest of the whole content."""

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
        return _sisters(self).get(code)


def one_city(item: ServiceItem) -> City | None:
    """The only city that handles the item; None when both do."""
    handled = [city for city in CITIES if item.cities[city] is not None]
    return handled[0] if len(handled) == 1 else None


_SISTER_CACHE: dict[str, dict[str, str]] = {}


def _sisters(catalogue: Catalogue) -> dict[str, str]:
    """Pairs of related one-city items of different cities, same domain, most similar in wording."""
    found = _SISTER_CACHE.get(catalogue.version)
    if found is None:
        best: dict[str, tuple[float, str]] = {}
        for item in catalogue.items.values():
            for code in item.related:
                other = catalogue.items.get(code)
                if other is not None and _is_sister(item, other):
                    score = _likeness(item.name.zh, other.name.zh)
                    best[item.item_id] = max(best.get(item.item_id, (0.0, "")), (score, code))
        found = {
            code: other
            for code, (score, other) in best.items()
            if score >= 0.2 and best.get(other, (0.0, ""))[1] == code
        }
        _SISTER_CACHE[catalogue.version] = found
    return found


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


def _make(
    items: Iterable[ServiceItem], sources: Iterable[SourceRecord], outside: Iterable[LocalText]
) -> Catalogue:
    named = tuple(outside)
    by_code = {item.item_id: item for item in sorted(items, key=lambda item: item.item_id)}
    by_source = {source.id: source for source in sources}
    digest = hashlib.sha256(_canonical(by_code.values(), by_source.values(), named)).hexdigest()
    newest = max((item.as_of for item in by_code.values()), default=None)
    month = f"{newest:%Y.%m}" if newest else "0000.00"
    return Catalogue(
        MappingProxyType(by_code), MappingProxyType(by_source), named, f"{month}-{digest[:8]}"
    )


def _canonical(
    items: Iterable[ServiceItem], sources: Iterable[SourceRecord], outside: Iterable[LocalText]
) -> bytes:
    body = {
        "items": [item.model_dump(mode="json") for item in items],
        "sources": [source.model_dump(mode="json") for source in sources],
        "outside": [name.model_dump() for name in outside],
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def snapshot(catalogue: Catalogue) -> bytes:
    """The whole list as JSON; `read_snapshot` gives it back under the same version."""
    return _canonical(catalogue.items.values(), catalogue.sources.values(), catalogue.outside)


def read_snapshot(data: bytes) -> Catalogue:
    """A catalogue from `snapshot`; raises `pydantic.ValidationError`."""
    body = orjson.loads(data)
    return _make(
        _ITEMS.validate_python(body["items"]),
        _SOURCES.validate_python(body["sources"]),
        _OUTSIDE.validate_python(body["outside"]),
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
    items: list[ServiceItem] = []
    sources: list[SourceRecord] = []
    outside: list[LocalText] = []
    try:
        sources = _SOURCES.validate_python(_yaml(folder / "sources.yaml"))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        broken["sources.yaml"] = _problems(error)
    try:
        if (folder / "outside.yaml").is_file():
            outside = _OUTSIDE.validate_python(_yaml(folder / "outside.yaml"))
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
        items.append(item)
    if broken:
        raise BrokenList(details={"files": broken})
    return _make(items, sources, outside)
