"""A row of the province, and what becomes of such rows."""

from __future__ import annotations

from typing import Any

from knowledge.imports.items import ImportedItem
from knowledge.imports.mapping import Again, Mapped, Mapper
from knowledge.imports.profile import load_profile
from knowledge.imports.readers import Row
from knowledge.imports.report import Rejection

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


def mapped(*rows: dict[str, Any]) -> list[Mapped | Again | Rejection]:
    """What becomes of the rows of one file."""
    mapper = Mapper(load_profile("guangdong"))
    return [mapper.map(Row(number, row)) for number, row in enumerate(rows, 1)]


def item_of(**changes: Any) -> ImportedItem:
    """The record of the row with some of its values changed."""
    (found,) = mapped({**ROW, **changes})
    assert isinstance(found, Mapped), found
    return found.item
