"""What is kept from one version of a list to the next changes nothing in what is built."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from knowledge.lexical import Lexicon
from knowledge.spelling import count_stretches
from knowledge.term_tables import stretches, whole_tables
from knowledge.wordings import NAME, Wording


def _groups(texts: list[list[str]]) -> list[list[Wording]]:
    return [
        [Wording(f"SG-{i}", NAME, text, text, False) for text in group]
        for i, group in enumerate(texts)
    ]


def test_stretches_of_what_differs_are_counted_anew() -> None:
    """After a change, an addition and a removal; zeros say that a stretch occurs no more."""
    listed = [[f"办理事项{chr(0x4E00 + i)}", f"怎么办{chr(0x4E80 + i)}"] for i in range(40)]
    for _ in range(3):
        counted = {text: n for text, n in stretches(_groups(listed)).items() if n}
        assert counted == count_stretches(text for group in listed for text in group)
        listed = [["改了名字", *listed[0][1:]], *listed[2:], ["新的事项"]]


def _built(listed: list[list[str]], *, kept: bool) -> tuple[Lexicon, Lexicon, bytes]:
    """Both lexicons, and the ids of all wordings."""
    tables = whole_tables(kept=kept)
    for group in _groups(listed):
        tables.add(group)
    (words, moved), (sounds, _) = tables.words.finish(), tables.sounds.finish()
    return words, sounds, tables.ids(moved).tobytes()


def _assert_alike(left: Lexicon, right: Lexicon) -> None:
    assert dict(left.ids) == dict(right.ids)
    assert list(left.ids) == sorted(left.ids)
    for mine, other in zip(left.layers, right.layers, strict=True):
        for name, column in asdict(mine).items():
            assert np.array_equal(column, getattr(other, name)), name
    assert np.array_equal(left.idf, right.idf)
    assert left.average == right.average


def test_numbers_of_terms_that_outlive_a_version_are_not_seen_in_a_lexicon() -> None:
    """Whatever was numbered before and occurs no more; also while several versions are built at once."""
    listed = [[f"办理事项{chr(0x4E00 + i)}", f"how to apply {i}"] for i in range(30)]
    versions = [listed, [["改了名字", "pay the tax"], *listed[2:]], listed[::-1], [["只有这一项"]]]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda version: _built(version, kept=True), versions * 3))
    for version, (words, sounds, ids) in zip(versions * 3, found, strict=True):
        plain_words, plain_sounds, plain_ids = _built(version, kept=False)
        _assert_alike(words, plain_words)
        _assert_alike(sounds, plain_sounds)
        assert ids == plain_ids
