"""Normalising, cities, several matters, spelling: before any search."""

from __future__ import annotations

import pytest

from core.cards import City
from knowledge.matters import split_matters
from knowledge.model import DecidingFact
from knowledge.spelling import Speller, count_stretches, learn_phrases
from knowledge.terms import spelled, stem, syllables, terms
from knowledge.text import simplify, squash, understand


@pytest.mark.parametrize(
    ("said", "searched"),
    [
        ("請問駕駛證遺失點樣補領？", "驾驶证遗失怎么补领?"),
        ("唔該，我張社保卡唔見咗", "我张社保卡丢了"),
        ("公司冇出人工點投訴", "公司没有出工资怎么投诉"),
        ("嗰邊啲公積金可唔可以搬晒過嚟", "那边的公积金可不可以全部转过来"),
        ("冇工開嗰排有冇錢攞", "没有工作那阵子有没有钱领取"),
        ("你好，请问一下，居住证怎么办呢？谢谢", "居住证怎么办?"),
        ("社保卡ＡＢＣ　１２３", "社保卡abc 123"),
        ("Hello, could you please tell me how to renew a passport?", "how to renew a passport?"),
        ("社保卡社保卡丢了", "社保卡丢了"),
    ],
)
def test_words_are_brought_to_one_form(said: str, searched: str) -> None:
    """Script, dialect, width, politeness and stammering do not change what is searched for."""
    assert understand(said).core == searched


@pytest.mark.parametrize("kept", ["转人工", "地点在哪", "周边有什么窗口", "几点开门", "网点地址"])
def test_mandarin_words_survive_the_cantonese_lexicon(kept: str) -> None:
    """A Mandarin word that contains a Cantonese key is left alone."""
    assert understand(kept).text == kept


def test_nothing_but_fillers_is_kept_as_it_is() -> None:
    """Stripping never leaves an empty question."""
    assert understand("你好").text == "你好"
    assert understand("").text == ""


@pytest.mark.parametrize(
    ("said", "cities"),
    [
        ("在厚街办居住证", ("dongguan",)),
        ("南山区开公司", ("shenzhen",)),
        ("从深圳转到东莞", ("shenzhen", "dongguan")),
        ("深莞通办窗口", ()),
        ("open a shop in Humen", ("dongguan",)),
        ("the sz residence permit", ("shenzhen",)),
        ("how to update it", ()),
    ],
)
def test_cities_are_found_by_name_and_district(said: str, cities: tuple[City, ...]) -> None:
    """A district or town counts as its city; the joint programme's name does not."""
    assert understand(said).cities == cities


@pytest.mark.parametrize(
    ("said", "fact", "city"),
    [
        ("我在东莞交公积金，想在深圳买房，怎么提取？", "contribution_city", "dongguan"),
        ("我在东莞交公积金，想在深圳买房，怎么提取？", "property_city", "shenzhen"),
        ("上班在深圳，住在东莞", "employer_city", "shenzhen"),
        ("上班在深圳，住在东莞", "residence_city", "dongguan"),
        ("I work in Shenzhen but live in Dongguan", "residence_city", "dongguan"),
        ("公积金交在东莞，房子买在深圳", "contribution_city", "dongguan"),
        ("深圳户口，孩子在东莞上学", "school_city", "dongguan"),
        ("深圳户口，孩子在东莞上学", "hukou_city", "shenzhen"),
        ("我东莞户口在深圳上班的残疾人，补贴在深圳能申请不", "hukou_city", "dongguan"),
        ("社保交的是东莞，人住在平湖", "contribution_city", "dongguan"),
        ("我公积金交东莞，租房租在光明区", "contribution_city", "dongguan"),
        ("孩子在虎门读小学，想去深圳读初中", "school_city", "shenzhen"),
        (
            "my son is at school in Humen and we want him in a Shenzhen school",
            "school_city",
            "shenzhen",
        ),
    ],
)
def test_each_fact_gets_its_own_city(said: str, fact: DecidingFact, city: City) -> None:
    """With two cities in a sentence, the city that decides is the one its fact lies in."""
    assert understand(said).roles[fact] == city


@pytest.mark.parametrize(
    ("said", "fact", "city"),
    [
        ("社保在深圳交的，在东莞租房能提公积金吗", "contribution_city", "shenzhen"),
        ("我在东莞工作，深圳的公积金怎么提取", "contribution_city", "shenzhen"),
        ("在深圳提取东莞公积金", "contribution_city", "dongguan"),
        ("我们公司在东莞，想在深圳开分公司", "premises_city", "shenzhen"),
        (
            "My job is in Dongguan, I want to open a business in Shenzhen",
            "premises_city",
            "shenzhen",
        ),
        ("我在深圳上班，东莞的社保卡丢了", "insured_city", "dongguan"),
        (
            "I live in Dongguan, where is my Shenzhen housing fund withdrawn",
            "contribution_city",
            "shenzhen",
        ),
    ],
)
def test_what_is_stated_wins_over_what_stands_near(
    said: str, fact: DecidingFact, city: City
) -> None:
    """「在东莞租房能提公积金」 says where the flat is, not where the fund is paid."""
    assert understand(said).roles[fact] == city


def test_where_one_works_is_not_overruled_by_where_one_wants_to_withdraw() -> None:
    """The fund lies where the employer is; nothing is guessed from the place of the withdrawal."""
    asked = understand("我在东莞上班，想在深圳提公积金租房")
    assert "contribution_city" not in asked.roles
    assert asked.roles["employer_city"] == "dongguan"


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("孩子户口在江西赣州，住深圳，育儿补贴能在深圳领吗", {"hukou_city"}),
        ("老爸户口还在河南信阳，跟着我在东莞住", {"hukou_city"}),
        ("my mom is insured in Hunan and lives with me in Dongguan", {"insured_city"}),
        ("湖南户口，在东莞上班", {"hukou_city"}),
        ("户口在东莞，人在深圳", set()),
        ("老家在贵州，人在东莞，身份证掉了", set()),
        ("去广州住院要备案吗", set()),
    ],
)
def test_a_fact_may_lie_in_neither_city(said: str, facts: set[DecidingFact]) -> None:
    """A hukou in a third place gets neither city's procedure."""
    assert understand(said).away == facts


@pytest.mark.parametrize(
    ("said", "core"),
    [
        ("驾照丢了，能委托老婆去补吗", "驾照丢了,代补吗"),
        ("护照可以请朋友帮我领吗", "护照代领吗"),
        ("想委托儿子卖房公证", "想委托儿子卖房公证"),
        ("帮我爸办老年卡", "爸办老年卡"),
    ],
)
def test_whom_one_sends_is_no_part_of_the_matter(said: str, core: str) -> None:
    """「委托老婆去补」 is not about a marriage; whom it is for stays."""
    assert understand(said).core == core


def test_places_misheard_and_chinese_words_in_english_are_understood() -> None:
    """Homophones of districts, a curly apostrophe, shebao and its like."""
    assert understand("保安区怎么办居住证").cities == ("shenzhen",)
    assert understand("在长安打工").cities == ("dongguan",)
    assert understand("西安长安区").cities == ()
    assert understand("Chang’an town", lang="en").cities == ("dongguan",)
    assert understand("where is my shebao and yibao").core == (
        "where is my social insurance and medical insurance"
    )


@pytest.mark.parametrize(
    ("said", "city"),
    [
        ("深圳公积金怎么转到东莞", "dongguan"), ("公积金从东莞转深圳", "shenzhen"),
        ("how to change my car registration from Shenzhen to Dongguan", "dongguan"),
        ("我过几天到深圳", None), ("在深圳上班的社保能转吗", None), ("深圳和东莞哪边快", None),
    ],
)  # fmt: skip
def test_where_something_is_moved_to(said: str, city: City | None) -> None:
    """The new city is the one that handles a transfer."""
    assert understand(said).destination == city


@pytest.mark.parametrize(
    ("said", "core"),
    [
        ("我在东莞上班，想在深圳办身份证", "身份证"),
        ("我在深圳龙岗上班，人住东莞，社保卡丢了", "社保卡丢了"),
        (
            "I work in Dongguan and live in Shenzhen, how do I renew my passport",
            "how do i renew my passport",
        ),
        ("我在东莞上班，要办什么证", "我上班,要办什么证"),
        ("上班在深圳，住在东莞", "上班,住"),
        ("我在东莞交公积金，怎么提取", "我交公积金,怎么提取"),
        ("深圳的公积金", "公积金"),
    ],
)
def test_where_one_lives_and_works_is_not_searched_for(said: str, core: str) -> None:
    """Circumstances decide the city; they are left out of the search unless nothing else is asked."""
    assert understand(said).core == core


def test_another_city_is_noticed_and_passing_through_is_told_apart() -> None:
    """Guangzhou's own service is out of the list; going there for treatment is not."""
    assert understand("广州积分入户怎么申请").elsewhere
    assert not understand("广州积分入户怎么申请").passing
    assert understand("去广州住院要备案吗").passing
    assert not understand("从广州搬到深圳").elsewhere


def test_messages_are_split_between_questions_and_not_at_commas() -> None:
    """A comma gives a circumstance; "另外" and question marks begin something else."""
    assert len(split_matters("居住证怎么申请?另外社保卡去哪里办")) == 2
    assert len(split_matters("how do I move my fund? and also where is the kiosk near me")) == 2
    whole = "我在东莞交公积金,想在深圳买房,怎么提取?"
    assert split_matters(whole) == [whole]


def test_terms_are_characters_pairs_and_stems() -> None:
    """The same word meets itself in another form; endings and stop words do not count."""
    assert {"社", "社保", "保卡"} <= set(terms("社保卡的"))
    assert "的" not in terms("社保卡的")
    assert stem("renewal") == stem("renewing") == stem("renew")
    assert set(terms("a lost licence")) & set(terms("losing my license"))


READINGS = {
    "社": "she", "设": "she", "保": "bao", "卡": "ka", "居": "ju", "住": "zhu", "主": "zhu",
    "证": "zheng", "补": "bu", "办": "ban", "天": "tian", "气": "qi",
}  # fmt: skip


def _speller() -> Speller:
    texts = [
        "社保卡补办",
        "社保卡",
        "社保卡",
        "社保",
        "居住证",
        "居住证办",
        "居住",
        "居住",
        "补办",
        "补办",
        "补办",
    ]
    known = {text[i : i + 2] for text in texts for i in range(len(text) - 1)}
    return Speller(
        learn_phrases(count_stretches(texts), READINGS),
        READINGS,
        known,
        frozenset({*READINGS.values(), "she", "ka"}),
    )


def test_homophones_are_mended_with_the_lists_own_words() -> None:
    """「设保卡」 is read as 「社保卡」, and words the list does not know are left as they are."""
    speller = _speller()
    assert speller.mend("设保卡补办") == "社保卡补办"
    assert speller.mend("居主证") == "居住证"
    assert speller.mend("天气") == "天气"


def test_pinyin_is_read_and_english_is_not() -> None:
    """ "shebaoka buban" means 社保卡补办; an English sentence is not pinyin."""
    speller = _speller()
    assert speller.read_pinyin("shebaoka buban") == "社保卡补办"
    assert speller.read_pinyin("lost card") is None
    assert spelled("passport", speller.syllables) == []


def test_similar_sounds_meet() -> None:
    """zh/z, n/l and ng/n are one sound to many residents and to dictation."""
    assert syllables("居住证", READINGS)[0] == syllables("居主证", READINGS)[0]


def test_simplify_and_squash_keep_the_words() -> None:
    """Control characters go, words stay."""
    assert simplify("社\u200b保 卡\n办") == "社 保卡 办" or "社保卡办" in squash(
        simplify("社\u200b保 卡\n办")
    )
    assert squash("社保卡，怎么 办？") == "社保卡怎么办"


def test_another_places_document_is_another_places_matter() -> None:
    """No office of ours replaces a foreign passport or a Hong Kong identity card; who holds one may
    still ask for what is ours."""
    for text in (
        "美国护照丢了怎么补", "换发菲律宾护照", "香港身份證要換，喺邊度預約", "Renew my Philippines passport",
        "my Indian passport expired", "lost my Hong Kong ID card",
    ):  # fmt: skip
        asked = understand(text)
        assert asked.elsewhere, text
        assert asked.foreign, text
    for text in (
        "普通护照到期换发", "外国护照办理住宿登记", "renew my passport", "身份证到期换领", "护照丢了",
        "I have a British passport, how do I register my stay", "拿美国护照能办居留许可吗",
        "香港居民办居住证",
    ):  # fmt: skip
        assert not understand(text).elsewhere, text


def test_a_death_said_gently_is_understood() -> None:
    """「走了」 of a parent is a death; of anything else it is walking."""
    assert "去世了" in understand("我爸前天走了，不知道先办什么").text
    assert "去世" not in understand("我爸走了三公里去派出所").text
    assert "去世" not in understand("公交车走了").text
