"""Documents named in a question: which are asked about, and what the list says of them."""

from __future__ import annotations

import pytest

from core.cards import Material
from core.i18n import Lang
from knowledge.asked_for import asked_for, matter_words
from knowledge.named_documents import agent_papers, named_documents, told_of
from knowledge.text import understand


@pytest.mark.parametrize(
    ("words", "lang", "said", "bring"),
    [
        ("领结婚证要带户口本吗", "zh", "户口本", True),
        ("补身份证需要户口簿吗", "zh", "户口簿", True),
        ("办居住证还要不要交租房合同", "zh", "租房合同", True),
        ("上户口父母的结婚证要带吗", "zh", "结婚证", True),
        ("没有房产证可以提公积金吗", "zh", "房产证", False),
        ("离职证明没带能办失业登记吗", "zh", "离职证明", False),
        ("办护照要几张照片，户口本复印件行吗", "zh", "户口本", False),
        ("do i need my passport to register a company", "en", "passport", True),
        ("is a birth certificate required for the id card", "en", "birth certificate", True),
        ("can i apply without my household register", "en", "household register", False),
    ],
)
def test_asked_about(words: str, lang: Lang, said: str, bring: bool) -> None:
    assert (said, bring) in [(one.said, one.bring) for one in named_documents(words, lang)]


@pytest.mark.parametrize(
    ("words", "lang"),
    [
        ("我要办居住证", "zh"),
        ("身份证丢了怎么补", "zh"),
        ("社保卡多久能拿到", "zh"),
        ("结婚证在哪里领", "zh"),
        ("how do i renew my passport", "en"),
        ("my residence permit expired", "en"),
    ],
)
def test_the_matter_itself_is_not_asked_for_as_a_document(words: str, lang: Lang) -> None:
    assert named_documents(words, lang) == ()


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("办居住证要单身证明吗", "办居住证"),
        ("换法人要交哪些东西", "换法人"),
        ("没有房产证可以提公积金吗", "可以提公积金吗"),
        ("社保卡断了换一张多少钱", "社保卡断了换一张"),
        ("二手房过户要交哪些税", "二手房过户要交哪些税"),
        ("居住证过期了怎么办", "居住证过期了"),
        ("bought a flat, what documents do i need", "bought a flat"),
    ],
)
def test_words_of_the_matter(question: str, left: str) -> None:
    asked = understand(question)
    assert matter_words(asked.core, asked.lang) == left


REGISTER = Material(id="household_register", name="户口簿", need="exempt", note="2025年5月起不用交")
ID_CARD = Material(id="id_card", name="居民身份证", need="required", copies=1)
AGENT = Material(id="agent_id_card", name="代办人身份证", need="conditional", note="委托他人代办时")
LISTED = [REGISTER, ID_CARD, AGENT]


def _told(words: str) -> str:
    return told_of(asked_for(words, "zh").documents, LISTED, "结婚登记", "zh")


def test_what_the_list_says() -> None:
    assert _told("领证要带户口本吗") == "户口簿：不用交（2025年5月起不用交）"
    assert _told("要带身份证吗").startswith("居民身份证：要带（原件 1 份、复印件 1 份）")
    assert "代办人" not in _told("要带身份证吗")


def test_what_the_list_does_not_name_is_said_so_only_where_bringing_was_asked() -> None:
    assert "没有单身证明" in _told("领证要带单身证明吗")
    assert _told("没有单身证明能领证吗") == ""
    assert told_of(asked_for("要带单身证明吗", "zh").documents, [], "结婚登记", "zh") == ""


def test_papers_of_who_acts_for_another() -> None:
    assert asked_for("可以让我儿子代办吗", "zh").agent
    assert not asked_for("要带什么材料", "zh").agent
    assert agent_papers(LISTED, "zh") == "他人代办的，另带代办人身份证（委托他人代办时）"
    assert agent_papers([ID_CARD], "zh") == ""
