"""Which city to file in: what the words say, what is known, and the one question that is missing."""

from __future__ import annotations

from functools import cache

import pytest

from core.cards import City, Facet
from knowledge.catalogue import Catalogue, load_catalogue
from knowledge.context import AnswerContext
from knowledge.jurisdiction import (
    Facts,
    Resolution,
    facts_from,
    handled_anywhere,
    leaves_open,
    names_place,
    reply_place,
    resolve,
)
from knowledge.model import DecidingFact
from knowledge.text import understand


@cache
def _list() -> Catalogue:
    return load_catalogue()


def _resolve(
    code: str,
    *,
    facet: Facet | None = "documents",
    differs: bool = True,
    named: City | None = None,
    words: dict[DecidingFact, City] | None = None,
    known: Facts | None = None,
) -> Resolution:
    return resolve(
        _list().get(code), facet=facet, differs=differs, named=named, words=words or {},
        known=known or {},
    )  # fmt: skip


def test_only_the_missing_deciding_fact_is_asked() -> None:
    """Rent withdrawal is decided by where the fund is paid: that is asked, and nothing else."""
    assert _resolve("SG-HF-002") == Resolution(None, None, "contribution_city")


@pytest.mark.parametrize(
    ("code", "facet", "differs"),
    [
        ("SG-HF-002", "documents", False),  # equal in both cities
        ("SG-HF-002", None, True),  # an overview shows both
        ("SG-HF-002", "fee", True),  # one line a city: both are told
        ("SG-CA-001", "documents", True),  # any city
        ("SG-PS-010", "steps", True),
        ("SG-VA-001", "documents", False),
    ],
)
def test_nothing_is_asked_where_the_answer_is_at_hand(
    code: str, facet: Facet | None, differs: bool
) -> None:
    """A question costs a tap: equal, short, nationwide and overview answers never cost one."""
    assert _resolve(code, facet=facet, differs=differs).ask is None


def test_what_is_known_settles_the_city_and_says_why() -> None:
    """The fact itself, or one that goes with it; the reason names the fact the resident told."""
    assert _resolve("SG-HF-002", known={"contribution_city": "dongguan"}) == Resolution(
        "dongguan", "contribution_city"
    )
    assert _resolve("SG-HF-002", known={"employer_city": "shenzhen"}) == Resolution(
        "shenzhen", "employer_city"
    )
    assert _resolve("SG-HF-002", known={"hukou_city": "shenzhen"}).ask == "contribution_city"
    assert _resolve("SG-HF-002", known={"contribution_city": "both"}) == Resolution(None)


def test_words_win_over_what_was_said_before() -> None:
    """A resident who names another city now means that one; a bare name is no reason."""
    known: Facts = {"contribution_city": "dongguan"}
    assert _resolve("SG-HF-002", named="shenzhen", known=known) == Resolution("shenzhen")
    words: dict[DecidingFact, City] = {"contribution_city": "shenzhen"}
    assert _resolve("SG-HF-002", words=words, known=known) == Resolution(
        "shenzhen", "contribution_city"
    )


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("我在东莞交公积金，想在深圳买房", {"contribution_city": "dongguan", "property_city": "shenzhen"}),
        ("户口在东莞，孩子在深圳上学", {"hukou_city": "dongguan", "school_city": "shenzhen"}),
        ("我住在深圳，社保卡丢了", {"residence_city": "shenzhen"}),
        ("从东莞搬到深圳要办什么", {"residence_city": "shenzhen"}),
        ("moving from Shenzhen to Dongguan", {"residence_city": "dongguan"}),
        ("I pay into the housing fund in Dongguan", {"contribution_city": "dongguan"}),
        ("东莞租房怎么提取公积金", {}),
        ("深圳公积金和东莞公积金有什么区别", {}),
        ("社保卡怎么办", {}),
    ],
)  # fmt: skip
def test_facts_are_what_the_resident_stated(text: str, facts: dict[str, str]) -> None:
    """A wish to know about a city is not a statement about oneself."""
    assert understand(text).said == facts


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("深圳", "shenzhen"), ("在东莞交的", "dongguan"), ("东莞的。", "dongguan"),
        ("两市都有", "both"), ("不清楚", "both"), ("唔知", "both"), ("both", "both"),
        ("I'm not sure", "both"), ("I pay in Shenzhen", "shenzhen"), ("深圳和东莞都有", "both"),
        ("深圳社保卡丢了怎么办", None), ("要带什么", None), ("转人工", None),
    ],
)  # fmt: skip
def test_a_reply_to_the_question_is_told_from_a_new_question(text: str, place: str | None) -> None:
    """Short answers in the resident's own words, "both" and "not sure" included."""
    assert reply_place(understand(text)) == place
    assert names_place(text) == (place is not None)


def test_what_is_handled_anywhere_is_known_of_every_item() -> None:
    """No item served nationwide can ever lead to a question."""
    for item in _list().items.values():
        if "nationwide" in item.cross_city_modes or item.jurisdiction.deciding_fact == "none":
            assert handled_anywhere(item)
            assert _resolve(item.item_id, facet="which_city").ask is None


def test_a_context_keeps_facts_and_drops_nonsense() -> None:
    """What was said outlives JSON; odd data is dropped, not believed."""
    context = AnswerContext(
        "SG-HF-002", facet="documents", facts={"hukou_city": "both"}, asking="contribution_city",
        bundle="B-MOVE", answers="has_car:yes", view="centres",
    )  # fmt: skip
    assert AnswerContext.from_dict(context.as_dict()) == context
    assert facts_from({"hukou_city": "paris", "shoe_size": "shenzhen"}) == {}
    assert facts_from(["hukou_city"]) == {}
    assert AnswerContext.from_dict({"asking": "age", "facts": 3, "view": "map"}) == AnswerContext()


def test_what_moves_to_the_other_city_is_never_settled_by_where_it_is_today() -> None:
    """A transfer is filed where it goes to: nothing is asked or concluded; a named city counts."""
    for code in ("SG-PS-006", "SG-MI-002", "SG-HR-008", "SG-HF-010", "SG-PS-018"):
        known: Facts = {"residence_city": "shenzhen", "insured_city": "shenzhen"}
        assert _resolve(code, facet="which_city", known=known) == Resolution(None)
        assert _resolve(code, facet="which_city", named="dongguan") == Resolution("dongguan")


def test_shenzhen_or_dongguan_names_neither() -> None:
    """The question which of the two it is must not be read as a statement."""
    for text in ("租房提取去深圳还是东莞办", "社保卡在东莞或深圳办", "is it Shenzhen or Dongguan"):
        assert leaves_open(text)
    assert not leaves_open("深圳和东莞都可以吗")


@pytest.mark.parametrize(
    ("said", "facts", "away"),
    [
        ("我没有深圳户口，在深圳上班", {"employer_city": "shenzhen"}, set()),
        ("we live in Longgang, no Shenzhen hukou", {"residence_city": "shenzhen"}, set()),
        ("户口在四川人在东莞", {}, {"hukou_city"}),
        ("我在深圳没工作", {}, set()),
        ("我在深圳找工作", {}, set()),
        ("I have no job in Shenzhen", {}, set()),
        ("我妈在老家的医保，在深圳看病能报吗", {}, {"insured_city"}),
        ("她的社保是东莞的，人在深圳",
         {"contribution_city": "dongguan", "residence_city": "shenzhen"}, set()),
        ("I rent in Shenzhen but the fund is paid in Dongguan",
         {"contribution_city": "dongguan"}, set()),
    ],
)  # fmt: skip
def test_what_is_denied_or_lies_elsewhere_is_not_said_of_our_cities(
    said: str, facts: dict[str, str], away: set[str]
) -> None:
    """A false reason is worse than none: it sends somebody to the wrong city."""
    asked = understand(said)
    assert (asked.said, set(asked.away)) == (facts, away)
