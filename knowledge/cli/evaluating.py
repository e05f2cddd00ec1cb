"""`evaluate`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from knowledge.cli.common import json_flag, settings_of, show

if TYPE_CHECKING:
    from knowledge.cli.common import Commands


def _evaluate(args: argparse.Namespace) -> int:
    from knowledge.evaluation.measure import evaluate, report
    from knowledge.evaluation.questions import load_questions
    from knowledge.search import SearchEngine

    engine = SearchEngine.open(settings_of(args))
    questions = [q for q in load_questions() if args.split in ("all", q.split)]
    figures = evaluate(engine, questions)
    if args.json:
        show(figures)
    else:
        print(report(figures, misses=args.misses))
    wrong: int = figures["overall"]["wrong_city"]
    return 1 if wrong else 0


def add(commands: Commands) -> None:
    """Add the group's commands."""
    evaluate = commands.add_parser("evaluate", help="measure search on the project's questions")
    evaluate.add_argument("--split", choices=["train", "test", "all"], default="test")
    evaluate.add_argument("--misses", type=int, default=20, help="how many misses to print")
    evaluate.set_defaults(run=_evaluate)
    json_flag(evaluate)
