"""Official terms in plain words, for 「什么叫容缺受理」 and "what does deferrable mean".

Definitions only; nothing that depends on an item, a date or a city.
"""

from __future__ import annotations

import re

from actions.turn import Turn
from core.cards import NoticeCard

TERMS: dict[str, re.Pattern[str]] = {
    "deferrable": re.compile(r"容缺|deferrable|tolerat", re.I),
    "anywhere": re.compile(r"跨(省|城|市)通办|全国通办|深莞通办|通办|cross[- ]city|cross[- ]region", re.I),
    "online": re.compile(r"全程网办|全流程网办|fully online", re.I),
    "accept_elsewhere": re.compile(r"异地(代收|受理)|代收代办|accepted elsewhere|off-?site accept", re.I),
    "joint": re.compile(r"多地联办|联办|joint handling", re.I),
    "bundle": re.compile(r"一件事|bundle|one[- ]matter", re.I),
    "same_standard": re.compile(r"同事同标|same[- ]standard", re.I),
    "promise_days": re.compile(
        r"承诺(办结)?时限|法定(办结)?时限|promised? (time|days)|statutory (time|days)", re.I),
    "consent": re.compile(r"授权(是|指)|知情同意|what is consent", re.I),
    "step_up": re.compile(r"实名(认证)?等级|认证等级|identity level", re.I),
}  # fmt: skip
_ASKS = re.compile(
    r"什么(是|叫|意思)|啥(是|叫|意思)|(是|叫)(什么|啥)|指(的是)?(什么|啥)|听不懂|看不懂|不懂|咩(叫|意思|系)|"
    r"what('s| is| are| does)|mean|explain|understand",
    re.I,
)


def explain(turn: Turn) -> NoticeCard | None:
    """The meaning of a term the resident asks about; None when they ask about none."""
    if not _ASKS.search(turn.text):
        return None
    for term, pattern in TERMS.items():
        if pattern.search(turn.text):
            return NoticeCard(
                lang=turn.lang,
                title=turn.say(f"term.{term}.title"),
                text=turn.say(f"term.{term}.text"),
            )
    return None
