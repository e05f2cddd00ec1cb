"""What residents tell: words of a fact that is not asked, a question at the end of a story, a matter that
stands alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from knowledge_answering import answer_of, ask
from knowledge_engine import TODAY, OwnFigures

from core.cards import ChoicesCard
from core.i18n import Lang
from knowledge.answers import Responder
from knowledge.asked_fact import facet_of
from knowledge.asked_for import asked_for
from knowledge.evaluation.asked import load_asked
from knowledge.evaluation.measure_facts import (
    OUTSIDE,
    SITUATIONS,
    TELLINGS,
    FactQuestion,
    load_fact_questions,
    measure_facts,
    report_facts,
)
from knowledge.rank import load_rules


@pytest.mark.parametrize(
    ("words", "lang", "code"),
    [
        ("公司三个月没发工资，老板电话也不接", "zh", "SG-HR-014"),
        ("洗腎三年，門診錢頂唔順", "zh", "SG-MI-005"),
        (
            "Court letter came by post about a loan I never took, cant afford any lawyer",
            "en",
            "SG-JU-001",
        ),
    ],
)
def test_who_tells_what_happened_gets_the_matter_as_a_whole(
    responder: Responder, words: str, lang: Lang, code: str
) -> None:
    """No telephone numbers for whom nobody answers."""
    card = answer_of(ask(responder, words, lang))
    assert card.facet not in ("phone", "time", "channels", "fee")
    assert code in (card.code, responder.catalogue.sister(card.code))


def test_a_question_at_the_end_of_a_story_is_heard(responder: Responder) -> None:
    """The story says which matter, its last clause what is asked."""
    card = answer_of(ask(responder, "帮人画图挣了八千，对方非要发票，我没公司，开一张要扣多少税"))
    assert (card.code, card.facet) == ("SG-TX-005", "fee")


def test_a_matter_without_a_rival_is_not_asked_back(responder: Responder) -> None:
    """ "Is this what you are asking about?" of one matter alone helps nobody where it is likely enough; with
    a rival it is asked which, and a bare name stays a question."""
    at, seen = load_rules().learned.answer_at, {"answer": 0, "clarify": 0}
    for told in (*load_fact_questions(TELLINGS), *load_fact_questions(SITUATIONS)):
        found = responder.engine.search(told.text)
        first, *others = found.results or (None,)
        if first is None or not at - 0.04 <= found.confidence < at or found.decision == "abstain":
            continue
        sister = responder.catalogue.sister(first.code)
        rivals = [hit for hit in others if hit.code != sister and hit.score >= 0.04 * first.score]
        assert found.decision == ("clarify" if rivals else "answer"), told.text
        seen[found.decision] += 1
    assert min(seen.values()) > 0, "other messages are wanted"
    assert isinstance(ask(responder, "离婚").cards[0], ChoicesCard)


def test_the_barest_question_is_answered(responder: Responder) -> None:
    """「居住证怎么办」 asks how it is done, whatever the matter, and is no "no direct answer"; names of offices
    (「调解委员会」) aside."""
    odd = []
    for item in responder.catalogue.items.values():
        for name in item.aliases.zh[:2]:
            words = f"{name}怎么办"
            vector = responder.engine.comparable(responder.engine.embed(words))
            fact = facet_of(words, vector=vector)
            beyond = asked_for(words, "zh", vector=vector).beyond
            odd += [words] if beyond or fact not in (None, "steps", "status") else []
    assert len(odd) <= 2, odd


@pytest.mark.parametrize(
    ("path", "right", "false"), [(TELLINGS, 0.65, 0.03), (SITUATIONS, 0.8, 0.07)]
)
def test_what_is_told_is_understood_as_it_was(
    responder: Responder, own: OwnFigures, path: Path, right: float, false: float
) -> None:
    """Over messages that taught nothing; `make eval` holds the exact figures."""
    told = load_fact_questions(path)
    taught = {one.text for one in load_asked()}
    taught |= {words for matter in responder.catalogue.outside for words in matter.said}
    assert taught.isdisjoint(one.text for one in told)
    measured = own.figures[path.stem]
    listed = [own for group, own in measured.items() if group != OUTSIDE]
    total = {name: sum(own[name] for own in listed) for name in listed[0] if name != "lead_share"}
    assert total["right"] >= right * total["questions"]
    assert total["wrong"] <= 0.05 * total["questions"]
    assert total["leads"] >= 0.8 * total["single"]
    assert measured[OUTSIDE]["wrong"] <= false * measured[OUTSIDE]["questions"]


def test_what_is_outside_is_right_when_refused(responder: Responder) -> None:
    """An answer to it is wrong; there is no card that could lead."""
    weather = FactQuestion("今天天气怎么样", "zh", (), False, "other")
    listed = FactQuestion("社保卡丢了怎么补办", "zh", (), False, "other")
    own = measure_facts(responder, [weather, listed], TODAY)[OUTSIDE]
    assert (own["questions"], own["right"], own["wrong"], own["single"]) == (2, 1, 1, 0)
    assert own["lead_share"] is None
    assert "tellings, outside: right 1 of 2" in report_facts({OUTSIDE: own}, "tellings")
