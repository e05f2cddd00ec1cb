"""Whether a question compares, and what with what: the two cities' rules, or two matters. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.cards import Facet
from knowledge.text import Understood, understand, without_cities

MOST_CHARS, MOST_WORDS = 16, 10
"""Length up to which words are taken for the name of one of two matters."""
_MORE = (
    r"(多(?![少久长大远次了])|高(?![考中龄新校铁速])|低(?!保)|(?<![多至不减缺])少|快(?!递|捷|[要到过])|慢|便宜"
    r"|平(?=些|点|过|一点|还是|定|$|[?？])|贵|划算|合算|着数|优惠|好|宽松?|松(?!山|岗|坪)|严格?|难|容易|易(?!地)|简单|方便|省[钱事时心]?)"
)
_LITTLE = r"(?:些|一些|点|一点)?"
_COMPARATIVE = (
    r"\b(more|most|less|least|fewer|faster|fastest|quicker|quickest|slower|cheaper|cheapest|dearer|better|best"
    r"|easier|easiest|simpler|simplest|harder|hardest|tougher|stricter|strictest|higher|highest|lower|lowest"
    r"|longer|shorter|more (?:expensive|difficult|generous|convenient))\b"
)
_DIFFERS = re.compile(
    r"区别|差别|差异|分别(?=$|[?？])|不同|不一样|对比(一下)?|比较(一下)?(?!(更|多|高|低|少|快|慢|便宜|好|容易|易|难))|相比"
    r"|一样(吗|么|不|不一样)|是不是一样|(?<![a-z])(vs|pk)(?![a-z])"
    r"|differen(ce|t)|\bdiffer\b|\bcompar(e|ed|ison)\b|versus|(the )?same (in|for|rules)",
    re.IGNORECASE,
)
_RANKS = re.compile(
    rf"(?:哪(?:个|座|一个|家)?|谁)(城市|市|地方|地|边|里|儿)?(会|能|可以)?(更|比较|相对|最)?(提|领|拿|给|办|补)?(得|的)?"
    rf"(要求|标准|条件|手续|时间|门槛|政策)?(更|比较|最)?{_MORE}{_LITTLE}"
    rf"|which (city|one|place|side)? ?.{{0,24}}{_COMPARATIVE}"
    rf"|(?<!or ){_COMPARATIVE}(?= .{{0,80}}\b(?:or|than)\b)"
    r"(?! than (?:\d|a |an |one|two|three|once|half|that|this|it|usual|before|allowed))",
    re.IGNORECASE,
)
"""Asks which of the two is the more of something."""
_ASKS_EN = re.compile(
    r"(?:^|[,;:.]\s*)(?:so |and |but )?"
    r"(?:(?:is|are|does|do|would|will|can|could|should|which|what|where|who)\b[^.;!?]{0,60})?"
    rf"{_COMPARATIVE}",
    re.IGNORECASE,
)
_ASKS_WHICH = re.compile("哪|谁")
_WHICH = re.compile(
    rf"((?:哪个?|哪座|谁)(?:城市|市)|哪边|哪里|哪个|谁)(?!更|比较|最)([^,，]{{1,12}}?)"
    rf"(?:(?:更|比较|最){_MORE}{_LITTLE}|{_MORE}(?:些|一些|点|一点|(?=\W*$)))"
)
"""「哪个城市办居住证更快」: what is compared stands inside."""
_RATHER = re.compile(
    rf"{_MORE}{_LITTLE}(?:还是|定系?)([^,，]{{1,16}}?)\1{_LITTLE}(?:呢|啊)?(?=\W*$|[,，])"
)
"""「深圳领得多还是东莞多」."""
_BETWEEN_CITIES = re.compile(r"(?<=深圳|东莞)(?:同|定(?:系|是)?)(?=[在去到]?(?:深圳|东莞))")
"""「深圳同东莞」,「深圳定东莞」."""
_AT_END = re.compile(
    rf"(还是)(?!先)([^,，]{{1,16}}?)(?:更|比较|会|要)?{_MORE}{_LITTLE}(?:呢|啊)?\W*$"
)
"""「深圳还是东莞办得快」."""
_THAN = re.compile(
    rf"(?:会不会|是不是|是否)?比(?![较例如方对赛重])([^,，]{{1,12}}?)(?:更|要|会|还)?"
    rf"{_MORE}{_LITTLE}(?:很多|得多)?[吗么嘛吧]?\W*$"
    rf"|(?:会不会|是不是|是否)?{_MORE}{_LITTLE}过((?:深圳|东莞)[^,，]{{0,8}}?)[吗么嘛吧]?\W*$"
)
"""「东莞比深圳容易吗」,「东莞平些过深圳」."""
_BY: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    ("time", re.compile(r"快(?!递|捷)|慢|\b(fast|quick|slow)(er|est)\b", re.IGNORECASE)),
    ("fee", re.compile(
        r"便宜|平(?=些|点|过|还是|定|$)|贵|省钱|\b(cheap|dear)(er|est)\b|expensive", re.IGNORECASE)),
    ("eligibility", re.compile(
        r"容易|易|难|宽|松|严|\b(easi|hard|tough|strict)(er|est)\b|difficult", re.IGNORECASE)),
    ("overview", re.compile(
        r"多|高|低|少|\b(more|most|less|least|fewer|higher|highest|lower|lowest)\b", re.IGNORECASE)),
)  # fmt: skip
"""The fact that says which is the more."""
_OWN = re.compile(r"余额|我[^,，]{0,6}账户里|\b(my|the) balance\b", re.IGNORECASE)
"""What somebody has, not what the rules are."""
_VERSUS = re.compile(r"\s*(?<![a-z])(?:vs\.?|pk|versus)(?![a-z])\s*", re.IGNORECASE)
_TWICE = re.compile(
    r"(?:深圳|东莞)市?的?([^,，。?？]{2,8})(?:和|与|跟|同|还是)(?:深圳|东莞)市?的?\1"
)
"""「东莞公积金和深圳公积金」: one thing in both cities."""
_TWO_CITIES = re.compile(
    r"两(地|市|边|个城市|座城市)|(?:哪个?|哪座|谁)(城市|市)|哪边|深莞"
    r"|(?:\b(?:of|in|between) )?(?:both|the two|two) cities|the two|(which|each) city|between the cities",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"(之间)?(到底)?(都)?(有(没有)?|是)?(什么|哪些|哪|啥|何|多大)?(的)?$|^(请)?(帮我)?(说说|讲讲|看看)?|^(在)"
    r"|^(我们?)(?=在|去|到|办|$)|(会不会|是不是|是否|会|更|要|得)$|(^|\s)[去到在]?办理?的?$",
    re.IGNORECASE,
)
_AROUND_EN = re.compile(
    r"^(is|are|does|do|would|will|can|could|should|where|which|what)\b(?!')\s*((is|are|does|do)\b\s*)?"
    r"((it|i|you|we|they)\b\s*)?((be|get|pay|cost|have)\b\s*)?(to\b|for\b)?\s*"
    r"|^(to|gives?|pays?|offers?|lets?|allows?|has)\s+"
    r"|^(what('s| is| are)?\b|how\b|is\b|are\b|tell me\b)?\s*(the )?(do|does|main )?\s*"
    r"(between|of|in|is|are)?\b\s*"
    r"|(\s+(what('s| is| are)|is there|are there|how do(es)?|are|is|do))?(\s+(they|the|a|any))?\s*$",
    re.IGNORECASE,
)
_JOIN = re.compile(
    r"\s*(?:、|和|与|跟|还是|(?<=[\u4e00-\u9fff]{2})(?<![不相])同(?=[\u4e00-\u9fff]{2})(?![样时意步等事城一标名])"
    r"|(?<=\s)(?:and|or|than|compared (?:to|with))(?=\s))\s*",
    re.IGNORECASE,
)
_OR = re.compile(r"\s(?:or|than)\s", re.IGNORECASE)
_LOOSE = re.compile(
    r"^(在|和|与|跟|的|同(?=\s)|and|in|or|than|between|of|for)+(?![a-z])\s*"
    r"|\s*(?<![a-z])(在|和|与|跟|and|in|or|than|between|of|for)+$",
    re.IGNORECASE,
)  # fmt: skip
_POINTING = re.compile(
    r"(the |these |those )?(them|these|those|it|this|that|both|two|ones?)( of them)?"
    r"|它们?|他们|[这那](两|几|些)?(个|者|项|种|样|件事?)?|[两二](者|个|项|样)|上面[这那]?(两)?个?|之间",
    re.IGNORECASE,
)
"""What was spoken of before."""
_ACT = re.compile(
    r"(?:注册|登记|办理?|申请|申领|提取|补办|换领|领取?|开)(?=.{2})"
    r"|(?:register|apply for|get|renew|replace|extend|open|set up|start|claim|withdraw(?: \w+)? for) ",
    re.IGNORECASE,
)
"""Said of the first, meant of both."""
_ACT_ALONE = re.compile(
    r"(to )?(apply|claim|extend|leave|move|register|renew|replace|stay|transfer|wait|withdraw)( it)?",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,，]\s*")


@dataclass(frozen=True)
class Compared:
    """What is compared. `things` has two texts for two matters, one or none for the two cities."""

    cities: bool
    things: tuple[str, ...]
    ranks: bool = False
    """Whether it asks which is the more of something (easier, cheaper), not only what differs."""
    by: Facet | None = None
    """The fact that says so; None where no single one does (「好」)."""


def compared(asked: Understood) -> Compared | None:
    """What the question compares; None when it compares nothing."""
    text = asked.text
    twice = _TWICE.search(text) is not None
    text = _as_which(_TWICE.sub(r"两市\1", text))
    match = _RANKS.search(text)
    ranks = match is not None and (asked.lang == "zh" or _asks_en(text))
    if _OWN.search(text) or not (ranks or _DIFFERS.search(text)):
        return None
    by = None
    if match is not None and ranks:
        by = next((facet for facet, words in _BY if words.search(match.group(0))), None)
    text = _VERSUS.sub("和" if asked.lang == "zh" else " and ", text)
    if len(set(asked.roles.values())) > 1 and not twice:
        return None  # circumstances: pays in one city, buys in the other
    cities = len(asked.cities) == 2 or bool(_TWO_CITIES.search(text))
    cities = cities or (by == "overview" and "哪里更" in text)
    bare = _RANKS.sub(_kept, text) if ranks else text
    bare = _TWO_CITIES.sub(" ", _DIFFERS.sub(" ", bare))
    bare = without_cities(bare) if asked.cities else bare
    if asked.cities and len(asked.cities) == 2 and not re.sub(r"[\W_]+", "", bare):
        bare = ""
    join = _OR if ranks and asked.lang == "en" and not cities else _JOIN
    parts = [part for part in map(_tidy, join.split(bare)) if part]
    parts = [part for part in parts if not _POINTING.fullmatch(part)]
    if cities:
        once = list(dict.fromkeys(parts))
        return Compared(True, (_longest(once),) if once else (), ranks, by)
    if not parts:
        return Compared(True, (), ranks, by)  # 「边度快啲」: of what was answered last
    if ranks:
        parts[0] = _CLAUSE.split(parts[0])[-1]
        parts[-1] = _CLAUSE.split(parts[-1])[0]  # and not what follows it (", I lost my job")
    if len(parts) != 2 or not all(map(_is_name, parts)):
        return None
    return Compared(False, (parts[0], _with_act(parts[1], parts[0])), ranks, by)


def _as_which(text: str) -> str:
    """The text with what it ranks put as "which is the more", whatever way it was put."""
    text = _BETWEEN_CITIES.sub("还是", text)
    text = _RATHER.sub(r"还是\2哪个更\1", text)
    text = _THAN.sub(lambda m: f"和{m[1] or m[4]}哪个更{m[2] or m[3]}", text)
    if not _ASKS_WHICH.search(text):
        text = _AT_END.sub(r"\1\2哪个更\3", text)
    if _RANKS.search(text):
        return text
    return _WHICH.sub(lambda m: f"{m[1]}更{m[3] or m[4]}{m[2]}", text)


def _asks_en(text: str) -> bool:
    return _ASKS_EN.search(text) is not None


def _kept(match: re.Match[str]) -> str:
    """What stands inside an English "which … is cheaper" stays."""
    words = re.sub(_COMPARATIVE, " ", match.group(0), flags=re.IGNORECASE)
    return f" {re.sub(r'^which (city|one|place|side)?', ' ', words)} " if words.isascii() else " "


def _with_act(second: str, first: str) -> str:
    """The second of two matters with the verb of the first, where it has none of its own."""
    act = _ACT.match(first)
    return second if act is None or _ACT.match(second) else act.group(0) + second


def _is_name(part: str) -> bool:
    """Whether words can be the name of a matter, not a story around it or an act alone."""
    if _ACT_ALONE.fullmatch(part):
        return False
    return len(part.split()) <= MOST_WORDS and (part.isascii() or len(part) <= MOST_CHARS)


def _longest(parts: list[str]) -> str:
    """「深圳租房提取和东莞租房提取」 names one matter twice; the fuller naming counts."""
    return max(parts, key=len)


def _tidy(text: str) -> str:
    """Without the words that only hold a comparison together."""
    before = None
    while before != text:
        before = text
        text = " ".join(text.strip(" ,，.。?？!！:：;").split())
        text = (_AROUND_EN if text.isascii() else _AROUND).sub("", text)
        text = _LOOSE.sub("", text).strip()
    return text


def compares(text: str) -> bool:
    """Whether a resident's words compare the cities or two matters by name."""
    wanted = compared(understand(text))
    return wanted is not None and bool(wanted.things)
