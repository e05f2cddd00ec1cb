"""Rows of a text file, one at a time: CSV, JSON and JSON Lines. Memory does not grow with the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from knowledge.imports.clean import is_error_page
from knowledge.imports.faults import refused
from knowledge.imports.files import Far, InputFile
from knowledge.imports.profile import heading

MAX_CELL = 1_000_000
"""Characters of one cell or record."""
HEAD_ROWS = 20
"""Rows in which the head of a table is looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by column, or why it could not even be read."""

    number: int
    """From 1, as a spreadsheet or an editor numbers it."""
    values: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    """Key of `imports.reason.*`."""
    params: dict[str, Any] = field(default_factory=dict)


def table_rows(
    rows: Iterator[tuple[int, Sequence[Any]]], name: str, columns: Callable[[str], bool]
) -> Iterator[Row]:
    """Rows of a table under its head: the first row with at least two known columns.

    `columns(heading)` says whether a column is known. Raises `ImportRefused` where no head is found or
    a known column is there twice.
    """
    head = _head(rows, name, columns)
    for number, cells in rows:
        if not any(cell not in (None, "") for cell in cells):
            continue
        extra = [cell for cell in cells[len(head) :] if cell not in (None, "")]
        if extra:
            params = {"found": len(cells), "expected": len(head)}
            yield Row(number, fault="wrong_columns", params=params)
            continue
        yield Row(
            number,
            {
                key or f"#{place}": cell  # without a heading: named in the report as unread
                for place, (key, cell) in enumerate(zip(head, cells, strict=False), 1)
                if key or cell not in (None, "")
            },
        )


def _head(
    rows: Iterator[tuple[int, Sequence[Any]]], name: str, known: Callable[[str], bool]
) -> list[str]:
    seen: list[str] = []
    for number, cells in rows:
        names = [heading(str(cell)) if cell is not None else "" for cell in cells]
        found = [column for column in names if column and known(column)]
        if len(found) >= 2:
            twice = sorted({column for column in found if found.count(column) > 1})
            if twice:
                raise refused("duplicate_columns", name=name, columns=", ".join(twice))
            return names
        seen = seen or [str(cell)[:40] for cell in cells if cell not in (None, "")]
        if number >= HEAD_ROWS:
            break
    raise refused("no_head", name=name, found=", ".join(seen[:12]) or "-")


def delimiter(sample: str) -> str:
    """The separator of a table: the one of `,` tab `;` `|` that most of its first lines agree on."""
    lines = [line for line in sample.splitlines()[:HEAD_ROWS] if line.strip()]
    best, most = ",", (0, 0)
    for mark in (",", "\t", ";", "|"):
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in lines]
        wide = [count for count in counts if count > 1]
        score = (len(wide), max(wide, default=0))
        if score > most:
            best, most = mark, score
    return best


def csv_cells(file: IO[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of a CSV text; raises `ImportRefused` for one that is not."""
    csv.field_size_limit(MAX_CELL)
    sample = file.read(65_536)
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter(sample), strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise refused("bad_csv", name=name, row=start, problem=str(error)) from error


def json_rows(file: IO[str], name: str, keys: Sequence[str]) -> Iterator[Row]:
    """Records of a JSON array, of an object that holds one under one of `keys`, or of JSON Lines.

    A file named `.jsonl` or `.ndjson` is JSON Lines; of another, the first two lines tell.
    """
    if ".jsonl" in name.lower() or ".ndjson" in name.lower():
        return _lines(file)
    first, more = _next_line(file), _next_line(file)
    file.seek(0)
    if _whole(first) and (
        more or not (first.lstrip("\ufeff \t")[:1] == "[" or _holds(first, keys))
    ):
        return _lines(file)
    return _array(file, name, keys)


def _next_line(file: IO[str]) -> str:
    """The next line with something in it; empty at the end."""
    while line := file.readline(MAX_CELL):
        if line.strip():
            return line
    return ""


def _whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _holds(line: str, keys: Sequence[str]) -> bool:
    """Whether the line is one object with a list of records in it."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and any(isinstance(body.get(key), list) for key in keys)


def record(number: int, body: Any) -> Row:
    """A row of a JSON value."""
    if isinstance(body, dict):
        return Row(number, body)
    return Row(number, fault="not_object", params={"value": str(body)[:40]})


def _lines(file: IO[str]) -> Iterator[Row]:
    number = 0
    while line := file.readline(MAX_CELL + 1):
        number += 1
        if len(line) > MAX_CELL:
            while line and not line.endswith("\n"):
                line = file.readline(MAX_CELL)
            yield Row(number, fault="too_long", params={"field": "-", "limit": MAX_CELL})
            continue
        if not line.strip():
            continue
        try:
            yield record(number, json.loads(line))
        except (ValueError, RecursionError):
            yield Row(number, fault="error_page" if is_error_page(line) else "not_json",
                      params={"value": " ".join(line.split())[:60]})  # fmt: skip


class _Buffer:
    """A window over a JSON text that is read as it is needed."""

    def __init__(self, file: IO[str], name: str) -> None:
        self._file = file
        self._name = name
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        chunk = self._file.read(max(65_536, len(self._text) - self._at))
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is not a space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n\ufeff":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Step over a character; raises `ImportRefused` if it is another."""
        if self.peek() not in expected or not self.peek():
            raise self.broken()
        self._at += 1

    def value(self) -> Any:
        """The next whole value."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self.broken() from None
            except ValueError:
                if len(self._text) - self._at > 4 * MAX_CELL or not self._more():
                    raise self.broken() from None
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at = end
            return found

    def broken(self) -> Exception:
        """The error for a text that is not JSON from here on."""
        near = " ".join(self._text[self._at : self._at + 40].split())
        return refused("bad_json", name=self._name, near=near or "-")


def _array(file: IO[str], name: str, keys: Sequence[str]) -> Iterator[Row]:
    buffer = _Buffer(file, name)
    wrapped = buffer.peek() == "{"
    if wrapped:
        buffer.take("{")
        if not _find(buffer, keys):
            raise refused("no_records", name=name, keys=", ".join(keys))
    buffer.take("[")
    number = 0
    while buffer.peek() != "]":
        if number:
            buffer.take(",")
        number += 1
        yield record(number, buffer.value())
    buffer.take("]")
    if wrapped:
        if buffer.peek() == ",":
            buffer.take(",")
            if _find(buffer, ()):
                raise buffer.broken()
        buffer.take("}")
    if buffer.peek():
        raise buffer.broken()


def _find(buffer: _Buffer, keys: Sequence[str]) -> bool:
    """Step to the array under one of `keys`; other members are stepped over."""
    while buffer.peek() != "}":
        key = buffer.value()
        buffer.take(":")
        if key in keys and buffer.peek() == "[":
            return True
        buffer.value()
        if buffer.peek() != "}":
            buffer.take(",")
    return False


def text_rows(
    source: InputFile, columns: Callable[[str], bool], keys: Sequence[str], far: Far | None = None
) -> Iterator[Row]:
    """Rows of a text file; `far` follows."""
    with source.text(far) as file:
        if source.kind == "csv":
            yield from table_rows(csv_cells(file, source.name), source.name, columns)
        else:
            yield from json_rows(file, source.name, keys)
