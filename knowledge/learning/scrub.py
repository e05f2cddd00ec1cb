"""Takes what could identify a person out of a question before it is kept for editors.

Better too much than too little: a question that is mostly personal, or long enough to be a story, is
not kept at all. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_CHARS = 80
"""Longer texts tell a story; stories are personal."""
_MOST_PLACEHOLDERS = 2

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_KIN = (
    "老婆", "老公", "妻子", "丈夫", "爱人", "儿子", "女儿", "妈妈", "爸爸", "母亲", "父亲", "老妈", "老爸",
    "爷爷", "奶奶", "外公", "外婆", "哥哥", "姐姐", "弟弟", "妹妹",
    "同事", "朋友", "老板", "房东", "孩子", "小孩",
)  # fmt: skip
_CALLED = ("我叫", "我名叫", "名字叫", "名字是", "姓名", "叫做", "本人")
_END = r"(?=$|[，,。.!！?？;；:：、\s]|的|在|是|要|想|和|与|户口|身份证|去世|今年|出生)"


def _after(words: Iterable[str]) -> str:
    """Pattern for a place right after one of `words`."""
    return "(?:" + "|".join(f"(?<={word})" for word in words) + ")"


_NAME = rf"[{_SURNAMES}][\u3400-\u9fff]"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLACE = r"(?:路|街|道|巷|村|花园|小区|公寓|大厦|工业区)"
_UNIT = r"(?:号|栋|幢|座|单元|室|房)"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), placeholder)
    for pattern, placeholder in (
        (r"(?i)\b(?:https?://|www\.)\S+", "‹link›"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "‹mail›"),
        (r"(?i)(?:微信号?|qq号?|wechat(?: id)?)\s*[:：是]?\s*[a-z0-9_-]{5,}", "‹account›"),
        (rf"(?i)[{_PROVINCES}][a-z][·\s]?[a-z0-9]{{5,6}}", "‹plate›"),
        (r"(?:19|20)\d\d\s*[-年./]\s*\d{1,2}\s*[-月./]\s*\d{1,2}\s*日?", "‹date›"),
        (r"(?<!\d)(?!123\d\d(?!\d))(?:\d[\s-]?){4,}[\dxX](?:[\s-]?[\dxX])*", "‹number›"),
        (r"(?i)[a-z]{1,3}\d{5,}", "‹number›"),
        (r"[零〇一二三四五六七八九幺]{6,}", "‹number›"),
        (rf"(?i)[\u3400-\u9fff]{{0,8}}{_PLACE}[\u3400-\u9fff]{{0,4}}[\da-z]+\s*(?:[-\da-z]|{_UNIT}|巷|楼)*",
         "‹address›"),
        (rf"\d+\s*{_UNIT}(?!线)(?:\s*\d+\s*{_UNIT}?)*", "‹address›"),
        (rf"{_after(_CALLED)}[:：是]?\s*{_NAME}[\u3400-\u9fff]{{0,2}}?{_END}", "‹name›"),
        (rf"(?<=我是){_NAME}[\u3400-\u9fff]?(?=[，,。\s]|$)", "‹name›"),
        (rf"{_after(_KIN)}(?:叫)?{_NAME}[\u3400-\u9fff]?{_END}", "‹name›"),
        (rf"[{_SURNAMES}][\u3400-\u9fff]{{0,2}}(?:先生|女士|小姐|太太|阿姨|叔叔|老师|经理)", "‹name›"),
        (r"(?i)(?:\bmy name(?: is|'s)|\bi am called|\bcall me)\s+\w+"
         r"(?:\s+(?!(?:and|i|my|from|want|need|who)\b)\w+)?", "‹name›"),
        (r"\b(?:[Tt]his is|[Ii] am|[Ii]'m)\s+[A-Z][a-z]+\s+[A-Z][a-z]+", "‹name›"),
        (r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?", "‹name›"),
    )
)  # fmt: skip


def scrub(text: str) -> str | None:
    """The question without personal details, or None where it must not be kept."""
    words = " ".join(text.split())
    if not words or len(words) > MAX_CHARS * (3 if words.isascii() else 1):
        return None
    for pattern, placeholder in _RULES:
        words = pattern.sub(placeholder, words)
    if words.count("‹") > _MOST_PLACEHOLDERS:
        return None
    left = re.sub(r"‹\w+›", "", words)
    return words if any(char.isalpha() for char in left) else None
