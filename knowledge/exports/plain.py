"""JSON, JSON Lines and CSV of the list. JSON and JSON Lines are lossless."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import orjson

from core.i18n import Lang
from knowledge.catalogue import KINDS, Catalogue
from knowledge.exports.cells import guard
from knowledge.exports.choose import in_language
from knowledge.exports.tables import Table, all_tables, rows

FORMAT = "shen-guan-service-list"
FORMAT_VERSION = 1
PLURALS: dict[str, str] = {
    "item": "items", "source": "sources", "centre": "centres", "bundle": "bundles",
    "liaison": "liaisons", "door_offer": "door_offers", "outside": "outside",
}  # fmt: skip
"""Key of each kind in the JSON file."""
FIXED = (1980, 1, 1, 0, 0, 0)
"""Time of every part of an archive: the same list gives the same bytes."""


def bodies(catalogue: Catalogue) -> dict[str, dict[str, dict[str, Any]]]:
    """Every record as JSON, by kind and key."""
    return {
        kind: {key: record.model_dump(mode="json") for key, record in found.items()}
        for kind, found in catalogue.records.items()
    }


def to_json(catalogue: Catalogue, *, version: str, lang: Lang | None = None) -> bytes:
    """One object: `format`, `format_version`, `list_version`, and a list of records for each kind."""
    found = bodies(catalogue)
    body = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "list_version": version,
        **{PLURALS[kind]: list(found[kind].values()) for kind in KINDS},
    }
    return orjson.dumps(in_language(body, lang), option=orjson.OPT_INDENT_2) + b"\n"


def to_jsonl(catalogue: Catalogue, *, version: str, lang: Lang | None = None) -> bytes:
    """A head line like that of `to_json`, then one record a line: `{kind, key, body}`."""
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "list_version": version}
    lines = [orjson.dumps(head)]
    for kind, found in bodies(catalogue).items():
        for key, body in found.items():
            record = {"kind": kind, "key": key, "body": in_language(body, lang)}
            lines.append(orjson.dumps(record))
    return b"\n".join(lines) + b"\n"


def columns_in(table: Table, lang: Lang | None) -> list[int]:
    """Places of the columns that are not in the other language."""
    other = {None: (), "zh": ("en",), "en": ("zh", "yue")}[lang]
    return [i for i, key in enumerate(table.keys) if key.rsplit(".", 1)[-1] not in other]


def csv_text(cell: Any) -> str:
    """A cell as CSV text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return guard(str(cell))


def to_csv(catalogue: Catalogue, *, lang: Lang | None = None) -> bytes:
    """A zip of one CSV for each table (`items.csv`, `materials.csv` …): UTF-8 with a byte order mark,
    so that Excel opens it, a row of column keys, formulas neutralised."""
    found = bodies(catalogue)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for table in all_tables():
            places = columns_in(table, lang)
            text = io.StringIO()
            writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
            writer.writerow([table.keys[i] for i in places])
            for row in rows(table, found[table.kind]):
                writer.writerow([csv_text(row[i]) for i in places])
            part = zipfile.ZipInfo(f"{table.name.lower()}.csv", FIXED)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o644 << 16
            archive.writestr(part, b"\xef\xbb\xbf" + text.getvalue().encode())
    return out.getvalue()
