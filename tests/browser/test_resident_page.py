"""Browser: the resident page keeps what people wrote, works for everybody, and talks to nobody else."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenResident
from tests.browser.test_resident_answers import QUESTION

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
NARROW = {"width": 320, "height": 640}
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const style = node => getComputedStyle(node);
  const within = (node, test) => node && (test(node) || within(node.parentElement, test));
  const unseen = node => within(node, one => style(one).clipPath !== 'none');
  const scrolls = node => within(node.parentElement, one => /(auto|scroll)/.test(style(one).overflowX));
  const name = node => `${node.tagName}.${node.getAttribute('class')}`;
  const out = [];
  for (const node of document.querySelectorAll('body *')) {
    const box = node.getBoundingClientRect();
    if (!box.width || unseen(node)) continue;
    if ((box.right > wide + 1 || box.left < -1) && !scrolls(node))
      out.push(`${name(node)} ${Math.round(box.left)} to ${Math.round(box.right)}`);
    const hidden = node.scrollWidth - node.clientWidth;
    if (hidden > 1 && style(node).overflowX === 'hidden' && node.matches('[role=log] *'))
      out.push(`${name(node)} hides ${hidden}`);
  }
  const thread = document.querySelector('[role=log]');
  if (document.documentElement.scrollWidth > wide) out.push(`page ${document.documentElement.scrollWidth}`);
  if (thread.scrollWidth > thread.clientWidth) out.push(`thread ${thread.scrollWidth}`);
  return out;
}"""
BROKEN = """() => {
  const out = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement.closest('.sr-only, script, noscript, thead')) continue;
    for (const word of text.data.matchAll(/[A-Za-z]{2,}/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const seen = [...range.getClientRects()].filter(box => box.width);
      if (new Set(seen.map(box => Math.round(box.top))).size > 1) out.push(word[0]);
    }
  }
  return out;
}"""
KINDS = {
    "zh": (
        QUESTION, "南山有哪些办事大厅", "深圳和东莞租房提取有什么区别", "居住登记和居住证有什么不同",
        "从深圳搬到东莞要办什么", "公积金提取",
    ),
    "en": (
        "How do I replace my social security card?", "where are the service halls in Nanshan",
        "compare rent withdrawal in Shenzhen and Dongguan",
        "is it cheaper to register a sole trader or a company",
        "moving from Shenzhen to Dongguan, what do I have to do", "housing fund withdrawal",
    ),
}  # fmt: skip
"""A service, places, both comparisons, a plan, choices."""


async def _overflows(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(OVERFLOW)
    return found


async def test_a_reload_keeps_the_thread_and_the_draft(open_resident: OpenResident) -> None:
    """Nothing said, answered or half written is lost when the page is loaded again."""
    me = await open_resident()
    await me.ask(QUESTION)
    await me.box.fill("我还想问一下")
    await me.page.reload()
    await expect(me.thread.get_by_text(QUESTION)).to_be_visible()
    await expect(me.cards.first).to_contain_text("SG-HF-005")
    await expect(me.cards).to_have_count(1)
    await expect(me.box).to_have_value("我还想问一下")


async def test_offline_is_said_and_what_was_written_is_sent_afterwards(
    open_resident: OpenResident,
) -> None:
    """Without a network the page says so, keeps the message in the thread, and sends it once."""
    me = await open_resident()
    me.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    await me.page.context.set_offline(True)
    banner = me.page.get_by_role("status").filter(has_text="网络已断开")
    await expect(banner).to_be_visible()
    await me.say("社保卡丢了怎么补办")
    mine = me.thread.get_by_role("listitem").filter(has_text="社保卡丢了怎么补办")
    await expect(mine).to_contain_text("连接恢复后发送")
    await me.page.context.set_offline(False)
    await expect(banner).to_be_hidden()
    await expect(await me.next_card(0)).to_contain_text("SG-HR-004")
    await expect(mine).to_have_count(1)
    await expect(mine).not_to_contain_text("连接恢复后发送")


async def test_a_ticked_paper_stays_ticked(open_resident: OpenResident) -> None:
    """The checklist is the resident's own: a tick survives a reload and is counted."""
    me = await open_resident()
    await me.ask(QUESTION)
    card = await me.ask("要带什么材料")
    await card.get_by_role("checkbox", name="购房合同").check(force=True)
    await expect(card).to_contain_text("已备 1/")
    await me.page.reload()
    await expect(me.cards.nth(1).get_by_role("checkbox", name="购房合同")).to_be_checked()
    await expect(me.cards.nth(1).get_by_role("checkbox", name="居民身份证")).not_to_be_checked()


async def test_the_whole_way_works_with_the_keyboard_alone(open_resident: OpenResident) -> None:
    """Skip link, question, chip, the way to a person and out again, without touching a mouse."""
    me = await open_resident()
    keys = me.page.keyboard
    await keys.press("Tab")
    skip = me.page.get_by_role("link", name="跳到输入框")
    await expect(skip).to_be_focused()
    await keys.press("Enter")
    await expect(me.box).to_be_focused()
    await keys.insert_text(QUESTION)
    await keys.press("Enter")
    card = await me.next_card(0)
    chip = card.get_by_role("button", name="要多少钱")
    await chip.focus()
    outline = await chip.evaluate("n => getComputedStyle(n).outlineStyle")
    assert outline != "none", "the focused chip shows no focus ring"
    await keys.press("Enter")
    await expect(await me.next_card(1)).to_contain_text("免费")
    person = me.page.get_by_role("banner").get_by_role("button", name="转人工")
    for _ in range(60):
        if await person.evaluate("n => n === document.activeElement"):
            break
        await keys.press("Shift+Tab")
    await expect(person).to_be_focused()
    await keys.press("Enter")
    dialog = me.page.get_by_role("dialog", name="转人工服务")
    await expect(dialog).to_be_visible()
    assert await dialog.evaluate("n => n.contains(document.activeElement)"), "focus is not inside"
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(person).to_be_focused()


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_320_pixels_need_no_sideways_scrolling(
    open_resident: OpenResident, lang: str
) -> None:
    """The smallest phone, a card of every kind, at every text size and at twice the browser's own: nothing is
    cut at a side, and the way to a person and the input stay whole."""
    me = await open_resident(lang=lang, viewport=NARROW)
    assert await _overflows(me.page) == []
    for question in KINDS[lang]:
        await me.ask(question)
    person = me.page.get_by_role("banner").get_by_role(
        "button", name="Talk to a person" if lang == "en" else "转人工"
    )
    for size, root in (("normal", ""), ("large", ""), ("elder", ""), ("normal", "200%")):
        await me.page.evaluate("size => { localStorage.setItem('sg.text', size) }", size)
        await me.page.reload()
        await expect(me.page.locator("html")).to_have_attribute("data-text", size)
        await expect(me.cards.nth(len(KINDS[lang]) - 1)).to_be_visible()
        await me.page.evaluate("root => { document.documentElement.style.fontSize = root }", root)
        assert await _overflows(me.page) == [], (size, root)
        for part in (person, me.box):
            await part.scroll_into_view_if_needed()
            box = await part.bounding_box()
            assert box is not None
            assert box["x"] >= 0, (size, root)
            assert box["x"] + box["width"] <= NARROW["width"], (size, root)
            assert box["y"] + box["height"] <= NARROW["height"], (size, root)
        if not root:
            assert await me.page.evaluate(BROKEN) == [], size
