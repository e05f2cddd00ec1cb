"""Which fact, or facts, a question asks for; what follows on from the answer before."""

from __future__ import annotations

import pytest

from core.cards import City, Facet
from knowledge.asked_fact import facet_of, facets_of
from knowledge.facets import (
    asks_amount,
    asks_permission,
    asks_whether,
    follow_up,
)
from knowledge.text import understand


@pytest.mark.parametrize(
    ("said", "facet"),
    [
        ("要带什么材料", "documents"),
        ("多久能办好", "time"),
        ("补卡要多少钱", "fee"),
        ("补社保卡多少钱", "fee"),
        ("卖家说要先交税再过户，契税要交多少", "fee"),
        ("前几天被拦了，去哪里上牌", "where"),
        ("办残疾补贴要交费吗", "fee"),
        ("how much does it cost to apply for the allowance", "fee"),
        ("去哪里办", "where"),
        ("手机上能办吗", "channels"),
        ("我符合条件吗", "eligibility"),
        ("办理流程是什么", "steps"),
        ("去深圳还是东莞办", "which_city"),
        ("what documents do I need", "documents"),
        ("how long does it take", "time"),
        ("how much", "fee"),
        ("where do I go", "where"),
        ("can I apply online", "channels"),
        ("am I eligible", "eligibility"),
        ("社保卡丢了怎么办", "steps"),
        ("how to apply for a passport", "steps"),
        ("要回老家补吗", "which_city"),
        ("是去公司那边还是我住的地方", "which_city"),
        ("do I have to go back to my hometown", "which_city"),
        ("失业金能领多久", "result"),
        ("最迟什么时候要去续，几天内", None),
        ("居住证多久签注一次", "result"),
        ("how long is the certificate valid", "result"),
        ("坐地铁免费吗", "result"),
        ("投诉要钱有用吗", None),
        ("微信上卖蛋糕要办证吗", None),
        ("食品证换地址要重新办吗", None),
        ("补办社保卡材料", "documents"),
        ("材料交了两周，多久能下来", "time"),
        ("居住证要住满多久才能办", "eligibility"),
        ("二手房过户手续要多久", "time"),
        ("哪里可以当场拿到卡", "where"),
        ("I lost the invoice, can I still claim the cost back", "eligibility"),
        ("户口在东莞，能不能在深圳补办身份证", "which_city"),
        ("Can I renew my ID card in Shenzhen?", "which_city"),
        ("另一半也能在东莞提公积金吗", "eligibility"),
    ],
)
def test_the_asked_fact_is_recognised(said: str, facet: Facet | None) -> None:
    """A card can put the asked fact first only if it is known."""
    assert facet_of(understand(said).text) == facet


@pytest.mark.parametrize(
    ("said", "facet", "city"),
    [
        ("那东莞呢", None, "dongguan"),
        ("深圳的呢？", None, "shenzhen"),
        ("要多少钱", "fee", None),
        ("要几耐先攞到", "time", None),
        ("那要带什么", "documents", None),
        ("and in Dongguan?", None, "dongguan"),
        ("how much is it?", "fee", None),
        ("how long does it take in Shenzhen?", "time", "shenzhen"),
    ],
)
def test_follow_ups_are_recognised(said: str, facet: Facet | None, city: City | None) -> None:
    """What only makes sense after an answer asks about that answer."""
    found = follow_up(understand(said))
    assert found is not None
    assert (found.facet, found.city) == (facet, city)


@pytest.mark.parametrize(
    "said", ["社保卡要多少钱", "东莞居住证怎么办", "转人工", "how much is a passport", "你好"]
)
def test_a_question_of_its_own_is_not_a_follow_up(said: str) -> None:
    """A new subject starts a new search, whatever was asked before."""
    assert follow_up(understand(said)) is None


@pytest.mark.parametrize(
    ("said", "facets"),
    [
        ("办身份证多少钱多久能拿到", ("fee", "time")),
        ("在哪里办，要带什么材料，收多少钱", ("where", "documents", "fee")),
        ("网上能办吗，要带什么", ("channels", "documents")),
        ("户口在东莞，能在深圳补办吗，要带什么", ("which_city", "documents")),
        ("how much is it and how long does it take", ("fee", "time")),
        ("What is needed, and where do I go?", ("documents", "where")),
        ("手续费多少钱", ("fee",)),
        ("结婚证弄丢了在哪补，要钱吗", ("where", "fee")),
        ("劳动仲裁要交钱吗，多久出结果", ("fee", "time")),
        ("我在网上申请了，多久到账", ("time",)),
        ("对方要发票，我去哪开", ("where",)),
        ("网上申请要带什么材料", ("documents",)),
        ("Where do I register, Shenzhen or Dongguan?", ("which_city",)),
        ("社保卡丢了怎么办", ("steps",)),
    ],
)
def test_every_asked_fact_is_recognised(said: str, facets: tuple[Facet, ...]) -> None:
    """In the order of the words; what only frames a question is not asked for."""
    assert facets_of(understand(said).text) == facets


@pytest.mark.parametrize(
    "said",
    [
        "失业金一个月多少钱", "高龄津贴多少钱一个月", "公积金能提多少钱",
        "how much is unemployment benefit", "how much can I withdraw for rent",
    ],
)  # fmt: skip
def test_what_one_is_given_is_not_a_fee(said: str) -> None:
    """ "Free" is no answer to "how much is the benefit"."""
    asked = understand(said)
    assert asks_amount(asked.text)
    assert facet_of(asked.text) != "fee"
    assert not asks_amount("育儿补贴按多少个月算")


@pytest.mark.parametrize(
    ("said", "whether", "may"),
    [
        ("自己辞职能领失业金吗", True, True), ("车贷还有两年，能转吗", True, True),
        ("办护照要预约吗", True, False), ("年检没过会怎样", True, False),
        ("提得了不", True, False), ("can I take it out early", True, True),
        ("do both parents have to come", True, False), ("what happens if I am late", True, False),
        ("护照怎么办", False, False), ("换驾照要注意什么", False, False),
        ("how do I renew my passport", False, False),
    ],
)  # fmt: skip
def test_yes_or_no_and_may_i_are_told_from_how(said: str, whether: bool, may: bool) -> None:
    """They are answered with conditions or the summary, not with time and fee."""
    text = understand(said).text
    assert (asks_whether(text), asks_permission(text)) == (whether, may)
