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
    from knowledge.editing.model import Editor
    from knowledge.editing.register import Register
    from knowledge.learning.log import LearningLog, Pair

_EPILOG = """examples:
  python -m knowledge learn questions            unanswered questions, grouped, most asked first
  python -m knowledge learn pairs                wordings with the item residents chose, to review
  python -m knowledge learn accept 5f0c… --by wang --why "residents say it so"
  python -m knowledge learn reject 5f0c… --by wang --why "means something else"
  python -m knowledge learn reopen 5f0c… --by wang --why "rejected by mistake"
  python -m knowledge learn export > pairs.jsonl  pairs that two people agreed to, one JSON object a line

A wording that may have something personal in it is marked with !, and accepted only with --sure.
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
        mark = "!" if cluster.personal else " "
        print(f"{cluster.asked:5}  {cluster.decision:8} {near:10}{mark}{cluster.text}")
        for text in cluster.texts[1:4]:
            print(f"{'':25} {text}")
    print(f"{len(clusters)} groups of {len(asked)} wordings")
    return 0


def _desk(args: argparse.Namespace, db: Database) -> Register:
    from core.clock import SystemClock
    from knowledge.editing.register import Register

    return Register(db, SystemClock(), settings_of(args).data_dir)


def _editor(args: argparse.Namespace) -> Editor:
    from knowledge.editing.model import Editor

    return Editor(f"cli:{args.by}", args.by)


async def _pairs(args: argparse.Namespace, log: LearningLog, db: Database) -> int:
    from knowledge.learning.scrub import doubtful
    from knowledge.learning.teach import accepted

    await accepted(log, _desk(args, db))
    found = await log.pairs("pending")
    if args.json:
        show([pair.as_dict() | {"personal": list(doubtful(pair.text))} for pair in found])
        return 0
    for pair in found[: args.most]:
        mark = "!" if doubtful(pair.text) else " "
        counts = f"tapped {pair.clicks} +{pair.up} -{pair.down}"
        print(f"{pair.id}  {pair.code}  {counts} {mark}{pair.text}")
    print(f"{len(found)} pairs to review")
    return 0


async def _reject(args: argparse.Namespace, log: LearningLog, db: Database) -> int:
    from knowledge.learning.teach import reject

    return _moved(args, await reject(log, _desk(args, db), args.id, _editor(args), args.why))


async def _reopen(args: argparse.Namespace, log: LearningLog, _db: Database) -> int:
    from knowledge.learning.teach import reopen

    return _moved(args, await reopen(log, args.id, _editor(args), args.why))


def _moved(args: argparse.Namespace, pair: Pair) -> int:
    if args.json:
        show({"pair": pair.as_dict()})
    else:
        say(f"{pair.code}: {pair.text} – {pair.state}")
    return 0


async def _accept(args: argparse.Namespace, log: LearningLog, db: Database) -> int:
    from knowledge.learning.teach import accept

    draft = await accept(log, _desk(args, db), args.id, _editor(args), args.why, args.sure)
    if draft is None:
        say("The item has this wording already.")
    else:
        say(f"Draft {draft.id} of {draft.key}: submit it for review at the list desk.")
    if args.json:
        show({"draft": draft.as_dict() if draft else None})
    return 0


async def _export(args: argparse.Namespace, log: LearningLog, db: Database) -> int:
    from knowledge.learning.scrub import bare, doubtful, scrub
    from knowledge.learning.teach import accepted

    waiting = 0
    for pair, standing in await accepted(log, _desk(args, db)):
        words = bare(scrub(pair.text) or "")
        waiting += standing == "waiting"
        if standing != "confirmed" or not words:
            continue
        print(json.dumps({"text": words, "lang": pair.lang, "code": pair.code}, ensure_ascii=False))
        if doubtful(words):
            say(f"{pair.id} may have something personal in it: {words}")
    if waiting:
        say(f"{waiting} accepted pairs left out: nobody has approved their drafts yet.")
    return 0


_ACTIONS = {
    "questions": _questions,
    "pairs": _pairs,
    "accept": _accept,
    "reject": _reject,
    "reopen": _reopen,
    "export": _export,
}


_DECISIONS = ("accept", "reject", "reopen")


def _run(args: argparse.Namespace) -> int:
    if args.action in _DECISIONS:
        if not (args.id and args.by):
            raise wrong_usage(f"learn {args.action} needs the id of a pair and --by NAME.")
        if not args.why:
            raise wrong_usage(f'learn {args.action} needs --why "reason".')
    else:
        refuse_unused(args, f"with learn {args.action}", by=args.by, why=args.why)
        if args.id:
            raise wrong_usage(f"learn {args.action} takes no id.")
    if args.action != "accept":
        refuse_unused(args, f"with learn {args.action}", sure=args.sure)
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
    learn.add_argument("id", nargs="?", type=words, help="pair, for accept, reject and reopen")
    learn.add_argument("--by", type=person, metavar="NAME", help="your name, recorded")
    learn.add_argument("--why", type=words, metavar="TEXT", help="reason, recorded")
    learn.add_argument(
        "--sure", action="store_true", help="accept though something may be personal: it is not"
    )
    learn.add_argument(
        "--most", type=at_least(1), default=40, help="how many to print (default 40)"
    )
    learn.set_defaults(run=_run)
    json_flag(learn)
