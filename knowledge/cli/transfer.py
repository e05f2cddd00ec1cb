"""`import` and `export`: records of other systems in, the list in and out."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AppError
from knowledge.cli.common import json_flag, say, settings_of, show

if TYPE_CHECKING:
    from knowledge.catalogue import Catalogue
    from knowledge.cli.common import Commands
    from knowledge.imports.listing import ListReport
    from knowledge.imports.profile import Profile
    from knowledge.imports.report import ImportReport

FORMATS = ("json", "jsonl", "csv", "xlsx", "schema-org", "cpsv-ap", "beir")
_USAGE = frozenset(
    ("import_no_file", "import_directory", "import_no_profile", "import_bad_profile",
     "import_profile_kind", "export_needs_folder", "unknown_service")
)  # fmt: skip
_IMPORT_HELP = """Reads a file whole and writes it in one step: either every accepted row is in, or nothing is.
Every row that is not in is named in the report with its reason.

  python -m knowledge import items.jsonl                        the province's records (profile guangdong)
  python -m knowledge import items.xlsx --dry-run               what would happen
  python -m knowledge import items.csv.gz --report why.csv      the rows that are not in, for Excel
  python -m knowledge import ours.json --profile my.yaml        your own mapping, see docs/operations
  python -m knowledge import list.xlsx --profile list --by "Li Na" --why "2027 fees"
                                                                our own template: changes become drafts

CSV (UTF-8 or GB18030, any separator), XLSX, JSON and JSON Lines, also .gz. The same file again changes
nothing; a newer file makes new revisions. Imported records are reference material and never shown to a
resident.

exit codes: 0 done, 1 not imported, 2 wrong usage, 3 set-up is missing
"""
_EXPORT_HELP = """  python -m knowledge export --format xlsx --out list.xlsx      for import --profile list
  python -m knowledge export --format json > list.json          whole, comes back unchanged
  python -m knowledge export --format csv --out list.zip        one CSV a table, opens in Excel
  python -m knowledge export --format cpsv-ap --city dongguan   linked data, one city
  python -m knowledge export --format schema-org --code SG-HR-001 --lang en
  python -m knowledge export --format beir --from imported --out corpus/
                                                                for: evaluate --corpus corpus/corpus.jsonl …

The same version gives the same bytes. Contacts that are not public are left out without --internal;
a file written with --lang cannot be imported again.

exit codes: 0 done, 1 no, 2 wrong usage, 3 set-up is missing
"""


class _Progress:
    """One line on standard error that counts, with the rate; quiet where nobody is looking."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = self._started
        self._open = False
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._shown < (0.2 if self._live else 5.0):
            return
        self._shown = now
        rate = done / max(now - self._started, 0.001)
        of = f"/{total}" if total else ""
        say(f"\r{stage} {done}{of} rows, {rate:,.0f}/s ", end="" if self._live else "\n")
        self._open = self._live

    def close(self) -> None:
        """End the line."""
        if self._open:
            say("")


def _code(error: AppError, args: argparse.Namespace) -> int:
    """Tell what went wrong; the exit code."""
    if getattr(args, "json", False):
        show(error.as_dict("en"))
    else:
        say(error.message("en"))
    if error.status == 503:
        return 3
    return 2 if error.code in _USAGE else 1


# import


def _import(args: argparse.Namespace) -> int:
    from knowledge.imports.profile import load_profile

    try:
        profile = load_profile(args.profile)
        if profile.kind == "list":
            return asyncio.run(_import_list(args))
        return asyncio.run(_import_records(args, profile))
    except AppError as error:
        return _code(error, args)
    except KeyboardInterrupt:
        say("\nstopped; nothing was imported")
        return 1


async def _import_records(args: argparse.Namespace, profile: Profile) -> int:
    from core.clock import SystemClock
    from knowledge.cli.record import open_record
    from knowledge.imports.service import Imports

    progress = _Progress()
    async with open_record(settings_of(args), "imported_items") as db:
        try:
            report = await Imports(db, SystemClock()).run(
                Path(args.file),
                profile,
                who=args.by or "operator",
                why=args.why or "command line",
                complete=args.complete,
                dry_run=args.dry_run,
                progress=progress,
            )
        finally:
            progress.close()
    if args.report:
        write_report(report, Path(args.report))
    if args.json:
        show(report.as_dict())
    else:
        print("\n".join(told(report)))
    return 0 if report.accepted else 1


def told(report: ImportReport) -> list[str]:
    """The report as lines for a person."""
    from core.i18n import text

    c = report.counts()
    lines = [f"{report.file_name}: {c['rows']} rows = {c['accepted']} in + {c['merged']} merged "
             f"+ {c['rejected']} not in"]  # fmt: skip
    if report.same_as:
        lines.append(f"the same file as before (batch {report.same_as}): nothing changed")
    else:
        lines.append(f"{c['added']} added, {c['changed']} changed, {c['unchanged']} unchanged, "
                     f"{c['back']} back, {c['gone']} gone")  # fmt: skip
        if c["gone"] and not c["retired"]:
            lines.append("records that the file lacks were kept; --complete retires them")
    for key, count in c["notes"].items():
        name, _, field = key.partition(".")
        lines.append("note: " + text(f"imports.note.{name}", "en", count=count, field=field))
    for reason, count in c["reasons"].items():
        first = next(found for found in report.rejections if found.reason == reason)
        lines.append(f"{count} × {reason}, first in row {first.row}: {first.message('en')}")
    if report.dry_run:
        lines.append("dry run: nothing was written")
    elif report.batch:
        lines.append(f"batch {report.batch}, {report.seconds:.1f} s")
    return lines


def write_report(report: ImportReport, path: Path) -> None:
    """Every row that is not in, as JSON or (`.csv`) as a table that Excel opens."""
    from knowledge.exports.cells import guard

    if path.suffix.lower() != ".csv":
        _write_json(report.as_dict(), path)
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["row", "code", "reason", "zh", "en"])
    for found in report.rejections:
        cells = (found.code, found.reason, found.message("zh"), found.message("en"))
        writer.writerow([found.row, *map(guard, cells)])
    path.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())


def _write_json(body: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


async def _import_list(args: argparse.Namespace) -> int:
    from knowledge.cli.listing import editor_of, open_register
    from knowledge.imports.listing import import_list

    if not args.by or not args.why:
        say("drafts of the list need --by NAME and --why TEXT")
        return 2
    async with open_register(args) as register:
        report = await import_list(
            register, Path(args.file), who=editor_of(args), why=args.why, dry_run=args.dry_run
        )
    if args.report:
        _write_json(report.as_dict(), Path(args.report))
    if args.json:
        show(report.as_dict())
    else:
        print("\n".join(_told_list(report)))
    return 1 if report.problems else 0


def _told_list(report: ListReport) -> list[str]:
    c = report.as_dict()["counts"]
    lines = [f"{report.file_name}: {c['added']} new, {c['changed']} changed, {c['unchanged']} unchanged; "
             f"{c['absent']} records of the list are not in the file and stay"]  # fmt: skip
    lines += [f"ignored: {name}" for name in report.ignored]
    if report.problems:
        lines += [f"{found.where}: {found.problem}" for found in report.problems[:50]]
        lines.append(f"{c['problems']} problems: no draft was opened")
        return lines
    lines += [f"before review: {finding}" for finding in report.findings[:20]]
    if report.dry_run:
        lines.append("dry run: no draft was opened")
    else:
        lines.append(f"{c['drafts']} drafts opened, {c['already']} were open already")
        if c["drafts"]:
            lines.append(
                "put them up for review with `submit --mine`, or give them up with `discard --mine`"
            )
    return lines


# export


def _export(args: argparse.Namespace) -> int:
    try:
        if args.format == "beir":
            return asyncio.run(_export_beir(args))
        data = export_bytes(asyncio.run(_list(args)), args)
    except AppError as error:
        return _code(error, args)
    if args.out:
        _write_whole(Path(args.out), data)
        say(f"{args.out}: {len(data):,} bytes")
        return 0
    if args.format in ("csv", "xlsx") and sys.stdout.isatty():
        say("this format is not text: give a file with --out")
        return 2
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return 0


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it; what a link points to; a device as it is."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


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
    import datetime as dt

    from core.clock import CITY_TZ
    from knowledge.exports.choose import choose
    from knowledge.exports.cpsv import to_cpsv
    from knowledge.exports.linked import Linked
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
    linked = Linked(chosen, version, today, args.lang, args.city, args.base)
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


def _day(value: str) -> Any:
    import datetime as dt

    return dt.date.fromisoformat(value)


def add(commands: Commands) -> None:
    """Add the group's commands."""
    raw = argparse.RawDescriptionHelpFormatter
    read = commands.add_parser(
        "import", help="read records of another system, or our own template", epilog=_IMPORT_HELP,
        formatter_class=raw,
    )  # fmt: skip
    read.add_argument("file", metavar="FILE", help="CSV, XLSX, JSON or JSON Lines; .gz too")
    read.add_argument("--profile", default="guangdong", metavar="NAME|FILE",
                      help="guangdong (default), list (our own template), or your YAML file")  # fmt: skip
    read.add_argument("--dry-run", action="store_true", help="only say what would happen")
    read.add_argument("--complete", action="store_true",
                      help="the file has every record of its source: retire those it lacks")  # fmt: skip
    read.add_argument("--by", metavar="NAME", help="who imports, for the record")
    read.add_argument("--why", metavar="TEXT", help="why, for the record")
    read.add_argument("--report", metavar="FILE", help="write the report to a .json or .csv file")
    read.set_defaults(run=_import)
    json_flag(read)

    write = commands.add_parser(
        "export", help="write the list in another format", epilog=_EXPORT_HELP, formatter_class=raw
    )
    write.add_argument("--format", choices=FORMATS, default="json")
    write.add_argument(
        "--out", metavar="FILE", help="file (beir: folder); default: standard output"
    )
    write.add_argument("--from", dest="source", choices=["list", "record", "tree", "imported"],
                       default="list",
                       help="list: the version in force, or the source tree where none is published; "
                            "record: only a published one; tree: the source tree; imported: the "
                            "imported records (beir)")  # fmt: skip
    write.add_argument(
        "--version", type=int, metavar="N", help="a version of the list by its number"
    )
    write.add_argument(
        "--code", action="append", metavar="SG-…", help="only this item (repeatable)"
    )
    write.add_argument(
        "--city", choices=["shenzhen", "dongguan"], help="only what one city handles"
    )
    write.add_argument("--lang", choices=["zh", "en"], help="only one language")
    write.add_argument("--date", type=_day, metavar="YYYY-MM-DD",
                       help="linked data: the day it holds for (default: today)")  # fmt: skip
    write.add_argument("--base", default="urn:shen-guan:", metavar="IRI",
                       help="linked data: what every IRI begins with")  # fmt: skip
    write.add_argument("--internal", action="store_true",
                       help="with contacts that are not public (do not pass the file on)")  # fmt: skip
    write.set_defaults(run=_export)
