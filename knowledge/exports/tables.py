"""The list as tables, and tables as the list: derived from the models, so that no field is forgotten.

A record becomes one row; lists of records inside it become rows of tables of their own that name their
parent (`item_id` and `city` for what applies in a city). Texts become two columns (`name.zh`,
`name.en`), lists of values one cell with a value a line. Reading gives back exactly what was written.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from core.cards import CITIES
from core.i18n import Lang
from core.i18n import catalogue as locale
from knowledge.catalogue import ANCHORS, KINDS, MODELS, Kind
from knowledge.model import ServiceItem, TimeOfDay, Variant

Leaf = Literal["text", "day", "time", "number", "flag", "list"]
COMMON = "common"
PLACES: tuple[str, ...] = (COMMON, *CITIES)
_NAMES: dict[str, str] = {
    "item": "Items", "item.variant": "Variants", "variant.conditions": "Conditions",
    "variant.exclusions": "Exclusions", "variant.materials": "Materials",
    "variant.later_times": "LaterTimes", "variant.fees": "Fees", "variant.channels": "Channels",
    "variant.steps": "Steps", "variant.notes": "Notes", "item.faqs": "FAQs",
    "centre": "Centres", "centre.hours": "Hours", "centre.windows": "Windows",
    "centre.terminals": "Terminals", "bundle": "Bundles", "bundle.questions": "BundleQuestions",
    "bundle.steps": "BundleSteps", "bundle.shared_fields": "BundleFields",
    "bundle.shared_materials": "BundleMaterials", "source": "Sources",
    "liaison": "Liaison", "door_offer": "DoorToDoor", "outside.names": "Outside",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column."""

    path: tuple[str, ...]
    leaf: Leaf
    required: bool
    """The field must have a value once its record or part is there."""
    groups: tuple[tuple[str, ...], ...] = ()
    """Optional parts around it: each is absent when all its cells are empty."""
    of_numbers: bool = False
    nullable: bool = False

    @property
    def key(self) -> str:
        """Its name in a file."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    kind: Kind
    part: tuple[str, ...]
    """Where its rows lie in the record: () the record itself, (`variant`,), (`variant`, `fees`) …"""
    parents: tuple[str, ...]
    """Columns that name the record (and city) a row belongs to."""
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All columns, in order."""
        return (*self.parents, *(column.key for column in self.columns))


def _bare(annotation: Any) -> Any:
    """Without `Annotated` and `| None`."""
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif origin in (typing.Union, types.UnionType):
            rest = [part for part in typing.get_args(annotation) if part is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _optional(annotation: Any) -> bool:
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return typing.get_origin(annotation) in (typing.Union, types.UnionType) and type(
        None
    ) in typing.get_args(annotation)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _leaf(annotation: Any, declared: Any) -> Leaf:
    """`annotation` bare, and as it stands in the model."""
    if declared == TimeOfDay:
        return "time"
    if annotation in (bool, dt.date):
        return "flag" if annotation is bool else "day"
    return "number" if annotation in (int, float) else "text"


def _columns(
    model: type[BaseModel], prefix: tuple[str, ...], groups: tuple[tuple[str, ...], ...]
) -> tuple[list[Column], list[tuple[str, type[BaseModel]]]]:
    """Columns of a model, and its lists of records."""
    columns: list[Column] = []
    lists: list[tuple[str, type[BaseModel]]] = []
    declared = typing.get_type_hints(model, include_extras=True)
    for name, info in model.model_fields.items():
        if model is ServiceItem and name in (COMMON, "cities"):
            continue
        path = (*prefix, name)
        kind = _bare(info.annotation)
        if typing.get_origin(kind) is list:
            inner = _bare(typing.get_args(kind)[0])
            if _is_model(inner):
                lists.append((name, inner))
            else:
                number = inner in (int, float)
                columns.append(Column(path, "list", info.is_required(), groups, number))
        elif _is_model(kind):
            absent = _optional(info.annotation) or not info.is_required()
            more, deeper = _columns(kind, path, (*groups, path) if absent else groups)
            if deeper:
                raise TypeError(f"{model.__name__}.{name} holds lists of records")
            columns += more
        else:
            none = _optional(info.annotation)
            leaf = _leaf(kind, declared[name])
            columns.append(Column(path, leaf, info.is_required(), groups, nullable=none))
    return columns, lists


@cache
def all_tables() -> tuple[Table, ...]:
    """Every table of the list, in the order of a workbook."""
    found: list[Table] = []
    for kind in KINDS:
        model = MODELS[kind]
        parents = (f"{kind}_id",) if kind != "outside" else ()
        columns, lists = _columns(model, (), ())
        if columns:
            found.append(Table(_NAMES[kind], kind, (), (), tuple(columns)))
        if model is ServiceItem:
            inner, parts = _columns(Variant, (), ())
            here = (*parents, "city")
            found.append(Table(_NAMES["item.variant"], kind, ("variant",), here, tuple(inner)))
            found += [_part(kind, ("variant", name), here, row) for name, row in parts]
        found += [_part(kind, (name,), parents, row) for name, row in lists]
    return tuple(found)


def _part(
    kind: Kind, part: tuple[str, ...], parents: tuple[str, ...], model: type[BaseModel]
) -> Table:
    columns, deeper = _columns(model, (), ())
    if deeper:
        raise TypeError(f"{model.__name__} holds lists of records")
    label = ".".join(part) if part[0] == "variant" else f"{kind}.{'.'.join(part)}"
    return Table(_NAMES[label], kind, part, parents, tuple(columns))


def table_named(name: str) -> Table | None:
    """The table of that name, any case."""
    return next((t for t in all_tables() if t.name.lower() == name.lower()), None)


# Writing


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if body is None:
            return None
        body = body.get(part)
    return body


def cell(value: Any) -> Any:
    """A JSON value as one cell: text, number, boolean or None."""
    if isinstance(value, list):
        texts = [str(part) for part in value]
        if any(not text.strip() or "\n" in text or "\r" in text or text != text.strip() or
               text[0] == "[" for text in texts):  # fmt: skip
            return json.dumps(value, ensure_ascii=False)
        return "\n".join(texts) or None
    return value


def rows(table: Table, bodies: dict[str, dict[str, Any]]) -> Iterator[list[Any]]:
    """Rows of a table, in key order; `bodies` are the records of its kind as JSON."""
    for key, body in bodies.items():
        for parents, part in _parts(table, key, body):
            yield [*parents, *(cell(_at(part, column.path)) for column in table.columns)]


def _parts(table: Table, key: str, body: dict[str, Any]) -> Iterator[tuple[list[str], Any]]:
    own = [key][: len(table.parents)]
    if not table.part:
        yield [], body
    elif table.part[0] != "variant":
        yield from ((own, part) for part in body[table.part[0]])
    else:
        for place in PLACES:
            variant = body[COMMON] if place == COMMON else body["cities"][place]
            if variant is None:
                continue
            if len(table.part) == 1:
                yield [key, place], variant
            else:
                yield from (([key, place], part) for part in variant[table.part[1]])


# Reading


class BadCell(ValueError):
    """A cell cannot be what its column holds."""


@dataclass
class Tables:
    """What a file in our template says: bodies by kind and key, and where each part was read."""

    bodies: dict[Kind, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    origins: dict[tuple[Kind, str, tuple[str | int, ...]], tuple[str, int]] = field(
        default_factory=dict
    )
    """(kind, key, path within the record) → (table, row)."""
    present: set[str] = field(default_factory=set)
    """Names of the tables the file has."""


def uncell(column: Column, value: Any) -> Any:
    """The JSON value of a cell; None: empty. Raises `BadCell`."""
    if value is None or (isinstance(value, str) and value == ""):
        return [] if column.leaf == "list" else None
    if column.leaf in ("day", "time"):
        return _day(value) if column.leaf == "day" else _time(value)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        raise BadCell(f"{value} is a date or time, and no {column.leaf}: format the cell as text")
    if column.leaf == "flag":
        word = str(value).strip().lower()
        if word in ("true", "1", "yes", "是"):
            return True
        if word in ("false", "0", "no", "否"):
            return False
        raise BadCell(f"{value!r} is not true or false")
    if column.leaf == "number":
        return _number(value)
    if column.leaf == "list":
        parts = _list(str(value))
        return [_number(part) for part in parts] if column.of_numbers else parts
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_DAY = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T]0?0:00(?::00)?)?"
)
_TIME = re.compile(
    r"(?P<before>上午|下午|AM|PM)?\s*(?P<hour>[0-9]{1,2})[:：](?P<minute>[0-9]{2})(?:[:：]00)?"
    r"\s*(?P<after>AM|PM)?",
    re.IGNORECASE,
)
_MINUTE = dt.timedelta(minutes=1)


def _day(value: Any) -> str:
    """A day as ISO 8601: a date cell, or as spreadsheets write it (`2025/5/10`). Raises `BadCell`."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    found = _DAY.fullmatch(str(value).strip())
    try:
        if found is None:
            raise ValueError
        return dt.date(*map(int, found.groups())).isoformat()
    except ValueError as error:
        raise BadCell(f"{value} is no date such as 2025-05-10") from error


def _time(value: Any) -> str:
    """A time of day as `09:00`: a time cell, or as spreadsheets write it (`9:00`). Raises `BadCell`."""
    if isinstance(value, dt.time):
        value = dt.timedelta(
            hours=value.hour,
            minutes=value.minute,
            seconds=value.second,
            microseconds=value.microsecond,
        )
    if isinstance(value, dt.timedelta):
        minutes = round(value / _MINUTE)
        exact = abs(value - minutes * _MINUTE) < dt.timedelta(seconds=1)
        hour, minute = divmod(minutes, 60)
    else:
        found = _TIME.fullmatch(str(value).strip())
        exact = found is not None
        hour, minute = (int(found["hour"]), int(found["minute"])) if found else (0, 0)
        half = (found["before"] or found["after"] or "").upper() if found else ""
        if half and hour <= 12:
            hour = hour % 12 + (12 if half in ("下午", "PM") else 0)
    if not exact or not 0 <= hour < 24 or minute >= 60:
        raise BadCell(f"{value} is no time of day such as 09:00")
    return f"{hour:02}:{minute:02}"


def _number(value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise BadCell(f"{value!r} is not a number") from error
    return int(number) if number.is_integer() and "." not in str(value) else number


def _list(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list):
            return found
    return [line.strip() for line in text.split("\n") if line.strip()]


def body_of(table: Table, cells: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a row from its cells by column; raises `BadCell` naming the column."""
    values: dict[Column, Any] = {}
    for column in table.columns:
        try:
            values[column] = uncell(column, cells.get(column.key))
        except BadCell as error:
            raise BadCell(f"{column.key}: {error}") from error
    there = {
        group
        for column, value in values.items()
        if value not in (None, [])
        for group in column.groups
    }
    body: dict[str, Any] = {}
    for column, value in values.items():
        if any(group not in there for group in column.groups):
            continue
        if value is None:
            if not column.required or (column.leaf != "text" and not column.nullable):
                continue
            value = None if column.nullable else ""
        node = body
        for part in column.path[:-1]:
            node = node.setdefault(part, {})
        node[column.path[-1]] = value
    return body


def add_row(tables: Tables, table: Table, number: int, cells: dict[str, Any]) -> None:
    """Put a row where it belongs; rows of parts may come before their record. Raises `BadCell`."""
    body = body_of(table, cells)
    parents = [str(cells.get(name) or "").strip() for name in table.parents]
    if "" in parents:
        raise BadCell(f"{table.parents[parents.index('')]} is empty")
    key = parents[0] if parents else _own_key(table.kind, body)
    if not key:
        raise BadCell("the row has no key")
    record = tables.bodies[table.kind].setdefault(key, {})
    where: tuple[str | int, ...]
    if not table.part:
        where = ()
        if ((table.kind, key, where)) in tables.origins:
            raise BadCell(f"{key} is there twice")
        record |= body
    elif table.part[0] == "variant":
        place = parents[1]
        if place not in PLACES:
            raise BadCell(f"city: {place!r} is none of {', '.join(PLACES)}")
        node = record.setdefault(COMMON, {}) if place == COMMON else (
            record.setdefault("cities", {}).setdefault(place, {}))  # fmt: skip
        where = (COMMON,) if place == COMMON else ("cities", place)
        if len(table.part) == 1:
            node |= body
        else:
            rows_ = node.setdefault(table.part[1], [])
            where = (*where, table.part[1], len(rows_))
            rows_.append(body)
    else:
        rows_ = record.setdefault(table.part[0], [])
        where = (table.part[0], len(rows_))
        rows_.append(body)
    tables.origins[(table.kind, key, where)] = (table.name, number)


def _own_key(kind: Kind, body: dict[str, Any]) -> str:
    if kind == "outside":
        return ANCHORS
    return str(body.get("item_id" if kind == "item" else "id") or "").strip()


def label(key: str, lang: Lang) -> str:
    """A column's head for people, e.g. `名称（中文）`."""
    words = locale(lang)
    parts = key.split(".")
    tail = f" ({parts.pop()})" if parts[-1] in ("zh", "en", "yue") and len(parts) > 1 else ""
    names = [words.get(f"exports.field.{part}", part) for part in parts]
    lang_name = words.get(f"exports.lang.{tail[2:-1]}", "") if tail else ""
    return " · ".join(names) + (f" ({lang_name})" if lang_name else "")
