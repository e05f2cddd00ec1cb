"""`import`: records of other systems, and our own template."""

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

from core.errors import InvalidInput
from knowledge.cli.common import json_flag, person, say, settings_of, show, words
from knowledge.cli.failures import SET_UP, refuse_unused, told, wrong_usage

if TYPE_CHECKING:
    from knowledge.cli.common import Commands
    from knowledge.imports.listing import ListReport
    from knowledge.imports.profile import Profile
    from knowledge.imports.report import ImportReport

STOPPED = 130
"""Exit code after Ctrl-C."""
_HELP = """Reads a file whole and writes it in one step: either every accepted row is in, or nothing is.
Every row that is not in is named in the report with its reason.

  python -m knowledge import items.jsonl                        the province's records (profile guangdong)
  python -m knowledge import items.xlsx --dry-run               what would happen
  python -m knowledge import items.csv.gz --report why.csv      the rows that are not in, for Excel
  python -m knowledge import ours.json --profile my.yaml        your own mapping, see docs/operations
  python -m knowledge import list.xlsx --profile list --by "Li Na" --why "2027 fees"
                                                                our own template: changes become drafts
  python -m knowledge submit --mine --by "Li Na" --why "2027 fees"
                                                                then: those drafts go to review

CSV (UTF-8 or GB18030, any separator), XLSX, JSON and JSON Lines, also .gz. The same file again changes
nothing; a newer file makes new revisions. Imported records are reference material and never shown to a
resident.

exit codes: 0 done, 1 not imported, 2 wrong usage, 3 set-up is missing or broken, 130 stopped
"""


class _Progress:
    """One line on standard error for each stage, with its rate and the time it still takes; seldom where
    nobody is looking."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._shown = time.monotonic()
        self._first = 0
        self._open = False
        self._live = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.close()
            first = self._stage == ""  # rows of the first stage are counted from its start
            self._stage, self._began = stage, self._began if first else now
            self._first = 0 if first else done
        last = self._open and done == total
        if not last and now - self._shown < (0.2 if self._live else 5.0):
            return
        self._shown = now
        say(f"\r{self._line(done, total, now):<60}", end="" if self._live else "\n")
        self._open = self._live

    def _line(self, done: int, total: int | None, now: float) -> str:
        """E.g. `reading 1500/2262 rows, 700/s, 1 s left`."""
        line = f"{self._stage} {done}{f'/{total}' if total else ''} rows"
        rate = (done - self._first) / max(now - self._began, 0.001)
        if not rate:
            return line
        line += f", {rate:,.0f}/s"
        if total is None:
            return line
        left = (total - done) / rate
        return f"{line}, " + (f"{left / 60:.0f} min left" if left >= 90 else f"{left:.0f} s left")

    def close(self) -> None:
        """End the line."""
        if self._open:
            say("")
            self._open = False


def _import(args: argparse.Namespace) -> int:
    from knowledge.imports.profile import load_profile

    try:
        profile = load_profile(args.profile)
        if profile.kind == "list":
            return asyncio.run(_import_list(args))
        return asyncio.run(_import_records(args, profile))
    except KeyboardInterrupt:
        say("")
        told(InvalidInput("import_stopped"), args)
        return STOPPED


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
    table = str(args.report).lower().endswith(".csv")
    written = _table(report) if table else _as_json(report.as_dict())
    code = 0 if report.accepted else 1
    return _finished(args, report.as_dict(), _told(report), written, code)


def _finished(
    args: argparse.Namespace, body: dict[str, Any], lines: list[str], written: bytes, code: int
) -> int:
    """Tell what the import came to, and write the report that was asked for; the exit code. A report
    that cannot be written takes nothing back."""
    if args.json:
        show(body)
    else:
        print("\n".join(lines))
    if args.report:
        try:
            Path(args.report).write_bytes(written)
        except OSError as error:
            say(
                f"{args.report}: {error.strerror or error}. The import is as told; the report is missing."
            )
            return SET_UP
    return code


def _told(report: ImportReport) -> list[str]:
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


def _table(report: ImportReport) -> bytes:
    """Every row that is not in, as a table that Excel opens."""
    from knowledge.exports.cells import guard

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["row", "code", "reason", "zh", "en"])
    for found in report.rejections:
        cells = (found.code, found.reason, found.message("zh"), found.message("en"))
        writer.writerow([found.row, *map(guard, cells)])
    return b"\xef\xbb\xbf" + out.getvalue().encode(errors="replace")


def _as_json(body: dict[str, Any]) -> bytes:
    return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode(errors="backslashreplace")


async def _import_list(args: argparse.Namespace) -> int:
    from knowledge.cli.register import editor_of, open_register
    from knowledge.imports.listing import import_list

    refuse_unused(args, "with --profile list: records the file lacks stay", complete=args.complete)
    if not args.by or not args.why:
        raise wrong_usage("Drafts of the list need --by NAME and --why TEXT.")
    if args.report and Path(args.report).suffix.lower() == ".csv":
        raise wrong_usage("The report of a template is JSON: give --report a .json file.")
    async with open_register(args) as register:
        report = await import_list(
            register, Path(args.file), who=editor_of(args), why=args.why, dry_run=args.dry_run
        )
    body, code = report.as_dict(), 1 if report.problems else 0
    return _finished(args, body, _told_list(report), _as_json(body), code)


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


def add(commands: Commands) -> None:
    """Add the group's commands."""
    raw = argparse.RawDescriptionHelpFormatter
    read = commands.add_parser(
        "import", help="read records of another system, or our own template", epilog=_HELP,
        formatter_class=raw,
    )  # fmt: skip
    read.add_argument("file", metavar="FILE", help="CSV, XLSX, JSON or JSON Lines; .gz too")
    read.add_argument("--profile", default="guangdong", metavar="NAME|FILE",
                      help="guangdong (default), list (our own template), or your YAML file")  # fmt: skip
    read.add_argument("--dry-run", action="store_true", help="only say what would happen")
    read.add_argument("--complete", action="store_true",
                      help="the file has every record of its source: retire those it lacks")  # fmt: skip
    read.add_argument("--by", type=person, metavar="NAME", help="who imports, for the record")
    read.add_argument("--why", type=words, metavar="TEXT", help="why, for the record")
    read.add_argument("--report", metavar="FILE", help="write the report to a .json or .csv file")
    read.set_defaults(run=_import)
    json_flag(read)
