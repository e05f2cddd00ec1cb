"""Agents: sign-in, lock-out, one-time codes, sessions, demonstration accounts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import InvalidInput, NotSignedIn
from desk.agents import LOCK_S, MAX_FAILURES, SESSION_S, demo_agents
from desk.errors import BadCredentials, DemoRefused, LockedOut
from desk.tables import agent_sessions, agents
from tests.desk_fakes import PASSWORD, Desk

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with the agent `lin`."""
    made = Desk(tmp_path)
    await made.db.create_all()
    await made.agent("lin", online=False)
    yield made
    await made.db.close()


async def test_desk_login_makes_a_session(desk: Desk) -> None:
    """Name, password and code give a token that is good for twelve hours and stored only hashed."""
    store = desk.service.agents
    agent, token = await store.login("lin", PASSWORD, desk.code())
    assert (await store.session(token)).id == agent.id
    async with desk.db.connect() as conn:
        stored = (await conn.execute(select(agent_sessions.c.token_hash))).scalars().all()
        hashed = (await conn.execute(select(agents.c.password_hash))).scalars().all()
    assert token not in stored
    assert all(h.startswith("$argon2id$") for h in hashed)
    desk.clock.advance(SESSION_S)
    with pytest.raises(NotSignedIn):
        await store.session(token)


async def test_desk_a_code_works_once(desk: Desk) -> None:
    """A code seen over the shoulder is worthless once used; the next one works."""
    store = desk.service.agents
    await store.login("lin", PASSWORD, desk.code())
    with pytest.raises(BadCredentials):
        await store.login("lin", PASSWORD, desk.code())
    desk.clock.advance(30)
    await store.login("lin", PASSWORD, desk.code())


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [("lin", "wrong password", None), ("lin", PASSWORD, "000000"), ("nobody", PASSWORD, None)],
)
async def test_desk_failures_all_look_the_same(
    desk: Desk, name: str, password: str, code: str | None
) -> None:
    """Nobody learns which part was wrong, or which names exist."""
    with pytest.raises(BadCredentials) as caught:
        await desk.service.agents.login(name, password, code or desk.code())
    assert caught.value.details == {}


async def test_desk_lock_out_and_release(desk: Desk) -> None:
    """Five failures lock for 15 minutes, even with the right password; then it opens again. A success
    in between starts the count anew."""
    store = desk.service.agents
    for _ in range(MAX_FAILURES - 1):
        with pytest.raises(BadCredentials):
            await store.login("lin", "wrong password", desk.code())
    await store.login("lin", PASSWORD, desk.code())
    for _ in range(MAX_FAILURES):
        with pytest.raises(BadCredentials):
            await store.login("lin", "wrong password", desk.code())
    desk.clock.advance(60)
    with pytest.raises(LockedOut) as caught:
        await store.login("lin", PASSWORD, desk.code())
    assert 0 < caught.value.details["retry_after_s"] <= LOCK_S
    desk.clock.advance(LOCK_S)
    await store.login("lin", PASSWORD, desk.code())


async def test_desk_wrong_password_does_not_use_up_the_code(desk: Desk) -> None:
    """The code belongs to the sign-in that succeeds."""
    with pytest.raises(BadCredentials):
        await desk.service.agents.login("lin", "wrong password", desk.code())
    await desk.service.agents.login("lin", PASSWORD, desk.code())


async def test_desk_logout_ends_the_session(desk: Desk) -> None:
    """A token that was signed out is gone; another session stays."""
    store = desk.service.agents
    _, one = await store.login("lin", PASSWORD, desk.code())
    _, two = await store.login("lin", PASSWORD, desk.code(1))
    assert await store.logout(one) == 1
    with pytest.raises(NotSignedIn):
        await store.session(one)
    await store.session(two)
    for bad in (None, "", "x"):
        with pytest.raises(NotSignedIn):
            await store.session(bad)


async def test_desk_accounts_are_checked(desk: Desk) -> None:
    """Short passwords and taken names are refused."""
    for changes in ({"password": "short"}, {"cities": ()}, {}):
        with pytest.raises(InvalidInput):
            await desk.agent("lin", online=False, **changes)


async def test_desk_demo_agents_in_sandbox_only(tmp_path: Path) -> None:
    """They are made once in sandbox mode, and neither made nor let in, nor kept in, in production."""
    desk = Desk(tmp_path)
    await desk.db.create_all()
    store = desk.service.agents
    assert await store.ensure_demo() == len(demo_agents())
    assert await store.ensure_demo() == 0
    first = demo_agents()[0]
    secret = first["totp_secret"]
    _, token = await store.login(first["username"], first["password"], desk.code(secret=secret))
    production = Desk(tmp_path, sandbox=False)
    with pytest.raises(DemoRefused):
        await production.service.agents.ensure_demo()
    with pytest.raises(NotSignedIn):
        await production.service.agents.session(token)
    with pytest.raises(BadCredentials):
        await production.service.agents.login(
            first["username"], first["password"], production.code(1, secret)
        )
    await desk.db.close()
    await production.db.close()


def test_desk_demo_accounts_are_published() -> None:
    """What the documentation says is what is created: two of Shenzhen, one of Dongguan, a supervisor."""
    published = json.loads((ROOT / "docs/demo-accounts.json").read_text(encoding="utf-8"))["agents"]
    assert published == demo_agents()
    homes = [a["cities"][0] for a in published if "agent" in a["roles"]]
    assert sorted(homes) == ["dongguan", "shenzhen", "shenzhen"]
    assert any("supervisor" in a["roles"] for a in published)
    assert len({tuple(a["languages"]) for a in published}) > 1
