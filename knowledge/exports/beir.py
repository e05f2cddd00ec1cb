"""Imported records as an evaluation corpus in BEIR form: everyday names as queries, records as documents.

An everyday name that several records share counts for all of them, as one that answers the question. The
records are reference material and never shown to a resident; here they only measure a search.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from knowledge.imports.items import ImportedItem
from knowledge.text import simplify, squash


def write_beir(items: Iterable[ImportedItem], folder: Path) -> dict[str, int]:
    """Write `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`; returns `{documents, queries, judgements}`.

    A document is a matter of a department: scenes of the same one are together. Raises OSError.
    """
    documents: dict[tuple[str, str], list[ImportedItem]] = {}
    for item in items:
        name = item.matter or item.name
        documents.setdefault((squash(simplify(name)), item.department), []).append(item)
    relevant: dict[str, set[str]] = {}
    lines = []
    for group in documents.values():
        first = group[0]
        texts = dict.fromkeys(
            part
            for item in group
            for part in (item.scene, item.catalogue_name, item.conditions, *item.materials)
            if part
        )
        name = first.matter or first.name
        lines.append({"_id": first.code, "title": name, "text": "\n".join(texts)})
        for alias in dict.fromkeys(alias for item in group for alias in item.aliases):
            if squash(simplify(alias)) != squash(simplify(name)):
                relevant.setdefault(alias, set()).add(first.code)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "corpus.jsonl", sorted(lines, key=lambda line: line["_id"]))
    asked = {alias: f"q{number:05}" for number, alias in enumerate(sorted(relevant), 1)}
    _write(folder / "queries.jsonl", [{"_id": asked[a], "text": a} for a in sorted(asked)])
    judged = [
        f"{asked[alias]}\t{code}\t1" for alias in sorted(asked) for code in sorted(relevant[alias])
    ]
    (folder / "qrels.tsv").write_text(
        "\n".join(["query-id\tcorpus-id\tscore", *judged]) + "\n", encoding="utf-8"
    )
    return {"documents": len(lines), "queries": len(asked), "judgements": len(judged)}


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
