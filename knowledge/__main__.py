"""`python -m knowledge`: build the model and index, search, validate, evaluate, export the list.

Exit codes: 0 done; 1 the answer is "no" (broken list, nothing found, evaluation below its floor);
2 wrong usage; 3 set-up is missing (run `build`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.errors import AppError
from core.settings import Settings, get_settings

_EPILOG = """examples:
  python -m knowledge build                      once after installing, and after editing the list
  python -m knowledge search "社保卡丢了怎么办"
  python -m knowledge search "rent withdrawal" --city dongguan --k 3 --json
  python -m knowledge validate                   rules every record must keep
  python -m knowledge evaluate --split test      quality on the project's own questions
  python -m knowledge export --format json > list.json

exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 run `python -m knowledge build` first
"""


def _say(line: str, *, end: str = "\n") -> None:
    print(line, end=end, file=sys.stderr, flush=True)


def _show(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


def _settings(args: argparse.Namespace) -> Settings:
    settings = get_settings()
    if args.data_dir is None:
        return settings
    return settings.model_copy(update={"data_dir": Path(args.data_dir)})


def _progress(done: int, total: int) -> None:
    _say(f"\rembedding {done}/{total}", end="\n" if done == total else "")


def _build(args: argparse.Namespace) -> int:
    from knowledge.catalogue import load_catalogue
    from knowledge.embed import ensure_model, open_embedder
    from knowledge.published import build_index, point_to
    from knowledge.validate import check

    settings = _settings(args)
    catalogue = load_catalogue()
    errors = [finding for finding in check(catalogue) if finding.level == "error"]
    if errors:
        for finding in errors:
            _say(str(finding))
        return 1
    model = "hub"
    if settings.embedding_backend == "bundled":
        folder, built = ensure_model(settings.data_dir)
        model = folder.name
        _say(f"model {model}: {'built' if built else 'already there'}")
    version, built = build_index(catalogue, open_embedder(settings), settings.data_dir, _progress)
    point_to(settings.data_dir, version)
    _say(f"index {version}: {'built' if built else 'already there'}")
    if args.json:
        _show({"model": model, "index": version, "built": built, "items": len(catalogue.items)})
    return 0


def _search(args: argparse.Namespace) -> int:
    from knowledge.search import SearchEngine

    engine = SearchEngine.open(_settings(args))
    result = engine.search(args.question, lang=args.lang, city=args.city, k=args.k)
    if args.json:
        _show(result.as_dict())
    else:
        about = [result.decision, f"confidence {result.confidence:.2f}", result.lang]
        about += [part for part in (result.city, result.facet) if part]
        print(" · ".join(about))
        for hit in result.results:
            print(f"{hit.score:6.3f}  {hit.code}  {hit.name.zh} / {hit.name.en}")
        for hit in result.elsewhere[:2]:
            print(f"        {hit.code}  {hit.name.zh} (not handled in {hit.city})")
    return 0 if result.decision != "abstain" else 1


def _validate(args: argparse.Namespace) -> int:
    from knowledge.catalogue import BrokenList, load_catalogue
    from knowledge.validate import Finding, check

    folder = {"folder": Path(args.folder)} if args.folder else {}
    try:
        catalogue = load_catalogue(**folder)
        found = check(catalogue)
        count = len(catalogue.items)
    except BrokenList as error:
        files: dict[str, list[str]] = error.details["files"]
        found = [Finding("error", name, p) for name, lines in files.items() for p in lines]
        count = 0
    errors = sum(finding.level == "error" for finding in found)
    if args.json:
        findings = [finding.as_dict() for finding in found]
        _show({"items": count, "errors": errors, "findings": findings})
    else:
        for finding in found:
            print(finding)
        print(f"{count} items, {errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0


def _evaluate(args: argparse.Namespace) -> int:
    from knowledge.evaluation.measure import evaluate, report
    from knowledge.evaluation.questions import load_questions
    from knowledge.search import SearchEngine

    engine = SearchEngine.open(_settings(args))
    questions = [q for q in load_questions() if args.split in ("all", q.split)]
    figures = evaluate(engine, questions)
    if args.json:
        _show(figures)
    else:
        print(report(figures, misses=args.misses))
    wrong: int = figures["overall"]["wrong_city"]
    return 1 if wrong else 0


def _export(_args: argparse.Namespace) -> int:
    import datetime as dt

    from core.clock import CITY_TZ
    from knowledge.catalogue import load_catalogue
    from knowledge.present import service_json

    catalogue = load_catalogue()
    today = dt.datetime.now(CITY_TZ).date()
    items = [service_json(item, catalogue, today=today) for item in catalogue.items.values()]
    _show({"list_version": catalogue.version, "date": today.isoformat(), "items": items})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m knowledge",
        description="The Shen-Guan service list: build, search, validate, evaluate, export.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-dir", help="folder of all state (default: SG_DATA_DIR or var)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    build = commands.add_parser("build", help="make the model files and the search index")
    build.set_defaults(run=_build)
    search = commands.add_parser("search", help="find the items for a question")
    search.add_argument("question")
    search.add_argument("--lang", choices=["zh", "en"], help="where the words do not tell")
    search.add_argument("--city", choices=["shenzhen", "dongguan"], help="city known beforehand")
    search.add_argument("--k", type=int, default=5, help="how many results (default 5)")
    search.set_defaults(run=_search)
    validate = commands.add_parser("validate", help="check every record; fails on errors")
    validate.add_argument("--folder", help="another list than the one in the source tree")
    validate.set_defaults(run=_validate)
    evaluate = commands.add_parser("evaluate", help="measure search on the project's questions")
    evaluate.add_argument("--split", choices=["train", "test", "all"], default="test")
    evaluate.add_argument("--misses", type=int, default=20, help="how many misses to print")
    evaluate.set_defaults(run=_evaluate)
    export = commands.add_parser("export", help="write the list to standard output")
    export.add_argument("--format", choices=["json"], default="json")
    export.set_defaults(run=_export)
    for command in (build, search, validate, evaluate):
        command.add_argument("--json", action="store_true", help="machine-readable output")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.run(args)
    except AppError as error:
        _say(error.message("en"))
        for name, lines in error.details.get("files", {}).items():
            _say("\n".join(f"  {name}: {line}" for line in lines))
        return 3 if error.status == 503 else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
