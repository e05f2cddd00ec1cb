"""Exporting: nothing is lost on the way out and back, nothing internal leaks, linked data keeps its
vocabularies."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
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
from knowledge.catalogue import KINDS, Catalogue, UnknownService, load_catalogue, make_catalogue
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
from knowledge.model import LiaisonContact, ServiceItem

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
    assert body["@context"] == {"@vocab": "https://schema.org/"}
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
    """Everyday names ask, records answer; a name that two matters share counts for both."""
    base = "11440300006939756B244010100700"
    items = [
        _record(f"{base}1", "甲（首次）", matter="甲", aliases=["老年证"], conditions="六十岁以上"),
        _record(f"{base}2", "甲（补领）", matter="甲", aliases=["老年证", "甲"]),
        _record(f"{base}3", "乙事项", aliases=["老年证"]),
    ]
    assert write_beir(items, tmp_path / "c") == {"documents": 2, "queries": 1, "judgements": 2}
    corpus = [
        json.loads(line) for line in (tmp_path / "c/corpus.jsonl").read_text("utf-8").splitlines()
    ]
    assert [(d["_id"][-1], d["title"]) for d in corpus] == [("1", "甲"), ("3", "乙事项")]
    qrels = (tmp_path / "c/qrels.tsv").read_text("utf-8").splitlines()
    assert qrels == ["query-id\tcorpus-id\tscore", f"q00001\t{base}1\t1", f"q00001\t{base}3\t1"]
