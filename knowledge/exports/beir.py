"""Imported records as an evaluation corpus in BEIR form: everyday names as queries, records as documents.

A name that several records share, in any script, as an everyday name or as their own, counts for all of
them, as ones that answer the question. The records are reference material and never shown to a resident;
here they only measure a search.
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
        key = (_folded(_name([item])), item.department)
        documents.setdefault(key, []).append(item)
    lines = []
    for group in documents.values():
        texts = dict.fromkeys(
            part
            for item in group
            for part in (item.scene, item.catalogue_name, item.conditions, *item.materials)
            if part
        )
        lines.append({"_id": group[0].code, "title": _name(group), "text": "\n".join(texts)})
    asked = _asked(list(documents.values()))
    queries = [{"_id": f"q{i:05}", "text": name} for i, (name, _) in enumerate(asked, 1)]
    judged = [
        f"{query['_id']}\t{code}\t1"
        for query, (_, codes) in zip(queries, asked, strict=True)
        for code in sorted(codes)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "corpus.jsonl", sorted(lines, key=lambda line: line["_id"]))
    _write(folder / "queries.jsonl", queries)
    (folder / "qrels.tsv").write_text(
        "\n".join(["query-id\tcorpus-id\tscore", *judged]) + "\n", encoding="utf-8"
    )
    return {"documents": len(lines), "queries": len(asked), "judgements": len(judged)}


def _asked(documents: list[list[ImportedItem]]) -> list[tuple[str, set[str]]]:
    """Everyday names that say something else than their document's own, with the documents so called."""
    spelled: dict[str, str] = {}
    called: dict[str, set[str]] = {}
    for group in documents:
        own = _folded(_name(group))
        called.setdefault(own, set()).add(group[0].code)
        for alias in (alias for item in group for alias in item.aliases):
            if (key := _folded(alias)) != own:
                called.setdefault(key, set()).add(group[0].code)
                spelled.setdefault(key, alias)
    return sorted((name, called[key]) for key, name in spelled.items())


def _name(group: list[ImportedItem]) -> str:
    return group[0].matter or group[0].name


def _folded(name: str) -> str:
    return squash(simplify(name))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
