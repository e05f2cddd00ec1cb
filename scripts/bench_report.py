"""What a bench row is and how rows are shown. Decides nothing about how anything is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the report; `passed` is None when the figure could not be measured."""

    what: str
    target: str
    measured: str
    passed: bool | None
    figures: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile, `share` in 0..1; nan of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def milliseconds(values: Sequence[float]) -> dict[str, float]:
    """`n`, p50, p95 and the longest of seconds, in milliseconds."""
    return {
        "n": len(values),
        "p50_ms": round(percentile(values, 0.5) * 1000, 1),
        "p95_ms": round(percentile(values, 0.95) * 1000, 1),
        "max_ms": round(max(values, default=math.nan) * 1000, 1),
    }


def show(row: Row) -> None:
    """One row as it is finished."""
    mark = {True: "✓", False: "✗", None: "?"}[row.passed]
    print(f"{mark} {row.what}: {row.measured}   (target {row.target})", flush=True)
    for note in row.notes:
        print(f"    {note}", flush=True)


def summary(rows: Sequence[Row]) -> str:
    """All rows as one table."""
    width = max(len(row.what) for row in rows)
    target = max(len(row.target) for row in rows)
    lines = [f"  {'what':{width}}  {'target':{target}}  measured"]
    for row in rows:
        mark = {True: "✓", False: "✗", None: "?"}[row.passed]
        lines.append(f"{mark} {row.what:{width}}  {row.target:{target}}  {row.measured}")
    return "\n".join(lines)
