"""`python -m knowledge`: build, search, manage, evaluate, import and export the list.

Exit codes: 0 done; 1 the answer is "no" (broken list, nothing found, evaluation below its floor);
2 wrong usage; 3 set-up is missing or broken; 130 stopped.
"""

from __future__ import annotations

import argparse
import sys

from core.errors import AppError
from knowledge.cli import evaluating, exporting, importing, learning, listing, publishing, searching
from knowledge.cli.common import say, unwritable
from knowledge.cli.failures import of_system, told, wrong_usage

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

exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 set-up is missing or broken (the message says what
to do), 130 stopped; with --json a failure is an object {"error": {"code", "message", "details"}} as well
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

    for group in (searching, listing, publishing, importing, exporting, evaluating, learning):
        group.add(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(argv)
    files = [getattr(args, "report", None)]
    if getattr(args, "format", None) != "beir":  # which is a folder
        files.append(getattr(args, "out", None))
    for problem in filter(None, map(unwritable, files)):
        return told(wrong_usage(problem), args)
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except OSError as error:
        return told(of_system(error, args), args)
    except AppError as error:
        return told(error, args)
    return code


if __name__ == "__main__":
    sys.exit(main())
