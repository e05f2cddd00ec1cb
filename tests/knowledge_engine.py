"""The search engine over what set-up built, opened once for all tests that need it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.settings import Settings
from knowledge.answers import Responder
from knowledge.search import SearchEngine

TODAY = dt.date(2026, 11, 23)


@dataclass(frozen=True)
class OwnFigures:
    """What `python -m knowledge evaluate` says of the project's own questions."""

    figures: dict[str, Any]
    page: str
    """The report, HTML."""


@cache
def open_engine(set_up: Path) -> SearchEngine:
    """The engine over `set_up` (a folder with `models` and `index`)."""
    return SearchEngine.open(Settings(data_dir=set_up))


def engine_of(settings: Settings) -> SearchEngine:
    """The shared engine behind a test's settings."""
    return open_engine((settings.data_dir / "models").resolve().parent)


def responder_of(settings: Settings) -> Responder:
    """A responder over the shared engine."""
    return Responder(engine_of(settings))
