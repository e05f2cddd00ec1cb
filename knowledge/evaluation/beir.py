"""Reads an evaluation in BEIR's format: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv` (each may be .gz).
Writes a ranking as TREC's run.

Forgiving where nothing is lost (byte-order mark, blank lines, numbers as ids, no header), exact where
something would be: every fault names its file and line.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from core.errors import InvalidInput
from knowledge.collection import Document, Found


@dataclass(frozen=True)
class Beir:
    """One evaluation. Queries without a relevant document must not be answered."""

    documents: tuple[Document, ...]
    queries: dict[str, str]
    relevant: dict[str, dict[str, float]]
    """Query → document → relevance, as given; only queries of `queries`."""
    unknown_documents: tuple[str, ...]
    """Ids of the judgements that are not in the corpus."""
    unknown_queries: tuple[str, ...]

    def answerable(self, query: str) -> bool:
        """Whether any document is relevant."""
        return any(gain > 0 for gain in self.relevant.get(query, {}).values())


def _fault(path: Path, line: int, problem: str) -> InvalidInput:
    return InvalidInput(details={"file": str(path), "line": line, "problem": problem})


def _open(path: Path) -> BinaryIO:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise _fault(path, 0, f"cannot be read ({error.strerror or error})") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number, text) of each line that is not blank."""
    number = 0
    try:
        with _open(path) as file:
            for number, raw in enumerate(file, 1):
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                if text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise _fault(path, number, "is not UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _fault(path, number + 1, f"cannot be read ({error})") from error


def _objects(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(line, id, object) of each row; ids are there and unlike each other."""
    seen: dict[str, int] = {}
    for number, text in _lines(path):
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise _fault(path, number, f"is not JSON ({error})") from error
        name = row.get("_id", row.get("id")) if isinstance(row, dict) else None
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
            raise _fault(path, number, 'needs an "_id"')
        name = str(name).strip()  # as the judgements are read: spaces around an id say nothing
        if name in seen:
            raise _fault(path, number, f'repeats the "_id" of line {seen[name]}: {name}')
        seen[name] = number
        yield number, name, row
    if not seen:
        raise _fault(path, 0, "has no rows")


def _text(path: Path, number: int, row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _fault(path, number, f'"{key}" must be text')
    return value


def load_documents(path: Path) -> list[Document]:
    """The corpus: `_id`, `title`, `text`; either of the texts may be missing."""
    return [
        Document(name, _text(path, number, row, "title"), _text(path, number, row, "text"))
        for number, name, row in _objects(path)
    ]


def load_queries(path: Path) -> dict[str, str]:
    """The queries: `_id`, `text`."""
    queries = {}
    for number, name, row in _objects(path):
        if "text" not in row:
            raise _fault(path, number, 'needs a "text"')
        queries[name] = _text(path, number, row, "text")
    return queries


_SCORE = re.compile(
    r"(qrels?[-_ ]?)?(scores?|relevan(ce|cy|t)|rel|labels?|judge?ments?|gains?|grades?|ratings?|values?)",
    re.IGNORECASE,
)
_NAMES = (
    re.compile(r"(q|query|topic|question)s?([-_ ]?(id|no|num|number))?", re.IGNORECASE),
    re.compile(r"(d|doc|document|corpus|passage)s?([-_ ]?(id|no|num|number))?|pid", re.IGNORECASE),
)
"""Headings of the score, and of the two ids."""
_ITERATION = re.compile(r"[Qq]?\d+")
"""TREC's second column, of no meaning."""


def _heading(ids: list[str], score: str) -> bool:
    """Whether a first row says what the columns are: of its last, or of both ids beside a word."""
    if _SCORE.fullmatch(score):
        return True
    named = all(pattern.fullmatch(cell) for pattern, cell in zip(_NAMES, ids, strict=True))
    return named and score.replace("_", "").isalpha()


def _judgement(path: Path, number: int, text: str, *, first: bool) -> tuple[str, str, float] | None:
    """(query, document, relevance); None for a header. Also takes TREC's four columns."""
    cells = [cell.strip() for cell in text.split("\t")]
    if len(cells) < 3:
        cells = text.split()
    ids = [cells[0], cells[-2]] if len(cells) > 1 else cells
    if first and len(cells) in (3, 4) and _heading(ids, cells[-1]):
        return None
    if len(cells) == 4 and not _ITERATION.fullmatch(cells[1]):
        problem = f"has four columns, and TREC's second is a number, not {cells[1]!r}"
        raise _fault(path, number, f"{problem}: ids with blanks need tabs between the columns")
    if len(cells) not in (3, 4) or not all(ids):
        raise _fault(path, number, "needs three columns: query-id, corpus-id, score")
    try:
        value = float(cells[-1])
    except ValueError as error:
        raise _fault(path, number, f"has no number as its score: {cells[-1]}") from error
    if not math.isfinite(value):
        raise _fault(path, number, f"has no number as its score: {cells[-1]}")
    return ids[0], ids[1], value


def load_relevant(path: Path) -> dict[str, dict[str, float]]:
    """The judgements: `query-id`, `corpus-id`, `score`, apart by tabs, with a header or without."""
    found: dict[str, dict[str, float]] = {}
    first = True
    for number, text in _lines(path):
        row = _judgement(path, number, text, first=first)
        first = False
        if row is not None:
            query, document, value = row
            if found.setdefault(query, {}).setdefault(document, value) != value:
                problem = f"judges {query} and {document} again, with another score"
                raise _fault(path, number, problem)
    return found


def load_beir(corpus: Path, queries: Path, qrels: Path) -> Beir:
    """The three files; raises `InvalidInput` with file, line and problem."""
    documents = load_documents(corpus)
    asked = load_queries(queries)
    relevant = load_relevant(qrels)
    known = {document.id for document in documents}
    judged = dict.fromkeys(name for gains in relevant.values() for name in gains)
    return Beir(
        tuple(documents),
        asked,
        {name: gains for name, gains in relevant.items() if name in asked},
        tuple(name for name in judged if name not in known),
        tuple(name for name in relevant if name not in asked),
    )


def blank_id(beir: Beir) -> str | None:
    """An id with a blank in it, which TREC's run cannot have."""
    names = [*beir.queries, *(document.id for document in beir.documents)]
    return next((name for name in names if len(name.split()) > 1), None)


def run_text(ranked: Iterable[tuple[str, Iterable[Found]]]) -> str:
    """(query, what was found) as TREC's run: query, Q0, document, rank, score, name of the system. Scores
    fall from line to line, as who reads a run sorts by them."""
    lines = []
    for query, found in ranked:
        score = math.inf
        for rank, hit in enumerate(found, 1):
            score = min(hit.score, math.nextafter(score, -math.inf))
            lines.append(f"{query} Q0 {hit.id} {rank} {score!r} shenguan\n")
    return "".join(lines)
