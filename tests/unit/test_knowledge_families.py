"""What is asked too generally: `knowledge.families`, and matters kept by another place."""

from __future__ import annotations

import pytest

from knowledge.catalogue import load_catalogue
from knowledge.families import FAMILIES, family_of
from knowledge.text import understand


@pytest.mark.parametrize(
    "words",
    [
        "公积金怎么取出来",
        "公积金提取要什么材料",
        "想把公积金提出来用",
        "how do I withdraw my housing fund",
        "can I take money out of the housing fund",
    ],
)
def test_no_purpose_is_guessed(words: str) -> None:
    """Renting, buying, repaying and leaving have each their own rules."""
    assert family_of(words) is not None


@pytest.mark.parametrize(
    "words",
    [
        "租房怎么提公积金",
        "我东莞那份公积金，交租能取出来吗",
        "买房提取公积金",
        "离职了公积金怎么取",
        "公积金提取进度",
        "公积金怎么转",
        "withdraw the housing fund for rent",
        "公积金余额查询",
    ],
)
def test_a_purpose_that_is_named_is_not_asked_for(words: str) -> None:
    """Who says what for is answered."""
    assert family_of(words) is None


def test_every_item_of_a_family_is_in_the_list() -> None:
    """A code that left the list would make the question shorter unnoticed."""
    for family in FAMILIES:
        assert {*family.codes, *family.others} <= set(load_catalogue().items)


@pytest.mark.parametrize(
    "words",
    [
        "湖南居住证怎么办",
        "湖北社保卡丢了怎么补",
        "四川的低保怎么申请",
        "香港失业金怎么领",
        "maternity allowance in Shanghai",
        "replace a Hubei social security card",
    ],
)
def test_what_another_place_keeps_is_not_ours(words: str) -> None:
    """The card of Hubei is replaced in Hubei."""
    assert understand(words).kept_elsewhere


@pytest.mark.parametrize(
    "words",
    [
        "湖南户口怎么办居住证",
        "我是湖南的，社保卡丢了",
        "湖南身份证丢了怎么补",
        "深圳居住证怎么办",
        "从湖南社保转到深圳",
        "I am from Hunan, how do I get a residence permit",
        "transfer my Hunan pension to Shenzhen",
    ],
)
def test_where_somebody_comes_from_takes_nothing_away(words: str) -> None:
    """Most residents come from elsewhere."""
    assert not understand(words).kept_elsewhere
