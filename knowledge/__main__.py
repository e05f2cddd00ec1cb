"""`python -m knowledge`: build, search, manage, evaluate, import and export the list.

Exit codes: 0 done; 1 the answer is "no" (broken list, nothing found, evaluation below its floor);
2 wrong usage; 3 set-up is missing or broken; 130 stopped.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

if __name__ == "__main__":  # while the modules load, Ctrl-C ends the process without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from core.errors import AppError
from knowledge.cli import evaluating, exporting, importing, learning, listing, publishing, searching
from knowledge.cli.common import say, show, unwritable
from knowledge.cli.failures import SET_UP, of_system, told, wrong_usage

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


class _Parser(argparse.ArgumentParser):
    """Tells wrong usage as commands do: with `--json` also as an object."""

    _given: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        if "--json" in self._given:
            show(wrong_usage(message).as_dict("en"))
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
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


def _unwritable(args: argparse.Namespace) -> str | None:
    """Why what the command is to write cannot be written, asked before the work."""
    report = getattr(args, "report", None)
    given = [
        getattr(args, name, None) for name in ("file", "profile", "corpus", "queries", "qrels")
    ]
    read = [path for path in given if path and os.path.exists(path)]
    if report and os.path.exists(report) and any(os.path.samefile(report, path) for path in read):
        return f"{report} is read: give the report another name"
    files = [report]
    if getattr(args, "format", None) != "beir":  # which is a folder
        files.append(getattr(args, "out", None))
    return next(filter(None, map(unwritable, files)), None)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    if sys.stdout is None:  # closed by who called
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a file's name may be no text, a terminal no UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        code = _run(args)
        sys.stdout.flush()
        return code
    except OSError as error:
        return _unheard(error, args)


def _run(args: argparse.Namespace) -> int:
    problem = _unwritable(args)
    if problem is not None:
        return told(wrong_usage(problem), args)
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        return told(of_system(error, args), args)
    except AppError as error:
        return told(error, args)
    return code


def _unheard(error: OSError, args: argparse.Namespace) -> int:
    """The exit code where standard output itself fails: who reads it has enough, or its disk is full."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is flushed at exit
    if isinstance(error, BrokenPipeError):
        return 0
    say(of_system(error, args).message("en"))
    return SET_UP


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
