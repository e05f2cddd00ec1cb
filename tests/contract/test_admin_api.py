"""Contract: the list desk over HTTP. Who may do what, to which city, to which version; nothing is lost."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient

from core.cards import LocalText
from core.settings import Settings
from gateway.admin_api import ROUTES
from gateway.context import Gateway
from knowledge.editing.model import SYSTEM
from knowledge.imports.profile import load_profile
from knowledge.imports.service import Imports
from tests.conftest import share_set_up, share_vectors
from tests.gateway_client import running
from tests.product import agent

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = "/api/v1/admin"
CODE = "SG-HR-004"
WHY = "居民常这样问"
WORDING = "社保卡掉进洗衣机里了咋整"
PROVINCE = {
    "TASK_CODE": "11440300006939756B2440101000001", "TASK_NAME": "收养登记", "matter_daily": "办收养登记",
    "DEPT_NAME": "深圳市民政局", "AREACODE": "440300", "matter_level": "市级",
    "handle_time": "20(工作日)", "consult_phone": "0755-82002345", "theme_category": ["其他"],
}  # fmt: skip
Answer = tuple[int, dict[str, Any]]


@dataclass
class Person:
    """Somebody signed in (or nobody, without a cookie)."""

    client: TestClient[Any, Any]
    cookie: str | None
    lang: str = "zh-CN"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """(status, JSON) of one call."""
        given = {"Accept-Language": self.lang, **headers}
        if self.cookie:
            given["Cookie"] = f"sg_agent={self.cookie}"
        async with self.client.request(method, f"{ROOT}{path}", json=body, headers=given) as answer:
            text = await answer.read()
            return answer.status, json.loads(text) if text else {}

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON of a call that must succeed."""
        status, found = await self.ask("GET", path)
        assert status == 200, found
        return found

    async def post(self, path: str, body: Any, expected: int = 200) -> dict[str, Any]:
        """The JSON of a POST with that status."""
        status, found = await self.ask("POST", path, body)
        assert status == expected, found
        return found


@dataclass
class Desk:
    """The running gateway with one editor of each city, an admin, an agent, and nobody."""

    gw: Gateway
    shenzhen: Person
    dongguan: Person
    admin: Person
    agent: Person
    nobody: Person


async def _signed_in(client: TestClient[Any, Any], username: str) -> Person:
    who = agent(username)
    code = pyotp.TOTP(who["totp_secret"]).at(int(time.time()))
    body = {"username": username, "password": who["password"], "totp": code}
    async with asyncio.timeout(30):
        while True:  # the demonstration accounts are made while the application starts
            async with client.post("/api/v1/desk/login", json=body) as answer:
                if answer.status == 200:
                    return Person(client, answer.cookies["sg_agent"].value)
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """One application for the module; the delivered list is its first version."""
    folder = tmp_path_factory.mktemp("admin") / "var"
    folder.mkdir()
    share_set_up(folder)
    share_vectors(folder)
    settings = Settings(
        data_dir=folder,
        port=18998,
        internal_token="test-secret-test-secret",  # type: ignore[arg-type]
        rasa_url="http://127.0.0.1:9",
        video_url="http://127.0.0.1:9",
        rate_per_minute=100_000,
    )
    async with running(settings) as (client, gw):
        names = ("suqing", "liangwei", "xulan", "linxiao")
        people = [await _signed_in(client, name) for name in names]
        client.session.cookie_jar.clear()  # everybody brings his own cookie
        found = Desk(gw, *people, Person(client, None))
        async with asyncio.timeout(60):
            while (await people[0].ask("GET", "/overview"))[0] == 503:
                await asyncio.sleep(0.1)
        yield found


async def _begin(who: Person, key: str, change: Any = None) -> dict[str, Any]:
    """A draft of an item with `change` made to its body."""
    body = (await who.get(f"/records/item/{key}"))["body"]
    if change is not None:
        change(body)
    shown = await who.post("/drafts", {"kind": "item", "key": key, "why": WHY, "body": body}, 201)
    draft: dict[str, Any] = shown["draft"]
    return draft


async def _drop(who: Person, draft: dict[str, Any]) -> None:
    now = (await who.get(f"/drafts/{draft['id']}"))["draft"]
    await who.post(f"/drafts/{draft['id']}/discard", {"version": now["version"], "why": "测试"})


async def test_every_operation_wants_an_editor(desk: Desk) -> None:
    """Nobody gets 401 and an agent 403, in words of his language, whatever he asks for."""
    for route in ROUTES:
        path = route.path.removeprefix(ROOT)
        for name, value in (
            ("kind", "item"),
            ("key", CODE),
            ("id", "x"),
            ("number", "1"),
            ("code", "1"),
        ):
            path = path.replace(f"{{{name}}}", value)
        status, body = await desk.nobody.ask(route.method, path, {})
        assert (status, body["error"]["code"]) == (401, "not_signed_in"), route.path
        status, body = await desk.agent.ask(route.method, path, {})
        assert (status, body["error"]["code"]) == (403, "list_editors_only"), route.path
    english = Person(desk.agent.client, desk.agent.cookie, "en-GB")
    _, body = await english.ask("GET", "/overview")
    assert body["error"]["message"] == "This page is for editors of the list only."


async def test_the_list_is_searched_and_filtered(desk: Desk) -> None:
    """By code, by name, by a resident's words; every filter narrows; unknown things are errors."""
    who = desk.shenzhen
    whole = await who.get("/records?page_size=200")
    assert whole["total"] == len(whole["items"]) >= 106
    for words in ("sg-hr-004", "社会保障卡补换", "Social security card: rep", "社保卡丢了怎么补办"):
        found = await who.get(f"/records?q={words}")
        assert found["items"][0]["key"] == CODE, words
    only = (await who.get("/records?city=dongguan&domain=housing"))["items"]
    assert only
    assert all("dongguan" in i["cities"] and i["domain"] == "housing" for i in only)
    assert (await who.get("/records?draft=yes"))["total"] == 0
    due = (await who.get("/records?tasks=yes"))["items"]
    assert due
    assert all(item["tasks"] for item in due)
    for kind in ("source", "centre", "bundle", "liaison", "door_offer", "outside"):
        page = await who.get(f"/records?kind={kind}")
        assert page["items"], kind
        assert page["items"][0]["name"]["zh"]
    for bad in ("?kind=x", "?page=0", "?q=a&q=b", "?x=1", "?city=guangzhou"):
        assert (await who.ask("GET", f"/records{bad}"))[0] == 400, bad
    for missing in ("/records/item/SG-XX-999", "/records/nothing/1", "/drafts/dft_none"):
        status, body = await who.ask("GET", missing)
        assert status == 404, body


async def test_a_preview_is_the_card_and_keeps_nothing(desk: Desk) -> None:
    """Both languages, findings at their field, changes; a broken text is told, not refused."""
    who = desk.shenzhen
    body = (await who.get(f"/records/item/{CODE}"))["body"]
    body["summary"] = {"zh": "换一句简介", "en": "Another summary"}
    ask = {"kind": "item", "key": CODE, "body": body}
    shown = await who.post("/preview", ask)
    assert shown["cards"]["zh"]["summary"] == "换一句简介"
    assert shown["cards"]["en"]["summary"] == "Another summary"
    assert {change["path"] for change in shown["changes"]} == {"summary.zh", "summary.en"}
    time_card = await who.post("/preview", {**ask, "facet": "time", "city": "shenzhen"})
    assert (time_card["cards"]["zh"]["facet"], time_card["cards"]["zh"]["city"]) == (
        "time",
        "shenzhen",
    )
    gaps = deepcopy(body)
    gaps["summary"]["en"] = " "
    found = (await who.post("/preview", {**ask, "body": gaps}))["findings"]
    assert ("error", "summary") in {(f["level"], f["path"]) for f in found}
    for broken, path in (({}, "item_id"), ({**body, "domain": "x"}, "domain"),
                         ({**body, "item_id": "SG-HR-001"}, "item_id")):  # fmt: skip
        shown = await who.post("/preview", {**ask, "body": broken})
        assert shown["cards"] is None
        assert path in {finding["path"] for finding in shown["findings"]}
    unknown = deepcopy(body)
    unknown["common"]["fees"][0]["source"] = "S98"
    shown = await who.post("/preview", {**ask, "body": unknown})
    assert shown["cards"] is None
    assert any("unknown source S98" in finding["problem"] for finding in shown["findings"])
    again = (await who.get(f"/records/item/{CODE}"))["body"]
    assert again["summary"] != body["summary"]
    assert (await who.get("/drafts"))["drafts"] == []


async def test_an_editor_changes_only_his_city(desk: Desk) -> None:
    """What holds in both and in his own city he may change; the other city's is refused, whole."""
    key = "SG-HR-005"
    body = (await desk.shenzhen.get(f"/records/item/{key}"))["body"]
    other, own = deepcopy(body), deepcopy(body)
    other["cities"]["dongguan"]["phones"] = ["12345"]
    own["cities"]["shenzhen"]["phones"] = ["12345"]
    new = {"kind": "item", "key": key, "why": WHY}
    status, refused = await desk.shenzhen.ask("POST", "/drafts", {**new, "body": other})
    assert (status, refused["error"]["code"]) == (403, "other_city")
    assert refused["error"]["details"]["cities"] == ["dongguan"]
    draft = (await desk.shenzhen.post("/drafts", {**new, "body": own}, 201))["draft"]
    save = {"version": draft["version"], "why": WHY, "body": other}
    status, refused = await desk.shenzhen.ask("PUT", f"/drafts/{draft['id']}", save)
    assert (status, refused["error"]["code"]) == (403, "other_city")
    assert (await desk.shenzhen.get(f"/drafts/{draft['id']}"))["draft"]["body"] == own
    both = deepcopy(own)
    both["cities"]["dongguan"]["phones"] = ["12345"]
    status, _ = await desk.dongguan.ask("PUT", f"/drafts/{draft['id']}", {**save, "body": both})
    assert status == 200
    await _drop(desk.admin, draft)


async def test_a_frequent_question_of_the_other_city_is_not_his(desk: Desk) -> None:
    """An answer that holds in one city is written by somebody who acts for it; his own city's and what
    holds in both he may write."""
    key = "SG-HR-005"
    body = (await desk.shenzhen.get(f"/records/item/{key}"))["body"]
    words = {"zh": "可以吗？", "en": "May I?"}
    faq = {"question": words, "answer": words, "status": "to_confirm", "source": "DEMO",
           "as_of": "2026-11-01"}  # fmt: skip
    new = {"kind": "item", "key": key, "why": WHY}
    theirs = {**body, "faqs": [*body["faqs"], {**faq, "city": "dongguan"}]}
    status, refused = await desk.shenzhen.ask("POST", "/drafts", {**new, "body": theirs})
    assert (status, refused["error"]["code"]) == (403, "other_city")
    assert refused["error"]["details"]["cities"] == ["dongguan"]
    draft = (await desk.dongguan.post("/drafts", {**new, "body": theirs}, 201))["draft"]
    save = {"version": draft["version"], "why": WHY}
    mine = {**body, "faqs": [*theirs["faqs"], {**faq, "city": "shenzhen"}, {**faq, "city": None}]}
    status, kept = await desk.shenzhen.ask("PUT", f"/drafts/{draft['id']}", {**save, "body": mine})
    assert status == 200, kept
    mine["faqs"][-3] = {**faq, "city": "dongguan", "answer": {"zh": "不可以。", "en": "No."}}
    save["version"] = kept["draft"]["version"]
    status, refused = await desk.shenzhen.ask(
        "PUT", f"/drafts/{draft['id']}", {**save, "body": mine}
    )
    assert (status, refused["error"]["code"]) == (403, "other_city")
    await _drop(desk.admin, draft)


def _deep(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(levels):
        body = {"x": body}
    return body


async def test_a_text_that_is_no_record_s_blocks_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of all depth or number: refused with a typed error before anything is written; one that was
    kept before is shown as empty and given up."""
    who, key = desk.shenzhen, "SG-HR-097"
    new = {"kind": "item", "key": key, "why": WHY}
    draft = (await desk.admin.post("/drafts", {**new, "body": {}}, 201))["draft"]
    ask = {"version": draft["version"], "why": WHY}
    for bad in (_deep(40), _deep(260), _deep(900), {f"k{n}": 1 for n in range(20_001)}):
        for method, path, body in (
            ("POST", "/drafts", {**new, "key": "SG-HR-096", "body": bad}),
            ("PUT", f"/drafts/{draft['id']}", {**ask, "body": bad}),
            ("POST", "/preview", {"kind": "item", "key": key, "body": bad}),
        ):
            status, refused = await who.ask(method, path, body)
            assert (status, refused["error"]["code"]) == (400, "unfit_body"), path
    assert (await who.get(f"/drafts/{draft['id']}"))["draft"]["version"] == draft["version"]
    assert (await who.ask("GET", "/records/item/SG-HR-096"))[0] == 404
    monkeypatch.setattr("knowledge.editing.drafts.fit", lambda _body: None)
    kept = (await desk.admin.post("/drafts", {**new, "key": "SG-HR-096", "body": _deep(260)}, 201))[
        "draft"
    ]
    assert (await who.get("/records/item/SG-HR-096"))["draft"]["body"] == {}
    assert (await who.get("/records?q=SG-HR-096"))["items"][0]["new"]
    assert (await who.get(f"/drafts/{kept['id']}/three-way"))["draft"] == {}
    for one in (kept, draft):
        await _drop(desk.admin, one)


async def test_nothing_is_overwritten_and_nothing_is_done_twice(desk: Desk) -> None:
    """A stale version gets the current draft with 409; a second draft, a second submit are refused."""
    who, key = desk.shenzhen, "SG-HR-006"
    draft = await _begin(who, key, lambda body: body["colloquial"]["zh"].append("第一次写的说法"))
    status, refused = await desk.dongguan.ask(
        "POST", "/drafts", {"kind": "item", "key": key, "why": WHY}
    )
    assert (status, refused["error"]["code"]) == (409, "draft_exists")
    assert refused["error"]["details"]["draft"] == draft["id"]
    mine = {"version": draft["version"], "why": WHY, "body": draft["body"]}
    theirs = deepcopy(mine)
    theirs["body"]["colloquial"]["zh"].append("第二个人的说法")
    assert (await desk.dongguan.ask("PUT", f"/drafts/{draft['id']}", theirs))[0] == 200
    status, refused = await who.ask("PUT", f"/drafts/{draft['id']}", mine)
    assert (status, refused["error"]["code"]) == (409, "edit_conflict")
    current = refused["error"]["details"]["current"]
    assert current["body"]["colloquial"]["zh"][-1] == "第二个人的说法"
    assert refused["error"]["retryable"] is True
    step = {"version": current["version"], "why": WHY}
    done = await who.post(f"/drafts/{draft['id']}/submit", step)
    status, refused = await who.ask("POST", f"/drafts/{draft['id']}/submit", step)
    assert status == 409, refused
    assert done["draft"]["state"] == "in_review"
    assert done["may"] == {"edit": True, "submit": False, "review": False, "discard": True,
                           "publish": False}  # fmt: skip
    status, refused = await who.ask(
        "POST", f"/drafts/{draft['id']}/approve", {**step, "version": done["draft"]["version"]}
    )
    assert (status, refused["error"]["code"]) == (403, "second_person_needed")
    await _drop(desk.admin, draft)


async def test_half_written_text_is_kept_and_shown(desk: Desk) -> None:
    """Any JSON object can be saved; the list, the preview and the draft show it with what is missing."""
    who, odd = desk.shenzhen, {"name": 3, "cities": [1], "common": {"materials": "x", "fees": [1, {}]},
                               "next_review": [], "summary": {"zh": 5}}  # fmt: skip
    new = {"kind": "item", "key": "SG-HR-098", "why": WHY, "body": odd}
    draft = (await desk.admin.post("/drafts", new, 201))["draft"]
    assert draft["body"] == odd
    line = (await who.get("/records?q=SG-HR-098"))["items"][0]
    assert (line["new"], line["name"]["zh"]) == (True, "SG-HR-098")
    assert (await who.get(f"/drafts/{draft['id']}"))["findings"]
    shown = await who.post("/preview", {"kind": "item", "key": "SG-HR-098", "body": odd})
    assert shown["cards"] is None
    assert shown["findings"]
    assert (await who.ask("GET", f"/records/item/SG-HR-098/cities?draft={draft['id']}"))[0] == 404
    step = {"version": draft["version"], "why": WHY}
    status, refused = await who.ask("POST", f"/drafts/{draft['id']}/submit", step)
    assert (status, refused["error"]["code"]) == (422, "draft_invalid")
    await _drop(desk.admin, draft)


async def test_bad_requests_are_typed_errors(desk: Desk) -> None:
    """Oversize, wrong type, not JSON, no reason, a future without a zone, another site's page."""
    who = desk.shenzhen
    new = {"kind": "item", "key": CODE, "why": WHY}
    status, body = await who.ask("POST", "/drafts", {**new, "body": {"x": "长" * 100_000}})
    assert (status, body["error"]["code"]) == (413, "too_large")
    for bad in (
        {},
        {**new, "kind": "x"},
        {**new, "why": ""},
        {**new, "extra": 1},
        {**new, "key": ""},
    ):
        status, body = await who.ask("POST", "/drafts", bad)
        assert status == 400, bad
        assert body["error"]["details"]["fields"]
    status, body = await who.ask("POST", "/drafts", {**new, "why": "  "})
    assert (status, body["error"]["code"]) == (400, "reason_missing")
    late = {"why": WHY, "effective_at": "2030-01-01T09:00:00"}
    assert (await who.ask("POST", "/versions", late))[0] == 400
    for lang, words in (("zh-CN", "已经过去"), ("en-GB", "has passed")):
        asked = Person(who.client, who.cookie, lang)
        past = {"why": WHY, "effective_at": "2020-01-01T09:00:00Z"}
        status, body = await asked.ask("POST", "/versions", past)
        assert (status, body["error"]["code"]) == (422, "time_passed")
        assert "2020-01-01 17:00+08:00" in body["error"]["message"]
        assert words in body["error"]["message"]
    late["effective_at"] = "9999-12-31T23:59:59-12:00"
    assert (await who.ask("POST", "/versions", late))[0] == 400
    status, body = await who.ask("POST", "/preview", {}, Origin="https://elsewhere.example")
    assert (status, body["error"]["code"]) == (403, "desk_foreign_origin")
    status, body = await who.ask("POST", "/versions", {"why": WHY})
    assert (status, body["error"]["code"]) == (409, "nothing_to_publish")
    for path in ("/versions/1/rollback", "/versions/1/cancel", f"/records/item/{CODE}/withdraw"):
        assert (await who.ask("POST", path, {"why": WHY}))[0] == 403, path
    for path in ("/versions/999/diff?to=1", "/versions/-1/diff?to=1", "/versions/1/diff?to=77",
                 f"/versions/1/diff?to={10**20 - 1}", "/records/item/%00"):  # fmt: skip
        assert (await who.ask("GET", path))[0] == 404, path


@pytest.mark.timeout(180)
async def test_from_a_draft_to_a_version_and_back(desk: Desk) -> None:
    """Written by one, approved by another, published; history, diff and audit tell it; rolled back."""
    draft = await _begin(desk.shenzhen, CODE, lambda b: b["colloquial"]["zh"].append(WORDING))
    line = (await desk.shenzhen.get(f"/records?q={CODE}"))["items"][0]
    assert line["draft"]["id"] == draft["id"]
    step: dict[str, Any] = {"version": draft["version"], "why": WHY}
    sent = await desk.shenzhen.post(f"/drafts/{draft['id']}/submit", step)
    assert [c["new"] for c in sent["changes"]] == [WORDING]
    step["version"] = sent["draft"]["version"]
    back = await desk.dongguan.post(f"/drafts/{draft['id']}/return", {**step, "why": "请写完整"})
    assert (back["draft"]["state"], back["draft"]["why"]) == ("editing", "请写完整")
    step["version"] = back["draft"]["version"]
    step["version"] = (await desk.shenzhen.post(f"/drafts/{draft['id']}/submit", step))["draft"][
        "version"
    ]
    good = await desk.dongguan.post(f"/drafts/{draft['id']}/approve", step)
    assert good["may"]["publish"]
    started = time.monotonic()
    publish = {"drafts": [draft["id"]], "why": "补充说法"}
    made = (await desk.dongguan.post("/versions", publish, 201))["version"]
    assert time.monotonic() - started < 20
    assert made["in_force"]
    assert made["changed"] == [{"kind": "item", "key": CODE}]
    status, refused = await desk.dongguan.ask("POST", "/versions", publish)
    assert (status, refused["error"]["code"]) == (409, "wrong_state")
    record = await desk.shenzhen.get(f"/records/item/{CODE}")
    assert record["draft"] is None
    assert WORDING in record["body"]["colloquial"]["zh"]
    newest = (await desk.shenzhen.get(f"/records/item/{CODE}/history"))["revisions"][0]
    assert (newest["who"]["name"], newest["reviewer"]["name"]) == ("苏晴", "梁伟")
    assert [c["new"] for c in newest["changes"]] == [WORDING]
    diff = await desk.shenzhen.get(f"/versions/{made['base']}/diff?to={made['number']}")
    assert [(r["key"], r["what"]) for r in diff["records"]] == [(CODE, "changed")]
    undone = await desk.admin.post(f"/versions/{made['base']}/rollback", {"why": "撤回"}, 201)
    assert undone["version"]["rollback_of"] == made["base"]
    body = (await desk.shenzhen.get(f"/records/item/{CODE}"))["body"]
    assert WORDING not in body["colloquial"]["zh"]
    contact = (await desk.admin.get("/records?kind=liaison"))["items"][0]["key"]
    out = await desk.admin.post(f"/records/liaison/{contact}/withdraw", {"why": "已离任"})
    assert out["version"]["in_force"]
    assert (await desk.admin.ask("GET", f"/records/liaison/{contact}"))[0] == 404
    report = await desk.shenzhen.get("/audit/verify")
    assert report["ok"]
    rows = (await desk.shenzhen.get("/audit?limit=500"))["entries"]
    actions = [row["action"] for row in rows if row["details"].get("draft") == draft["id"]]
    assert actions == ["draft.opened", "draft.submitted", "draft.sent_back", "draft.submitted",
                       "draft.approved"]  # fmt: skip
    assert rows[-1]["hash"] == report["head"]


@pytest.mark.timeout(180)
async def test_an_item_that_others_name_is_taken_out_at_once(desk: Desk) -> None:
    """Plans, offers, places and related items no longer name it, in the same version; each tells of it
    in its history. Going back brings all of it again."""
    why = "该事项已停办"
    before = await desk.admin.get("/overview")
    out = (await desk.admin.post(f"/records/item/{CODE}/withdraw", {"why": why}))["version"]
    assert out["in_force"]
    changed = {(one["kind"], one["key"]) for one in out["changed"]}
    assert ("item", CODE) in changed
    assert {kind for kind, _ in changed} >= {"item", "bundle", "door_offer"}
    assert (await desk.admin.ask("GET", f"/records/item/{CODE}"))[0] == 404
    found = (await desk.admin.get("/validate"))["findings"]
    assert not [f for f in found if f["level"] == "error"]
    for kind, key in sorted(changed - {("item", CODE)}):
        newest = (await desk.admin.get(f"/records/{kind}/{key}/history"))["revisions"][0]
        assert newest["who"]["name"] == "许岚"
        assert (CODE in newest["why"], why in newest["why"]) == (True, True)
        assert CODE not in json.dumps((await desk.admin.get(f"/records/{kind}/{key}"))["body"])
    await desk.admin.post(f"/versions/{before['number']}/rollback", {"why": "复办"}, 201)
    assert (await desk.admin.get("/overview"))["list_version"] == before["list_version"]
    assert (await desk.admin.get("/audit/verify"))["ok"]


@pytest.mark.timeout(120)
async def test_a_version_is_scheduled_and_cancelled(desk: Desk) -> None:
    """Only an admin takes it back; its drafts stay approved and cannot be edited meanwhile."""
    draft = await _begin(
        desk.shenzhen, "SG-HR-007", lambda b: b["colloquial"]["zh"].append("定时的说法")
    )
    step: dict[str, Any] = {"version": draft["version"], "why": WHY}
    step["version"] = (await desk.shenzhen.post(f"/drafts/{draft['id']}/submit", step))["draft"][
        "version"
    ]
    await desk.dongguan.post(f"/drafts/{draft['id']}/approve", step)
    plan = {"drafts": [draft["id"]], "why": "元旦起", "effective_at": "2030-01-01T00:00:00+08:00"}
    made = (await desk.shenzhen.post("/versions", plan, 201))["version"]
    assert made["state"] == "scheduled"
    held = await desk.shenzhen.get(f"/drafts/{draft['id']}")
    assert held["draft"]["scheduled_in"] == made["number"]
    assert not any(held["may"].values())
    assert (await desk.shenzhen.ask("POST", f"/versions/{made['number']}/cancel", {"why": WHY}))[
        0
    ] == 403
    gone = await desk.admin.post(f"/versions/{made['number']}/cancel", {"why": "改期"})
    assert gone["version"]["state"] == "cancelled"
    assert (await desk.shenzhen.get(f"/drafts/{draft['id']}"))["may"]["publish"]
    await _drop(desk.admin, draft)


async def test_tasks_comparison_findings_and_export(desk: Desk) -> None:
    """A task is closed once, with a note; the cities are compared; the list leaves in every format."""
    words = LocalText(zh="居民说过时了", en="Reported outdated")
    task = await desk.gw.register.open_task(
        "outdated", CODE, words, SYSTEM, record=("item", CODE), reporter="r1"
    )
    shown = await desk.shenzhen.get(f"/records/item/{CODE}")
    assert task.id in {t["id"] for t in shown["tasks"]}
    closed = await desk.shenzhen.post(f"/tasks/{task.id}/close", {"note": "已核对"})
    assert (closed["task"]["state"], closed["task"]["note"]) == ("done", "已核对")
    assert (await desk.shenzhen.ask("POST", f"/tasks/{task.id}/close", {"note": "再关"}))[0] == 409
    done = (await desk.shenzhen.get("/tasks?state=done&kind=outdated"))["tasks"]
    assert [t["id"] for t in done] == [task.id]
    compared = (await desk.shenzhen.get(f"/records/item/{CODE}/cities"))["changes"]
    assert compared
    assert all(change["label"]["zh"] and change["label"]["en"] for change in compared)
    found = (await desk.shenzhen.get("/validate"))["findings"]
    assert not [f for f in found if f["level"] == "error"]
    client, cookie = desk.shenzhen.client, {"Cookie": f"sg_agent={desk.shenzhen.cookie}"}
    starts = {
        "json": b"{",
        "jsonl": b"{",
        "csv": b"PK",
        "xlsx": b"PK",
        "schema-org": b"{",
        "cpsv-ap": b"{",
    }
    for name, start in starts.items():
        async with client.get(f"{ROOT}/export?format={name}", headers=cookie) as answer:
            assert answer.status == 200
            assert "attachment" in answer.headers["Content-Disposition"]
            data = await answer.read()
        assert data.startswith(start), name
        if start == b"PK":
            assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


async def test_a_record_of_the_province_becomes_a_draft(desk: Desk, tmp_path: Path) -> None:
    """Found by words, shown whole, taken over once as a draft in Chinese that still needs English."""
    rows = tmp_path / "items.jsonl"
    rows.write_text(json.dumps(PROVINCE, ensure_ascii=False), encoding="utf-8")
    service = Imports(desk.gw.db, desk.gw.clock)
    await service.run(rows, load_profile("guangdong"), who="t", why="test")
    page = await desk.shenzhen.get("/imports?page_size=5")
    assert page["items"]
    line = page["items"][0]
    assert (await desk.shenzhen.get(f"/imports?q={line['name']}"))["total"] >= 1
    whole = await desk.shenzhen.get(f"/imports/{line['code']}")
    assert whole["body"]["name"] == line["name"]
    ask = {"codes": [line["code"]], "domain": "civil", "why": "两市都办"}
    made = await desk.shenzhen.post("/flag", ask, 201)
    assert made["draft"]["key"].startswith("SG-CA-")
    assert made["draft"]["current"] is None
    assert made["findings"]
    after = await desk.shenzhen.get(f"/imports/{line['code']}")
    assert after["item"] == made["draft"]["key"]
    new = (await desk.shenzhen.get(f"/records?q={made['draft']['key']}"))["items"][0]
    assert new["new"]
    assert (await desk.shenzhen.ask("GET", "/imports/NOSUCHCODE"))[0] == 404
    assert (await desk.shenzhen.ask("POST", "/flag", {**ask, "codes": ["NOSUCHCODE"]}))[0] == 404
    step = {"version": made["draft"]["version"], "why": WHY}
    status, refused = await desk.shenzhen.ask("POST", f"/drafts/{made['draft']['id']}/submit", step)
    assert (status, refused["error"]["code"]) == (422, "draft_invalid")
    assert refused["error"]["details"]["findings"]
    await _drop(desk.admin, made["draft"])


async def test_questions_and_wordings_of_residents_are_worked_through(desk: Desk) -> None:
    """Groups of unanswered questions, a wording into a draft, a pair accepted or rejected."""
    log, editor = desk.gw.learning, desk.shenzhen
    for text in ("养狗要办什么证", "办狗证要多少钱"):
        await log.asked(
            text, lang="zh", decision="abstain", confidence=0.1, codes=[], list_version="v"
        )
    await log.rated("卡片磨花了刷不出", lang="zh", code="SG-HR-004", up=True)
    await log.chose("想查交了几年", lang="zh", code="SG-HR-001")
    found = await editor.get("/questions")
    assert found["wordings"] == 2
    [group] = [g for g in found["groups"] if len(g["ids"]) == 2]
    assert set(group["texts"]) == {"养狗要办什么证", "办狗证要多少钱"}
    by_text = {pair["text"]: pair for pair in (await editor.get("/pairs"))["pairs"]}
    path = f"/pairs/{by_text['卡片磨花了刷不出']['id']}"
    taught = await editor.post(path, {"verdict": "accept", "why": WHY})
    draft = taught["draft"]
    assert draft["key"] == "SG-HR-004"
    kept = await editor.get(f"/drafts/{draft['id']}")
    assert "卡片磨花了刷不出" in kept["draft"]["body"]["colloquial"]["zh"]
    path = f"/pairs/{by_text['想查交了几年']['id']}"
    assert (await editor.post(path, {"verdict": "reject", "why": WHY}))["draft"] is None
    assert (await editor.get("/pairs"))["pairs"] == []
    wording = {"code": "SG-HR-004", "text": "社保卡裂了", "text_lang": "zh", "why": WHY}
    more = await editor.post("/questions/wording", {**wording, "ids": group["ids"][:1]})
    assert more["draft"]["id"] == draft["id"]
    settled = {"ids": group["ids"][1:], "state": "dismissed"}
    assert (await editor.post("/questions/settle", settled))["settled"] == 1
    assert (await editor.get("/questions"))["groups"] == []
    assert (await editor.ask("POST", "/pairs/nothing", {"verdict": "reject", "why": WHY}))[0] == 404
    for who, status in ((desk.agent, 403), (desk.nobody, 401)):
        assert (await who.ask("GET", "/questions"))[0] == status
        assert (await who.ask("POST", "/questions/settle", settled))[0] == status
    await _drop(editor, more["draft"])
