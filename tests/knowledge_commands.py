"""Running commands of `python -m knowledge` in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.__main__ import main


def run_command(folder: Path, *words: str) -> int:
    """The exit code of one command in a data folder."""
    return main(["--data-dir", str(folder), *words])


def run_knowledge(
    capsys: pytest.CaptureFixture[str], folder: Path, *words: str
) -> tuple[int, Any, str]:
    """(exit code, standard output as JSON or text, standard error) of one command."""
    code = run_command(folder, *words)
    out, err = capsys.readouterr()
    return code, json.loads(out) if "--json" in words and out else out, err
