"""Place names of China in any text: which places it names, and the text without them.

For collections that are not ours (`knowledge.collection`), where a place tells items apart. Provinces
and prefectures are a list; counties, districts and towns are told by their last character. Pure.
"""

from __future__ import annotations

import re

from knowledge.lexicon import PLACES, PLACES_EN

_PROVINCES = """北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东
河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"""
"""Without Hong Kong, Macao and Taiwan: in a matter's name they say what it is (往来台湾通行证)."""
_CITIES = """石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治
晋城 朔州 晋中 运城 忻州 临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔
乌兰察布 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 葫芦岛 长春 四平 辽源 通化
白山 松原 白城 延边 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化
南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州
绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州
六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 新余
鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州
聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳
周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭
衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西 广州 韶关 深圳 珠海 汕头 佛山 江门
湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山市 潮州 揭阳 云浮 南宁 柳州 桂林 梧州
北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州 成都 自贡 攀枝花 泸州
德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 贵阳
六盘水 遵义 安顺 毕节 铜仁 黔南 黔东南 黔西南 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河
文山 西双版纳 大理 德宏 怒江 迪庆 拉萨 日喀则 昌都 林芝 山南 那曲 西安 铜川 宝鸡 咸阳 渭南 延安
汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南
西宁 海东 海西 玉树 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 伊犁 阿克苏
喀什 和田 石河子"""
_ALIKE = """通化 黄山 日照 安康 安顺 吉安 红河 山南 北海 海西 大同 白银 凉山 中卫 固原 信阳
开封 泰安"""
"""City names that are also words: places only with 市 after them (or as part of a longer name)."""
_NOT_PLACES = """小区 社区 城区 市区 地区 园区 校区 景区 辖区 灾区 山区 郊区 特区 新区 专区
牧区 林区 库区 片区 街区 学区 港区 矿区 湾区 城市 超市 上市 本市 全市 我市 各市 县市 门市 股市
楼市 跨市 外市 省市 市县 区县 本县 本区 本镇 本省 全省 跨省 外省 我省 城镇 乡镇 村镇 各区 各县
该区 保护区 开发区 自治区 行政区 风景区 度假区 示范区 试验区 管理区 合作区 保税区 生活区 居住区
功能区 工业区 商业区 业区 宅区 民区 各县 县区"""
"""Words that end like the name of a place."""
_SMALL = re.compile(
    r"(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,3}(?:自治[县州]|[县区镇州市]|街道)"
    r"(?=$|[^\u3400-\u9fff]|的|人|办|有|户)"
    r"|^[\u3400-\u9fff]{2,3}[县区](?![域块划级间别分])"
    r"|(?<=[省市县州区在去到])(?![省市县州区在去到])[\u3400-\u9fff]{1,3}(?:自治[县州]|[县区镇市]|街道)"
)
_SUFFIX = "(?:壮族自治区|回族自治区|维吾尔自治区|自治[区州]|特别行政区|[省市])?"


def _names() -> list[str]:
    ours = [name for names in PLACES.values() for name in names]
    listed = [f"{name}(?=市)" if name in _ALIKE.split() else name for name in _CITIES.split()]
    return sorted([*_PROVINCES.split(), *listed, *ours], key=len, reverse=True)


_PLACE = re.compile(f"(?:{'|'.join(_names())}){_SUFFIX}")
_ENGLISH = re.compile(
    r"(?<![a-z])(?:" + "|".join(name for names in PLACES_EN.values() for name in names)
    + r"|guangzhou|foshan|huizhou|zhuhai|beijing|shanghai|hangzhou|chengdu|guangdong|wuhan|changsha|nanchang"
    + r"|chongqing|tianjin|nanjing|zhengzhou|hunan|hubei|henan|hebei|jiangxi|guangxi|guizhou|sichuan|fujian"
    + r"|zhejiang|jiangsu|anhui|shandong|shanxi|shaanxi|yunnan|hainan|gansu|liaoning|heilongjiang)(?![a-z])"
)  # fmt: skip
_TRIM = re.compile(r"(特别行政区|(壮族|回族|维吾尔)?自治[区州县]|[省市县区镇]|街道|新区)$")
_RESIDENT = re.compile(
    r"^(?:我|我们|本人)?(?:现在|目前)?(?:人|住|家)?(?:是|在|住在|要在|想在|去|到)?"
    r"(?:那边|这边|这里|本地|当地|的|人|市)*[,，、]\s*|^(?:in|for|from|at)?\s*[,，]\s*",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"(?:我们?)?(?:人|现在|想|住|要)?(?:在|去|到)$|\b(?:in|at|from|for|of)\s+$")
_AFTER = re.compile(r"^(?:那边|这边|本地|当地|里面)的?|^的(?=[\u3400-\u9fff])")


def place_spans(text: str) -> list[tuple[int, int]]:
    """Where places stand in simplified text, in order, none inside another."""
    found = [match.span() for match in _PLACE.finditer(text)]
    found += [match.span() for match in _ENGLISH.finditer(text)]
    for match in _SMALL.finditer(text):
        if not match.group(0).endswith(tuple(_NOT_PLACES.split())):
            found.append(match.span())
    out: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not out or start >= out[-1][1]:
            out.append((start, end))
    return out


def places(text: str) -> frozenset[str]:
    """Places that simplified text names, without their rank (广州市 → 广州)."""
    found = (text[start:end] for start, end in place_spans(text))
    return frozenset(short if len(short := _TRIM.sub("", name)) > 1 else name for name in found)


def without_places(text: str) -> str:
    """Text without place names and what only ties them in (「我在广州，」); never empty."""
    spans = place_spans(text)
    if not spans:
        return text
    parts: list[str] = []
    at = 0
    for start, end in spans:
        before = text[at:start]
        parts.append(_BEFORE.sub("", before))
        at = end + (match.end() if (match := _AFTER.match(text[end:])) else 0)
    parts.append(text[at:])
    out = _RESIDENT.sub("", "".join(parts), count=1).strip(" ,，.。")
    return out or text


_THINGS = (
    "居住证|居住登记|社保卡|社会保障卡|医保卡|社保|医保|公积金|低保|高龄|敬老|老年卡|老人卡|生育津贴|育儿|失业金|失业保险|失业补助"
    "|养老金|退休金|养老认证|养老资格|公租房|保障房|廉租房|个体户|食品经营|卫生许可|临时救助|残疾|两项补贴|积分入学|积分入户|人才补贴"
    "|创业补贴|电动车|经营许可"
)
_THINGS_EN = (
    "social security|social insurance|medical insurance|residence permit|housing fund|unemployment"
    "|maternity|childcare"
    "|old.age|pension|public rental|food (?:business )?licen[cs]e|subsistence|disability"
)
_ABROAD, _ABROAD_EN = "香港|澳门|台湾", "hong kong|hk|macau|macao|taiwan"
_FROM = re.compile(r"(?:在|去|到|从|由|往|回|来|是|和|跟|与|转|迁)$")
_ITS = re.compile(rf"(?:[省市县]|那边|老家|当地)*的?(?:{_THINGS})")
_ITS_EN = re.compile(rf" (?:{_THINGS_EN})", re.IGNORECASE)
_THING_IN = re.compile(
    r"\b(?:benefits?|allowances?|cards?|permits?|subsid(?:y|ies)|registration|withdrawals?|funds?|insurance|relief"
    r"|pensions?|licen[cs]es?) (?:in|of|for|from) $",
    re.IGNORECASE,
)
_PERMIT = re.compile(r".{0,12}居住证| (?:and \w+ |\w+ )*residence permit", re.IGNORECASE)
_FAR = re.compile(rf"{_ABROAD}|\b(?:{_ABROAD_EN})\b", re.IGNORECASE)


def elsewheres(text: str) -> bool:
    """Whether a text that names neither of our cities asks for what is kept by another place (「湖北社保卡」,
    "maternity allowance in Shanghai")."""
    spans = place_spans(text)
    # a residence permit of Hong Kong's or Taiwan's people is ours
    spans += [m.span() for m in _FAR.finditer(text) if not _PERMIT.match(text, m.end())]
    return any(
        (_ITS.match(text, end) is not None and _FROM.search(text[:start]) is None)
        or _ITS_EN.match(text, end) is not None
        or (_THING_IN.search(text[:start]) is not None and not text[end:].strip(" ?.!"))
        for start, end in spans
    )
