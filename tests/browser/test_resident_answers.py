"""Browser: a resident asks, is answered from the list, and is never told something invented."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenResident

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
QUESTION = "我在东莞交公积金，想在深圳买房，怎么提取？"


async def test_an_answer_names_the_item_compares_the_cities_and_says_where_it_is_from(
    open_resident: OpenResident,
) -> None:
    """The main promise: code, both cities side by side, source, date, and the demonstration mark."""
    me = await open_resident()
    card = await me.ask(QUESTION)
    await expect(card).to_contain_text("SG-HF-005")
    table = card.get_by_role("table")
    await expect(table.get_by_role("columnheader", name="深圳")).to_be_visible()
    await expect(table.get_by_role("columnheader", name="东莞")).to_be_visible()
    await expect(table.get_by_role("rowheader", name="费用")).to_be_visible()
    await expect(table).to_contain_text("不同")
    await expect(card).to_contain_text(re.compile(r"来源：\S+"))
    await expect(card).to_contain_text(re.compile(r"截至 \d{4}年\d{1,2}月\d{1,2}日"))
    await expect(card).to_contain_text("演示数据")
    await expect(card.get_by_role("checkbox").first).to_be_attached()


async def test_follow_ups_keep_the_context(open_resident: OpenResident) -> None:
    """「要多少钱」「要带什么材料」 are about the item that was just answered; so is its chip."""
    me = await open_resident()
    first = await me.ask(QUESTION)
    await expect(first).to_contain_text("SG-HF-005")
    fee = await me.ask("要多少钱")
    await expect(fee).to_contain_text("SG-HF-005")
    await expect(fee).to_contain_text("免费")
    papers = await me.ask("要带什么材料")
    await expect(papers).to_contain_text("SG-HF-005")
    await expect(papers.get_by_role("checkbox", name="购房合同")).to_be_attached()
    time = await me.tap(papers, "要多久")
    await expect(time).to_contain_text("SG-HF-005")
    await expect(time).to_contain_text("工作日")


async def test_an_english_question_gets_an_english_card(open_resident: OpenResident) -> None:
    """Asked in English, the card and the page are English, with the same marks."""
    me = await open_resident(lang="en")
    card = await me.ask("How do I replace my social security card?")
    await expect(card).to_contain_text("SG-HR-004")
    await expect(card).to_have_attribute("lang", "en")
    await expect(card.get_by_role("columnheader", name="Shenzhen")).to_be_visible()
    await expect(card.get_by_role("columnheader", name="Dongguan")).to_be_visible()
    await expect(card).to_contain_text("Demonstration data")
    await expect(card).to_contain_text("Source: ")
    await expect(me.page.locator("html")).to_have_attribute("lang", "en")


async def test_the_language_follows_the_resident_and_can_be_switched(
    open_resident: OpenResident,
) -> None:
    """Writing English turns a Chinese page English; the button turns it back and it stays so."""
    me = await open_resident()
    html = me.page.locator("html")
    await expect(html).to_have_attribute("lang", "zh-CN")
    card = await me.ask("How do I replace my social security card?")
    await expect(card).to_have_attribute("lang", "en")
    await expect(html).to_have_attribute("lang", "en")
    await me.page.get_by_role("banner").get_by_role("button", name="中文").click()
    await expect(html).to_have_attribute("lang", "zh-CN")
    await me.page.reload()
    await expect(me.page.get_by_role("banner").get_by_role("button", name="转人工")).to_be_visible()
    await expect(html).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize(
    ("lang", "turns", "told", "meant"),
    [
        ("zh", ("深圳小汽车摇号怎么报名", "居住证我还没拿到，怎么申请"),
         ("SG-PS-004", "居住证申领"), ("小汽车增量指标（深圳）", "SG-TR-003")),
        ("en", ("how do I get a food business licence", "residence permit for this city?"),
         ("SG-MS-007", "Food business licence"),
         ("Residence permit: application", "SG-PS-004|In which city do you live")),
    ],
)  # fmt: skip
async def test_what_else_may_be_meant_is_seen_with_the_answer_and_taken_by_a_tap(
    open_resident: OpenResident,
    lang: str,
    turns: tuple[str, str],
    told: tuple[str, str],
    meant: tuple[str, str],
) -> None:
    """Nobody scrolls down a long card to find that another matter was understood: what else may be
    meant is on the first screen of a phone, and so is the answer."""
    me = await open_resident(lang=lang)
    await me.ask(turns[0])
    answer = await me.ask(turns[1])
    await expect(answer).to_contain_text(told[0])
    await expect(me.what_else).to_contain_text(told[1])
    chip = me.what_else.get_by_role("button", name=meant[0])
    await expect(chip).to_be_in_viewport(ratio=1)
    await expect(answer.get_by_role("heading").first).to_be_in_viewport(ratio=1)
    before = await me.cards.count()
    await chip.click()
    await expect(await me.next_card(before)).to_contain_text(re.compile(meant[1]))


async def test_a_vague_word_is_asked_back_once_and_a_tap_answers(
    open_resident: OpenResident,
) -> None:
    """「社保卡」 could be many things: one question with choices, and a tap leads to an answer."""
    me = await open_resident()
    card = await me.ask("社保卡")
    choices = card.get_by_role("list", name="请选择").get_by_role("button")
    await expect(choices.nth(1)).to_be_visible()
    before = await me.cards.count()
    await choices.first.click()
    answer = await me.next_card(before)
    await expect(answer).to_contain_text(re.compile(r"SG-[A-Z]{2}-\d{3}"))
    await expect(answer.get_by_role("list", name="请选择")).to_have_count(0)


async def test_what_is_not_in_the_list_gets_an_honest_no(open_resident: OpenResident) -> None:
    """Outside the list nothing is invented: it says so, or that it is not sure, and offers the nearest help."""
    me = await open_resident()
    card = await me.ask("火星移民签证怎么办")
    await expect(card).to_contain_text(re.compile("清单中没有找到|不能确定"))
    await expect(card).not_to_contain_text(re.compile(r"SG-[A-Z]{2}-\d{3}"))
    await expect(card.get_by_role("link", name="12345")).to_be_visible()
    await expect(card.get_by_role("button", name="转人工")).to_be_visible()
