"""`export`: the list in other formats."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AppError
from knowledge.cli.common import number, say, settings_of, words
from knowledge.cli.failures import refuse_unused, wrong_usage

if TYPE_CHECKING:
    from knowledge.catalogue import Catalogue
    from knowledge.cli.common import Commands

FORMATS = ("json", "jsonl", "csv", "xlsx", "schema-org", "cpsv-ap", "beir")
_LINKED = ("schema-org", "cpsv-ap")
_BASE = re.compile(
    r"(?:https?://[^\s/<>\"{}|\\^`]+|(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:)[^\s<>\"{}|\\^`]*(?<=[/#:])"
)
_HELP = """  python -m knowledge export --format xlsx --out list.xlsx      for import --profile list
  python -m knowledge export --format json > list.json          whole, comes back unchanged
  python -m knowledge export --format csv --out list.zip        one CSV a table, opens in Excel
  python -m knowledge export --format cpsv-ap --city dongguan   linked data, one city
  python -m knowledge export --format schema-org --code SG-HR-001 --lang en
  python -m knowledge export --format beir --from imported --out corpus/
                                                                for: evaluate --corpus corpus/corpus.jsonl …

The same version gives the same bytes. Contacts that are not public are left out without --internal;
a file written with --lang cannot be imported again.

exit codes: 0 done, 1 no, 2 wrong usage, 3 set-up is missing or broken, 130 stopped
"""


def _export(args: argparse.Namespace) -> int:
    _check(args)
    if args.format == "beir":
        return asyncio.run(_export_beir(args))
    data = export_bytes(asyncio.run(_list(args)), args)
    if args.out:
        _write_whole(Path(args.out), data)
        say(f"{args.out}: {len(data):,} bytes")
        return 0
    if args.format in ("csv", "xlsx") and sys.stdout.isatty():
        raise wrong_usage("This format is not text: give a file with --out.")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raises `wrong_usage` for what would be ignored."""
    where = f"with --format {args.format}"
    if args.format not in _LINKED:
        refuse_unused(args, where, date=args.date, base=args.base)
    else:
        refuse_unused(args, where, internal=args.internal)
    if args.format == "beir":
        refuse_unused(
            args, where, version=args.version, code=args.code, city=args.city, lang=args.lang,
            internal=args.internal,
        )  # fmt: skip
        if args.source not in (None, "imported"):
            raise wrong_usage("--format beir writes the imported records: --from imported.")
    elif args.source == "imported":
        raise wrong_usage("--from imported goes with --format beir only.")
    if args.source == "tree":
        refuse_unused(args, "with --from tree", version=args.version)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it; what a link points to; a device as it is."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


async def _list(args: argparse.Namespace) -> Catalogue:
    """The list that is asked for: a version, the version in force, or that of the source tree."""
    from core.clock import SystemClock
    from core.errors import NotFound
    from knowledge.catalogue import load_catalogue
    from knowledge.cli.record import open_record
    from knowledge.editing.errors import ListNotStarted
    from knowledge.editing.register import Register

    if args.source == "tree":
        return load_catalogue()
    settings = settings_of(args)
    try:
        async with open_record(settings, "list_versions") as db:
            return await Register(db, SystemClock(), settings.data_dir).catalogue(args.version)
    except NotFound as error:
        raise NotFound(
            "export_no_version", details={"version": args.version}, number=args.version
        ) from error
    except AppError as error:
        started = not isinstance(error, ListNotStarted) and error.code != "record_not_ready"
        if args.version is not None or args.source == "record" or started:
            raise
        say("no list has been published here yet: this is the list of the source tree")
        return load_catalogue()


def export_bytes(catalogue: Catalogue, args: argparse.Namespace) -> bytes:
    """The chosen part of a list in the chosen format."""
    from core.clock import CITY_TZ
    from knowledge.exports.choose import choose
    from knowledge.exports.cpsv import to_cpsv
    from knowledge.exports.linked import DEFAULT_BASE, Linked
    from knowledge.exports.plain import to_csv, to_json, to_jsonl
    from knowledge.exports.schema_org import to_schema_org
    from knowledge.exports.workbook import to_xlsx

    version = catalogue.version
    chosen = choose(catalogue, codes=args.code or (), city=args.city, internal=args.internal)
    if args.format == "csv":
        return to_csv(chosen, lang=args.lang)
    plain = {"json": to_json, "jsonl": to_jsonl, "xlsx": to_xlsx}
    if args.format in plain:
        return plain[args.format](chosen, version=version, lang=args.lang)
    today = args.date or dt.datetime.now(CITY_TZ).date()
    linked = Linked(chosen, version, today, args.lang, args.city, args.base or DEFAULT_BASE)
    return to_cpsv(linked) if args.format == "cpsv-ap" else to_schema_org(linked)


async def _export_beir(args: argparse.Namespace) -> int:
    from core.clock import SystemClock
    from core.errors import InvalidInput
    from knowledge.cli.record import open_record
    from knowledge.exports.beir import write_beir
    from knowledge.imports.service import Imports

    if not args.out:
        raise InvalidInput("export_needs_folder")
    async with open_record(settings_of(args), "imported_items") as db:
        items = await Imports(db, SystemClock()).all_items()
    counts = write_beir(items, Path(args.out))
    say(f"{args.out}: {counts['documents']} documents, {counts['queries']} queries, "
        f"{counts['judgements']} judgements")  # fmt: skip
    return 0 if items else 1


def _day(value: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no date such as 2027-01-31") from None


def _base(value: str) -> str:
    if not _BASE.fullmatch(value):
        raise argparse.ArgumentTypeError(
            f"{value!r} is no absolute IRI that ends in / # or :, such as https://example.org/id/"
        )
    return value


def add(commands: Commands) -> None:
    """Add the group's command."""
    raw = argparse.RawDescriptionHelpFormatter
    write = commands.add_parser(
        "export", help="write the list in another format", epilog=_HELP, formatter_class=raw
    )
    write.add_argument("--format", choices=FORMATS, default="json")
    write.add_argument(
        "--out", metavar="FILE", help="file (beir: folder); default: standard output"
    )
    write.add_argument("--from", dest="source", choices=["list", "record", "tree", "imported"],
                       help="list: the version in force, or the source tree where none is published; "
                            "record: only a published one; tree: the source tree; imported: the "
                            "imported records (beir)")  # fmt: skip
    write.add_argument(
        "--version", type=number, metavar="N", help="a version of the list by its number"
    )
    write.add_argument(
        "--code", type=words, action="append", metavar="SG-…", help="only this item (repeatable)"
    )
    write.add_argument(
        "--city", choices=["shenzhen", "dongguan"], help="only what one city handles"
    )
    write.add_argument("--lang", choices=["zh", "en"], help="only one language")
    write.add_argument("--date", type=_day, metavar="YYYY-MM-DD",
                       help="linked data: the day it holds for (default: today)")  # fmt: skip
    write.add_argument("--base", type=_base, metavar="IRI",
                       help="linked data: what every IRI begins with, up to / # or : "
                            "(default: urn:shen-guan:)")  # fmt: skip
    write.add_argument("--internal", action="store_true",
                       help="with contacts that are not public (do not pass the file on)")  # fmt: skip
    write.set_defaults(run=_export)
