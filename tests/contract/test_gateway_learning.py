"""Contract: a resident's thumb on an answer is counted once, without the person; two people decide on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pyotp
import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from core.settings import Settings
from gateway.context import Gateway
from gateway.tables import message_ratings
from tests.gateway_client import Resident, page, running
from tests.product import agent

Open = tuple[TestClient[Any, Any], Gateway]


@pytest.fixture
async def product(settings: Settings) -> AsyncIterator[Open]:
    """The gateway alone: search answers while the dialogue engine is away."""
    async with running(settings) as opened:
        yield opened


async def _answer(resident: Resident, words: str = "社保卡丢了怎么补办") -> dict[str, Any]:
    answer = await resident.say(words)
    assert answer["cards"][0]["type"] == "answer"
    return answer


async def test_a_thumb_is_counted_once_with_the_words_asked(product: Open) -> None:
    """The first verdict counts; a second one is acknowledged and changes nothing."""
    client, gw = product
    async with page(client) as resident:
        answer = await _answer(resident)
        for verdict in ("up", "down"):
            await resident.send(type="feedback", seq=answer["seq"], verdict=verdict)
            await resident.until("feedback", seq=answer["seq"])
    [pair] = await gw.learning.pairs()
    assert (pair.text, pair.code) == ("社保卡丢了怎么补办", answer["cards"][0]["code"])
    assert (pair.up, pair.down, pair.clicks) == (1, 0, 0)


async def test_personal_words_are_not_kept(product: Open) -> None:
    """The number in the question reaches no editor."""
    client, gw = product
    async with page(client) as resident:
        answer = await _answer(resident, "社保卡13800138000丢了怎么补办")
        await resident.send(type="feedback", seq=answer["seq"], verdict="down")
        await resident.until("feedback")
    [pair] = await gw.learning.pairs()
    assert "138" not in pair.text
    assert pair.down == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("我叫陈大文，社保卡丢了怎么补办", "大文"),
        ("我老公王小明的社保卡丢了怎么补办", "小明"),
        ("my husband Li Wei lost his social security card, how to replace it", "Wei"),
        ("社保卡丢了怎么补办，138－1234－5678", "1234"),
    ],
)
async def test_who_asks_is_not_kept(product: Open, words: str, name: str) -> None:
    """Neither the resident's name nor that of his family, nor a number however it is typed."""
    client, gw = product
    async with page(client) as resident:
        answer = await _answer(resident, words)
        await resident.send(type="feedback", seq=answer["seq"], verdict="down")
        await resident.until("feedback")
    [pair] = await gw.learning.pairs()
    assert name not in pair.text
    assert "‹" in pair.text


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"seq": 0, "verdict": "up"}, "invalid_input"),
        ({"seq": True, "verdict": "up"}, "invalid_input"),
        ({"seq": "1", "verdict": "up"}, "invalid_input"),
        ({"seq": 1, "verdict": "maybe"}, "invalid_input"),
        ({"seq": 1, "verdict": "up"}, "not_found"),
        ({"seq": 10**9, "verdict": "up"}, "not_found"),
    ],
)
async def test_a_bad_verdict_is_refused(product: Open, frame: dict[str, Any], code: str) -> None:
    """Wrong shapes, a resident's own message, a message that is not there."""
    client, gw = product
    async with page(client) as resident:
        await _answer(resident)
        await resident.send(type="feedback", **frame)
        assert (await resident.until("error"))["error"]["code"] == code
    async with gw.db.connect() as conn:
        count = (await conn.execute(select(func.count()).select_from(message_ratings))).scalar_one()
    assert count == 0


async def test_nobody_rates_in_anothers_thread(product: Open) -> None:
    """A message number of one thread means nothing in another."""
    client, gw = product
    async with page(client) as resident:
        answer = await _answer(resident)
    client.session.cookie_jar.clear()
    async with page(client) as stranger:
        await stranger.send(type="feedback", seq=answer["seq"], verdict="down")
        assert (await stranger.until("error"))["error"]["code"] == "not_found"
    assert await gw.learning.pairs() == []


class _Editor:
    """Somebody signed in at the list desk."""

    def __init__(self, client: TestClient[Any, Any], cookie: str) -> None:
        self._client, self._cookie = client, cookie

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """(status, JSON)."""
        headers = {"Cookie": f"sg_agent={self._cookie}", "Accept-Language": "zh-CN"}
        path = f"/api/v1/admin{path}"
        async with self._client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> dict[str, Any]:
        """What a call brings that must succeed."""
        status, found = await self.ask("GET", path)
        assert status == 200, found
        return found


async def _editor(client: TestClient[Any, Any], username: str) -> _Editor:
    who = agent(username)
    async with asyncio.timeout(90):
        while True:  # accounts and list are made while the application starts
            code = pyotp.TOTP(who["totp_secret"]).at(int(time.time()))
            body = {"username": username, "password": who["password"], "totp": code}
            async with client.post("/api/v1/desk/login", json=body) as answer:
                if answer.status == 200:
                    made = _Editor(client, answer.cookies["sg_agent"].value)
                    client.session.cookie_jar.clear()
                    break
            await asyncio.sleep(0.2)
        while (await made.ask("GET", "/overview"))[0] == 503:
            await asyncio.sleep(0.2)
    return made


async def test_two_editors_decide_on_what_residents_taught(product: Open) -> None:
    """Accepted it waits for the second person; decided on once it is not decided again; given up it comes
    back; the reason of a rejection stays readable, and all of it is in the audit."""
    client, gw = product
    await gw.learning.rated("卡片磨花了刷不出", lang="zh", code="SG-HR-004", up=True)
    await gw.learning.rated("李强丢了社保卡", lang="zh", code="SG-HR-004", up=True)
    one, two = await _editor(client, "suqing"), await _editor(client, "liangwei")
    found = {pair["text"]: pair for pair in (await one.get("/pairs"))["pairs"]}
    worn, named = found["卡片磨花了刷不出"], found["李强丢了社保卡"]
    assert (worn["personal"], named["personal"]) == ([], ["李强"])
    yes, no = {"verdict": "accept", "why": "居民这样说"}, {"verdict": "reject", "why": "像是人名"}
    status, refused = await one.ask("POST", f"/pairs/{named['id']}", yes)
    assert (status, refused["error"]["code"]) == (400, "learning_doubtful")
    assert (await one.ask("POST", f"/pairs/{named['id']}", no))[0] == 200
    status, refused = await two.ask("POST", f"/pairs/{named['id']}", {**yes, "sure": True})
    assert (status, refused["error"]["code"]) == (409, "learning_rejected")
    [rejected] = (await two.get("/pairs?state=rejected"))["pairs"]
    assert (rejected["why"], rejected["standing"]) == ("像是人名", None)
    assert (await two.ask("POST", f"/pairs/{named['id']}", {**yes, "verdict": "reopen"}))[0] == 200
    status, taught = await one.ask("POST", f"/pairs/{worn['id']}", yes)
    assert status == 200
    [kept] = (await two.get("/pairs?state=accepted"))["pairs"]
    assert kept["standing"] == "waiting"
    status, refused = await two.ask("POST", f"/pairs/{worn['id']}", no)
    assert (status, refused["error"]["code"]) == (409, "learning_accepted")
    draft = taught["draft"]
    step = {"version": draft["version"], "why": "不要了"}
    assert (await one.ask("POST", f"/drafts/{draft['id']}/discard", step))[0] == 200
    back = {pair["id"] for pair in (await two.get("/pairs"))["pairs"]}
    assert back == {worn["id"], named["id"]}
    typed = {
        "code": "SG-HR-004",
        "text": "我叫陈大文，卡坏了",
        "text_lang": "zh",
        "why": "居民这样说",
    }
    status, refused = await one.ask("POST", "/questions/wording", {**typed, "sure": True})
    assert (status, refused["error"]["code"]) == (400, "learning_personal")
    rows = [row for row in (await one.get("/audit"))["entries"] if "pair" in row["details"]]
    assert [row["action"] for row in rows] == [
        "pair.rejected", "pair.reopened", "pair.accepted", "pair.returned"
    ]  # fmt: skip
    assert (rows[0]["why"], rows[0]["details"]["pair"]) == ("像是人名", named["id"])
