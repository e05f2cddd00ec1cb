"""Where one matter ends and the next begins; which wordings of an item are searched."""

from __future__ import annotations

import pytest

from knowledge.catalogue import load_catalogue
from knowledge.matters import split_matters
from knowledge.text import understand
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


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1.公积金提取 2.社保转移 3.小孩转学", ["公积金提取", "社保转移", "小孩转学"]),
        ("①结婚②护照③社保卡", ["结婚", "护照", "社保卡"]),
        ("一、办居住证 二、孩子上学", ["办居住证", "孩子上学"]),
        ("1) lost social security card 2) passport expired", ["lost social security card", "passport expired"]),
        ("marriage registration; passport; residence permit",
         ["marriage registration", "passport", "residence permit"]),
        ("我要补结婚证还要补驾驶证还要补社保卡", ["我要补结婚证", "补驾驶证", "补社保卡"]),
    ],
)  # fmt: skip
def test_what_people_number_or_list_is_parted(text: str, parts: list[str]) -> None:
    """Numbered lists are what people type."""
    assert split_matters(understand(text).text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "3个月没交社保 2岁孩子",
        "2.0L的车过户",
        "身份证1张 户口本2本",
        "12345打不通",
        "1月份的社保怎么补",
    ],
)
def test_numbers_that_count_things_are_no_list(text: str) -> None:
    """A number before a unit numbers nothing."""
    assert len(split_matters(understand(text).text)) == 1
