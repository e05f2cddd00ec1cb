"""What contract tests share."""

from __future__ import annotations

import pytest
from knowledge_engine import responder_of

from core.settings import Settings
from knowledge.answers import Responder


@pytest.fixture
def responder(settings: Settings) -> Responder:
    """A responder over the list that set-up indexed."""
    return responder_of(settings)
