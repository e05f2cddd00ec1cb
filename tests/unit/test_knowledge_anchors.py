"""Names of matters outside the list, by their words."""

from __future__ import annotations

from collections import Counter

import pytest

from knowledge.anchors import Anchors
from knowledge.lexical import LexiconBuilder
from knowledge.terms import terms


def _lexicon(*texts: str):
    builder = LexiconBuilder()
    for text in texts:
        counted = Counter(terms(text))
        builder.add(counted.keys(), counted.values())
    return builder.finish()[0]


LEXICON = _lexicon("残疾人两项补贴", "残疾补贴怎么领", "护照换发")
ANCHORS = Anchors.of(("残疾人证办理", "办残疾证", "驾校"), LEXICON)


def test_a_name_said_is_found_whole() -> None:
    dice, share = ANCHORS.compared(terms("我爸想办残疾证"), LEXICON)
    assert share == pytest.approx(1.0)
    assert 0.5 < dice < 1.0


def test_the_same_words_are_the_same() -> None:
    assert ANCHORS.compared(terms("办残疾证"), LEXICON) == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_question_about_the_list_shares_little() -> None:
    dice, share = ANCHORS.compared(terms("护照换发"), LEXICON)
    assert max(dice, share) < 0.3


def test_a_name_of_few_terms_is_never_said_whole() -> None:
    """「税」 is in every question about taxes: only its likeness counts."""
    dice, share = Anchors.of(("税",), LEXICON).compared(terms("税"), LEXICON)
    assert (dice, share) == (pytest.approx(1.0), 0.0)


def test_without_names_nothing_is_outside() -> None:
    assert Anchors.of((), LEXICON).compared(terms("护照"), LEXICON) == (0.0, 0.0)
