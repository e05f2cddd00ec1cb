"""What `knowledge.learning.scrub` hides, as patterns over the plain copy of a question.

Rules, not a model: they can be read, tested and corrected. The plain copy has ordinary digits and simplified
characters; a place that is hidden already reads ‹‹‹.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.learning import names

Judge = Callable[[re.Match[str]], str | None]
"""Kind of what was found, None for what may stay."""

_HAN = r"\u3400-\u9fff"
_MARK = r"$|[，,。.!！?？;；:：、\s‹（(]"

# Names in Chinese

_GIVEN = f"(?:(?![{names.NOT_GIVEN}])[{_HAN}])"
_ONE, _FIRST, _LAST = (f"[{chars}]" for chars in (names.GIVEN, names.GIVEN_FIRST, names.GIVEN_LAST))
_SURELY = rf"(?={_MARK}|[的在是要想和与]|户口|身份证|去世|今年|出生)"
"""What follows a name of any characters."""
_MAYBE = (
    rf"(?={_MARK}|[的在是要想和与能会该不没冇唔嘅咗喺系有也都就已还把被给让去来到过补办换丢掉签交领查申病死了跟同今怎咋]"
    "|[上下读考住打买卖开转用做当入送]|户口|出生|社保|医保|养老|身份|居住|护照|港澳|通行|驾驶|驾照|公积|结婚|离婚"
    "|登记|如何|点样|点算|点办|可以|需要|应该|现在|昨|明天|退休|失业|工资|工伤|住院|怀孕|之前)"
)
"""What follows a name of ordinary characters of names, or one that was announced."""
_MATTER = (
    "(?=的?(?:社保|医保|养老|身份|居住|护照|港澳|通行|驾驶|驾照|公积)"
    "|的户|上学|上幼|上小|入学|读书|报名|查|问)"
)
"""What is asked about right after a name."""
_NO_WORD = "(?!" + "|".join(f"{one}[{two}]" for one, two in names.NOT_NAMES.items()) + ")"


def _family() -> str:
    """Pattern of a common family name that is not part of another word."""
    parts = names.PART_OF_A_WORD
    plain = "".join(char for char in names.COMMON if char not in parts)
    rest = "|".join(f"(?<![{before}]){char}" for char, before in parts.items())
    begins = names.COMMON + "".join(name[0] for name in names.DOUBLE.split("|"))
    return f"(?:(?=[{begins}]){_NO_WORD}(?:[{plain}]|{rest}|{names.DOUBLE}))"


_FAMILY = _family()
_ANY_FAMILY = f"(?:{_NO_WORD}(?:{names.DOUBLE}|[{names.SURNAMES}]))"
_BARE = f"{_FAMILY}{_FIRST}{_LAST}"
_LIKELY = (
    f"(?:{_ANY_FAMILY}{_FIRST}{_LAST}|{_ANY_FAMILY}{_ONE}{_MAYBE}"
    f"|{_FAMILY}{_GIVEN}{{1,2}}{_SURELY}|{_ANY_FAMILY}{_GIVEN}{{1,2}}{_MATTER})"
)
"""After a word that a name may follow."""
_ANNOUNCED = (
    f"(?:{_ANY_FAMILY}{_GIVEN}{{2}}{_MAYBE}|{_ANY_FAMILY}{_GIVEN}{_MAYBE}|{_ANY_FAMILY}[{_HAN}]{_LAST}{_MAYBE}"
    f"|{_ANY_FAMILY}{_GIVEN}{{1,3}}(?={_MARK})|{_ANY_FAMILY}{_GIVEN}{{1,2}}"
    f"|(?!{names.NOT_CALLED}){_NO_WORD}{_GIVEN}{{2,4}}(?={_MARK}))"
)
"""After a word that announces one."""
_KIN = (
    "(?:老婆|老公|妻子|丈夫|爱人|太太|先生|媳妇儿?|对象|男朋友|女朋友|男友|女友|未婚夫|未婚妻|前夫|前妻|新郎|新娘"
    "|儿子|女儿|仔仔|囡囡|孩子|小孩|宝宝|妈妈|爸爸|母亲|父亲|老妈|老爸|老豆|老窦|老母|老爹|老娘|阿妈|阿爸|阿嫲|嫲嫲"
    "|阿爷|阿婆|阿公|爷爷|奶奶|外公|外婆|姥姥|姥爷|岳父|岳母|公公|婆婆|家公|家婆|哥哥|姐姐|弟弟|妹妹|大哥|大姐|家姐"
    "|细佬|舅舅|姑姑|阿姨|小姨|叔叔|伯伯|侄子|侄女|外甥女?|[表堂][哥姐弟妹]|孙子|孙女|亲戚|同事|朋友|同学|室友|舍友"
    "|邻居|老板|老细|雇主|房东|租客|老乡|工友|员工|保姆|客户|户主|法人|法定代表人|联系人|申请人|当事人|本人|患者|病人"
    "|死者|经办人|收件人|继承人|被保险人|(?<=[我俺家个])[妈爸哥姐弟妹爷奶娘爹舅姑姨叔伯婶嫂仔囡女娃])"
)
_CALLED = f"(?:我的?名字?叫|我叫|名叫|名字叫|名字是|姓名(?:叫|是|为|:)|{_KIN}的?(?:名字)?叫)做?[:：是]?\\s*"
_MAYBE_CALLED = rf"(?:我是|我系|叫做|姓名|{_KIN}|[帮替代](?!表)|给(?!张))(?:的|是|[,，:：\s])?"
_TITLE = "(?:先生|女士|小姐|太太|阿姨|叔叔|老师|经理|师傅|主任)"

# Names in English

_KIN_EN = (
    "(?:husband|wife|son|daughter|mother|father|mom|mum|mommy|mummy|dad|daddy|brother|sister|uncle|aunt|auntie"
    "|cousin|nephew|niece|friend|colleague|co-?worker|classmate|boss|landlord|landlady|tenant|flatmate|roommate"
    "|girlfriend|boyfriend|fianc[eé]e?|partner|spouse|baby|child|kid|boy|girl|grandma|grandpa|grandmother"
    "|grandfather|grandson|granddaughter|neighbou?r|employee|nanny|helper|client|customer|manager"
    "|(?:mother|father|brother|sister|son|daughter)[- ]in[- ]law)"
)
_CALLED_EN = (
    r"(?:\bmy (?:full )?name(?: is|'s|:)|\bi am called|\bcall me"
    rf"|\b{_KIN_EN}(?:'s name is|(?: is)? (?:called|named)))[ :]+"
)
_CAPITAL = rf"(?!(?:{names.NOT_NAMES_EN})\b)[A-Z][a-z]+"
_CAPITALS = f"{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}}"
_SYLLABLES = (
    "(?:(?:[zcs]h|[bpmfdtnlgkhjqxzcsryw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un"
    "|ia|ie|iu|ua|ui|uo|ue|a|e|i|o|u)){1,2}"
)
_SOUND = rf"(?!(?:{names.ENGLISH})\b){_SYLLABLES}\b"
_WORD = rf"(?!(?:{names.NOT_NAMES_EN}|{names.ENGLISH})\b)[a-z][a-z'-]+"
_SMALL = rf"(?:\b(?:{names.SURNAMES_EN})[ -]{_SOUND}(?:[ -]{_SOUND})?|\b(?:{names.FIRST_EN})\b(?: {_WORD})?)"
"""A name in any case: Chinese, or with a known first name."""

# Numbers

_ZH = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_GAP = r"(?:[^\w‹›]|_){0,3}"
_DIGIT_EN = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_DIGIT_PY = "(?:ling|yi|yao|er|san|si|wu|liu|qi|ba|jiu)"
_ENOUGH, _ENOUGH_WITH_GAPS, _ENOUGH_MIXED = 5, 7, 9
_ENOUGH_ZH = re.compile(f"[{_ZH}]{{6}}")
_TOGETHER = re.compile(r"[\dxX\s-]+")
_NOT_PERSONAL = re.compile(
    r"12\d{3}"  # public hotlines
    r"|(?:19|20)\d\d(?:\W{1,3}(?:19|20)\d\d)*"  # years
    r"|(?:19|20)\d\d ?[-–—~./] ?\d\d?"  # two years, a month
    r"|\d\d?:\d\d(?:\W{1,3}\d\d?:\d\d)*"  # opening hours
    r"|\d{1,3}(?:,\d{3}){1,2}(?:\.\d\d?)?"  # amounts
)
_AMOUNT = re.compile(r"\d{1,7}(?:\.\d+)?(?: ?[-~–—] ?\d{1,7})?")
_MONEY = re.compile(
    r"\s*(?:元|块|蚊|万|港币|人民币|rmb\b|cny\b|yuan|kuai|hkd|usd|dollars?|bucks|deposit|k\b)",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"(?:[¥$€£]|rmb|cny|hkd|usd|税|工资|月薪|底薪|年薪|基数|收入|押金|首付"
    r"|tax|salary|deposit|spent|paid|wages?|design for)\s*$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d\W+\d{1,2}\W+\d{1,2}|\d{1,2}\W+\d{1,2}\W+(?:19|20)\d\d")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = f"[\\d{_ZH}十]{{1,3}}\\s*月\\s*[\\d{_ZH}十]{{1,3}}\\s*[日号]?"

# Addresses, accounts, plates

_OF_PLACE = f"(?:(?![我在住是到去的了想要家来从叫找往])[{_HAN}])"
_REGION = f"(?>(?:{_OF_PLACE}{{1,8}}?(?:省|市|区|县|镇|乡|街道|社区|村))*)"
_ROAD = (
    "(?:(?<![细马公铁半一])路|街|大道|(?<![街知说报])道|巷|村|花园|小区|公寓|大厦"
    "|工业区|工业园|科技园|苑|广场|坊|围)"
)
_BLOCK = "(?:栋|幢|座|单元)"
_UNIT = f"(?:号|室|房|楼|巷|层|{_BLOCK})"
_HOUSE = f"[\\d{_ZH}十百]+"
_STREET = (
    "(?:avenue|ave|road|rd|street|st|lane|boulevard|blvd|drive|gardens?|tower|mansion"
    "|estate|village|court)"
)
_ROOM = "(?:room|rm|flat|apt|apartment|unit)"
_APP = "(?:微信|威信|薇信|v信|vx|wx|weixin|wechat|qq|扣扣|企鹅|抖音|快手|telegram|whatsapp|skype|instagram)"
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"


def _digits(found: re.Match[str]) -> str | None:
    """A run of digits: amounts, years, opening hours and hotlines stay."""
    text, rest = found[0], found.string
    count = sum(map(str.isdigit, text))
    if count < _ENOUGH or _NOT_PERSONAL.fullmatch(text):
        return None
    if _DATE.fullmatch(text):
        return "date"
    money = _MONEY.match(rest, found.end()) or _PAID.search(rest[: found.start()])
    if money and _AMOUNT.fullmatch(text):
        return None
    return "number" if _TOGETHER.fullmatch(text) or count >= _ENOUGH_WITH_GAPS else None


def _digits_zh(found: re.Match[str]) -> str | None:
    """A run of digits in Chinese characters."""
    count = sum(char in _ZH for char in found[0])
    return "number" if count >= _ENOUGH_WITH_GAPS or _ENOUGH_ZH.search(found[0]) else None


def _digits_mixed(found: re.Match[str]) -> str | None:
    """A run of both kinds, as long as a telephone number."""
    both = re.search(r"\d", found[0]) and re.search(f"[{_ZH}]", found[0])
    count = sum(char.isdigit() or char in _ZH for char in found[0])
    return "number" if both and count >= _ENOUGH_MIXED else None


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that may identify a person."""

    kind: str
    pattern: re.Pattern[str]
    """Hides its group `it`, or all of it."""
    judge: Judge | None = None

    @property
    def part(self) -> str | int:
        """The group that is hidden."""
        return "it" if "it" in self.pattern.groupindex else 0


def _rule(kind: str, pattern: str, judge: Judge | None = None) -> Rule:
    return Rule(kind, re.compile(pattern), judge)


RULES: tuple[Rule, ...] = (
    _rule("link", r"(?i)\b(?:https?://|www\.)[^\s‹]+"),
    _rule("mail", r"[A-Za-z0-9_.+-]+\s?@\s?[\w-]+(?:\s?[.。]\s?\w+)+"),
    _rule("mail", r"(?i)\b[\w.+-]+ (?:at|\(at\)|\[at\]) \w+ (?:dot|\(dot\)|\[dot\]) (?:com|cn|net|org)\b"),
    _rule("account", rf"(?i){_APP}\s*(?:号码?|id|账号|帐号|number|is|是|[:=])+\s*(?:是|is|[:=])?\s*"
                     r"(?P<it>[a-z0-9][\w-]{4,})"),
    _rule("account", rf"(?i){_APP}\s*(?P<it>(?=[a-z_-]*\d)[a-z0-9][\w-]{{4,}})"),
    _rule("account", r"(?ia)(?<!\w)@\s?[a-z0-9][\w-]{4,}"),
    _rule("plate", rf"(?i){_PROVINCE}\s?[a-z][^\w‹]{{0,2}}(?=[a-z]*\d)"
                   r"(?:[a-z0-9]{5,6}(?![a-z0-9])|[a-z0-9]{4}[港澳学警挂])"),
    _rule("plate", r"(?i)(?:车牌号?码?|plate(?: number)?)\s*(?:是|is|[:=])*\s*"
                   r"(?P<it>[a-z][^\w‹]?(?=[a-z]*\d)[a-z0-9]{5,6})"),
    _rule("date", rf"(?:19|20|[一二][九零〇○])?[\d{_ZH}]{{2}}\s*年\s*{_DAY}"),
    _rule("date", f"{_DAY}(?=出生|生的|生日)"),
    _rule("date", rf"(?i)\b\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH},?[ -](?:19|20)\d\d\b"),
    _rule("date", rf"(?i)\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b"),
    _rule("date", r"(?i)(?:\bborn|birth ?day|\bdob|of birth|出生日期|出生于|生于|生日)"
                  r"\W{0,3}(?:on|is|was|是|为)?\W{0,3}(?P<it>\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4})"),
    _rule("address", rf"{_REGION}{_OF_PLACE}{{0,8}}{_ROAD}[{_HAN}]{{0,4}}"
                     rf"(?:\d+\s*(?:{_UNIT}|[-\d]|(?={_MARK}))|{_HOUSE}\s*(?:号|巷|{_BLOCK}))"
                     rf"(?:[-\da-zA-Z]|{_HOUSE}\s*{_UNIT}|{_UNIT})*"),
    _rule("address", rf"\d+\s*(?:室|房|{_BLOCK})(?:\s*\d+\s*{_UNIT}?)*"),
    _rule("address", rf"\d+\s*号\s*\d*\s*(?:楼|院|房|室|{_BLOCK})(?:\s*\d+\s*{_UNIT}?)*"),
    _rule("address", r"(?<!\d)(?:3[2-9]|[4-9]\d|\d{3,})\s*号(?![线油])"),
    _rule("address", f"[{_ZH}十百]+{_BLOCK}(?:{_HOUSE}{_UNIT}?)+"),
    _rule("address", r"(?i)\b(?:no\.? ?)?\d+[a-z]?,? "
                     rf"(?:(?!(?:{names.ENGLISH}|came|about|ticket)\b)[a-z]+ ){{1,3}}{_STREET}\b"
                     rf"(?:,? (?:{_ROOM}|block|floor) ?\w*\d\w*)*"),
    _rule("address", rf"(?i)\b{_ROOM}(?:\.? ?(?:no\.? ?)?\d+[a-z]?\b| [a-z](?=,))"
                     r"(?:,? (?:(?:block|building|tower|floor) ?\w+|\d+ ?/ ?f\b))*"),
    _rule("number", r"(?i)(?:尾号|尾数|[后末][四4]位|last (?:four|4)(?: digits)?|ending|ends)"
                    r"\W*(?:是|为|is|in|with)?\W*(?P<it>\d{3,6})"),
    _rule("number", rf"[\d{_ZH}](?:{_GAP}[\d{_ZH}])*", _digits_mixed),
    _rule("number", r"(?i)[a-z]{1,3}\d{5,}"),
    _rule("number", rf"\d(?:{_GAP}\d)*(?:{_GAP}[xX](?![A-Za-z]))?", _digits),
    _rule("number", rf"[{_ZH}](?:{_GAP}[{_ZH}])*", _digits_zh),
    _rule("number", rf"(?i)\b{_DIGIT_EN}(?:[^\w‹]+{_DIGIT_EN}){{5,}}\b"),
    _rule("number", rf"(?i)\b{_DIGIT_PY}(?:[^\w‹]+{_DIGIT_PY}){{6,}}\b"),
    _rule("name", f"{_CALLED}(?P<it>{_ANNOUNCED}|[A-Za-z][A-Za-z' .-]+)"),
    _rule("name", f"我姓(?P<it>{_ANY_FAMILY}(?:[，,]?(?:名字?)?叫?{_GIVEN}{{1,2}}(?={_MARK}))?)"),
    _rule("name", f"{_MAYBE_CALLED}(?P<it>{_LIKELY}|{_CAPITALS})"),
    _rule("name", _BARE),
    _rule("name", rf"(?:^|(?<=[，,。;；\s]))(?:(?!张){_FAMILY}{_GIVEN}{{1,2}}|张{_ONE}{{1,2}}){_MATTER}"),
    _rule("name", f"[{_HAN}]{{2,6}}[·•・‧][{_HAN}]{{2,8}}"),
    _rule("name", f"{_FAMILY}{_GIVEN}{{0,2}}{_TITLE}"),
    _rule("name", rf"(?i){_CALLED_EN}(?P<it>(?!{names.NOT_A_NAME_EN}){_WORD}"
                  rf"(?: (?:{_WORD}|(?-i:{_CAPITAL})))?)"),
    _rule("name", rf"(?i:\b{_KIN_EN}),? (?P<it>{_CAPITALS})"),
    _rule("name", rf"(?i)\b(?:{_KIN_EN}|i am|i'm|im|this is|named|called),? (?P<it>{_SMALL})"),
    _rule("name", rf"(?i:\b(?:this is|i am|i'm|named|called)) (?P<it>{_CAPITAL} {_CAPITALS})"),
    _rule("name", rf"(?a)\b(?:Mr|Mrs|Ms|Miss|Dr)\.? (?P<it>{_CAPITALS})"),
    _rule("name", rf"(?a)\b(?=[A-Za-z]+ [A-Z])(?i:{names.FIRST_EN}) {_CAPITALS}"),
    _rule("name", rf"(?a)\b(?!(?:{names.NOT_NAMES_EN})\b)(?=[A-Z])(?i:{names.SURNAMES_EN}) {_CAPITALS}"),
    _rule("name", rf"(?a)\b(?=[A-Z]{{2,}} [A-Z]{{2,}})(?i:(?:{names.SURNAMES_EN}) {_SOUND}(?: {_SOUND})?)"),
)  # fmt: skip
"""In the order they are applied."""

HINTS: tuple[Rule, ...] = (
    _rule("name", rf"(?:^|[，,。;；\s‹›帮替给和跟])(?P<it>{_FAMILY}{_ONE}{{1,2}}){_MAYBE}"),
    _rule("name", rf"\b{_CAPITAL} {_CAPITAL}\b"),
    _rule("name", rf"(?ia)\b(?:{names.FIRST_EN})\b"),
    _rule("name", rf"(?i)(?:^|[,.;] )(?P<it>(?!he |long)(?:{names.SURNAMES_EN})[ -]{_SOUND})"),
    _rule("number", r"(?<![\d.])(?!(?:19|20)\d\d|12\d{3})\d{3}[1-9](?!\d|\s*(?:元|块|蚊|年|yuan|rmb))"),
    _rule("account", rf"(?i){_APP}\s*(?:号|id)?\s*[:：=]"),
)  # fmt: skip
"""Weaker signs, for an editor to judge."""
