"""Sentences that ask for one fact of a matter (`asked.jsonl`), written for it in residents' words.

They teach which fact is asked (`knowledge.evaluation.train_asked_fact`) and are no evaluation set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import orjson

from core.i18n import Lang
from knowledge.asked_fact import Asked

ASKED = Path(__file__).parent / "asked.jsonl"


@dataclass(frozen=True)
class AskedSentence:
    """One sentence with what it asks."""

    text: str
    lang: Literal["zh", "yue", "en"]
    code: str
    """Item meant; empty where the words name none."""
    fact: Asked
    later: bool = False
    """Whether it was said after a card of its matter."""

    @property
    def reply_lang(self) -> Lang:
        """Language it is normalised in."""
        return "en" if self.lang == "en" else "zh"


@cache
def load_asked(path: Path = ASKED) -> tuple[AskedSentence, ...]:
    """All sentences, in file order."""
    return tuple(AskedSentence(**orjson.loads(line)) for line in path.read_bytes().splitlines())
