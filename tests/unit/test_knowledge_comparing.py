"""Whether a question compares, and what with what."""

from __future__ import annotations

import pytest

from knowledge.comparing import compared, compares
from knowledge.text import understand


@pytest.mark.parametrize(
    ("text", "cities", "things"),
    [
        ("深圳和东莞租房提取有什么区别", True, ("租房提取",)),
        ("租房提取深圳和东莞哪个多", True, ("租房提取",)),
        ("深圳租房提取和东莞租房提取哪个划算", True, ("租房提取",)),
        ("社保卡补办两市一样吗", True, ("社保卡补办",)),
        ("哪个城市办居住证更快", True, ("办居住证",)),
        ("which city gives more for rent withdrawal", True, ("rent withdrawal",)),
        ("深圳和东莞有什么区别", True, ()),
        ("哪边比较快", True, ()),
        ("Compare the two", True, ()),
        ("居住登记和居住证有什么不同", False, ("居住登记", "居住证")),
        ("居住证 vs 居住登记", False, ("居住证", "居住登记")),
        (
            "what is the difference between a residence registration and a residence permit",
            False,
            ("a residence registration", "a residence permit"),
        ),
    ],
)
def test_cities_and_matters_are_told_apart(
    text: str, cities: bool, things: tuple[str, ...]
) -> None:
    """The matter once, however often it is named; two matters in the order of the words."""
    found = compared(understand(text))
    assert found is not None
    assert (found.cities, found.things) == (cities, things)
    assert compares(text) == bool(things)


@pytest.mark.parametrize(
    "text",
    [
        "结婚登记要带什么",
        "我在东莞交公积金，想在深圳买房，有什么不同",
        "哪个窗口比较近",
        "社保卡丢了怎么补办",
        "how much does it cost",
        "",
    ],
)
def test_what_compares_nothing_is_left_alone(text: str) -> None:
    """Circumstances in two cities are no comparison, nor is a question for the nearest counter."""
    assert compared(understand(text)) is None
    assert not compares(text)
