"""Writes the residents of `docs/demo-accounts.json` from the synthetic people; leaves other keys alone.

`python -m cities.demo [FILE]`. A test holds the file against `residents()`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cities.sandbox.people import demo_accounts
from core.cards import CITIES

DEFAULT = Path("docs/demo-accounts.json")


def residents() -> list[dict[str, Any]]:
    """One object a demonstration resident: `label {zh, en}`, `name`, `kind`, `accounts_in` (cities),
    and per issuer `username`, `password`, `second_factor` (the code of the second step, for L3)."""
    return [
        {
            "id": one.slug,
            "label": {"zh": one.label.zh, "en": one.label.en},
            "name": one.person.name,
            "kind": one.person.kind,
            "accounts_in": list(one.person.cities),
            "issuers": {
                city: {
                    "username": one.username(city),
                    "password": one.password,
                    "second_factor": one.second_factor,
                }
                for city in CITIES
            },
        }
        for one in demo_accounts()
    ]


def write(path: Path) -> None:
    """Replace the key `residents` of the file at `path`, or make the file."""
    data: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    data.setdefault(
        "note", "Sandbox accounts; refused when SG_MODE=production. 演示账号，仅用于演示环境。"
    )
    data["residents"] = residents()
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")
    draft.replace(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
