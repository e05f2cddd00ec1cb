"""Several matters in one message: where one question ends and the next begins.

Proposes, never decides: whether the parts are different matters is the search's call, part by part.
Whole questions are parted at words and marks that join questions, never at a plain comma (it usually
gives a circumstance of the same matter). Failing that, a list of things (「居住证和社保卡怎么办」) is
parted at 和、and, each part with the words around the list that hold for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.facets import names_nothing

_JOINT = re.compile(
    r"[?？!！。]\s*|\.\s+|[;；]\s*|[,，]?\s*(?:另外|还有(?!什么|哪|多|几|没)|顺便|顺带|此外|以及|同时(?:还|也)?想?"
    r"|然后还|然后再?(?=想|要|办|申请)|(?<=[,，])\s*(?:还|再|也|又)(?:想|要|得|需要)(?!什么|哪|多久|多少|几)"
    r"|(?<=[\u3400-\u9fff]{3})还(?:要|想|得)(?=(?:补|办|换|领|转|申请)(?!什么|哪|多|几|啥)))[,，]?"
    r"|,?\s*\b(?:and also|also,?|besides,?|in addition,?|plus,? i|and then|as well as"
    r"|second(?:ly)?,|another (?:thing|question)\W)\s*",
    re.IGNORECASE,
)  # fmt: skip
_DIGITS = "123456789"
_NUMBERS = _DIGITS + "一二三四五六七八九"
_UNIT = "年月日号个岁天次万元点周期名人张份本家套楼室"
_MARK = re.compile(
    rf"(?:^|(?<=[\s,，;；。.、:：?？!！]))[(（]?第?([{_NUMBERS}])(?:[.、)）:：](?!\d)|是(?=.{{2}}))\s*"
)
_BARE_MARK = re.compile(
    rf"(?<!\d)([1-9](?=[\u3400-\u9fff])(?![{_UNIT}])|[一二三四五六七八九](?=、))、?"
)
"""What numbers the things of a list: 「1.」, (2), 「一、」; closely written as well (「①结婚②护照」)."""
_DASH = re.compile(r"(?:^|(?<=[\s;；]))-\s+")
_SEMICOLON, _PAIR = re.compile(r"[;；]"), 2
_LIST = re.compile(
    r"\s*(?:、|/|&|(?<![我你他她它们])(?:和|跟|与|及)(?![我你他她它说谁平谐解睦气]))\s*|,?\s+and\s+",
    re.I,
)
_LIST_EN = re.compile(r"[^,]+(?:, *(?!and\b)[\w'/-]+(?: [\w'/-]+){0,3})+,? and (?:[\w'/-]+ ?){1,5}")
"""Things with commas between them and "and" before the last."""
_COMMA_AND = re.compile(r",? +and +|, *", re.IGNORECASE)
_NO_LIST = re.compile(
    r"之间|区别|不同|不一样|关系|一起住|哪个|还是|和谐|和解|跟着|深圳(?:和|、|跟|与)东莞|东莞(?:和|、|跟|与)深圳"
    r"|\bbetween\b|difference|\bor\b|shenzhen and dongguan|dongguan and shenzhen",
    re.IGNORECASE,
)
"""Compares the things instead of asking for each."""
_DO = (r"(?:重新|第一次|首次)?(?:办理?|补办|补领|补换领|换领|换发|申请|申领|申报|领取|提取"
       r"|查询?|注销|变更|登记|转移"
       r"|续签|延期|开具?|预约|报名|缴纳?|打印)(?:一下|一个|一张|个|张)?")  # fmt: skip
_LEAD = re.compile(
    rf"^(?:(?:我|我们)?(?:现在)?(?:想要?|要|需要|打算|准备)?(?:怎么|如何|怎样|在哪里?|去哪里?)?(?:同时|一起|一并)?)"
    rf"(?P<do>{_DO})?"
)
_TAIL = re.compile(
    r"(?:的)?(?:都|全)?(?:丢了|丢失|遗失|不见了|过期了?|到期了?)?(?:都|分别|各|一起|同时|一并)?"
    rf"(?:(?:怎么|如何|怎样|在?哪里?|去哪里?|可以|能不能|能|要|需要|得|应该|想)(?:{_DO})?.{{0,12}}|{_DO})?(?:吗|呢)?$"
)
_LEAD_EN = re.compile(
    r"^(?P<ask>(?:(?:how|where|when|can|could|should|do|i|we|would|like|want|need|have|to|please)\s+)*)"
    r"(?P<do>(?:apply for|sign up for|get|renew|replace|transfer|register|cancel|withdraw|claim|obtain|check"
    r"|change|update|extend|book|pay|open|move|report)\s+)?",
    re.IGNORECASE,
)
_STATEMENT_EN = re.compile(
    r"(?:i|we|my|our|he|she|they)\b(?!.*\b(?:want|need|like|wish|how|can|should)\b)", re.IGNORECASE
)
_NOUN_EN = re.compile(r"(?:a|an|the|my|our|his|her|their)\b", re.IGNORECASE)
_OWN_VERB = re.compile(rf"^(?:怎么|如何|怎样|想|要)|{_DO}")
_CLAUSE = re.compile(
    r"[,，]\s*(?:\b(?:and|then)\b)?|\s+(?:and|then)\s+|(?<=[^,，])(?=再(?!次|婚|三))|之后(?=[^,，]{4})",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"怎么|如何|怎样|吗$|哪|多少|多久|几|什么|啥|想|要|能|可以|得(去|先|再)|把|办|申请|补|换(?!到)|领|查|转|提|迁|登记|过户|交(?![了过满])|缴(?![了过满])|开(?!除)|报|取|丢|过期|到期"
    r"|没发|不发|不给|欠|离婚"
    r"|\b(how|what|where|when|which|can|could|do i|should|needs?|wants?|lost|expire[sd]?|owes?|apply"
    r"|get|renew|replace|claim|transfer|register|reserve|(?<!i )(?<!we )pay)\b",
    re.IGNORECASE,
)
_MIN_HAN, _MIN_CLAUSE, _MIN_WORDS, _MIN_PART = 4, 3, 3, 2
_MOST = 4


def _substantial(part: str, least: int = _MIN_HAN) -> bool:
    han = len(re.findall(r"[\u3400-\u9fff]", part))
    return han >= least or len(re.findall(r"[a-z]+", part, re.IGNORECASE)) >= _MIN_WORDS


def numbered(text: str) -> list[str]:
    """The things of a list that is numbered, one a line, or parted by semicolons; [] where there is none."""
    marks = next(filter(None, (_counted(mark.finditer(text)) for mark in (_MARK, _BARE_MARK))), [])
    marks = marks or list(_DASH.finditer(text))
    if marks:
        ends = [match.start() for match in marks[1:]] + [len(text)]
        parts = [text[match.end() : end] for match, end in zip(marks, ends, strict=True)]
    else:
        parts = _SEMICOLON.split(text)
        parts = parts if len(parts) > _PAIR else []
    parts = [part.strip(" ,，;；.。、") for part in parts]
    parts = [part for part in parts if len(part) >= _MIN_PART]
    return parts if len(parts) > 1 else []


def _counted(marks: Iterator[re.Match[str]]) -> list[re.Match[str]]:
    """The marks where they count from one upwards."""
    found = list(marks)
    numbers = [_NUMBERS.find(match.group(1)) % len(_DIGITS) for match in found]
    return found if len(found) > 1 and numbers == list(range(len(found))) else []


def split_matters(text: str) -> list[str]:
    """Parts that could each be a question of its own; a single-element list when there is one."""
    if listed := numbered(text):
        return listed
    parts = [part.strip(" ,，.。") for part in _JOINT.split(text) if part and part.strip()]
    kept = [part for part in parts if _substantial(part)]
    if len(kept) > 1:
        return kept
    return _listed(text.strip(" ,，.。?？!！")) or [text]


def pieces(part: str) -> list[str]:
    """The clauses of one part that each ask or want something and name it (「生育津贴能领吗，宝宝医保怎么上」).

    Every other clause goes with the one it stands before, the last ones with the one before them. They may well
    be about one matter.
    """
    out: list[str] = []
    before = ""
    for whole in _CLAUSE.split(part):
        for clause in _listed(whole.strip()) or [whole.strip()]:
            wants = _WANTS.search(clause) and not names_nothing(clause)
            if wants and _substantial(clause, _MIN_CLAUSE):
                out.append(f"{before}，{clause}" if before else clause)
                before = ""
            elif clause and out:
                out[-1] += f"，{clause}"
            elif clause:
                before = f"{before}，{clause}" if before else clause
    return out


def tells(text: str) -> bool:
    """Whether an English sentence only tells a circumstance ("I pay the fund in Dongguan")."""
    return _STATEMENT_EN.match(text) is not None and _WANTS.search(text) is None


def _listed(text: str) -> list[str]:
    """The things of a list, each as a question; [] when the text is no list of matters."""
    if _NO_LIST.search(text):
        return []
    han = re.search(r"[\u3400-\u9fff]", text) is not None
    several = not han and _LIST_EN.fullmatch(text)
    parts = [part.strip(" ,，") for part in (_COMMA_AND if several else _LIST).split(text)]
    if not 2 <= len(parts) <= _MOST:
        return []
    if han:
        found = _questions_zh(parts)
        enough = all(len(re.findall(r"[\u3400-\u9fff]", part)) >= _MIN_PART for part in parts)
        return found if enough else []
    return _questions_en(parts) if all(len(part) > _MIN_PART for part in parts) else []


def _questions_zh(parts: list[str]) -> list[str]:
    """What comes before the first thing and after the last one, given to every part."""
    lead, tail = _LEAD.match(parts[0]), _TAIL.search(parts[-1])
    before = lead.group(0) if lead else ""
    after = tail.group(0) if tail else ""
    if len(parts[0]) - len(before) < _MIN_PART or len(parts[-1]) - len(after) < _MIN_PART:
        return []
    out = []
    for place, part in enumerate(parts):
        whole = part
        if place and not _OWN_VERB.search(part):
            whole = before + whole
        if place < len(parts) - 1 and not whole.endswith(after):
            whole += after
        out.append(whole)
    return out


def _questions_en(parts: list[str]) -> list[str]:
    """The first part's "how do I" (and its verb, before a thing) given to every part."""
    if _STATEMENT_EN.match(parts[0]):
        return []
    lead = _LEAD_EN.match(parts[0])
    ask, do = (lead.group("ask"), lead.group("do") or "") if lead else ("", "")
    out = [parts[0]]
    for part in parts[1:]:
        own = _LEAD_EN.match(part)
        if own and own.group("ask"):
            out.append(part)
        else:
            noun = _NOUN_EN.match(part) or not (own and own.group("do"))
            out.append(ask + (do if noun else "") + part)
    return out
