"""The list desk as an editor sees it: by role and by visible words."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.pages import DeskPage, Watch
from tests.product import Product


class AdminPage(DeskPage):
    """An editor's browser on `/admin/services`."""

    def __init__(self, page: Page, product: Product, watch: Watch, username: str) -> None:
        super().__init__(page, product, watch, username)
        self.rows = page.locator("#rows").get_by_role("link")
        self.editor = page.get_by_role("region", name="编辑", exact=True)
        self.side = page.get_by_role("region", name="预览与记录")
        self.preview = self.side.get_by_role("article")
        self.why = page.get_by_role("textbox", name="修改说明")
        self.saved = page.locator("#save-state")

    async def sign_in(self) -> None:
        """Password and code, on the page."""
        await self.page.goto(f"{self.product.url}/admin/services")
        await self.page.get_by_role("textbox", name="用户名").fill(self.agent["username"])
        await self.page.get_by_role("textbox", name="密码").fill(self.agent["password"])
        await self.page.get_by_role("textbox", name="动态验证码").fill(await self.code())
        await self.page.get_by_role("button", name="登录", exact=True).click()
        await expect(self.rows.first).to_be_visible()

    async def find(self, words: str) -> None:
        """Type into the search; the list shows what fits."""
        await self.page.get_by_role("searchbox", name="搜索清单").fill(words)
        await expect(self.page.locator("#rows")).to_have_attribute("aria-busy", "false")

    async def open(self, code: str) -> None:
        """Open a service by its address."""
        await self.page.goto(f"{self.product.url}/admin/services#/list/item/{code}")
        await expect(self.editor.locator(".edit-tags .code")).to_have_text(code)

    async def section(self, name: str) -> None:
        """Turn to a section of the editor."""
        tab = self.editor.get_by_role("tab", name=name)
        await tab.click()
        await expect(tab).to_have_attribute("aria-selected", "true")

    async def look(self, name: str) -> Locator:
        """Turn to a tab of the right column; its panel."""
        await self.side.get_by_role("tab", name=name).click()
        return self.side.get_by_role("tabpanel")

    async def view(self, name: str) -> None:
        """Go to another view by the head."""
        link = self.page.get_by_role("navigation", name="页面").get_by_role("link", name=name)
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
