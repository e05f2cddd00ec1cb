"""`learn`: what residents asked in vain, and wordings they taught us, for editors."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import TYPE_CHECKING

from knowledge.cli.common import at_least, json_flag, person, say, settings_of, show, words
from knowledge.cli.failures import open_search, refuse_unused, wrong_usage

if TYPE_CHECKING:
    from core.db import Database
    from knowledge.cli.common import Commands
    from knowledge.learning.log import LearningLog

_EPILOG = """examples:
  python -m knowledge learn questions            unanswered questions, grouped, most asked first
  python -m knowledge learn pairs                wordings with the item residents chose, to review
  python -m knowledge learn accept 5f0c… --by wang --why "residents say it so"
  python -m knowledge learn reject 5f0c… --by wang
  python -m knowledge learn export > pairs.jsonl  accepted pairs for training, one JSON object a line
"""


async def _questions(args: argparse.Namespace, log: LearningLog, _db: Database) -> int:
    from knowledge.learning.clusters import cluster_questions

    asked = await log.open_questions()
    clusters = cluster_questions(open_search(settings_of(args)), asked) if asked else []
    if args.json:
        show([cluster.as_dict() for cluster in clusters])
        return 0
    for cluster in clusters[: args.most]:
        near = cluster.nearest[0] if cluster.nearest else "-"
        print(f"{cluster.asked:5}  {cluster.decision:8} {near:10} {cluster.text}")
        for text in cluster.texts[1:4]:
            print(f"{'':25} {text}")
    print(f"{len(clusters)} groups of {len(asked)} wordings")
    return 0


async def _pairs(args: argparse.Namespace, log: LearningLog, _db: Database) -> int:
    found = await log.pairs("pending")
    if args.json:
        show([pair.as_dict() for pair in found])
        return 0
    for pair in found[: args.most]:
        print(f"{pair.id}  {pair.code}  tapped {pair.clicks} +{pair.up} -{pair.down}  {pair.text}")
    print(f"{len(found)} pairs to review")
    return 0


async def _reject(args: argparse.Namespace, log: LearningLog, _db: Database) -> int:
    await log.pair(args.id)
    pair = await log.review_pair(args.id, "rejected", args.by)
    if args.json:
        show({"pair": pair.as_dict()})
    else:
        say(f"{pair.code}: {pair.text} – rejected")
    return 0


async def _accept(args: argparse.Namespace, log: LearningLog, db: Database) -> int:
    from core.clock import SystemClock
    from knowledge.editing.model import Editor
    from knowledge.editing.register import Register
    from knowledge.learning.teach import accept

    desk = Register(db, SystemClock(), settings_of(args).data_dir)
    draft = await accept(log, desk, args.id, Editor(f"cli:{args.by}", args.by), args.why)
    if draft is None:
        say("The item has this wording already.")
    else:
        say(f"Draft {draft.id} of {draft.key}: submit it for review at the list desk.")
    if args.json:
        show({"draft": draft.as_dict() if draft else None})
    return 0


async def _export(_args: argparse.Namespace, log: LearningLog, _db: Database) -> int:
    for pair in await log.pairs("accepted", limit=100_000):
        row = {"text": pair.text, "lang": pair.lang, "code": pair.code}
        print(json.dumps(row, ensure_ascii=False))
    return 0


_ACTIONS = {
    "questions": _questions,
    "pairs": _pairs,
    "accept": _accept,
    "reject": _reject,
    "export": _export,
}


def _run(args: argparse.Namespace) -> int:
    if args.action in ("accept", "reject") and not (args.id and args.by):
        raise wrong_usage(f"learn {args.action} needs the id of a pair and --by NAME.")
    if args.action == "accept" and not args.why:
        raise wrong_usage('learn accept needs --why "reason".')
    if args.action not in ("accept", "reject"):
        refuse_unused(args, f"with learn {args.action}", by=args.by, why=args.why)
        if args.id:
            raise wrong_usage(f"learn {args.action} takes no id.")
    return asyncio.run(_with_log(args))


async def _with_log(args: argparse.Namespace) -> int:
    from core.clock import SystemClock
    from knowledge.cli.record import open_record
    from knowledge.learning.log import LearningLog

    async with open_record(settings_of(args), "learning_pairs") as db:
        return await _ACTIONS[args.action](args, LearningLog(db, SystemClock()), db)


def add(commands: Commands) -> None:
    """Add the group's command."""
    learn = commands.add_parser(
        "learn",
        help="unanswered questions and wordings to review",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    learn.add_argument("action", choices=list(_ACTIONS))
    learn.add_argument("id", nargs="?", type=words, help="pair, for accept and reject")
    learn.add_argument("--by", type=person, metavar="NAME", help="your name, recorded")
    learn.add_argument("--why", type=words, metavar="TEXT", help="reason, recorded")
    learn.add_argument(
        "--most", type=at_least(1), default=40, help="how many to print (default 40)"
    )
    learn.set_defaults(run=_run)
    json_flag(learn)
