"""The project's question set, written for it: one JSON object a line in `questions.jsonl`.

Never copied from the list's own wordings. The `test` half is only measured on: nothing is tuned or
trained on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from core.cards import City

QUESTIONS = Path(__file__).parent / "questions.jsonl"
OUT_OF_LIST = ("oos_far", "oos_near", "wrong_city")
"""Kinds that must not be answered: far from government, near but not in the list, other city's."""


class Question(BaseModel):
    """One question. `codes`: any of them is right ([] = must not be answered)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: str
    lang: Literal["zh", "en", "yue"]
    kind: str
    codes: list[str]
    city: City | None = None
    """City in which the answer must be."""
    split: Literal["train", "test"]

    @property
    def answerable(self) -> bool:
        """Whether the list has the answer."""
        return bool(self.codes)


def load_questions(path: Path = QUESTIONS) -> list[Question]:
    """All questions in file order; raises `pydantic.ValidationError`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Question.model_validate_json(line) for line in lines if line.strip()]
