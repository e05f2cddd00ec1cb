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
from knowledge.catalogue import Catalogue
from knowledge.continuing import ASIDE

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


_BARE: dict[Lang, tuple[tuple[str, Asked], ...]] = {
    "zh": (
        ("{}", "overview"), ("办{}", "overview"), ("我想办{}", "overview"), ("{}怎么办", "steps"),
        ("怎么办{}", "steps"), ("{}如何办理", "steps"), ("{}怎么申请", "steps"),
    ),
    "en": (
        ("{}", "overview"), ("I need {}", "overview"), ("help with {}", "overview"),
        ("how do I get {}", "steps"), ("how to apply for {}", "steps"),
    ),
}  # fmt: skip


def bare_sentences(catalogue: Catalogue) -> tuple[AskedSentence, ...]:
    """Every item's name with the least one can ask of it: the plainest words say nothing of a case
    (「居住证怎么办」 asks how, 「老公不同意怎么办」 what then)."""
    return tuple(
        AskedSentence(form.format(ASIDE.sub("", item.name.in_(lang)).strip()), lang, code, fact)
        for code, item in catalogue.items.items()
        for lang, forms in _BARE.items()
        for form, fact in forms
    )


@cache
def load_asked(path: Path = ASKED) -> tuple[AskedSentence, ...]:
    """All sentences, in file order."""
    return tuple(AskedSentence(**orjson.loads(line)) for line in path.read_bytes().splitlines())
