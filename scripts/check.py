#!/usr/bin/env python3
"""Everything `make test` checks, in order, with times; goes on to the end and says what failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RASA = ROOT / ".venv-rasa" / "bin"
ROOMS = ["core", "knowledge", "cities", "desk", "video", "gateway", "actions"]
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "ORT_DISABLE_TELEMETRY": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}

STEPS: list[tuple[str, list[str], Path]] = [
    ("ruff", [str(BIN / "ruff"), "check", "."], ROOT),
    ("ruff format", [str(BIN / "ruff"), "format", "--check", "."], ROOT),
    ("mypy --strict", [str(BIN / "mypy"), "--strict", *ROOMS], ROOT),
    ("import-linter", [str(BIN / "lint-imports")], ROOT),
    ("service list", [str(BIN / "python"), "-m", "knowledge", "validate"], ROOT),
    ("rasa data validate", [str(BIN / "python"), "scripts/validate_rasa.py"], ROOT),
    ("pages: types", ["npm", "run", "--silent", "check"], ROOT / "web"),
    ("pages: tests", ["npm", "run", "--silent", "test"], ROOT / "web"),
    ("pytest", [str(BIN / "python"), "-m", "pytest", *sys.argv[1:]], ROOT),
]


def main() -> int:
    failed: list[str] = []
    for name, command, cwd in STEPS:
        print(f"── {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(
            command, cwd=cwd, env={**os.environ, **QUIET}, stdin=subprocess.DEVNULL, check=False
        ).returncode
        print(
            f"{'✓' if code == 0 else '✗'} {name} ({time.monotonic() - started:.1f} s)", flush=True
        )
        if code != 0:
            failed.append(name)
    if failed:
        print(
            f"✗ Failed: {', '.join(failed)}. The first reason is above under its name.", flush=True
        )
        return 1
    print("✓ All checks passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
