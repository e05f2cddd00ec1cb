"""Texts of the kinds that are embedded, with their prefixes: what `knowledge.embed.graph` measures the
network on before it rounds to 8 bits. The last one also checks a machine's arithmetic when it opens
the model. None is from an evaluation set.
"""

from __future__ import annotations

TEXTS = (
    "query: 医保",
    "query: 刚毕业想把户口落到深圳要准备哪些材料",
    "query: 老人的养老金这个月没到账，应该找谁",
    "query: 唔該，想問下喺邊度換領車牌",
    "query: 我係香港人，喺東莞返工使唔使交社保？",
    "query: how do I renew my residence permit before it expires",
    "query: opening a small restaurant, licence and inspection",
    "query: gongjijin tiqu",
    "query: 2026年1月起新办法第3条第2款规定的补贴是多少（元/月）",
    "query: 今天天气真好，我们去哪里玩",
    "query: the best noodles in town!!!",
    "query: ¿dónde puedo pagar los impuestos?",
    "query: パスポートを失くしました",
    "passage: 居民身份证补领",
    "passage: 建设工程消防验收",
    "passage: Withdrawal of housing provident fund for rent",
    "passage: 申请人通过网上平台提交申请表、身份证明原件及复印件，由窗口工作人员当场核对；材料不齐的，"
    "一次性告知需要补正的全部内容，自受理之日起二十个工作日内作出决定。",
    "passage: 从事餐饮服务的单位和个人应当取得许可，经营场所的面积、设备布局和工艺流程须符合卫生要求，"
    "并配备专职或者兼职的食品安全管理人员；许可有效期为五年。市场监督管理局（罗湖区）负责受理，不收费。",
    "passage: Applicants must have lived in the city for at least six months and hold a valid work "
    "contract, a rental agreement registered with the authorities, or proof of enrolment at a school.",
    "passage: 港澳台居民居住證由公安機關簽發，有效期五年，持證人依法享有公共服務和便利。",
    "passage: 第12号窗口 0755-12345 周一至周五 9:00-12:00 14:00-17:45",
    "passage: Pendaftaran perusahaan dan izin usaha di kota",
    "query: 想给我妈办张老年人优待卡，她走不了路，我能代她去吗",
)
