"""Which city each fact of a resident's lies in, from his own words.

Two readings: what he *states* of himself (「我在东莞交公积金」「东莞的社保卡」), which is remembered and
given as the reason; and, in a sentence that names both cities, which city each fact *stands nearest to*
(「想在深圳买房」). A statement wins over nearness. Pure: regular expressions over normalised text and
the places where it names a city.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.cards import City
from knowledge.lexicon import KIN
from knowledge.model import DecidingFact
from knowledge.places import place_spans
from knowledge.whose import Claim, People, counting, people_in, time_of

_I = re.IGNORECASE
Mention = tuple[City, int, int]
"""(city, start, end) in the text."""
Stated = dict[DecidingFact, City]

SAME_WAY: Mapping[DecidingFact, tuple[DecidingFact, ...]] = {
    "contribution_city": ("insured_city", "account_city", "employer_city"),
    "insured_city": ("contribution_city", "employer_city"),
    "account_city": ("contribution_city",),
    "employer_city": ("contribution_city",),
    "premises_city": ("employer_city",),
    "event_city": (),
}
"""Facts that tell another one where it is not said itself: who works in a city is insured there."""

EACH_OWN: frozenset[DecidingFact] = frozenset(
    {"contribution_city", "insured_city", "account_city", "employer_city", "hukou_city"}
)
"""Facts that one grown person of a household does not share with another."""
_PAID: frozenset[DecidingFact] = frozenset({"contribution_city", "insured_city", "account_city"})
"""Facts that follow from where one works, whatever city is named beside them."""


def _compiled(
    table: Sequence[tuple[DecidingFact, str]],
) -> tuple[tuple[DecidingFact, re.Pattern[str]], ...]:
    return tuple((fact, re.compile(pattern, re.IGNORECASE)) for fact, pattern in table)


_SAID = _compiled((
    ("contribution_city", r"(交|缴|缴存|买|上|供)(的|了|着|过)?(是)?(住房)?(公积金|社保|五险一金)"
     r"|(公积金|社保|五险一金)(账户|一直)?(都)?(是)?((交|缴|买|开)(的)?(是)?|(交|缴|买|开)?在)"
     r"|(公积金|社保|五险一金)(账户|一直|都)*是"
     r"|(pay|paid|paying|contribut\w*)\b.{0,24}(fund|insurance|social security)"
     r"|(fund|insurance|social security)( account)? is (paid )?in"),
    ("insured_city", r"参保|(上|买|交|缴)(的|了|着|过)?医保"
     r"|医保(是)?((交|缴|买)在|在(?![^,，。]{0,6}(看|住院|就医|报|用|买药)))|\binsured\b"),
    ("property_city", r"买(了|的|个|一套|套)?(新|二手)?房|房子(是)?(买|都)?在|有(一套|套)?房"
     r"|(home|house|flat|apartment) is in|\b(buy|buying|bought)\b"),
    ("hukou_city", r"(户口|户籍)(还|一直|都|也)*(是|落)?在|(户口|户籍)(还|一直|都|也)*是(?!不是|哪|什么)"
     r"|(户口|户籍)(的)?(?=[,，。?？]|$)|hukou"),
    ("school_city", r"上学|读书|就读|上(小学|初中|高中)|\bschool\b"),
    ("employer_city", r"上班|(?<!没)(?<!没有)(?<!找)工作|打工|(公司|单位|工地|厂)(是)?在"
     r"|(?<!not )(?<!no )\b(work|works|working|employer|company is|office is)\b"
     r"|(?<!no )(?<!find a )(?<!for a )\bjob\b"),
    ("residence_city", r"住在|居住|(?<!常)住(?=[,，。?？]|$|的|着|了|过)"
     r"|(?<![\u3400-\u9fff])(我)?人(现在|一直|都|也)*在|租(了)?(个)?房住|\b(live|lives|living)\b"),
    ("premises_city", r"开(了)?(个|家)?(店|公司)|注册在|店在|\b(shop|restaurant|premises)\b"),
))  # fmt: skip
_FUND = re.compile(r"公积金|\b(housing|provident) fund\b", re.IGNORECASE)
_FUND_ASKED = re.compile(
    r"[,，。.?？;；].*(公积金|提取|提出|能提|怎么提|取出|贷款|\bwithdraw|\bfund\b|\bloan\b)",
    re.IGNORECASE,
)
_SOCIAL_ASKED = re.compile(
    r"[,，。.?？;；].*(社保|医保|养老|失业|生育|工伤|津贴|参保|\binsurance\b|\bpension\b|unemploy|maternity)",
    re.IGNORECASE,
)
_OWN = _compiled((
    ("contribution_city", r"(市|那?边)?的?(住房)?公积金(?!(管理)?中心|局|大厅|窗口)"
     r"|('s)? (housing|provident) fund\b(?! (cent|office))"),
    ("insured_city", r"(市|那?边)?的?(社保|医保|养老保险|社会保障)(?!局|中心|大厅|窗口)"
     r"|('s)? (social security|medical insurance|social insurance)\b(?! (office|cent|bureau))"),
))  # fmt: skip
"""After a city: a thing that belongs to it (「东莞的公积金」)."""
_NOT_AT = re.compile(r"(在|去|到|回|来|(?<![a-z])(in|at|to) )$", re.IGNORECASE)
_NEAR = _compiled((
    ("contribution_city", r"公积金|(housing|provident) fund"),
    ("insured_city", r"(交|缴|参|买|上)(的|了|着|过)?(社保|医保|保险)|参保|(社保|医保)(在|关系)"
     r"|insured|insurance|social security"),
    ("property_city", r"买(了|的|个|一套|套)?(新|二手)?房|购房|置业|房产|有房|的房子|首付|房贷"
     r"|bought|buy(ing)?|purchas|own a|home|house|flat|apartment|mortgage"),
    ("hukou_city", r"户口|户籍|hukou|household regist"),
    ("school_city", r"上学|读书|入学|学位|[上读](小学|初中|高中|幼儿园)|念书|转学|school"),
    ("employer_city", r"上班|(?<!没)(?<!没有)(?<!找)工作|打工|的公司|就业|单位"
     r"|work(ing|s)?|employ|job|company"),
    ("residence_city", r"住|租|居住|生活|liv(e|ing)|rent|stay|reside"),
    ("premises_city", r"开店|开了|开(一|个|家|间|新|分|子)*(店|公司|厂)|店|经营"
     r"|(注册|设立|成立)(一|个|家|间|新|分|子)*公司|shop|restaurant|premises|branch"
     r"|(register|set up|open|start)\w* (a|my|our|the) (new )?(company|business)"),
    ("event_city", r"就医|看病|住院|生孩子|出生|hospital|treat|born"),
))  # fmt: skip
_JOINED = re.compile(r"市?的?|('s)? ", re.IGNORECASE)
_AHEAD = re.compile(r"的?在|[a-z ]{0,16}\b(in|at|to) ", re.IGNORECASE)
_WISH = re.compile(r"[，,。.；;！!？?\s]*(想|要在|准备|打算|\bwant)", re.IGNORECASE)
_WISHED: frozenset[DecidingFact] = frozenset({"school_city", "property_city", "premises_city"})
"""Facts of which a wish tells more than what is now (「在虎门读小学，想去深圳读初中」)."""
_CLAUSE = re.compile(
    r"[，,。.；;！!？?\n]|但是|但|想|要在|准备|打算|\bbut\b|\band\b|\bwant", re.IGNORECASE
)
_NEGATED = re.compile(
    r"(没有?|不是|非|无|不(再|是|住)?(在|住)?|没(有)?在|\bno) ?$"
    r"|(\bnot|n't|\bnever|\bno longer)(\s+(an?|the|any|in|from|at|to|have|got|been|insured|pay(ing)?|paid"
    r"|live|living"
    r"|work(ing)?|employed|registered|based|covered|enrolled|contribut\w+|social|security|insurance|housing|fund))*\s*$",
    re.IGNORECASE,
)
"""Before a city: what follows is not there (「没有深圳户口」, "not insured in Shenzhen")."""
_NOT = re.compile(r"没|不|\b(no|not|never|stopped|left)\b|n't", re.IGNORECASE)
_MOVES_TO = re.compile(
    r"(搬家?|搬迁)(到|去|来|至|回)$|\b(mov\w+|relocat\w+)\b.{0,24}\bto $", re.IGNORECASE
)
_TOWARDS = re.compile(
    r"(转|迁|移|调|搬|挪|过户)[^,，。;；!！?？]{0,6}(到|去|入|回|至|进)$|(转|迁)$"
    r"|\b(mov|transfer|relocat|switch|chang)\w*\b[^,.;!?]{0,48}\b(to|into) $",
    re.IGNORECASE,
)
_HOMEWARDS = re.compile(
    r"(迁|转|调|搬|挪|落)(回|到|去|往)(我们?|他|她)?的?(老家|外省|原籍|乡下)(?!深圳|东莞)"
    r"|\b(mov|transfer)\w*\b[^,.;!?]{0,32}\b(to|into) (my |our |his |her )?(home ?town|another province)",
    re.IGNORECASE,
)
_MINE = re.compile(r"我|本人|咱|俺|\b(i|i'm|i've|my|we|our)\b", re.IGNORECASE)
_BREAK = re.compile(r"[，,。.；;！!？?\n]+ ?|但是|但|\bbut\b|\band\b", re.IGNORECASE)
_CIRCUMSTANCE = re.compile(
    r"(因为|虽然|不过|其实)?(我|本人|咱|俺|我们|我人|人|我自己|我老公|我老婆)?(现在|目前|平时|平常|一直|都|长期|是|也)*"
    r"(在|住|于|那边|这边|的|一家|一个|公司|工厂|厂|企业|单位|里面|里|上班|工作|打工|做事|生活|居住)+(了|着|呢|人)?"
    r"|(although |because |as |since )?(i|we|my (husband|wife)|i'm|we're)?( am| are| is)?"
    r"( currently| now| both| still)?"
    r"( ?(and )?\b(work|live|stay|works|lives|working|living|based|employed)( in)?)+ *",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"(我|我们|本人|咱|俺|老公|老婆)?(们|家)?(都|也|本来)?(是|老家|户口|户籍|身份证|在|的|那边|来的|过来的|人|农村)*"
)
_DOES = re.compile(r"住|上班|工作|打工|做事|生活|work|liv|stay|based|employ", re.IGNORECASE)
_SAYS = re.compile(
    r"[^\u3400-\u9fffa-z]|我|想|要|该|应|怎|么|样|如何|办|理|弄|什|哪|里|去|能|可|以|吗|呢|的|了|证|在|是|有"
    r"|\b(how|what|where|do|does|can|i|my|the|a|an|to|is|it|should|need|get|please|about|there|for|and|but)\b",
    re.IGNORECASE,
)
_LEAST = 2
"""Characters (letters: twice as many) that say something, without which nothing is left to search for."""


def without_circumstances(text: str, mentions: Sequence[Mention]) -> str:
    """Text without the clauses that only say in which of our cities one lives or works, or from where one
    is; whole where nothing else is asked."""
    kept, at, dropped = "", 0, False
    for gap in [*_BREAK.finditer(text), None]:
        end, after = (gap.start(), gap.end()) if gap else (len(text), len(text))
        clause = text[at:end]
        for _, start, stop in reversed([m for m in mentions if at <= m[1] < end]):
            clause = clause[: start - at] + clause[stop - at :]
        plain = " ".join(clause.split())
        ours = clause != text[at:end]
        lives = ours and _DOES.search(plain) and _CIRCUMSTANCE.fullmatch(plain)
        if lives or (not ours and _comes_from(plain)):
            dropped = True
        else:
            kept += text[at:after]
        at = after
    said = _SAYS.sub("", kept)
    enough = _LEAST * (1 if re.search(r"[\u3400-\u9fff]", said) else 2)
    return kept.strip() if dropped and len(said) >= enough else text


def _comes_from(clause: str) -> bool:
    """Whether a clause only says from which other place somebody is (「江西赣州户口」)."""
    spans = place_spans(clause)
    for start, end in reversed(spans):
        clause = clause[:start] + clause[end:]
    return bool(spans) and _ORIGIN.fullmatch(" ".join(clause.split())) is not None


@dataclass(frozen=True)
class Told:
    """What a text says of where the facts lie."""

    said: Stated
    """Stated: never a mere wish to know."""
    roles: Stated
    """Where the text names both cities: these, and each other fact by the city nearest to it."""
    open: frozenset[DecidingFact]
    """Facts told of somebody else, or two ways: the words do not tell where they lie."""


def read_facts(text: str, mentions: Sequence[Mention]) -> Told:
    """The facts of a text with the cities it names."""
    people = people_in(text)
    several = len({city for city, _, _ in mentions}) > 1
    stated = _stated(text, mentions, people)
    affirmed = [m for m in mentions if not _negated(text, m)]
    if several:
        for fact, (city, at) in _own(text, affirmed).items():
            stated.setdefault(fact, [Claim(city, at, people.at(at), 1)])
    said, unclear = _settled(stated, people, firm=True)
    for city, start, _ in affirmed:
        if _MOVES_TO.search(text[:start]):
            said.setdefault("residence_city", city)
    plain = {"contribution_city", "residence_city"} & said.keys()
    if not (plain or several or _MINE.search(text)):
        said = {}
    if not several:
        return Told(said, {}, unclear)
    near, doubtful = _settled(_near(text, affirmed, people), people, firm=False)
    told = {
        fact: city
        for fact, city in near.items()
        if fact not in unclear
        and (fact not in _PAID or all(said.get(f, city) == city for f in SAME_WAY[fact]))
    } | said
    if "contribution_city" in told:
        told.setdefault("account_city", told["contribution_city"])
    return Told(said, told, unclear | (doubtful - told.keys()))


Claims = dict[DecidingFact, list[Claim]]


def _settled(
    claims: Claims, people: People, *, firm: bool
) -> tuple[Stated, frozenset[DecidingFact]]:
    """(the city that counts of each fact, the facts of which none does)."""
    found = {
        fact: counting(own, people, own=fact in EACH_OWN, firm=firm) for fact, own in claims.items()
    }
    return (
        {fact: city for fact, city in found.items() if city is not None},
        frozenset(fact for fact, city in found.items() if city is None),
    )


def _stated(text: str, mentions: Sequence[Mention], people: People) -> Claims:
    """What the clauses that name one city state. One that follows on what is no more, or not so, and
    names the other city says where it is instead (「不在深圳参保，在东莞」)."""
    out: Claims = {}
    paid: dict[int, bool] = {}
    instead: tuple[City, list[DecidingFact]] | None = None
    for left, right, here in _clauses(text, mentions, people):
        if not here:
            continue
        if len({city for city, _, _ in here}) > 1:
            instead = None
            continue
        city, start, _ = here[0]
        negated, when = _negated(text, here[0]), time_of(text[left:right])
        wished = _WISH.match(text, left) is not None
        found = [
            (fact, max(start, match.start()))
            for fact, pattern in _SAID
            if (match := pattern.search(text, left, right))
        ]
        plain = not (negated or _NOT.search(text, left, right))
        if not found and instead is not None and instead[0] != city and plain:
            found = [(fact, start) for fact in instead[1]]
            when = 2
        for fact, at in () if negated else found:
            claim = Claim(city, at, people.at(at), when, wished and fact in _WISHED)
            out.setdefault(fact, []).append(claim)
            paid[at] = _FUND.search(text, left, right) is not None
        gone = negated or when == 0
        instead = (city, [fact for fact, _ in found]) if gone and found else None
    contributions = out.get("contribution_city", [])
    asks_fund = _asks_fund(text[max(paid, default=0) :])
    own = [claim for claim in contributions if paid[claim.at] == asks_fund]
    if own and asks_fund is not None:
        out["contribution_city"] = own
    return out


def _asks_fund(question: str) -> bool | None:
    """Whether the words after what is told are about the housing fund (not social insurance): people pay
    the two in different cities. None where they do not tell."""
    fund, social = _FUND_ASKED.search(question), _SOCIAL_ASKED.search(question)
    return None if bool(fund) == bool(social) else bool(fund)


def _near(text: str, mentions: Sequence[Mention], people: People) -> Claims:
    """The facts that are spoken of at all, each with the city nearest to it in its clause."""
    out: Claims = {}
    for left, right, here in _clauses(text, mentions, people):
        wished, when = _WISH.match(text, left) is not None, time_of(text[left:right])
        for fact, pattern in _NEAR:
            for match in pattern.finditer(text, left, right) if here else ():
                city = _nearest(text, match, here)
                at = max(
                    [match.start(), *(s for c, s, _ in here if c == city and s < match.start())]
                )
                claim = Claim(city, at, people.at(at), when, wished and fact in _WISHED)
                out.setdefault(fact, []).append(claim)
    return out


def _negated(text: str, mention: Mention) -> bool:
    """Whether a city is named as one where something is not."""
    return _NEGATED.search(text[: mention[1]]) is not None


def of_others(text: str) -> bool:
    """Whether somebody else is spoken of (「我爸上周走了，公积金在深圳」): then it cannot be told whose fact
    it is."""
    return _OTHERS.search(text) is not None


def of_another(text: str) -> bool:
    """Whether the question is of another grown person (「她去哪领」): what the resident said of himself tells
    nothing of her."""
    return people_in(text).asked_of(()) in (
        "wife",
        "husband",
        "mother",
        "father",
        "relative",
        "friend",
    )


def away(text: str, mentions: Sequence[Mention]) -> frozenset[DecidingFact]:
    """Facts that the words place in neither of our cities (「户口在江西赣州」, "insured in Hunan")."""
    ours = {at for _, start, end in mentions for at in range(start, end)}
    home = {fact for fact, pattern in _HOME if pattern.search(text)}
    return frozenset(home) | frozenset(
        fact
        for fact, before, after in _THIRD
        for start, end in place_spans(text)
        if not ours.intersection(range(start, end))
        and (before.search(text[:start]) or after.match(text, end))
    )


def leaves_for_home(text: str) -> bool:
    """Whether something is to be moved to neither of our cities (「深圳户口迁回老家」)."""
    return _HOMEWARDS.search(text) is not None


def destination(text: str, mentions: Sequence[Mention]) -> City | None:
    """The city that something is to be moved to (「深圳公积金转到东莞」); None where none is named."""
    found = {city for city, start, _ in mentions if _TOWARDS.search(text[:start])}
    return found.pop() if len(found) == 1 else None


_OTHERS = re.compile(
    rf"(?:我|俺|咱)(?:的|们)?(?!人)(?:{KIN}|爷爷|奶奶|外公|外婆|阿爸|阿妈|孩子|娃|宝宝|亲人|老板)|老公|老婆|妻子|丈夫|父亲|母亲|爸妈|父母|孩子|小孩|儿子|女儿|老爸|老妈"
    r"|\b(?:his|her|their|wife|husband|father|mother|dad|mum|mom|parents?|son|daughter|kid|child|baby|friend|grand\w+)\b",
    _I,
)
_HOME = _compiled((
    ("hukou_city", r"(户口|户籍)(还|一直|都|是|也)*在(老家|外省|乡下)(?!深圳|东莞)|老家的?(户口|户籍)"),
    ("insured_city", r"(老家|外省|乡下)(?!深圳|东莞)(交|买)?的?(社保|医保|农保|新农合)"
     r"|(社保|医保|农保|新农合)(还|一直|都|是|也)*(交|缴|买)?在(老家|外省|乡下)(?!深圳|东莞)"
     r"|home insurance|insur\w+ (back home|in (my|her|his|their) home ?town)"),
))  # fmt: skip
_THIRD: tuple[tuple[DecidingFact, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "hukou_city",
        re.compile(
            r"(户口|户籍|hukou)(还|一直|都|是|也)*(随[妈爸父母][妈爸亲]?)?(在|是|是在|落在|is in|in|from)? ?$",
            _I,
        ),
        re.compile(r"[省市县]?(那边|老家)?的?(户口|户籍)|('s)? hukou", _I),
    ),
    (
        "insured_city",
        re.compile(
            r"((社保|医保|参保)(还|一直|都|是|也)*(交|缴|买)?(在|是|是在)?|insured in|insurance (is )?in) ?$",
            _I,
        ),
        re.compile(r"[省市县]?(那边|老家)?的?(社保|医保|参保|交的?社保|交的?医保)", _I),
    ),
    (
        "employer_city",
        re.compile(
            r"(公司|单位|厂|工地|老板|上班)(其实|实际|现在|注册|都|是|就)*(在|是在|注册在) ?$"
            r"|\b(company|employer|office|factory|job|boss) (is |sits |was )?(registered )?(actually )?in $"
            r"|\b(work|working|employed) in $",
            _I,
        ),
        re.compile(r"[省市县]?(那边)?的?(公司|单位|厂)(上班|工作|打工)?", _I),
    ),
    (
        "contribution_city",
        re.compile(
            r"公积金(账户|一直|还|都|是|也)*(交|缴|存|开)?(在|是在|是) ?$|\b(housing"
            r"|provident) fund (is )?(paid )?in $",
            _I,
        ),
        re.compile(
            r"[省市县]?(那边)?的?(住房)?公积金(?!.{0,4}(转|贷))|('s)? (housing|provident) fund", _I
        ),
    ),
    (
        "property_city",
        re.compile(
            r"(房子?|房产|楼|物业|住宅)(是|买|都|也)*在 ?$|\b(home|house|flat|apartment"
            r"|property) (is )?in $",
            _I,
        ),
        re.compile(r"[省市县]?(那边|老家)?的(房子|房产|二手房|物业|住宅)", _I),
    ),
)


def _own(text: str, mentions: Iterable[Mention]) -> dict[DecidingFact, tuple[City, int]]:
    """(city, where it is said) of what belongs to a city by its name; nothing of what belongs to both."""
    found: dict[DecidingFact, dict[City, int]] = {}
    for city, start, end in mentions:
        if _NOT_AT.search(text[:start]) is None:
            for fact, pattern in _OWN:
                if pattern.match(text, end):
                    found.setdefault(fact, {}).setdefault(city, start)
    return {fact: next(iter(cities.items())) for fact, cities in found.items() if len(cities) == 1}


def _clauses(
    text: str, mentions: Sequence[Mention], people: People
) -> Iterable[tuple[int, int, list[Mention]]]:
    """(start, end, cities named in it) of each clause; who is named between two cities begins one."""
    bounds = {0, len(text), *(m.start() for m in _CLAUSE.finditer(text))}
    for (_, _, end), (_, start, _) in pairwise(mentions):
        if not any(end <= bound <= start for bound in bounds):
            bounds |= {next((at for at, _, _ in people.named if end <= at < start), 0)}
    for left, right in pairwise(sorted(bounds)):
        yield left, right, [m for m in mentions if left <= m[1] < right]


def _nearest(text: str, match: re.Match[str], mentions: Sequence[Mention]) -> City:
    """「东莞户口」 is of the city it follows; 「上班在深圳」 and "work in Shenzhen" point ahead; otherwise
    the city before counts."""
    for city, _, end in mentions:
        if _JOINED.fullmatch(text[end : match.start()]) and end <= match.start():
            return city
    for city, start, _ in mentions:
        if start >= match.end() and _AHEAD.fullmatch(text[match.end() : start]):
            return city
    before = [m for m in mentions if m[1] <= match.start()]
    return (before[-1] if before else mentions[0])[0]
