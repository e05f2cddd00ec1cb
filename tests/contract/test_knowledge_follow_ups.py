"""What goes on from the last card: another fact, the other city, a fact of one's own, another person."""

from __future__ import annotations

import pytest
from knowledge_answering import answer_of, ask
from knowledge_engine import OwnFigures

from core.cards import AnswerCard, BundleCard, ChoicesCard, Facet, NoticeCard
from core.i18n import Lang
from knowledge.answers import AnswerContext, Reply, Responder
from knowledge.asked_fact import LATER, facet_of
from knowledge.evaluation.measure_facts import SITUATIONS, TELLINGS, load_fact_questions
from knowledge.evaluation.talks import load_talks
from knowledge.learning.log import SURE
from knowledge.text import understand


def _talk(responder: Responder, turns: tuple[str, ...], lang: Lang = "zh") -> Reply:
    context: AnswerContext | None = None
    for words in turns:
        reply = ask(responder, words, lang, context)
        context = reply.context
    return reply


def test_follow_ups_keep_the_context(responder: Responder) -> None:
    """「那东莞呢」「要多少钱」 ask about the last answer; a new subject does not."""
    first = ask(responder, "社保卡丢了怎么补办")
    second = ask(responder, "那东莞呢", context=first.context)
    assert (answer_of(second).code, answer_of(second).city) == ("SG-HR-004", "dongguan")
    third = ask(responder, "要多少钱", context=second.context)
    card = answer_of(third)
    assert (card.code, card.city, card.facet) == ("SG-HR-004", "dongguan", "fee")
    assert "20" in card.headline
    fourth = ask(responder, "护照怎么换发", context=third.context)
    assert answer_of(fourth).code == "SG-PS-010"


@pytest.mark.parametrize(
    ("turns", "lang", "code", "city", "told"),
    [
        (("异地就医备案", "我爸的医保在江西，住东莞"), "zh", "SG-MI-001", "both", "请向参保地申办"),
        (("居住证怎么办", "在深圳住了三个月"), "zh", "SG-PS-004", "shenzhen", ""),
        (("老板拖欠工资怎么投诉", "公司在东莞，我住深圳"), "zh", "SG-HR-014", "dongguan", ""),
        (("生育津贴怎么领", "我在东莞上班"), "zh", "SG-MI-004", "dongguan", ""),
        (("失业金怎么领", "应该是东莞吧"), "zh", "SG-HR-009", "dongguan", ""),
        (("失业金怎么领", "我不知道社保交在哪"), "zh", "SG-HR-009", "both", "最后参加失业保险"),
        (("I need a no criminal record certificate", "Shenzhen mostly"), "en", "SG-PS-008",
         "both", "use the nearer one"),
    ],
)  # fmt: skip
def test_a_fact_of_ones_own_gives_the_card_anew(
    responder: Responder, turns: tuple[str, ...], lang: Lang, code: str, city: str, told: str
) -> None:
    """Told after the card, not asked for: the same matter, in the light of it, with the reason."""
    card = answer_of(_talk(responder, turns, lang))
    assert (card.code, card.city) == (code, city)
    assert told in card.headline


@pytest.mark.parametrize(
    ("turns", "lang", "code", "told"),
    [
        (("失业金怎么领", "能领几个月"), "zh", "SG-HR-009", "累计缴费年限"),
        (("失业金怎么领", "能领多少"), "zh", "SG-HR-009", "没有收录金额"),
        (("生育津贴怎么领", "多久到账"), "zh", "SG-MI-004", "工作日"),
        (("老板拖欠工资怎么投诉", "要多久有结果"), "zh", "SG-HR-014", "60 个工作日"),
        (("电动车上牌", "深圳", "要不要钱"), "zh", "SG-PS-020", "免费"),
        (("老人坐公交免费怎么办卡", "那我爸62呢"), "zh", "SG-TR-004", "年满60周岁"),
        (("how do I claim unemployment benefit", "What about medical insurance then?"), "en",
         "SG-HR-009", "medical insurance"),
        (("how do I claim unemployment benefit", "how much is it per month"), "en", "SG-HR-009",
         "does not hold the amount"),
        (("企业注销怎么办", "其中一个股东不肯签名"), "zh", "SG-MS-006", "没有找到对这一点的直接回答"),
        (("医疗费手工报销", "要是急诊来不及呢"), "zh", "SG-MI-006", "急诊病历"),
        (("购房提取深圳怎么办", "贵不贵"), "zh", "SG-HF-004", "免费"),
        (("高龄津贴怎么领", "她户口是深圳的"), "zh", "SG-CA-005", "深圳户籍找深圳"),
        (("租房提取公积金", "如果我係東莞供呢？"), "zh", "SG-HF-003", "向东莞申请"),
        (("police clearance certificate", "can my ex colleague pick it up for me"), "en",
         "SG-PS-008", "Authorisation letter"),
        (("how do I get a Shenzhen residence permit", "the guard refuses to sign"), "en", "SG-PS-004",
         "I found no direct answer"),
    ],
)  # fmt: skip
def test_what_names_no_matter_is_about_the_last(
    responder: Responder, turns: tuple[str, ...], lang: Lang, code: str, told: str
) -> None:
    """Few words, circumstances, problems: the list's own words where it has some, else that it has none."""
    card = answer_of(_talk(responder, turns, lang))
    assert card.code == code
    assert told in card.headline


def test_what_the_list_does_not_say_is_noted_for_its_editors(responder: Responder) -> None:
    """A card is shown, but nobody takes the question for answered."""
    untold = _talk(responder, ("企业注销怎么办", "其中一个股东不肯签名"))
    told = _talk(responder, ("企业注销怎么办", "要多久"))
    assert untold.decision == told.decision == "answer"
    assert untold.confidence < SURE <= told.confidence


@pytest.mark.parametrize(
    ("turns", "lang", "among"),
    [
        (("护照怎么办", "那社保卡呢"), "zh", "SG-HR-004"),
        (("居住证怎么办", "社保卡呢"), "zh", "SG-HR-003"),
        (("how to change the licence of a foreign-invested company", "and passport?"), "en",
         "SG-PS-010"),
        (("社保卡丢了怎么补", "那居住证要不要也一起办"), "zh", "SG-PS-004"),
    ],
)  # fmt: skip
def test_a_name_alone_is_another_matter(
    responder: Responder, turns: tuple[str, ...], lang: Lang, among: str
) -> None:
    """ "And passport?" is not about the company; what names its own nouns is not about the card before."""
    reply = _talk(responder, turns, lang)
    assert among in reply.codes
    assert isinstance(reply.cards[0], ChoicesCard)


def test_what_may_go_on_can_be_tapped(responder: Responder) -> None:
    """Where nothing is sure, the last matter is among the choices, and its chip is one of ours."""
    reply = _talk(responder, ("居住证怎么办", "那临时的呢"))
    card = reply.cards[0]
    assert isinstance(card, ChoicesCard)
    assert reply.codes[0] == "SG-PS-004"
    assert "SG-PS-002" in reply.codes


def test_talks_go_on_as_they_did(own: OwnFigures) -> None:
    """Over the part of the talks that nothing was learned from; `make eval` holds the exact figures."""
    measured = own.figures["talks"]
    kinds, beside = measured["by_kind"], measured["beside"]
    assert kinds["same"]["right_share"] >= 0.75
    assert kinds["same"]["wrong"] + kinds["same"]["not_found"] <= 0.08 * kinds["same"]["turns"]
    assert kinds["new"]["wrong"] <= 0.13 * kinds["new"]["turns"]
    assert kinds["outside"]["wrong"] <= 0.2 * kinds["outside"]["turns"]
    assert beside["wrong_meant"] >= 0.25 * beside["wrong"], (
        "of a wrong answer the way out stands beside it"
    )
    assert beside["right_another"] <= 0.18 * beside["right"], (
        "right ones are seldom called into question"
    )


def test_meaning_helps_where_words_are_new(responder: Responder) -> None:
    """Of what is asked after a card in sentences that taught nothing, more is heard with the embedding."""
    heard = {"words": 0, "meaning": 0}
    for turn in (turn for talk in load_talks() for turn in talk.turns):
        if turn.fact in (None, "other", "overview"):
            continue
        text = understand(turn.text).text
        vector = responder.engine.comparable(responder.engine.embed(turn.text))
        assert vector is not None
        heard["words"] += facet_of(text, LATER) == turn.fact
        heard["meaning"] += facet_of(text, LATER, vector) == turn.fact
    assert heard["meaning"] > 1.1 * heard["words"] > 0


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("handed everything in a month ago and not heard a word", "status"),
        ("how many times a year may I draw in Dongguan", "result"),
    ],
)
def test_what_words_leave_open_the_embedding_hears(
    responder: Responder, said: str, fact: Facet
) -> None:
    """Told like a story, asked without the usual words."""
    text = understand(said).text
    assert facet_of(text) != fact
    assert facet_of(text, vector=responder.engine.comparable(responder.engine.embed(said))) == fact


@pytest.mark.parametrize(
    "words", ["今天天气怎么样", "那我想吃火锅呢", "股票怎么买", "我在东莞上班，想学弹钢琴"]
)
def test_what_has_nothing_to_do_with_it_stays_an_honest_no(
    responder: Responder, words: str
) -> None:
    """A card shown before makes nothing of ours out of other words."""
    reply = _talk(responder, ("失业金怎么领", words))
    assert not any(isinstance(card, AnswerCard) for card in reply.cards)


def test_what_follows_a_choice_is_about_the_one_that_stands_out(responder: Responder) -> None:
    """The question went on before a chip was tapped."""
    first = ask(responder, "驾照")
    assert isinstance(first.cards[0], ChoicesCard)
    card = answer_of(ask(responder, "要多少钱", context=first.context))
    assert (card.code, card.facet) == ("SG-PS-016", "fee")


def test_another_matter_is_not_read_as_said_about_the_last(responder: Responder) -> None:
    """It is named beside what asks for a fact; what the list does not have stays an honest no."""
    passport = _talk(responder, ("港澳通行证怎么办", "顺便问下护照也能一块办吗，要几天"))
    assert passport.codes == ("SG-PS-010",)
    food = _talk(responder, ("个体户执照怎么办", "那卖吃的是不是还得另外办个证"))
    assert food.codes == ("SG-MS-007",)
    dog = _talk(responder, ("育儿补贴怎么领", "另外想给狗办个狗证，去哪"))
    assert dog.decision == "abstain"


def test_a_city_said_after_a_plan_places_its_matters(responder: Responder) -> None:
    """「深圳」 after the plan for a shop: where it is, not where one is registered or insured."""
    reply = _talk(responder, ("开奶茶店要办什么", "深圳"))
    plan = reply.cards[0]
    assert isinstance(plan, BundleCard)
    assert {step.city for step in plan.steps} == {"shenzhen"}
    assert reply.context.facts == {"premises_city": "shenzhen"}


@pytest.mark.parametrize(
    ("turns", "lang", "first", "facet"),
    [
        (("俺跟媳妇想离，上哪弄", "那要等多久才给本"), "zh", "SG-CA-002", "time"),
        (("俺跟媳妇想离，上哪弄", "要带什么"), "zh", "SG-CA-002", "documents"),
        (("hukou", "does it cost anything"), "en",
         "SG-PS-009", "fee"),
    ],
)  # fmt: skip
def test_what_is_still_open_stays_open(
    responder: Responder, turns: tuple[str, ...], lang: Lang, first: str, facet: str
) -> None:
    """A fact asked before one of the choices was taken: the same choices, each with that fact."""
    before, reply = _talk(responder, turns[:1], lang), _talk(responder, turns, lang)
    card = reply.cards[0]
    assert isinstance(card, ChoicesCard)
    assert before.codes == reply.codes
    assert reply.codes[0] == first
    assert f'"facet":"{facet}"' in card.choices[0].token


def test_a_single_choice_is_taken_by_the_next_fact(responder: Responder) -> None:
    """ "Is this what you are asking about?", answered with "price": it is."""
    assert isinstance(_talk(responder, ("i want a passport",), "en").cards[0], ChoicesCard)
    card = answer_of(_talk(responder, ("i want a passport", "price"), "en"))
    assert (card.code, card.facet) == ("SG-PS-010", "fee")


def test_the_same_choices_are_not_put_twice_where_the_answer_tells(responder: Responder) -> None:
    """A message far nearer to one of the choices than to the others takes it."""
    turns = ("looking to borrow from the gjj for a flat in Dongguan", "whats the most i can get")
    first = _talk(responder, turns[:1], "en")
    assert first.decision == "clarify"
    assert len(first.codes) > 1
    reply = _talk(responder, turns, "en")
    assert reply.decision == "answer"
    assert reply.codes[0] in first.codes


def test_an_honest_no_keeps_what_it_named(responder: Responder) -> None:
    """The nearest matters of the notice are what a next question may be about."""
    named = 0
    for told in (*load_fact_questions(TELLINGS), *load_fact_questions(SITUATIONS)):
        lang = told.reply_lang
        if not told.codes:
            continue
        no = ask(responder, told.text, lang)
        if no.decision == "abstain" and no.context.choices:
            named += 1
            fact = "which papers" if lang == "en" else "要什么材料"
            reply = ask(responder, fact, lang, no.context)
            assert reply.codes, told.text
            assert set(reply.codes) <= set(no.context.choices)
    assert named > 5


def test_words_that_are_hardly_of_the_list_choose_nothing(responder: Responder) -> None:
    """「我老公不在深圳」 after choices about a divorce is not about the newborn among them."""
    open_choices = AnswerContext(choices=("SG-CA-002", "SG-PS-007"))
    reply = ask(responder, "我老公不在深圳", context=open_choices)
    assert reply.decision != "answer"


def test_what_is_not_listed_is_refused_with_a_way_back(responder: Responder) -> None:
    """A dog's licence is no word about the identity card; the talk can be taken up again."""
    reply = _talk(responder, ("身份证丢了怎么补", "狗证在哪办"))
    (card,) = reply.cards
    assert isinstance(card, NoticeCard)
    (back,) = (action for action in card.actions if "SG-PS-001" in (action.token or ""))
    assert back.title.startswith("回到")
    assert reply.context.code == "SG-PS-001"


def test_the_same_choices_are_not_put_twice(responder: Responder) -> None:
    """Who goes on without choosing gets what is likeliest, after the others to choose."""
    first = "社保卡"
    asked = _talk(responder, (first,))
    assert isinstance(asked.cards[0], ChoicesCard)
    assert len(asked.codes) > 1
    others, card = _talk(responder, (first, "等了半个月")).cards
    assert isinstance(card, AnswerCard)
    assert isinstance(others, ChoicesCard)
    left = {choice.code for choice in others.choices if choice.code}
    assert card.code in asked.codes
    assert left == set(asked.codes) - {card.code}


@pytest.mark.parametrize(
    ("turns", "lang", "told", "named"),
    [
        (("食品经营许可怎么办", "给我爸办老人卡他不会用手机"), "zh", "SG-MS-007", {"SG-TR-004"}),
        (("深圳小汽车摇号怎么报名", "居住证我还没拿到，怎么申请"), "zh", "SG-PS-004", {"SG-TR-003"}),
        (("I want a food licence for my noodle shop",
          "we move from Shenzhen to Dongguan next month, totally lost"), "en", "SG-MS-007", {"B-MOVE"}),
        (("how do I get a food business licence", "who can get a residence permit"), "en",
         "SG-MS-007", {"SG-PS-004"}),
        (("社保卡丢了怎么补办", "要多少钱"), "zh", "SG-HR-004", set()),
        (("社保卡丢了怎么补办", "护照怎么换发"), "zh", "SG-PS-010", set()),
    ],
)  # fmt: skip
def test_what_else_may_be_meant_stands_before_the_answer(
    responder: Responder, turns: tuple[str, ...], lang: Lang, told: str, named: set[str]
) -> None:
    """Whether words go on from a card is never certain: how they were understood, and the matter or the plan
    that they may be about instead, stands above the answer; nothing where there is no doubt."""
    reply = _talk(responder, turns, lang)
    assert reply.codes == (told,)
    assert {choice.code for choice in reply.offers} - {told} == named
    assert reply.context.code == told, "what follows is about what was told"
    assert set(reply.context.choices) == named
    assert reply.context.aside == bool(named)
    if named:
        first = reply.cards[0]
        assert isinstance(first, ChoicesCard)
        assert first.aside
        assert responder.catalogue.get(told).name.in_(lang) in first.prompt
    if named and reply.context.asking is None:
        (code,) = named
        taken = ask(responder, "1", lang, AnswerContext.from_dict(reply.context.as_dict()))
        assert code in (*taken.codes, taken.context.bundle)


def test_a_number_answers_the_question_that_is_open(responder: Responder) -> None:
    """Beside a question for a place, "2" is its second choice; what else may be meant keeps its chip."""
    turns = ("公司三个月没发工资，老板电话也不接", "下个月全家从深圳搬去东莞，一头雾水")
    reply = _talk(responder, turns)
    assert reply.context.asking == "employer_city"
    assert reply.context.choices == ("B-MOVE",)
    second = ask(responder, "2", context=reply.context)
    assert second.context.facts["employer_city"] == "dongguan"
    assert second.codes == reply.codes
