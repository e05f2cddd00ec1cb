"""Several matters in one message: where one question ends and the next begins.

Splits only at words and marks that join whole questions, never at a plain comma: a comma usually
gives a circumstance of the same matter. Whether the parts are different matters is the search's call.
"""

from __future__ import annotations

import re

_JOINT = re.compile(
    r"[?？!！。]\s*|[;；]\s*|[,，]?\s*(?:另外|还有(?!什么|哪|多|几|没)|顺便|此外|以及|同时(?:还|也)?想?|然后还)[,，]?"
    r"|,?\s*\b(?:and also|also,?|besides,?|in addition,?|plus,? i"
    r"|second(?:ly)?,|another (?:thing|question)\W)\s*",
    re.IGNORECASE,
)  # fmt: skip
_MIN_HAN, _MIN_WORDS = 4, 3


def _substantial(part: str) -> bool:
    han = len(re.findall(r"[\u3400-\u9fff]", part))
    return han >= _MIN_HAN or len(re.findall(r"[a-z]+", part, re.IGNORECASE)) >= _MIN_WORDS


def split_matters(text: str) -> list[str]:
    """Parts that could each be a question of its own; a single-element list when there is one."""
    parts = [part.strip(" ,，.。") for part in _JOINT.split(text) if part and part.strip()]
    kept = [part for part in parts if _substantial(part)]
    return kept if len(kept) > 1 else [text]
