"""What contract tests share."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from knowledge_engine import OwnFigures, responder_of

from core.settings import Settings
from knowledge.answers import Responder
from tests.conftest import share_set_up


@pytest.fixture
def responder(settings: Settings) -> Responder:
    """A responder over the list that set-up indexed."""
    return responder_of(settings)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnFigures:
    """Measured once, by the command as people run it: a minute."""
    folder = tmp_path_factory.mktemp("own")
    share_set_up(folder)
    page = folder / "own.html"
    done = subprocess.run(
        [sys.executable, "-m", "knowledge", "evaluate", "--report", str(page), "--json"],
        capture_output=True, text=True, check=False, env={**os.environ, "SG_DATA_DIR": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return OwnFigures(json.loads(done.stdout), page.read_text(encoding="utf-8"))
