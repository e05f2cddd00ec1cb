"""What the commands of the managed list share: opening it, who acts, their arguments."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from knowledge.cli.common import json_flag, person, settings_of, words

if TYPE_CHECKING:
    from knowledge.editing.model import Editor
    from knowledge.editing.register import Register

KINDS = ("item", "source", "centre", "bundle", "liaison", "door_offer", "outside")
"""Those of `knowledge.catalogue`, which is not loaded to read the arguments."""


@asynccontextmanager
async def open_register(
    args: argparse.Namespace, *, publishes: bool = False
) -> AsyncIterator[Register]:
    """The managed list; with the model where something is to be published. Raises `AppError` where the
    record is missing."""
    from core.clock import SystemClock
    from knowledge.cli.record import open_record
    from knowledge.editing.register import Register
    from knowledge.embed import open_embedder

    settings = settings_of(args)
    async with open_record(settings, "list_versions") as db:
        register = Register(db, SystemClock(), settings.data_dir)
        await register.current()  # a clear error before any work
        if publishes:
            register.embedder = await asyncio.to_thread(open_embedder, settings)
        yield register


def editor_of(args: argparse.Namespace) -> Editor:
    """The person at the terminal, whom the operating system let in: an admin under the name given."""
    from knowledge.editing.model import Editor, known_as

    return Editor(f"cli:{known_as(args.by)}", args.by, ("list_editor", "admin"))


def kind_flag(*parsers: argparse.ArgumentParser) -> None:
    """Add `--kind`."""
    for parser in parsers:
        parser.add_argument(
            "--kind", choices=KINDS, default="item", help="of record (default: item)"
        )


def responsible(*parsers: argparse.ArgumentParser) -> None:
    """Add `--by` and `--why`."""
    for parser in parsers:
        parser.add_argument(
            "--by", required=True, type=person, metavar="NAME", help="who you are, for the record"
        )
        parser.add_argument(
            "--why", required=True, type=words, metavar="TEXT", help="why, for the record"
        )


def _run(
    work: Callable[[argparse.Namespace], Awaitable[int]],
) -> Callable[[argparse.Namespace], int]:
    async def whole(args: argparse.Namespace) -> int:
        return await work(args)

    return lambda args: asyncio.run(whole(args))


def as_command(
    parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace], Awaitable[int]]
) -> None:
    """Let `parser` run `work`, with `--json`."""
    parser.set_defaults(run=_run(work))
    json_flag(parser)
