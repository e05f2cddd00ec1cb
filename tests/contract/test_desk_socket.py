"""The desk's HTTP API and agent socket against docs/api/protocol.md, with a real server and a thread in
memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from core.http import error_middleware
from desk.agents import LOCK_S, demo_agents
from gateway import desk_socket
from gateway.desk_api import EDGE, ROUTES, TicketBrief, TicketModel, setup_desk
from gateway.openapi import document
from tests.desk_fakes import PASSWORD, Desk

ICE = [{"urls": ["stun:127.0.0.1:3478"]}]
BRIEF = set(TicketBrief.model_fields)
FULL = set(TicketModel.model_fields)


class Page:
    """An agent's page: frames in, frames out, nothing skipped silently."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.frames: list[dict[str, Any]] = []

    async def send(self, type_: str, **fields: Any) -> None:
        """Send one frame."""
        await self.ws.send_str(orjson.dumps({"type": type_, **fields}).decode())

    async def next(self) -> dict[str, Any]:
        """The next frame."""
        message = await self.ws.receive(timeout=10)
        assert message.type is WSMsgType.TEXT, message
        frame: dict[str, Any] = orjson.loads(message.data)
        self.frames.append(frame)
        return frame

    async def until(
        self, type_: str, check: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The next frame of a type that passes `check`."""
        while True:
            frame = await self.next()
            if frame["type"] == type_ and check(frame):
                return frame

    async def closed(self) -> int | None:
        """Read on until the server closes; the close code."""
        while True:
            message = await self.ws.receive(timeout=10)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
                return self.ws.close_code

    async def has(self, type_: str, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Such a frame, arrived already or still to come (for frames whose order is free)."""
        for frame in self.frames:
            if frame["type"] == type_ and check(frame):
                return frame
        return await self.until(type_, check)

    def types(self) -> list[str]:
        """Types of all frames so far."""
        return [frame["type"] for frame in self.frames]


class Site:
    """A server with the desk's edge, and browsers of agents."""

    def __init__(self, desk: Desk, client: TestClient[web.Request, web.Application]) -> None:
        self.desk, self.client = desk, client
        self.codes = 0
        self.others: list[TestClient[web.Request, web.Application]] = []

    async def browser(self) -> TestClient[web.Request, web.Application]:
        """Another browser with its own cookies."""
        other = TestClient(self.client.server)
        self.others.append(other)
        return other

    async def login(self, username: str, client: Any = None) -> Any:
        """Sign in; the response."""
        body = {"username": username, "password": PASSWORD, "totp": self.desk.code()}
        return await (client or self.client).post("/api/v1/desk/login", json=body)

    async def page(self, client: Any = None, after: int = 0, hello: bool = True) -> Page:
        """Open the socket and say hello; the welcome is the first frame."""
        page = Page(await (client or self.client).ws_connect("/ws/desk"))
        if hello:
            await page.send("hello", after=after)
            assert (await page.next())["type"] == "welcome"
        return page

    async def online(self, username: str, client: Any = None) -> Page:
        """Sign in, open the page, go online."""
        assert (await self.login(username, client)).status == 200
        page = await self.page(client)
        await page.send("presence", status="online", media=["text", "video"])
        await page.until("presence")
        return page


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A running server with agents `lin` and `huang`, both offline."""
    desk = Desk(tmp_path)
    await desk.db.create_all()
    await desk.agent("lin", online=False)
    await desk.agent("huang", online=False, name="黄敏", name_en="Huang Min")
    app = web.Application(middlewares=[error_middleware])
    setup_desk(app, desk.service, settings=desk.settings, clock=desk.clock, ice=lambda: ICE)
    client = TestClient(TestServer(app))
    await client.start_server()
    made = Site(desk, client)
    yield made
    for other in made.others:
        await other.session.close()
    await client.close()
    await desk.db.close()


# -- HTTP -------------------------------------------------------------------------------------------


async def test_desk_login_me_logout(site: Site) -> None:
    """The cookie is HttpOnly and SameSite=Strict; after signing out it is worthless."""
    response = await site.login("lin")
    agent = (await response.json())["agent"]
    assert set(agent) == {"id", "name", "username", "roles", "cities", "languages", "media"}
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert (await (await site.client.get("/api/v1/desk/me")).json())["agent"] == agent
    kept = response.cookies["sg_agent"].value
    assert (await site.client.post("/api/v1/desk/logout")).status == 204
    again = await site.client.get("/api/v1/desk/me", cookies={"sg_agent": kept})
    assert again.status == 401
    assert (await again.json())["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "lin", "password": "wrong password", "totp": "123456"}, 401),
        ({"username": "lin", "password": "x" * 201, "totp": "123456"}, 400),
        ({"username": "lin", "password": PASSWORD, "totp": "12345"}, 400),
        ({"username": "lin"}, 400),
        ([], 400),
    ],
)
async def test_desk_login_refusals_are_typed(site: Site, body: Any, status: int) -> None:
    """Wrong and malformed sign-ins get the error envelope, and never what was typed."""
    response = await site.client.post("/api/v1/desk/login", json=body)
    answer = await response.json()
    assert response.status == status
    assert set(answer["error"]) == {"code", "message", "retryable", "details"}
    assert "password" not in str(answer.get("error", {}).get("message"))
    assert "wrong password" not in str(answer)


async def test_desk_login_is_rate_limited_and_locks(site: Site) -> None:
    """Guessing ends in 429 with a time to come back, in the caller's language."""
    body = {"username": "lin", "password": "wrong password", "totp": "123456"}
    statuses = []
    for _ in range(8):
        response = await site.client.post(
            "/api/v1/desk/login", json=body, headers={"Accept-Language": "en"}
        )
        statuses.append(response.status)
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert int(response.headers["Retry-After"]) > 0
    site.desk.clock.advance(LOCK_S)
    assert (await site.login("lin")).status == 200


async def test_desk_foreign_origin_is_refused(site: Site) -> None:
    """Another site's page can neither sign in, nor sign out, nor open the socket."""
    evil = {"Origin": "https://evil.example"}
    await site.login("lin")
    assert (await site.client.post("/api/v1/desk/login", json={}, headers=evil)).status == 403
    assert (await site.client.post("/api/v1/desk/logout", headers=evil)).status == 403
    assert (await site.client.get("/ws/desk", headers=evil)).status == 403
    own = {"Origin": f"http://{site.client.host}:{site.client.port}"}
    assert (await site.client.post("/api/v1/desk/logout", headers=own)).status == 204


async def test_desk_needs_a_session(site: Site) -> None:
    """Nothing of the desk is open to strangers."""
    for path in ("/api/v1/desk/me", "/api/v1/desk/queue", "/api/v1/desk/tickets/x", "/ws/desk"):
        assert (await site.client.get(path)).status == 401, path


async def test_desk_list_editor_does_not_work_at_the_desk(site: Site) -> None:
    """He is known, but sees neither queue nor socket."""
    await site.desk.agent("editor", online=False, roles=("list_editor",), media=())
    await site.login("editor")
    assert (await site.client.get("/api/v1/desk/me")).status == 200
    assert (await site.client.get("/api/v1/desk/queue")).status == 403
    assert (await site.client.get("/ws/desk")).status == 403


async def test_desk_http_ticket_and_queue(site: Site) -> None:
    """Shapes of the protocol; somebody else's ticket is not found."""
    page = await site.online("lin")
    ticket = await site.desk.open()
    await site.desk.step()
    await page.until("offer")
    queue = (await (await site.client.get("/api/v1/desk/queue")).json())["queue"]
    assert set(queue[0]) == BRIEF
    TicketBrief.model_validate(queue[0])
    url = f"/api/v1/desk/tickets/{ticket.id}"
    mine = (await (await site.client.get(url)).json())["ticket"]
    assert set(mine) == FULL
    TicketModel.model_validate(mine)
    other = await site.browser()
    await site.login("huang", other)
    assert (await other.get(url)).status == 404
    assert (await other.get("/api/v1/desk/tickets/" + "x" * 500)).status == 404


def test_desk_openapi_is_valid() -> None:
    """The routes describe themselves as OpenAPI 3.1."""
    found = document(ROUTES, server="http://127.0.0.1", version="0")
    validate(found)
    assert set(found["paths"]) == {
        f"/api/v1/desk/{tail}" for tail in ("login", "logout", "me", "tickets/{id}", "queue")
    }


# -- the socket -------------------------------------------------------------------------------------


async def test_desk_socket_whole_conversation(site: Site) -> None:
    """Welcome, offer, accept, messages both ways, end, wrap-up: every frame as in the protocol."""
    await site.login("lin")
    page = Page(await site.client.ws_connect("/ws/desk"))
    await page.send("hello", after=0)
    welcome = await page.next()
    assert set(welcome) == {
        "type", "agent", "status", "media", "queue", "tickets", "ice", "limits", "sandbox", "seq",
    }  # fmt: skip
    assert (welcome["status"], welcome["ice"], welcome["seq"]) == ("offline", ICE, 0)
    await page.send("presence", status="online", media=["text"])
    assert (await page.until("presence"))["status"] == "online"

    ticket = await site.desk.open()
    queue = await page.until("queue", lambda f: bool(f["queue"]))
    assert set(queue["queue"][0]) == BRIEF
    await site.desk.step()
    offer = await page.until("offer")
    assert set(offer["ticket"]) == FULL
    assert offer["expires_at"].endswith("Z")
    assert offer["ticket"]["resident"] == {"name": "张*明", "level": "L2"}

    await page.send("accept", ticket=ticket.id)
    active = await page.until("ticket")
    assert active["ticket"]["state"] == "active"
    line = await page.has("message", lambda f: f["author"] == "system")
    assert (line["ticket"], line["author"], line["text"]) == (
        ticket.id, "system", "深圳坐席 林晓 已接入",
    )  # fmt: skip

    await page.send("say", ticket=ticket.id, client_id="client-0001", text="您好")
    ack = await page.until("ack")
    said = await page.has("message", lambda f: f["author"] == "agent")
    assert ack == {"type": "ack", "client_id": "client-0001", "seq": said["seq"]}
    await page.send("say", ticket=ticket.id, client_id="client-0001", text="您好")
    assert (await page.until("ack"))["seq"] == said["seq"]

    site.desk.thread.append("cnv_1", author="resident", text="我想提取公积金")
    await site.desk.service.message_posted("cnv_1")
    heard = await page.until("message")
    assert (heard["author"], heard["text"]) == ("resident", "我想提取公积金")

    await site.desk.service.resident_typing("cnv_1", True)
    typing = await page.until("typing")
    assert (typing["ticket"], typing["on"]) == (ticket.id, True)
    await page.send("typing", ticket=ticket.id, on=True)
    await page.send("end", ticket=ticket.id)
    assert (await page.until("ticket"))["ticket"]["state"] == "wrap_up"
    assert site.desk.thread.typed == [("cnv_1", True)]
    report = {"summary": "已说明", "outcome": "solved", "codes": ["SG-HF-004"], "note": "内部"}
    await page.send("wrap_up", ticket=ticket.id, client_id="client-0002", **report)
    assert (await page.until("ack"))["client_id"] == "client-0002"
    await page.has("ticket", lambda f: f["ticket"]["state"] == "closed")
    assert "内部" not in str(site.desk.thread.messages["cnv_1"])


async def test_desk_socket_offer_declined_and_lapsed(site: Site) -> None:
    """An offer that is gone is taken off the page, with the reason."""
    page = await site.online("lin")
    first = await site.desk.open("cnv_1")
    await site.desk.step()
    await page.until("offer")
    await page.send("decline", ticket=first.id)
    gone = await page.until("offer.gone")
    assert (gone["ticket"], gone["reason"]) == (first.id, "lapsed")
    second = await site.desk.open("cnv_2")
    await site.desk.step()
    assert (await page.until("offer"))["ticket"]["id"] == second.id
    await site.desk.service.cancel("cnv_2")
    assert (await page.until("offer.gone"))["reason"] == "cancelled"
    third = await site.desk.open("cnv_3")
    await site.desk.step()
    assert (await page.until("offer"))["ticket"]["id"] == third.id
    site.desk.clock.advance(21)
    await page.send("heartbeat")
    await site.desk.step()
    assert (await page.until("offer.gone"))["reason"] == "lapsed"


async def test_desk_socket_never_shows_another_agents_conversation(site: Site) -> None:
    """A second agent sees the queue move, and not one frame about the ticket itself."""
    lin = await site.online("lin")
    other = await site.browser()
    await site.login("huang", other)
    huang = await site.page(other)
    ticket = await site.desk.open()
    await site.desk.step()
    await lin.until("offer")
    await lin.send("accept", ticket=ticket.id)
    await lin.until("ticket")
    for type_ in ("say", "accept", "end", "release", "decline", "typing"):
        await huang.send(type_, ticket=ticket.id, client_id="client-0009", text="?", on=True)
        error = await huang.until("error")
        assert error["ticket"] == ticket.id
        assert error["error"]["code"] in ("desk_not_yours", "desk_ticket_state"), type_
    await huang.send("rtc.offer", consultation=f"con_{ticket.id}", sdp="v=0")
    assert (await huang.until("error"))["error"]["code"] == "not_found"
    assert not {"ticket", "message", "offer"} & set(huang.types())


async def test_desk_socket_several_tabs(site: Site) -> None:
    """Both tabs of an agent follow: what one does, the other shows, and closing one changes nothing."""
    one = await site.online("lin")
    two = await site.page()
    ticket = await site.desk.open()
    await site.desk.step()
    await one.until("offer")
    await two.until("offer")
    await one.send("accept", ticket=ticket.id)
    await two.until("ticket", lambda f: f["ticket"]["state"] == "active")
    await two.send("accept", ticket=ticket.id)  # the other tab's double click is harmless
    await one.send("say", ticket=ticket.id, client_id="client-0001", text="您好")
    await two.until("message", lambda f: f["author"] == "agent")
    await one.ws.close()
    await two.send("say", ticket=ticket.id, client_id="client-0002", text="还在")
    await two.until("ack")
    assert "error" not in two.types()


async def test_desk_socket_resumes_in_order(site: Site) -> None:
    """A page that was away gets, after the welcome, what it missed, once and in order of events."""
    page = await site.online("lin")
    ticket = await site.desk.open()
    await site.desk.step()
    offer = await page.until("offer")
    await page.ws.close()
    lin = await site.desk.service.agents.session(
        site.client.session.cookie_jar.filter_cookies(site.client.make_url("/"))["sg_agent"].value
    )
    await site.desk.service.accept(lin, ticket.id)
    other = await site.desk.open("cnv_2")
    await site.desk.step()
    await site.desk.service.decline(lin, other.id)
    await site.desk.service.say(lin, ticket.id, "client-0001", "您好")
    back = await site.page(after=offer["event"])
    welcome = back.frames[0]
    assert [t["id"] for t in welcome["tickets"]] == [ticket.id]
    texts = [m["text"] for m in welcome["tickets"][0]["messages"]]
    assert texts[-2:] == ["深圳坐席 林晓 已接入", "您好"]
    await back.until("queue")
    events = [f["event"] for f in back.frames[1:]]
    assert events == sorted(events)
    assert events[-1] == welcome["seq"]
    assert [f["type"] for f in back.frames[1:]] == ["ticket", "offer.gone", "queue"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "invalid_json"),
        ("[]", "desk_bad_frame"),
        ('{"type":"nonsense"}', "desk_bad_frame"),
        ('{"type":"accept"}', "desk_bad_frame"),
        ('{"type":"accept","ticket":"tkt_none"}', "not_found"),
        ('{"type":"say","ticket":"t","client_id":"short","text":"x"}', "desk_bad_frame"),
        ('{"type":"presence","status":"dancing"}', "desk_bad_frame"),
        ('{"type":"presence","status":"online","media":["smoke"]}', "desk_bad_frame"),
        ('{"type":"say","pad":"' + "x" * 70_000 + '"}', "too_large"),
        ('{"type":"wrap_up","ticket":"t","client_id":"client-1","summary":"s",'
         '"outcome":"solved","codes":["DROP TABLE"]}', "desk_bad_frame"),
    ],
)  # fmt: skip
async def test_desk_socket_bad_frames_get_an_error_and_stay(
    site: Site, raw: str, code: str
) -> None:
    """A malformed frame is answered with a typed error; the connection goes on."""
    page = await site.online("lin")
    await page.ws.send_str(raw)
    error = await page.until("error")
    assert error["error"]["code"] == code
    assert set(error["error"]) == {"code", "message", "retryable", "details"}
    await page.send("presence", status="away", media=[])
    assert (await page.until("presence"))["status"] == "away"


async def test_desk_socket_binary_and_flood(site: Site) -> None:
    """Binary frames are refused; a flood is slowed down by errors, not by closing."""
    page = await site.online("lin")
    await page.ws.send_bytes(b"\0")
    assert (await page.until("error"))["error"]["code"] == "desk_bad_frame"
    for _ in range(200):
        await page.send("typing", ticket="tkt_x", on=True)
    error = await page.until("error", lambda f: f["error"]["code"] == "rate_limited")
    assert error["error"]["retryable"] is True


async def test_desk_socket_hello_comes_first(site: Site) -> None:
    """Before hello nothing is done; the error says so."""
    await site.login("lin")
    page = await site.page(hello=False)
    await page.send("presence", status="online", media=[])
    assert (await page.next())["error"]["code"] == "desk_hello_first"
    await page.send("hello", after=0)
    assert (await page.next())["status"] == "offline"


async def test_desk_socket_message_too_long(site: Site) -> None:
    """The limit for what is said is the product's, with the client id in the error."""
    page = await site.online("lin")
    ticket = await site.desk.open()
    await site.desk.step()
    await page.send("accept", ticket=ticket.id)
    long = "字" * (site.desk.settings.message_max_chars + 1)
    await page.send("say", ticket=ticket.id, client_id="client-0001", text=long)
    error = await page.until("error")
    assert (error["error"]["code"], error["client_id"]) == ("too_large", "client-0001")


async def test_desk_socket_closes_with_the_session(site: Site) -> None:
    """Signing out in one tab closes the other."""
    page = await site.online("lin")
    assert (await site.client.post("/api/v1/desk/logout")).status == 204
    assert await page.closed() == 4401


async def test_desk_socket_video_signalling(site: Site) -> None:
    """The agent's leg can be connected from the offer on; state frames of the call arrive."""
    page = await site.online("lin")
    ticket = await site.desk.open(media="video")
    await site.desk.step()
    offer = await page.until("offer")
    room = offer["ticket"]["consultation"]
    await page.send("rtc.offer", consultation=room, sdp="v=0")
    answer = await page.until("rtc.answer")
    assert (answer["consultation"], answer["sdp"]) == (room, "answer to v=0")
    await page.send("accept", ticket=ticket.id)
    await page.until("ticket")
    await site.desk.service.rtc_state(room, "connected", {"video": True, "audio": True})
    state = await page.until("rtc.state")
    assert (state["phase"], state["peer"]) == ("connected", {"video": True, "audio": True})
    await page.send("rtc.leave", consultation=room)
    await page.send("end", ticket=ticket.id)
    await page.until("ticket", lambda f: f["ticket"]["state"] == "wrap_up")
    assert ("leave", room) in site.desk.media.calls
    assert site.desk.media.calls[-1] == ("end", room, "ended")


async def test_desk_socket_failures_inside_do_not_end_it(site: Site) -> None:
    """An unexpected failure is an `internal` error for that frame; the socket lives."""
    page = await site.online("lin")
    ticket = await site.desk.open()
    await site.desk.step()
    await page.send("accept", ticket=ticket.id)
    await page.until("ticket")

    async def broken(*_: Any) -> dict[str, Any]:
        raise RuntimeError

    working: Callable[..., Awaitable[dict[str, Any]]] = site.desk.thread.agent_message
    site.desk.thread.agent_message = broken  # type: ignore[method-assign]
    await page.send("say", ticket=ticket.id, client_id="client-0001", text="您好")
    error = await page.until("error")
    assert (error["error"]["code"], error["client_id"]) == ("internal", "client-0001")
    site.desk.thread.agent_message = working  # type: ignore[method-assign]
    await page.send("say", ticket=ticket.id, client_id="client-0001", text="您好")
    await page.until("ack")


async def test_desk_demo_agents_can_sign_in(site: Site) -> None:
    """The published demonstration accounts work as they are published."""
    await site.desk.service.agents.ensure_demo()
    for account in demo_agents():
        body = {
            "username": account["username"],
            "password": account["password"],
            "totp": site.desk.code(secret=account["totp_secret"]),
        }
        response = await site.client.post("/api/v1/desk/login", json=body)
        assert response.status == 200
        assert (await response.json())["agent"]["cities"] == account["cities"]


async def test_desk_socket_catches_up_with_other_processes(site: Site) -> None:
    """What another process did, without any signal here, is there at the next heartbeat."""
    page = await site.online("lin")
    ticket = await site.desk.open()
    other = site.desk.process()
    await other.engine.step()
    await page.send("heartbeat")
    assert (await page.until("offer"))["ticket"]["id"] == ticket.id


class StuckSocket:
    """A page that never reads."""

    def __init__(self) -> None:
        self.code: int | None = None

    async def send_str(self, data: str) -> None:
        await asyncio.Event().wait()

    async def close(self, *, code: int) -> None:
        self.code = code


async def test_desk_socket_slow_page_is_dropped(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not read is closed; memory stays bounded and nobody waits for it."""
    monkeypatch.setattr(desk_socket, "SEND_TIMEOUT_S", 0.01)
    agent = (await site.desk.service.agents.all())[0]
    stuck: Any = StuckSocket()
    edge = site.client.server.app[EDGE]  # type: ignore[attr-defined]
    socket = desk_socket.DeskSocket(stuck, edge, agent, "token", "zh")
    writer = asyncio.create_task(socket._write())
    for _ in range(3 * desk_socket.OUT_FRAMES):
        await asyncio.wait_for(socket._out.put({"type": "x"}), 5)
        assert socket._out.qsize() <= desk_socket.OUT_FRAMES
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    assert stuck.code == 1013
