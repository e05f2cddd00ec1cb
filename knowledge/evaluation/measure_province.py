"""Measures search over the province's records, beside plain baselines on the same documents.

Everything is reported for the `test` half, from which nothing was learned, and for all names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.collection import Collection, CollectionResult, Document
from knowledge.embed.port import Embedder
from knowledge.evaluation.far import far_questions
from knowledge.evaluation.metrics import auroc, false_at_coverage
from knowledge.evaluation.province import VARIANTS, Named, Province, varied
from knowledge.evaluation.train_collection import missing_folds
from knowledge.evaluation.vectors import QueryVectors
from knowledge.lexical import build_lexicon
from knowledge.matching import Profile
from knowledge.terms import terms

Scores = npt.NDArray[np.float64]
Search = Callable[[str], Sequence[str]]
_DEPTH = 10
_SETS = {"everyday names": "daily", "single names": "parts", "short names": "short"}
COVERAGE = 0.6


def _share(values: Sequence[bool]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _success(search: Search, names: Sequence[Named]) -> dict[str, Any]:
    """success@1 and @5 over the test half and over all."""
    ranks = []
    for name in names:
        found = search(name.text)
        place = next((i for i, d in enumerate(found) if d in name.documents), _DEPTH)
        ranks.append((name.half, place))
    out: dict[str, Any] = {}
    for half in ("test", "all"):
        own = [place for side, place in ranks if half in ("all", side)]
        out[half] = {
            "names": len(own),
            "success_at_1": _share([place == 0 for place in own]),
            "success_at_5": _share([place < 5 for place in own]),
        }
    return out


def _standard(values: Scores) -> Scores:
    out: Scores = (values - values.mean()) / (float(values.std()) or 1.0)
    return out


def _baselines(province: Province, embedder: Embedder) -> dict[str, Search]:
    """BM25, embeddings, and the sum of both standardised, over the names of the records alone: no
    query language, no normalising of dialect, no learning."""
    titles = [document.title for document in province.documents]
    lexicon = build_lexicon([terms(title) for title in titles])
    vectors = embedder.encode_documents(titles)

    def words(text: str) -> Scores:
        return np.asarray(lexicon.score(terms(text))[0], np.float64)

    def near(text: str) -> Scores:
        out: Scores = np.einsum("ij,j->i", vectors, embedder.encode_query(text)).astype(np.float64)
        return out

    def both(text: str) -> Scores:
        return _standard(words(text)) + _standard(near(text))

    def search(score: Callable[[str], Scores]) -> Search:
        return lambda text: [
            titles[i] for i in np.argsort(-score(text), kind="stable")[:_DEPTH].tolist()
        ]

    return {"BM25": search(words), "e5": search(near), "plain hybrid": search(both)}


def _refusals(
    known: Sequence[CollectionResult], unknown: Sequence[CollectionResult]
) -> dict[str, Any]:
    inside, outside = [r.in_list for r in known], [r.in_list for r in unknown]
    area = auroc(inside, outside)
    false = false_at_coverage(inside, outside, COVERAGE)
    return {
        "questions": len(unknown),
        "auroc": None if area is None else round(area, 4),
        "false_answers": _share([result.answered for result in unknown]),
        "coverage": _share([result.answered for result in known]),
        "false_answers_at_60_coverage": None if false is None else round(false, 4),
    }


def measure_province(
    province: Province, embedder: Embedder, vectors: QueryVectors, profile: Profile
) -> dict[str, Any]:
    """All figures of the province's records."""

    def build(documents: Sequence[Document]) -> Collection:
        return Collection.build(documents, embedder, profile, embed=vectors.encode_documents)

    def learned(collection: Collection, texts: Sequence[str]) -> None:
        vectors.learn([collection.understand(text).core for text in texts])

    def results(collection: Collection, texts: Sequence[str]) -> list[CollectionResult]:
        learned(collection, texts)
        return [
            collection.search(text, vector=vectors.encode_query(collection.understand(text).core))
            for text in texts
        ]

    whole = build(province.documents)

    def found(text: str) -> list[str]:
        vector = vectors.encode_query(whole.understand(text).core)
        return [hit.id for hit in whole.search(text, k=_DEPTH, vector=vector).found]

    sets: dict[str, Sequence[Named]] = {
        title: getattr(province, field) for title, field in _SETS.items()
    }
    for names in sets.values():
        learned(whole, [name.text for name in names])
        vectors.learn([name.text for name in names])
    quality = {title: {"search": _success(found, names)} for title, names in sets.items()}
    for baseline, search in _baselines(province, vectors).items():
        for title, names in sets.items():
            quality[title][baseline] = _success(search, names)
    variants = {}
    for variant in VARIANTS:
        changed = varied(province.daily, variant)
        learned(whole, [name.text for name in changed])
        variants[variant] = _success(found, changed)
    far = results(whole, far_questions("test"))
    tested = {
        title: [name for name in names if name.half == "test"] for title, names in sets.items()
    }
    robbed: dict[str, CollectionResult] = {}
    every = [name for names in tested.values() for name in names]
    for left, asked in missing_folds(province.documents, every):
        found_there = results(build(left), [name.text for name in asked])
        robbed |= zip((name.id for name in asked), found_there, strict=True)
    refusals: dict[str, Any] = {}
    for title, names in tested.items():
        known = results(whole, [name.text for name in names])
        refusals[title] = {
            "record missing": _refusals(known, [robbed[name.id] for name in names]),
            "far off": _refusals(known, far),
        }
    return {
        "documents": len(province.documents),
        "threshold": profile.answer_at,
        "quality": quality,
        "variants": variants,
        "refusals": refusals,
        "milliseconds": _times(whole, embedder, [name.text for name in province.daily]),
    }


def _times(collection: Collection, embedder: Embedder, texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds a query, embedding included."""
    took = []
    for text in texts[:200]:
        started = time.perf_counter()
        collection.search(text, vector=embedder.encode_query(collection.understand(text).core))
        took.append((time.perf_counter() - started) * 1000)
    return {
        "p50": round(float(np.percentile(took, 50)), 1),
        "p95": round(float(np.percentile(took, 95)), 1),
    }


Table = tuple[str, list[str], list[tuple[str, list[Any]]]]


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """(title, heads, rows) of the figures, for any way of showing them."""
    halves = ("test", "all")
    head = ["", *(f"{half} success@{k}" for half in halves for k in (1, 5))]

    def row(name: str, found: Mapping[str, Any]) -> tuple[str, list[Any]]:
        return name, [found[half][f"success_at_{k}"] for half in halves for k in (1, 5)]

    out: list[Table] = []
    for title, engines in measured["quality"].items():
        count = engines["search"]["test"]["names"], engines["search"]["all"]["names"]
        caption = f"{title} → {measured['documents']} records ({count[0]} test, {count[1]} all)"
        out.append((caption, head, [row(name, found) for name, found in engines.items()]))
    out.append(
        (
            "everyday names, changed",
            head,
            [row(name, found) for name, found in measured["variants"].items()],
        )
    )
    columns = (
        ("questions", "questions"), ("AUROC", "auroc"), ("false answers", "false_answers"),
        ("coverage", "coverage"), ("false at 60 % coverage", "false_answers_at_60_coverage"),
    )  # fmt: skip
    out.append(
        (
            "refusals (test half)",
            ["", *(name for name, _ in columns)],
            [
                (f"{kind}: {title}", [found[key] for _, key in columns])
                for title, kinds in measured["refusals"].items()
                for kind, found in kinds.items()
            ],
        )
    )
    return out


def report_province(measured: Mapping[str, Any]) -> str:
    """The figures as text."""
    lines = []
    for title, head, rows in tables(measured):
        lines.append(f"\n{title}")
        width = max(len(row[0]) for row in rows)
        lines.append(" " * width + "".join(name.rjust(len(name) + 2) for name in head[1:]))
        for name, values in rows:
            cells = (
                (
                    "-"
                    if value is None
                    else f"{value:.3f}"
                    if isinstance(value, float)
                    else str(value)
                )
                for value in values
            )
            widths = (len(name) + 2 for name in head[1:])
            row = "".join(cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
            lines.append(f"{name:{width}}{row}")
    took = measured["milliseconds"]
    lines.append(f"\nquery: {took['p50']} ms median, {took['p95']} ms p95")
    return "\n".join(lines).lstrip("\n")
