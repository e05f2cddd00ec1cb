"""`draft`, `submit`, `rebase`, `discard`, `review`, `publish`, `rollback`, `cancel`: the managed list,
changed. Every command asks who and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AppError, InvalidInput
from knowledge.cli.common import folder, number, say, show, words
from knowledge.cli.failures import in_words, refuse_unused, wrong_usage
from knowledge.cli.register import as_command, editor_of, kind_flag, open_register, responsible

if TYPE_CHECKING:
    from datetime import datetime

    from knowledge.cli.common import Commands
    from knowledge.editing.model import Draft, Editor, Version
    from knowledge.editing.register import Register

_DRAFT = """examples:
  python -m knowledge draft my/SG-HF-002.yaml --by Chen --why "new rate from December"
  python -m knowledge draft --withdraw SG-TR-003 --by Chen --why "no longer offered"
The file holds one whole record, as in knowledge/data/items. The draft is submitted for review at once;
somebody else then approves it with `review` or at the list desk. A record that somebody else has an open
draft of is left alone, unless you take it over with --take-over.
"""
_SUBMIT = """examples:
  python -m knowledge submit dft_… dft_… --by Chen --why "new rate from December"
  python -m knowledge submit --mine --by Chen --why "2027 fees"   all you have in editing, e.g. after an import
Drafts that need one another, e.g. an item and its new source, go together, in any order. One that is refused
stays in editing, and is named with what is wrong. One whose record was published anew meanwhile needs
`rebase` first.
"""
_REBASE = """examples:
  python -m knowledge drafts --show dft_…      what it changes, and what was published meanwhile
  python -m knowledge rebase dft_… --by Chen --why "the new phone number is in it"
  python -m knowledge submit dft_… --by Chen --why "new rate from December"
For drafts that `drafts` marks as "changed underneath": you have seen what was published since they were
begun. The draft stays as it is, so it takes back what it does not repeat; to put that in, give the whole
record with `draft FILE` afterwards.
"""
_DISCARD = """examples:
  python -m knowledge discard dft_… --by Chen --why "the notice was withdrawn"
  python -m knowledge discard --mine --by Chen --why "wrong file imported"   all you have in editing
A discarded draft stays readable with `drafts --show`.
"""
_REVIEW = """examples:
  python -m knowledge drafts --show dft_…                  what it changes
  python -m knowledge review approve dft_… --by Wang --why "checked against the notice"
  python -m knowledge review return dft_… --by Wang --why "the basis is missing"
Whoever edited a draft cannot approve it: neither under the account nor under the name, however it is
written.
"""
_PUBLISH = """examples:
  python -m knowledge publish --by Chen --why "December rates"            every approved draft
  python -m knowledge publish dft_… --by Chen --why "December rates"      only this one
  python -m knowledge publish --by Chen --why "…" --at 2026-12-01T00:00   takes effect then (China time)
  python -m knowledge publish --folder my/list --by Chen --why "…"        a whole list from files
The list is checked first; with an error nothing is published. Running processes take the new version
into use within a second; no search fails or sees half of it.
"""
_ROLLBACK = """examples:
  python -m knowledge versions                             which versions there are
  python -m knowledge diff --from 4 --to 3                 what going back would change
  python -m knowledge rollback --to 3 --by Chen --why "wrong fee in version 4"
A new version is made that equals the old one; nothing is lost.
"""
_MAX_RECORD = 5_000_000


def _moment(words: str) -> datetime:
    from datetime import datetime

    from core.clock import CITY_TZ

    try:
        made = datetime.fromisoformat(words)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is no time such as 2026-12-01T00:00") from None
    made = made if made.tzinfo is not None else made.replace(tzinfo=CITY_TZ)
    if made <= datetime.now(CITY_TZ):
        raise argparse.ArgumentTypeError(
            f"{words!r} has passed; without --at it takes effect at once"
        )
    return made


def _told(args: argparse.Namespace, version: Version) -> int:
    from knowledge.editing.model import china_time

    if args.json:
        show(version.as_dict())
    elif version.effective_at is not None and version.state == "scheduled":
        when = china_time(version.effective_at)
        say(f"version {version.number} takes effect at {when}; `cancel` takes it back")
    elif version.state == "cancelled":
        say(f"version {version.number} is cancelled; its drafts are approved as before")
    else:
        records = ", ".join(key for _, key in version.changed[:8])
        more = f" and {len(version.changed) - 8} more" if len(version.changed) > 8 else ""
        say(f"version {version.number} is in force ({version.list_version}): {records}{more}")
    return 0


def _drafted(args: argparse.Namespace, draft: Draft, what: str) -> int:
    if args.json:
        show(draft.as_dict())
    else:
        say(f"{draft.id} {draft.key} {what}")
    return 0


def _record_in(path: Path) -> dict[str, Any]:
    """The one record of a YAML or JSON file, as JSON; raises `InvalidInput` and `OSError`."""
    import yaml

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(loaded, dict):
            raise ValueError(f"it is {type(loaded).__name__}, not a mapping of fields")
        return _as_json(loaded)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        problem = " ".join(str(error).split())
    except RecursionError:
        problem = "it is nested too deeply"
    raise InvalidInput("bad_record_file", name=path.name, problem=problem)


def _as_json(loaded: dict[str, Any]) -> dict[str, Any]:
    """A mapping of YAML as JSON has it: dates as text. Raises `ValueError`, `TypeError` for what JSON cannot
    hold, and for aliases that unfold to more than a record can be."""
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(default=str, allow_nan=False).iterencode(loaded):
        parts.append(part)
        size += len(part)
        if size > _MAX_RECORD:
            raise ValueError(f"it is larger than {_MAX_RECORD:,} characters")
    body: dict[str, Any] = json.loads("".join(parts))
    return body


async def _draft(args: argparse.Namespace) -> int:
    if args.withdraw:
        refuse_unused(args, "with --withdraw", take_over=args.take_over)
    who = editor_of(args)
    async with open_register(args) as register:
        begun: Draft | None
        if args.withdraw:
            draft = begun = await register.open_draft(
                args.kind, args.withdraw, who, args.why, withdraw=True
            )
        else:
            draft, begun = await _kept(register, args, _record_in(Path(args.file)), who)
        try:
            draft = await register.submit(draft.id, draft.version, who, args.why)
        except AppError as error:
            if begun is not None:  # nothing is left behind: the file is still there
                await register.discard(begun.id, begun.version, who, args.why)
            else:
                error.details.setdefault("draft", draft.id)
                say(
                    f"{draft.id} holds what the file says, in editing: `draft` the corrected file, "
                    "`rebase` it where the record was published anew, or `discard` it."
                )
            raise
    return _drafted(args, draft, "waits for review: `review approve` by somebody else")


def _key_in(args: argparse.Namespace, body: dict[str, Any]) -> str:
    """What the record calls itself; raises `InvalidInput`."""
    from knowledge.catalogue import ANCHORS

    if args.kind == "outside":
        return ANCHORS
    name = "item_id" if args.kind == "item" else "id"
    key = body.get(name)
    if not isinstance(key, str) or not key.strip():
        problem = f"it has no {name}, which a record of kind {args.kind} needs"
        raise InvalidInput("bad_record_file", name=Path(args.file).name, problem=problem)
    return key


async def _kept(
    register: Register, args: argparse.Namespace, body: dict[str, Any], who: Editor
) -> tuple[Draft, Draft | None]:
    """(the record's draft with `body`, the same where it was begun now). Raises `OthersDraft`."""
    from knowledge.editing.errors import DraftExists, OthersDraft

    key = _key_in(args, body)
    try:
        begun = await register.open_draft(args.kind, key, who, args.why, body)
    except DraftExists as error:
        there = await register.draft(error.details["draft"])
    else:
        return begun, begun
    if not _is_of(there, who) and not args.take_over:
        author = there.authors[-1].name
        raise OthersDraft(details={"draft": there.id}, record=key, draft=there.id, who=author)
    return await register.save_draft(there.id, there.version, body, who, args.why), None


async def _chosen(
    args: argparse.Namespace, register: Register, who: Editor, *, stale_only: bool = False
) -> list[Draft]:
    """The drafts that are named, or all one's own in editing; raises `wrong_usage`, `NotFound`."""
    if bool(args.drafts) == args.mine:
        raise wrong_usage(
            "Name drafts by their ids, or say --mine for all that you have in editing."
        )
    if not args.mine:
        return [await register.draft(draft_id) for draft_id in dict.fromkeys(args.drafts)]
    found = await register.drafts("editing", limit=100_000)
    return [draft for draft in found if _is_of(draft, who) and (draft.stale or not stale_only)]


def _is_of(draft: Draft, who: Editor) -> bool:
    """Whether `who` edited it last: not who touched it last, as a reviewer may have sent it back."""
    from knowledge.editing.model import known_as

    return known_as(draft.authors[-1].id) == known_as(who.id)


def _each_told(
    args: argparse.Namespace,
    chosen: list[Draft],
    done: list[Draft],
    errors: dict[str, AppError],
    what: str,
) -> int:
    """Tell what became of each draft; 1 where any was refused."""
    refused = [(draft, errors[draft.id]) for draft in chosen if draft.id in errors]
    if args.json:
        told = [{"draft": d.id, "key": d.key, "error": e.as_dict("en")} for d, e in refused]
        show({"drafts": [draft.as_dict() for draft in done], "refused": told})
        return 1 if refused else 0
    for draft, error in refused:
        found = error.details.get("findings", [])
        problems = "".join(f"\n  {one['where']}: {one['problem']}" for one in found[:5])
        say(f"{draft.id} {draft.key}: {in_words(error)}{problems}")
    for draft in done:
        say(f"{draft.id} {draft.key} {what}")
    say(f"{len(done)} done, {len(refused)} refused")
    return 1 if refused else 0


async def _each(
    args: argparse.Namespace,
    step: Callable[[Register, Draft, Editor], Awaitable[Draft]],
    what: str,
    *,
    stale_only: bool = False,
) -> int:
    """Do `step` with every chosen draft, and tell of each; 1 where any was refused."""
    who = editor_of(args)
    done: list[Draft] = []
    refused: dict[str, AppError] = {}
    async with open_register(args) as register:
        chosen = await _chosen(args, register, who, stale_only=stale_only)
        for draft in chosen:
            try:
                done.append(await step(register, draft, who))
            except AppError as error:
                refused[draft.id] = error
    return _each_told(args, chosen, done, refused, what)


async def _submit(args: argparse.Namespace) -> int:
    who = editor_of(args)
    async with open_register(args) as register:
        chosen = await _chosen(args, register, who)
        done, refused = await register.submit_together(chosen, who, args.why)
    what = "waits for review: `review approve` by somebody else"
    return _each_told(args, chosen, done, refused, what)


async def _discard(args: argparse.Namespace) -> int:
    return await _each(
        args,
        lambda register, draft, who: register.discard(draft.id, draft.version, who, args.why),
        "is discarded",
    )


async def _rebase(args: argparse.Namespace) -> int:
    from knowledge.editing.errors import NotStale
    from knowledge.editing.model import OPEN_STATES

    async def step(register: Register, draft: Draft, who: Editor) -> Draft:
        if draft.state in OPEN_STATES and not draft.stale:
            raise NotStale(details={"draft": draft.id}, record=draft.key)
        body = draft.body or {}
        return await register.save_draft(draft.id, draft.version, body, who, args.why, rebase=True)

    what = "stands on what is published now: `drafts --show` what it changes, then `submit`"
    return await _each(args, step, what, stale_only=True)


async def _review(args: argparse.Namespace) -> int:
    who = editor_of(args)
    async with open_register(args) as register:
        draft = await register.draft(args.draft)
        if args.verdict == "approve":
            draft = await register.approve(draft.id, draft.version, who, args.why)
            return _drafted(args, draft, "is approved: `publish` makes it public")
        draft = await register.send_back(draft.id, draft.version, who, args.why)
        return _drafted(args, draft, "went back to its editor")


async def _publish(args: argparse.Namespace) -> int:
    from knowledge.catalogue import load_catalogue

    if args.folder and args.drafts:
        raise wrong_usage("Publish either drafts or a folder.")
    async with open_register(args, publishes=True) as register:
        if args.folder:
            catalogue = load_catalogue(args.folder)
            version = await register.publish_list(catalogue, editor_of(args), args.why, args.at)
        else:
            chosen = args.drafts or None
            version = await register.publish(chosen, editor_of(args), args.why, args.at)
    return _told(args, version)


async def _rollback(args: argparse.Namespace) -> int:
    async with open_register(args, publishes=True) as register:
        return _told(args, await register.rollback(args.to, editor_of(args), args.why))


async def _cancel(args: argparse.Namespace) -> int:
    async with open_register(args) as register:
        return _told(args, await register.cancel(args.number, editor_of(args), args.why))


def add(commands: Commands) -> None:
    """Add the group's commands."""

    def command(name: str, text: str, epilog: str | None = None) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=text, description=text, epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    draft = command("draft", "put a record from a file up for review", _DRAFT)
    what = draft.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", help="YAML or JSON, one record")
    what.add_argument(
        "--withdraw", type=words, metavar="KEY", help="take this record out of the list"
    )
    kind_flag(draft)
    draft.add_argument(
        "--take-over", action="store_true", help="also where somebody else has an open draft"
    )
    submit = command("submit", "put drafts up for review", _SUBMIT)
    rebase = command("rebase", "go on with drafts whose record was published anew", _REBASE)
    discard = command("discard", "give drafts up", _DISCARD)
    for parser in (submit, rebase, discard):
        parser.add_argument("drafts", nargs="*", type=words, metavar="ID", help="see `drafts`")
        parser.add_argument("--mine", action="store_true", help="all that you have in editing")
    review = command("review", "approve a draft of somebody else, or send it back", _REVIEW)
    review.add_argument("verdict", choices=["approve", "return"])
    review.add_argument("draft", type=words, metavar="ID", help="see `drafts`")
    publish = command("publish", "make approved drafts the next version", _PUBLISH)
    publish.add_argument(
        "drafts", nargs="*", type=words, metavar="ID", help="only these (default: all approved)"
    )
    publish.add_argument("--folder", type=folder, help="a whole list from files instead")
    publish.add_argument("--at", type=_moment, metavar="TIME", help="take effect then")
    rollback = command("rollback", "make an old version the next one", _ROLLBACK)
    rollback.add_argument(
        "--to", type=number, required=True, metavar="N", help="the version to return to"
    )
    cancel = command("cancel", "take a scheduled version back")
    cancel.add_argument("number", type=number, help="see `versions`")
    responsible(draft, submit, rebase, discard, review, publish, rollback, cancel)
    works = (
        (draft, _draft),
        (submit, _submit),
        (rebase, _rebase),
        (discard, _discard),
        (review, _review),
        (publish, _publish),
        (rollback, _rollback),
        (cancel, _cancel),
    )
    for parser, work in works:
        as_command(parser, work)
