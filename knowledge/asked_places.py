"""What a question says about places to go to: a hall, a counter, a machine, of which district, with what.

Regular expressions over normalised text and the names of the list's centres. A district that only says
where one lives or works is no wish to go there. Pure; finds no centres itself (`knowledge.centres`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.cards import City
from core.clock import CITY_TZ
from knowledge.catalogue import Catalogue
from knowledge.centres import EN_SUFFIX, SUFFIX, Wish
from knowledge.model import Accessibility

Unrecorded = Literal["parking", "queue", "video"]
"""What people ask about centres that the list does not hold."""

_I = re.IGNORECASE
_ALL_DAY = re.compile(
    r"24\s*(小时|h\b|钟头)|全天|通宵|半夜|深夜|晚上|24[- ]?hours?|round the clock|at night|overnight",
    _I,
)
_CROSS = re.compile(
    r"跨(城|市|域)|通办|异地(窗口|代收)|另一(个|座)?(城市|市)|办理?(深圳|东莞)市?那?边?的?(业务|事情?|手续)"
    r"|cross[- ]?(city|border)|(for|from) the other city"
    r"|\b(shenzhen|dongguan) (paperwork|business|matters?|formalities|services?)\b",
    _I,
)
_TERMINAL = re.compile(
    r"自助(终端|机|服务机|办理机)|自助.{1,10}(的)?(机器|终端)|终端机?|一体机"
    r"|kiosk|self[- ]?service|terminal|machine",
    _I,
)
_OTHER_MACHINE = re.compile(
    r"\b(tickets?|vending|washing|sewing|coffee|cash|bank|pos|slot|milk|drinks?|fax|gym|time)"
    r"[- ]machines?|\b(ferry|bus|airport|cargo|container|payment)[- ]terminals?"
    r"|\bterminal (\d|illness|cancer|building)",
    _I,
)
"""Machines and terminals that no hall has."""
_NOW = re.compile(
    r"(现在|今天|这会儿?|此刻|周末|星期[六日天]|周[六日])(还|有没有|能)?(开门|开放|上班|营业|办|开)"
    r"|还?开(着)?门吗|open (right )?now|open today|(is|are) .{0,30}\bopen\b",
    _I,
)
_WEEKEND = re.compile(r"周末|星期[六日天]|周[六日]|weekend|saturday|sunday", _I)
_PLACE = re.compile(
    r"(办事|服务|政务|行政)(服务)?(大厅|中心|网点)|(哪个|哪些|哪里有|附近的?|最近的?|就近的?|有没有)"
    r".{0,12}(窗口|大厅|网点|中心|终端|自助机)"
    r"|自助(终端|机).{0,6}(在)?(哪|位置|地址)|(大厅|网点|窗口|服务中心)(的)?(现在|今天|周末|周[六日])?(在|地址|位置|电话|几点|开门|还?开|上班)"
    r"|(哪里|哪儿|哪)(的)?(有|能用).{0,10}(自助|终端|窗口|大厅)"
    r"|\b(service|government|nearest|closest|which|what|where is the|find a) .{0,16}"
    r"(centres?|centers?|halls?|counters?|kiosks?|windows?|terminals?)\b"
    r"|\b(nearest|closest) (place|office)\b"
    r"|\b(centres?|centers?|kiosks?|halls?|terminals?) (near|in|close|around)\b",
    _I,
)
_WHERE = re.compile(
    r"哪里|哪儿|哪个|哪些|去哪|到哪|附近|最近|就近|\bwhere\b|near|which|closest", _I
)
_NEARBY = re.compile(r"附近|最近|就近|离我|离.{1,8}近|near|closest|around here", _I)
_DETAIL = re.compile(
    r"几点|电话|联系方式|开门|关门|上班|下班|营业|休息|放假|节假日|中秋|国庆|春节|五一|元旦|停车|车位|地铁|公交|怎么(走|去)|地址"
    r"|周末|周[一二三四五六日]|星期[一二三四五六日天]|无障碍|轮椅|电梯|母婴|手语|人多|排队|有没有|有.{1,8}吗"
    r"|phone|number|open|clos(e|ing)\b|hours|saturday|sunday|weekend|holiday|park|metro|subway|\bbus\b"
    r"|get there|address|wheelchair|\blift\b|elevator|accessible|crowded|busy",
    _I,
)
"""What is asked of a place one knows."""
_UNRECORDED: tuple[tuple[Unrecorded, re.Pattern[str]], ...] = (
    ("parking", re.compile(r"停车|车位|parking|\bpark\b", _I)),
    ("queue", re.compile(r"人多|人少|要?排(队)?(多久|多长|很久)|crowded|busy|how long is the queue", _I)),
    ("video", re.compile(r"视频(办事?|柜台|窗口|那种|的)|video (counter|booth|window)", _I)),
)  # fmt: skip
_ACCESS: tuple[tuple[Accessibility, str], ...] = (
    ("step_free", r"无障碍(?!厕所|卫生间)|轮椅(?!借)|坡道|wheelchair(?! loan)|step[- ]?free"
     r"|accessible(?! toilet)|disab"),
    ("lift", r"电梯|\blift\b|elevator"),
    ("accessible_toilet", r"无障碍(厕所|卫生间)|accessible toilet"),
    ("hearing_loop", r"助听|听力|hearing"),
    ("sign_language", r"手语|聋|sign language|deaf"),
    ("large_print", r"大字|老花|large print"),
    ("priority_queue", r"优先|绿色通道|priority"),
    ("wheelchair_loan", r"借轮椅|轮椅借|wheelchair loan"),
    ("nursing_room", r"母婴|哺乳|喂奶|nursing|baby"),
    ("guide_dog", r"导盲|guide dog"),
)  # fmt: skip
_ACCESS_PATTERNS = tuple((name, re.compile(words, _I)) for name, words in _ACCESS)
_LIVES_BEFORE = re.compile(
    r"(住|人|家|户口|户籍|社保|上班|工作|打工|干活|租房?|公司|厂|店|学校|读书|搬)(是|都|现在|一直|开|交|注册|落)?(在|到|去|来|于)?"
    r"(深圳|东莞)?市?的?$|(被|是)$"
    r"|\b(live|living|lives|work|works|working|rent|renting|stay|staying|based|moved|moving|insured|company is"
    r"|firm)( now| currently| in| at| to| near)* ?(shenzhen|dongguan)?,? ?$",
    _I,
)
_LIVES_AFTER = re.compile(
    r"^(那边|这边|这里|那里)?的?(厂|公司|单位|仓库|工地|店|学校|房子|小区|村)?(里|上)?"
    r"(上班|工作|打工|干活|居住|住|租房|生活|开店|户口|户籍|读书|上学|买了?房|人(?![民多少])|交社保|交的|辞退|做事)|^的(厂|公司|单位|仓库|工地|店|房子)",
    _I,
)


@dataclass(frozen=True)
class AskedPlaces:
    """What a question says about a place to go to."""

    wish: Wish
    place: bool
    """Whether a hall, counter or machine is asked for as such."""
    rest: str
    """The words without those about the place: which matter it is, if any."""
    unrecorded: tuple[Unrecorded, ...] = ()
    """What is asked that the list does not hold."""

    @property
    def known(self) -> bool:
        """Whether the words say which place it is."""
        return bool(self.wish.ids or self.wish.districts)


@lru_cache(maxsize=4)
def _districts(names: tuple[tuple[City, str, str], ...]) -> list[tuple[City, str, re.Pattern[str]]]:
    out: list[tuple[City, str, re.Pattern[str]]] = []
    for city, zh, en in names:
        short = SUFFIX.sub("", zh) if len(SUFFIX.sub("", zh)) > 1 else zh
        plain = re.sub(r"['’]", "['’]?", re.escape(EN_SUFFIX.sub("", en)).replace("’", "'"))
        pattern = f"{re.escape(short)}(街道|新区|区|镇)?|(?<![a-z]){plain}(?![a-z])"
        out.append((city, zh, re.compile(pattern, _I)))
    return out


_GENERIC_NAME = re.compile(
    r"^(深圳|东莞)(市(?!民))?|(政务|行政|办事)?服务大厅$|,? (service )?hall$|^(shenzhen|dongguan) ",
    _I,
)
_OWN_NAME = re.compile(r"..中心$|\w+ cent(re|er)$", _I)


@lru_cache(maxsize=4)
def _named(
    names: tuple[tuple[str, City, str, str], ...],
) -> list[tuple[str, City, re.Pattern[str]]]:
    """Centres that are known by a name of their own, not by their district's."""
    out: list[tuple[str, City, re.Pattern[str]]] = []
    for centre_id, city, zh, en in names:
        own = [_GENERIC_NAME.sub("", _GENERIC_NAME.sub("", name)) for name in (zh, en)]
        words = [re.escape(name) for name in own if _OWN_NAME.search(name)]
        if words:
            pattern = f"(深圳市?|东莞市?)?({'|'.join(words)})((政务|行政|办事)?(服务)?大厅)?"
            out.append((centre_id, city, re.compile(pattern, _I)))
    return out


def ask(text: str, catalogue: Catalogue, now: dt.datetime | None) -> AskedPlaces:
    """Read a question (`Understood.text`) as one about places; `now` (aware) is the
    instant "open now" means; without it, it is not looked at."""
    listed = catalogue.centres.values()
    rest = text
    cities: list[City] = []
    ids: list[str] = []
    big = tuple(
        (c.id, c.city, c.name.zh, c.name.en) for c in listed if c.level in ("city", "bureau")
    )
    for centre_id, city, pattern in _named(big):
        if pattern.search(rest):
            ids.append(centre_id)
            cities.append(city)
            rest = pattern.sub(" ", rest)
    districts: list[str] = []
    names = {(c.city, c.district.zh, c.district.en): None for c in listed}
    nearby = _NEARBY.search(text) is not None
    for city, zh, pattern in _districts(tuple(names)):
        if (found := pattern.search(rest)) is None:
            continue
        before, after = rest[: found.start()], rest[found.end() :]
        if nearby or not (_LIVES_BEFORE.search(before) or _LIVES_AFTER.search(after)):
            districts.append(zh)
            cities.append(city)
        rest = pattern.sub(" ", rest)
    access = frozenset(name for name, pattern in _ACCESS_PATTERNS if pattern.search(text))
    open_at = None
    if now is not None and _NOW.search(text):
        open_at = _weekend(now) if _WEEKEND.search(text) else now
    terminal = _TERMINAL.search(_OTHER_MACHINE.sub(" ", text)) is not None
    wish = Wish(
        city=cities[0] if len(set(cities)) == 1 else None,
        ids=tuple(ids),
        districts=() if ids else tuple(districts),
        all_day=terminal and bool(_ALL_DAY.search(text)),
        cross_city=bool(_CROSS.search(text)),
        terminal=terminal,
        accessibility=access,
        open_at=open_at,
    )
    detail = _DETAIL.search(text) is not None
    narrowed = _WHERE.search(text) is not None or open_at is not None or detail
    place = narrowed and (bool(_PLACE.search(text)) or bool(ids))
    unrecorded = tuple(name for name, pattern in _UNRECORDED if pattern.search(text))
    return AskedPlaces(wish, place, _matter(rest), unrecorded)


def _weekend(now: dt.datetime) -> dt.datetime:
    """Ten o'clock of the coming (or this) Saturday there."""
    local = now.astimezone(CITY_TZ)
    day = local.date() + dt.timedelta(days=(6 - local.isoweekday()) % 7)
    return dt.datetime.combine(day, dt.time(10), CITY_TZ)


_ABOUT_PLACES = re.compile(
    r"24\s*小时|自助(服务)?(终端|机|办理机)?|终端机?|一体机|机器|(政务|行政|办事|市民)?服务(大厅|中心)|市民中心|(办事|政务)?大厅|网点|窗口|柜台"
    r"|跨(城|市|域)(通办|办理|办)?|通办|办理?(深圳|东莞)市?那?边?的?(业务|事情?|手续)|深圳市?|东莞市?"
    r"|哪里有|哪儿有|在?哪里|在?哪儿|去哪|哪个|哪些|有没有|附近|最近的?|就近|离我?|无障碍(通道|厕所|卫生间)?|轮椅|手语|母婴室?|电梯"
    r"|现在|今天|平时|周末|周[一二三四五六日]|星期[一二三四五六日天]|晚上|还?开门|开着|关门|几点|上班|下班|营业|开放|休息|放假|才?有空|不上班"
    r"|中秋|国庆|春节|五一|元旦|节假日|停车(场|位)?|车位|贵不贵|要?收费|地铁(站)?|公交(站)?|怎么(走|去)|人多|排队|视频办?事?"
    r"|地址|位置|电话(号码)?|联系方式|多少|服务|政务|行政|进去|坐|要|我(想|要)?|可以|能不能|能|那种|那个|这边|办理?(?=$|[的?？,，])|的|吗|呢|去|在|有|是|请问|不(?=$|[?？,，])"
    r"|\b(where|where's|which|what|is|are|the|a|an|of|at|in|near(est)?|closest|place|office|me|to|can|i|do|does|there|"
    r"service|government|citizens?|civic|centres?|centers?|counters?|windows?|kiosks?|halls?|terminals?|machines?|"
    r"self-?service|24-?\s*hours?|open|close[sd]?|closing|hours|now|today|find|with|that|has|have|for|cross-?city|"
    r"both|"
    r"cities|city|wheelchair|accessible|take|takes|handle|handles|any|go|address|please|phone|number|metro|subway|bus|"
    r"stop|station|park(ing)?|saturdays?|sundays?|weekends?|and|on"
    r"|(shenzhen|dongguan)( paperwork| business| matters?)?)\b",
    _I,
)


def _matter(text: str) -> str:
    """The words that may name a matter; "" when nothing of substance is left."""
    rest = re.sub(r"\s+", " ", _ABOUT_PLACES.sub(" ", text)).strip(" ,，.。?？!！'")
    solid = re.sub(r"[\W_]+", "", rest)
    return rest if len(solid) >= (2 if re.search(r"[\u3400-\u9fff]", solid) else 3) else ""
