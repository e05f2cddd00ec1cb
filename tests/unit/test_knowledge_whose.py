"""Whose fact it is, and which holds now: `knowledge.whose` through `understand`."""

from __future__ import annotations

import pytest

from core.cards import City
from knowledge.model import DecidingFact
from knowledge.text import understand


@pytest.mark.parametrize(
    ("words", "fact", "city"),
    [
        ("老公社保在深圳，我社保在东莞，我的生育津贴去哪领", "contribution_city", "dongguan"),
        ("我爸医保在深圳，我妈医保在东莞，我妈异地就医备案找哪", "insured_city", "dongguan"),
        ("我爸深圳户口，我妈东莞户口，我妈的高龄津贴去哪领", "hukou_city", "dongguan"),
        ("我户口深圳，老婆户口东莞，孩子随妈", "hukou_city", "dongguan"),
        ("I'm insured in Shenzhen, my wife is insured in Dongguan. Where does she claim it?",
         "insured_city", "dongguan"),
        ("我以前在深圳交社保，现在在东莞交，生育津贴去哪领", "contribution_city", "dongguan"),
        ("I used to pay social security in Shenzhen but now pay in Dongguan, where do I claim?",
         "contribution_city", "dongguan"),
        ("以前在深圳交社保，现在回东莞没交了，失业金在哪领", "contribution_city", "shenzhen"),
        ("我不在深圳参保，我在东莞，异地备案找谁", "insured_city", "dongguan"),
        ("我不住深圳，住东莞，居住证在哪办", "residence_city", "dongguan"),
        ("I'm not insured in Shenzhen, I'm insured in Dongguan. Where do I file?", "insured_city", "dongguan"),
        ("我不是深圳户口，是东莞的，高龄津贴在哪", "hukou_city", "dongguan"),
        ("社保在深圳交，公积金在东莞交，租房能提吗", "contribution_city", "dongguan"),
        ("社保在深圳交，公积金在东莞交，失业金去哪领", "contribution_city", "shenzhen"),
    ],
)  # fmt: skip
def test_the_fact_of_the_one_it_is_about_counts_and_the_one_that_holds(
    words: str, fact: DecidingFact, city: City
) -> None:
    """Somebody else's city, a former one and one that was denied are not the resident's."""
    assert understand(words).roles[fact] == city


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("老公社保在深圳，我的生育津贴去哪领", "contribution_city"),
        ("我在深圳参保，我老婆的生育津贴去哪领", "insured_city"),
        ("爸爸户口深圳妈妈户口东莞，宝宝落户去哪", "hukou_city"),
        ("my hukou is Shenzhen, my baby's hukou is Dongguan, where do I claim the subsidy", "hukou_city"),
        ("公司在深圳，被欠工资，工地在东莞，去哪投诉", "employer_city"),
    ],
)  # fmt: skip
def test_where_it_cannot_be_told_nothing_is_taken(words: str, fact: DecidingFact) -> None:
    """A false "because you are insured there" sends somebody to the wrong city; then it is asked."""
    asked = understand(words)
    assert fact in asked.open
    assert fact not in asked.roles
    assert fact not in asked.said


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("我妈在深圳参保，我怎么帮她办异地就医备案", "insured_city"),
        ("My mom is insured in Shenzhen, where do I file", "insured_city"),
        ("我和老婆都在深圳交社保，生育津贴怎么领", "contribution_city"),
        ("Insured in Shenzhen, my mother-in-law too, she was taken to hospital", "insured_city"),
    ],
)
def test_who_only_helps_or_is_named_beside_takes_nothing_away(
    words: str, fact: DecidingFact
) -> None:
    """Children file for their parents; a couple may share a city."""
    assert understand(words).said[fact] == "shenzhen"


def test_what_is_taken_back_does_not_count() -> None:
    """「我是东莞的，哦不，搞错了，是深圳交的」."""
    assert understand("我是东莞的，哦不，搞错了，是深圳交的").cities == ("shenzhen",)
    assert understand("I pay in Dongguan, no wait, in Shenzhen").cities == ("shenzhen",)
    assert understand("公积金在东莞交的，名字登记错了，去深圳改吗").cities == (
        "dongguan",
        "shenzhen",
    )
