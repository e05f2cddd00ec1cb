"""Telephone numbers out of free text.

Recognised: area code and number with any kind of dash or brackets, extensions (`-1`, `转2`), `+86`,
hotlines (`12345`, `020-12348`, `95598`), 400 numbers, mobile numbers. A local number without an area
code takes that of the number before it. What cannot be read as a number stays in the text.
"""

from __future__ import annotations

import re
from typing import Any

from knowledge.imports.clean import is_empty
from knowledge.imports.faults import BadValue
from knowledge.rules import is_phone

_DASH = str.maketrans(
    {"－": "-", "—": "-", "–": "-", "―": "-", "‐": "-", "（": "(", "）": ")", "：": ":"}
)
_NOISE = re.compile(
    r"https?://[^\s，。；、]+|www\.[^\s，。；、]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:邮政编码|邮编|微信号?|QQ)\s*:?\s*[\w-]+|\d{1,2}:\d{2}",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"""(?<![\d.])
    (?:(?:\+|00)?\(?\+?86[\s-]*(?=\(?0?\d{2,3}\)?[\s-]*\d{4}[ ]?\d{3,4}(?!\d)))?
    (?:
      (?P<free>[48]00[\s-]*\d{3}[\s-]*\d{4}|[48]00[\s-]*\d{4}[\s-]*\d{3})
    | (?P<mobile>1[3-9]\d{9})
    | \(?(?P<area>0?(?:10|2\d|[3-9]\d{2}))\)?[\s-]*(?P<local>[2-8]\d{3}[ ]?\d{3,4})
    | \(?(?P<harea>0(?:10|2\d|[3-9]\d{2}))\)?[\s-]*(?P<hot>12\d{3}|111(?:83|85)|9[56]\d{3,4})
    | (?P<alone>[2-8]\d{7})
    | (?P<hotline>12\d{3}|111(?:83|85)|9[56]\d{3,4}|110|119|120|122)
    )
    (?!\d)
    (?P<ext>(?:\s*(?:-|转|分机)\s*\d{1,5}(?![\d:年月]))*)
    """,
    re.VERBOSE,
)


_MOST = 2_000
"""Characters of a cell of numbers; the search for numbers takes time with their square."""


def is_plain(number: str) -> bool:
    """Whether the list can show the number as it is: no extension, no missing area code."""
    return is_phone(number)


def phones(text: str) -> dict[str, Any] | None:
    """`{numbers, text}`: numbers in order, each once; `text` the whole text where it says more.

    None for an empty text.
    """
    if is_empty(text):
        return None
    if len(text) > _MOST:
        raise BadValue("too_long", field="-", limit=_MOST)
    plain = _NOISE.sub(lambda m: " " * len(m.group(0)), text.translate(_DASH))
    numbers: list[str] = []
    last_area = ""
    rest = plain
    for match in _NUMBER.finditer(plain):
        number, last_area = _written(match, last_area)
        if number is not None:
            numbers.append(number)
            rest = rest.replace(match.group(0), " ", 1)
    left = re.sub(r"[\s、，,；;/:。.()-]|电话|咨询|投诉|号码|联系|监督|或|拨打|查询", "", rest)
    keep = text if left or not numbers or _NOISE.search(text) else None
    return {"numbers": list(dict.fromkeys(numbers)), "text": keep}


def _written(match: re.Match[str], last_area: str) -> tuple[str | None, str]:
    ends = "".join(f"-{end}" for end in re.findall(r"\d+", match["ext"] or ""))
    if match["free"]:
        digits = re.sub(r"\D", "", match["free"])
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}{ends}", last_area
    if match["mobile"]:
        return match["mobile"] + ends, last_area
    if match["local"]:
        area = match["area"] if match["area"].startswith("0") else "0" + match["area"]
        return f"{area}-{match['local'].replace(' ', '')}{ends}", area
    if match["hot"]:
        return f"{match['harea']}-{match['hot']}{ends}", match["harea"]
    if match["alone"]:
        return (
            f"{last_area}-{match['alone']}{ends}" if last_area else match["alone"] + ends
        ), last_area
    return match["hotline"] + ends, last_area
