"""What a resident says of himself never reaches an editor; what he asks does."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.learning.scrub import MAX_CHARS, bare, doubtful, personal, scrub

PERSONAL = [
    ("我叫王小丽，身份证440301199003051234丢了怎么补", ["王小丽", "440301"]),
    ("我老婆李红的户口想迁过来", ["李红"]),
    ("我叫陈大文怎么补办社保卡", ["陈大", "大文"]),
    ("我叫陳大文，點樣補領社保卡", ["陳大", "大文"]),
    ("我叫区伟明，社保卡丢了去哪里补", ["区伟", "伟明"]),
    ("我係區偉明，想補卡", ["偉明"]),
    ("我叫欧阳娜娜，居住证怎么办", ["欧阳", "娜娜"]),
    ("我叫甄子丹想办居住证", ["甄子", "子丹"]),
    ("我叫麦家豪要办港澳通行证", ["麦家", "家豪"]),
    ("我叫买买提，居住证怎么办", ["买买提"]),
    ("买买提·艾力怎么办居住证", ["买买提", "艾力"]),
    ("我老公王小明社保断了怎么办", ["王小", "小明"]),
    ("我老公王伟社保断了", ["王伟"]),
    ("我妈林秀英养老金怎么领", ["林秀", "秀英"]),
    ("我老婆叫阿玲，护照过期", ["阿玲"]),
    ("我女儿刘诗雨上幼儿园要什么", ["刘诗", "诗雨"]),
    ("陈大文社保卡丢了", ["陈大", "大文"]),
    ("帮李红查社保", ["李红"]),
    ("我姓陈叫大文", ["陈", "大文"]),
    ("请问陈丽先生在吗", ["陈丽"]),
    ("my name is john smith and I lost my card", ["john", "smith"]),
    ("i am john smith and i need a card", ["john", "smith"]),
    ("I'm Maria Garcia, lost my card", ["Maria", "Garcia"]),
    ("my husband Li Wei lost his social security card", ["Li Wei", "Wei"]),
    ("my husband li wei lost his card", ["li wei"]),
    ("My wife is called Chen Mei, how does she get a card", ["Chen", "Mei"]),
    ("card for Wong Siu Ming please", ["Wong", "Siu"]),
    ("Mr Chen wants his pension, mail chen@example.com", ["Chen", "chen@"]),
    ("邮箱zhangsan＠qq.com查社保", ["zhangsan"]),
    ("zhangsan at qq dot com wants card", ["zhangsan"]),
    ("微信号 abc_def99 能查公积金吗", ["abc_def99"]),
    ("wx:zhangsan88 帮我查公积金", ["zhangsan"]),
    ("电话138 0013 8000帮我查社保", ["138", "8000"]),
    ("138.1234.5678帮我查", ["138", "5678"]),
    ("138－1234－5678社保", ["138", "1234"]),
    ("138—1234—5678社保", ["138", "1234"]),
    ("138/1234/5678 查社保", ["138", "1234"]),
    ("(138) 1234 5678 my card", ["138", "1234"]),
    ("138\u200b0013\u200b8000查社保", ["138", "8000"]),
    ("幺三八零零一三八零零零查一下", ["幺三八"]),
    ("一三八 零零一三 八零零零查社保", ["一三八", "八零"]),
    ("壹叁捌零零壹叁捌零零零查社保", ["壹叁"]),
    ("①③⑧⓪⓪①③⑧⓪⓪⓪查社保", ["①③", "⑧⓪"]),
    ("1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣查社保", ["3️⃣8️⃣"]),
    ("1三8零零1三8零零零社保", ["三8"]),
    ("call one three eight zero zero one three eight zero zero zero about card", ["three eight"]),
    ("卡号6222.0212.3456.7890.123丢了", ["6222", "7890"]),
    ("卡6222,0212,3456,7890,123丢了", ["6222", "7890"]),
    ("身份证440301.19900101.1234丢了", ["440301", "1234"]),
    ("尾号0392的件办好没", ["0392"]),
    ("‹13800138000›社保", ["138"]),
    ("138‹0013›8000社保", ["0013"]),
    ("粤B12345车怎么转籍", ["B12345"]),
    ("粤B-A1B2C车怎么过户", ["A1B2C"]),
    ("粤ＢＡ１Ｂ２Ｃ车怎么过户", ["Ａ１"]),
    ("粤Z1234港怎么年检", ["1234"]),
    ("住在南山区科技路12号3栋501，要居住登记", ["科技路", "501"]),
    ("我家在东莞市长安镇乌沙村兴发南路八十八号怎么登记", ["乌沙", "兴发", "八十八"]),
    ("I live at 12 Nanshan Avenue, Room 503, how to register", ["12", "503", "Nanshan"]),
    ("1990年3月5日生的孩子怎么上户口", ["1990", "3月5"]),
    ("一九九零年三月五日出生，能领养老金吗", ["三月五"]),
    ("born 01/02/1990 need passport", ["1990", "01/02"]),
    ("born 3 May 1990, can I get a pension", ["1990"]),
]
ORDINARY = [
    "社保卡丢了怎么办", "how do I renew my passport", "我妈今年八十二岁了有津贴吗", "想打12345投诉",
    "12366打不通怎么办", "交管12123上怎么弄", "SG-HR-004是什么", "第3类医疗器械经营许可怎么办",
    "高龄津贴多少钱", "我老公户口迁移", "交3000元公积金租房能提多少", "工本费20元吗", "交30000元能提多少",
    "fee is 10,000 yuan", "2023-2024年度学位", "2024年的社保怎么查", "9:00-17:30上班吗", "15号之前交社保",
    "三号线坪洲站附近", "我叫不到号", "我叫了救护车", "我叫房东开证明他不肯", "我老公社保断了", "我妈妈养老金",
    "我老婆王牌销售社保怎么交", "我爸高血压慢病怎么办", "我妈白内障手术报销", "我儿子高中毕业户口",
    "我孩子白天没人带", "孩子马上上小学", "我老公江西人", "公司章程去哪里领", "滞纳金一天多少",
    "企石镇政务服务中心", "任何一方都可以办吗", "名字是曾用名", "My husband is a Chinese citizen",
    "My wife from Shenzhen lost her card", "i am a student", "my name is on the deed",
    "call me back please", "pay by wechat online", "I'm South African", "lived here 2016-2020",
    "see the concert in Hong Kong",
]  # fmt: skip
_FAMILY, _GIVEN = (
    "王李张刘陈杨黄赵吴周梁谢邓曾谭冯",
    ("伟", "秀英", "家豪", "丽华", "志明", "诗雨", "建国", "梓涵"),
)
_SAID = [
    "我叫{}，社保卡丢了", "我叫{}怎么补办社保卡", "你好我叫{}身份证过期了", "我老公{}社保断了怎么办",
    "我老婆{}的护照到期了", "我妈{}养老金怎么领", "我儿子{}上学要什么", "帮{}查一下社保", "{}的公积金怎么提取",
    "本人{}，申请居住证", "姓名：{} 查社保", "我是{}，卡丢了", "我朋友{}要迁户口", "孩子叫{}怎么上户口",
]  # fmt: skip
_GAPS = ["", " ", "-", ".", "/", ",", "－", "—", "·", "、", " - ", "\u200b"]
_WRITTEN = [
    "0123456789",
    "０１２３４５６７８９",
    "零一二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "⓪①②③④⑤⑥⑦⑧⑨",
]


@pytest.mark.parametrize(("text", "gone"), PERSONAL)
def test_what_identifies_a_person_is_not_kept(text: str, gone: list[str]) -> None:
    """Names, numbers, addresses, plates, accounts and dates are replaced, or nothing is kept at all."""
    kept = scrub(text) or ""
    assert not any(part in kept for part in gone), kept
    assert personal(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_questions_stay_as_they_are(text: str) -> None:
    """Hotlines, fees, years, places and matters of the list are what editors learn from."""
    assert scrub(text) == text


@pytest.mark.parametrize("said", _SAID)
def test_names_are_found_wherever_residents_say_them(said: str) -> None:
    """In the sentences in which residents name themselves or their family, no full name is left."""
    names = [family + given for family, given in itertools.product(_FAMILY, _GIVEN)]
    left = [name for name in names if name in (scrub(said.format(name)) or "")]
    assert left == []


@given(
    st.text("0123456789", min_size=11, max_size=19),
    st.sampled_from(_GAPS),
    st.sampled_from(_WRITTEN),
    st.sampled_from(["电话{}帮我查社保", "{} is my number", "社保卡{}丢了怎么补"]),
)
def test_no_written_number_survives(number: str, gap: str, written: str, said: str) -> None:
    """A telephone, identity or card number is gone however it is written and grouped."""
    groups = [number[i : i + 4] for i in range(0, len(number), 4)]
    text = gap.join(groups).translate({ord(str(i)): char for i, char in enumerate(written)})
    kept = scrub(said.format(text)) or ""
    assert sum(char in written for char in kept) == 0, kept


@given(st.text(max_size=200))
def test_no_long_number_ever_survives(text: str) -> None:
    """Whatever the text: no run of eight digits is kept, and of five only hotlines and amounts."""
    kept = scrub(text) or ""
    runs = [n for n in re.findall(r"[0-9]{5,}", kept) if not re.fullmatch(r"12\d{3}", n)]
    assert all(len(n) < 8 for n in runs)
    assert not runs or re.search(r"元|块|蚊|万|[¥$€£]|[a-z]", kept, re.IGNORECASE)


@given(st.text("我叫王小明陈138零一‹›·,，。 社保卡Li Wei@a.路号粤B", max_size=80))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    """What was kept is kept again, so that rows need no second look under the same rules."""
    kept = scrub(text)
    assert kept is None or scrub(kept) in (kept, None)


def test_only_the_personal_part_is_taken_out() -> None:
    """The rest of the sentence stays as it was typed, with its own characters and marks."""
    assert scrub("我叫陳大文，點樣補領社保卡？") == "我叫‹name›，點樣補領社保卡？"
    assert scrub("粤ＢＡ１Ｂ２Ｃ车，怎么过户") == "‹plate›车，怎么过户"
    assert bare("我叫‹name›，卡丢了。") == "我叫，卡丢了"


def test_a_story_is_not_kept() -> None:
    """Long texts are personal, and so is a text with three personal parts."""
    assert scrub("我" * (MAX_CHARS + 1)) is None
    assert scrub("  ？？ ") is None
    assert scrub("我叫王小明，电话13800138000，住科技路12号") is None


def test_an_editor_is_shown_what_may_be_personal() -> None:
    """Weaker signs mark a text without changing it; ordinary questions have none."""
    for text, part in [
        ("李强丢了社保卡", "李强"),
        ("Bluefin Robotics needs a licence", "Bluefin Robotics"),
    ]:
        assert scrub(text) == text
        assert part in doubtful(text)
    assert [text for text in ORDINARY if doubtful(text)] == []


@pytest.mark.parametrize(
    "part", ["市", "村路", "王", "我叫王", "1 ", "一 ", "one ", "A b ", "li ", "wx", "1月", "·"]
)
def test_no_text_holds_up_an_answer(part: str) -> None:
    """However a text repeats itself, scrubbing takes no noticeable time."""
    begun = time.perf_counter()
    scrub((part * 240)[: MAX_CHARS * (3 if part.isascii() else 1)])
    assert time.perf_counter() - begun < 0.5
