"""What an index takes from the one before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from knowledge.published import _Before, _vectors
from knowledge.wordings import NAME, Wording


class _Cache:
    """Embeds a text as its length and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def documents(self, texts: list[str], _progress: Any = None) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 0.0] for text in texts], np.float32).reshape(-1, 2)


def _group(code: str, *texts: str) -> list[Wording]:
    return [Wording(code, NAME, text, text, english=False) for text in texts]


INDEX: Any = SimpleNamespace(
    codes=("A", "B", "C"),
    first=np.array([0, 2, 3, 5]),
    vectors=np.array([[1, 9], [2, 9], [3, 9], [4, 9], [5, 9]], np.float32),
)


def test_only_what_changed_is_embedded_and_each_row_stays_with_its_wording() -> None:
    """B changed, D is new, and they stand between what is kept."""
    groups = [
        _group("A", "a", "aa"),
        _group("B", "bbb"),
        _group("C", "c", "cc"),
        _group("D", "dddd"),
    ]
    cache: Any = _Cache()
    found = _vectors(groups, cache, None, _Before(INDEX, {"B", "D"}, set()))
    assert cache.asked == ["bbb", "dddd"]
    assert found.tolist() == [[1, 9], [2, 9], [3, 0], [4, 9], [5, 9], [4, 0]]


def test_without_one_before_everything_is_embedded() -> None:
    cache: Any = _Cache()
    found = _vectors([_group("A", "a", "aa")], cache, None, None)
    assert (cache.asked, found.tolist()) == (["a", "aa"], [[1, 0], [2, 0]])
