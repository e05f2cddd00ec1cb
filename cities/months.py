"""Calendar months as the cities' ledgers count them. Pure; knows nothing about any city."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month; ordered by time."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1949 <= self.year <= 2200 and 1 <= self.month <= 12):
            raise ValueError("not a month")

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, day: dt.date) -> Month:
        """The month `day` lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """From `YYYY-MM` or `YYYYMM`; raises `ValueError` for anything else."""
        digits = text.replace("-", "", 1) if len(text) == 7 and text[4] == "-" else text
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            raise ValueError("not a month")
        return cls(int(digits[:4]), int(digits[4:]))

    def plus(self, months: int) -> Month:
        """The month `months` later (earlier when negative)."""
        index = self.index + months
        return Month(index // 12, index % 12 + 1)

    @property
    def index(self) -> int:
        """Months since year 0, for counting."""
        return self.year * 12 + self.month - 1


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Months from `start` to `through`, both counted."""

    start: Month
    through: Month

    def __post_init__(self) -> None:
        if self.through < self.start:
            raise ValueError("a span must not end before it starts")

    @property
    def months(self) -> int:
        """How many months the span holds, at least 1."""
        return self.through.index - self.start.index + 1


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same months as few, ordered, disjoint spans; overlapping or adjoining ones are joined."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start.index <= out[-1].through.index + 1:
            out[-1] = Span(out[-1].start, max(out[-1].through, span.through))
        else:
            out.append(span)
    return tuple(out)


def gaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The months missing between the first and the last contribution."""
    parts = merged(spans)
    return tuple(
        Span(before.through.plus(1), after.start.plus(-1))
        for before, after in itertools.pairwise(parts)
    )
