"""`validate`: the list as a managed system."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.cli.common import json_flag, show

if TYPE_CHECKING:
    from knowledge.cli.common import Commands


def _validate(args: argparse.Namespace) -> int:
    from knowledge.catalogue import BrokenList, load_catalogue
    from knowledge.validate import Finding, check

    folder = {"folder": Path(args.folder)} if args.folder else {}
    try:
        catalogue = load_catalogue(**folder)
        found = check(catalogue)
        count = len(catalogue.items)
    except BrokenList as error:
        files: dict[str, list[str]] = error.details["files"]
        found = [Finding("error", name, p) for name, lines in files.items() for p in lines]
        count = 0
    errors = sum(finding.level == "error" for finding in found)
    if args.json:
        findings = [finding.as_dict() for finding in found]
        show({"items": count, "errors": errors, "findings": findings})
    else:
        for finding in found:
            print(finding)
        print(f"{count} items, {errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0


def add(commands: Commands) -> None:
    """Add the group's commands."""
    validate = commands.add_parser("validate", help="check every record; fails on errors")
    validate.add_argument("--folder", help="another list than the one in the source tree")
    validate.set_defaults(run=_validate)
    json_flag(validate)
