"""Which fact is asked, however it is put: the learned rule and the sentences it was learned from."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import orjson
import pytest

from core.cards import Facet
from core.i18n import Lang
from knowledge.asked_fact import (
    LATER,
    RULE,
    Asked,
    asked_fact,
    comparable,
    facet_of,
    facets_of,
    features,
    language_of,
    load_rule,
)
from knowledge.catalogue import load_catalogue
from knowledge.evaluation.asked import load_asked
from knowledge.evaluation.measure_faqs import load_faq_questions
from knowledge.evaluation.questions import load_questions
from knowledge.evaluation.talks import load_talks
from knowledge.facets import worded
from knowledge.text import squash, understand

LANGS: tuple[Lang, ...] = ("zh", "en")


@pytest.mark.parametrize(
    ("said", "facet"),
    [
        ("年前能不能拿到手啊", "time"),
        ("得掏多少银子", "fee"),
        ("我哥替我跑一趟成不成", "channels"),
        ("这事儿归深圳管还是归东莞管", "which_city"),
        ("有没有电话可以问", "phone"),
        ("上礼拜交的单子，石沉大海", "status"),
        ("到手能有多少钱", "result"),
        ("will I have it before Christmas", "time"),
        ("does it cost anything", "fee"),
        ("could my cousin hand it in for me", "channels"),
        ("who can I ring about it", "phone"),
    ],
)
def test_a_fact_is_heard_without_its_usual_words(said: str, facet: Facet | None) -> None:
    """None of these sentences is one that the rule was learned from."""
    assert said not in {sentence.text for sentence in load_asked()}
    assert facet_of(understand(said).text) == facet


def test_what_is_given_is_no_fee_and_a_term_no_time() -> None:
    """However sure the rule is: "free" is no answer to how much the benefit is."""
    assert facet_of(understand("失业金一个月多少钱").text) == "result"
    assert asked_fact(understand("最迟哪天之前要去续").text) != "time"


def test_where_the_rule_is_not_sure_only_plain_words_count(tmp_path: Path) -> None:
    """A rule that is never sure leaves it to the expressions of `facets`."""
    data = orjson.loads(RULE.read_bytes())
    for lang in LANGS:
        data[lang]["sure_at"] = 1.1
    careful = tmp_path / "rule.json"
    careful.write_bytes(orjson.dumps(data))
    assert facet_of("要多久", careful) == worded("要多久") == "time"
    assert facet_of("上礼拜交的单子，石沉大海", careful) is None


def test_several_facts_keep_their_order() -> None:
    """A fact that is only heard goes with those that are asked outright in other clauses."""
    assert facets_of(understand("生育津贴能领多少，多久到账").text) == ("result", "time")
    assert facets_of(understand("多少钱，多久能拿到").text) == ("fee", "time")


@pytest.mark.parametrize("lang", LANGS)
def test_the_rule_fits_what_it_looks_at(lang: Lang) -> None:
    """One weight a fact for every feature; beliefs are shares."""
    rule = load_rule(lang)
    assert rule.facts == get_args(Asked)
    assert rule.weights.shape == (len(rule.rows), len(rule.facts))
    scores = rule.scores(features("要多久" if lang == "zh" else "how long", lang))
    for vector in (None, np.full(rule.meaning.shape[0], 0.01, np.float32)):
        shares = rule.shares(scores, vector)
        assert shares.sum() == pytest.approx(1.0)
        assert rule.facts[int(shares.argmax())] == "time"
    assert rule.meaning.shape[1] == len(rule.shift) == len(rule.facts)


def test_matters_it_did_not_learn_from_are_understood() -> None:
    """What cross-validation over matters gave when the rule was made; a guess would be right in one of 13."""
    made = orjson.loads(RULE.read_bytes())["made"]
    for lang, least in (("zh", 0.8), ("en", 0.72)):
        assert made[lang]["right"] >= least
        assert made[lang]["right_when_sure"] >= 0.82
    later = orjson.loads(LATER.read_bytes())["made"]
    assert all(later[lang]["right"] >= 0.5 for lang in LANGS)


def test_an_embedding_of_another_model_is_not_looked_at() -> None:
    """The words alone decide there, as before; with the embedding more sentences are heard."""
    vector = np.ones(384, np.float32)
    assert comparable(vector, "hub-some-model") is None
    assert comparable(vector, load_rule("zh").embedder) is vector


def test_a_case_told_after_a_card_asks_for_no_fact() -> None:
    """Half a sentence is more often a case than a question for time or money."""
    told = ("房本还押在银行没在手上呢", "我是离过一次的", "他上个月刚换的工作")
    assert not {facet_of(understand(text).text, LATER) for text in told} & {
        "status",
        "time",
        "fee",
        "where",
    }
    assert facet_of("要多久", LATER) == "time"
    assert facet_of("贵不贵", LATER) == "fee"


def test_its_sentences_are_in_no_evaluation() -> None:
    """They teach; what measures must not stand among them. Every code is an item's."""
    sentences = load_asked()
    assert len({sentence.text for sentence in sentences}) == len(sentences)
    codes = load_catalogue().items.keys()
    assert {sentence.code for sentence in sentences} <= codes | {""}
    measured = {
        *(question.text for question in load_questions()),
        *(question.text for question in load_faq_questions()),
        *(turn.text for talk in load_talks() if talk.split == "test" for turn in talk.turns),
    }
    said = {squash(sentence.text.lower()) for sentence in sentences}
    longer = {squash(text.lower()) for text in measured if len(text) > 12}
    assert said.isdisjoint(longer)
    assert {language_of(understand(s.text, lang=s.reply_lang).text) for s in sentences} == {*LANGS}
