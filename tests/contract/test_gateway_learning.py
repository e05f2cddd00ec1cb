"""Contract: a resident's thumb on an answer is counted once, without the person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from core.settings import Settings
from gateway.context import Gateway
from gateway.tables import message_ratings
from tests.gateway_client import Resident, page, running

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
