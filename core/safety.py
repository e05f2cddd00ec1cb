"""Words of somebody whose life may be in danger, for when the dialogue engine is not asked.

Rasa recognises far more; this short list is for residents who wait for a person, or write while the
assistant boots. It errs towards telling the numbers. Decides nothing else.
"""

from __future__ import annotations

import re
from typing import Literal

Danger = Literal["self_harm", "emergency"]
_SELF_HARM = re.compile(
    r"不想活|想死(?!你|我了)|想消失|不想存在|不想醒|再也不醒|一了百了|死了算|不如死|自杀|自殺|轻生|輕生|割腕|跳楼|跳樓|活不下去|唔想生|结束生命|結束生命"
    r"|\b(suicid\w*|kill(ing)? myself|end my life|want to die|i( just)? (want|wish) to (die|vanish"
    r"|disappear)|hurt(ing)? myself"
    r"|self.?harm)\b",
    re.IGNORECASE,
)
_VIOLENCE = re.compile(
    r"家暴|家庭暴力|(?<!电话)打我(?!的?(电话|電話|手机|手機|电活|座机|号码|號碼|微信)|们的|不通)|打(老婆|老公|小孩|孩子|我妈|我爸)"
    r"|被(老公|老婆|丈夫|妻子|前夫|男友|家里人|我爸|我妈)?(打|揍|殴|毆|虐)|殴打|毆打|虐待|动手打|動手打|拿刀|持刀"
    r"|\b(hits?|hitting|beats?|beat up|beating|punch\w*|strangl\w*|abus\w+|threaten\w*|hurts|kick\w*) (me"
    r"|her|him|us|my (kids?|children|mother|mom|mum))\b"
    r"|\bdomestic (violence|abuse)\b|\bviolent (husband|wife|partner)\b",
    re.IGNORECASE,
)
"""Somebody is beaten or threatened, most often at home."""
_EMERGENCY = re.compile(
    r"砍人|救命|着火|起火|火灾|晕倒|暈倒|昏迷|没有呼吸|沒有呼吸|大出血|心梗|中风了|被绑|被綁"
    r"|\b(help me now|on fire|not breathing|unconscious|heart attack)\b",
    re.IGNORECASE,
)


def danger_in(words: str) -> Danger | None:
    """What kind of danger the words tell of, if any."""
    if _SELF_HARM.search(words):
        return "self_harm"
    return "emergency" if _EMERGENCY.search(words) or violence_in(words) else None


def violence_in(words: str) -> bool:
    """Whether somebody is said to be beaten, threatened or abused."""
    return _VIOLENCE.search(words) is not None
