"""Where one matter ends and the next begins; which wordings of an item are searched."""

from __future__ import annotations

import pytest

from knowledge.catalogue import load_catalogue
from knowledge.matters import split_matters
from knowledge.wordings import QUESTION, wordings


@pytest.mark.parametrize(("said", "parts"), [
    ("想办居住证，还有公积金怎么提取", ["想办居住证", "公积金怎么提取"]),
    ("居住证怎么申请？另外社保卡去哪里办", ["居住证怎么申请", "社保卡去哪里办"]),
    ("居住证和社保卡怎么申请", ["居住证怎么申请", "社保卡怎么申请"]),
    ("怎么办理居住证和社保卡", ["怎么办理居住证", "怎么办理社保卡"]),
    ("居住证、社保卡和驾照丢了怎么补办", ["居住证丢了怎么补办", "社保卡丢了怎么补办", "驾照丢了怎么补办"]),
    ("提取公积金和转移社保要什么材料", ["提取公积金要什么材料", "转移社保要什么材料"]),
    ("how do I renew my residence permit and get a social security card",
     ["how do I renew my residence permit", "how do I get a social security card"]),
    ("I want to apply for a passport and a Hong Kong permit",
     ["I want to apply for a passport", "I want to apply for a Hong Kong permit"]),
    ("how do i move my fund? and also where is the kiosk near me",
     ["how do i move my fund", "where is the kiosk near me"]),
])  # fmt: skip
def test_each_part_is_a_question_of_its_own(said: str, parts: list[str]) -> None:
    """In order, with the words around a list that hold for all of it."""
    assert split_matters(said) == parts


@pytest.mark.parametrize("said", [
    "我在东莞交公积金，想在深圳买房，怎么提取", "深圳和东莞的居住证有什么区别",
    "老婆和我说好分开了，离婚手续咋走",
    "跟邻居吵架漏水纠纷找谁调解", "公积金提取，还要什么材料", "I lost my job and want to sign on as jobless",
    "Shenzhen and Dongguan residence permits", "补办社保卡", "", "和", "、、", "and",
])  # fmt: skip
def test_one_matter_stays_whole(said: str) -> None:
    """A circumstance, a comparison, a person: nothing to part."""
    assert split_matters(said) == [said]


def test_what_residents_ask_about_an_item_is_searched() -> None:
    """The questions of an item's guide are wordings of it."""
    items = [item for item in load_catalogue().items.values() if item.faqs]
    assert items
    for item in items[:5]:
        raw = {w.raw for w in wordings(item) if w.kind == QUESTION}
        every = {w.raw for w in wordings(item)}
        assert {item.faqs[0].question.zh, item.faqs[0].question.en} <= raw | every
