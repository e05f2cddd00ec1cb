"""Named converters of mapping profiles: a value of another system → a typed value, or `BadValue`.

Each takes a non-empty value (a string, number, boolean, date or list) and returns what an
`ImportedItem` field holds; None: the value says that there is none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from knowledge.imports.areas import area_code
from knowledge.imports.clean import is_empty, one_line, plain
from knowledge.imports.codes import national_code
from knowledge.imports.faults import BadValue, shown
from knowledge.imports.items import LEVELS
from knowledge.imports.names import everyday_names
from knowledge.imports.phones import phones

Converter = Callable[[Any], Any]
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3,
    "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_NUMERAL = re.compile("[" + "".join([*_DIGITS, *_TENS]) + "]+")
_LEADING_NO = re.compile(
    r"^\s*(?:[(（]?\d{1,2}[)）.、．](?!\d)|[一二三四五六七八九十]{1,3}、|[①-⑳]|[·•●◆\-])\s*"
)


_MOST_NUMERALS = 12
_ENDS = " 。;；，,、"


def chinese_number(text: str) -> int:
    """`十五` → 15, `二〇二一` → 2021, `两百` → 200, `一百零五` → 105; raises `BadValue`."""
    if not 1 <= len(text) <= _MOST_NUMERALS or not _NUMERAL.fullmatch(text):
        raise BadValue("bad_number", value=shown(text))
    if not any(c in _TENS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for c in text:
        if c in _TENS:
            total += (digit or 1) * _TENS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return total + digit


def _arabic(text: str) -> str:
    return _NUMERAL.sub(lambda m: str(chinese_number(m.group(0))), text)


def _scalar(value: Any) -> str:
    if isinstance(value, (bool, list, dict)):
        raise BadValue("wrong_type", value=shown(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()[:10]
    return str(value)


def text(value: Any) -> str | None:
    """One line of plain text."""
    found = one_line(_scalar(value))
    return None if is_empty(found) else found


def paragraphs(value: Any) -> str | None:
    """Plain text with its line breaks; a list becomes lines."""
    if isinstance(value, list):
        found = "\n".join(plain(_scalar(part)) for part in value if part is not None)
    else:
        found = plain(_scalar(value))
    return None if is_empty(found) else found


def _split(value: Any, pattern: re.Pattern[str]) -> list[str]:
    if isinstance(value, list):
        parts = [one_line(_scalar(part)) for part in value if part is not None]
    else:
        parts = [one_line(part) for part in _outside_brackets(plain(_scalar(value)), pattern)]
    parts = [part.strip(_ENDS) for part in parts]
    return list(dict.fromkeys(part for part in parts if not is_empty(part)))


def _outside_brackets(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Split, but never inside （…）, […], 《…》 or “…”."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "（(【[《“「":
            depth += 1
        elif c in "）)】]》”」":
            depth = max(0, depth - 1)
        elif (depth == 0 or c == "\n") and pattern.match(c):
            depth = 0
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


_COMMAS = re.compile(r"[，,；;\n|]")
_ANY = re.compile(r"[、，,；;\n|]")
_SEMICOLONS = re.compile(r"[；;|]")
_PLACE_ENDS = re.compile(r"[；;\n|]")
_BREAKS = re.compile(r"\n")


def names(value: Any) -> list[str]:
    """Names split at commas and semicolons (`、` may be inside one), without words that name no one matter;
    keywords of one matter stay together."""
    parts = _split(value, _COMMAS)
    whole = "，".join(parts) if isinstance(value, list) else one_line(_scalar(value)).strip(_ENDS)
    return everyday_names(parts, whole)


def values(value: Any) -> list[str]:
    """Short values split at `、`, commas, semicolons and line breaks."""
    return _split(value, _ANY)


def lines(value: Any) -> list[str]:
    """Longer values, one a line, or in one line split at semicolons; leading numbers (`1、`) go."""
    several = isinstance(value, str) and "\n" in plain(value)
    parts = _split(value, _BREAKS if several else _SEMICOLONS)
    found = [_LEADING_NO.sub("", part) for part in parts]
    return list(dict.fromkeys(part for part in found if not is_empty(part)))


_TRUE = frozenset(("是", "有", "支持", "可以", "能", "true", "yes", "y", "1", "√", "✓"))
_FALSE = frozenset(
    ("否", "无", "不支持", "没有", "不可以", "不能", "不", "false", "no", "n", "0", "×", "✗")
)


def boolean(value: Any) -> bool:
    """是/否, 支持/不支持, 有/无, 1/0, yes/no, true/false."""
    if isinstance(value, bool):
        return value
    word = one_line(_scalar(value)).strip("。").lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue("bad_boolean", value=shown(value))


def integer(value: Any) -> int | None:
    """A whole number, with or without a unit: `0`, `2次`, `两次`, `至多1次`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = one_line(_scalar(value))
    if is_empty(found):
        return None
    match = re.fullmatch(
        r"(?:至多|最多|约|共)?(-?\d{1,6})\s*(?:个|次|人|份|项|页|天)?", _arabic(found)
    )
    if match is None:
        raise BadValue("bad_number", value=shown(value))
    return int(match.group(1))


_UNITS = (
    ("working_day", re.compile(r"工作日|个工作天|working ?days?", re.IGNORECASE)),
    ("minute", re.compile(r"分钟|minutes?", re.IGNORECASE)),
    ("hour", re.compile(r"小时|hours?", re.IGNORECASE)),
    ("month", re.compile(r"个?月|months?", re.IGNORECASE)),
    ("year", re.compile(r"年|years?", re.IGNORECASE)),
    ("day", re.compile(r"自然日|日历日|日|天|days?", re.IGNORECASE)),
)  # fmt: skip
_INSTANT = re.compile(
    r"^(?:即时|当场|即办|即到即办|马上办|立等可取|立即|实时|当日|当天)(?:办结|办理|办|完成|出证|可取|件)?"
)
_TIME_HEAD = re.compile(
    r"^(?:法定|承诺)?(?:办结|办理|审批)?(?:时限|期限|时间)?[:：]?\s*(?:为|不超过|至多|约)?\s*"
)
_UNIT = (
    r"工作日|工作天|自然日|日历日|小时|分钟|天|日|个月|月|年|working ?days?|days?|hours?|months?"
)
_TIME = re.compile(
    rf"(?<![\d.,\-—–~])(\d{{1,5}})(?!\d|[.,]\d)(?:\s*[(（]?\s*个?\s*(?P<first>{_UNIT})?\s*[)）]?"
    rf"\s*[-~—–至到]\s*(\d{{1,5}})(?!\d|[.,]\d))?\s*[(（]?\s*个?\s*(?P<unit>{_UNIT})\s*[)）]?",
    re.IGNORECASE,
)
_NO_TIME = re.compile(
    r"(?:19|20)\d\d\s*年|每个?(?:[年月周天]|工作日)|\d\s*(?:个?月|年|天|小时)半|[零又].{1,4}(?:个?月|天|日|小时)|\d\.\d|半(?:年|个?月|天|小时)"
    r"|(?:^|[\s:：(（])-\d"
)
"""Dates, times that come again, halves, decimals: no whole number of one unit."""


def _unit_of(word: str) -> str:
    return next(name for name, pattern in _UNITS if pattern.search(word))


def _one_unit(time: re.Match[str]) -> bool:
    """Whether both ends of a range have one unit (「10个工作日至1个月」 has two)."""
    return time["first"] is None or _unit_of(time["first"]) == _unit_of(time["unit"])


def duration(value: Any) -> dict[str, Any] | None:
    """`40(工作日)`, `5个工作日`, `当场`, `十五日`, `3-5个工作日` → `{amount, unit, note}`; `无` → None.

    A range keeps its longer end; words beside the time go to `note`. A bare number has no unit and is
    refused.
    """
    found = one_line(_scalar(value))
    if is_empty(found):
        return None
    bare = _TIME_HEAD.sub("", found) or found
    if match := _INSTANT.match(bare):
        rest = bare[match.end() :].strip(" 。，,()（）")
        return {"amount": 0, "unit": "on_the_spot", "note": rest or None}
    odd = _NO_TIME.search(bare)
    bare = _arabic(bare)
    time = None if odd or _NO_TIME.search(bare) else _TIME.search(bare)
    if time is None or not _one_unit(time):
        raise BadValue("bad_duration", value=shown(value))
    unit = _unit_of(time["unit"])
    rest = (bare[: time.start()] + bare[time.end() :]).strip(" 。，,;；内")
    if rest or time.group(3):
        rest = found
    return {
        "amount": max(int(time.group(1)), int(time.group(3) or 0)),
        "unit": unit,
        "note": rest or None,
    }


def level(value: Any) -> str:
    """省级, 市级, 县（区）级 …, or 1 … 6 of the national platform."""
    found = one_line(_scalar(value)).strip("。")
    table = {"国家": 0, "省": 1, "市": 2, "设区的市": 2, "地": 2, "县": 3, "区": 3, "县(市、区)": 3,
             "县（区）": 3, "县（市、区）": 3, "县区": 3, "镇": 4, "乡": 4, "乡镇": 4, "街道": 4,
             "镇街": 4, "镇（街）": 4, "乡镇（街道）": 4, "村": 5, "村居": 5, "社区": 5,
             "村（社区）": 5}  # fmt: skip
    if found in LEVELS:
        return found
    name = found.removesuffix("级")
    if name in table:
        return LEVELS[table[name]]
    if len(found) == 1 and found in "123456":
        return LEVELS[int(found) - 1]
    raise BadValue("bad_level", value=shown(value))


_KINDS = {"行政许可": "01", "行政处罚": "02", "行政强制": "03", "行政征收": "04", "行政给付": "05",
          "行政检查": "06", "行政确认": "07", "行政奖励": "08", "行政裁决": "09", "其他行政权力": "20",
          "其他职权": "20", "公共服务": "21"}  # fmt: skip


def kind(value: Any) -> str:
    """Type of matter as two digits, 01 (行政许可) … 21 (公共服务); a number is kept as it is."""
    found = one_line(_scalar(value))
    if found.isascii() and found.isdigit() and len(found) <= 2:
        return found.zfill(2)
    if found in _KINDS:
        return _KINDS[found]
    raise BadValue("bad_kind", value=shown(value))


def date(value: Any) -> str | None:
    """`2021-03-01`, `2021/3/1`, `20210301`, `2021年3月1日`, `二〇二一年三月一日`, a date cell → ISO."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    found = one_line(_scalar(value))
    if is_empty(found):
        return None
    match = re.match(
        r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[T ]\d{1,2}:\d{2}.*)?$",
        _arabic(found),
    )
    try:
        if match is None:
            raise ValueError(found)
        return dt.date(*map(int, match.groups())).isoformat()
    except ValueError as error:
        raise BadValue("bad_date", value=shown(value)) from error


_URL = re.compile(r"https?://[^\s，。；、）)（(]+", re.IGNORECASE)


def url(value: Any) -> str | None:
    """The web address in a text; None where there is none."""
    found = one_line(_scalar(value))
    match = _URL.search(found)
    return match.group(0) if match else None


_NO_WINDOW = re.compile(r"^(?:无|没有)(?:线下|现场|实体)?(?:的)?(?:办理|受理)?(?:窗口|地点)")
_PLACE_HEAD = re.compile(r"^(?:办理|受理|办公|窗口)?(?:地点|地址|场所)[:：]\s*")


def places(value: Any) -> dict[str, Any] | None:
    """Addresses without their `办理地点：`; `无线下办理窗口` says that there is no counter."""
    found: list[str] = []
    for part in _split(value, _PLACE_ENDS):
        bare = _PLACE_HEAD.sub("", part).strip(" 。")
        if _NO_WINDOW.match(bare):
            return {"addresses": [], "window": False}
        if not is_empty(bare):
            found.append(bare)
    return {"addresses": list(dict.fromkeys(found)), "window": True} if found else None


def area(value: Any) -> str:
    """An area's GB/T 2260 code, from a code or a Chinese name."""
    return area_code(one_line(_scalar(value)))


def catalogue_code(value: Any) -> str | None:
    """A catalogue item's code, 9 to 12 characters."""
    found = re.sub(r"\s", "", one_line(_scalar(value))).upper()
    if is_empty(found):
        return None
    if not re.fullmatch(r"[0-9A-Z]{9,12}", found):
        raise BadValue("bad_catalogue_code", value=shown(value))
    return found


def _code(value: Any) -> str | None:
    if isinstance(value, str) and is_empty(value):
        return None
    return national_code(value)


def _phones(value: Any) -> dict[str, Any] | None:
    return phones(paragraphs(value) or "")


CONVERTERS: dict[str, Converter] = {
    "text": text,
    "paragraphs": paragraphs,
    "names": names,
    "values": values,
    "lines": lines,
    "boolean": boolean,
    "integer": integer,
    "duration": duration,
    "level": level,
    "kind": kind,
    "date": date,
    "url": url,
    "places": places,
    "area": area,
    "code": _code,
    "catalogue_code": catalogue_code,
    "phones": _phones,
}
"""Converters by the name a profile gives them."""
