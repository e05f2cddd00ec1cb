"""`build` and `search`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from knowledge.cli.common import json_flag, progress, say, settings_of, show

if TYPE_CHECKING:
    from knowledge.cli.common import Commands


def _build(args: argparse.Namespace) -> int:
    from knowledge.catalogue import load_catalogue
    from knowledge.embed import ensure_model, open_embedder
    from knowledge.published import build_index, point_to
    from knowledge.validate import check

    settings = settings_of(args)
    catalogue = load_catalogue()
    errors = [finding for finding in check(catalogue) if finding.level == "error"]
    if errors:
        for finding in errors:
            say(str(finding))
        return 1
    model = "hub"
    if settings.embedding_backend == "bundled":
        folder, built = ensure_model(settings.data_dir)
        model = folder.name
        say(f"model {model}: {'built' if built else 'already there'}")
    version, built = build_index(catalogue, open_embedder(settings), settings.data_dir, progress)
    point_to(settings.data_dir, version)
    say(f"index {version}: {'built' if built else 'already there'}")
    if args.json:
        show({"model": model, "index": version, "built": built, "items": len(catalogue.items)})
    return 0


def _search(args: argparse.Namespace) -> int:
    from knowledge.search import SearchEngine

    engine = SearchEngine.open(settings_of(args))
    result = engine.search(args.question, lang=args.lang, city=args.city, k=args.k)
    if args.json:
        show(result.as_dict())
    else:
        about = [result.decision, f"confidence {result.confidence:.2f}", result.lang]
        about += [part for part in (result.city, result.facet) if part]
        print(" · ".join(about))
        for hit in result.results:
            print(f"{hit.score:6.3f}  {hit.code}  {hit.name.zh} / {hit.name.en}")
        for hit in result.elsewhere[:2]:
            print(f"        {hit.code}  {hit.name.zh} (not handled in {hit.city})")
    return 0 if result.decision != "abstain" else 1


def add(commands: Commands) -> None:
    """Add the group's commands."""
    build = commands.add_parser("build", help="make the model files and the search index")
    build.set_defaults(run=_build)
    search = commands.add_parser("search", help="find the items for a question")
    search.add_argument("question")
    search.add_argument("--lang", choices=["zh", "en"], help="where the words do not tell")
    search.add_argument("--city", choices=["shenzhen", "dongguan"], help="city known beforehand")
    search.add_argument("--k", type=int, default=5, help="how many results (default 5)")
    search.set_defaults(run=_search)
    json_flag(build, search)
