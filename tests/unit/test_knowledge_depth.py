"""The list in the tree is a guide, not a summary: each rule in one loop, with a list of offenders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from core.cards import CITIES, City, LocalText
from core.i18n import LANGS
from knowledge.bundles import plan
from knowledge.catalogue import Catalogue, load_catalogue
from knowledge.model import Centre, Faq, ServiceItem, Variant
from knowledge.rules import collect
from knowledge.validate import check
from knowledge.vectors.select import LARGE_ROWS
from knowledge.wordings import wordings

SHENZHEN = {
    "福田区", "罗湖区", "盐田区", "南山区", "宝安区", "龙岗区", "龙华区", "坪山区", "光明区", "大鹏新区",
}  # fmt: skip
DONGGUAN = {
    "莞城街道", "南城街道", "东城街道", "万江街道", "虎门镇", "长安镇", "厚街镇", "沙田镇", "常平镇", "寮步镇",
    "樟木头镇", "清溪镇", "塘厦镇", "凤岗镇", "谢岗镇", "桥头镇", "企石镇", "石排镇", "横沥镇", "东坑镇",
    "茶山镇", "石龙镇", "石碣镇", "高埗镇", "中堂镇", "望牛墩镇", "麻涌镇", "洪梅镇",
    "道滘镇", "大岭山镇", "大朗镇", "黄江镇",
}  # fmt: skip
BOX: dict[City, tuple[float, float, float, float]] = {
    "shenzhen": (22.44, 22.87, 113.75, 114.63),
    "dongguan": (22.65, 23.15, 113.52, 114.26),
}
"""South, north, west, east in degrees."""
BORDER = (
    (113.50, 22.70), (113.76, 22.735), (113.82, 22.78), (113.90, 22.80), (113.96, 22.785),
    (114.03, 22.755), (114.08, 22.745), (114.12, 22.725), (114.145, 22.71), (114.18, 22.725),
    (114.22, 22.79), (114.30, 22.83), (114.65, 22.85),
)  # fmt: skip
"""The boundary of the cities from west to east, (longitude, latitude), to about 2 km: Shenzhen is
south of it."""
LIFE_EVENTS = {
    "B-MOVE": {"SG-PS-003", "SG-PS-004"},
    "B-BABY": {"SG-HL-002", "SG-PS-007", "SG-HL-003"},
    "B-HOME": {"SG-HF-014", "SG-TX-003", "SG-HF-015"},
    "B-SHOP": {"SG-MS-003", "SG-MS-007"},
    "B-COMPANY": {"SG-MS-001", "SG-MS-002"},
    "B-RETIRE": {"SG-HR-001", "SG-HR-015", "SG-HF-012"},
    "B-GRADUATE": {"SG-HR-003", "SG-HR-011", "SG-HR-017"},
    "B-MARRY": {"SG-CA-001"},
    "B-JOB": {"SG-HR-008", "SG-MI-002", "SG-HF-010"},
    "B-BEREAVE": {"SG-CA-009"},
}
"""The ten life events every release covers, each with what it cannot do without."""
HOTLINES = {"12345", "12328", "12329", "12333", "12348", "12366", "12393"}
PERSONAL = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)"  # a mobile number
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # an identity number
    r"|(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"  # a landline
    r"|(?<!\d)\d{16,19}(?!\d)"  # a bank card
    r"|[\w.]+@[\w.]+\.\w+"
    r"|[张王李刘陈杨黄赵周吴徐孙马朱胡郭何林罗](?:先生|女士|某|小姐)"
)
BRACKETS = re.compile(r"（[^（）]*）|\([^()]*\)")
NO_NOUN_ZH = re.compile(
    r"^(不能|不可|不得|不会|如果)|，(先|请|要|以|按|看|看是否)|不予|不受理|的，"
)
NO_NOUN_EN = re.compile(r"^If |\b(cannot|can't|may not|is not possible|are refused|is refused)\b")


@cache
def the_list() -> Catalogue:
    """The list in the tree."""
    return load_catalogue()


def items() -> Iterable[ServiceItem]:
    """Every matter."""
    return the_list().items.values()


def variants() -> Iterator[tuple[str, Variant]]:
    """(name, what applies) of every matter in every city that handles it."""
    for item in items():
        for city in CITIES:
            if (variant := item.variant(city)) is not None:
                yield f"{item.item_id} {city}", variant


def shown(record: object) -> Iterator[tuple[str, LocalText]]:
    """The texts of a record that residents read, with their paths."""
    yield from collect(record)[0]


def none_of(offenders: Iterable[str]) -> None:
    """Fails with the offenders, one a line."""
    found = sorted(set(offenders))
    assert not found, f"{len(found)}:\n" + "\n".join(found)


def border(lon: float) -> float:
    """Latitude of the boundary of the cities at `lon`."""
    for (west, low), (east, high) in pairwise(BORDER):
        if west <= lon <= east:
            return low + (high - low) * (lon - west) / (east - west)
    raise AssertionError(f"longitude {lon} is outside both cities")


def inside(centre: Centre) -> bool:
    """Whether a centre is in its own city, by box and boundary."""
    south, north, west, east = BOX[centre.city]
    if not (south <= centre.lat <= north and west <= centre.lon <= east):
        return False
    return (centre.lat < border(centre.lon)) == (centre.city == "shenzhen")


# Items


def test_there_are_106_matters_without_an_error() -> None:
    """The list is whole and the validator finds nothing that stops publishing."""
    assert len(the_list().items) == 106
    none_of(f"{f.where}: {f.problem}" for f in check(the_list()) if f.level == "error")


def test_every_frequent_question_is_known_by_several_ways_of_asking() -> None:
    """The list's own words are not those of residents: with fewer than two more it hardly ever leads."""
    few = {
        (item.item_id, faq.question.zh, lang)
        for item in the_list().items.values()
        for faq in item.faqs
        for lang, least in (("zh", 2), ("en", 1))
        if len(_asked(faq, lang)) < least
    }
    assert few == set()


def _asked(faq: Faq, lang: str) -> list[str]:
    said, context = faq.said, faq.in_context
    if lang == "en":
        return [*said.en, *context.en]
    return [*said.zh, *said.yue, *context.zh, *context.yue]


def test_the_list_stays_small_enough_for_its_classifier() -> None:
    """From `LARGE_ROWS` wordings on an index has none: whoever comes near raises that first."""
    assert sum(len(wordings(item)) for item in the_list().items.values()) < 0.95 * LARGE_ROWS


def test_every_matter_answers_what_people_ask() -> None:
    """At least three questions with answers, in both languages, none asked twice."""
    none_of(f"{item.item_id}: {len(item.faqs)} FAQs" for item in items() if len(item.faqs) < 3)
    asked: dict[str, list[str]] = defaultdict(list)
    for item in items():
        for faq in item.faqs:
            for lang in LANGS:
                asked[getattr(faq.question, lang).strip().casefold()].append(item.item_id)
                assert getattr(faq.answer, lang).strip(), (item.item_id, faq.question.zh)
    none_of(f"{words}: {codes}" for words, codes in asked.items() if not words or len(codes) > 1)


def test_every_matter_tells_its_steps() -> None:
    """At least three in each city, each with its stage and who acts."""
    none_of(f"{name}: {len(v.steps)} steps" for name, v in variants() if len(v.steps) < 3)
    none_of(
        f"{name}: {step.text.zh}"
        for name, variant in variants()
        for step in variant.steps
        if step.stage is None or step.actor is None
    )


def test_every_document_says_where_it_comes_from() -> None:
    """Each has its source and medium, and an id is one document in both languages."""
    none_of(
        f"{name}: {material.id}"
        for name, variant in variants()
        for material in variant.materials
        if material.issued_by is None or material.medium is None
    )
    names: dict[str, set[str]] = defaultdict(set)
    for _, variant in variants():
        for material in variant.materials:
            names[material.id].add(f"{material.name.zh} / {material.name.en}")
    none_of(f"{key}: {found}" for key, found in names.items() if len(found) > 1)


def test_every_fee_rests_on_a_rule() -> None:
    """What costs something, or depends, names its basis; what is free costs nothing."""
    none_of(
        f"{name}: {fee.name.zh} {fee.text.zh}"
        for name, variant in variants()
        for fee in variant.fees
        if fee.basis is None and (fee.amount is None or fee.amount > 0)
    )
    none_of(
        f"{name}: {fee.name.zh} {fee.text.zh} {fee.amount}"
        for name, variant in variants()
        for fee in variant.fees
        if fee.amount and fee.text.zh.startswith("免费")
    )


def test_every_way_says_when_and_who_you_must_prove_to_be() -> None:
    """Hours and an identity level of its own on every channel."""
    none_of(
        f"{name}: {offer.name.zh}"
        for name, variant in variants()
        for offer in variant.channels
        if offer.hours is None or "identity_level" not in offer.model_fields_set
    )


def test_every_matter_is_reviewed_and_says_how_often_to_come() -> None:
    """A day of review after the day of the facts, trips and online depth."""
    none_of(item.item_id for item in items() if item.next_review is None)
    none_of(item.item_id for item in items() if item.next_review and item.next_review <= item.as_of)
    none_of(
        f"{name}: visits {variant.max_visits}, depth {variant.online_depth}"
        for name, variant in variants()
        if variant.max_visits is None or variant.online_depth is None
    )
    none_of(
        f"{name}: wholly online, yet {variant.max_visits} trips"
        for name, variant in variants()
        if variant.online_depth == 4 and variant.max_visits
    )


def test_exclusions_are_situations() -> None:
    """They follow "When it cannot be done:", so each names a situation and is no sentence of its own."""
    none_of(
        f"{name}: {fact.text.zh} | {fact.text.en}"
        for name, variant in variants()
        for fact in variant.exclusions
        if NO_NOUN_ZH.search(BRACKETS.sub("", fact.text.zh))
        or NO_NOUN_EN.search(BRACKETS.sub("", fact.text.en))
        or fact.text.zh.endswith("。")
        or fact.text.en.endswith(".")
    )


def test_words_are_plain() -> None:
    """Residents are addressed as 您, and no matter is named by its code alone."""
    code = re.compile(r"(?<![（(])SG-[A-Z]{2}-\d{3}")
    none_of(
        f"{item.item_id} {path}: {words.zh}"
        for item in items()
        for path, words in shown(item)
        if ("你" in words.zh and not path.endswith("question"))
        or code.search(words.zh)
        or code.search(words.en)
    )


# Places


def test_there_is_a_centre_everywhere() -> None:
    """At least sixty; one in each district of Shenzhen and each town of Dongguan."""
    centres = the_list().centres.values()
    assert len(centres) >= 60
    there = {city: {c.district.zh for c in centres if c.city == city} for city in CITIES}
    none_of(f"shenzhen: {name}" for name in SHENZHEN - there["shenzhen"])
    none_of(f"dongguan: {name}" for name in DONGGUAN - there["dongguan"])


def test_every_centre_can_be_found_and_entered() -> None:
    """It lies in its city, and says when it is open and how people with a handicap get in."""
    none_of(f"{c.id}: {c.lat}, {c.lon}" for c in the_list().centres.values() if not inside(c))
    none_of(
        f"{c.id}: {len(c.hours)} hours, {c.accessibility}"
        for c in the_list().centres.values()
        if not c.hours or "step_free" not in c.accessibility
    )
    positions: dict[tuple[float, float], list[str]] = defaultdict(list)
    for centre in the_list().centres.values():
        positions[(centre.lat, centre.lon)].append(centre.id)
    none_of(f"{ids} share a position" for ids in positions.values() if len(ids) > 1)


def test_cross_city_windows_are_where_they_were_promised() -> None:
    """District level and above in Shenzhen, town level and above in Dongguan, serving both cities."""
    none_of(
        f"{centre.id} ({centre.level})"
        for centre in the_list().centres.values()
        if centre.level in ("city", "district", "town")
        and not any(w.cross_city and set(w.serves) == set(CITIES) for w in centre.windows)
    )


# Life events


def test_life_events_are_whole() -> None:
    """The ten life events, each with what it cannot do without; every step is a known matter."""
    bundles = the_list().bundles
    assert len(bundles) >= 10
    none_of(
        f"{key}: without {sorted(core - {step.item for step in bundles[key].steps})}"
        for key, core in LIFE_EVENTS.items()
        if not core <= {step.item for step in bundles[key].steps}
    )
    none_of(
        f"{bundle.id}: {step.item}"
        for bundle in bundles.values()
        for step in bundle.steps
        if step.item not in the_list().items
    )


def test_life_events_can_be_ordered() -> None:
    """Whatever is answered, no step comes before what it waits for (a circle would raise)."""
    wrong: list[str] = []
    for bundle in the_list().bundles.values():
        today = max(item.as_of for item in items())
        for said in (None, True, False):
            answers = {} if said is None else {q.id: said for q in bundle.questions}
            made = plan(the_list(), bundle, answers, today)
            wrong += [
                f"{bundle.id}: {step.item.item_id}"
                for step in made.steps
                if any(before >= step.number for before in step.after)
            ]
    none_of(wrong)


def test_a_step_that_may_fall_away_says_when() -> None:
    """What may be left out, or must wait, has its own condition: a question alone makes no step optional."""
    none_of(
        f"{bundle.id} {step.item}: optional or later without a condition"
        for bundle in the_list().bundles.values()
        for step in bundle.steps
        if (step.optional or step.later) and step.condition is None
    )


# Everything


def test_nothing_looks_like_a_person() -> None:
    """No names, mobiles, landlines, identity or card numbers; phones are public hotlines."""
    wrong: list[str] = []
    for kind, records in the_list().records.items():
        for key, record in records.items():
            wrong += [
                f"{kind} {key} {path}: {match.group()}"
                for path, words in shown(record)
                for match in PERSONAL.finditer(f"{words.zh} {words.en}")
            ]
    phones = [(name, phone) for name, variant in variants() for phone in variant.phones]
    phones += [
        (name, offer.phone)
        for name, variant in variants()
        for offer in variant.channels
        if offer.phone
    ]
    phones += [(c.id, phone) for c in the_list().centres.values() for phone in c.phones]
    phones += [(one.id, one.phone) for one in the_list().liaisons.values()]
    phones += [(one.id, one.phone) for one in the_list().door_offers.values() if one.phone]
    wrong += [f"{name}: {phone}" for name, phone in phones if phone not in HOTLINES]
    none_of(wrong)
