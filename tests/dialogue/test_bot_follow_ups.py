"""What residents say after a card reaches the matter through the bot as well."""

from __future__ import annotations

import pytest

from core.i18n import Lang
from tests.dialogue.conftest import Bot

TALKS: tuple[tuple[Lang, tuple[str, ...], str], ...] = (
    ("zh", ("失业金怎么领", "应该是东莞吧"), "SG-HR-009"),
    ("zh", ("失业金怎么领", "我不知道社保交在哪"), "SG-HR-009"),
    ("zh", ("失业金怎么领", "能领几个月"), "SG-HR-009"),
    ("zh", ("失业金怎么领", "能领多少"), "SG-HR-009"),
    ("zh", ("居住证怎么办", "在深圳住了三个月"), "SG-PS-004"),
    ("zh", ("异地就医备案", "我爸的医保在江西，住东莞"), "SG-MI-001"),
    ("zh", ("老板拖欠工资怎么投诉", "公司在东莞，我住深圳"), "SG-HR-014"),
    ("zh", ("老板拖欠工资怎么投诉", "要多久有结果"), "SG-HR-014"),
    ("zh", ("生育津贴怎么领", "我在东莞上班"), "SG-MI-004"),
    ("zh", ("老人坐公交免费怎么办卡", "那我爸62呢"), "SG-TR-004"),
    ("en", ("how do I claim unemployment benefit", "What about medical insurance then?"), "SG-HR-009"),
    ("en", ("how do I claim unemployment benefit", "how much is it per month"), "SG-HR-009"),
    ("en", ("I need a no criminal record certificate", "Shenzhen mostly"), "SG-PS-008"),
)  # fmt: skip


@pytest.mark.parametrize(("lang", "turns", "code"), TALKS)
def test_what_is_said_after_a_card_is_about_its_matter(
    bot: Bot, lang: Lang, turns: tuple[str, ...], code: str
) -> None:
    """No other intent takes the follow-up away."""
    talk = bot.talk(lang=lang)
    for words in turns:
        answer = talk.say(words)
    assert code in {card.get("code") for card in answer.cards}, (answer.intent, answer.types)


def test_whom_to_call_is_no_look_at_ones_account(bot: Bot) -> None:
    """A phone is told to everybody, without a sign-in."""
    answer = bot.talk(lang="zh").say("公积金电话")
    assert "sign_in" not in answer.types
    assert any("12329" in str(card) for card in answer.cards)
