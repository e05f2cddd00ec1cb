"""The thresholds that training chooses: they move only where it is worth it."""

from __future__ import annotations

import math

import numpy as np

from knowledge.evaluation.train import Judged, choose_thresholds

ONE = np.array([1.0])


def _case(sure: float, right: bool) -> Judged:
    """A question of which the rule believes `sure`."""
    return Judged(np.array([math.log(sure / (1 - sure))]), right, right)


def _chosen(judged: list[Judged], before: tuple[float, float]) -> tuple[float, float]:
    return choose_thresholds(judged, [1.0] * len(judged), ONE, ONE, before)


def test_thresholds_stay_where_the_worth_is_flat() -> None:
    """Nothing lies between .4 and .9: every threshold there is as good as the one before."""
    judged = [_case(0.95, True)] * 50 + [_case(0.05, False)] * 50
    assert _chosen(judged, (0.62, 0.30)) == (0.62, 0.30)
    assert _chosen(judged, (0.81, 0.50)) == (0.81, 0.50)


def test_thresholds_move_just_past_what_is_answered_wrongly() -> None:
    """Wrong ones at .655 are not answered any more; no further than that, as nothing lies above."""
    judged = [_case(0.95, True)] * 50 + [_case(0.655, False)] * 20
    answer_at, _ = _chosen(judged, (0.60, 0.40))
    assert answer_at == 0.66
