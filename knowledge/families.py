"""What is asked so generally that several matters of the list answer it, each for another purpose.

「公积金怎么提取」 is answered by renting, buying, repaying a loan and leaving alike: what for is asked back,
never guessed. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Matters that differ by purpose alone."""

    named: re.Pattern[str]
    """Words for what they have in common."""
    purpose: re.Pattern[str]
    """Words by which one of them, or something else, is meant."""
    codes: tuple[str, ...]
    """Their items, the commonest first; of two sisters one."""
    others: tuple[str, ...]
    """Further items of it, from whose card a message goes on."""


_WITHDRAWALS = Family(
    re.compile(
        r"公积金[^。?？]{0,8}(?:提取|取|提)|(?:提取?|取出?|拿出?|用)(?:一下|点|我的?|住房|自己的?)*公积金"
        r"|\b(?:withdraw\w*|take (?:money )?out|get (?:money )?out|draw|cash out|access"
        r"|use)\b.{0,30}\b(?:housing|provident) fund"
        r"|\b(?:housing|provident) fund\b.{0,20}\b(?:withdraw\w*|out)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"租|买|購|购|房(?!公积金)|还|還|贷|貸|首付|税|稅|一半|俩|离职|離職|辞|退休|出境|出国|移民|销户|封存|断|停|失业|下岗|大病|装修|加装|电梯|老家"
        r"|去世|死亡|继承|进度|到账|状态|次数|几次|额度|多少|上限|记录|查|转|异地|外地|代|别人|孩子|父母|夫妻|老婆|老公|转账|银行卡"
        r"|\b(?:rent\w*|buy\w*|bought|purchas\w*|home|house|flat|apartment|loan|mortgage|repay\w*|tax\w*|leav\w+|left|quit|retir\w*"
        r"|abroad|emigrat\w*|clos\w+|lost|progress|status|how (?:much|often|many)|limit|transfer|husband"
        r"|wife|parents?)\b",
        re.IGNORECASE,
    ),
    ("SG-HF-002", "SG-HF-004", "SG-HF-006", "SG-HF-012"),
    ("SG-HF-003", "SG-HF-005", "SG-HF-007"),
)
FAMILIES = (_WITHDRAWALS,)


def family_of(text: str) -> Family | None:
    """The family among whose items a text does not choose; None where it names one, or none of a family."""
    return next(
        (one for one in FAMILIES if one.named.search(text) and not one.purpose.search(text)), None
    )
