"""The rules of what follows a card: whether it goes on, and whether it asks for anything of the list."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from knowledge.continuing import RULES, SIGNALS, load_rules
from knowledge.evaluation.talks import later_turns, load_talks


def test_the_rules_fit_their_signals() -> None:
    """The reviewed file has a weight for each, and beliefs are probabilities."""
    rules = load_rules()
    for rule in (rules.same, rules.outside):
        assert rule.direction.size == 384
        for row in (
            np.zeros(len(SIGNALS)),
            np.full(len(SIGNALS), 1e6),
            np.full(len(SIGNALS), -1e6),
        ):
            for vector in (np.zeros(384, np.float32), None):
                assert 0.0 < rule.belief(row, vector) < 1.0
    assert 0.0 < rules.ask_at < rules.same_at < 1.0
    assert 0.0 < rules.outside_at < 1.0


@pytest.mark.parametrize("name", ["same", "outside"])
def test_another_model_is_judged_without_its_embedding(name: str) -> None:
    """A direction is of one model only; what it says of another's vectors is noise."""
    rule = getattr(load_rules(), name)
    row = np.zeros(len(SIGNALS))
    beliefs = {rule.belief(row, vector) for vector in (rule.direction, -rule.direction, None)}
    assert len(beliefs) == 3


def test_rules_of_other_signals_are_refused(tmp_path: Path) -> None:
    """A file that lacks a weight is not silently taken as nought."""
    data = json.loads(RULES.read_bytes())
    del data["outside"]["learned"][SIGNALS[0]]
    path = tmp_path / "continuing.json"
    path.write_text(json.dumps(data))
    with pytest.raises(KeyError):
        load_rules(path)


def test_the_talks_are_in_two_parts_that_share_nothing() -> None:
    """A sentence that teaches is not measured; every later turn knows the matter before."""
    talks = load_talks()
    said = {
        split: {t.text for k in talks if k.split == split for t in k.turns}
        for split in ("train", "test")
    }
    assert not said["train"] & said["test"]
    assert len(said["test"]) > 200
    turns = list(later_turns(talks))
    assert all(before.startswith("SG-") for _, before, _ in turns)
    assert {turn.kind for _, _, turn in turns} == {"same", "new", "outside", "social"}
