#!/usr/bin/env python3
"""`rasa data validate` over the domain, rules and examples; a warning is a failure too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    command = [
        str(ROOT / ".venv-rasa/bin/python"), "-m", "rasa", "data", "validate",
        "--domain", "bot/domain", "--data", "bot/rules", "nlu_data",
        "--config", "config.yml", "--fail-on-warnings",
    ]  # fmt: skip
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(result.stdout[-4000:])
        print(result.stderr[-4000:])
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
