"""`export`: the list in and out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from knowledge.cli.common import show

if TYPE_CHECKING:
    from knowledge.cli.common import Commands


def _export(_args: argparse.Namespace) -> int:
    import datetime as dt

    from core.clock import CITY_TZ
    from knowledge.catalogue import load_catalogue
    from knowledge.present import service_json

    catalogue = load_catalogue()
    today = dt.datetime.now(CITY_TZ).date()
    items = [service_json(item, catalogue, today=today) for item in catalogue.items.values()]
    show({"list_version": catalogue.version, "date": today.isoformat(), "items": items})
    return 0


def add(commands: Commands) -> None:
    """Add the group's commands."""
    export = commands.add_parser("export", help="write the list to standard output")
    export.add_argument("--format", choices=["json"], default="json")
    export.set_defaults(run=_export)
