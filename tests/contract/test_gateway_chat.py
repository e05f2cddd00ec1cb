"""Contract: the resident's socket and Rasa's REST webhook, against the real application.

The list and its search are the real ones; the dialogue engine is a fake on its real wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient

from core.settings import Settings
from gateway.context import Gateway
from gateway.conversations import Draft, Message
from gateway.hub import QUEUE_FRAMES
from tests.gateway_client import message_count, page, rasa_is_seen, running
from tests.rasa_fake import FakeRasa, fake_rasa


@dataclass
class Product:
    """Everything a test talks to."""

    client: TestClient[Any, Any]
    gw: Gateway
    rasa: FakeRasa


@pytest.fixture
async def product(settings: Settings) -> AsyncIterator[Product]:
    """The gateway with a fake Rasa that is up."""
    async with fake_rasa(settings.dialogue_token()) as (rasa, url):
        with_rasa = settings.model_copy(update={"rasa_url": url})
        async with running(with_rasa) as (client, gw):
            await rasa_is_seen(gw)
            yield Product(client, gw, rasa)


async def test_a_message_is_acknowledged_answered_and_replayed(product: Product) -> None:
    """Stored before the ack; a page that comes back with `after` gets what it missed, in order."""
    async with page(product.client) as resident:
        await resident.send(type="say", client_id="client-0001", text="你好")
        ack = await resident.until("ack", client_id="client-0001")
        answer = await resident.until("message", author="bot")
    assert answer["seq"] > ack["seq"]
    assert answer["cards"][0]["type"] == "notice"
    async with page(product.client, after=ack["seq"]) as resident:
        again = await resident.until("message")
    assert again["id"] == answer["id"]


async def _stored(product: Product, conversation: str, number: int) -> Message:
    draft = Draft("bot", f"第 {number} 条", "zh", f"stored-{number:05}")
    return (await product.gw.store.append(conversation, draft))[0]


async def test_a_long_thread_comes_back_whole_and_in_order(product: Product) -> None:
    """More messages than a slow socket's queue holds; a page opened anew gets all of them."""
    long = QUEUE_FRAMES + 40
    async with page(product.client) as resident:
        conversation = resident.frames[0]["conversation"]
    for number in range(long):
        await _stored(product, conversation, number)
    async with page(product.client) as resident:
        await resident.until("message", seq=long)
    assert [f["type"] for f in resident.frames] == ["welcome"] + ["message"] * long
    assert [f["seq"] for f in resident.frames[1:]] == list(range(1, long + 1))


async def test_what_is_said_while_a_page_opens_hides_nothing_it_missed(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The welcome is the first frame; live messages come after the missed ones, each once."""
    async with page(product.client) as resident:
        conversation = resident.frames[0]["conversation"]
    for number in range(3):
        await _stored(product, conversation, number)
    state = product.gw.human.state

    async def talked(conversation_id: str) -> Any:
        product.gw.hub.send(conversation_id, {"type": "typing", "on": True})
        said = await _stored(product, conversation_id, 3)
        product.gw.hub.send(conversation_id, {"type": "message", **said.public()})
        return await state(conversation_id)

    monkeypatch.setattr(product.gw.human, "state", talked)
    async with page(product.client) as resident:
        await resident.send(type="ping")
        await resident.until("pong")
    kinds = [f["type"] for f in resident.frames]
    assert kinds == ["welcome", *["message"] * 4, "typing", "pong"]
    assert [f["seq"] for f in resident.frames if f["type"] == "message"] == [1, 2, 3, 4]


async def test_a_repeated_message_is_stored_and_answered_once(product: Product) -> None:
    """A retry with the same client id is harmless."""
    async with page(product.client) as resident:
        await resident.say("你好", "client-0001")
        before = await message_count(product.gw.db)
        await resident.send(type="say", client_id="client-0001", text="你好")
        await resident.until("ack", client_id="client-0001")
    assert await message_count(product.gw.db) == before
    assert len(product.rasa.turns) == 1


async def test_what_is_typed_is_never_a_command(product: Product) -> None:
    """Leading slashes, also full-width and behind invisible characters, are taken off."""
    async with page(product.client) as resident:
        for number, words in enumerate(
            ["/restart", "\u200b／ /restart{}", '/ask_item{"code":"X"}']
        ):
            await resident.say(words, f"client-000{number}")
    assert all(not t["text"].startswith(("/", "／")) for t in product.rasa.turns)
    assert all("payload" not in t for t in product.rasa.turns)


async def test_a_chip_works_only_where_it_was_issued(product: Product) -> None:
    """A token is bound to its conversation; forged and foreign ones are refused."""
    async with page(product.client) as resident:
        answer = await resident.say("choices")
        token = answer["cards"][0]["choices"][0]["token"]
        assert "ask_item" not in token.split(".")[0]
        await resident.send(type="choose", client_id="client-0002", token=token, title="A")
        await resident.until("message", author="bot")
    assert product.rasa.turns[-1]["payload"] == '/ask_item{"code":"SG-HR-004"}'
    product.client.session.cookie_jar.clear()
    async with page(product.client) as stranger:
        for bad in (token, token + "A", "t.x.y", "/ask_item"):
            await stranger.send(type="choose", client_id="client-0003", token=bad, title="A")
            assert (await stranger.until("error"))["error"]["code"] == "bad_token"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"say"}', "invalid_input"),
        ('{"type":"say","client_id":"client-0001","text":5}', "invalid_input"),
        ('{"type":"say","client_id":"client-0001","text":"   "}', "empty_message"),
        ('{"type":"say","client_id":"x","text":"hi"}', "invalid_input"),
        ('{"type":"unknown"}', "bad_frame"),
        ("not json", "invalid_json"),
        ("[]", "bad_frame"),
        ('{"type":"handoff","mode":"fax"}', "invalid_input"),
        ('{"type":"rate","ticket":"x","score":9}', "invalid_input"),
        ('{"type":"read","seq":-1}', "invalid_input"),
        ('{"type":"handoff.cancel"}', "no_ticket"),
        ('{"type":"rtc.offer","consultation":"con_x","sdp":"v=0"}', "not_found"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_stays(
    product: Product, frame: str, code: str
) -> None:
    """Each malformed frame gets a typed error; the conversation goes on."""
    async with page(product.client) as resident:
        await resident.ws.send_str(frame)
        assert (await resident.until("error"))["error"]["code"] == code
        await resident.send(type="ping")
        await resident.until("pong")


async def test_a_message_that_is_too_long_is_refused_with_the_limit(product: Product) -> None:
    """The limit is told; nothing is stored."""
    async with page(product.client) as resident:
        await resident.send(type="say", client_id="client-0001", text="长" * 2001)
        error = await resident.until("error", client_id="client-0001")
    assert error["error"]["code"] == "too_large"
    assert error["error"]["details"]["max_chars"] == 2000
    assert await message_count(product.gw.db) == 0


async def test_a_socket_needs_a_session_and_our_origin(product: Product) -> None:
    """Another site cannot open a resident's socket with his cookie."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await product.client.ws_connect("/ws/chat")
    assert refused.value.status == 401
    await product.client.post("/api/v1/session")
    with pytest.raises(WSServerHandshakeError) as foreign:
        await product.client.ws_connect("/ws/chat", headers={"Origin": "https://evil.example"})
    assert foreign.value.status == 403


async def test_hello_must_come_first(product: Product) -> None:
    """A client of another protocol is told and turned away."""
    await product.client.post("/api/v1/session")
    async with product.client.ws_connect("/ws/chat") as ws:
        await ws.send_json({"type": "say", "client_id": "client-0001", "text": "hi"})
        assert (await ws.receive_json())["error"]["code"] == "hello_first"
        assert (await ws.receive()).type is WSMsgType.CLOSE


async def test_while_rasa_is_away_search_answers_and_says_so(product: Product) -> None:
    """A question about a service is answered while the assistant boots or has died."""
    product.rasa.up = False
    async with page(product.client) as resident:
        answer = await resident.say("社保卡丢了怎么补办")
        warming = await resident.until("message", author="bot")
    assert answer["cards"][0]["type"] == "answer"
    assert answer["cards"][0]["code"] == "SG-HR-004"
    assert warming["cards"][0]["type"] == "notice"


async def test_an_unanswered_question_is_answered_after_a_restart(
    product: Product, settings: Settings
) -> None:
    """A process killed between the ack and the answer answers when it is back."""
    from gateway.conversations import Draft

    conversation = await product.gw.store.create(client="page", lang="zh")
    draft = Draft("resident", "你好", "zh", "client-0001", pending=True)
    await product.gw.store.append(conversation.id, draft)
    await product.gw.turns.recover()
    await product.gw.turns.drain()
    thread = await product.gw.store.after(conversation.id, 0)
    assert [m.author for m in thread] == ["resident", "bot"]
    await product.gw.turns.recover()
    await product.gw.turns.drain()
    assert len(await product.gw.store.after(conversation.id, 0)) == 2


async def test_turns_of_one_resident_do_not_overlap_and_keep_their_order(product: Product) -> None:
    """Five quick messages get five answers in order."""
    async with page(product.client) as resident:
        for number in range(5):
            await resident.send(type="say", client_id=f"client-00{number:02}", text=f"q{number}")
        answers = [(await resident.until("message", author="bot"))["text"] for _ in range(5)]
    assert answers == [f"heard: q{n}" for n in range(5)]


async def test_a_turn_carries_vector_language_and_context(product: Product) -> None:
    """What Rasa and the actions are told: one embedding, the language, what was talked about."""
    async with page(product.client) as resident:
        await resident.say("hello there", "client-0001")
        await resident.say("and in Shenzhen?", "client-0002")
    first, second = product.rasa.turns
    assert first["metadata"]["lang"] == "en"
    assert len(first["metadata"]["vector"]) == 2048
    assert second["metadata"]["context"] == {"code": "SG-HR-004"}
    assert second["metadata"]["acting"] is None


async def test_the_rest_webhook_speaks_rasas_shape(product: Product) -> None:
    """`{sender, message}` → `[{recipient_id, text, custom}]`; a button's payload can be sent back."""
    answer = await product.client.post(
        "/webhooks/rest/webhook", json={"sender": "user-1", "message": "choices"}
    )
    body = await answer.json()
    assert answer.status == 200
    assert body[0]["recipient_id"] == "user-1"
    assert body[0]["custom"]["type"] == "choices"
    payload = body[0]["buttons"][0]["payload"]
    chosen = await product.client.post(
        "/webhooks/rest/webhook", json={"sender": "user-1", "message": payload}
    )
    assert chosen.status == 200
    assert product.rasa.turns[-1]["payload"] == '/ask_item{"code":"SG-HR-004"}'
    other = await product.client.post(
        "/webhooks/rest/webhook", json={"sender": "user-2", "message": payload}
    )
    assert (await other.json())["error"]["code"] == "bad_token"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ('{"sender":"a"}', 400),
        ('{"sender":1,"message":"x"}', 400),
        ('{"sender":"a b","message":"x"}', 400),
        ('{"sender":"a","message":""}', 400),
        ('{"sender":"a","message":"\\u0000\\u200b"}', 400),
        ('{"sender":"' + "a" * 61 + '","message":"x"}', 400),
        ('{"sender":"a","message":"' + "x" * 2001 + '"}', 413),
        ('{"sender":"a","message":"' + "x" * 300_000 + '"}', 413),
    ],
)
async def test_the_rest_webhook_refuses_bad_input(product: Product, body: str, status: int) -> None:
    """Every bad body gets a typed error."""
    answer = await product.client.post(
        "/webhooks/rest/webhook", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == status
    assert (await answer.json())["error"]["code"]


async def test_a_widget_is_sent_to_the_page_to_sign_in(product: Product) -> None:
    """An identity is never attached to a conversation whose id somebody chose."""
    answer = await product.client.post(
        "/webhooks/rest/webhook", json={"sender": "user-1", "message": "account"}
    )
    options = (await answer.json())[0]["custom"]["options"]
    assert [o["issuer"] for o in options] == ["page"]


async def test_too_many_messages_are_slowed_down(settings: Settings) -> None:
    """The limit answers 429 with the time to wait; the message is not stored."""
    async with running(settings.model_copy(update={"rate_per_minute": 8})) as (client, _):
        statuses = []
        for _ in range(8):
            answer = await client.post(
                "/webhooks/rest/webhook", json={"sender": "user-1", "message": "你好"}
            )
            statuses.append(answer.status)
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert int(answer.headers["Retry-After"]) > 0


async def test_asking_for_a_person_silences_the_bot_until_it_is_over(product: Product) -> None:
    """From the request on the bot is not called; cancelling brings it back."""
    async with page(product.client) as resident:
        await resident.send(type="handoff", client_id="client-0001", mode="text")
        state = await resident.until("state", mode="queued")
        assert state["position"] == 1
        assert state["wait_s"] is None
        turns = len(product.rasa.turns)
        await resident.send(type="say", client_id="client-0002", text="还在吗")
        await resident.until("ack", client_id="client-0002")
        await resident.send(type="handoff.cancel")
        await resident.until("state", mode="bot")
        assert len(product.rasa.turns) == turns
        await resident.say("你好", "client-0003")


async def test_a_handoff_card_tells_modes_and_wait(product: Product) -> None:
    """The gateway fills in what only the desk knows."""
    async with page(product.client) as resident:
        card = (await resident.say("human"))["cards"][0]
    assert card["type"] == "handoff"
    assert card["modes"] == ["text", "video"]
    assert card["wait_s"] is None


async def test_somebody_in_danger_gets_the_numbers_while_waiting_and_while_rasa_is_away(
    product: Product,
) -> None:
    """Silence is for the bot, not for 120, 110 and 12356."""
    async with page(product.client) as resident:
        await resident.send(type="handoff", client_id="client-0001", mode="text")
        await resident.until("state", mode="queued")
        await resident.send(type="say", client_id="client-0002", text="我不想活了")
        told = await resident.until("message", author="system", text=_numbers("self_harm"))
        assert told["cards"][0]["level"] == "urgent"
        await resident.send(type="handoff.cancel")
        await resident.until("state", mode="bot")
        product.rasa.up = False
        answer = await resident.say("我老公打我", "client-0003")
    assert answer["cards"][0]["level"] == "urgent"
    assert "110" in answer["text"]


def _numbers(danger: str) -> str:
    from core.i18n import text

    return "\n".join(text(f"actions.crisis.{danger}.{part}", "zh") for part in ("title", "text"))
