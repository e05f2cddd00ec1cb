"""`learn`: what residents asked in vain, and wordings they taught us, for editors."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import TYPE_CHECKING, Any

from knowledge.cli.common import json_flag, say, settings_of, show

if TYPE_CHECKING:
    from knowledge.cli.common import Commands
    from knowledge.learning.log import LearningLog

_EPILOG = """examples:
  python -m knowledge learn questions            unanswered questions, grouped, most asked first
  python -m knowledge learn pairs                wordings with the item residents chose, to review
  python -m knowledge learn accept 5f0c… --by wang --why "residents say it so"
  python -m knowledge learn reject 5f0c… --by wang
  python -m knowledge learn export > pairs.jsonl  accepted pairs for training, one JSON object a line
"""


def _log(args: argparse.Namespace) -> tuple[Any, LearningLog]:
    from core.clock import SystemClock
    from core.db import Database
    from knowledge.learning.log import LearningLog

    db = Database(settings_of(args).db_url())
    return db, LearningLog(db, SystemClock())


async def _questions(args: argparse.Namespace) -> int:
    from knowledge.learning.clusters import cluster_questions
    from knowledge.search import SearchEngine

    db, log = _log(args)
    asked = await log.open_questions()
    await db.close()
    clusters = cluster_questions(SearchEngine.open(settings_of(args)), asked) if asked else []
    if args.json:
        show([cluster.as_dict() for cluster in clusters])
    for cluster in [] if args.json else clusters[: args.most]:
        near = cluster.nearest[0] if cluster.nearest else "-"
        print(f"{cluster.asked:5}  {cluster.decision:8} {near:10} {cluster.text}")
        for text in cluster.texts[1:4]:
            print(f"{'':25} {text}")
    if not args.json:
        print(f"{len(clusters)} groups of {len(asked)} wordings")
    return 0


async def _pairs(args: argparse.Namespace) -> int:
    db, log = _log(args)
    found = await log.pairs("pending")
    await db.close()
    if args.json:
        show([pair.as_dict() for pair in found])
    for pair in [] if args.json else found[: args.most]:
        print(f"{pair.id}  {pair.code}  tapped {pair.clicks} +{pair.up} -{pair.down}  {pair.text}")
    return 0


async def _review(args: argparse.Namespace) -> int:
    from core.clock import SystemClock
    from knowledge.editing.model import Editor
    from knowledge.editing.register import Register
    from knowledge.learning.teach import accept

    db, log = _log(args)
    settings, who = settings_of(args), Editor(f"cli:{args.by}", args.by)
    try:
        if args.action == "reject":
            pair = await log.review_pair(args.id, "rejected", args.by)
            say(f"{pair.code}: {pair.text} – rejected")
            return 0
        desk = Register(db, SystemClock(), settings.data_dir)
        draft = await accept(log, desk, args.id, who, args.why)
        if draft is None:
            say("The item has this wording already.")
        else:
            say(f"Draft {draft.id} of {draft.key}: submit it for review at the list desk.")
        if args.json:
            show({"draft": draft.as_dict() if draft else None})
        return 0
    finally:
        await db.close()


async def _export(args: argparse.Namespace) -> int:
    db, log = _log(args)
    found = await log.pairs("accepted", limit=100_000)
    await db.close()
    for pair in found:
        print(
            json.dumps(
                {"text": pair.text, "lang": pair.lang, "code": pair.code}, ensure_ascii=False
            )
        )
    return 0


_ACTIONS = {
    "questions": _questions,
    "pairs": _pairs,
    "accept": _review,
    "reject": _review,
    "export": _export,
}


def _run(args: argparse.Namespace) -> int:
    if args.action in ("accept", "reject") and not (args.id and args.by):
        say(f"learn {args.action} needs the id of a pair and --by NAME.")
        return 2
    if args.action == "accept" and not args.why:
        say('learn accept needs --why "reason".')
        return 2
    return asyncio.run(_ACTIONS[args.action](args))


def add(commands: Commands) -> None:
    """Add the group's command."""
    learn = commands.add_parser(
        "learn",
        help="unanswered questions and wordings to review",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    learn.add_argument("action", choices=list(_ACTIONS))
    learn.add_argument("id", nargs="?", help="pair, for accept and reject")
    learn.add_argument("--by", help="your name, recorded")
    learn.add_argument("--why", help="reason, recorded")
    learn.add_argument("--most", type=int, default=40, help="how many to print (default 40)")
    learn.set_defaults(run=_run)
    json_flag(learn)
