"""`evaluate`."""

from __future__ import annotations

import argparse
import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput, NotFound
from knowledge.cli.common import at_least, json_flag, say, settings_of, show
from knowledge.cli.failures import open_search, refuse_unused, wrong_usage

if TYPE_CHECKING:
    from knowledge.cli.common import Commands
    from knowledge.evaluation.beir import Beir

_HELP = """\
Without files: the project's own questions over the published list.
With --corpus, --queries and --qrels: your own list and questions, in BEIR's format, any language:

  corpus.jsonl   {"_id": "1", "title": "...", "text": "..."}     (either text may be missing)
  queries.jsonl  {"_id": "a", "text": "..."}
  qrels.tsv      query-id <tab> corpus-id <tab> score            (with or without a header)

Each may be gzipped. Queries without a line in qrels must not be answered: they give AUROC, false
answers and coverage. Embeddings are kept in the data folder; a second run is quick.
"""


class _Progress:
    """A line that counts up and says how long it still takes."""

    def __init__(self, what: str) -> None:
        self._what, self._started, self._said = what, time.monotonic(), 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._said < 0.5:
            return
        self._said = now
        speed = done / max(now - self._started, 1e-6)
        left = (total - done) / max(speed, 1e-6)
        wait = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
        say(
            f"\r{self._what} {done}/{total}, {speed:.0f}/s, {wait} left   ",
            end="\n" if done == total else "",
        )


def _own(args: argparse.Namespace) -> int:
    from knowledge.evaluation.measure import report
    from knowledge.evaluation.measure_facts import report_facts
    from knowledge.evaluation.measure_faqs import report_faqs
    from knowledge.evaluation.measure_talks import report_talks

    figures = _measured_own(args, None)
    if args.json:
        show(figures)
    else:
        print(report(figures, misses=args.misses))
        print(report_faqs(figures["faqs"]))
        print(report_talks(figures["talks"]))
        print(report_facts(figures["facts"]))
        print(report_facts(figures["tellings"], "tellings"))
        print(report_facts(figures["situations"], "situations"))
    wrong: int = figures["overall"]["wrong_city"]
    return 1 if wrong else 0


def _measured_own(args: argparse.Namespace, province: dict[str, Any] | None) -> dict[str, Any]:
    """The figures of the project's questions, and the page if one is asked for."""
    from knowledge.answers import Responder
    from knowledge.evaluation.measure import evaluate
    from knowledge.evaluation.measure_facts import (
        SITUATIONS,
        TELLINGS,
        load_fact_questions,
        measure_facts,
    )
    from knowledge.evaluation.measure_faqs import load_faq_questions, measure_faqs
    from knowledge.evaluation.measure_talks import measure_talks
    from knowledge.evaluation.page import list_page, write_page
    from knowledge.evaluation.questions import load_questions
    from knowledge.evaluation.talks import load_talks

    engine = open_search(settings_of(args))
    split = args.split or "test"
    questions = [q for q in load_questions() if split in ("all", q.split)]
    figures = evaluate(engine, questions)
    figures["faqs"] = measure_faqs(engine, load_faq_questions())
    talks = [talk for talk in load_talks() if talk.split == "test"]  # the others taught
    today = dt.datetime.now(dt.UTC).date()
    responder = Responder(engine)
    figures["talks"] = measure_talks(responder, talks, today)
    figures["facts"] = measure_facts(responder, load_fact_questions(), today)
    figures["tellings"] = measure_facts(responder, load_fact_questions(TELLINGS), today)
    figures["situations"] = measure_facts(responder, load_fact_questions(SITUATIONS), today)
    if args.report:
        names = {code: item.name.zh for code, item in engine.catalogue.items.items()}
        write_page(args.report, list_page(figures, names, today, province))
        say(f"report: {args.report}")
    return figures


def _measured_province(args: argparse.Namespace) -> dict[str, Any]:
    from knowledge.embed import open_embedder
    from knowledge.evaluation.measure_province import measure_province
    from knowledge.evaluation.province import load_province
    from knowledge.evaluation.vectors import QueryVectors
    from knowledge.matching import load_profile

    settings = settings_of(args)
    embedder = open_embedder(settings)
    vectors = QueryVectors(settings.data_dir / "cache" / "evaluation", embedder)
    return measure_province(load_province(), embedder, vectors, load_profile())


def _province(args: argparse.Namespace) -> int:
    from knowledge.evaluation.measure_province import report_province

    try:
        figures = _measured_province(args)
    except NotFound as error:
        file = error.details["file"]
        raise NotFound("no_province", details=error.details, file=file) from error
    if args.report:
        _measured_own(args, figures)
    if args.json:
        show(figures)
    else:
        print(report_province(figures))
    return 0


def _cut(beir: Beir) -> list[str]:
    """Which texts are not searched to their end."""
    from knowledge.collection import MAX_QUERY, MAX_TEXT

    documents = [document.id for document in beir.documents if len(document.text) > MAX_TEXT]
    queries = [name for name, words in beir.queries.items() if len(words) > MAX_QUERY]
    return [
        f"searched by the first {most:,} characters only: {len(found)} {what} "
        f"({', '.join(found[:5])}{', …' if len(found) > 5 else ''})"
        for found, what, most in (
            (documents, "documents", MAX_TEXT),
            (queries, "queries", MAX_QUERY),
        )
        if found
    ]


def _collection(args: argparse.Namespace, beir: Beir) -> int:
    from knowledge.collection import Collection
    from knowledge.embed import open_embedder
    from knowledge.embed.cache import VectorCache
    from knowledge.evaluation.beir import blank_id
    from knowledge.evaluation.measure_collection import evaluate_collection, report_collection
    from knowledge.evaluation.page import collection_page, write_page
    from knowledge.matching import load_profile

    if args.ranking and (name := blank_id(beir)) is not None:
        raise wrong_usage(f"--run: a TREC run cannot have blanks in its ids: {name!r}")
    settings = settings_of(args)
    embedder = open_embedder(settings)
    cache = VectorCache(settings.data_dir / "cache" / "collections", embedder)
    say(f"{len(beir.documents)} documents, {len(beir.queries)} queries")
    for line in _cut(beir):
        say(line)
    collection = Collection.build(
        beir.documents,
        embedder,
        load_profile(),
        embed=lambda texts: cache.documents(texts, _Progress("embedding")),
    )
    figures = evaluate_collection(
        collection,
        beir,
        worst=args.misses,
        progress=_Progress("searching"),
        run=args.ranking,
    )
    if args.report:
        write_page(args.report, collection_page(figures, dt.datetime.now(dt.UTC).date()))
        say(f"report: {args.report}")
    if args.json:
        show(figures)
    else:
        print(report_collection(figures))
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    files = (args.corpus, args.queries, args.qrels)
    if args.province:
        refuse_unused(
            args, "with --province", corpus=args.corpus, queries=args.queries, qrels=args.qrels,
            split=args.split if not args.report else None, run=args.ranking,
        )  # fmt: skip
        return _province(args)
    if not any(files):
        refuse_unused(args, "without --corpus", run=args.ranking)
        return _own(args)
    if not all(files):
        raise wrong_usage("evaluate needs --corpus, --queries and --qrels together")
    refuse_unused(args, "with --corpus", split=args.split)
    from knowledge.evaluation.beir import load_beir

    try:
        beir = load_beir(*files)
    except InvalidInput as error:
        line = f", line {error.details['line']}" if error.details["line"] else ""
        raise wrong_usage(f"{error.details['file']}{line}: {error.details['problem']}") from error
    try:
        return _collection(args, beir)
    except KeyboardInterrupt:
        say("\nstopped; what was embedded is kept for the next run")
        return 130


def add(commands: Commands) -> None:
    """Add the group's commands."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure search on the project's questions, or on yours",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evaluate.add_argument("--split", choices=["train", "test", "all"],
                          help="which of the project's questions (default: test)")  # fmt: skip
    evaluate.add_argument("--misses", type=at_least(0), default=20, help="how many misses to show")
    evaluate.add_argument("--corpus", type=Path, help="documents, JSON Lines")
    evaluate.add_argument("--queries", type=Path, help="queries, JSON Lines")
    evaluate.add_argument("--qrels", type=Path, help="which documents answer which query, TSV")
    evaluate.add_argument("--report", type=Path, metavar="FILE.html", help="write a page as well")
    evaluate.add_argument(
        "--run", dest="ranking", type=Path, metavar="FILE",
        help="write what was found for each query as a TREC run, for trec_eval and the like",
    )  # fmt: skip
    evaluate.add_argument(
        "--province",
        action="store_true",
        help="the province's records beside plain baselines; with --report on the page as well",
    )
    evaluate.set_defaults(run=_evaluate)
    json_flag(evaluate)
