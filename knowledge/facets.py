"""What the words of a question show: a fact asked for outright (facet), and whether it follows on from the
last answer. `knowledge.asked_fact` decides which fact is asked.

Regular expressions over normalised text, in Chinese and English; Cantonese arrives as Mandarin
words (`knowledge.text`). Decides nothing about items.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.cards import City, Facet
from knowledge.text import Understood

_I = re.IGNORECASE
_FACETS: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    ("which_city", re.compile(
        r"哪个(城市|市)|哪(边|个地方)(办|申请|交|算|提)|(深圳|东莞)还是(深圳|东莞)|去(深圳|东莞)还是|哪一?(边|市)"
        r"|在哪个市|[去到在找].{1,10}还是.{0,8}(地方|那边|这边|那里|这里)"
        r"|(必须|一定要?|要不要|用不用|需不需要|是不是要|得|要)回(去|老家|户籍|户口|原籍|原来|深圳|东莞)"
        r"|回(去|老家)(补|办|换|领|登记|申请).{0,3}[吗么]|(go|travel|come) back to|return to my|which city"
        r"|(shenzhen|dongguan) or (shenzhen|dongguan)|which (place|side|of the two)"
        r"|(?<!也)(能不能|可不可以|可否|能否|能|可以|可)(就近|直接|就)?(在|去|到)(深圳|东莞|这边|这里|那边|本地|外地|异地|当地)"
        r"(的?(窗口|这边|这里|本地|当地))?(补|换|办|领|申请|申领|提|交|报|登记|开|弄|注册|过户|查|打)[^,，。?？]{0,16}([吗么]|$|[?？,，])"
        r"|(^|[.,;?!] ?|\band |\bbut )(can|could|may) (i|we|he|she|they|my \w+) "
        r"(apply|renew|get|file|register|replace|hand|submit|do|collect|notarise|settle|complain|search|draw|claim)\b[^.?,]{0,40}"
        r"\b(in|from) (shenzhen|dongguan)\b[^.,]{0,12}$", _I)),
    ("documents", re.compile(
        r"(什么|啥|哪些|几[份样种])[^,，。?？]{0,4}(材料|资料|证件|手续(?!费))"
        r"|(材料|资料|证件|手续(?!费))[^,，。?？]{0,6}(什么|哪|啥|几[份样种]|吗|呢|清单)"
        r"|带(什么|啥|哪些|些什么|齐)|准备(什么|啥|哪些)|(需要|要|用)(什么|啥|哪些)(东西|文件|证)"
        r"|要(交|提交|提供)(什么|啥|哪些)(东西)?(?!税|费|钱|罚)|(要不要|需不需要|用不用|需要|(?<!对方)(?<!公司)(?<!老板)(?<!客户)要)(带)?(身份证|户口本|结婚证|合同|发票|照片|证明|原件)"
        r"|(what|which)( \w+){0,2} (documents?|papers?|paperwork)|"
        r"(documents?|papers?|paperwork) (do|should|must|are|is)\b"
        r"|what (do|should|must) i (bring|need|take|submit|prepare)|(to|i|we|should) bring"
        r"|what('s| is) (needed|required)|requirements? list", _I)),
    ("time", re.compile(
        r"多久|多长时间|(?<![前这过那好])几天|多少天|几个?(工作日|月|小时|星期|礼拜)|什么时候(能|可以|才|会)?(拿|到|好|下来|办好|办完|出|到账|收到|入账|过账|[入过]数|转账|打款|退款|发下来)"
        r"|等(多|几)|多快|马上能"
        r"|how (long|soon|many (days|weeks|months))|same[- ]day|when (will|can) i (get|receive)", _I)),
    ("fee", re.compile(
        r"(?<![有领拿提贷补发剩取借到])多少钱|(?<![诉讨追])要钱|花钱|[要用](交|付|给)钱|交(多少|什么)?费|要?交多少(?!年|个)|几块|多少块|钱贵|贵不贵|贵吗"
        r"|(?<!地铁)(?<!公交)(?<!坐车)免费(?![坐乘搭看领入停拿用吃住上读打体治接请])|要不要(给|交)?钱|收钱"
        r"|(多少|几|什么|要)[^,，。?？]{0,3}(费用|手续费|工本费)|(费用|收费|手续费|工本费|价格)[^,，。?？]{0,4}(多少|几|吗|怎么|贵)"
        r"|how much (does|is(?! in| my| left)|will|do i pay|to|for)|^how much\W*$"
        r"|(what|how)( \w+){0,4} (costs?|fees?|price)\b|free of charge|is it free|^free\W*$|expensive"
        r"|(does|is|will|are).{0,24}\b(costs?|fees?|charged?)\b", _I)),
    ("where", re.compile(
        r"在?哪里|在?哪儿|在哪(?=[补办领换交提开弄查报登申])|哪个(窗口|地方|部门|单位|派出所|网点|大厅|点)|去哪|到哪|找谁"
        r"|\bwhere\b|which (office|counter|window|branch|department)|nearest", _I)),
    ("channels", re.compile(
        r"网上(?![卖买开销])|线上(?![卖买开销])|在线|(?<![a-z])app(?![a-z])|小程序|手机(上|能|可以|办)"
        r"|自助机|自助终端|不(用)?(去|跑|到)(现场|窗口|大厅)|邮寄|上门|视频办"
        r"|公众号|微信(?!上?[卖买开销])|支付宝|粤省事|i深圳|能不能(网|线)|\bonline\b|\bapp\b"
        r"|by (phone|mail|post)|on my phone|kiosk|in person"
        r"|without going|mini[- ]?program|website", _I)),
    ("eligibility", re.compile(
        r"条件|资格|能不能|可不可以|可以(办|申请|提|领|享受|用)?吗|能(办|申请|提|领|享受)?吗|符合|够不够"
        r"|满足|行不行|(谁|哪些人|什么人|啥子?人)才?(可以|能)|(能|可以)[^,，。?？]{1,12}没\W*$"
        r"|要(几|多少)年(?!才|能)|允许|要求是|要满|满(几|多少)(年|个?月)|[住交缴保](满|够)(多久|多长)"
        r"|\bcan i\b|could i|am i (eligible|allowed|able)|eligib|qualif"
        r"|conditions?|who can|do i have to be"
        r"|is it possible|entitled", _I)),
    ("phone", re.compile(
        r"(客服|咨询|服务|联系|投诉|人工)?(电话|热线|号码)(号码?|是)?(多少|几号|什么|哪个)"
        r"|(打|拨)(哪个|什么|多少|哪一?条)(咨询|客服|服务)?(电话|号码?|热线)?"
        r"|(客服|咨询|服务|联系)(电话|热线)|(电话|热线)\W*$"
        r"|\b(phone|telephone|hotline)( number)?\W*$"
        r"|(what|which) number\b(( do| can| should| must)? (i|we)|( to)?)( call| ring| dial| phone)?\b"
        r"|(what|which)( \w+){0,3} (phone|telephone|hotline)( number)?"
        r"|(who|whom) (can|do|should|could) i (call|ring|phone)|\bhotline\b", _I)),
    ("steps", re.compile(
        r"流程|步骤|程序|第一步|先.{0,6}再|[办搞做交登][^,，]{0,2}先([?？]|$)|怎么走|怎么个办法"
        r"|steps?\b|procedure|process\b|step by step", _I)),
)  # fmt: skip
_NOUNS: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    ("documents", re.compile(
        r"材料|资料|证件|手续(?!费)|要带|documents?|paper(s|work)|\bbring\b|required to|need to submit", _I)),
    ("time", re.compile(r"时限|办理时间|工作日|时效|当场|当天|到账时间|turnaround|\btime\b", _I)),
    ("fee", re.compile(r"费用|收费|工本费|手续费|价格|cost|\bfees?\b|price|charge", _I)),
    ("where", re.compile(r"(?<![换改更当做])地址|地点|位置|网点|附近|address|location", _I)),
)  # fmt: skip
"""Words that name a fact: asked for in a bare phrase (「社保卡补办材料」), only mentioned beside a question for
another (「材料交了，多久能下来」)."""

_CLAUSE = re.compile(r"[,，。;；?？!！、]|\band\b", _I)
_BESIDE: frozenset[Facet] = frozenset(("documents", "time", "fee", "where"))
"""Facts that are asked for beside another in one clause; the rest only frame it (「网上办要多久」)."""
_ASIDE: frozenset[Facet] = frozenset((*_BESIDE, "which_city", "phone"))
"""Facts that say nothing of which matter is meant."""
_TERM = re.compile(
    r"最迟|最晚|[天月年日]之?内|多久(之?内|以前|之前|[^,，。?？]{0,4}一次)|(能|可以|可|会)?(用|管|享受)(多久|多长|几天|几个月)"
    r"|[住交缴保](满|够)(多久|多长|几)|[领拿发享](受)?(多久|多长时间|几个?月|多少个?月|几年)|几号|截止|提前(多久|几天|多长)|过了(多久|几)|超过|逾期|有效(期)?(是|有)?(多久|多长|几)"
    r"|(保留|留|占|存)(多久|多长|几天|几个?月|几年)|how long .{0,20}\b(keep|kept|hold|held|reserved?)\b"
    r"|for how (long|many)|how many (days|months|years) valid"
    r"|how (long|many (days|weeks|months)) (is|are|will) .{0,20}(valid|good|paid|last)"
    r"|how long (can|do|will) i (get|receive|draw)|deadline|at the latest|how early"
    r"|how (soon|late) (before|after)|valid for|how often|within how",
    _I,
)
"""A term, a deadline or how long something holds: not how long it takes to be done."""
_AMOUNT = re.compile(
    r"(补贴|津贴|补助|救助|低保|[老业险恤偿]金|待遇|资助|奖励|公积金)[^,，。要费收交率]{0,8}多少(?!个?[月天年次人])"
    r"|(能|会|可以)[^,，。要费收交]{0,6}(领|拿|提|贷|发|补|报|给)[^,，。要费收交率]{0,4}多少(?!个?[月天年次人])"
    r"|一个?月[^,，。]{0,4}多少|每个?月[^,，。]{0,4}多少"
    r"|how much\b[^,.?]{0,24}\b(a|per|each|every) month|\bamount\b"
    r"|how much\b[^,.?]{0,48}(benefit|subsid|allowance|grant|pension|relief|reimburse|compensation"
    r"|unemployment money|maternity (pay|money)"
    r"|(can|do|will|would|could|may) (i|we|you|he|she|they|my \w+) (get|receive|withdraw|borrow|claim|take))",
    _I,
)
"""Asks what one is given, not what it costs."""
_COST = re.compile(r"费|工本|要钱|花钱|收钱|cost|\bfees?\b|price|charge|\bpay\b", _I)
_WHETHER = re.compile(
    r"[吗嘛]|(?<![什怎多这那])么\W*$|([能可会要用行算是得需够该准])不\1|能否|是否|能不能|可不可以|有没有|[能可以]+[^,，。]{1,12}没\W*$|不\W*$|会怎|来得及"
    r"|(^|[,.;!]\s*)(\W*(but|and|so|hi|hello|please)\b\W*)*"
    r"(can|could|may|do|does|did|is|are|am|will|would|must|should|has|have)\b"
    r"|\b(is it|am i) (ok|possible|allowed)|what (happens|if)\b",
    _I,
)
_QUESTION = re.compile(rf"{_WHETHER.pattern}|哪|怎|什么|如何|谁|\b(what|which|where|who|how)\b", _I)
_MAY = re.compile(
    r"能|可以|可不可以|行(吗|不|么)|成(吗|不)|够(吗|不)|符合|资格"
    r"|\b(can|could|may|eligible|allowed|possible|entitled|qualify)\b",
    _I,
)
_HOW = re.compile(
    r"怎么(办|弄|操作|申请|提|领|补|换|查|交|转|做|开|搞|报|预约|登记|注册|迁|入)|如何|怎样"
    r"|\bhow (do|can|should|would|to)\b",
    _I,
)
"""Asks about the matter as a whole: the overview answers it."""
_FOLLOW_ZH = re.compile(
    r"^(那|那么|那如果|如果|要是|还有|这个|这|它|那个|换成|改成|改为|换做|同样|另外|好的?|ok)?[,，]?(是)?(在|去|换|到)?"
    r"(深圳|东莞)?(那边|这边|市|人)?(的话|的|那边)?(也|又)?(呢|怎么(样|办)?|如何|一样吗|也是吗|可以吗|行吗|怎么说|看看|看一下|试试)?[?？]*$"
)
_FOLLOW_LEAD = re.compile(
    r"^(那么?|这个|这|它|那个|还有|另外|同样|如果是?|要是|换成|and|what about|how about|then|so|also)",
    _I,
)
_FOLLOW_EN = re.compile(
    r"^(and|what about|how about|then|so|ok|okay)?[ ,]*(in|for|if in|over in)? ?(shenzhen|dongguan|sz|dg)?"
    r"( then| instead| too| as well)?[?. ]*$", _I)  # fmt: skip
_GOES_ON = re.compile(
    r"^(那|那么|如果|要是|还有|但|可是|不过|不是|是)|[呢嘛]\W*$|又?是什么(意思)?\W*$"
    r"|^(and|but|so|then|what about|how about|what if|for|also)\b|\bthen\W*$", _I)  # fmt: skip
_POINTING = re.compile(
    r"\b(it|that|this|there|they|those|one)\b|这个|那个|它|这种|上面|刚才|这事|那事", _I
)
_GENERIC = re.compile(
    r"贵不贵|贵吗?|花钱|多少钱|要钱不|带点|过去|这个|那个|那么?|这|它|还有|另外|呢|吗|的|了|要|需要|什么|哪些|啥|多少|钱|多久|多长|时间|几天|费用|收费|材料|资料|证件|带|准备"
    r"|怎么|如何|办理|办|流程|步骤|条件|资格|在|哪里|哪儿|去|地址|网上|线上|手机|可以|能|不能|能不能|可不可以|我|我们|一共|大概|一般|免费"
    r"|手续|交|得|是|有|没有|会|才|到|拿|好|深圳|东莞|那边|这边|两边|一样|城市|哪个|市|小程序|窗口|现场|申请|下来|别的|其他|和|跟|吧|啊|呀"
    r"|不要|账|结果|几号|截止|天|星期|周|多快|具体|详细|说|一下|呢|电话|地方|部门|上门|先|领取|领|办好|办完|快递|邮寄|自助机|等"
    r"|\b(what|which|how|much|long|many|is|are|does|do|it|that|this|there|the|a|an|i|we|need|to|bring|cost|"
    r"fee|fees|take|takes|where|can|be|done|online|documents?|papers?|required|in|and|about|for|of|my|"
    r"will|would|should|shenzhen|dongguan|sz|dg|get|go|apply|have|days?|time|free|eligible|conditions?|"
    r"steps?|city|office|address|then|so|also|app|on|by|phone|me|tell|more|please|any|other|day|same|"
    r"wait|price|anything|expensive|fast|quick|money|when|deadline|result|pay|open|qualify|who|exactly|"
    r"else)\b", _I)  # fmt: skip


@dataclass(frozen=True)
class FollowUp:
    """A question that only makes sense after another one."""

    facet: Facet | None
    city: City | None


def worded(text: str) -> Facet | None:
    """The fact that the words ask for outright; None where they do not."""
    for table in (_FACETS, _NOUNS):
        for facet, pattern in table:
            if pattern.search(text) and not _other(facet, text):
                return facet
    return None


def worded_all(text: str) -> tuple[Facet, ...]:
    """Every fact asked for outright, in the order of the words (「多少钱，多久能拿到」); at most three."""
    first = worded(text)
    if first is None:
        return ()
    clauses = clauses_of(text)
    found: dict[Facet, int] = {}
    for at, clause in enumerate(clauses):
        taken: list[tuple[int, int]] = []
        for facet, pattern in _FACETS:
            match = pattern.search(clause)
            if match is None or _other(facet, clause):
                continue
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if facet in _BESIDE or (not taken and _QUESTION.search(clause)):
                taken.append(match.span())
                found.setdefault(facet, at * 1000 + match.start())
    found.setdefault(first, -1)
    if not any(pattern.search(text) for _, pattern in _FACETS):  # a bare phrase: "cost and time"
        for facet, pattern in _NOUNS:
            match = pattern.search(text)
            if match is not None and not _other(facet, text):
                found[facet] = match.start()
    if "which_city" in found:
        found.pop("where", None)
    return tuple(sorted(found, key=lambda facet: found[facet]))[:3]


def clauses_of(text: str) -> list[str]:
    """Its clauses, without the marks between them."""
    return [clause.strip() for clause in _CLAUSE.split(text) if clause.strip()]


def looks_like(text: str) -> tuple[Facet, ...]:
    """Facts that the words only seem to ask for: what one is given is no fee, a term no time it takes."""
    seeming: tuple[Facet, ...] = ("fee", "time")
    return tuple(facet for facet in seeming if _other(facet, text))


def signs(text: str) -> tuple[str, ...]:
    """Names of what its words show of what is asked: evidence for `knowledge.asked_fact`."""
    found = [
        facet for facet, pattern in _FACETS if pattern.search(text) and not _other(facet, text)
    ]
    named = [f"names {facet}" for facet, pattern in _NOUNS if pattern.search(text)]
    kinds = (
        ("amount", asks_amount), ("term", asks_term), ("whether", asks_whether),
        ("how", asks_how), ("permission", asks_permission),
    )  # fmt: skip
    return (*found, *named, *(name for name, asks in kinds if asks(text)))


def without_facets(text: str) -> str:
    """`text` without the words that ask for a fact of its matter (「要多少钱」, "what documents do I need")."""
    for facet, pattern in _FACETS:
        if facet in _ASIDE:
            text = pattern.sub("，", text)
    return text


def _other(facet: Facet, text: str) -> bool:
    """Whether the words ask for something that only looks like the facet."""
    return (facet == "fee" and asks_amount(text)) or (facet == "time" and asks_term(text))


_VALIDITY = re.compile(
    r"有效期|有效(多久|几年|多长|到)|(?<!先)(管|顶|用)(得|到)?(几|多少|多)(年|久|长|个月|时间)"
    r"|(几|多)(年|久|长时间)(要|得|就|会|才)?(换|过期|到期|失效|审|续)(一次|了)?(?!.{0,4}(手续|材料))"
    r"|(待|呆|停留|逗留)(得|上|满)?(几|多)(天|久|长|日)|(什么时候|几时|哪天)(过期|到期|失效)"
    r"|how long\b.{0,40}\b(valid|good for|lasts?|stay)\b|\bvalid(ity)?\b.{0,12}\b(for|until|period|how long)\b"
    r"|\bhow (many|often)\b.{0,30}\b(valid|stay|renewed|expire)|\bwhen do(es)?\b.{0,40}\b(expire|run out)"
    r"|\bexpiry date",
    re.IGNORECASE,
)


def asks_validity(text: str) -> bool:
    """Whether it is asked how long something holds, or for how long one may stay: not how long it takes."""
    return _VALIDITY.search(text) is not None


def asks_amount(text: str) -> bool:
    """Whether it asks how much one is given or may draw, not what the matter costs."""
    return _AMOUNT.search(text) is not None and _COST.search(text) is None


def asks_term(text: str) -> bool:
    """Whether it asks for a term, a deadline or how long something holds."""
    return _TERM.search(text) is not None


def goes_on(text: str) -> bool:
    """Whether its words may take up what was said before (「那我爸呢」, "what about my wife"), or ask
    something about it."""
    return _GOES_ON.search(text) is not None or _QUESTION.search(text) is not None


def asks_question(text: str) -> bool:
    """Whether its words ask something."""
    asks = _QUESTION.search(text) is not None or "多少" in text
    return asks or text.rstrip().endswith(("?", "？"))


def points_back(text: str) -> bool:
    """Whether it points to something said before ("When must they reply?")."""
    return _POINTING.search(text) is not None


def asks_whether(text: str) -> bool:
    """Whether it can be answered with yes or no."""
    return _WHETHER.search(text) is not None


def asks_how(text: str) -> bool:
    """Whether it asks how the matter is done, and not whether."""
    return _HOW.search(text) is not None and not asks_whether(text)


def asks_permission(text: str) -> bool:
    """Whether it asks whether one may."""
    return asks_whether(text) and _MAY.search(text) is not None


def follow_up(asked: Understood) -> FollowUp | None:
    """What of the last answer the question asks anew; None when it stands on its own.

    It follows on when nothing is left of it besides question words, cities and pointing words.
    """
    text = asked.text.strip()
    if len(text) > (40 if asked.lang == "zh" else 80):
        return None
    city = asked.cities[0] if len(asked.cities) == 1 else None
    if _WHY_THERE.match(text):
        return FollowUp("which_city", None)
    if _HOW_MUCH.match(text):
        return FollowUp("fee", city)
    facet = worded(text) or ("steps" if _HOW.search(text) else None)
    if _FOLLOW_ZH.match(text) or _FOLLOW_EN.match(text):
        return FollowUp(facet, city) if (city or facet or _FOLLOW_LEAD.match(text)) else None
    if names_nothing(text) and (facet or city or _POINTING.search(text)):
        return FollowUp(facet, city)
    return None


_WHY_THERE = re.compile(
    r"^(那|可是|但)?(为什么|为啥|为何|怎么|咋|凭什么)(要|是|得|一定要)?(在|去|到|归|由)?"
    r"(那里|那边|那儿|这里|这边|深圳|东莞)(办|办理|领|申请|交|弄)?(呢|啊|呀)?\W*$"
    r"|^(but |and )?why (there|here|in (shenzhen|dongguan)|(shenzhen|dongguan)|that city"
    r"|not (in )?(shenzhen|dongguan))\W*$",
    _I,
)
_HOW_MUCH = re.compile(
    r"^(and |so |but |ok,? )(how much)( is (it|that)| does (it|that) cost)?\W*$", _I
)
_ROUND = re.compile(
    r"^(那|那么|如果|要是|掉)?(反过来|倒过来|反转|调转|掉转|反向|反着|相反)(的话|呢|怎么办|怎么弄|怎么转|行不行|可以吗|又如何)*\W*$"
    r"|^(and |what about |how about |what if (it is |it's )?)?(the )?(other way (a)?round|vice versa"
    r"|in reverse|the reverse"
    r"|opposite direction)\W*$",
    re.IGNORECASE,
)


def turns_round(text: str) -> bool:
    """Whether it asks for the same between the two cities the other way round (「反过来呢」)."""
    return _ROUND.match(text.strip()) is not None


def names_nothing(text: str) -> bool:
    """Whether nothing is left of the words besides question words, cities and pointing words."""
    return not re.sub(r"[\W_]+", "", _GENERIC.sub("", text))
