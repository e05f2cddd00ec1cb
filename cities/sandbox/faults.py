"""Faults that can be switched on in a sandbox city, and its ordinary latency.

Switched by `PUT /_admin/faults` with the internal token; kept in the city's database, so that a
restart does not heal it. Pure but for the seeded random source.
"""

from __future__ import annotations

import random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Malformation = Literal["truncated", "wrong_type", "missing_field", "other_person"]


class Faults(BaseModel):
    """The body of `PUT /_admin/faults`. Without fields: healthy."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["none", "down", "slow", "errors", "malformed", "timeout"] = "none"
    """`down` drops connections; `timeout` accepts and never answers; `errors` fails a share."""
    slow_ms: Annotated[int, Field(ge=0, le=60_000)] = 1500
    error_rate: Annotated[float, Field(ge=0, le=1)] = 0.5
    malformation: Malformation = "truncated"


class Weather:
    """Latency and errors of one city: ordinary jitter plus the switched fault, from one seed."""

    def __init__(self, *, latency_ms: int, jitter_ms: int, seed: int) -> None:
        self._latency_ms = latency_ms
        self._jitter_ms = jitter_ms
        self._rng = random.Random(seed)
        self.faults = Faults()

    def delay_s(self) -> float:
        """How long this request takes before it is answered."""
        ordinary = self._latency_ms + self._rng.uniform(0, self._jitter_ms)
        extra = self.faults.slow_ms if self.faults.mode == "slow" else 0
        return (ordinary + extra) / 1000

    def fails(self) -> bool:
        """Whether this request meets the error rate."""
        return self.faults.mode == "errors" and self._rng.random() < self.faults.error_rate

    @property
    def malformation(self) -> Malformation | None:
        """How answers are to be spoilt, if at all."""
        return self.faults.malformation if self.faults.mode == "malformed" else None
