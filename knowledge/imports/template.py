"""Files in our own template → records of the list. Nothing is stored here.

Reads what `knowledge.exports` writes: JSON, JSON Lines, a workbook, a zip of CSV tables, one CSV table.
A table that the file does not have leaves that part of the records as it is in the list; a table that it
has replaces that part of every record the file names.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from openpyxl.utils.cell import get_column_letter
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.cards import CITIES
from knowledge.catalogue import ANCHORS, KINDS, MODELS, Catalogue, Kind, Record
from knowledge.exports.cells import unguard
from knowledge.exports.plain import FORMAT, FORMAT_VERSION, PLURALS
from knowledge.exports.tables import (
    COMMON,
    PLACES,
    BadCell,
    Table,
    Tables,
    add_row,
    all_tables,
    table_named,
)
from knowledge.exports.workbook import README
from knowledge.imports.faults import refused, shown
from knowledge.imports.files import InputFile, decoded
from knowledge.imports.readers import HEAD_ROWS, csv_cells, json_rows
from knowledge.imports.wording import in_words
from knowledge.imports.workbook import (
    CELL_ERRORS,
    NoValue,
    hidden_sheets,
    open_workbook,
    sheet_cells,
    sheet_names,
)

_KIND_OF: dict[str, Kind] = {plural: kind for kind, plural in PLURALS.items() if kind in MODELS}
_Rows = Iterator[tuple[int, Sequence[Any]]]
_NO_VALUE = {
    "no_result": "a formula without a stored result: save the file in Excel, or write the value",
    "merged": "merged across columns: unmerge them, and fill in each cell",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the file."""

    where: str
    """Table and row, or the record."""
    problem: str

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"where": self.where, "problem": self.problem}


@dataclass
class Template:
    """What a file says."""

    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """Sheets and files that are not part of the template."""


def read_template(source: InputFile, current: Catalogue) -> Template:
    """Read and validate a file; problems name table, row and field.

    Raises `ImportRefused` where the file is not a template of ours at all.
    """
    found = Template()
    if source.kind == "json":
        _read_json(source, found)
        return found
    tables = Tables()
    if source.kind == "xlsx":
        _read_workbook(source, tables, found)
    elif source.kind == "zip":
        _read_zip(source, tables, found)
    else:
        with source.text() as file:
            _read_table(csv_cells(file, source.name), source.name, tables, found, None, text=True)
    if not tables.present:
        known = ", ".join(table.name for table in all_tables()[:6])
        raise refused("not_our_template", name=source.name, problem=f"no table {known} …")
    if not found.problems:
        _assemble(tables, current, found)
    return found


# JSON


def _read_json(source: InputFile, found: Template) -> None:
    with source.text() as file:
        start = file.read(4096)
    if '"format"' in start and '"list_version"' in start and "\n{" not in start.strip()[:400]:
        with source.text() as file:
            _read_whole(file.read(), source, found)
        return
    with source.text() as file:
        for row in json_rows(file, source.name, ["items"]):
            if row.fault is not None:
                found.problems.append(Problem(f"{source.name} {row.number}", row.fault))
                continue
            body = row.values
            if body.get("format") == FORMAT:
                _check_head(body, source)
                continue
            kind = body.get("kind") if "body" in body else "item"
            content = body.get("body", body)
            if not isinstance(kind, str) or kind not in MODELS or not isinstance(content, dict):
                found.problems.append(
                    Problem(f"{source.name} {row.number}", f"no kind of record: {shown(kind)}")
                )
                continue
            _validate(kind, content, f"{source.name} {row.number}", found)


def _read_whole(content: str, source: InputFile, found: Template) -> None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise refused("bad_json", name=source.name, near=str(error)[:60]) from error
    _check_head(body, source)
    for plural, kind in _KIND_OF.items():
        records = body.get(plural, [])
        if not isinstance(records, list):
            found.problems.append(Problem(plural, f"not a list of records: {shown(records)}"))
            continue
        for number, record in enumerate(records, 1):
            _validate(kind, record, f"{plural}[{number}]", found)
    found.ignored += sorted(
        set(body) - set(_KIND_OF) - {"format", "format_version", "list_version"}
    )


def _check_head(body: dict[str, Any], source: InputFile) -> None:
    if body.get("format") != FORMAT or body.get("format_version") != FORMAT_VERSION:
        told = f"{shown(body.get('format'))} {shown(body.get('format_version'))}"
        raise refused("not_our_template", name=source.name, problem=f"format {told}")


def _validate(kind: Kind, body: Any, where: str, found: Template) -> None:
    try:
        found.records.append(MODELS[kind].model_validate(body))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = ".".join(map(str, problem["loc"]))
            found.problems.append(Problem(where, f"{place}: {in_words(problem)}"))


# Tables


def _read_workbook(source: InputFile, tables: Tables, found: Template) -> None:
    with open_workbook(source.path, source.name) as book:
        found.ignored += [f"{sheet} (hidden)" for sheet in hidden_sheets(book)]
        for sheet in sheet_names(book):
            table = table_named(sheet)
            if table is None:
                if sheet != README:
                    found.ignored.append(sheet)
                continue
            rows = sheet_cells(book, sheet, source.path, source.name)
            _read_table(rows, sheet, tables, found, table, text=False)


def _read_zip(source: InputFile, tables: Tables, found: Template) -> None:
    with zipfile.ZipFile(source.path) as archive:
        for part in archive.infolist():
            if part.is_dir():
                continue
            stem = part.filename.rsplit("/", 1)[-1]
            table = table_named(stem.removesuffix(".csv")) if stem.endswith(".csv") else None
            if table is None:
                found.ignored.append(part.filename)
                continue
            try:
                data = archive.read(part)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
                raise refused("bad_zip", name=source.name) from error
            content = io.StringIO(decoded(data, part.filename), newline="")
            rows = csv_cells(content, part.filename)
            _read_table(rows, part.filename, tables, found, table, text=True)


def _read_table(
    rows: _Rows, name: str, tables: Tables, found: Template, table: Table | None, *, text: bool
) -> None:
    head, table = _head(rows, name, table)
    missing = [key for key in table.keys if key not in head]
    unknown = [key for key in head if key and key not in table.keys]
    if missing or unknown:
        told = [f"missing columns: {', '.join(missing)}"] if missing else []
        told += [f"unknown columns: {', '.join(unknown)}"] if unknown else []
        found.problems.append(Problem(name, "; ".join(told)))
        return
    tables.present.add(table.name)
    for number, cells in rows:
        if not any(cell not in (None, "") for cell in cells):
            continue
        faults = [Problem(f"{name} {where}", fault) for where, fault in _faults(number, cells)]
        if faults:
            found.problems += [problem for problem in faults if problem not in found.problems]
            continue
        if any(cell not in (None, "") for cell in cells[len(head) :]):
            found.problems.append(Problem(f"{name} {number}", "more cells than columns"))
            continue
        values = {
            key: unguard(cell) if text and isinstance(cell, str) else cell
            for key, cell in zip(head, cells, strict=False)
            if key
        }
        try:
            add_row(tables, table, number, values)
        except BadCell as error:
            found.problems.append(Problem(f"{name} {number}", str(error)))


def _faults(number: int, cells: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """(cell, what is wrong) of each that shows an error or has no value of its own: read as empty, either
    would erase what the list says."""
    for column, cell in enumerate(cells, 1):
        if isinstance(cell, NoValue):
            yield cell.where, _NO_VALUE[cell.reason]
        elif isinstance(cell, str) and cell.strip() in CELL_ERRORS:
            yield f"{get_column_letter(column)}{number}", f"shows the error {cell.strip()}"


def _head(rows: _Rows, name: str, table: Table | None) -> tuple[list[str], Table]:
    """The row of column keys, and the table it is the head of."""
    for number, cells in rows:
        keys = [str(cell or "").strip().lstrip("\ufeff") for cell in cells]
        for candidate in (
            [table]
            if table is not None
            else sorted(all_tables(), key=lambda t: -len(set(t.keys) & set(keys)))[:1]
        ):
            shared = set(candidate.keys) & set(keys)
            named = set(candidate.parents) <= shared
            if named and len(shared) >= 2 and len(shared) * 2 >= len(candidate.keys):
                return keys, candidate
        if number >= HEAD_ROWS:
            break
    raise refused("not_our_template", name=name, problem="no row of column keys")


def _assemble(tables: Tables, current: Catalogue, found: Template) -> None:
    """Records of tables: parts the file lacks come from the list."""
    for kind in KINDS:
        for key, body in tables.bodies[kind].items():
            old = current.records[kind].get(key)
            was = old.model_dump(mode="json") if old is not None else None
            try:
                whole = _whole(kind, key, body, was, tables)
                found.records.append(MODELS[kind].model_validate(whole))
            except BadCell as error:
                where = tables.origins.get((kind, key, ())) or _any_origin(tables, kind, key)
                found.problems.append(Problem(f"{where[0]} {where[1]}", str(error)))
            except ValidationError as error:
                for problem in error.errors(include_url=False):
                    found.problems.append(_located(tables, kind, key, problem))


def _whole(
    kind: Kind, key: str, body: dict[str, Any], was: dict[str, Any] | None, tables: Tables
) -> dict[str, Any]:
    parts = [table for table in all_tables() if table.kind == kind]
    whole: dict[str, Any] = {}
    for table in parts:
        there = table.name in tables.present
        if table.part and table.part[0] == "variant":
            continue
        if not table.part:
            if there and (kind, key, ()) not in tables.origins and key != ANCHORS:
                raise BadCell(f"{key} has no row in {table.name}")
            if not there and was is None:
                raise BadCell(f"{key} is not in the list and has no row in {table.name}")
            _take(whole, body if there else was or {}, {c.path[0] for c in table.columns})
        else:
            name = table.part[0]
            whole[name] = (body if there else was or {}).get(name, [])
    if kind == "item":
        _variants(key, body, was, tables, whole)
    return whole


def _take(into: dict[str, Any], source: dict[str, Any], names: set[str]) -> None:
    for name in names:
        if name in source:
            into[name] = source[name]


def _variants(
    key: str,
    body: dict[str, Any],
    was: dict[str, Any] | None,
    tables: Tables,
    whole: dict[str, Any],
) -> None:
    parts = [t for t in all_tables() if t.kind == "item" and t.part and t.part[0] == "variant"]
    root = next(table for table in parts if len(table.part) == 1)
    whole["cities"] = dict.fromkeys(CITIES)
    for place in PLACES:
        path = (COMMON,) if place == COMMON else ("cities", place)
        new = body.get(COMMON) if place == COMMON else body.get("cities", {}).get(place)
        old = None if was is None else was[COMMON] if place == COMMON else was["cities"][place]
        if root.name in tables.present:
            if ("item", key, path) not in tables.origins:
                if new is not None:
                    raise BadCell(f"{key} has no row for {place} in {root.name}")
                if place == COMMON:
                    whole[COMMON] = {}
                continue
        elif old is None and new is None:
            continue
        variant: dict[str, Any] = {}
        for table in parts:
            there = table.name in tables.present
            source = (new if there else old) or {}
            if len(table.part) == 1:
                _take(variant, source, {column.path[0] for column in table.columns})
            else:
                variant[table.part[1]] = source.get(table.part[1], [])
        if place == COMMON:
            whole[COMMON] = variant
        else:
            whole["cities"][place] = variant


def _any_origin(tables: Tables, kind: Kind, key: str) -> tuple[str, int]:
    return next(
        (place for (k, name, _), place in tables.origins.items() if (k, name) == (kind, key)),
        (key, 0),
    )


def _located(tables: Tables, kind: Kind, key: str, problem: ErrorDetails) -> Problem:
    """A problem at the table and row it comes from."""
    loc = tuple(problem["loc"])
    for end in range(len(loc), -1, -1):
        origin = tables.origins.get((kind, key, loc[:end]))
        if origin is not None:
            field_ = ".".join(map(str, loc[end:])) or key
            return Problem(f"{origin[0]} {origin[1]}", f"{field_}: {in_words(problem)}")
    origin = _any_origin(tables, kind, key)
    return Problem(f"{origin[0]} {origin[1]}", f"{'.'.join(map(str, loc))}: {in_words(problem)}")
