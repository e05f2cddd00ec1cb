"""What the two cities' rules differ in: what they say, not in which order."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from core.cards import Facet
from knowledge.catalogue import Catalogue, load_catalogue
from knowledge.comparisons import Wanted, compare_cities
from knowledge.differences import aligned, apart, compare, differs, facet_differs, sides
from knowledge.model import Variant

TODAY = dt.date(2026, 11, 23)


@cache
def _list() -> Catalogue:
    return load_catalogue()


def _rent() -> Variant:
    side = sides(_list(), _list().get("SG-HF-002"), TODAY)["shenzhen"]
    assert side is not None
    return side[1]


def test_the_same_documents_in_another_order_are_the_same() -> None:
    """Seven documents for buying a home, the same in both cities, are no difference and stand in one order."""
    catalogue = _list()
    rows = compare(catalogue, catalogue.get("SG-HF-005"), lang="zh", today=TODAY)
    documents = next(row for row in rows if row.facet == "documents")
    assert not documents.differs
    assert documents.shenzhen == documents.dongguan


@pytest.mark.parametrize("facet", ["documents", "channels", "eligibility", "fee"])
def test_turning_a_list_round_changes_nothing(facet: Facet) -> None:
    """Whatever order an editor wrote a city's list in; what stands in one city alone keeps its place."""
    names = {"documents": "materials", "eligibility": "conditions", "fee": "fees"}
    name = names.get(facet, facet)
    one = _rent()
    turned = one.model_copy(update={name: list(reversed(getattr(one, name)))})
    assert getattr(aligned(one, turned), name) == getattr(one, name)
    assert not apart(one, aligned(one, turned), facet)
    fewer = turned.model_copy(update={name: getattr(turned, name)[:-1]})
    assert apart(one, aligned(one, fewer), facet) == bool(getattr(one, name))


def test_steps_are_a_sequence() -> None:
    """First one thing and then the other is another rule than the other way round."""
    one = _rent()
    turned = one.model_copy(update={"steps": list(reversed(one.steps))})
    assert apart(one, aligned(one, turned), "steps")


def test_each_city_s_own_parts_are_no_difference() -> None:
    """Any district's tax hall here is any town's tax hall there."""
    assert not differs("深圳各区办税服务厅", "东莞各镇街办税服务厅")
    assert differs("深圳各区办税服务厅", "东莞自助办税终端")


def test_a_rule_that_differs_is_asked_about() -> None:
    """Where the lists truly differ, the city matters for the answer."""
    catalogue = _list()
    assert facet_differs(catalogue, catalogue.get("SG-PS-004"), "eligibility", TODAY)
    assert not facet_differs(catalogue, catalogue.get("SG-PS-004"), "fee", TODAY)


@pytest.mark.parametrize("code", sorted(_list().items))
def test_both_languages_say_the_same(code: str) -> None:
    """A resident reads the same differences in Chinese and in English, whatever the matter."""
    catalogue = _list()
    item = catalogue.get(code)
    zh, en = (
        compare_cities(catalogue, item, wanted=Wanted(), lang=lang, today=TODAY)
        for lang in ("zh", "en")
    )
    if zh is None or en is None:
        assert zh == en
        return
    assert [(row.facet, row.differs) for row in zh.rows] == [
        (row.facet, row.differs) for row in en.rows
    ]
