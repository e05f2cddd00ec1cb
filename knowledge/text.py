"""What a resident's words mean before any search: script, dialect, fillers, cities, language.

`understand` is the one entry: pure, no model, tens of microseconds. It decides which city each fact
belongs to (「我在东莞交公积金，想在深圳买房」: contributes in Dongguan, buys in Shenzhen). It never
drops a word that carries meaning from `text`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

import zhconv_rs

from core.cards import City
from core.i18n import Lang, detect_lang
from knowledge.lexicon import (
    CANTONESE,
    CANTONESE_MARKS,
    COUNTRIES,
    COUNTRIES_EN,
    ELSEWHERE,
    FILLERS_ALONE_ZH,
    FILLERS_EN,
    FILLERS_ZH,
    KEEP,
    KIN,
    PINYIN_EN,
    PLACE_HOMOPHONES,
    PLACES,
    PLACES_EN,
)
from knowledge.model import DecidingFact
from knowledge.places import elsewheres
from knowledge.stated import Mention, away, destination, read_facts, without_circumstances
from knowledge.whose import since_correction


@dataclass(frozen=True)
class Understood:
    """A question, taken apart."""

    original: str
    text: str
    """Simplified, Mandarin words, fillers gone; cities kept."""
    core: str
    """`text` without city names: what is searched for."""
    lang: Lang
    cantonese: bool
    cities: tuple[City, ...]
    """Cities named, in order of appearance, each once."""
    said: dict[DecidingFact, City] = field(default_factory=dict)
    """Which city which fact of the resident's lies in, where he states it."""
    roles: dict[DecidingFact, City] = field(default_factory=dict)
    """The same where both cities are named, each fact by the city nearest to it as well."""
    destination: City | None = None
    """The city that something is to be moved to."""
    away: frozenset[DecidingFact] = frozenset()
    """Facts that lie in neither of our cities."""
    open: frozenset[DecidingFact] = frozenset()
    """Facts told of somebody else, or two ways: nothing said, now or before, tells where they lie."""
    elsewhere: bool = False
    """Another city than ours is named and neither of ours, or another place's document is wanted."""
    kept_elsewhere: bool = False
    """It is for what another place keeps (「湖北社保卡丢了」), with neither of our cities named."""
    foreign: bool = False
    """It is the document of another country or region that is to be replaced."""
    passing: bool = False
    """The other city is only where one goes or comes from (「去广州住院」), not whose service it is."""

    @property
    def of_another_place(self) -> bool:
        """Whether it is for another city than ours, or what another place keeps."""
        return self.elsewhere or self.kept_elsewhere


_PASSED_AWAY = re.compile(
    r"((?:爸爸?|妈妈?|父亲|母亲|爷爷|奶奶|外公|外婆|姥姥|姥爷|公公|婆婆|岳父|岳母|老人|亲人|家人|老伴)"
    r"(?:(?:昨天|前天|今天|今早|昨晚|上周|上个?月|前几天|前不久|刚刚|刚|突然|已经|去年|今年)*))"
    r"(?:走了|没了|不在了)(?=[,，。.!！?？;；]|$|之后|以后|后[,，]?|，)"
)
"""Said gently of a death."""
_SPACES = re.compile(r"\s+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_CANTONESE = re.compile("|".join([*map(re.escape, KEEP), *(re.escape(k) for k, _ in CANTONESE)]))
_MISHEARD = re.compile("|".join(map(re.escape, PLACE_HOMOPHONES)))
_PINYIN = re.compile(r"\b(?:" + "|".join(map(re.escape, PINYIN_EN)) + r")\b")
_ENGLISH_WORDS = re.compile(
    r"\b(the|my|is|in|for|how|what|where|when|which|can|i|do|does|to|of|and|need|get|an?|with|if|from)\b"
)
_CANTONESE_MAP = dict(CANTONESE)
_POTENTIAL = re.compile(r"([\u4e00-\u9fff])[唔不]\1(?:得|到(?!底))")
"""「入唔入到」, 「领唔领得」: whether one can."""
_MARKS = re.compile(
    f"[{CANTONESE_MARKS}]|点样|边度|几钱|几多|几耐|边间|系咪|返工|出粮"
    "|嫲|生果金|老豆|细路|揸车|屋企|供楼|想知唔|有得攞"
)
_WAGES = re.compile(
    r"(拖欠|欠|冇出|没有出|不出|唔出|出|追|讨)(我|我们|人)?(的|嘅)?人工(?!客服|服务|坐席)"
)
_POINT = re.compile(
    r"(?<![几一二三四五六七八九十两网地优缺重终起站热景上下早晚有差快慢\d])点"
    r"(?=(办理|办|申请|提|领|补|换|查|交|转|开|做|去|拿|取|报|投诉|先可以|可以|入户|迁|续|登记|激活))"
)
_FILLERS_ZH = re.compile("|".join(sorted(map(re.escape, FILLERS_ZH), key=len, reverse=True)))
_ALONE_ZH = re.compile(
    rf"(?:^|(?<=[,，。.!！?？~、\s]))(?:{'|'.join(FILLERS_ALONE_ZH)})+(?=[,，。.!！?？~、\s]|$|我|你|请|想|问)"
)
_FILLERS_EN = re.compile(r"\b(?:" + "|".join(FILLERS_EN) + r")\b[,.!]?", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?<=[\u3400-\u9fff]{2})(的事情?|的?问题|的业务|相关业务|方面)(?=$|[?？!！。])"
)
_TAIL = re.compile(r"[呢啊吧呀啦嘛哈喔噢哦架嘎㗎咯喇嘞]+(?=[？?！!。，,.\s]|$)")
_REPEAT = re.compile(r"([\u3400-\u9fff]{2,6})\1+")
_PUNCT = re.compile(r"[\s，,。.！!？?；;：:、…~～·\"'“”‘’()（）\[\]【】《》<>—–\-/\\|]+")


_LAPSED = r"丢|掉了|换|补|到期|过期|续|失效|被偷|不见"
_FOREIGN = re.compile(
    rf"({'|'.join(COUNTRIES)})护照(快|要|已经|都)?(了)?.{{0,3}}({_LAPSED})"
    rf"|({_LAPSED}|办理?|领)(发|领|办|理|新|一?本|张|我|的)*({'|'.join(COUNTRIES)})护照"
    rf"|(香港|澳门)(永久性?居民)?身份证.{{0,4}}({_LAPSED}|预约)|({_LAPSED})(领|办)?(香港|澳门)(永久性?居民)?身份证"
    r"|\b(renew|replace|extend|lost|reissue|expir\w+|get|apply for)\b[^,.]{0,16}"
    rf"\b({'|'.join(COUNTRIES_EN)}) passport"
    rf"|\b({'|'.join(COUNTRIES_EN)}) passport (is|was|has|got)? ?(lost|expir\w+|stolen|renew\w*)"
    r"|\b(renew|replace|lost)\b[^,.]{0,12}\b(hong kong|hk|macau|macao) (id|identity) card",
    re.IGNORECASE,
)
"""A document of another place is to be replaced."""


def _city_pattern() -> re.Pattern[str]:
    groups = []
    for city in PLACES:
        zh = "|".join(sorted(PLACES[city], key=len, reverse=True))
        en = "|".join(sorted(PLACES_EN[city], key=len, reverse=True))
        groups.append(f"(?P<{city}>{zh}|(?<![a-z])(?:{en})(?![a-z]))")
    return re.compile("|".join(groups) + "|(?<![a-z])莞(?=[市的办交])|深莞", re.IGNORECASE)


_CITY = _city_pattern()
_BEGINS = re.compile(r"(^|[,，。.!！?？;；\s])在?$")
_IN_CITY = re.compile(r"\b(in|at|from|for|of|to|within)\s+$", re.IGNORECASE)
_ELSEWHERE = re.compile("|".join(ELSEWHERE), re.IGNORECASE)
_PASSING = re.compile(
    r"(在|去|到|从|由|往|回|转到|迁到|(?<![a-z])(to|from|at|in) )(" + "|".join(ELSEWHERE) + ")"
    r"|("
    + "|".join(ELSEWHERE)
    + ")(市|省|那边|老家)?(的?(?:公积金|社保|医保|养老保险?|户口|学籍)[^,，。]{0,4}(?:转|迁)"
    r"|急诊|住院|看病|看的病|做的?手术|出差|出的事|生的|读书|打工|买的)",
    re.IGNORECASE,
)

_EITHER = re.compile(
    r"(去|在|到|是)?(深圳市?|东莞市?)还是(去|在|到)?(深圳市?|东莞市?)(那?边)?(办理?|申请)?"
    r"|,? ?\b(in )?(shenzhen|dongguan) or (in )?(shenzhen|dongguan)\b",
    re.IGNORECASE,
)

_FRAME_START = re.compile(
    r"^(?:我|俺|我们)?(?:现在)?(?:想|要|想要|需要|打算|准备)(?:去)?(?:办理|申办|申请|办|弄|搞)"
    r"(?:一下|一个|一张|个|张|下)?(?=..)"
    r"|^(?:要|该|应该)?(?:怎么|怎样|如何|咋)(?:去)?(?:办理|申办|申请|办|弄)(?:一下|一个|一张|个|张|下)?(?=..)"
)
_FRAME_END = re.compile(
    r"(?:我)?(?:要|该|应该|得)?(?:怎么|怎样|如何|咋)(?:办理|申办|申请|办|弄|搞|处理)(?:呢|啊|呀|哦|的|啦)?$"
)


_ASKING_END = re.compile(
    r"[,，]?(?:我|大概|一共|现在)?(?:需不需要|要不要|用不用|是否需要|需要|要|得|应该|可以|能)?(?:先|提前)?"
    r"(?:在哪里?|去哪里?|到哪里?|在?哪儿|哪个(?:窗口|部门)|预约(?:先的?|吗)|要不要预约|多少钱|多久|多长时间|几天|什么材料|哪些材料)"
    r"(?:才可以|可以|能|才能|才|先)?(?:办理?|申请|拿到|办好|得|先得)?(?:吗|呢|的)?$"
)


_AGENT = re.compile(
    rf"(?:能不能|可不可以|能否|可以|可否|能)?(?:(?:委托|拜托|托)(?:我的?)?(?:{KIN})(?:代替|代|替|帮)?(?:我|忙)?"
    rf"|(?:让|叫|请|找)(?:我的?)?(?:{KIN})(?:(?:代替|代|替|帮)(?:我|忙)?|(?=[领拿取])))(?:去|来|过去|过来)?"
)


def without_agent(text: str) -> str:
    """Text that says "by somebody else" where it names whom one sends (「能委托老婆去补吗」): who that is
    tells no matters apart. Untouched where an authority is to be notarised."""
    return text if "公证" in text else _AGENT.sub("代", text)


def without_asking(text: str) -> str:
    """Text without the words at its end that ask where, when, how much, with what: clause by clause
    from the last. For collections, whose documents are told apart by the matter alone."""
    while (shorter := _ASKING_END.sub("", text).strip(" ,，.。")) != text and len(shorter) > 1:
        text = shorter
    return text


def simplify(text: str) -> str:
    """NFKC, one line, simplified characters, lower-case Latin; nothing else changed."""
    clean = _CONTROL.sub(" ", unicodedata.normalize("NFKC", text))
    clean = zhconv_rs.zhconv(clean, "zh-cn").lower()
    return _SPACES.sub(" ", _HAN_GAP.sub("", clean)).strip()


def _mandarin(text: str) -> str:
    text = _WAGES.sub(lambda m: m.group(0).replace("人工", "工资"), text)
    if _MARKS.search(text):
        text = _POINT.sub("怎么", text)
        text = _CANTONESE.sub(lambda m: _CANTONESE_MAP.get(m.group(0), m.group(0)), text)
        text = _POTENTIAL.sub(r"能不能\1", text)
    return text


def _without_pinyin(text: str) -> str:
    """Chinese words in an English sentence in English; pinyin throughout stays, to be read as such."""
    if _ENGLISH_WORDS.search(text) is None:
        return text
    return _PINYIN.sub(lambda m: PINYIN_EN[m.group(0)], text)


def _strip(text: str, lang: Lang) -> str:
    if lang == "en":
        out = _FILLERS_EN.sub(" ", text)
    else:
        out = _REPEAT.sub(r"\1", _FILLERS_ZH.sub("", _ALONE_ZH.sub("", text)))
        out = _ABOUT.sub("", _TAIL.sub("", out))
    out = _SPACES.sub(" ", out).strip(" ,，.。!！~～…、;；")
    return out or text


def cities_in(text: str) -> list[Mention]:
    """(city, start, end) of each mention in simplified text."""
    found: list[Mention] = []
    for match in _CITY.finditer(text):
        if match.group(0) == "深莞":
            continue
        city: City = "shenzhen" if match.lastgroup == "shenzhen" else "dongguan"
        found.append((city, match.start(), match.end()))
    return found


def without_cities(text: str) -> str:
    """Text with our cities' names (and an English "in" before them) taken out."""
    text = _EITHER.sub("", text) or text
    parts: list[str] = []
    at = 0
    for _city, start, end in cities_in(text):
        before = _IN_CITY.sub("", text[at:start])
        parts.append(before.removesuffix("在"))
        at = end + 1 if text[end : end + 1] == "的" and _BEGINS.search(before) else end
    parts.append(text[at:])
    out = _SPACES.sub(" ", "".join(parts)).strip(" ,，.。")
    return out or text


def without_frame(text: str) -> str:
    """Text without the words that only say "I want to get done" or "how is it done": every matter can
    be asked so, and the words tell none apart. What is asked about it is read from the whole text."""
    out = _FRAME_END.sub("", _FRAME_START.sub("", text)).strip(" ,，.。")
    return out if len(out) > 1 else text


def understand(text: str, *, lang: Lang | None = None) -> Understood:
    """Take a question apart; `lang` overrides the language of the words."""
    original = text
    simple = simplify(text)
    is_yue = bool(_MARKS.search(simple))
    spoken = detect_lang(simple, lang or "zh")
    simple = _mandarin(simple) if spoken == "zh" else _without_pinyin(simple)
    simple = _MISHEARD.sub(lambda m: PLACE_HOMOPHONES[m.group(0)], simple.replace("’", "'"))
    clean = _PASSED_AWAY.sub(r"\1去世了", _strip(simple, spoken))
    named = cities_in(clean)
    valid = since_correction(clean)
    mentions = [mention for mention in named if mention[1] >= valid] or named
    cities = tuple(dict.fromkeys(city for city, _, _ in mentions))
    bare = without_cities(without_circumstances(clean, named))
    gone = away(clean, named)
    told = read_facts(clean, mentions)
    foreign = bool(_FOREIGN.search(clean))
    return Understood(
        original=original,
        text=clean,
        core=without_frame(without_agent(bare)) if spoken == "zh" else bare,
        lang=spoken,
        cantonese=is_yue,
        cities=cities,
        said={fact: city for fact, city in told.said.items() if fact not in gone},
        roles={fact: city for fact, city in told.roles.items() if fact not in gone},
        open=told.open,
        destination=destination(clean, mentions),
        away=gone,
        elsewhere=foreign or (not cities and bool(_ELSEWHERE.search(clean))),
        kept_elsewhere=not cities and elsewheres(clean),
        foreign=foreign,
        passing=not foreign and bool(_PASSING.search(clean)),
    )


def squash(text: str) -> str:
    """Text without punctuation or spaces, for comparisons."""
    return _PUNCT.sub("", text)
