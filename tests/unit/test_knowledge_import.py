"""Importing: values are read as a person would read them, and every row is in or named with its reason."""

from __future__ import annotations

import gzip
import json
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from core.i18n import LANGS, catalogue
from knowledge.imports.areas import area_name, city_of
from knowledge.imports.clean import is_error_page, one_line, plain
from knowledge.imports.codes import is_credit_code, national_code, parse_code
from knowledge.imports.converters import CONVERTERS, chinese_number, duration
from knowledge.imports.drafts import draft_body, next_code
from knowledge.imports.faults import BadValue, ImportRefused
from knowledge.imports.files import inspect
from knowledge.imports.items import ImportedItem
from knowledge.imports.mapping import Again, Mapped, Mapper
from knowledge.imports.phones import phones
from knowledge.imports.profile import builtin_profiles, load_profile
from knowledge.imports.readers import Row, delimiter
from knowledge.imports.reading import judge, rows_of, spooled
from knowledge.imports.report import ImportReport, Rejection
from knowledge.model import ServiceItem

CODE = "11440300006939756B2440101007000"
ROW = {
    "TASK_CODE": CODE,
    "TASK_NAME": "老年人优待证申领",
    "matter_daily": "老年证，敬老卡",
    "DEPT_NAME": "深圳市民政局 ",
    "AREACODE": "440300",
    "matter_level": "市级",
    "handle_time": "20(工作日)",
    "handle_time_limit": "5(工作日)",
    "theme_category": ["老年人"],
    "material_intro": ["居民身份证", "委托书（委托他人办理的）"],
    "consult_phone": "0755-82002345",
    "courier_service": "是",
}


def _map(*rows: dict[str, Any]) -> list[Mapped | Again | Rejection]:
    mapper = Mapper(load_profile("guangdong"))
    return [mapper.map(Row(number, row)) for number, row in enumerate(rows, 1)]


def _item(**changes: Any) -> ImportedItem:
    (found,) = _map({**ROW, **changes})
    assert isinstance(found, Mapped), found
    return found.item


def _why(**changes: Any) -> str:
    (found,) = _map({**ROW, **changes})
    assert isinstance(found, Rejection), found
    for lang in LANGS:
        assert found.message(lang)
    return found.reason


# Values


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("40(工作日)", 40, "working_day"),
        ("40（工作日）", 40, "working_day"),
        ("5个工作日", 5, "working_day"),
        ("十五个工作日", 15, "working_day"),
        ("３个工作日", 3, "working_day"),
        ("3-5个工作日", 5, "working_day"),
        ("法定办结时限：20个工作日", 20, "working_day"),
        ("承诺时限为10日", 10, "day"),
        ("90(自然日)", 90, "day"),
        ("当场", 0, "on_the_spot"),
        ("即办", 0, "on_the_spot"),
        ("当日办结", 0, "on_the_spot"),
        ("3个月", 3, "month"),
        ("2小时", 2, "hour"),
        ("20个工作日（不含专家评审）", 20, "working_day"),
        ("5 working days", 5, "working_day"),
    ],
)
def test_times_are_read_with_their_unit(text: str, amount: int, unit: str) -> None:
    found = duration(text)
    assert found is not None
    assert (found["amount"], found["unit"]) == (amount, unit)


def test_what_a_time_says_beside_the_number_is_kept() -> None:
    """Nothing is lost: a range and a remark stay readable."""
    for text in ("3-5个工作日", "20个工作日（不含专家评审）"):
        assert (duration(text) or {})["note"] == text
    assert (duration("5个工作日") or {})["note"] is None


@pytest.mark.parametrize("text", ["40", "很快", "工作日"])
def test_a_time_without_number_or_unit_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        duration(text)


@pytest.mark.parametrize("text", ["无", "", " 无。", "-", "null", "暂无"])
def test_nothing_is_nothing(text: str) -> None:
    assert duration(text) is None
    assert CONVERTERS["text"](text) is None
    assert CONVERTERS["places"](text) is None
    assert phones(text) is None


@given(st.integers(0, 9999))
def test_chinese_numerals(number: int) -> None:
    """Written out as people write them, and digit by digit as years are written."""
    digits = "零一二三四五六七八九"
    assert chinese_number("".join(digits[int(c)] for c in str(number))) == number
    words, zero = "", False
    for i, c in enumerate(str(number).zfill(4)):
        if c == "0":
            zero = bool(words)
            continue
        words += ("零" if zero else "") + digits[int(c)] + ("千", "百", "十", "")[i]
        zero = False
    assert chinese_number(words or "零") == number
    assert (
        chinese_number((words or "零").removeprefix("一" if words.startswith("一十") else ""))
        == number
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("&amp;nbsp;社保&amp;amp;医保", "社保&医保"),
        ("&amp;amp;lt;个人&amp;amp;gt;", "<个人>"),
        ("第１４２号ＡＢ", "第142号AB"),
        ("a\u200bb\ufeffc\x00d", "abcd"),
        ("　（一）年龄　条件 ", "（一）年龄 条件"),
        ("<p>甲</p><p>乙</p>", "甲\n乙"),
        ("一\r\n\r\n  二", "一\n二"),
    ],
)
def test_texts_are_cleaned(text: str, read: str) -> None:
    assert plain(text) == read


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more_and_leaves_nothing_invisible(text: str) -> None:
    line = one_line(text)
    assert "\x00" not in line
    assert "\u200b" not in line
    assert line == line.strip()
    if "&" not in line and "<" not in line:
        assert one_line(line) == line


@given(
    st.text(max_size=80)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.lists(st.text(max_size=9))
)
def test_converters_return_or_say_why(value: object) -> None:
    """No value of a source may crash an import."""
    reasons: set[tuple[str, str]] = set()
    for name, convert in CONVERTERS.items():
        if value in (None, "", []):
            continue
        try:
            convert(value)
        except BadValue as error:
            reasons.add((name, error.reason))
    for name, reason in reasons:
        assert f"imports.reason.{reason}" in catalogue("en"), (name, reason)


@pytest.mark.parametrize(
    ("text", "numbers", "whole"),
    [
        ("020-38807710；020-83627551", ["020-38807710", "020-83627551"], True),
        ("020-83133283、83134746", ["020-83133283", "020-83134746"], True),
        ("020-38356454转1", ["020-38356454-1"], True),
        ("020-12333-9-3", ["020-12333-9-3"], True),
        ("（0662）3681111", ["0662-3681111"], True),
        ("(8620)2236 0123", ["020-22360123"], True),
        ("020－81102000", ["020-81102000"], True),
        ("400-7000-690", ["400-700-0690"], True),
        ("拨打12348或020-86350683", ["12348", "020-86350683"], True),
        ("020-86350153，受理时间：周一至周五上午08：30-12:00", ["020-86350153"], False),
        (
            "咨询电话号码：020-86351132。邮箱：441472514@qq.com。邮编：510405",
            ["020-86351132"],
            False,
        ),
        ("https://weibo.com/u/6505531746", [], False),
        ("0000swjw", [], False),
        ("020-327605405", [], False),
    ],
)
def test_phones_are_found_in_free_text(text: str, numbers: list[str], whole: bool) -> None:
    """What is no number stays as text; a mail address or a time of day is never taken for one."""
    found = phones(text)
    assert found is not None
    assert found["numbers"] == numbers
    assert (found["text"] is None) is whole


def test_places_names_values_and_flags() -> None:
    convert = CONVERTERS
    assert convert["places"]("办理地点：深圳市福田区福中三路") == {
        "addresses": ["深圳市福田区福中三路"],
        "window": True,
    }
    assert convert["places"]("无线下办理窗口") == {"addresses": [], "window": False}
    assert convert["names"]("法考,违纪；监护、监护人，") == ["法考", "违纪", "监护、监护人"]
    assert convert["names"]("合同（协议、补充协议，附件）公证") == [
        "合同（协议、补充协议，附件）公证"
    ]
    assert convert["values"]("自然人、企业法人；其他组织") == ["自然人", "企业法人", "其他组织"]
    assert convert["lines"]("1、申请表；2.身份证；（3）照片") == ["申请表", "身份证", "照片"]
    assert convert["lines"]("1、申请表；附件\n2.身份证") == ["申请表；附件", "身份证"]
    assert [convert["boolean"](v) for v in ("是", "不支持", "支持", 1, "0", True)] == [
        True, False, True, True, False, True,
    ]  # fmt: skip
    assert convert["integer"]("至多两次") == 2
    assert [convert["date"](v) for v in ("2021/3/1", "20210301", "二〇二一年三月一日")] == [
        "2021-03-01"
    ] * 3
    with pytest.raises(BadValue):
        convert["date"]("2021-02-30")


def test_areas_and_levels() -> None:
    area, level = CONVERTERS["area"], CONVERTERS["level"]
    assert [area(a) for a in ("440000", "广东省", "广东省东莞市", "深圳市福田区", "44")] == [
        "440000", "440000", "441900", "440304", "440000",
    ]  # fmt: skip
    assert area_name("440300").zh == "深圳市"
    assert area_name("441900003000").en == "Dongguan"
    assert (city_of("440304"), city_of("441900"), city_of("440100")) == (
        "shenzhen",
        "dongguan",
        None,
    )
    assert [level(v) for v in ("省级", "市级", "县（区）级", "镇（街）级", "2")] == [
        "province", "city", "county", "town", "province",
    ]  # fmt: skip
    for convert, bad in ((area, "火星"), (area, "990000"), (level, "宇宙级")):
        with pytest.raises(BadValue):
            convert(bad)


def test_national_codes_are_taken_apart() -> None:
    code = parse_code("11440000006940116U244010200300103")
    assert (code.department, code.catalogue, code.handling) == (
        "11440000006940116U", "440102003001", "03",
    )  # fmt: skip
    assert is_credit_code("11440000006940116U")
    assert not is_credit_code("11440000006940117U")
    for value, reason in (
        ("11440000006940116U", "code_is_department"),
        ("006940116", "code_is_department"),
        (1.144e30, "code_as_number"),
        ("1.1440000006939E+30", "code_as_number"),
        ("ABC", "bad_code"),
    ):
        with pytest.raises(BadValue) as caught:
            national_code(value)
        assert caught.value.reason == reason


# Rows


def test_a_row_becomes_a_typed_record() -> None:
    item = _item()
    assert (item.name, item.department, item.aliases) == (
        "老年人优待证申领", "深圳市民政局", ["老年证", "敬老卡"],
    )  # fmt: skip
    assert item.promise is not None
    assert item.promise.amount == 5
    assert item.courier is True
    assert _item(matter_daily="老年人优待证申领").aliases == []  # a name that repeats the name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"TASK_NAME": "系统繁忙，请稍后再试"}, "error_page"),
        ({"TASK_NAME": "404 Not Found"}, "error_page"),
        ({"TASK_NAME": "<html><body>502 Bad Gateway</body></html>"}, "error_page"),
        ({"TASK_NAME": "无"}, "missing"),
        ({"DEPT_NAME": None}, "missing"),
        ({"TASK_CODE": "11440300006939756B"}, "code_is_department"),
        ({"TASK_CODE": 1.144e30}, "code_as_number"),
        ({"TASK_CODE": "x" * 31}, "bad_code"),
        ({"AREACODE": "990000"}, "bad_area"),
        ({"handle_time": "40"}, "bad_duration"),
        ({"courier_service": "也许"}, "bad_boolean"),
        ({"visit_number": {"n": 1}}, "wrong_type"),
        ({"visit_number": "500次"}, "wrong_value"),
        ({"TASK_NAME": "长" * 301}, "too_long"),
        ({"handle_location": "#REF!"}, "cell_error"),
        ({"material_intro": [f"材料{i}" for i in range(300)]}, "too_many"),
    ],
)
def test_a_row_that_is_not_in_says_why(changes: dict[str, Any], reason: str) -> None:
    assert _why(**changes) == reason


def test_rows_with_nothing_in_them() -> None:
    found = _map({}, {"TASK_CODE": " ", "TASK_NAME": None}, {"code": 500, "msg": "系统繁忙"})
    assert [f.reason for f in found if isinstance(f, Rejection)] == [
        "empty_row", "empty_row", "error_page",
    ]  # fmt: skip


def test_what_is_there_twice() -> None:
    """Same code: refused, or merged where only the theme differs. Same name, department and area under
    another code: refused. A scene of the same matter is another record."""
    again = {**ROW, "theme_category": ["优待"]}
    other = {**ROW, "handle_time_limit": "6(工作日)"}
    name = {**ROW, "TASK_CODE": CODE[:-1] + "9"}
    scene = {**name, "TASK_NAME": "老年人优待证申领（补领）"}
    first, merged, code, matter, fine = _map(ROW, again, other, name, scene)
    assert isinstance(first, Mapped)
    assert merged == Again(CODE, ["优待"])
    assert isinstance(code, Rejection)
    assert (code.reason, code.params) == ("duplicate_code", {"row": 1})
    assert isinstance(matter, Rejection)
    assert matter.reason == "duplicate_matter"
    assert isinstance(fine, Mapped)


@given(
    st.dictionaries(
        st.sampled_from(sorted(ROW)), st.text(max_size=40) | st.none() | st.integers(), max_size=6
    )
)
@settings(max_examples=60)
def test_any_row_is_in_or_refused(changes: dict[str, Any]) -> None:
    (found,) = _map({**ROW, **changes})
    if isinstance(found, Rejection):
        assert found.message("zh")
        assert found.message("en")
    else:
        assert isinstance(found, Mapped)


def test_no_matter_is_taken_for_an_error_page() -> None:
    for name in (
        "网络文化经营许可",
        "验证码短信服务备案",
        "系统集成资质",
        "请求救助登记",
        "404 路公交线路审批",
    ):
        assert not is_error_page(name), name


# Profiles


def test_the_profiles_that_come_with_the_product_are_valid() -> None:
    assert builtin_profiles() == ["guangdong", "list"]
    assert load_profile("guangdong").records is not None
    assert load_profile("list").kind == "list"


def test_a_profile_names_all_its_problems(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "profile: mine\ntitle: {zh: 我, en: mine}\nfields:\n"
        "  code: {from: 编码, convert: code}\n  nmae: {from: 名称}\n  name: {from: [], convert: tex}\n",
        encoding="utf-8",
    )
    with pytest.raises(ImportRefused) as caught:
        load_profile(mine)
    told = caught.value.message("en")
    assert "mine.yaml" in told
    assert "no converter 'tex'" in told
    mine.write_text("profile: mine\ntitle: {zh: 我, en: mine}\nfields: {nmae: {from: 名称}}\n")
    with pytest.raises(ImportRefused) as caught:
        load_profile(mine)
    assert "fields.nmae: no such field" in caught.value.message("en")
    assert "fields.code: missing" in caught.value.message("en")
    for broken in ("[1, 2]", "a: b: c", "\x00"):
        mine.write_text(broken)
        with pytest.raises(ImportRefused):
            load_profile(mine)
    with pytest.raises(ImportRefused) as caught:
        load_profile("nobody")
    assert "guangdong, list" in caught.value.message("en")


def test_an_own_profile_reads_own_columns(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "profile: mine\ntitle: {zh: 我, en: mine}\nfields:\n"
        "  code: {from: 编 码, convert: code}\n  name: {from: info.title}\n"
        "  department: {from: 部门, default: 深圳市民政局}\n"
        "  area: {from: 区划, convert: area, default: '440300'}\n"
        "  level: {from: 层级, convert: level, on_bad: empty, default: city}\n",
        encoding="utf-8",
    )
    mapper = Mapper(load_profile(mine))
    found = mapper.map(Row(1, {"编码": CODE, "info": {"title": "结婚登记"}, "层级": "?"}))
    assert isinstance(found, Mapped)
    assert (found.item.name, found.item.level, found.item.area) == ("结婚登记", "city", "440300")
    assert mapper.notes == {"left_out.level": 1}


# Files


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
    assert _refused(file("o.jsonl.gz", b"\x1f\x8bnothing")) == "import_bad_gzip"
    assert _refused(tmp_path) == "import_directory"
    assert _refused(tmp_path / "nowhere.csv") == "import_no_file"


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


# Drafts


def test_codes_of_drafts_are_never_used_twice() -> None:
    assert next_code("hrss", ["SG-HR-001", "SG-HR-018", "SG-PS-020"]) == "SG-HR-019"
    assert next_code("veterans", []) == "SG-VA-001"
    with pytest.raises(Exception, match="unknown_domain"):
        next_code("space", [])


def test_a_draft_is_prefilled_and_cannot_be_published_as_it_is() -> None:
    body = draft_body(
        [_item()], code="SG-CA-010", domain="civil", source="S99", as_of="2021-12-31",
        materials={"居民身份证": "id_card"},
    )  # fmt: skip
    item = ServiceItem.model_validate(body)
    assert (item.status, item.name.zh, item.name.en) == ("to_confirm", "老年人优待证申领", "")
    assert item.cities["dongguan"] is None  # a record of Shenzhen says nothing about Dongguan
    assert item.cities["shenzhen"] is not None
    assert item.cities["shenzhen"].implementation_code == CODE
    time = item.common.time
    assert time is not None
    assert (time.promise_days, time.statutory_days, time.unit) == (5, 20, "working_day")
    assert [(m.id, m.need) for m in item.common.materials] == [
        ("id_card", "required"), ("wei_tuo_shu_wei_tuo_ta_ren", "conditional"),
    ]  # fmt: skip
    assert item.common.materials[1].condition is not None
    assert {fact.status for fact in (*item.common.materials, *item.common.fees)} == {"to_confirm"}
    assert item.common.fees[0].amount is None


def test_scenes_of_one_matter_become_one_draft() -> None:
    """What only one scene asks for is conditional."""
    first = _item(matter_name="老年人优待证申领", subTaskName="首次")
    second = _item(
        TASK_CODE=CODE[:-1] + "1", TASK_NAME="老年人优待证申领（补领）", matter_name="老年人优待证申领",
        subTaskName="补领", material_intro=["居民身份证", "遗失声明"],
    )  # fmt: skip
    body = draft_body(
        [first, second], code="SG-CA-010", domain="civil", source="S99", as_of="2021-12-31"
    )
    item = ServiceItem.model_validate(body)
    assert item.name.zh == "老年人优待证申领"
    by_name = {m.name.zh: m for m in item.common.materials}
    assert by_name["居民身份证"].need == "required"
    lost = by_name["遗失声明"]
    assert lost.need == "conditional"
    assert lost.condition is not None
    assert lost.condition.zh == "情形：补领"


@pytest.mark.parametrize(
    "said",
    [
        "0.5个工作日", "40.5个工作日", "1.5小时", "100000个工作日", "-5个工作日", "2021年3月1日", "每月15日前",
        "每年1月1日至6月30日", "一年半", "半年", "3个月零5天", "10个工作日至1个月", "一" * 6_000,
    ],
)  # fmt: skip
def test_what_is_no_whole_number_of_one_unit_is_no_duration(said: str) -> None:
    """A wrong number of days is worse than none."""
    with pytest.raises(BadValue):
        duration(said)
    assert duration("5个工作日-10个工作日") == {
        "amount": 10, "unit": "working_day", "note": "5个工作日-10个工作日",
    }  # fmt: skip


def test_columns_that_are_not_read_and_second_choices_are_counted(tmp_path: Path) -> None:
    """A misspelt column, or a value taken from elsewhere, is said in the report."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "profile: mine\ntitle: {zh: 我, en: mine}\nignore: [备注]\nfields:\n"
        "  code: {from: 编码, convert: code}\n  name: {from: 名称}\n"
        "  department: {from: 部门, default: 深圳市民政局}\n"
        "  area: {from: [区划, 地区], convert: area}\n"
        "  level: {from: 层级, convert: level, on_bad: empty, default: city}\n",
        encoding="utf-8",
    )
    mapper = Mapper(load_profile(mine))
    row = {
        "编码": CODE,
        "名称": "结婚登记",
        "区划": "999999",
        "地区": "深圳市",
        "备注": "x",
        "时线": "5",
    }
    assert isinstance(mapper.map(Row(1, row)), Mapped)
    assert mapper.notes == {"other_column.area": 1, "unread_column.时线": 1}


def test_a_cell_full_of_digits_takes_no_time() -> None:
    """Longer than any list of numbers: refused before it is searched."""
    with pytest.raises(BadValue):
        phones("13800138000," * 1_000)
