"""Words of somebody whose life may be in danger, for when the dialogue engine is not asked.

Rasa recognises far more; this short list is for residents who wait for a person, or write while the
assistant boots. It errs towards telling the numbers. Decides nothing else.
"""

from __future__ import annotations

import re
from typing import Literal

Danger = Literal["self_harm", "emergency"]
_SELF_HARM = re.compile(
    r"不想活|想死|自杀|自殺|轻生|輕生|割腕|跳楼|跳樓|活不下去|唔想生|结束生命|結束生命"
    r"|\b(suicid\w*|kill(ing)? myself|end my life|want to die|hurt(ing)? myself|self.?harm)\b",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(
    r"家暴|打我|砍人|救命|着火|起火|火灾|晕倒|暈倒|昏迷|没有呼吸|沒有呼吸|大出血|心梗|中风了|被绑|被綁"
    r"|\b(help me now|on fire|not breathing|unconscious|heart attack|beating me|is hitting me)\b",
    re.IGNORECASE,
)


def danger_in(words: str) -> Danger | None:
    """What kind of danger the words tell of, if any."""
    if _SELF_HARM.search(words):
        return "self_harm"
    return "emergency" if _EMERGENCY.search(words) else None
