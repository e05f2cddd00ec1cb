"""What every command of `python -m knowledge` shares: output, settings, progress."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.settings import Settings, get_settings

if TYPE_CHECKING:
    from knowledge.embed.batch import Meter

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


_MOST, _DIGITS, _NAME = 2**31 - 1, 20, 60
_meter: Meter | None = None


def say(line: str, *, end: str = "\n") -> None:
    """Tell the person at the terminal (standard error)."""
    print(line, end=end, file=sys.stderr, flush=True)


def show(data: Any) -> None:
    """Print a result as JSON (standard output)."""
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def settings_of(args: argparse.Namespace) -> Settings:
    """Settings, with the folder of `--data-dir`."""
    settings = get_settings()
    if args.data_dir is None:
        return settings
    return settings.model_copy(update={"data_dir": Path(args.data_dir)})


def progress(done: int, total: int) -> None:
    """One line that counts up, with rate and time left."""
    from knowledge.embed.batch import Meter  # numpy, which not every command needs

    global _meter
    _meter = _meter or Meter("embedding")
    say(f"\r{_meter.line(done, total):<60}", end="\n" if done == total else "")
    if done == total:
        _meter = None


def unwritable(path: str | Path | None) -> str | None:
    """Why a file cannot be written, asked before the work; None where it can be."""
    if path is None:
        return None
    target = Path(path)
    if target.is_dir():
        return f"{target} is a folder: name a file"
    folder = target.absolute().parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist"
    if not os.access(target if target.exists() else folder, os.W_OK):
        return f"{target} may not be written"
    return None


def at_least(least: int) -> Callable[[str], int]:
    """The type of an argument that counts or numbers: a whole number from `least`, as the record has them."""

    def read(value: str) -> int:
        whole = value.isascii() and value.isdecimal() and len(value) <= _DIGITS
        if not whole or not least <= int(value) <= _MOST:
            raise argparse.ArgumentTypeError(
                f"{value[:40]!r} is not a whole number from {least} to {_MOST}"
            )
        return int(value)

    return read


number = at_least(1)
"""The type of an argument that names a version."""


def text(value: str) -> str:
    """The type of an argument of words, which the terminal may have sent in another encoding."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("is not text in UTF-8") from None
    return value


def words(value: str) -> str:
    """The type of an argument that must say something."""
    if not value.strip():
        raise argparse.ArgumentTypeError("must not be blank")
    return text(value.strip())


def person(value: str) -> str:
    """The type of `--by`: something that can be read, as long as the record has room for."""
    from knowledge.editing.model import known_as

    value = words(value)
    if not known_as(value):
        raise argparse.ArgumentTypeError("must not be blank")
    if len(value) > _NAME or len(known_as(value)) > _NAME:
        raise argparse.ArgumentTypeError(f"is longer than {_NAME} characters")
    return value


def folder(value: str) -> Path:
    """An argument that names a folder that is there."""
    found = Path(value)
    if not found.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {value}")
    return found


def json_flag(*parsers: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    for parser in parsers:
        parser.add_argument("--json", action="store_true", help="machine-readable output")
