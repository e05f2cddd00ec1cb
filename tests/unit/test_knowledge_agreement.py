"""What the list says in one place it says in every other: ways, machines, documents, trips, dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import cache

from core.cards import CITIES, City
from knowledge.catalogue import Catalogue, load_catalogue
from knowledge.model import Fact, MaterialRecord, ServiceItem, Variant
from knowledge.rules import collect

DRAFTED = dt.date(2026, 11, 1)
"""The day of the demonstration data."""
READ = dt.date(2026, 8, 1)
"""The day that stands for the reading of copies without a date (docs/data.md)."""
UNDATED = {"S25", "S27", "S28b", "S35", "S36", "S37", "S39"}
HALLS = {"service_hall", "local_hall"}
"""Kinds of place where the shared machines stand."""
GOING = re.compile(r"到场|签到|(?<!发)到银行|交回|当面|本人到")
"""Words of a step that cannot be done without going there."""
PAPERS = (
    (
        re.compile("委托书"),
        {"authorisation_letter", "representative_letter", "notarised_authorisation"},
    ),
    (
        re.compile("双方(的)?(身份)?证"),
        {"agent_id_card", "both_id_cards", "guardian_id", "deceased_and_applicant_ids"},
    ),
)
"""Words of a frequent question's answer, and the documents of which one must be in the item's list."""


@cache
def the_list() -> Catalogue:
    """The list in the tree."""
    return load_catalogue()


def variants() -> Iterator[tuple[ServiceItem, City, Variant]]:
    """What applies, of every matter in every city that handles it."""
    for item in the_list().items.values():
        for city in CITIES:
            if (variant := item.variant(city)) is not None:
                yield item, city, variant


def facts() -> Iterator[tuple[str, Fact]]:
    """Every statement of the items that a document stands behind."""
    for item in the_list().items.values():
        for path, fact in collect(item)[1]:
            if fact.source != "DEMO":
                yield f"{item.item_id} {path}", fact


def documents(item: ServiceItem) -> list[MaterialRecord]:
    """The documents of a matter, of both cities."""
    parts = (item.common, *item.cities.values())
    return [material for part in parts if part for material in part.materials]


def none_of(offenders: Iterable[str]) -> None:
    """Fails with the offenders, one a line."""
    found = sorted(set(offenders))
    assert not found, f"{len(found)}:\n" + "\n".join(found)


# Places


def test_every_window_and_machine_says_where_it_stands() -> None:
    """Without it no place could be shown; the other ways have no place."""
    none_of(
        f"{item.item_id} {city}: {offer.name.zh}"
        for item, city, variant in variants()
        for offer in variant.channels
        if bool(offer.at) is not (offer.channel in ("window", "kiosk"))
    )
    none_of(
        f"{centre.id} {window.number}"
        for centre in the_list().centres.values()
        for window in centre.windows
        if centre.level == "bureau" and window.kind is None
    )


def test_machines_do_what_the_matters_say_and_no_more() -> None:
    """Who is told that a machine of the halls prints it finds one in that city; a machine lists nothing that
    the matter does not send there."""
    listed = {
        (code, city, centre.city)
        for centre in the_list().centres.values()
        for terminal in centre.terminals
        for code in terminal.items
        for city in terminal.serves
    }
    told = {
        (item.item_id, city)
        for item, city, variant in variants()
        for offer in variant.channels
        if offer.channel == "kiosk" and HALLS & set(offer.at)
    }
    none_of(f"{code} {city}: no machine" for code, city in told if (code, city, city) not in listed)
    none_of(
        f"{code} {city}: a machine, but no such way"
        for code, city, _ in listed
        if the_list().items[code].cities[city] is not None and (code, city) not in told
    )


# Documents and trips


def test_papers_named_in_an_answer_are_in_the_list_of_documents() -> None:
    """Who is told to bring an authorisation or both IDs finds them on the checklist."""
    none_of(
        f"{item.item_id}: {faq.answer.zh}"
        for item in the_list().items.values()
        for faq in item.faqs
        for words, needed in PAPERS
        if words.search(faq.answer.zh)
        and not needed & {material.id for material in documents(item)}
    )


def test_no_document_is_asked_of_those_who_do_not_need_it() -> None:
    """Freelancers have no contract, renters no title, a 65 % withdrawal no statement about homes."""
    for code, name in (
        ("SG-HF-002", "no_home_declaration"), ("SG-HR-011", "work_contract"), ("SG-PS-014", "lease"),
        ("SG-PS-014", "title_deed"), ("SG-MS-003", "trade_name"), ("SG-TR-001", "old_licence"),
        ("SG-ED-002", "social_insurance_record"),
    ):  # fmt: skip
        found = [m for m in documents(the_list().items[code]) if m.id == name]
        assert [m.need for m in found] == ["conditional"], (code, name)


def test_who_need_not_come_has_no_step_that_makes_him() -> None:
    """ "No visit needed" and a step that checks one in, takes a paper back or sends one to a bank exclude
    each other."""
    none_of(
        f"{item.item_id} {city}: {step.text.zh}"
        for item, city, variant in variants()
        if variant.max_visits == 0
        for step in variant.steps
        if GOING.search(step.text.zh)
    )


def test_rates_of_the_rent_withdrawal_are_the_same_everywhere() -> None:
    """80 % hangs on having no home in Shenzhen wherever it is named; 65 % never does."""
    item = the_list().items["SG-HF-002"]
    texts = [words for _, words in collect(item)[0]]
    none_of(t.zh for t in texts if "按80%" in t.zh and not re.search("没有住房|有住房", t.zh))
    none_of(t.en for t in texts if "standard rates" in t.en)


# Dates and status


def test_nothing_is_called_fresher_than_its_source() -> None:
    """The day of the drafted values belongs to them alone; a copy without a date is as of its reading and
    says that it is undated; a dated one is no older than its date."""
    sources = the_list().sources
    quoted = {fact.source for _, fact in facts()}
    none_of(
        f"{where}: {fact.source} {fact.as_of}"
        for where, fact in facts()
        if fact.as_of > READ
        or (fact.source in UNDATED and fact.as_of != READ)
        or fact.as_of < (sources[fact.source].issued or dt.date.min)
    )
    none_of(
        key
        for key in quoted
        if (key in UNDATED) is not ("无日期" in sources[key].title.zh)
        or (key in UNDATED) is not ("undated" in sources[key].title.en)
    )
    none_of(key for key in UNDATED if sources[key].issued is not None)
    drafted = [fact for _, _, v in variants() for _, fact in collect(v)[1] if fact.source == "DEMO"]
    assert {fact.as_of for fact in drafted} == {DRAFTED}
    none_of(
        item.item_id
        for item in the_list().items.values()
        if item.status != "to_confirm" and item.as_of > READ
    )


def test_hints_do_not_borrow_the_status_of_a_document() -> None:
    """What nobody read is to be confirmed; the one hint that stands in its document is named here."""
    none_of(
        f"{item.item_id} {material.id}: {material.fill_hint.zh}"
        for item in the_list().items.values()
        for material in documents(item)
        if material.fill_hint is not None
        and material.status != "to_confirm"
        and (item.item_id, material.id) != ("SG-PS-011", "residence_permit_shenzhen")
    )
