"""Browser: the missing fact, comparisons, life events and places, as a resident meets them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenResident
from tests.browser.test_axe import violations

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def test_only_the_missing_fact_is_asked_and_the_question_goes_on(
    open_resident: OpenResident,
) -> None:
    """One tap on the city, and the documents that were asked for are there, with the reason why."""
    me = await open_resident()
    asked = await me.ask("租房提取公积金要什么材料")
    await expect(asked).to_contain_text("公积金缴在哪个城市")
    before = await me.cards.count()
    await asked.get_by_role("button", name=re.compile("^东莞")).click()
    answer = await me.next_card(before)
    await expect(answer).to_contain_text("SG-HF-003")
    await expect(answer).to_contain_text("公积金缴在东莞")
    await expect(answer.get_by_role("checkbox", name="居民身份证")).to_be_attached()
    later = await me.ask("租房提取公积金要什么条件")
    await expect(later).to_contain_text("SG-HF-003")


async def test_two_cities_and_two_matters_are_compared_in_a_table(
    open_resident: OpenResident,
) -> None:
    """What differs is said in words and marked; each cell says where it is from."""
    me = await open_resident()
    cities = await me.ask("深圳和东莞租房提取有什么区别")
    table = cities.get_by_role("table")
    await expect(table.get_by_role("columnheader", name="深圳")).to_be_visible()
    await expect(table.get_by_role("rowheader", name="办理条件")).to_contain_text("不同")
    await expect(table.get_by_role("cell").first).to_contain_text(re.compile(r"\[\d"))
    matters = await me.ask("居住登记和居住证有什么不同")
    await expect(matters.get_by_role("columnheader", name="居住登记")).to_be_visible()
    await expect(matters.get_by_role("columnheader", name="居住证申领")).to_be_visible()


async def test_a_life_event_is_planned_and_gets_shorter_with_every_no(
    open_resident: OpenResident,
) -> None:
    """Steps in order with the city and the reason, one list of documents, questions that shorten it."""
    me = await open_resident(lang="en")
    plan = await me.ask("moving from Shenzhen to Dongguan, what do I have to do")
    steps = plan.get_by_role("list", name="In this order").get_by_role("listitem")
    await expect(steps.first).to_contain_text(
        "You file in Dongguan because the home address is there"
    )
    whole = await steps.count()
    car = plan.get_by_role("group", name="Do you own a car to move?")
    before = await me.cards.count()
    await car.get_by_role("button", name="No", exact=True).click()
    shorter = await me.next_card(before)
    steps = shorter.get_by_role("list", name="In this order").get_by_role("listitem")
    await expect(steps).to_have_count(whole - 1)
    await expect(shorter.get_by_role("checkbox").first).to_be_attached()


async def test_places_say_whether_they_are_open_and_how_to_get_in(
    open_resident: OpenResident,
) -> None:
    """From the "where" answer to the places that handle it; a district narrows them down."""
    me = await open_resident()
    answer = await me.ask("东莞社保卡补办在哪里办")
    places = await me.tap(answer, "查看可办网点")
    await expect(places).to_contain_text(re.compile("现在(不)?营业"))
    await expect(places).to_contain_text("无障碍")
    hall = await me.ask("龙华政务大厅现在开门吗")
    await expect(hall).to_contain_text("龙华区政务服务大厅")
    await expect(hall.get_by_role("link", name="12345").first).to_be_visible()


async def test_a_card_can_be_reported_as_outdated(open_resident: OpenResident) -> None:
    """The button is on the card, and the resident is told that an editor will look."""
    me = await open_resident()
    card = await me.ask("社保卡丢了怎么补办")
    told = await me.tap(card, "内容已过时？")
    await expect(told).to_contain_text("已转给清单编辑")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_cards_of_the_list(
    open_resident: OpenResident, scheme: str
) -> None:
    """Comparison, plan, places, the missing fact and a whole guide, every fold open; nothing overflows."""
    me = await open_resident(color_scheme=scheme, reduced_motion="reduce")
    for question in (
        "东莞社保卡补办要带什么材料", "深圳和东莞租房提取有什么区别", "从东莞搬到深圳要办什么",
        "龙华政务大厅现在开门吗", "租房提取公积金要什么材料",
    ):  # fmt: skip
        await me.ask(question)
    await me.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert await violations(me.page) == []
    wide = await me.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
