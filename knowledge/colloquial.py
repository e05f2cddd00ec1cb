"""Formal terms of government items and what people call them, for the titles of any collection.

A title that says 机动车驾驶证 is also indexed as 驾照: nothing is added to a question, and a collection
without such terms is indexed as it is. Pairs are common knowledge of the field, not taken from any
evaluation set; the service list has its own aliases, item by item. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "everyday_names.tsv"
MOST = 4
"""Everyday names of one title."""


@cache
def _table() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """(any formal term, longest first; term → everyday names)."""
    table: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        formal, said = line.split("\t")
        table[formal] = tuple(said.split("|"))
    longest = sorted(table, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest))), table


def as_people_say(title: str) -> list[str]:
    """Simplified, lower-case `title` with one formal term said otherwise, at most `MOST` of them."""
    pattern, table = _table()
    out = [
        title[: found.start()] + said + title[found.end() :]
        for found in pattern.finditer(title)
        for said in table[found.group(0)]
    ]
    return list(dict.fromkeys(out))[:MOST]
