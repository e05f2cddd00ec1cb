"""The evaluation as one HTML page: figures, by language and kind, worst misses and why.

Self-contained: no script, no request; made to be read on a phone and by a screen reader.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from knowledge.evaluation.measure_collection import ROWS

_STYLE = """
:root{color-scheme:light dark;--line:#8886;--soft:#8881;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bad:#ff9d94}}
body{font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:0 auto;padding:1rem;
max-width:64rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;min-width:100%}
caption{text-align:start;padding:.3rem 0}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:end;white-space:nowrap}
th[scope=row],th:first-child{text-align:start}thead th{background:var(--soft)}
article{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem;margin:.8rem 0}
article h3{font-size:1rem;margin:.2rem 0}article ol{padding-inline-start:1.4rem;margin:.3rem 0}
.wrong{color:var(--bad)}.note,.signals{font-size:.9rem}.signals{overflow-wrap:anywhere}
"""
_OWN_COLUMNS = (
    ("n", "questions"), ("R@1", "r_at_1"), ("R@5", "r_at_5"), ("MRR", "mrr"),
    ("answered", "coverage"), ("right when answered", "precision"), ("asked back", "clarified"),
    ("false answers", "false_answers"), ("AUROC", "auroc"), ("wrong city", "wrong_city"),
)  # fmt: skip


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))


def _table(caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[Any]]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{_cell(value)}</td>" for value in values)
        + "</tr>"
        for name, values in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _signals(values: Mapping[str, float]) -> str:
    said = ", ".join(f"{escape(name)} {value:g}" for name, value in values.items())
    return f'<div class="signals">{said}</div>' if said else ""


def _miss(miss: Mapping[str, Any]) -> str:
    wanted = ", ".join(map(str, miss["expected"][:5])) or "no answer"
    found = "".join(
        "<li{number}>{mark} {title} <small>({id}{score})</small>{why}</li>".format(
            number=f' value="{hit["rank"]}"',
            mark="✓" if hit["relevant"] else "✗",
            title=escape(hit["title"] or hit["id"]),
            id=escape(str(hit["id"])),
            score=f", score {hit['score']:g}" if hit.get("score") is not None else "",
            why=_signals(hit.get("signals", {})),
        )
        for hit in miss["found"]
    )
    return (
        f'<article><h3 lang="{escape(miss["lang"])}">{escape(miss["text"])}</h3>'
        f'<p class="note"><span class="wrong">{escape(miss["kind"])}</span> · '
        f"{escape(str(miss['id']))} · confidence {miss['confidence']:.2f} · wanted: "
        f"{escape(wanted)}</p><ol>{found}</ol></article>"
    )


def _page(title: str, notes: Sequence[str], parts: Sequence[str], worst: Sequence[str]) -> str:
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    missed = "".join(worst) or "<p>None.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{said}{''.join(parts)}"
        f"<h2>Worst misses</h2>{missed}</main></body></html>\n"
    )


def collection_page(measured: Mapping[str, Any], on: dt.date) -> str:
    """The page of `evaluate_collection`."""
    groups = {"all": measured["overall"], **measured["by_lang"]}
    took = measured["milliseconds"]
    rows = [(title.strip(), [group[key] for group in groups.values()]) for title, key in ROWS]
    notes = [
        f"{on.isoformat()} · {measured['documents']} documents · query {took['p50']} ms median, "
        f"{took['p95']} ms p95 · {measured['memory_mb']:.0f} MiB of memory.",
        "Recall@k is the share of the relevant documents found; hit@k the share of queries with any "
        f"found. Answered from a confidence of {measured['threshold']:.2f}.",
    ]
    for what in ("documents", "queries"):
        if measured[f"unknown_{what}_count"]:
            notes.append(
                f"{measured[f'unknown_{what}_count']} {what} of the judgements are unknown."
            )
    table = _table("All queries and by language", ["figure", *groups], rows)
    worst = [_miss(miss) for miss in measured["misses"]]
    return _page("Search over a collection", notes, [table], worst)


def list_page(
    measured: Mapping[str, Any], names: Mapping[str, str], on: dt.date, province: Any = None
) -> str:
    """The page of the project's own questions; `names` are the items' names by code, `province` the
    figures of `measure_province` if they were measured."""
    took = measured["milliseconds"]
    groups = {"overall": measured["overall"], "in the list": measured["in_list"]}

    def lines(part: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
        return [(name, [row[key] for _, key in _OWN_COLUMNS]) for name, row in part.items()]

    head = ["questions", *(title for title, _ in _OWN_COLUMNS)]
    parts = [
        _table(caption, head, lines(part))
        for caption, part in (
            ("All", groups), ("By language", measured["by_lang"]), ("By kind", measured["by_kind"]),
        )
    ]  # fmt: skip
    if province:
        parts.append(f"<h2>The province's records</h2>{_province(province)}")
    worst = []
    for miss in measured["misses"]:
        found = [
            {
                "rank": place,
                "id": hit["code"],
                "title": names.get(hit["code"], ""),
                "relevant": hit["code"] in miss["expected"],
                "score": hit["score"],
                "signals": hit.get("signals", {}),
            }
            for place, hit in enumerate(miss["why"], 1)
        ]
        wanted = [f"{names.get(code, '')} ({code})" for code in miss["expected"]]
        kind = f"{miss['kind']}, {miss['decision']}"
        worst.append(_miss({**miss, "found": found, "expected": wanted, "kind": kind}))
    gone = measured["item_missing"]
    notes = [
        f"{on.isoformat()} · list {measured['list_version']} · query {took['p50']} ms median, "
        f"{took['p95']} ms p95.",
        f"The same questions robbed of their item ({gone['questions']}): AUROC "
        f"{_cell(gone['auroc'])}, false answers at 60 % coverage "
        f"{_cell(gone['false_answers_at_60_coverage'])}.",
    ]
    return _page("Search of the service list", notes, parts, worst)


def _province(measured: Mapping[str, Any]) -> str:
    from knowledge.evaluation.measure_province import tables  # only with those figures

    return "".join(_table(title, head, rows) for title, head, rows in tables(measured))


def write_page(path: Path, page: str) -> None:
    """Write the page, whole or not at all; raises `OSError`."""
    path = path.resolve()
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
