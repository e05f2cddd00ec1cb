"""Importing: files of every kind are read to their end, or refused with one sentence."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.i18n import LANGS
from knowledge.imports.faults import ImportRefused
from knowledge.imports.files import inspect
from knowledge.imports.mapping import Mapped, Mapper
from knowledge.imports.profile import load_profile
from knowledge.imports.readers import Row, delimiter
from knowledge.imports.reading import judge, rows_of, spooled
from knowledge.imports.report import ImportReport, Rejection
from tests.knowledge_imports import CODE, ROW


def _rows(path: Path) -> list[Row]:
    return list(rows_of(inspect(path), load_profile("guangdong")))


def _refused(path: Path) -> str:
    with pytest.raises(ImportRefused) as caught:
        _rows(path)
    for lang in LANGS:
        told = caught.value.message(lang)
        assert path.name in told
        assert "\n" not in told
    return caught.value.code


def _csv(rows: Iterable[dict[str, Any]], mark: str) -> str:
    columns = ["TASK_CODE", "TASK_NAME", "DEPT_NAME", "AREACODE", "matter_level"]
    lines = [mark.join(columns)]
    lines += [mark.join(f'"{row[c]}"' for c in columns) for row in rows]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_tables_in_every_encoding_and_separator(tmp_path: Path, mark: str, encoding: str) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(_csv([ROW, {**ROW, "TASK_NAME": '带"" 引号，\n两行'}], mark).encode(encoding))
    found = _rows(path)
    assert [row.number for row in found] == [2, 3]
    assert found[0].values["task_name"] == "老年人优待证申领"
    assert found[1].values["task_name"] == '带" 引号，\n两行'


def test_json_in_every_shape(tmp_path: Path) -> None:
    rows = [{**ROW, "TASK_NAME": f"事项{i}", "x": "，" * 3000} for i in range(60)]
    whole = {"meta": {"items": "no", "a": [1, {"b": "]"}]}, "items": rows, "after": 1}
    shapes = {
        "array.json": json.dumps(rows, ensure_ascii=False),
        "wrapped.json": json.dumps(whole, ensure_ascii=False, indent=1),
        "oneline.json": json.dumps(whole),
        "lines.jsonl": "\n".join(json.dumps(row) for row in rows),
    }
    for name, text in shapes.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert [row.values["TASK_NAME"] for row in _rows(path)] == [
            f"事项{i}" for i in range(60)
        ], name
    packed = tmp_path / "lines.jsonl.gz"
    packed.write_bytes(gzip.compress(shapes["lines.jsonl"].encode()))
    assert len(_rows(packed)) == 60


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(sorted(ROW)), _VALUES, max_size=4).map(
            lambda d: {**ROW, **d}
        )
        | _VALUES,
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_json_is_read_to_its_end(rows: list[Any]) -> None:
    """Whatever a crawl holds, no row is lost and nothing crashes."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as spool:
        path = Path(folder) / "a.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        report = ImportReport("guangdong", path.name, "")
        profile = load_profile("guangdong")
        if not any(isinstance(row, dict) for row in rows):
            return  # such a file is no JSON Lines at all
        source = inspect(path)
        _, themes = judge(source, profile, report, spool, None, threading.Event())
        assert report.rows == len(rows)
        assert report.rows == report.accepted + report.merged + report.rejected
        assert len(list(spooled(spool, themes))) == report.accepted
        json.dumps(report.as_dict())


def test_what_follows_an_array_is_not_lost(tmp_path: Path) -> None:
    """A second document after the first would otherwise be dropped in silence."""
    path = tmp_path / "a.json"
    for text in (
        '[\n{"a": 1}]\n{"b": 2}',
        '{"items": [{"a": 1}],\n"b": 2',
        '{"items":\n[{"a": 1}]} x',
    ):
        path.write_text(text, encoding="utf-8")
        assert _refused(path) == "import_bad_json", text


def test_broken_lines_are_rows_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "crawl.jsonl"
    path.write_text(
        f'{json.dumps(ROW)}\n<html>404</html>\n{{"TASK_CODE": "1\n[1]\n\n{json.dumps(ROW)}\n{"[" * 99_999}',
        "utf-8",
    )
    found = _rows(path)
    assert [(row.number, row.fault) for row in found] == [
        (1, None), (2, "error_page"), (3, "not_json"), (4, "not_object"), (6, None), (7, "not_json"),
    ]  # fmt: skip


def _workbook(path: Path, rows: list[list[Any]]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)


def test_workbooks(tmp_path: Path) -> None:
    """A title above the head, a code that became a number, a date, a row that is too wide."""
    path = tmp_path / "items.xlsx"
    head = ["TASK_CODE", "TASK_NAME", "DEPT_NAME", "AREACODE", "matter_level"]
    good = [CODE, "结婚登记", "深圳市民政局", 440300, "市级"]
    _workbook(
        path,
        [["广东省事项"], [], head, good, [1.144e30, *good[1:]], [*good, "多"], [None] * 5],
    )
    found = _rows(path)
    assert [(row.number, row.fault) for row in found] == [
        (4, None),
        (5, None),
        (6, "wrong_columns"),
    ]
    mapper = Mapper(load_profile("guangdong"))
    assert isinstance(mapper.map(found[0]), Mapped)
    number = mapper.map(found[1])
    assert isinstance(number, Rejection)
    assert number.reason == "code_as_number"


def test_a_cell_merged_downwards_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    """As a person reads it: the department stands for all its matters, at the edge of the table too."""
    path = tmp_path / "items.xlsx"
    head = ["DEPT_NAME", "TASK_CODE", "TASK_NAME", "AREACODE", "matter_level"]
    codes = [f"{CODE[:-1]}{number}" for number in range(4)]
    rows: list[list[Any]] = [[None, code, f"事项{code[-1]}", 440300] for code in codes]
    rows[0][0], rows[3][0] = "深圳市民政局", "深圳市公安局"
    rows[0].append("市级")
    _workbook(path, [["广东省事项"], head, *rows])
    book = load_workbook(path)
    for cells in ("A1:E1", "A3:A5", "E3:E6"):
        book.worksheets[0].merge_cells(cells)
    book.save(path)
    mapper = Mapper(load_profile("guangdong"))
    found = [mapper.map(row) for row in _rows(path)]
    assert [f.item.department for f in found if isinstance(f, Mapped)] == [
        "深圳市民政局", "深圳市民政局", "深圳市民政局", "深圳市公安局",
    ]  # fmt: skip


def test_a_cell_without_a_value_of_its_own_is_not_read_as_empty(tmp_path: Path) -> None:
    """A formula nobody computed, and what lies under a cell merged across columns, reject the row by name
    where the mapping asks for them; elsewhere they do no harm. A formula whose result is empty is empty."""
    path = tmp_path / "items.xlsx"
    head = [
        *("TASK_CODE", "TASK_NAME", "DEPT_NAME", "AREACODE", "matter_level"),
        "consult_phone",
        "x",
        "y",
    ]
    codes = [f"{CODE[:-1]}{number}" for number in range(6)]
    rows = [[code, f"事项{code[-1]}", "深圳市民政局", 440300, "市级", "12345"] for code in codes]
    rows[1][5] = "=A1&A2"
    rows[4][5] = '=IF(A1="","",1)'
    _workbook(path, [["广东省事项"], head, *rows])
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for cells in ("A1:H1", "F5:G5", "F6:F6", "G6:H6", "E8:F8"):
        sheet.merge_cells(cells)
    sheet["G6"], sheet["G3"] = "=B2", "=A1"
    book.save(path)
    _with_result(path, "F7", "")
    mapper = Mapper(load_profile("guangdong"))
    found = [mapper.map(row) for row in _rows(path)]
    told = [(f.row, f.reason, f.params) for f in found if isinstance(f, Rejection)]
    assert told == [
        (4, "no_result", {"field": "enquiries", "cell": "F4"}),
        (8, "merged", {"field": "enquiries", "cell": "E8:F8"}),
    ]
    for lang in LANGS:
        assert all("4" in f.message(lang) for f in found[1:2] if isinstance(f, Rejection))
    assert mapper.notes["unread_column.x"] == 2
    assert "unread_column.y" not in mapper.notes


def _with_result(path: Path, cell: str, result: str) -> None:
    """Give the formula in a cell the text that Excel computed, as Excel writes it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (name,) = (name for name in parts if name.startswith("xl/worksheets/"))
    pattern = rf'<c r="{cell}"([^>]*)><f>(.*?)</f><v\s*/?>(</v>)?</c>'
    made = rf'<c r="{cell}"\1 t="str"><f>\2</f><v>{result}</v></c>'
    text, count = re.subn(pattern, made, parts[name].decode())
    assert count == 1
    parts[name] = text.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def test_a_column_without_a_heading_is_named(tmp_path: Path) -> None:
    """What stands under no heading is not read, and the report says so."""
    path = tmp_path / "items.csv"
    path.write_text(f"TASK_CODE,TASK_NAME,,DEPT_NAME,\n{CODE},结婚登记,多,深圳市民政局,\n", "utf-8")
    (row,) = _rows(path)
    assert row.values == {
        "task_code": CODE,
        "task_name": "结婚登记",
        "#3": "多",
        "dept_name": "深圳市民政局",
    }
    mapper = Mapper(load_profile("guangdong"))
    mapper.map(row)
    assert mapper.notes == {"unread_column.#3": 1}


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    """One clear sentence each, in both languages."""
    good = tmp_path / "good.xlsx"
    _workbook(good, [["TASK_CODE", "TASK_NAME"], [CODE, "x"]])

    def file(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    assert _refused(file("a.csv", good.read_bytes())) == "import_wrong_kind"
    assert _refused(file("a.json", b"a,b\n1,2\n")) == "import_wrong_kind"
    assert _refused(file("b.xlsx", good.read_bytes()[:-200])) == "import_bad_workbook"
    assert _refused(file("c.xlsx", ole)) == "import_old_excel"
    assert (
        _refused(file("d.xlsx", ole + "EncryptedPackage".encode("utf-16-le"))) == "import_encrypted"
    )
    assert _refused(file("e.csv", b"")) == "import_empty"
    assert _refused(file("f.csv", bytes(range(256)))) == "import_binary"
    assert _refused(file("g.csv", b"<!DOCTYPE html><html>")) == "import_web_page"
    assert _refused(file("h.csv", b"name,x\n\xff\xfe\xff\xff\xff,1\n")) == "import_encoding"
    assert _refused(file("i.csv", b"one,two\n1,2\n")) == "import_no_head"
    assert _refused(file("j.csv", b"TASK_CODE,TASK_NAME,TASK_NAME\n")) == "import_duplicate_columns"
    assert _refused(file("k.csv", b'TASK_CODE,TASK_NAME\n1,"open\n')) == "import_bad_csv"
    assert _refused(file("l.json", b'[{"a": 1}, {"b": ]')) == "import_bad_json"
    assert _refused(file("m.json", b'{"a": 1,\n"b": 2}')) == "import_no_records"
    assert _refused(file("n.csv.gz", gzip.compress(b"a,b" * 999)[:-20])) == "import_bad_gzip"
    assert _refused(file("p.zip", b"PK\x03\x04" + b"x" * 99)) == "import_bad_zip"
    assert _refused(file("o.jsonl.gz", b"\x1f\x8bnothing")) == "import_bad_gzip"
    assert _refused(tmp_path) == "import_directory"
    assert _refused(tmp_path / "nowhere.csv") == "import_no_file"


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "csv.gz", "xlsx"])
def test_while_reading_it_is_known_how_far_it_has_come(tmp_path: Path, kind: str) -> None:
    """An operator who waits for half a million rows sees how long it still takes."""
    count = 2_600
    columns = ["TASK_CODE", "TASK_NAME", "DEPT_NAME", "AREACODE", "matter_level"]
    rows = [
        {c: ROW[c] for c in columns}
        | {"TASK_CODE": f"{CODE[:-4]}{i:04}", "TASK_NAME": f"事项{i}" + "，长" * 90}
        for i in range(count)
    ]
    path = tmp_path / f"items.{kind}"
    if kind == "xlsx":
        _workbook(path, [columns, *(list(row.values()) for row in rows)])
    else:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        data = (
            _csv(rows, ",") if "csv" in kind else lines if kind == "jsonl" else json.dumps(rows)
        ).encode()
        path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    told: list[tuple[str, int, int | None]] = []
    report = ImportReport("guangdong", path.name, "")
    with tempfile.TemporaryFile() as spool:
        judge(inspect(path), load_profile("guangdong"), report, spool, lambda *a: told.append(a),
              threading.Event())  # fmt: skip
    assert report.accepted == count
    assert [(stage, done) for stage, done, _ in told] == [
        ("reading", i) for i in range(500, count, 500)
    ]
    totals = [total for *_, total in told]
    if not kind.endswith("gz"):  # which is read in great pieces
        assert all(total and abs(total - count) < 300 for total in totals), totals
    assert all(total and total >= done for _, done, total in told)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 * 1024 * 1024))
    assert path.stat().st_size < 100_000
    assert _refused(path) == "import_bomb"


def test_the_separator_is_the_one_most_lines_agree_on() -> None:
    assert delimiter('a;b;c\n"1,2,3";2;3\n') == ";"
    assert delimiter("a\tb\n1,5\t2\n") == "\t"
    assert delimiter("only\n") == ","


def test_a_key_that_is_no_text_can_be_reported(tmp_path: Path) -> None:
    """Half a character as a column's name: the row is read, and the report can be written."""
    path = tmp_path / "items.json"
    path.write_text(json.dumps([{**ROW, "\ud800": "x"}]))
    mapper = Mapper(load_profile("guangdong"))
    mapper.map(_rows(path)[0])
    assert "unread_column.?" in json.dumps(mapper.notes, ensure_ascii=False).encode().decode()


def test_a_profile_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("[" * 5000)
    with pytest.raises(ImportRefused, match="import_bad_profile"):
        load_profile(path)
