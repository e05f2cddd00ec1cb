"""Rows of an Excel workbook, one at a time; values only, formulas by their last result."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zipfile import BadZipFile

from openpyxl.utils.exceptions import InvalidFileException

from knowledge.exports.cells import xml_text
from knowledge.imports.faults import refused

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

    from knowledge.imports.files import Far

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
_MARKS = re.compile(
    rb"<(?:\w+:)?(?:mergeCell\s[^<>]*?\bref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']|(f|row)[\s/>])"
)
_TAG = 200
"""Bytes that such a tag may take."""
_WIDE = 512
"""Columns that a merged cell is followed over."""


class NoValue(str):
    """What is read of a cell that has no value of its own where reading it as empty would lose one. A
    formula without a stored result is its own text; the cells to the right under a merged one are the empty
    text, and so do not count where nobody asks for them."""

    reason: Literal["no_result", "merged"]
    where: str
    """The cell, or the merged area."""

    @classmethod
    def of(cls, text: str, reason: Literal["no_result", "merged"], where: str) -> NoValue:
        """Such a cell."""
        made = cls(text)
        made.reason, made.where = reason, where
        return made


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


class Merged(NamedTuple):
    """Cells merged into one; columns and rows from 1, the last ones included."""

    column: int
    row: int
    last_column: int
    last_row: int


def sheet_cells(
    book: Workbook, sheet: str, path: Path, name: str, far: Far | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """(row number, cells) of a sheet of the workbook in `path`; dates stay dates, whole numbers become
    integers, a cell merged downwards is in each of its rows. See `NoValue`. `far` is told how many."""
    areas, formulas, count = _marks(book, sheet)
    if far is not None:
        far.rows = count
    waiting = sorted(areas, key=lambda area: area.row, reverse=True)
    rows = _with_formulas(book, sheet, path, name) if formulas else _values(book, sheet)
    under: dict[Merged, Any] = {}
    for number, row in enumerate(rows, 1):
        while waiting and waiting[-1].row <= number:
            area = waiting.pop()
            value = row[area.column - 1] if area.column <= len(row) else None
            if value not in (None, ""):
                under[area] = value
        for area in [area for area in under if area.last_row < number]:
            del under[area]
        for area, value in under.items():
            _spread(row, area, value)
        yield number, row


def _marks(book: Workbook, sheet: str) -> tuple[list[Merged], bool, int]:
    """(the merged areas of a sheet, whether it has formulas, its rows). Reading row by row does not tell
    of the areas: they stand behind the rows."""
    from openpyxl.utils.cell import range_boundaries

    found: dict[str, Merged] = {}
    formulas, rows = False, 0
    part: Any = book[sheet]
    with part._get_source() as content:
        rest = b""
        while chunk := content.read(1 << 16):
            seen = len(rest)
            rest += chunk
            for match in _MARKS.finditer(rest):
                if match.end() <= seen:
                    continue
                if match.group(1) is None:
                    rows += match.group(2) == b"row"
                    formulas |= match.group(2) == b"f"
                    continue
                reference = match.group(1).decode("ascii")
                found[reference] = Merged(*range_boundaries(reference))
            rest = rest[-_TAG:]
    return list(found.values()), formulas, rows


def _values(book: Workbook, sheet: str) -> Iterator[list[Any]]:
    found = book[sheet]
    found.reset_dimensions()
    for cells in found.iter_rows(values_only=True):
        yield [_value(cell) for cell in cells]


def _with_formulas(book: Workbook, sheet: str, path: Path, name: str) -> Iterator[list[Any]]:
    """The same, of a sheet that has formulas: read twice, by their results and as they are written."""
    with open_workbook(path, name, formulas=True) as other:
        results, written = book[sheet], other[sheet]
        results.reset_dimensions()
        written.reset_dimensions()
        for pair in zip(results.iter_rows(), written.iter_rows(), strict=False):
            yield [_result(shown, cell) for shown, cell in zip(*pair, strict=False)]


def _result(shown: Any, written: Any) -> Any:
    if shown.value is None and written.data_type == "f" and shown.data_type != "str":  # which is ""
        formula = getattr(written.value, "text", None) or written.value
        return NoValue.of(str(formula), "no_result", written.coordinate)
    return _value(shown.value)


def _spread(row: list[Any], area: Merged, value: Any) -> None:
    """Write a merged cell's value where it starts in this row, and mark what it covers to the right."""
    from openpyxl.utils.cell import get_column_letter

    last = min(area.last_column, area.column + _WIDE)
    row += [None] * (last - len(row))
    row[area.column - 1] = value
    for column in range(area.column, last):
        if row[column] in (None, ""):
            ends = [(area.column, area.row), (area.last_column, area.last_row)]
            where = ":".join(f"{get_column_letter(x)}{y}" for x, y in ends)
            row[column] = NoValue.of("", "merged", where)


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return xml_text(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return int(cell)
    return cell
