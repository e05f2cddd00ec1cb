"""Exporting: nothing is lost on the way out and back, nothing internal leaks, linked data keeps its
vocabularies."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.i18n import LANGS
from core.i18n import catalogue as words_of
from knowledge.catalogue import (
    KINDS,
    MODELS,
    Catalogue,
    UnknownService,
    load_catalogue,
    make_catalogue,
)
from knowledge.exports.beir import write_beir
from knowledge.exports.cells import guard, unguard, xml_safe, xml_text
from knowledge.exports.choose import choose
from knowledge.exports.cpsv import CONTEXT, to_cpsv
from knowledge.exports.linked import Linked
from knowledge.exports.plain import csv_text, to_csv, to_json, to_jsonl
from knowledge.exports.schema_org import to_schema_org
from knowledge.exports.tables import all_tables, cell, label, uncell
from knowledge.exports.workbook import README, to_xlsx
from knowledge.imports.files import inspect
from knowledge.imports.items import ImportedItem
from knowledge.imports.template import Template, read_template
from knowledge.imports.wording import FORMS
from knowledge.model import Centre, LiaisonContact, ServiceItem, SourceRecord

TODAY = dt.date(2026, 11, 24)
VOCABULARIES = json.loads((Path(__file__).parent / "linked_vocabularies.json").read_text("utf-8"))
NASTY = ('=HYPERLINK("http://x")', "+86 20", "-1", "@SUM(A1)", "\t=1", "'=quoted", "''@twice", "＝1",
         "it's", 'say "hi", then\nnext line', "[not json", "a;b,c", " edge ", "")  # fmt: skip


@cache
def the_list() -> Catalogue:
    """The list in the tree."""
    return load_catalogue()


@cache
def the_nasty_list() -> Catalogue:
    """The list with texts that spreadsheets and parsers like to change."""
    whole = [record for found in the_list().records.values() for record in found.values()]
    item = the_list().get("SG-HR-001")
    aliases = item.aliases.model_copy(update={"zh": list(NASTY[:-1]), "en": ["one"]})
    name = item.name.model_copy(
        update={"zh": NASTY[0], "en": 'two "lines"\nhere, and\x07 a bell _x0041_'}
    )
    faqs = [
        faq.model_copy(update={"question": faq.question.model_copy(update={"zh": text or "?"})})
        for faq, text in zip(item.faqs, NASTY, strict=False)
    ]
    changes = {"aliases": aliases, "name": name, "faqs": faqs}
    return make_catalogue([*whole, item.model_copy(update=changes)])


def _back(name: str, data: bytes, folder: Path, current: Catalogue | None = None) -> Template:
    path = folder / name
    path.write_bytes(data)
    return read_template(inspect(path), current or make_catalogue([]))


# Cells


@given(st.text(max_size=30) | st.sampled_from(NASTY))
def test_no_cell_begins_like_a_formula_and_none_is_changed(text: str) -> None:
    guarded = guard(text)
    assert not guarded or guarded[0] not in "=+-@\t\r\n＝＋－＠"
    assert unguard(guarded) == text
    out = io.StringIO()
    csv.writer(out).writerow([csv_text(text), "end"])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert [unguard(row[0]), row[1]] == [text, "end"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(NASTY), max_size=6))
def test_lists_in_one_cell_come_back(values: list[str]) -> None:
    column = next(c for t in all_tables() for c in t.columns if c.key == "aliases.zh")
    found = cell(values)
    assert uncell(column, unguard(guard(found)) if isinstance(found, str) else found) == values


def test_characters_xml_cannot_hold_are_escaped() -> None:
    assert xml_safe("a\x07b\ufffe") == "a_x0007_b_xFFFE_"
    assert xml_safe("_x0041_") == "_x005F_x0041_"
    assert xml_text("_xD83D__xDE00_ _xD800_") == "😀 \ufffd"


@given(
    st.lists(st.sampled_from(["_x0041_", "x0041_", "_x005F_", "_", "x", "\x07", "\r", "a"])).map(
        "".join
    )
)
@example("_x0041_x0042_")
def test_every_text_of_a_workbook_comes_back(text: str) -> None:
    """Also one that looks like an escape, or like two that share an underscore."""
    assert xml_text(xml_safe(text)) == text


# Round trips


@pytest.mark.parametrize("kind", ["json", "jsonl", "zip", "xlsx"])
@pytest.mark.parametrize("which", ["the list", "nasty texts"])
def test_the_list_comes_back_as_the_same_version(kind: str, which: str, tmp_path: Path) -> None:
    """Lossless in every format that editors get, and the same bytes each time."""
    catalogue = the_list() if which == "the list" else the_nasty_list()
    write = {
        "json": lambda: to_json(catalogue, version=catalogue.version),
        "jsonl": lambda: to_jsonl(catalogue, version=catalogue.version),
        "zip": lambda: to_csv(catalogue),
        "xlsx": lambda: to_xlsx(catalogue, version=catalogue.version),
    }[kind]
    data = write()
    assert data == write()
    found = _back(f"list.{kind}", data, tmp_path)
    assert found.problems == []
    assert found.ignored == []
    assert make_catalogue(found.records).version == catalogue.version


def test_every_field_of_every_record_has_a_column() -> None:
    """A field that is added to the model cannot be forgotten in a table, nor go without a head."""
    tables = all_tables()
    assert {table.kind for table in tables} == set(KINDS)
    assert len({table.name for table in tables}) == len(tables)
    for table in tables:
        assert len(set(table.keys)) == len(table.keys)
        for key in table.keys:
            for lang in LANGS:
                assert label(key, lang)
                for part in key.split("."):
                    assert f"exports.field.{part}" in words_of(lang), (table.name, key)


def test_the_workbook_is_made_for_editors() -> None:
    data = to_xlsx(choose(the_nasty_list(), codes=["SG-HR-001"]), version="v1")
    book = load_workbook(io.BytesIO(data))
    wanted = {README, "Items", "Materials", "Channels", "Steps", "Fees", "FAQs", "Centres", "Windows",
              "Bundles", "Sources"}  # fmt: skip
    assert wanted <= set(book.sheetnames)
    assert book.sheetnames[0] == README
    sheet = book["Items"]
    assert sheet.freeze_panes == "B4"
    heads = [str(c.value) for c in sheet[1]], [str(c.value) for c in sheet[2]]
    assert "名称 (中文)" in heads[0]
    assert "name (Chinese)" in heads[1]
    formulas = [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert formulas == []


def test_csv_opens_in_excel() -> None:
    with zipfile.ZipFile(io.BytesIO(to_csv(the_nasty_list()))) as archive:
        assert "items.csv" in archive.namelist()
        for name in archive.namelist():
            data = archive.read(name)
            assert data.startswith(b"\xef\xbb\xbf"), name
            for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
                assert not [c for c in row if c[:1] in "=+-@\t\r" and c], (name, row)


def test_one_table_changes_one_part(tmp_path: Path) -> None:
    """A file with the documents alone leaves everything else of the items as it is."""
    with zipfile.ZipFile(io.BytesIO(to_csv(the_list()))) as archive:
        text = archive.read("materials.csv").decode("utf-8-sig")
    lines = text.splitlines(keepends=True)
    cut = "".join([lines[0], *(line for line in lines[1:] if "SG-HR-001,common" in line)])
    assert cut.count("\n") > 1
    found = _back("materials.csv", cut.encode(), tmp_path, the_list())
    assert found.problems == []
    assert found.records == [the_list().get("SG-HR-001")] or [
        r.model_copy(update={"cities": the_list().get("SG-HR-001").cities})
        for r in found.records
        if isinstance(r, ServiceItem)
    ] == [the_list().get("SG-HR-001")]


def test_problems_name_the_row_and_nothing_is_guessed(tmp_path: Path) -> None:
    two = choose(the_list(), codes=["SG-HR-001", "SG-HR-004"])
    book = load_workbook(io.BytesIO(to_xlsx(two, version="v")))
    keys = [c.value for c in book["Materials"][3]]
    book["Materials"].cell(4, keys.index("need") + 1).value = "maybe"
    book["Fees"].cell(4, 2).value = "guangzhou"
    book["Variants"].cell(4, 1).value = None
    out = io.BytesIO()
    book.save(out)
    found = _back("list.xlsx", out.getvalue(), tmp_path)
    told = {problem.where: problem.problem for problem in found.problems}
    assert "guangzhou" in told["Fees 4"]
    assert "item_id is empty" in told["Variants 4"]
    book["Fees"].cell(4, 2).value = "common"
    book["Variants"].cell(4, 1).value = book["Variants"].cell(5, 1).value
    book["Fees"].delete_cols(3)
    book.save(out := io.BytesIO())
    found = _back("list.xlsx", out.getvalue(), tmp_path)
    assert "missing columns" in {p.where: p.problem for p in found.problems}["Fees"]
    whole = load_workbook(io.BytesIO(to_xlsx(two, version="v")))
    whole["Materials"].cell(4, keys.index("need") + 1).value = "maybe"
    whole.save(out := io.BytesIO())
    (problem,) = _back("list.xlsx", out.getvalue(), tmp_path).problems
    assert problem.where == "Materials 4"
    assert problem.problem.startswith("need:")


# What Excel makes of a cell


@cache
def a_small_list() -> Catalogue:
    """One item with its sources, one centre."""
    centre = next(centre for centre in the_list().centres.values() if centre.hours)
    one = choose(the_list(), codes=["SG-HR-001"])
    whole = [record for found in one.records.values() for record in found.values()]
    return make_catalogue([*whole, centre])


@cache
def the_small_workbook() -> bytes:
    """As an editor gets it."""
    return to_xlsx(a_small_list(), version="v")


def _edited(table: str, cells: dict[str, Any], folder: Path) -> Template:
    """The small list with cells of the first record of a sheet changed in Excel."""
    book = load_workbook(io.BytesIO(the_small_workbook()))
    keys = [c.value for c in book[table][3]]
    for key, value in cells.items():
        book[table].cell(4, keys.index(key) + 1).value = value
    for name in set(book.sheetnames) - {README, table}:
        del book[name]
    book.save(out := io.BytesIO())
    return _back("list.xlsx", out.getvalue(), folder, a_small_list())


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (dt.time(8, 5), dt.time(17, 30)),
        ("8:05", "17:30"),
        ("08:05:00", "17：30"),
        ("上午8:05", "下午5:30"),
        ("8:05 AM", "5:30:00 pm"),
        (dt.timedelta(hours=8, minutes=5), dt.timedelta(hours=17, minutes=30)),
        (dt.time(8, 4, 59, 999_000), dt.time(17, 30)),
    ],
)
def test_times_typed_in_excel_are_times(opens: Any, closes: Any, tmp_path: Path) -> None:
    """As a time cell, or in one of the ways Excel and people write it."""
    found = _edited("Hours", {"opens": opens, "closes": closes}, tmp_path)
    assert found.problems == []
    (centre,) = found.records
    assert isinstance(centre, Centre)
    assert (centre.hours[0].opens, centre.hours[0].closes) == ("08:05", "17:30")


@pytest.mark.parametrize(
    "day", [dt.date(2025, 5, 10), dt.datetime(2025, 5, 10), "2025/5/10", "2025.5.10", "2025年5月10日",
            "2025-05-10 00:00:00"],
)  # fmt: skip
def test_dates_typed_in_excel_are_dates(day: Any, tmp_path: Path) -> None:
    """As a date cell, or in one of the ways Excel and people write it."""
    found = _edited("Sources", {"issued": day}, tmp_path)
    assert found.problems == []
    first = next(iter(a_small_list().sources.values()))
    assert {r.id: r for r in found.records if isinstance(r, SourceRecord)}[first.id] == (
        first.model_copy(update={"issued": dt.date(2025, 5, 10)})
    )


def test_csv_saved_by_excel_comes_back(tmp_path: Path) -> None:
    """Excel writes `9:00` and `2025/5/10` into the table, and leaves its marks."""
    with zipfile.ZipFile(io.BytesIO(to_csv(the_list()))) as archive:
        hours = archive.read("hours.csv").decode("utf-8-sig")
        sources = archive.read("sources.csv").decode("utf-8-sig")
    found = _back(
        "hours.csv", re.sub(r"\b0(\d:)", r"\1", hours).encode("gb18030"), tmp_path, the_list()
    )
    assert found.problems == []
    assert {r.id: r for r in found.records if isinstance(r, Centre)} == dict(the_list().centres)
    excel = re.sub(r"\b(\d{4})-0?(\d{1,2})-0?(\d{1,2})(?=,)", r"\1/\2/\3", sources)
    assert excel != sources
    found = _back("sources.csv", excel.encode("utf-16"), tmp_path, the_list())
    assert found.problems == []
    assert {r.id: r for r in found.records if isinstance(r, SourceRecord)} == dict(
        the_list().sources
    )


@pytest.mark.parametrize(
    ("table", "cells", "problem"),
    [
        ("Hours", {"opens": "9am sharp"}, "opens: 9am sharp is no time of day such as 09:00"),
        ("Hours", {"opens": "25:00"}, "opens: 25:00 is no time of day such as 09:00"),
        ("Hours", {"opens": 0.375}, "opens: 0.375 is no time of day such as 09:00"),
        ("Sources", {"issued": "10/5/2025"}, "issued: 10/5/2025 is no date such as 2025-05-10"),
        ("Sources", {"issued": "2025-02-30"}, "issued: 2025-02-30 is no date such as 2025-05-10"),
        ("Sources", {"issued": 45787}, "issued: 45787 is no date such as 2025-05-10"),
        ("Windows", {"number": dt.date(2026, 1, 6)},
         "number: 2026-01-06 is a date or time, and no text: format the cell as text"),
        ("Variants", {"time.promise_days": "-3"}, "time.promise_days: -3 is less than 0"),
        ("Fees", {"amount": "1e400"}, "amount: 1e400 is more than 1000000000"),
        ("Items", {"related": "SG-1"}, "related.0: SG-1 is no code of an item such as SG-HR-001"),
        ("Items", {"domain": "magic"}, "domain: magic is not 'public_security', 'hrss'"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_is_told_in_words(
    table: str, cells: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    """No regular expression: what was typed, and an example of what fits."""
    found = _edited(table, cells, tmp_path)
    (told,) = found.problems
    assert told.where == f"{table} 4"
    assert problem in told.problem


def test_what_excel_would_change_is_text() -> None:
    """Cells of days, times, codes and phones, and those still to be filled in below them."""
    book = load_workbook(io.BytesIO(the_small_workbook()))
    for table, key in (("Hours", "opens"), ("Items", "as_of"), ("Channels", "phone"), ("Fees", "amount"),
                       ("Windows", "number"), ("Variants", "item_id")):  # fmt: skip
        sheet = book[table]
        (head,) = [cell for cell in sheet[3] if cell.value == key]
        assert sheet.cell(4, head.column).number_format == "@", (table, key)
        assert sheet.column_dimensions[head.column_letter].number_format == "@", (table, key)


def test_every_pattern_of_the_model_has_words() -> None:
    """A form that is added to the model cannot be told as a regular expression."""

    def patterns(schema: Any) -> set[str]:
        if isinstance(schema, dict):
            own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
            return own.union(*map(patterns, schema.values()))
        return set().union(*map(patterns, schema)) if isinstance(schema, list) else set()

    found = patterns([model.model_json_schema() for model in MODELS.values()])
    assert {pattern for pattern in found if not pattern.startswith("^(?!")} == set(FORMS)


# What is exported


def test_contacts_that_are_not_public_stay_inside() -> None:
    """Default output of every format holds no word of an internal contact."""
    hidden = LiaisonContact.model_validate(
        {
            "id": "L-SZ-TEST", "role": {"zh": "暗号联络员", "en": "secret liaison"},
            "org": {"zh": "某局", "en": "A bureau"}, "city": "shenzhen", "domains": ["hrss"],
            "duty": {"zh": "工作日", "en": "working days"}, "phone": "0755-00000000",
            "visibility": "duty", "confirmed_at": "2026-11-01", "status": "to_confirm",
            "source": "DEMO", "as_of": "2026-11-01",
        }
    )  # fmt: skip
    whole = [r for found in the_list().records.values() for r in found.values()]
    catalogue = make_catalogue([*whole, hidden])
    public = choose(catalogue)
    linked = Linked(public, "v", TODAY)
    for data in (
        to_json(public, version="v"), to_jsonl(public, version="v"), to_cpsv(linked),
        to_schema_org(linked),
    ):  # fmt: skip
        assert "暗号联络员".encode() not in data
        assert b"0755-00000000" not in data
    with zipfile.ZipFile(io.BytesIO(to_csv(public))) as archive:
        assert "暗号联络员" not in archive.read("liaison.csv").decode()
    assert all(c.visibility == "public" for c in public.liaisons.values())
    assert "L-SZ-TEST" in choose(catalogue, internal=True).liaisons
    assert choose(catalogue, internal=True).version == catalogue.version


def test_one_item_one_city_one_language() -> None:
    one = choose(the_list(), codes=["sg-hr-001"])
    assert list(one.items) == ["SG-HR-001"]
    assert set(one.sources) == set(the_list().get("SG-HR-001").sources)
    assert (one.centres, one.outside) == ({}, ())
    city = choose(the_list(), city="dongguan")
    assert all(item.cities["dongguan"] is not None for item in city.items.values())
    assert all(item == the_list().items[item.item_id] for item in city.items.values())
    linked = Linked(city, "v", TODAY, city="dongguan")
    for write in (to_cpsv, to_schema_org):
        assert b":shenzhen" not in write(linked)
        assert b":dongguan" in write(linked)
    assert {centre.city for centre in city.centres.values()} <= {"dongguan"}
    with pytest.raises(UnknownService):
        choose(the_list(), codes=["SG-HR-999"])
    text = to_json(one, version="v", lang="en").decode()
    assert "社保" not in json.loads(text)["items"][0]["name"]
    graph = json.loads(to_cpsv(Linked(one, "v", TODAY, "en")))["@graph"]
    assert {t["@language"] for n in graph for t in _tagged(n)} == {"en"}


def _tagged(value: Any) -> list[dict[str, str]]:
    if isinstance(value, dict):
        if "@language" in value:
            return [value]
        return [t for inner in value.values() for t in _tagged(inner)]
    return [t for inner in value for t in _tagged(inner)] if isinstance(value, list) else []


# Linked data


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _no_dangling(graph: list[dict[str, Any]]) -> None:
    ids = {node["@id"] for node in graph}
    assert len(ids) == len(graph)
    for node in graph:
        for key, values in node.items():
            for value in _many(values):
                if isinstance(value, dict) and "@id" in value:
                    assert value["@id"] in ids, (node["@id"], key, value)


def test_schema_org_uses_its_types_and_properties_only() -> None:
    """Every property belongs to the type of its node or one above it (schema.org 30.0)."""
    body = json.loads(to_schema_org(Linked(choose(the_list()), "v", TODAY)))
    assert body["@context"] == {
        "@vocab": "https://schema.org/",
        **{key: {"@type": "@id"} for key in ("dayOfWeek", "serviceUrl", "url")},
    }
    types = VOCABULARIES["schema.org"]["types"]
    properties = VOCABULARIES["schema.org"]["properties"]
    for node in body["@graph"]:
        above = types[node["@type"]]
        for key in node:
            if not key.startswith("@"):
                assert set(properties[key]) & set(above), (node["@type"], key)
    _no_dangling(body["@graph"])
    count = Counter(node["@type"] for node in body["@graph"])
    handled = sum(v is not None for item in the_list().items.values() for v in item.cities.values())
    assert count["GovernmentService"] == handled
    assert count["GovernmentOffice"] == len(the_list().centres)
    service = next(
        n for n in body["@graph"] if n["@id"] == "urn:shen-guan:service:SG-HR-001:shenzhen"
    )
    assert {t["@language"] for t in service["name"]} == {"zh", "en"}


@pytest.mark.parametrize("write", [to_schema_org, to_cpsv])
def test_what_names_a_page_or_a_day_is_an_iri(write: Any) -> None:
    """Whoever reads the file can follow it; an address of an older version that is none is left out."""
    base = the_list().get("SG-HR-001")
    offers = next(v.channels for v in base.cities.values() if v and v.channels)
    addresses = ["https://www.sz.gov.cn/a?b=1", 'https://a.gov.cn/"><xy>{z}', "https://a.gov.cn/\n"]
    channels = [offers[0].model_copy(update={"url": url}) for url in addresses]
    item = base.model_copy(
        update={"common": base.common.model_copy(update={"channels": channels}),
                "cities": {city: v and v.model_copy(update={"channels": []})
                           for city, v in base.cities.items()}}
    )  # fmt: skip
    whole = [record for found in the_list().records.values() for record in found.values()]
    body = json.loads(write(Linked(make_catalogue([*whole, item]), "v", TODAY)))
    iris = {node["@id"] for node in body["@graph"]}
    for node in body["@graph"]:
        for name in ("dayOfWeek", "serviceUrl", "url"):
            iris |= set(_many(node.get(name, [])))
    assert addresses[0] in iris
    assert "https://schema.org/Monday" in iris or write is to_cpsv
    assert not [iri for iri in iris if not re.fullmatch(r"[a-z]+:[^\s<>\"{}|\\^`]+", iri)]


ALSO = {
    "cpsv:PublicService": {"dct:source", "dct:modified"},
    "skos:Concept": {"skos:notation"},
    "cv:Channel": {"foaf:page"},
    "eli:LegalResource": {"dct:title", "foaf:page", "dct:issued", "dct:identifier"},
    "foaf:Document": {"dct:title", "foaf:page", "dct:issued", "dct:identifier"},
    "dct:Location": {"dct:identifier", "skos:prefLabel"},
}
"""Properties beyond the profile, which is open: terms of DCMI, FOAF and SKOS."""


def test_cpsv_ap_keeps_its_shapes() -> None:
    """Cardinalities, classes and datatypes of the SHACL shapes of CPSV-AP 3.2.0."""
    body = json.loads(to_cpsv(Linked(choose(the_list()), "v", TODAY)))
    assert body["@context"] == CONTEXT
    graph = {node["@id"]: node for node in body["@graph"]}
    _no_dangling(body["@graph"])
    shapes, supers = VOCABULARIES["cpsv-ap"]["shapes"], VOCABULARIES["cpsv-ap"]["supers"]
    for node in graph.values():
        kinds = [node["@type"], *supers.get(node["@type"], [])]
        rules: dict[str, dict[str, Any]] = {}
        for kind in kinds:
            rules |= shapes[kind]
        unknown = {k for k in node if not k.startswith("@")} - set(rules)
        assert unknown <= ALSO.get(node["@type"], set()), (node["@type"], unknown)
        for path, rule in rules.items():
            values = _many(node[path]) if path in node else []
            assert rule.get("min", 0) <= len(values) <= rule.get("max", 10**6), (node["@id"], path)
            for value in values:
                if "class" in rule:
                    target = graph[value["@id"]]["@type"]
                    assert rule["class"] in (target, *supers.get(target, [])), (node["@id"], path)
                elif rule.get("datatype") == "rdf:langString":
                    assert set(value) == {"@language", "@value"}, (node["@id"], path)
                elif rule.get("datatype", "").startswith("xsd:"):
                    assert value["@type"] == rule["datatype"], (node["@id"], path)
    kinds_there = {node["@type"] for node in graph.values()}
    assert {"cpsv:PublicService", "cv:PublicOrganisation", "cv:Channel", "cv:Evidence", "cv:Requirement",
            "cv:Cost", "cv:Output", "cv:ContactPoint"} <= kinds_there  # fmt: skip
    if the_list().bundles:
        assert "cv:LifeEvent" in kinds_there


def test_what_need_not_be_brought_is_no_input() -> None:
    """A document that the cities exempt from is neither asked for nor described as evidence."""
    exempt = {
        (item.item_id, city, material.id)
        for item, city, variant in Linked(the_list(), "v", TODAY).services()
        for material in variant.materials
        if material.need == "exempt"
    }
    assert exempt
    for write in (to_cpsv, to_schema_org):
        data = write(Linked(the_list(), "v", TODAY)).decode()
        for place in exempt:
            assert ":".join(place) not in data, place


def test_iris_follow_the_base_that_is_asked_for() -> None:
    linked = Linked(
        choose(the_list(), codes=["SG-HR-001"]), "v", TODAY, base="https://example.gov.cn/id"
    )
    graph = json.loads(to_cpsv(linked))["@graph"]
    assert any(n["@id"] == "https://example.gov.cn/id/service/SG-HR-001/shenzhen" for n in graph)
    assert not any(" " in n["@id"] for n in graph)


# Evaluation corpus


def _record(code: str, name: str, **changes: Any) -> ImportedItem:
    body = {"code": code, "name": name, "department": "某局", "area": "440300", "level": "city"}
    return ImportedItem.model_validate(body | changes)


def test_imported_records_become_a_corpus(tmp_path: Path) -> None:
    """Everyday names ask, records answer; a name that two matters share counts for both, in any script, and
    for one whose own name it is."""
    base = "11440300006939756B244010100700"
    items = [
        _record(f"{base}1", "甲（首次）", matter="甲", aliases=["老年证"], conditions="六十岁以上"),
        _record(f"{base}2", "甲（补领）", matter="甲", aliases=["老年证", "甲"]),
        _record(f"{base}3", "乙事项", aliases=["老年證", "甲"]),
    ]
    assert write_beir(items, tmp_path / "c") == {"documents": 2, "queries": 2, "judgements": 4}
    corpus = [
        json.loads(line) for line in (tmp_path / "c/corpus.jsonl").read_text("utf-8").splitlines()
    ]
    assert [(d["_id"][-1], d["title"]) for d in corpus] == [("1", "甲"), ("3", "乙事项")]
    qrels = (tmp_path / "c/qrels.tsv").read_text("utf-8").splitlines()
    assert qrels[0] == "query-id\tcorpus-id\tscore"
    assert qrels[1:] == [f"q0000{q}\t{base}{code}\t1" for q in (1, 2) for code in (1, 3)]
    queries = [json.loads(line) for line in (tmp_path / "c/queries.jsonl").open(encoding="utf-8")]
    assert [query["text"] for query in queries] == ["甲", "老年证"]
