"""The rule that says whether a message goes on from the last card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from knowledge.continuing import RULE, SIGNALS, load_rule
from knowledge.evaluation.talks import later_turns, load_talks


def test_the_rule_fits_its_signals() -> None:
    """The reviewed file has a weight for each, and beliefs are probabilities."""
    rule = load_rule()
    dim = rule.direction.size
    assert dim == 384
    for row in (np.zeros(len(SIGNALS)), np.full(len(SIGNALS), 1e6), np.full(len(SIGNALS), -1e6)):
        for embedder in (rule.embedder, "another model"):
            assert 0.0 < rule.belief(row, np.zeros(dim, np.float32), embedder) < 1.0
    assert 0.0 < rule.ask_at < rule.same_at < 1.0


def test_another_model_is_judged_without_its_embedding() -> None:
    """A direction is of one model only; what it says of another's vectors is noise, whatever their size."""
    rule = load_rule()
    row = np.zeros(len(SIGNALS))
    own = {rule.belief(row, v, rule.embedder) for v in (rule.direction, -rule.direction)}
    others = {rule.belief(row, np.ones(n, np.float32), "another model") for n in (8, 1024)}
    assert len(own) == 2
    assert len(others) == 1


def test_a_rule_of_other_signals_is_refused(tmp_path: Path) -> None:
    """A file that lacks a weight is not silently taken as nought."""
    data = json.loads(RULE.read_bytes())
    del data["learned"][SIGNALS[0]]
    path = tmp_path / "continuing.json"
    path.write_text(json.dumps(data))
    with pytest.raises(KeyError):
        load_rule(path)


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
