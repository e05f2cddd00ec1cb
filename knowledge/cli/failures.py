"""How a command says no: one sentence on standard error, with `--json` one object, and the exit code.

0 done; 1 the answer is "no"; 2 wrong usage; 3 set-up is missing or broken: what the command needs of this
machine, and not what the person gave it.
"""

from __future__ import annotations

import argparse
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AppError, InvalidInput, Unavailable
from knowledge.cli.common import say, show
from knowledge.damage import DAMAGED

if TYPE_CHECKING:
    from core.settings import Settings
    from knowledge.search import SearchEngine

NO, USAGE, SET_UP = 1, 2, 3
_USAGE = frozenset(
    ("wrong_usage", "import_no_file", "import_directory", "import_no_profile", "import_bad_profile",
     "import_profile_kind", "export_needs_folder", "unknown_service")
)  # fmt: skip
_BAD_PATH = frozenset(
    (errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS,
     errno.ENAMETOOLONG, errno.ELOOP, errno.EEXIST)
)  # fmt: skip
"""What is wrong with a path, and not with the machine."""


def wrong_usage(problem: str) -> InvalidInput:
    """What the command's arguments get wrong; exit code 2."""
    return InvalidInput("wrong_usage", problem=problem)


def refuse_unused(args: argparse.Namespace, where: str, **unused: object) -> None:
    """Raises `wrong_usage` for an argument that is given (not None, not False) and would be ignored:
    `refuse_unused(args, "without --close", by=args.by)`."""
    given = [
        f"--{name.replace('_', '-')}"
        for name, value in unused.items()
        if value not in (None, False, [])
    ]
    if given:
        raise wrong_usage(f"{args.command}: {', '.join(given)} has no effect {where}.")


def in_words(error: AppError) -> str:
    """What went wrong, as one sentence; with the state that does not allow it."""
    state = error.details.get("state")
    return f"{error.message('en')} (It is {state}.)" if state else error.message("en")


def told(error: AppError, args: argparse.Namespace) -> int:
    """Tell what went wrong; the exit code."""
    say(in_words(error))
    for name, lines in error.details.get("files", {}).items():
        say("\n".join(f"  {name}: {line}" for line in lines))
    for finding in error.details.get("findings", []):
        say(f"  {finding['where']}: {finding['problem']}")
    if getattr(args, "json", False):
        show(error.as_dict("en"))
    if error.status == Unavailable.status:
        return SET_UP
    return USAGE if error.code in _USAGE else NO


def of_system(error: OSError, args: argparse.Namespace) -> AppError:
    """The sentence for a file or a device that failed: wrong usage where the person named the path."""
    problem = f"{error.filename or 'this machine'}: {error.strerror or error}"
    given = {str(value) for value in vars(args).values() if isinstance(value, str | Path)}
    if error.errno in _BAD_PATH and str(error.filename) in given:
        return wrong_usage(problem)
    return Unavailable("system_failed", details={"problem": problem}, problem=problem)


@contextmanager
def opening_index(data_dir: Path) -> Iterator[None]:
    """Raises `Unavailable` `index_broken` for whatever the files of an index fail with."""
    try:
        yield
    except AppError:
        raise
    except DAMAGED as error:
        problem = " ".join(str(error).split())[:200] or type(error).__name__
        folder = str(data_dir / "index")
        raise Unavailable(
            "index_broken", details={"problem": problem}, problem=problem, folder=folder
        ) from error


def open_search(settings: Settings) -> SearchEngine:
    """The search over the published list; raises `IndexMissing`, `ModelNotBuilt`, `Unavailable`."""
    from knowledge.embed import open_embedder
    from knowledge.search import SearchEngine

    embedder = open_embedder(settings)
    with opening_index(settings.data_dir):
        return SearchEngine.open(settings, embedder=embedder)
