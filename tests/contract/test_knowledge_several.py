"""Several matters in one message: each is answered, asked about or said to be left; none is dropped."""

from __future__ import annotations

import pytest
from knowledge_answering import answer_of, ask

from core.cards import AnswerCard, BundleCard, ChoicesCard, NoticeCard
from core.i18n import Lang
from knowledge.answers import Responder
from knowledge.evaluation.questions import load_questions

BOTH_ANSWERED = 0.7
"""Share of the questions about two matters of the set of which both are answered, or their plan."""
DOUBLED = 4
"""Questions about one matter, of 833, that may bring a second card: 3 or 4, by how the processor rounds."""


def test_several_matters_get_several_cards_in_order(responder: Responder) -> None:
    """Two questions in one message are both answered."""
    reply = ask(responder, "宝宝怎么上户口；育儿补贴怎么申请")
    assert reply.codes == ("SG-PS-007", "SG-HL-003")
    assert len(reply.cards) == 2


def test_a_question_for_a_fact_is_no_matter_of_its_own(responder: Responder) -> None:
    """After the question whose matter it is about, in Cantonese as in Mandarin."""
    reply = ask(responder, "身份证唔见咗，点补办？几多日攞到？")
    assert reply.codes == ("SG-PS-001",)
    assert len(reply.cards) == 1


def test_matters_that_are_only_named_are_matters(responder: Responder) -> None:
    """A name asks for its card; a sentence that only tells a circumstance asks for none."""
    assert ask(responder, "高龄津贴；育儿补贴").codes == ("SG-CA-005", "SG-HL-003")
    told = "I pay provident fund in Dongguan. the rent withdraw is every month or one time?"
    assert ask(responder, told, "en").codes == ("SG-HF-003",)


def test_what_is_not_found_of_several_matters_is_said(responder: Responder) -> None:
    """The found one is answered, the other is honestly not in the list; nothing is dropped."""
    reply = ask(responder, "社保卡丢了怎么补办？火星移民签证怎么办？")
    assert answer_of(reply).code == "SG-HR-004"
    notice = reply.cards[1]
    assert isinstance(notice, NoticeCard)
    assert "火星移民签证" in notice.text
    shared = ask(responder, "社保卡补办和居住证申领分别要带什么")
    assert [card.facet for card in shared.cards if isinstance(card, AnswerCard)] == [
        "documents",
        "documents",
    ]
    assert shared.codes == ("SG-HR-004", "SG-PS-004")


@pytest.mark.parametrize(
    ("text", "lang", "codes"),
    [
        ("我在深圳没工作，刚生了宝宝。生育津贴能领吗，宝宝社保卡怎么办，还有我能不能办失业登记", "zh",
         ("SG-MI-004", "SG-HR-003", "SG-HR-010")),
        ("换到深圳上班，养老保险要转，公积金也要转", "zh", ("SG-HR-008", "SG-HF-010")),
        ("社保卡唔見咗，想先掛失，之後再補張新嘅", "zh", ("SG-HR-004", "SG-HR-007")),
        ("刚被公司裁了，两个月工资没发，我还想领失业金", "zh", ("SG-HR-014", "SG-HR-009")),
        ("先开个无犯罪证明，然后去办网约车司机证", "zh", ("SG-PS-008", "SG-TR-002")),
        ("I moved to Shenzhen. How do I transfer my housing fund, do I need a new residence permit, "
         "and how can my son change school?", "en", ("SG-HF-010", "SG-PS-004", "SG-ED-003")),
    ],
)  # fmt: skip
def test_a_story_is_answered_matter_by_matter(
    responder: Responder, text: str, lang: Lang, codes: tuple[str, ...]
) -> None:
    """People join questions with commas and tell what they want between circumstances."""
    assert ask(responder, text, lang).codes == codes


def test_a_clause_that_is_not_sure_is_asked_about(responder: Responder) -> None:
    """Between two that are answered: one tap, in its place."""
    cards = ask(
        responder, "刚到深圳上班，公积金想转过来，居住证要不要重新办，小孩要转学到深圳"
    ).cards
    assert [type(card) for card in cards] == [AnswerCard, ChoicesCard, AnswerCard]
    assert isinstance(cards[1], ChoicesCard)
    assert "居住证要不要重新办" in cards[1].prompt


def test_more_than_a_few_matters_are_said_to_be_left(responder: Responder) -> None:
    """Four cards are what a phone bears; the rest is named, not dropped."""
    cards = ask(
        responder, "身份证丢了怎么补；社保卡怎么补；护照怎么补；驾照怎么补；居住证丢了怎么补"
    ).cards
    assert [type(card) for card in cards] == [AnswerCard] * 4 + [NoticeCard]
    assert isinstance(cards[-1], NoticeCard)
    assert "居住证丢了怎么补" in cards[-1].text


def test_over_the_question_set_matters_are_neither_lost_nor_made(responder: Responder) -> None:
    """Of questions about two matters most bring both; no question about one matter becomes a life event
    (bereavement is both: its item is a step of its plan), and next to none brings a second card."""
    both, asked, taken, doubled = 0, 0, [], []
    for question in load_questions():
        lang: Lang = "en" if question.lang == "en" else "zh"
        cards = ask(responder, question.text, lang).cards
        plan = any(isinstance(card, BundleCard) for card in cards)
        shown = {card.code for card in cards if isinstance(card, AnswerCard)}
        if question.kind == "multi":
            asked += 1
            sisters = {responder.catalogue.sister(code) for code in shown}
            both += plan or len(set(question.codes) & (shown | sisters)) > 1
        elif question.kind != "vague":
            if plan and question.split == "train":
                taken.append(question)
            if len(shown) > 1:
                doubled.append(question.text)
    assert both >= BOTH_ANSWERED * asked
    assert all(question.codes == ["SG-CA-009"] for question in taken), taken
    assert len(doubled) <= DOUBLED, doubled


@pytest.mark.parametrize(
    ("text", "lang", "code"),
    [
        ("Boss owe me 3 month pay. What number I call?", "en", "SG-HR-014"),
        ("My wife is from the mainland and wants to see her mother in Taipei. Need prepare what?", "en",
         "SG-PS-012"),
    ],
)  # fmt: skip
def test_a_part_that_only_asks_a_fact_is_no_matter(
    responder: Responder, text: str, lang: Lang, code: str
) -> None:
    """It goes with the matter before it, in whatever words it asks."""
    reply = ask(responder, text, lang)
    assert reply.codes == (code,)
    assert len(reply.cards) == 1


def test_a_divorce_is_no_wedding(responder: Responder) -> None:
    """Their embeddings lie close together; a plan to marry is the last thing to offer."""
    said = "我跟老公离了，房子归我，过户和贷款怎么处理"
    assert not any(isinstance(card, BundleCard) for card in ask(responder, said).cards)


def test_a_death_is_no_retirement(responder: Responder) -> None:
    """Somebody who lost his father never gets the plan for retiring, whatever pension he speaks of."""
    reply = ask(responder, "我爸前天走了，退休金还会打吗，后面要跑哪些部门")
    plans = [card.id for card in reply.cards if isinstance(card, BundleCard)]
    assert plans in ([], ["B-BEREAVE"])
