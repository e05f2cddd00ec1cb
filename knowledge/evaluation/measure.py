"""Measures search on questions: who is found first, what is answered wrongly, which city.

Pure figures over `SearchEngine.search`; decides nothing and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from knowledge.evaluation.metrics import auroc, false_at_coverage
from knowledge.evaluation.questions import OUT_OF_LIST, Question
from knowledge.rank import SIGNALS
from knowledge.search import Ranked, SearchEngine, SearchResult

Row = tuple[Question, SearchResult]
_DEPTH = 10
_SHOWN = 3
COVERAGE = 0.6
"""Share of answerable questions answered, at which false answers are compared."""


def _rank(row: Row) -> int | None:
    """Place of the first right result, from 1."""
    question, result = row
    for place, hit in enumerate(result.results, 1):
        if hit.code in question.codes:
            return place
    return None


def wrong_city(engine: SearchEngine, row: Row) -> bool:
    """Whether any result is one the asked city does not handle, or the answer is for another city."""
    question, result = row
    for hit in result.results:
        if hit.city is not None and not engine.catalogue.handles(hit.code, hit.city):
            return True
        if question.city is not None and not engine.catalogue.handles(hit.code, question.city):
            return bool(hit is result.results[0]) and result.decision == "answer"
    if question.kind == "wrong_city":
        return result.decision == "answer" and bool(result.results)
    if question.city is None or result.decision != "answer":
        return False
    return result.results[0].city not in (None, question.city)


def figures(engine: SearchEngine, rows: Sequence[Row]) -> dict[str, Any]:
    """All figures of some rows; shares are 0..1 and None where there is nothing to measure."""
    inside = [row for row in rows if row[0].answerable]
    outside = [row for row in rows if not row[0].answerable]
    ranks = [_rank(row) for row in inside]
    answered = [row for row in inside if row[1].decision == "answer"]

    def share(part: int, whole: int) -> float | None:
        return round(part / whole, 4) if whole else None

    right = sum(_rank(row) == 1 for row in answered)
    area = auroc(
        [row[1].confidence for row in inside if row[0].kind != "vague"],
        [row[1].confidence for row in outside],
    )
    return {
        "questions": len(rows),
        "r_at_1": share(sum(rank == 1 for rank in ranks), len(ranks)),
        "r_at_5": share(sum(rank is not None and rank <= 5 for rank in ranks), len(ranks)),
        "mrr": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4) if ranks else None,
        "coverage": share(len(answered), len(inside)),
        "clarified": share(sum(row[1].decision == "clarify" for row in inside), len(inside)),
        "precision": share(right, len(answered)),
        "out_of_list": len(outside),
        "false_answers": share(sum(row[1].decision == "answer" for row in outside), len(outside)),
        "auroc": None if area is None else round(area, 4),
        "wrong_city": sum(wrong_city(engine, row) for row in rows),
    }


def _robbed(engine: SearchEngine, question: Question, ranked: Ranked) -> Ranked:
    """The ranking of a question as if its items (and their sisters) were not in the list."""
    right = {*question.codes, *(engine.catalogue.sister(code) for code in question.codes)}
    kept = [place for place, code in enumerate(ranked.codes) if code not in right]
    rows = sorted(ranked.order[place] for place in kept)
    number = {row: i for i, row in enumerate(rows)}
    found = replace(ranked.found, items=ranked.found.items[rows], table=ranked.found.table[rows])
    return Ranked(
        tuple(ranked.codes[place] for place in kept),
        tuple(ranked.scores[place] for place in kept),
        found,
        tuple(number[ranked.order[place]] for place in kept),
    )


def item_missing(engine: SearchEngine, questions: Sequence[Question]) -> dict[str, Any]:
    """How well a question whose item is in the list is told from the same question robbed of it: the
    hardest kind of "not in the list". Judged by the probability that the matter is there."""
    known, unknown = [], []
    for question in questions:
        if not question.answerable or question.kind in ("vague", "multi"):
            continue
        asked = engine.understand(question.text)
        ranked = engine.ranked(asked)
        known.append(engine.judge(ranked, asked)[1])
        unknown.append(engine.judge(_robbed(engine, question, ranked), asked)[1])
    area, false = auroc(known, unknown), false_at_coverage(known, unknown, COVERAGE)
    return {
        "questions": len(known),
        "auroc": None if area is None else round(area, 4),
        "false_answers_at_60_coverage": None if false is None else round(false, 4),
    }


def _by(engine: SearchEngine, rows: Sequence[Row], key: Callable[[Row], str]) -> dict[str, Any]:
    names = dict.fromkeys(key(row) for row in rows)
    return {name: figures(engine, [row for row in rows if key(row) == name]) for name in names}


def _why(engine: SearchEngine, result: SearchResult) -> list[dict[str, Any]]:
    """The first results with the signals of the whole question, where it brought them."""
    if not result.results:
        return []
    ranked = engine.ranked(result.asked)
    rows = dict(zip(ranked.codes, ranked.order, strict=True))
    return [
        {
            "code": hit.code,
            "score": round(hit.score, 3),
            "signals": {
                name: round(float(value), 2)
                for name, value in zip(SIGNALS, ranked.found.table[rows[hit.code]], strict=True)
                if abs(value) >= 0.005
            }
            if hit.code in rows
            else {},
        }
        for hit in result.results[:_SHOWN]
    ]


def _miss(engine: SearchEngine, row: Row) -> dict[str, Any] | None:
    """What went wrong, if anything."""
    question, result = row
    if question.answerable:
        bad = _rank(row) != 1 or result.decision == "abstain"
    else:
        bad = result.decision == "answer"
    if not bad:
        return None
    return {
        "id": question.id,
        "kind": question.kind,
        "lang": question.lang,
        "text": question.text,
        "expected": question.codes,
        "decision": result.decision,
        "confidence": round(result.confidence, 3),
        "found": [hit.code for hit in result.results[:_SHOWN]],
        "why": _why(engine, result),
    }


def evaluate(engine: SearchEngine, questions: Sequence[Question]) -> dict[str, Any]:
    """Search every question and measure: overall, by language, by kind, misses, milliseconds."""
    rows: list[Row] = []
    took: list[float] = []
    for question in questions:
        started = time.perf_counter()
        result = engine.search(question.text, k=_DEPTH)
        took.append((time.perf_counter() - started) * 1000)
        rows.append((question, result))
    single = [row for row in rows if row[0].kind not in ("vague", *OUT_OF_LIST)]
    return {
        "list_version": engine.list_version,
        "overall": figures(engine, rows),
        "in_list": figures(engine, single),
        "by_lang": _by(engine, rows, lambda row: row[0].lang),
        "by_kind": _by(engine, rows, lambda row: row[0].kind),
        "item_missing": item_missing(engine, questions),
        "milliseconds": {
            "p50": round(float(np.percentile(took, 50)), 1) if took else None,
            "p95": round(float(np.percentile(took, 95)), 1) if took else None,
        },
        "misses": [miss for row in rows if (miss := _miss(engine, row))],
    }


_COLUMNS = (
    ("n", "questions"), ("R@1", "r_at_1"), ("R@5", "r_at_5"), ("MRR", "mrr"),
    ("coverage", "coverage"), ("precision", "precision"), ("clarify", "clarified"),
    ("false", "false_answers"), ("AUROC", "auroc"), ("wrong city", "wrong_city"),
)  # fmt: skip


def _line(name: str, values: dict[str, Any]) -> str:
    cells = []
    for title, key in _COLUMNS:
        value = values[key]
        shown = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        cells.append(shown.rjust(max(len(title), 6)))
    return f"{name:14}" + "  ".join(cells)


def report(measured: dict[str, Any], *, misses: int = 20) -> str:
    """The figures as a table, with the first misses."""
    head = f"{'':14}" + "  ".join(title.rjust(max(len(title), 6)) for title, _ in _COLUMNS)
    lines = [head, _line("overall", measured["overall"]), _line("in the list", measured["in_list"])]
    for part in ("by_lang", "by_kind"):
        lines += [_line(f"  {name}", values) for name, values in measured[part].items()]
    took = measured["milliseconds"]
    gone = measured["item_missing"]
    lines.append(
        f"item missing ({gone['questions']} questions): AUROC {gone['auroc']}, "
        f"false answers at 60 % coverage {gone['false_answers_at_60_coverage']}"
    )
    lines.append(f"query: {took['p50']} ms median, {took['p95']} ms p95")
    for miss in measured["misses"][:misses]:
        wanted = " ".join(miss["expected"][:3]) or "no answer"
        lines.append(
            f"miss {miss['id']} {miss['kind']}: {miss['text']} → {miss['decision']} "
            f"{miss['confidence']:.2f} {' '.join(miss['found'])} (wanted {wanted})"
        )
    return "\n".join(lines)
