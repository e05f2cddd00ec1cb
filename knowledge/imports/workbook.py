"""Rows of an Excel workbook, one at a time; values only, formulas by their last result."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

from openpyxl.utils.exceptions import InvalidFileException

from knowledge.exports.cells import xml_text
from knowledge.imports.faults import refused

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_CELL = 32_767
"""Characters of one cell (a limit of Excel itself)."""


_BROKEN = (
    BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, OSError, SyntaxError, EOFError,
    InvalidFileException,
)  # fmt: skip


CELL_ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!",
     "#GETTING_DATA")
)  # fmt: skip
"""What Excel shows where a formula fails: never a value."""
_NO_RESULT = "a formula without a stored result: save the file in Excel, or write the value"
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?\bref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']")
_TAG = 200
"""Bytes that such a tag may take."""


@contextmanager
def open_workbook(path: Path, name: str, *, formulas: bool = False) -> Iterator[Workbook]:
    """The workbook, for reading; raises `ImportRefused` for a broken one. `formulas`: as they are
    written, not their last result."""
    from openpyxl import load_workbook  # a fifth of a second: only for workbooks

    book: Workbook | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=not formulas)
        yield book
    except _BROKEN as error:
        raise refused("bad_workbook", name=name) from error
    finally:
        if book is not None:
            book.close()


def sheet_names(book: Workbook) -> list[str]:
    """Sheets that are not hidden, in order."""
    return [
        sheet.title
        for sheet in book.worksheets
        if getattr(sheet, "sheet_state", "visible") == "visible"
    ]


def hidden_sheets(book: Workbook) -> list[str]:
    """Sheets that nobody sees, in order."""
    seen = sheet_names(book)
    return [sheet.title for sheet in book.worksheets if sheet.title not in seen]


def faulty_cells(path: Path, name: str, sheets: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(sheet, cell, what is wrong) of each cell that shows an error or a formula without a stored
    result: read as empty, either would erase what the list says."""
    with open_workbook(path, name) as results, open_workbook(path, name, formulas=True) as written:
        for sheet in sheets:
            results[sheet].reset_dimensions()
            written[sheet].reset_dimensions()
            rows = zip(results[sheet].iter_rows(), written[sheet].iter_rows(), strict=False)
            for pair in rows:
                for shown, cell in zip(*pair, strict=False):
                    value = shown.value
                    if isinstance(value, str) and value.strip() in CELL_ERRORS:
                        yield sheet, cell.coordinate, f"shows the error {value.strip()}"
                    elif value is None and cell.data_type == "f":
                        yield sheet, cell.coordinate, _NO_RESULT


class Merged(NamedTuple):
    """Cells merged into one; columns and rows from 1, the last ones included."""

    column: int
    row: int
    last_column: int
    last_row: int


def merged_cells(book: Workbook, sheet: str) -> dict[str, Merged]:
    """The merged areas of a sheet by their reference (`A2:A5`), from the top. Reading row by row does
    not tell of them: they stand behind the rows."""
    from openpyxl.utils.cell import range_boundaries

    found: dict[str, Merged] = {}
    part: Any = book[sheet]
    with part._get_source() as content:
        rest = b""
        while chunk := content.read(1 << 16):
            rest += chunk
            for match in _MERGED.finditer(rest):
                reference = match.group(1).decode("ascii")
                found[reference] = Merged(*range_boundaries(reference))
            rest = rest[-_TAG:]
    return dict(sorted(found.items(), key=lambda area: area[1].row))


def sheet_cells(book: Workbook, sheet: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """(row number, cells) of a sheet; dates stay dates, whole numbers become integers, a cell merged
    downwards is in each of its rows."""
    found = book[sheet]
    found.reset_dimensions()
    waiting = [area for area in merged_cells(book, sheet).values() if area.last_row > area.row]
    waiting.reverse()
    under: dict[Merged, Any] = {}
    for number, cells in enumerate(found.iter_rows(values_only=True), 1):
        row = [_value(cell) for cell in cells]
        while waiting and waiting[-1].row <= number:
            area = waiting.pop()
            under[area] = row[area.column - 1] if area.column <= len(row) else None
        for area in [area for area in under if area.last_row < number]:
            del under[area]
        for area, value in under.items():
            row += [None] * (area.column - len(row))
            row[area.column - 1] = value
        yield number, row


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return xml_text(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return int(cell)
    return cell
