"""The list as an Excel workbook for editors: a sheet a table, heads in both languages, a readme.

The third row of every sheet holds the column keys that reading goes by; the workbook comes back through
`python -m knowledge import --profile list`.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from core.errors import TooLarge
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.exports.cells import xml_safe
from knowledge.exports.plain import FIXED, bodies, columns_in
from knowledge.exports.tables import Table, all_tables, label, rows

MAX_CELL = 32_767
README = "readme"
HEAD_ROWS = 3
_FIRST = ("Items", "Variants", "Materials", "Channels", "Steps", "Fees", "FAQs", "Centres", "Windows",
          "Bundles", "Sources")  # fmt: skip
_BOLD = Font(bold=True)
_GREY = Font(color="808080", size=9)
_FILL = PatternFill("solid", fgColor="E8EEF7")
_WRAP = Alignment(wrap_text=True, vertical="top")
TEXT = "@"
"""The format of a cell that takes what is typed as it is. A long text in it shows as #### in old Excels."""
_LANGS = (".zh", ".en", ".yue")
_DATE = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


def ordered_tables() -> list[Table]:
    """Sheets in the order an editor meets them."""
    place = {name: i for i, name in enumerate(_FIRST)}
    return sorted(all_tables(), key=lambda table: place.get(table.name, len(place)))


def to_xlsx(catalogue: Catalogue, *, version: str, lang: Lang | None = None) -> bytes:
    """The workbook. Raises `TooLarge` `export_cell_too_long` naming the cell."""
    found = bodies(catalogue)
    book = Workbook(write_only=True)
    _readme(book, version)
    for table in ordered_tables():
        sheet = book.create_sheet(table.name)
        places = columns_in(table, lang)
        keys = [table.keys[i] for i in places]
        kept = [key in _kept(table) for key in keys]
        sheet.freeze_panes = f"B{HEAD_ROWS + 1}"
        for number, key in enumerate(keys, 1):
            sheet.column_dimensions[_letter(number)].width = _width(key)
            if kept[number - 1]:
                sheet.column_dimensions[_letter(number)].number_format = TEXT
        for head in ([label(k, "zh") for k in keys], [label(k, "en") for k in keys]):
            sheet.append([_cell(sheet, words, font=_BOLD, fill=_FILL) for words in head])
        sheet.append([_cell(sheet, key, font=_GREY) for key in keys])
        for number, row in enumerate(rows(table, found[table.kind]), HEAD_ROWS + 1):
            cells = []
            for place, key, text_ in zip(places, keys, kept, strict=True):
                value = row[place]
                if isinstance(value, str) and len(value) > MAX_CELL:
                    where = f"{table.name} {number} {key}"
                    raise TooLarge("export_cell_too_long", details={"where": where}, where=where)
                style = {"number_format": TEXT} if text_ else {}
                cells.append(_cell(sheet, value, alignment=_WRAP, **style))
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return _same_bytes(out.getvalue())


def _kept(table: Table) -> set[str]:
    """Columns in which a spreadsheet would make a date, a time or a number of what is typed."""
    short = {
        column.key
        for column in table.columns
        if column.leaf in ("day", "time", "text") and not column.key.endswith(_LANGS)
    }
    return short | set(table.parents)


def _readme(book: Any, version: str) -> None:
    sheet = book.create_sheet(README)
    sheet.column_dimensions["A"].width = 60
    sheet.column_dimensions["B"].width = 80
    for number in range(1, 9):
        zh = text(f"exports.readme.{number}", "zh", version=version)
        en = text(f"exports.readme.{number}", "en", version=version)
        font = _BOLD if number == 1 else None
        sheet.append(
            [
                _cell(sheet, zh, font=font, alignment=_WRAP),
                _cell(sheet, en, font=font, alignment=_WRAP),
            ]
        )


def _cell(sheet: Any, value: Any, **style: Any) -> Any:
    """A cell whose text stays text, whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=None)
    if isinstance(value, str):
        cell.value = xml_safe(value)
        cell.data_type = "s"
    else:
        cell.value = value
    for name, look in style.items():
        if look is not None:
            setattr(cell, name, look)
    return cell


def _letter(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _width(key: str) -> int:
    if key.endswith(_LANGS):
        return 40
    return 14 if "." not in key else 18


def _same_bytes(data: bytes) -> bytes:
    """The archive without the times it was made at."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "docProps/core.xml":
                body = _DATE.sub(b"", body)
            fixed = zipfile.ZipInfo(part.filename, FIXED)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o644 << 16
            new.writestr(fixed, body)
    return out.getvalue()
