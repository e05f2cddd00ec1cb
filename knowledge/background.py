"""What people say of everyday life: the background against which a question of the field is told apart.

In Chinese, Cantonese and English, written for this and of no evaluation set. Searched, never shown.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

from knowledge.text import understand

_FILE = Path(__file__).parent / "everyday.json"


@cache
def everyday() -> tuple[str, ...]:
    """Normalised as questions are."""
    by_language: dict[str, list[str]] = orjson.loads(_FILE.read_bytes())
    return tuple(understand(text).core for texts in by_language.values() for text in texts)
