"""Comparisons as residents ask for them: both sides, in one card, and nothing claimed that is not known."""

from __future__ import annotations

import re

import pytest
from knowledge_answering import ask

from core.cards import AnswerCard, CompareCard, NoticeCard, flatten
from core.i18n import Lang
from knowledge.answers import AnswerContext, Responder


def _compared(
    responder: Responder, text: str, lang: Lang = "zh", context: AnswerContext | None = None
) -> CompareCard:
    card = ask(responder, text, lang, context).cards[0]
    assert isinstance(card, CompareCard), flatten(card)
    return card


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("積分入學深圳同東莞邊個易啲", "zh", {"SG-ED-001", "SG-ED-002"}),
        ("在深圳领失业金多还是东莞多", "zh", {"SG-HR-009"}),
        ("东莞补社保卡比深圳便宜吗", "zh", {"SG-HR-004"}),
        ("喺深圳定東莞辦居住證快啲", "zh", {"SG-PS-004"}),
        ("注册个体户还是公司便宜", "zh", {"SG-MS-003", "SG-MS-002"}),
        ("护照和港澳通行证哪个办得快", "zh", {"SG-PS-010", "SG-PS-011"}),
        ("is it cheaper to register a sole trader or a company", "en", {"SG-MS-003", "SG-MS-002"}),
        ("Is it easier to get a residence permit in Shenzhen or Dongguan?", "en", {"SG-PS-004"}),
        ("is unemployment benefit higher in Dongguan than in Shenzhen", "en", {"SG-HR-009"}),
        ("compare buying-a-home fund withdrawal in Shenzhen and Dongguan", "en",
         {"SG-HF-004", "SG-HF-005"}),
    ],
)  # fmt: skip
def test_which_is_the_more_shows_both(
    responder: Responder, text: str, lang: Lang, codes: set[str]
) -> None:
    """Easier, cheaper, faster, more: whatever the words, both sides stand beside each other."""
    card = _compared(responder, text, lang)
    assert {column.code for column in card.columns} == codes
    assert len(card.columns) == 2


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("compare buying-a-home fund withdrawal in Shenzhen and Dongguan", "en"),
        ("深圳和东莞租房提取有什么区别", "zh"),
        ("深圳和东莞居住证有什么区别", "zh"),
    ],
)
def test_the_count_is_the_rows_marked(responder: Responder, text: str, lang: Lang) -> None:
    """ "6 differences" over six rows that differ; every other row is named as well, once."""
    card = _compared(responder, text, lang)
    marked = [row.label for row in card.rows if row.differs]
    counted = re.search(r"\d+", card.headline)
    assert counted is not None
    assert int(counted.group()) == len(marked)
    for row in card.rows:
        assert row.label in card.headline


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_city_s_own_rule_is_said(responder: Responder, lang: Lang) -> None:
    """Two matters of one city each: where one files here and where there, under one short name."""
    text = {
        "zh": "深圳和东莞买房提取公积金有什么区别",
        "en": "compare home purchase withdrawal in both cities",
    }
    card = _compared(responder, text[lang], lang)
    rules = (card.jurisdiction or "").splitlines()
    assert len(rules) == 2
    for column, rule in zip(card.columns, rules, strict=True):
        item = responder.catalogue.items[column.code]
        assert rule.startswith(column.title)
        assert item.jurisdiction.text.in_(lang) in rule
    assert " / " not in card.title.replace(" / down-payment", "")
    cities = {"zh": ("深圳", "东莞"), "en": ("Shenzhen", "Dongguan")}[lang]
    assert [card.title.count(city) for city in cities] == [1, 1]


def test_one_matter_of_both_cities_has_one_rule(responder: Responder) -> None:
    """What holds in both cities is said once."""
    card = _compared(responder, "社保卡补办两市一样吗")
    item = responder.catalogue.items["SG-HR-004"]
    assert card.jurisdiction == item.jurisdiction.text.zh


def test_what_the_list_does_not_know_is_not_called_the_same(responder: Responder) -> None:
    """Another city's guide, or a figure to be confirmed, in both columns is no proof that the cities agree."""
    card = _compared(responder, "社保卡补办两市一样吗")
    same = [line for line in card.headline.splitlines() if line.startswith("相同：")]
    assert all("办理时限" not in line for line in same)
    assert "尚待确认" in card.headline
    known = _compared(responder, "结婚登记深圳和东莞有什么区别")
    assert "相同：办理时限、费用" in known.headline


def test_what_is_not_told_is_said_first(responder: Responder) -> None:
    """The list has no amounts: it says so before the table; a time or a fee is told of both sides."""
    more = _compared(responder, "在深圳领失业金多还是东莞多")
    assert more.headline.startswith("清单里没有找到对这一点的直接回答")
    cheaper = _compared(responder, "is it cheaper to register a sole trader or a company", "en")
    assert cheaper.headline.startswith("Fee: Sole-trader registration: ")
    assert cheaper.rows[0].facet == "fee"
    faster = _compared(responder, "护照和港澳通行证哪个办得快")
    assert faster.headline.startswith("办理时限：")
    assert faster.rows[0].facet == "time"


def test_a_comparison_of_what_was_answered_last(responder: Responder) -> None:
    """ "Compare them" after an answer that told both cities' rules."""
    first = ask(responder, "points-based school admission", "en")
    card = _compared(responder, "compare them", "en", first.context)
    assert {column.code for column in card.columns} == {"SG-ED-001", "SG-ED-002"}
    assert "Points-based school admission: Shenzhen and Dongguan" in card.title


def test_two_matters_are_compared_within_their_cities(responder: Responder) -> None:
    """Renting and buying, each a matter of its own in either city: no Shenzhen rule against a Dongguan one."""
    both = _compared(responder, "租房提取和购房提取有什么不同")
    assert [column.title for column in both.columns] == ["租房提取", "购房提取"]
    assert {column.city for column in both.columns} == {"both"}
    one = _compared(responder, "东莞租房提取和购房提取有什么不同")
    assert [column.code for column in one.columns] == ["SG-HF-003", "SG-HF-005"]


def test_a_matter_of_one_city_says_so(responder: Responder) -> None:
    """Dongguan has no plate quota to compare with: that is said, then Shenzhen's rules."""
    notice, card = ask(responder, "深圳和东莞小汽车摇号哪个容易").cards
    assert isinstance(notice, NoticeCard)
    assert "东莞不办理" in notice.title
    assert isinstance(card, AnswerCard)
    assert card.code == "SG-TR-003"


@pytest.mark.parametrize(
    "text",
    [
        "比亚迪还是小鹏好",
        "提前还十万房贷，缩短年限好还是减月供好？",
        "松山湖那边荷花开了，人比花多",
    ],
)
def test_what_is_not_ours_is_not_compared(responder: Responder, text: str) -> None:
    """Two things that the list does not have stay out of it."""
    assert not isinstance(ask(responder, text).cards[0], CompareCard)
