"""`build` and `search`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from knowledge.cli.common import at_least, json_flag, progress, say, settings_of, show, text
from knowledge.cli.failures import open_search

if TYPE_CHECKING:
    from knowledge.cli.common import Commands

_BUILD = """examples:
  python -m knowledge build                      after installing, and after editing the list's files
Only what changed is embedded. A list published at the desk stays in force: the gateway takes over what
nobody edited there, as a new version (see `versions`, `tasks --kind seed_conflict`).
"""
_SEARCH = """examples:
  python -m knowledge search "社保卡丢了怎么办"
  python -m knowledge search "rent withdrawal" --city dongguan --k 3 --json
Searches the published list. Exit code 1: the list has no answer to the question.
"""


def _build(args: argparse.Namespace) -> int:
    from knowledge.catalogue import load_catalogue
    from knowledge.embed import ensure_model, open_embedder
    from knowledge.published import adopt, build_index
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
    embedder = open_embedder(settings)
    version, built = build_index(catalogue, embedder, settings.data_dir, progress)
    say(f"index {version}: {'built' if built else 'already there'}")
    current = adopt(settings.data_dir, version, embedder, progress)
    if current != version:
        say(f"the published list stays: {current}; the gateway takes over what nobody edited")
        version = current
    if args.json:
        show({"model": model, "index": version, "built": built, "items": len(catalogue.items)})
    return 0


def _search(args: argparse.Namespace) -> int:
    engine = open_search(settings_of(args))
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


def _command(commands: Commands, name: str, about: str, epilog: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=about, description=about, epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


def add(commands: Commands) -> None:
    """Add the group's commands."""
    build = _command(commands, "build", "make the model files and the search index", _BUILD)
    build.set_defaults(run=_build)
    search = _command(commands, "search", "find the items for a question", _SEARCH)
    search.add_argument("question", type=text)
    search.add_argument("--lang", choices=["zh", "en"], help="where the words do not tell")
    search.add_argument("--city", choices=["shenzhen", "dongguan"], help="city known beforehand")
    search.add_argument("--k", type=at_least(1), default=5, help="how many results (default 5)")
    search.set_defaults(run=_search)
    json_flag(build, search)
