"""What leads an answer card: the fact, the facts or the case that was asked about."""

from __future__ import annotations

import pytest
from knowledge_answering import answer_of, ask

from core.cards import ChoicesCard, Facet
from core.i18n import Lang
from knowledge.answers import AnswerContext, Responder


def _headline_after(responder: Responder, turns: tuple[str, ...], lang: Lang) -> str:
    """What leads the card after the last of these messages."""
    context: AnswerContext | None = None
    for turn in turns:
        reply = ask(responder, turn, lang, context)
        context = reply.context
    return answer_of(reply).headline


@pytest.mark.parametrize(
    ("text", "lang", "says"),
    [
        ("育儿补贴多少钱一年", "zh", "3600元"),
        ("how much is unemployment benefit", "en", "does not hold the amount"),
        ("深圳租房公积金一个月可以提多少钱", "zh", "65%"),
        ("东莞租房公积金一个月能提多少", "zh", "提取页面会逐月列出"),
        ("离婚冷静期从哪天算起", "zh", "从登记处收到离婚申请起算"),
        ("在网上买的电动车能上牌吗", "zh", "有发票、合格证"),
    ],
)
def test_a_frequent_question_is_answered_first_with_its_source(
    responder: Responder, text: str, lang: Lang, says: str
) -> None:
    """Where the list answers the very question, that leads; its source is the first of the card."""
    card = answer_of(ask(responder, text, lang))
    assert says in card.headline
    assert card.faqs[0].answer == card.claims[0].text == card.headline
    assert card.claims[0].source == card.faqs[0].source


@pytest.mark.parametrize(
    ("turns", "lang", "says"),
    [
        (("领结婚证", "那天我妈替我签字行不"), "zh", "双方要一起到场"),
        (("低保", "家里有台旧车行不行"), "zh", "要看财产规定"),
        (("食品经营许可", "店转给我弟弟，证能跟着转不"), "zh", "不能转让"),
        (("unemployment benefit", "i quit by myself"), "en", "Usually not"),
        (("办护照", "还剩四个月过期能不能先换"), "zh", "可以，有效期不足"),
    ],
)
def test_a_frequent_question_is_known_by_how_residents_ask_it(
    responder: Responder, turns: tuple[str, ...], lang: Lang, says: str
) -> None:
    """In other words than the list's, once the matter is clear; with no fact that nobody asked for."""
    headline = _headline_after(responder, turns, lang)
    assert says in headline
    assert " · " not in headline


@pytest.mark.parametrize(
    ("turns", "lang", "says"),
    [
        (("公证", "我妈替我去行吗"), "zh", "没有找到对这一点的直接回答"),
        (
            ("notarise my diploma", "i am now in Madrid, my mother can go for me?"),
            "en",
            "no direct answer",
        ),
        (
            ("food business licence", "do they come look at the kitchen"),
            "en",
            "no direct answer",
        ),
        (("食品经营许可证上有照片吗",), "zh", "没有直接说是或否"),
        (("does a food business licence come with a sticker",), "en", "does not say yes or no"),
    ],
)
def test_yes_or_no_is_not_answered_with_something_else(
    responder: Responder, turns: tuple[str, ...], lang: Lang, says: str
) -> None:
    """What the list does not say is said so first: conditions or channels alone read like an answer."""
    assert says in _headline_after(responder, turns, lang).split(":")[0]


@pytest.mark.parametrize(
    ("text", "lang", "says"),
    [
        ("我能领失业金吗", "zh", "请对照办理条件"),
        ("低保能不能申请", "zh", "请对照办理条件"),
        ("can I get unemployment benefit", "en", "Please compare with the conditions"),
    ],
)
def test_who_tells_no_case_is_not_answered_with_somebodys(
    responder: Responder, text: str, lang: Lang, says: str
) -> None:
    """「自己主动辞职，能领失业金吗」 is near, and its "usually not" would mislead."""
    assert answer_of(ask(responder, text, lang)).headline.startswith(says)


def test_choices_tell_the_fact_that_was_asked(responder: Responder) -> None:
    """Where it is open which card is meant, its time stands under each: often no tap is needed."""
    card = ask(responder, "社保卡要多久").cards[0]
    assert isinstance(card, ChoicesCard)
    hints = [choice.hint for choice in card.choices if choice.code]
    assert all(hint and hint.startswith("办理时限：") for hint in hints)


@pytest.mark.parametrize(
    "text", ["护照快过期了能不能在网上换", "医保关系怎么转到新城市", "12345投诉没人回我怎么查"]
)
def test_another_frequent_question_of_the_matter_never_leads(
    responder: Responder, text: str
) -> None:
    """Alike is not the same: the asked fact leads, the nearest question comes first of its fold."""
    card = answer_of(ask(responder, text))
    assert card.headline not in [faq.answer for faq in card.faqs]
    assert card.faqs


@pytest.mark.parametrize(
    ("text", "lang", "code", "says"),
    [
        ("我失业了，是自己不想干了辞的，能领失业金吗", "zh", "SG-HR-009", "一般不能"),
        ("没备案就在外地住院了，还能报吗", "zh", "SG-MI-001", "最接近的常见问题“已经在外地看完病"),
        ("分公司怎么注册", "zh", "SG-MS-002", "不一样"),
        ("名下有辆旧面包车，还能申请低保吗", "zh", "SG-CA-006", "要看财产规定"),
        ("驾照扣满12分还能换证吗", "zh", "SG-PS-016", "处理违法"),
        ("被裁了过了两个月没去申请失业金，还来得及吗", "zh", "SG-HR-009", "非因本人意愿"),
        ("公务员的老婆能开个体户吗", "zh", "SG-MS-003", "请对照办理条件"),
        (
            "大专毕业两年，开了家奶茶店，执照是我妈的名字，创业扶持我还能领吗",
            "zh",
            "SG-HR-016",
            "清单没有单独说这种情况",
        ),
    ],
)
def test_a_case_of_ones_own_is_answered_before_time_and_fee(
    responder: Responder, text: str, lang: Lang, code: str, says: str
) -> None:
    """The nearest frequent question with its question, else the conditions, else the summary."""
    card = answer_of(ask(responder, text, lang))
    assert card.code == code
    assert says in card.headline


def test_a_frequent_question_of_the_other_direction_never_leads(responder: Responder) -> None:
    """「从深圳搬到东莞」 is no answer to somebody who goes the other way."""
    reply = ask(responder, "电动车在东莞上的牌，骑到光明区要不要重新上牌")
    assert reply.codes == ("SG-PS-020",)
    card = reply.cards[0]
    assert "从深圳搬到东莞" not in (
        card.prompt if isinstance(card, ChoicesCard) else answer_of(reply).headline
    )


def test_the_asked_fact_comes_first(responder: Responder) -> None:
    """ "What documents" is answered by documents: headline, first claim and list."""
    card = answer_of(ask(responder, "补办社保卡要带什么材料"))
    assert card.facet == "documents"
    assert card.claims[0].facet == "documents"
    assert card.materials[0].name in card.headline


@pytest.mark.parametrize(
    ("text", "lang", "code", "parts", "facets"),
    [
        ("补办社保卡多少钱，多久能拿到", "zh", "SG-HR-004", ("费用：20 元", "办理时限：清远 12 个工作日"),
         ("fee", "time")),
        ("How much is an ID card renewal, and how long does it take?", "en", "SG-PS-001",
         ("Fee: ", "Time: "), ("fee", "time")),
        ("我户口在东莞，能不能在深圳补办身份证，要带什么材料", "zh", "SG-PS-001",
         ("在哪个市办：两市公安窗口都可受理", "材料："), ("documents",)),
        ("How much does it cost and how long does it take to get a no criminal record certificate?", "en",
         "SG-PS-008", ("Fee: Free", "Time: 3 working days"), ("fee", "time")),
        ("生育津贴能领多少，多久到账", "zh", "SG-MI-004", ("没有收录金额", "办理时限：约10至20个工作日"),
         ("overview", "time")),
        ("Renew drivers license cost and time", "en", "SG-PS-016", ("Fee: ", "Time: "), ("fee", "time")),
        ("补驾驶证去哪里办，要带什么材料，多少钱", "zh", "SG-PS-016", ("在哪里办：", "材料：", "费用：10 元"),
         ("where", "documents", "fee")),
    ],
)  # fmt: skip
def test_every_fact_asked_for_is_told_in_the_order_of_the_words(
    responder: Responder,
    text: str,
    lang: Lang,
    code: str,
    parts: tuple[str, ...],
    facets: tuple[Facet, ...],
) -> None:
    """ "How much, and how long?" is one question with two answers, each with its source."""
    card = answer_of(ask(responder, text, lang))
    assert card.code == code
    places = [card.headline.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    told = tuple(dict.fromkeys(claim.facet for claim in card.claims))
    assert told[: len(facets)] == facets


def test_how_it_is_done_is_answered_with_the_matter(responder: Responder) -> None:
    """ "How do I do it" without another word asks for no frequent question."""
    assert "常见问题" not in answer_of(ask(responder, "异地就医备案怎么弄")).headline


@pytest.mark.parametrize(
    ("text", "lang", "code", "says"),
    [
        ("领结婚证要带户口本吗", "zh", "SG-CA-001", "户口簿：不用交"),
        ("换驾照要体检证明吗", "zh", "SG-PS-016", "驾驶人身体条件证明：视情况要带"),
        ("开公司要不要租赁合同", "zh", "SG-MS-002", "租赁合同"),
        ("养老金认证可以让儿子代办吗", "zh", "SG-HR-015", "他人代办的，另带代办人身份证"),
        ("小孩办社保卡要带户口本吗", "zh", "SG-HR-003", "没有户口本"),
        (
            "is a marriage certificate required to register my newborn's hukou", "en",
            "SG-PS-007", "Marriage certificate: only if it applies",
        ),
    ],
)  # fmt: skip
def test_a_document_asked_about_by_name_leads(
    responder: Responder, text: str, lang: Lang, code: str, says: str
) -> None:
    """Whether it is needed comes first, and the sources of the documents before all others."""
    card = answer_of(ask(responder, text, lang))
    assert card.code == code
    assert says in card.headline
    assert card.claims[0].facet == "documents"


@pytest.mark.parametrize(
    ("text", "lang", "facet", "says"),
    [
        ("社保卡补办打哪个电话", "zh", "phone", "12333"),
        ("我交上去的居住证申请半个月没消息", "zh", "status", "办件进度查询"),
        ("Is my new social security card printed yet?", "en", "status", "app"),
        ("护照能用几年", "zh", "result", ""),
        ("养老金认证可以让儿子帮忙跑一趟吗", "zh", "channels", "他人代办的"),
        ("which papers I must carry to make a passport for the first time", "en", "documents",
         "Digital photo receipt"),
    ],
)  # fmt: skip
def test_a_fact_asked_in_other_words_leads(
    responder: Responder, text: str, lang: Lang, facet: Facet, says: str
) -> None:
    """What comes of it, whom to call, how far it is; with the papers of whoever acts for another."""
    card = answer_of(ask(responder, text, lang))
    assert card.facet == facet
    assert says in card.headline


def test_the_way_to_look_it_up_can_be_tapped(responder: Responder) -> None:
    """The card knows nothing of an application: it says so and offers the inquiry that does."""
    card = answer_of(ask(responder, "我交上去的居住证申请半个月没消息"))
    assert '"code":"SG-XX-007"' in (card.actions[0].token or "")


def test_a_field_is_enough_for_its_phone(responder: Responder) -> None:
    """「公积金电话」 names no matter: the lines that all its matters share, and which one is meant."""
    card = ask(responder, "公积金电话").cards[0]
    assert isinstance(card, ChoicesCard)
    assert card.prompt.index("12329") < card.prompt.index("12345")


@pytest.mark.parametrize("text", ["驾照过期一年多了还能救吗", "外地户口能不能摇深圳的号"])
def test_conditions_are_told_once(responder: Responder, text: str) -> None:
    """Whether asked outright or only heard."""
    card = answer_of(ask(responder, text))
    assert card.headline.count("不能办的情形") <= 1


def test_what_no_fact_tells_is_said_so(responder: Responder) -> None:
    """A fear or a consequence that the list is silent on: no time and fee instead."""
    card = answer_of(ask(responder, "电动车不挂牌被抓到会罚多少"))
    assert card.code == "SG-PS-020"
    assert card.facet != "fee"
    assert "免费" not in card.headline


def test_steps_that_differ_are_not_run_together(responder: Responder) -> None:
    """Two numbered lists in one line cannot be read: both stand below, the overview leads."""
    card = answer_of(ask(responder, "租房怎么提取公积金"))
    assert (card.facet, card.city) == ("steps", "both")
    assert "2. " not in card.headline
    assert len({step.city for step in card.steps}) == 2
