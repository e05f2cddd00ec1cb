"""What may be kept as the text of a draft: any JSON object that is not out of all proportion. Pure.

Half-written work is kept whatever it says; only what no record can be, and what could not be shown,
compared and given up again, is refused before it is written.
"""

from __future__ import annotations

from typing import Any

import orjson

from knowledge.editing.errors import UnfitBody
from knowledge.editing.model import Body

DEPTH_MAX = 12
"""A record has six levels."""
PARTS_MAX = 20_000
"""The largest record has some four thousand."""


def problem_of(body: Body) -> str | None:
    """Why `body` cannot be kept; None where it can."""
    parts, depth = 0, 0
    level: list[Any] = [body]
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            return f"nested more than {DEPTH_MAX} deep"
        inner: list[Any] = []
        for value in level:
            inner += value.values() if isinstance(value, dict) else value
        parts += len(inner)
        if parts > PARTS_MAX:
            return f"more than {PARTS_MAX} parts"
        level = [value for value in inner if isinstance(value, dict | list)]
    try:
        orjson.dumps(body)
    except TypeError as error:
        return f"no JSON: {error}"
    return None


def fit(body: Body | None) -> None:
    """Raises `UnfitBody` for what cannot be kept."""
    problem = None if body is None else problem_of(body)
    if problem is not None:
        raise UnfitBody(details={"fields": [{"field": "body", "problem": problem}]})


def readable(body: Body | None) -> Body | None:
    """A stored text as it can be shown: one that was kept before this was refused is shown as empty, so
    that it can be written anew or given up."""
    return {} if body is not None and problem_of(body) is not None else body
