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
        ("compare them", True, ()),
        ("这两个有什么区别", True, ()),
        ("what's the difference between them", True, ()),
        ("積分入學深圳同東莞邊個易啲", True, ("积分入学",)),
        ("在深圳领失业金多还是东莞多", True, ("领失业金",)),
        ("東莞補社保卡會唔會平啲過深圳", True, ("补社保卡",)),
        ("喺深圳定東莞辦居住證快啲", True, ("居住证",)),
        ("边个城市积分入户容易啲", True, ("积分入户",)),
        ("邊度攞失業金多啲", True, ("领取失业金",)),
        ("which of the two cities is stricter", True, ()),
        ("Do I get more unemployment benefit in Shenzhen or in Dongguan?", True,
         ("unemployment benefit",)),
        ("is it cheaper to register a sole trader or a company", False,
         ("register a sole trader", "register a company")),
        ("注册个体户还是公司便宜", False, ("注册个体户", "注册公司")),
        ("办护照快还是办港澳通行证快", False, ("办护照", "办港澳通行证")),
        ("居住證同居住登記有咩分別", False, ("居住证", "居住登记")),
        ("居住登记和居住证有什么不同", False, ("居住登记", "居住证")),
        ("居住证 vs 居住登记", False, ("居住证", "居住登记")),
        (
            "what is the difference between a residence registration and a residence permit",
            False,
            ("a residence registration", "a residence permit"),
        ),
    ],
)  # fmt: skip
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
        "先办居住证还是先办社保卡好",
        "办居住证要多久，深圳和东莞都要多少钱",
        "公积金租房提取去深圳还是东莞办",
        "哪里办护照快",
        "do I need one or more copies",
        "can I stay longer than 30 days",
        "is it better to transfer or wait",
        "我公积金余额深圳多还是东莞多",
        "",
    ],
)
def test_what_compares_nothing_is_left_alone(text: str) -> None:
    """Circumstances in two cities are no comparison, nor is a question for the nearest counter."""
    assert compared(understand(text)) is None
    assert not compares(text)


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("深圳和东莞办居住证哪个快", "time"),
        ("is it cheaper to register a sole trader or a company", "fee"),
        ("補社保卡深圳同東莞邊個平啲", "fee"),
        ("積分入學深圳同東莞邊個易啲", "eligibility"),
        ("在深圳领失业金多还是东莞多", "overview"),
        ("深圳社保卡和东莞社保卡哪个好", None),
    ],
)
def test_what_it_is_ranked_by(text: str, by: str | None) -> None:
    """Faster asks for the time, cheaper for the fee: that row comes first."""
    found = compared(understand(text))
    assert found is not None
    assert found.ranks
    assert found.by == by


def test_what_only_differs_is_not_ranked() -> None:
    """ "What is the difference" asks for no winner."""
    found = compared(understand("深圳和东莞租房提取有什么区别"))
    assert found is not None
    assert not found.ranks
