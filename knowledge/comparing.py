"""Whether a question compares, and what with what: the two cities' rules, or two matters. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.text import Understood, understand, without_cities

_MORE = r"(多|高|低|少|快|慢|便宜|贵|划算|好|宽松?|松|严格?|难|容易|简单|方便)"
_CUE = re.compile(
    r"区别|差别|差异|不同|不一样|对比|比较(一下)?(?!(多|高|低|少|快|慢|便宜|好))|相比"
    rf"|哪(个|座|一个)?(城市|市|地方|地|边|里|儿)?(会|能|可以)?(更|比较|相对)?(提|领|拿|给|办|补)?(得|的)?(要求|标准|条件|手续|时间|门槛|政策)?(更|比较)?{_MORE}"
    r"|一样(吗|么|不|不一样)|是不是一样|(?<![a-z])(vs|pk)(?![a-z])"
    r"|differen(ce|t)|\bdiffer\b|\bcompar(e|ed|ison)\b|versus|(the )?same (in|for|rules)"
    r"|which (city|one|place|side)? ?.{0,24}"
    r"\b(more|most|faster|quicker|cheaper|better|easier|higher|lower|less|longer)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(rf"(哪(?:个|座)(?:城市|市)|哪边)(.{{1,12}}?)(?:更|比较|最){_MORE}")
"""「哪个城市办居住证更快」: what is compared stands inside."""
_VERSUS = re.compile(r"\s*(?<![a-z])(?:vs\.?|pk|versus)(?![a-z])\s*", re.IGNORECASE)
_TWICE = re.compile(
    r"(?:深圳|东莞)市?的?([^,，。?？]{2,8})(?:和|与|跟|同|还是)(?:深圳|东莞)市?的?\1"
)
"""「东莞公积金和深圳公积金」: one thing in both cities."""
_TWO_CITIES = re.compile(
    r"两(地|市|边|个城市|座城市)|哪(个|座)(城市|市)|哪边|深莞|both cities|the two|two cities"
    r"|(which|each) city|between the cities",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"(之间)?(到底)?(都)?(有(没有)?|是)?(什么|哪些|哪|啥|何|多大)?(的)?$|^(请)?(帮我)?(说说|讲讲|看看)?|^(在)"
    r"|^(what('s| is| are)?|how|is|are|tell me)?\s*(the )?(do|does|main )?\s*(between|of|in|is|are)?\s*"
    r"|\s*(what('s| is| are)|is there|are there|how do(es)?|are|is|do)?\s*(they|the|a|any)?\s*$",
    re.IGNORECASE,
)
_JOIN = re.compile(
    r"\s*(?:、|和|与|跟|还是|(?<=\s)(?:and|or|compared (?:to|with))(?=\s))\s*",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    r"^(在|和|与|跟|的|and|in|or|between|of|for)+\s*|\s*(在|和|与|跟|and|in|or|between|of|for)+$",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """What is compared. `things` has two texts for two matters, one or none for the two cities."""

    cities: bool
    things: tuple[str, ...]


def compared(asked: Understood) -> Compared | None:
    """What the question compares; None when it compares nothing."""
    text = _TWICE.sub(r"两市\1", _WHICH.sub(r"\1更\3\2", asked.text))
    twice = _TWICE.search(asked.text) is not None
    if _CUE.search(text) is None:
        return None
    text = _VERSUS.sub("和" if asked.lang == "zh" else " and ", text)
    if len(set(asked.roles.values())) > 1 and not twice:
        return None  # circumstances: pays in one city, buys in the other
    cities = len(asked.cities) == 2 or bool(_TWO_CITIES.search(text))
    bare = _TWO_CITIES.sub(" ", _CUE.sub(" ", text))
    bare = without_cities(bare) if asked.cities else bare
    if asked.cities and len(asked.cities) == 2 and not re.sub(r"[\W_]+", "", bare):
        bare = ""
    rest = _tidy(bare)
    if cities:
        once = list(dict.fromkeys(part for part in map(_tidy, _JOIN.split(rest)) if part))
        return Compared(True, (_longest(once),) if once else ())
    parts = [part for part in map(_tidy, _JOIN.split(rest)) if part]
    if not parts:
        return Compared(True, ())  # 「边度快啲」: of what was answered last
    return Compared(False, (parts[0], parts[1])) if len(parts) == 2 else None


def _longest(parts: list[str]) -> str:
    """「深圳租房提取和东莞租房提取」 names one matter twice; the fuller naming counts."""
    return max(parts, key=len)


def _tidy(text: str) -> str:
    """Without the words that only hold a comparison together."""
    before = None
    while before != text:
        before = text
        text = _LOOSE.sub("", _AROUND.sub("", text.strip(" ,，.。?？!！"))).strip()
    return text


def compares(text: str) -> bool:
    """Whether a resident's words compare the cities or two matters by name."""
    wanted = compared(understand(text))
    return wanted is not None and bool(wanted.things)
