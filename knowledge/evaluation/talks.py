"""Talks written for the project: one JSON object a line in `talks.jsonl`, each with its turns in order.

The `test` part is only measured on: nothing is tuned or trained on it. Written by people who knew the names and
conditions of the items only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.asked_fact import Asked

TALKS = Path(__file__).with_name("talks.jsonl")
Kind = Literal["first", "same", "new", "outside", "social"]


class TalkTurn(BaseModel):
    """One message of a resident."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    kind: Kind
    """`same`: about the matter before; `new`: about another of the list; `outside`: about none of it;
    `social`: thanks and the like."""
    codes: list[str]
    """Items that it may be about; [] where it is about none."""
    fact: Asked | None = None
    """What a turn of the measured part that goes on asks of its matter, as one reader saw it."""


class Talk(BaseModel):
    """One talk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: Literal["zh", "en", "yue"]
    split: Literal["train", "test"]
    hard: bool = False
    """Written to be hard to tell apart: teaches what is outside the list, and is no picture of how residents
    go on."""
    turns: list[TalkTurn]


def load_talks(path: Path = TALKS) -> list[Talk]:
    """All in file order; raises `pydantic.ValidationError`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Talk.model_validate_json(line) for line in lines if line.strip()]


def later_turns(talks: Sequence[Talk]) -> Iterator[tuple[Talk, str, TalkTurn]]:
    """(talk, the matter before, turn) of every turn after a card."""
    for talk in talks:
        before = ""
        for turn in talk.turns:
            if before:
                yield talk, before, turn
            if turn.codes:
                before = turn.codes[0]
