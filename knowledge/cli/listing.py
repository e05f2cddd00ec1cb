"""`validate`, `diff`, `drafts`, `history`, `audit`, `tasks`: the managed list, read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.errors import NotFound
from knowledge.cli.common import (
    at_least,
    folder,
    number,
    person,
    say,
    settings_of,
    show,
    words,
)
from knowledge.cli.failures import opening_index, refuse_unused, wrong_usage
from knowledge.cli.register import as_command, editor_of, kind_flag, open_register

if TYPE_CHECKING:
    from core.cards import LocalText
    from knowledge.catalogue import Catalogue
    from knowledge.cli.common import Commands
    from knowledge.editing.diff import Change
    from knowledge.editing.register import Register

_VALIDATE = """examples:
  python -m knowledge validate                   the list in the source tree
  python -m knowledge validate --folder my/list  a folder laid out in the same way
  python -m knowledge validate --version 3       a published version
Errors stop publishing (exit code 1); warnings, e.g. of stale records, do not.
"""
_DIFF = """examples:
  python -m knowledge diff                       what the version in force changed
  python -m knowledge diff --from 3 --to 4       between two versions (see `versions`)
  python -m knowledge diff --folder my/list      from the version in force, or --from N, to a folder
  python -m knowledge diff --cities SG-HF-002    Shenzhen against Dongguan, today
"""
_TASKS = """examples:
  python -m knowledge tasks                      what waits, the most reported first
  python -m knowledge tasks --close tsk_… --by Wang --why "checked with the bureau: right as it is"
"""
_AUDIT = """examples:
  python -m knowledge audit --last 20            who did what, when and why
  python -m knowledge audit --verify             recompute the chain; exit code 1 if anything was changed
Note the newest hash somewhere else: a later check can then prove that nothing was cut off.
"""


def both(words: LocalText) -> str:
    """`中文 / English`."""
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def print_changes(changes: list[Change] | tuple[Change, ...]) -> None:
    """Each change as field, old and new."""
    from knowledge.editing.diff import shown

    for change in changes:
        print(f"  {both(change.label)}")
        if change.old is not None:
            print(f"    - {shown(change.old)}")
        if change.new is not None:
            print(f"    + {shown(change.new)}")


async def _validate(args: argparse.Namespace) -> int:
    import datetime as dt

    from core.clock import CITY_TZ
    from knowledge.catalogue import BrokenList, load_catalogue
    from knowledge.editing.stale import stale
    from knowledge.validate import Finding, check

    catalogue: Catalogue | None = None
    try:
        if args.version is not None:
            async with open_register(args) as register:
                catalogue = await register.catalogue(args.version)
        else:
            catalogue = load_catalogue(args.folder) if args.folder else load_catalogue()
        found = check(catalogue)
        found += [one.finding() for one in stale(catalogue, dt.datetime.now(CITY_TZ).date())]
    except BrokenList as error:
        files: dict[str, list[str]] = error.details["files"]
        found = [Finding("error", name, p) for name, lines in files.items() for p in lines]
    count = len(catalogue.items) if catalogue else 0
    errors = sum(finding.level == "error" for finding in found)
    if args.json:
        findings = [finding.as_dict() for finding in found]
        show({"items": count, "errors": errors, "findings": findings})
    else:
        for finding in found:
            print(finding)
        print(f"{count} items, {errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0


async def _diff(args: argparse.Namespace) -> int:
    if args.cities:
        refuse_unused(args, "with --cities", **{"from": args.since}, to=args.to, folder=args.folder)
        return _diff_cities(args)
    from knowledge.catalogue import load_catalogue
    from knowledge.editing.diff import diff_catalogues

    async with open_register(args) as register:
        current = await register.current()
        if args.folder:
            refuse_unused(args, "with --folder", to=args.to)
            old = args.since if args.since is not None else current.number
            found = diff_catalogues(await register.catalogue(old), load_catalogue(args.folder))
            title = f"version {old} → {args.folder}"
        else:
            new = args.to if args.to is not None else current.number
            if args.since is not None:
                old = args.since
            else:
                versions = {version.number: version for version in await register.versions(10_000)}
                if new not in versions:
                    raise NotFound("unknown_version", details={"number": new}, number=new)
                base = versions[new].base
                if base is None:
                    raise wrong_usage(f"Version {new} has none before it: name one with --from.")
                old = base
            found = await register.diff(old, new)
            title = f"version {old} → {new}"
    if args.json:
        show({"title": title, "records": [change.as_dict() for change in found]})
        return 0
    print(f"{title}: {len(found)} records")
    for change in found:
        print(f"\n{change.what:8} {change.kind} {change.key}  {both(change.name)}")
        print_changes(change.changes)
    return 0


def _diff_cities(args: argparse.Namespace) -> int:
    import datetime as dt

    from core.clock import CITY_TZ
    from knowledge.editing.diff import diff_cities
    from knowledge.published import current_version, open_list

    data_dir = settings_of(args).data_dir
    with opening_index(data_dir):
        catalogue = open_list(data_dir, current_version(data_dir))
    changes = diff_cities(catalogue, args.cities, dt.datetime.now(CITY_TZ).date())
    if args.json:
        show({"code": args.cities.upper(), "changes": [change.as_dict() for change in changes]})
        return 0
    item = catalogue.get(args.cities)
    print(f"{item.item_id} {both(item.name)}: 深圳 Shenzhen (-), 东莞 Dongguan (+), {len(changes)}")
    print_changes(changes)
    return 0


async def _versions(args: argparse.Namespace) -> int:
    from knowledge.editing.model import china_time

    async with open_register(args) as register:
        found, current = await register.versions(args.last), await register.current()
    if args.json:
        show({"current": current.number, "versions": [version.as_dict() for version in found]})
        return 0
    for version in found:
        mark = "*" if version.number == current.number else " "
        when = version.published_at or version.effective_at or version.made_at
        print(
            f"{mark}{version.number:4}  {version.state:10} {china_time(when)} "
            f"{len(version.changed):4} records  {version.who.name}: {version.why}"
        )
    print("* is in force")
    return 0


async def _drafts(args: argparse.Namespace) -> int:
    if args.show:
        refuse_unused(args, "with --show", state=args.state)
    async with open_register(args) as register:
        found = await register.drafts(args.state)
        if args.show:
            return await _one_draft(args, register)
    if args.json:
        show({"drafts": [draft.as_dict() for draft in found]})
        return 0
    for draft in found:
        state = f"{draft.state}{' (withdraws)' if draft.withdraw else ''}"
        stale = "  changed underneath" if draft.stale else ""
        print(f"{draft.id}  {state:12} {draft.key}  {draft.updated_by.name}: {draft.why}{stale}")
    print(f"{len(found)} drafts; look at one with --show, review it with `review`")
    return 0


async def _one_draft(args: argparse.Namespace, register: Register) -> int:
    draft, sides = await register.draft(args.show), await register.three_way(args.show)
    findings = await register.findings(args.show)
    if args.json:
        told = {"draft": draft.as_dict(), "three_way": sides.as_dict()}
        show({**told, "findings": [finding.as_dict() for finding in findings]})
        return 0
    authors = ", ".join(person.name for person in draft.authors)
    print(f"{draft.id}  {draft.state}  {draft.kind} {draft.key}  by {authors}: {draft.why}")
    print_changes(sides.ours)
    if draft.stale:
        print(f"published meanwhile ({len(sides.overlaps)} fields changed on both sides):")
        print_changes(sides.theirs)
    for finding in findings:
        print(finding)
    return 0


async def _history(args: argparse.Namespace) -> int:
    from knowledge.editing.diff import diff_records
    from knowledge.editing.model import china_time

    async with open_register(args) as register:
        found = await register.history(args.kind, args.key)
    if args.json:
        show({"revisions": [revision.as_dict() for revision in found]})
        return 0
    older: list[Any] = [*found[1:], None]
    for revision, before in zip(found, older, strict=True):
        versions = ", ".join(map(str, revision.versions)) or "-"
        reviewer = f", reviewed by {revision.reviewer.name}" if revision.reviewer else ""
        print(
            f"revision {revision.number}  {china_time(revision.at)}  {revision.who.name}"
            f"{reviewer}: {revision.why}  (versions {versions})"
        )
        if before is not None:
            print_changes(diff_records(before.body, revision.body))
    return 0


async def _audit(args: argparse.Namespace) -> int:
    from knowledge.editing.model import china_time

    if args.verify:
        refuse_unused(args, "with --verify", after=args.after, last=args.last)
    most = args.last or 50
    async with open_register(args) as register:
        if args.verify:
            report = await register.verify_audit()
            if args.json:
                show(report.as_dict())
            else:
                for problem in report.problems:
                    print(problem)
                verdict = "unchanged" if report.ok else "CHANGED"
                print(f"{report.entries} rows, {verdict}; newest hash {report.head}")
            return 0 if report.ok else 1
        newest = (await register.verify_audit()).entries if args.after is None else 0
        after = args.after if args.after is not None else max(0, newest - most)
        found = await register.audit(after, most)
    if args.json:
        show({"entries": [entry.as_dict() for entry in found]})
        return 0
    for entry in found:
        about = entry.details.get("key") or entry.details.get("number") or ""
        print(
            f"{entry.seq:6}  {china_time(entry.at, 'seconds')}  {entry.action:18} {about:12} "
            f"{entry.who.name}: {entry.why}"
        )
    return 0


async def _tasks(args: argparse.Namespace) -> int:
    if args.close:
        refuse_unused(args, "with --close", kind=args.kind, all=args.all)
        if not args.by or not args.why:
            raise wrong_usage("Closing a task needs --by NAME and --why TEXT.")
    else:
        refuse_unused(args, "without --close", by=args.by, why=args.why)
    async with open_register(args) as register:
        if args.close:
            task = await register.close_task(args.close, editor_of(args), args.why)
            if args.json:
                show(task.as_dict())
            else:
                say(f"{task.id} is done")
            return 0
        found = await register.tasks(None if args.all else "open", args.kind)
    if args.json:
        show({"tasks": [task.as_dict() for task in found]})
        return 0
    for task in found:
        print(f"{task.id}  {task.kind:13} ×{task.count:<4} {task.state:5} {both(task.text)}")
    print(f"{len(found)} tasks")
    return 0


def add(commands: Commands) -> None:
    """Add the group's commands."""

    def command(name: str, text: str, epilog: str | None = None) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=text, description=text, epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    validate = command("validate", "check every record; fails on errors", _VALIDATE)
    where = validate.add_mutually_exclusive_group()
    where.add_argument("--folder", type=folder, help="another list than the one in the source tree")
    where.add_argument("--version", type=number, metavar="N", help="a published version")
    as_command(validate, _validate)

    diff = command("diff", "what differs between versions, or between the cities", _DIFF)
    diff.add_argument("--from", dest="since", type=number, metavar="N", help="the older version")
    diff.add_argument(
        "--to", type=number, metavar="N", help="the newer version (default: in force)"
    )
    diff.add_argument("--folder", type=folder, help="compare with the list in a folder")
    diff.add_argument(
        "--cities", type=words, metavar="CODE", help="compare the two cities' particulars"
    )
    as_command(diff, _diff)

    versions = command("versions", "versions of the list, newest first")
    versions.add_argument("--last", type=at_least(1), default=20, help="how many (default 20)")
    as_command(versions, _versions)

    drafts = command("drafts", "open drafts, or one with its changes and findings")
    states = ["editing", "in_review", "approved", "published", "discarded"]
    drafts.add_argument("--state", choices=states)
    drafts.add_argument("--show", type=words, metavar="ID", help="one draft in full")
    as_command(drafts, _drafts)

    history = command("history", "every revision of a record, with what it changed")
    history.add_argument("key", type=words, help="e.g. SG-HF-002")
    kind_flag(history)
    as_command(history, _history)

    audit = command("audit", "who did what, when and why", _AUDIT)
    audit.add_argument("--verify", action="store_true", help="check that nothing was changed")
    audit.add_argument("--after", type=at_least(0), metavar="SEQ", help="rows after this one")
    audit.add_argument("--last", type=at_least(1), help="how many (default 50)")
    as_command(audit, _audit)

    tasks = command("tasks", "what the list's editors should look at", _TASKS)
    kinds = ["outdated", "stale", "seed_conflict", "unanswered", "import", "publish"]
    tasks.add_argument("--kind", choices=kinds)
    tasks.add_argument("--all", action="store_true", help="also what is done")
    tasks.add_argument("--close", type=words, metavar="ID", help="mark a task as done")
    tasks.add_argument("--by", type=person, metavar="NAME", help="who you are, for the record")
    tasks.add_argument("--why", type=words, metavar="TEXT", help="what was found, for the record")
    as_command(tasks, _tasks)
