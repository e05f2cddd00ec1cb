"""`python -m knowledge`: build, search, manage, evaluate, import and export the list.

Exit codes: 0 done; 1 the answer is "no" (broken list, nothing found, evaluation below its floor);
2 wrong usage; 3 set-up is missing (run `build`).
"""

from __future__ import annotations

import argparse
import sys

from core.errors import AppError
from knowledge.cli import evaluating, learning, listing, publishing, searching, transfer
from knowledge.cli.common import say, show, unwritable

_EPILOG = """examples:
  python -m knowledge build                      once after installing, and after editing the list
  python -m knowledge search "社保卡丢了怎么办"
  python -m knowledge search "rent withdrawal" --city dongguan --k 3 --json
  python -m knowledge validate                   rules every record must keep
  python -m knowledge drafts                     what editors are working on
  python -m knowledge publish --by Chen --why "December rates"
  python -m knowledge diff --from 3 --to 4       what a version changed
  python -m knowledge rollback --to 3 --by Chen --why "wrong fee"
  python -m knowledge evaluate --split test      quality on the project's own questions
  python -m knowledge import items.xlsx --dry-run records of the province's system, or your own
  python -m knowledge export --format xlsx --out list.xlsx

exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 set-up is missing (the message says what to run)
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m knowledge",
        description="The Shen-Guan service list: build, search, validate, evaluate, export.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", help="folder of all state (default: SG_DATA_DIR or var)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    for group in (searching, listing, publishing, transfer, evaluating, learning):
        group.add(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(argv)
    files = [getattr(args, "report", None)]
    if getattr(args, "format", None) != "beir":  # which is a folder
        files.append(getattr(args, "out", None))
    for problem in filter(None, map(unwritable, files)):
        say(problem)
        return 2
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except OSError as error:
        say(f"{error.filename or 'file'}: {error.strerror or error}")
        return 2
    except AppError as error:
        say(error.message("en"))
        if getattr(args, "json", False):
            show({"error": {"code": error.code, "message": error.message("en")}})
        for name, lines in error.details.get("files", {}).items():
            say("\n".join(f"  {name}: {line}" for line in lines))
        for finding in error.details.get("findings", []):
            say(f"  {finding['where']}: {finding['problem']}")
        return 3 if error.status == 503 else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
