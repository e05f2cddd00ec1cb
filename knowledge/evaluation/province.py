"""The province's real records as an evaluation: residents' own names for them, and how those vary.

Reads the given `guangdong_items.jsonl` (see `PROVINCE`). A document is a record's name with its
department, catalogue item, materials and conditions, never its everyday names; records of one name
are one document. Questions are the everyday names (`matter_daily`) and the short names
(`matter_short`). Names that share a document stay together in one half (by hash): nothing is learned
from the `test` half, and `knowledge.evaluation.train` learns from the `train` half only.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson
import zhconv_rs

from core.errors import NotFound
from knowledge.collection import Document
from knowledge.term_tables import readings
from knowledge.text import simplify

PROVINCE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "guangdong_items.jsonl"
"""Where the given records lie: beside the repository."""
_NONE = ("", "无", None)
_PARTS = re.compile(r"[,，、;；。.“”\"]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
Half = Literal["train", "test"]
FOLDS = 5


@dataclass(frozen=True)
class Named:
    """One everyday name: what a resident would type, and the documents it stands for."""

    id: str
    text: str
    documents: frozenset[str]
    half: Half


@dataclass(frozen=True)
class Province:
    """The records and their names."""

    documents: tuple[Document, ...]
    daily: tuple[Named, ...]
    """As recorded; several names of one record stand in one string (「工程规划许可证核发，建工证」)."""
    parts: tuple[Named, ...]
    """Each of those names on its own, however general (「申请」)."""
    short: tuple[Named, ...]


class _Groups:
    """Union-find over names."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        root = self._parent.setdefault(name, name)
        while root != self._parent[root]:
            root = self._parent[root]
        self._parent[name] = root
        return root

    def join(self, names: Iterable[str]) -> None:
        roots = sorted({self.find(name) for name in names})
        for root in roots[1:]:
            self._parent[root] = roots[0]


def _known(row: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(row[key]) for key in keys if row.get(key) not in _NONE]


def _document(name: str, rows: Sequence[Mapping[str, Any]]) -> Document:
    said: dict[str, None] = {}
    for row in rows:
        said |= dict.fromkeys(_known(row, "CATANAME", "parentCatalogName", "DEPT_NAME"))
    for row in rows[:1]:
        materials = [part for part in row.get("material_intro") or [] if part not in _NONE]
        said |= dict.fromkeys(["、".join(materials), *_known(row, "accept_standard")])
    return Document(name, name, "。\n".join(text for text in said if text and text != name))


@cache
def load_province(path: Path = PROVINCE) -> Province:
    """The records with their names; raises `NotFound` where the given file is not there."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise NotFound(details={"file": path.name}) from error
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        row = orjson.loads(line)
        by_name[simplify(row["matter_name"])].append(row)
    daily: dict[str, set[str]] = defaultdict(set)
    short: dict[str, set[str]] = defaultdict(set)
    groups = _Groups()
    for name, rows in by_name.items():
        for row in rows:
            for field, found in (("matter_daily", daily), ("matter_short", short)):
                for text in _known(row, field):
                    found[simplify(text)].add(name)
    for names in (*daily.values(), *short.values()):
        groups.join(names)
    parts: dict[str, set[str]] = defaultdict(set)
    for text, names in daily.items():
        for part in _PARTS.split(text):
            if len(part.strip()) > 1:
                parts[part.strip()] |= names

    def half(names: Iterable[str]) -> Half:
        sides = {zlib.crc32(groups.find(name).encode()) % 2 for name in names}
        return "train" if sides == {0} else "test"

    def named(kind: str, found: Mapping[str, set[str]]) -> tuple[Named, ...]:
        return tuple(
            Named(f"{kind}{i}", text, frozenset(names), half(names))
            for i, (text, names) in enumerate(sorted(found.items()))
        )

    return Province(
        tuple(_document(name, rows) for name, rows in sorted(by_name.items())),
        named("d", daily),
        named("p", parts),
        named("s", short),
    )


# ---- variants ---------------------------------------------------------------


def _pick(text: str, choices: Sequence[str]) -> str:
    return choices[zlib.crc32(text.encode()) % len(choices)]


def traditional(text: str) -> str:
    """In Hong Kong's characters."""
    return str(zhconv_rs.zhconv(text, "zh-hk"))


def cantonese(text: str) -> str:
    """Said the Cantonese way."""
    wrap = _pick(text, ("我想問下{}點樣搞㗎", "唔該，{}要喺邊度辦呀", "{}使唔使預約先嘅，幾耐先得"))
    return wrap.format(traditional(text))


_WITH_CITY = ("我在深圳，想办{}", "东莞{}怎么办理", "请问在广州市怎么申请{}", "{}，我人在东莞")


def in_city(text: str) -> str:
    """With the city one is in."""
    return _pick(text, _WITH_CITY).format(text)


@cache
def _by_sound() -> dict[str, list[str]]:
    """Common characters by reading."""
    known = readings()
    common = {char for d in load_province().documents for char in d.title + d.text}
    out: dict[str, list[str]] = defaultdict(list)
    for char in sorted(common):
        if char in known:
            out[known[char]].append(char)
    return out


def typo(text: str) -> str:
    """One character replaced by another that sounds the same; unchanged where none does."""
    places = [i for i, char in enumerate(text) if _HAN.match(char)]
    start = zlib.crc32(text.encode()) % max(1, len(places))
    for at in [*places[start:], *places[:start]]:
        alike = [
            char for char in _by_sound().get(readings().get(text[at], ""), []) if char != text[at]
        ]
        if alike:
            return text[:at] + _pick(text, alike) + text[at + 1 :]
    return text


def pinyin(text: str) -> str:
    """Every character as its syllable, without tones, run together."""
    known = readings()
    return "".join(known.get(char, " " if not char.isalnum() else char) for char in text).strip()


VARIANTS = {
    "traditional": traditional, "cantonese": cantonese, "city": in_city, "typo": typo,
    "pinyin": pinyin,
}  # fmt: skip


def varied(names: Sequence[Named], variant: str) -> list[Named]:
    """The names, changed."""
    change = VARIANTS[variant]
    return [replace(name, text=change(name.text)) for name in names]


def fold_of(document: str) -> int:
    """Which fold of the records is missing when this one is."""
    return zlib.crc32(b"fold " + document.encode()) % FOLDS
