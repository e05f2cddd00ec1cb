"""Importing: values are read as a person would read them, or refused with their reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import catalogue
from knowledge.imports.areas import area_name, city_of
from knowledge.imports.clean import is_error_page, one_line, plain
from knowledge.imports.codes import is_credit_code, national_code, parse_code
from knowledge.imports.converters import CONVERTERS, chinese_number, duration
from knowledge.imports.faults import BadValue
from knowledge.imports.phones import phones


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


def test_no_matter_is_taken_for_an_error_page() -> None:
    for name in (
        "网络文化经营许可",
        "验证码短信服务备案",
        "系统集成资质",
        "请求救助登记",
        "404 路公交线路审批",
    ):
        assert not is_error_page(name), name


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


def test_a_cell_full_of_digits_takes_no_time() -> None:
    """Longer than any list of numbers: refused before it is searched."""
    with pytest.raises(BadValue):
        phones("13800138000," * 1_000)


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


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("工程规划许可证核发，建工证", ["工程规划许可证核发", "建工证"]),
        ("无线电,频率,变更", ["无线电,频率,变更"]),
        (["无线电", "频率", "变更"], ["无线电，频率，变更"]),
        ("工伤保险，个人，基本信息，变更", ["工伤保险，个人，基本信息，变更"]),
        ("自然人，住所地；", ["自然人，住所地"]),
        ("出生，死亡，婚姻", ["出生，死亡，婚姻"]),
        ("待遇申领,养老金申领", ["待遇申领,养老金申领", "养老金申领"]),
        ("中等职业学校，毕业生，学历证明书", ["中等职业学校，毕业生，学历证明书", "学历证明书"]),
        ("劳动，劳动合同，劳动合同公证", ["劳动，劳动合同，劳动合同公证", "劳动合同", "劳动合同公证"]),
        ("法考", ["法考"]),
        ("一次性待遇申领", ["一次性待遇申领"]),
        ("注销", []),
        ("法人", []),
        ("无", []),
    ],
)  # fmt: skip
def test_keywords_are_no_names(cell: object, found: list[str]) -> None:
    """Whoever asks for a 变更 or is a 个人 is not sent to the one matter that listed the word; what was
    recorded stays, and so does every part that names the matter by itself."""
    assert CONVERTERS["names"](cell) == found


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
