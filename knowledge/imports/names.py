"""Everyday names out of a cell that holds one name, several, or the keywords of one.

`工程规划许可证核发，建工证` are two names; `无线电,频率,变更` are keywords: none of them names the matter by
itself. Decides what of a cell counts as a name; of keywords the whole is kept as it is recorded.
"""

from __future__ import annotations

import re

_ACTS = (
    "申请|申领|申报|申办|报名|办理|受理|咨询|查询|查阅|投诉|举报|指引|指南|设立|登记|注册|备案|审批|审核|核准|核发|"
    "核付|核定|许可|签发|颁发|领取|补办|补领|补发|换发|换领|换证|更换|遗失|变更|更正|变动|修改|延续|延期|续期|注销|"
    "撤销|取消|终止|中止|暂停|恢复|年检|年审|检查|鉴定|认定|认证|确认|缴费|缴纳|补缴|退费|转移|接续|迁入|迁出|迁移|"
    "增减|增加|减少|配置|奖励|表彰|救助|抚恤|调解|监护"
)
_WHO = (
    "个人|自然人|法人|企业|公司|单位|机构|组织|家庭|居民|市民|群众|公民|职工|员工|学生|毕业生|监护人|"
    "老人|儿童"
)
_GENERAL = (
    "待遇|资质|资格|政策|信息|基本|情况|材料|案例|财产|住所地|服务|业务|事项|一次性|市内|市外"
)
_ACT = re.compile(f"{_ACTS}|公证|转让|考试")
_WORDS = re.compile(f"(?:{_ACTS}|{_WHO}|{_GENERAL}){{1,2}}")
_WORD = re.compile(f"{_ACTS}|{_WHO}|{_GENERAL}")
_GOT = re.compile(r"[证书卡照费金]$")
"""Ends of what people get or pay."""
_BRACKETS = re.compile(r"[（）()]")
_SHORT = 2
"""Characters of a word that among only such words is a keyword."""
_STEM = 3
"""Characters up to which a word tells less than the name it is in (劳动, 劳动合同)."""


def everyday_names(parts: list[str], whole: str) -> list[str]:
    """The names in a cell: `parts` as it is split, `whole` as it is recorded.

    A word that only says an act or who it is for is no name of one matter. Where one is among the parts,
    the whole is a name, and so are the parts that join an act and a thing, or end in what one gets.
    """
    if len(parts) < 2:
        return [part for part in parts if not _WORD.fullmatch(part)]
    general = {part for part in parts if _WORDS.fullmatch(_BRACKETS.sub("", part))}
    keywords = bool(general) or all(len(part) <= _SHORT for part in parts)
    kept = [
        part
        for part in parts
        if part not in general
        and not _in_another(part, parts)
        and (not keywords or (len(part) > _SHORT and (_ACT.search(part) or _GOT.search(part))))
    ]
    return kept if len(kept) == len(parts) else [whole, *kept]


def _in_another(part: str, parts: list[str]) -> bool:
    return len(part) <= _STEM and any(part in other for other in parts if other != part)
