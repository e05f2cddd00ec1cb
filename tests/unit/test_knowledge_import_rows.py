"""Importing: every row is in or named with its reason; mapping profiles; drafts made of records."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.i18n import LANGS, text
from knowledge.imports.drafts import draft_body, next_code
from knowledge.imports.faults import ImportRefused
from knowledge.imports.mapping import Again, Mapped, Mapper, digest_of
from knowledge.imports.profile import builtin_profiles, load_profile
from knowledge.imports.readers import Row
from knowledge.imports.report import Rejection
from knowledge.imports.store import normal_text
from knowledge.model import ServiceItem
from tests.knowledge_imports import CODE, ROW, item_of, mapped

# Rows


def _why(**changes: Any) -> str:
    (found,) = mapped({**ROW, **changes})
    assert isinstance(found, Rejection), found
    for lang in LANGS:
        assert found.message(lang)
    return found.reason


def test_a_row_becomes_a_typed_record() -> None:
    item = item_of()
    assert (item.name, item.department, item.aliases) == (
        "老年人优待证申领", "深圳市民政局", ["老年证", "敬老卡"],
    )  # fmt: skip
    assert item.promise is not None
    assert item.promise.amount == 5
    assert item.courier is True
    assert item_of(matter_daily="老年人优待证申领").aliases == []  # a name that repeats the name


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
    found = mapped({}, {"TASK_CODE": " ", "TASK_NAME": None}, {"code": 500, "msg": "系统繁忙"})
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
    first, merged, code, matter, fine = mapped(ROW, again, other, name, scene)
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
    (found,) = mapped({**ROW, **changes})
    if isinstance(found, Rejection):
        assert found.message("zh")
        assert found.message("en")
    else:
        assert isinstance(found, Mapped)


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


def test_a_second_code_is_kept_and_found() -> None:
    """The province published some records under two: whoever holds either finds the record."""
    other = "11440300006939756B2000105004000" + "06"
    item = item_of(matter_code=other)
    assert (item.code, item.other_codes) == (CODE, [other])
    assert other.lower() in normal_text(item)
    assert digest_of(item) != digest_of(item_of())
    for same in (CODE, "无", "", None, "11440300006939756B"):
        assert item_of(matter_code=same).other_codes == []
    assert item_of(TASK_CODE=CODE + "01", matter_code=CODE).other_codes == []
    assert item_of(TASK_CODE="无", matter_code=other).code == other
    body = draft_body([item], code="SG-CA-010", domain="civil", source="S99", as_of="2021-12-31")
    assert any(other in note["text"]["zh"] for note in body["common"]["notes"])


def test_a_record_without_a_second_code_is_what_it_was() -> None:
    """An import by a newer product makes no revision of what did not change."""
    before = {k: v for k, v in item_of().model_dump(mode="json").items() if k != "other_codes"}
    assert digest_of(item_of()) == hashlib.sha256(
        json.dumps(before, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()  # fmt: skip


def test_columns_that_disagree_are_counted() -> None:
    """The first is taken, and the report says how often another said something else; a column that is
    another field's own, or that cannot be read, is none of these."""
    mapper = Mapper(load_profile("guangdong"))
    other = CODE[:-1] + "8"
    rows: list[dict[str, Any]] = [
        {"visit_number": "1", "LIMIT_SCENE_NUM": "2次", "matter_code": other},
        {"visit_number": "1", "LIMIT_SCENE_NUM": "一次", "TASK_TYPE": "01", "matter_type": "行政许可"},
        {"visit_number": "1", "LIMIT_SCENE_NUM": "?", "matter_name": "老年人优待证", "matter_short": "变更"},
    ]  # fmt: skip
    for number, row in enumerate(rows, 1):
        code = f"{CODE[:-1]}{number}"
        found = mapper.map(
            Row(number, {**ROW, "TASK_CODE": code, "TASK_NAME": f"事项{number}", **row})
        )
        assert isinstance(found, Mapped)
        assert found.item.visits == 1
    assert mapper.notes == {"second_code": 1, "columns_differ.visits": 1, "general_name.aliases": 1}
    for lang in LANGS:
        for key in mapper.notes:
            name, _, field = key.partition(".")
            assert "imports.note" not in text(f"imports.note.{name}", lang, count=1, field=field)


# Drafts


def test_codes_of_drafts_are_never_used_twice() -> None:
    assert next_code("hrss", ["SG-HR-001", "SG-HR-018", "SG-PS-020"]) == "SG-HR-019"
    assert next_code("veterans", []) == "SG-VA-001"
    with pytest.raises(Exception, match="unknown_domain"):
        next_code("space", [])


def test_a_draft_is_prefilled_and_cannot_be_published_as_it_is() -> None:
    body = draft_body(
        [item_of()], code="SG-CA-010", domain="civil", source="S99", as_of="2021-12-31",
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
    first = item_of(matter_name="老年人优待证申领", subTaskName="首次")
    second = item_of(
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
