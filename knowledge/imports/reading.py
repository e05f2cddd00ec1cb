"""Reading a file to its end: every row judged, accepted ones spooled to disk, the others in the report.

Memory does not grow with what the rows hold: only codes and names are remembered, to find repetitions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson

from knowledge.imports.faults import refused
from knowledge.imports.files import Far, InputFile
from knowledge.imports.items import ImportedItem
from knowledge.imports.mapping import Again, Mapped, Mapper, digest_of
from knowledge.imports.profile import Profile
from knowledge.imports.readers import Row, table_rows, text_rows
from knowledge.imports.report import ImportReport
from knowledge.imports.stopping import Stopped
from knowledge.imports.workbook import open_workbook, sheet_cells, sheet_names

Progress = Callable[[str, int, int | None], None]
"""Called with (`reading` | `writing`, rows done, rows in all: while reading about so many, or None)."""
MAX_ROWS = 500_000
_EVERY = 500
_DEPTH = 20
_SAFE_INT = 2**53


def rows_of(source: InputFile, profile: Profile, far: Far | None = None) -> Iterator[Row]:
    """The rows of a file; `far` follows. Raises `ImportRefused` where it cannot be read."""
    if source.kind == "zip":
        raise refused("wrong_kind", name=source.name, said="-", found="ZIP")
    known = profile.columns.__contains__
    if source.kind != "xlsx":
        yield from text_rows(source, known, profile.items_key, far)
        return
    with open_workbook(source.path, source.name) as book:
        sheets = sheet_names(book)
        sheet = profile.sheet or (sheets[0] if sheets else "")
        if sheet not in sheets:
            raise refused("no_sheet", name=source.name, sheet=sheet, found=", ".join(sheets))
        yield from table_rows(
            sheet_cells(book, sheet, source.path, source.name, far), source.name, known
        )


def judge(
    source: InputFile,
    profile: Profile,
    report: ImportReport,
    spool: IO[bytes],
    progress: Progress | None,
    stop: threading.Event,
) -> tuple[Mapper, dict[str, list[str]]]:
    """Map every row; accepted ones go to `spool`, the others to the report.

    Returns the mapper, which knows every code that is in, and the themes to add by code. Raises
    `ImportRefused`, and `Stopped` once `stop` is set.
    """
    mapper = Mapper(profile)
    themes: dict[str, list[str]] = {}
    far = Far()
    for row in rows_of(source, profile, far):
        report.rows += 1
        if stop.is_set():
            raise Stopped
        if report.rows > MAX_ROWS:
            raise refused("too_many_rows", name=source.name, limit=MAX_ROWS)
        found = mapper.map(row)
        if isinstance(found, Mapped):
            report.accepted += 1
            body = found.item.model_dump(mode="json")
            record = {"code": found.item.code, "digest": found.digest, "body": body}
            where = {"row": row.number, "raw": _plain(found.raw)}
            spool.write(orjson.dumps({**record, **where}) + b"\n")
        elif isinstance(found, Again):
            report.merged += 1
            themes.setdefault(found.code, []).extend(found.themes)
        else:
            report.rejections.append(found)
        if progress is not None and report.rows % _EVERY == 0:
            progress("reading", report.rows, far.total(report.rows))
    report.notes = mapper.notes
    if report.rows == 0:
        raise refused("no_rows", name=source.name)
    return mapper, themes


def _plain(raw: dict[str, Any]) -> dict[str, Any]:
    """A row as any JSON store can hold it: dates, great numbers and deep nesting as text."""
    return {_text(key): _json(value, 0) for key, value in raw.items() if value is not None}


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")


def _json(value: Any, depth: int) -> Any:
    if isinstance(value, dict) and depth < _DEPTH:
        return {_text(key): _json(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list) and depth < _DEPTH:
        return [_json(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and abs(value) < _SAFE_INT:
        return value
    return _text(value)


def spooled(spool: IO[bytes], themes: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """The accepted records in their order, with the themes that later rows added."""
    spool.seek(0)
    for line in spool:
        record = orjson.loads(line)
        more = themes.get(record["code"])
        if more:
            item = ImportedItem.model_validate(record["body"])
            item = item.model_copy(update={"themes": list(dict.fromkeys([*item.themes, *more]))})
            record |= {"body": item.model_dump(mode="json"), "digest": digest_of(item)}
        yield record
