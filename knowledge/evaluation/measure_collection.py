"""Measures search over a collection (BEIR's format): quality, refusals, time, memory.

Queries without a relevant document must not be answered: they give AUROC, false answers, coverage.
"""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.collection import Collection, CollectionResult
from knowledge.evaluation.beir import Beir, run_text
from knowledge.evaluation.metrics import (
    auroc,
    false_at_coverage,
    hit_at,
    mrr_at,
    ndcg_at,
    recall_at,
)
from knowledge.matching import COLUMNS
from knowledge.text import squash, understand

DEPTH = 10
CUTS = (1, 5, 10)
COVERAGE = 0.6
"""Share of answerable queries answered, at which false answers are compared."""
_SHOWN = 3
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """One query and what came of it."""

    id: str
    text: str
    lang: str
    answerable: bool
    result: CollectionResult
    gains: dict[str, float]
    milliseconds: float

    @property
    def ranked(self) -> list[str]:
        """Ids found, best first."""
        return [hit.id for hit in self.result.found]


def language_of(text: str) -> str:
    """zh, yue, en, or another script's main language."""
    for name, pattern in _SCRIPTS:
        if pattern.search(text):
            return name
    asked = understand(text)
    return "yue" if asked.cantonese else asked.lang


def run_queries(
    collection: Collection, beir: Beir, progress: Progress | None = None
) -> list[Asked]:
    """Search every query."""
    rows = []
    for number, (name, text) in enumerate(beir.queries.items(), 1):
        started = time.perf_counter()
        result = collection.search(text, k=DEPTH)
        took = (time.perf_counter() - started) * 1000
        gains = beir.relevant.get(name, {})
        rows.append(
            Asked(name, text, language_of(text), beir.answerable(name), result, gains, took)
        )
        if progress and (number % 200 == 0 or number == len(beir.queries)):
            progress(number, len(beir.queries))
    return rows


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def figures(rows: Sequence[Asked]) -> dict[str, Any]:
    """All figures of some queries; None where there is nothing to measure.

    `recall` is the share of the relevant documents found, `hit` the share of queries with any found.
    AUROC and false answers at 60 % coverage are those of `in_list`, the probability that there is an
    answer; coverage, precision and false answers those of the decision.
    """
    inside = [row for row in rows if row.answerable]
    outside = [row for row in rows if not row.answerable]
    sure_in = [row.result.in_list for row in inside]
    sure_out = [row.result.in_list for row in outside]
    answered = [row for row in inside if row.result.answered]
    return {
        "queries": len(rows),
        "answerable": len(inside),
        "unanswerable": len(outside),
        "ndcg_at_10": _mean([ndcg_at(10, row.ranked, row.gains) for row in inside]),
        **{
            f"recall_at_{k}": _mean([recall_at(k, r.ranked, r.gains) for r in inside]) for k in CUTS
        },
        **{f"hit_at_{k}": _mean([hit_at(k, r.ranked, r.gains) for r in inside]) for k in CUTS},
        "mrr_at_10": _mean([mrr_at(10, row.ranked, row.gains) for row in inside]),
        "auroc": _rounded(auroc(sure_in, sure_out)),
        "coverage": _mean([float(row.result.answered) for row in inside]),
        "precision": _mean([hit_at(1, row.ranked, row.gains) for row in answered]),
        "false_answers": _mean([float(row.result.answered) for row in outside]),
        "false_answers_at_60_coverage": _rounded(false_at_coverage(sure_in, sure_out, COVERAGE)),
    }


def memory_mb() -> float:
    """Most memory this process held so far, MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 1024), 1)


def _why(collection: Collection, row: Asked) -> list[dict[str, Any]]:
    """The first documents found and the best relevant one, with their signals."""
    asked = collection.understand(row.text)
    if not squash(asked.core):
        return []
    scored = collection.scored(asked)
    ids = [collection.documents[int(item)].id for item in scored.found.items]
    ranked = [ids[place] for place in scored.order]
    relevant = {name for name, gain in row.gains.items() if gain > 0}
    wanted = next((i for i, name in enumerate(ranked) if name in relevant), None)
    places = list(range(min(_SHOWN, len(ranked))))
    if wanted is not None and wanted not in places:
        places.append(wanted)
    titles = {document.id: document.title for document in collection.documents}
    return [
        {
            "rank": place + 1,
            "id": ranked[place],
            "title": titles[ranked[place]][:120],
            "relevant": ranked[place] in relevant,
            "score": round(float(scored.scores[scored.order[place]]), 2),
            "signals": {
                name: round(float(value), 2)
                for name, value in zip(COLUMNS, scored.table[scored.order[place]], strict=True)
                if abs(value) >= 0.005
            },
        }
        for place in places
    ]


def misses(collection: Collection, rows: Sequence[Asked], most: int) -> list[dict[str, Any]]:
    """The worst: answered though nothing fits, then wrong with the most confidence."""
    bad = [
        (row.answerable, -row.result.confidence, row)
        for row in rows
        if (row.answerable and not hit_at(1, row.ranked, row.gains))
        or (not row.answerable and row.result.answered)
    ]
    bad.sort(key=lambda entry: entry[:2])
    return [
        {
            "id": row.id,
            "text": row.text[:200],
            "lang": row.lang,
            "kind": "wrong first" if row.answerable else "answered without an answer",
            "expected": [name for name, gain in row.gains.items() if gain > 0][:5],
            "confidence": round(row.result.confidence, 3),
            "answered": row.result.answered,
            "found": _why(collection, row),
        }
        for _, _, row in bad[:most]
    ]


def evaluate_collection(
    collection: Collection,
    beir: Beir,
    *,
    worst: int = 20,
    progress: Progress | None = None,
    run: Path | None = None,
) -> dict[str, Any]:
    """Search and measure everything; the ranking goes to `run` as TREC's run, where that is given."""
    rows = run_queries(collection, beir, progress)
    if run is not None:
        ranked = ((row.id, row.result.found) for row in rows)
        run.write_text(run_text(ranked), encoding="utf-8")
    took = [row.milliseconds for row in rows]
    languages = dict.fromkeys(row.lang for row in rows)
    return {
        "documents": len(beir.documents),
        "overall": figures(rows),
        "by_lang": {lang: figures([r for r in rows if r.lang == lang]) for lang in languages},
        "threshold": round(collection.answer_at, 4),
        "milliseconds": {
            "p50": round(float(np.percentile(took, 50)), 1),
            "p95": round(float(np.percentile(took, 95)), 1),
        },
        "memory_mb": memory_mb(),
        "unknown_documents": list(beir.unknown_documents[:20]),
        "unknown_documents_count": len(beir.unknown_documents),
        "unknown_queries": list(beir.unknown_queries[:20]),
        "unknown_queries_count": len(beir.unknown_queries),
        "misses": misses(collection, rows, worst),
    }


ROWS = (
    ("queries", "queries"), ("  with an answer", "answerable"), ("  without one", "unanswerable"),
    ("nDCG@10", "ndcg_at_10"), ("Recall@1", "recall_at_1"), ("Recall@5", "recall_at_5"),
    ("Recall@10", "recall_at_10"), ("hit@1", "hit_at_1"), ("hit@5", "hit_at_5"),
    ("hit@10", "hit_at_10"), ("MRR@10", "mrr_at_10"), ("AUROC", "auroc"), ("coverage", "coverage"),
    ("right when answered", "precision"), ("false answers", "false_answers"),
    ("false answers at 60 % coverage", "false_answers_at_60_coverage"),
)  # fmt: skip
"""(title, key) of every figure, in order."""


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def report_collection(measured: dict[str, Any]) -> str:
    """The figures as text."""
    groups = {"all": measured["overall"], **measured["by_lang"]}
    width = max(len(title) for title, _ in ROWS)
    lines = [f"{'':{width}}" + "".join(name.rjust(9) for name in groups)]
    for title, key in ROWS:
        cells = "".join(_cell(values[key]).rjust(9) for values in groups.values())
        lines.append(f"{title:{width}}{cells}")
    took = measured["milliseconds"]
    lines += [
        "Recall@k: share of the relevant documents found. hit@k: share of queries with any found.",
        f"Answered from a confidence of {measured['threshold']:.2f}.",
        f"{measured['documents']} documents; query {took['p50']} ms median, {took['p95']} ms p95; "
        f"at most {measured['memory_mb']:.0f} MiB of memory.",
    ]
    for what, of in (("documents", "corpus"), ("queries", "queries")):
        count = measured[f"unknown_{what}_count"]
        if count:
            some = ", ".join(measured[f"unknown_{what}"][:5])
            lines.append(f"{count} {what} of the judgements are not in the {of}: {some}")
    for miss in measured["misses"]:
        first = miss["found"][0]["title"] or miss["found"][0]["id"] if miss["found"] else "-"
        wanted = " ".join(miss["expected"][:3]) or "no answer"
        lines.append(
            f"miss {miss['id']} {miss['text']} → {first} {miss['confidence']:.2f} (wanted {wanted})"
        )
    return "\n".join(lines)
