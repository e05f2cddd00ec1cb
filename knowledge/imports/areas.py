"""Administrative areas by their GB/T 2260 codes: Guangdong, its cities, the districts of Shenzhen.

A code of another place is accepted as it is; only its name is unknown here.
"""

from __future__ import annotations

import re

from core.cards import City, LocalText
from knowledge.imports.faults import BadValue, shown

_NAMES = """
440000 广东省 Guangdong
440100 广州市 Guangzhou
440200 韶关市 Shaoguan
440300 深圳市 Shenzhen
440303 罗湖区 Luohu
440304 福田区 Futian
440305 南山区 Nanshan
440306 宝安区 Bao'an
440307 龙岗区 Longgang
440308 盐田区 Yantian
440309 龙华区 Longhua
440310 坪山区 Pingshan
440311 光明区 Guangming
440400 珠海市 Zhuhai
440500 汕头市 Shantou
440600 佛山市 Foshan
440700 江门市 Jiangmen
440800 湛江市 Zhanjiang
440900 茂名市 Maoming
441200 肇庆市 Zhaoqing
441300 惠州市 Huizhou
441400 梅州市 Meizhou
441500 汕尾市 Shanwei
441600 河源市 Heyuan
441700 阳江市 Yangjiang
441800 清远市 Qingyuan
441900 东莞市 Dongguan
442000 中山市 Zhongshan
445100 潮州市 Chaozhou
445200 揭阳市 Jieyang
445300 云浮市 Yunfu
"""
AREAS: dict[str, LocalText] = {
    code: LocalText(zh=zh, en=en)
    for code, zh, en in (line.split(maxsplit=2) for line in _NAMES.strip().splitlines())
}
_BY_NAME = {name.zh: code for code, name in AREAS.items()}
_BY_NAME |= {name.zh.rstrip("省市区"): code for code, name in AREAS.items()}
_PROVINCES = re.compile(r"1[1-5]|2[123]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
_CODE = re.compile(r"^\d{6}(?:\d{6})?$")
CITY_AREAS: dict[City, str] = {"shenzhen": "440300", "dongguan": "441900"}


def area_code(text: str) -> str:
    """The code of an area given by code or Chinese name (`广东省东莞市`); raises `BadValue`."""
    if text.isascii() and text.isdigit() and len(text) in (2, 4):
        text = text.ljust(6, "0")
    if _CODE.match(text):
        if not _PROVINCES.match(text):
            raise BadValue("bad_area", value=shown(text))
        return text
    name = text
    if name not in _BY_NAME and name.startswith("广东省"):
        name = name.removeprefix("广东省")
    for city in ("深圳市", "东莞市"):
        if name not in _BY_NAME and name.startswith(city):
            name = name.removeprefix(city)
    found = _BY_NAME.get(name)
    if found is None:
        raise BadValue("bad_area", value=shown(text))
    return found


def area_name(code: str) -> LocalText:
    """The area's name, of the nearest larger area that is known; the code where none is."""
    for known in (code[:6], f"{code[:4]}00", f"{code[:2]}0000"):
        if known in AREAS:
            return AREAS[known]
    return LocalText(zh=code, en=code)


def city_of(code: str) -> City | None:
    """Which of our two cities the area lies in."""
    for city, area in CITY_AREAS.items():
        if code.startswith(area[:4]):
            return city
    return None
