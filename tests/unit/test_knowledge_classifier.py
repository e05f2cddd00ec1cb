"""The classifier of matters: learned whole, learned again in part, kept in a file."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.classifier import OUTSIDE, Classes, learn

DIM = 24


def _cloud(rng: np.random.Generator, middle: int, rows: int) -> np.ndarray:
    """Unit vectors close together, as embeddings of one model are, with a leaning of their own."""
    base = np.full((rows, DIM), 1.0)
    base[:, middle] += 1.2
    base += rng.normal(0, 0.25, base.shape)
    return (base / np.linalg.norm(base, axis=1, keepdims=True)).astype(np.float32)


def _data(seed: int = 1) -> tuple[np.ndarray, list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = {"a": _cloud(rng, 0, 40), "b": _cloud(rng, 1, 40), "c": _cloud(rng, 2, 15)}
    owners = [name for name, rows in groups.items() for _ in rows]
    return np.vstack(list(groups.values())), owners, _cloud(rng, 5, 60)


def _best(classes: Classes, vector: np.ndarray) -> str:
    shares = classes.log_shares(vector)
    return max(shares, key=lambda name: shares[name])


def test_unseen_vectors_go_to_their_matter_or_outside() -> None:
    vectors, owners, outside = _data()
    classes = learn(vectors, owners, outside)
    rng = np.random.default_rng(7)
    for name, middle in {"a": 0, "b": 1, "c": 2, OUTSIDE: 5}.items():
        found = [_best(classes, one) for one in _cloud(rng, middle, 30)]
        assert found.count(name) >= 28
    shares = classes.log_shares(vectors[0])
    assert sum(np.exp(list(shares.values()))) == pytest.approx(1)


def test_only_what_changed_is_learned_again_and_as_well() -> None:
    vectors, owners, outside = _data()
    before = learn(vectors, owners, outside)
    rng = np.random.default_rng(3)
    more = _cloud(rng, 9, 30)  # "c" is said quite otherwise now
    now = np.vstack([vectors, more])
    after = learn(now, [*owners, *["c"] * 30], outside, before, {"c"})
    assert _best(before, more[0]) != "c"
    assert [_best(after, one) for one in more].count("c") >= 28
    kept = [before.names.index(name) for name in ("a", "b")]
    assert np.array_equal(before.weights[kept], after.weights[kept])


def test_new_and_removed_matters() -> None:
    vectors, owners, outside = _data()
    before = learn(vectors, owners, outside)
    fresh = _cloud(np.random.default_rng(4), 11, 30)
    keep = [at for at, owner in enumerate(owners) if owner != "b"]
    after = learn(
        np.vstack([vectors[keep], fresh]),
        [*[owners[i] for i in keep], *["d"] * 30],
        outside,
        before,
    )
    assert after.names == ("a", "c", "d", OUTSIDE)
    assert [_best(after, one) for one in fresh].count("d") >= 28


def test_without_anchors_nothing_is_outside() -> None:
    vectors, owners, _ = _data()
    none = np.zeros((0, DIM), np.float32)
    classes = learn(vectors, owners, none)
    assert _best(classes, vectors[0]) == "a"
    again = learn(vectors, owners, none, classes, {"a", OUTSIDE})
    assert again.log_shares(vectors[0])[OUTSIDE] < -5


def test_file_round_trip_and_rubbish() -> None:
    vectors, owners, outside = _data()
    classes = learn(vectors, owners, outside)
    again = Classes.from_bytes(classes.to_bytes())
    assert again.names == classes.names
    assert again.log_shares(vectors[3]) == classes.log_shares(vectors[3])
    with pytest.raises(ValueError, match="pickle"):
        Classes.from_bytes(b"not a file of numpy")
