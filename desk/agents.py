"""Agents and their sessions: password (argon2id) and one-time code, lock-out, roles, cities.

A failed login never says what was wrong and takes as long for an unknown name (only a locked account
says that it is locked). Five failures lock the account for 15 minutes; a one-time code works once.
Sessions are random tokens, stored hashed, valid for twelve hours. Demonstration agents exist and work
in sandbox mode only.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Row, select, update

from core.auth import (
    fingerprint,
    hash_password,
    new_totp_secret,
    verify_password,
    verify_totp,
)
from core.cards import City, Mode
from core.clock import Clock
from core.db import Database
from core.errors import InvalidInput, NotSignedIn
from core.i18n import Lang
from core.ids import new_id, new_token
from core.log import get_log
from core.metrics import counter
from desk.errors import BadCredentials, DemoRefused, LockedOut
from desk.tables import agent_sessions, agents

log = get_log(__name__)
LOGINS = counter("sg_desk_logins", "Agent logins", ("result",))
Role = Literal["agent", "supervisor", "list_editor", "admin"]
MAX_FAILURES = 5
LOCK_S = 900.0
HASHES_AT_ONCE = 2
"""argon2id takes 64 MiB each; a burst of sign-ins must not take the machine."""
SESSION_S = 12 * 3600.0
MIN_PASSWORD = 10
DEMO_FILE = Path(__file__).with_name("demo_agents.json")


@dataclass(frozen=True, slots=True)
class Agent:
    """Someone who works at the desk."""

    id: str
    username: str
    name: str
    name_en: str
    roles: tuple[Role, ...]
    cities: tuple[City, ...]
    """Cities he may act for; the first is that of his own desk."""
    languages: tuple[Lang, ...]
    media: tuple[Mode, ...]
    domains: tuple[str, ...] = ()
    generalist: bool = False
    demo: bool = False

    def called(self, lang: Lang) -> str:
        """His name as residents read it."""
        return self.name if lang == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class NewAgent:
    """What is needed to create an agent; `totp_secret` None: one is made."""

    username: str
    password: str
    name: str
    name_en: str
    roles: tuple[Role, ...]
    cities: tuple[City, ...]
    languages: tuple[Lang, ...]
    media: tuple[Mode, ...]
    domains: tuple[str, ...] = ()
    generalist: bool = False
    totp_secret: str | None = None
    demo: bool = False


def _agent(row: Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        username=row.username,
        name=row.name,
        name_en=row.name_en,
        roles=tuple(row.roles),
        cities=tuple(row.cities),
        languages=tuple(row.languages),
        media=tuple(row.media),
        domains=tuple(row.domains),
        generalist=row.generalist,
        demo=row.demo,
    )


@cache
def _nobody() -> str:
    return hash_password(new_token())


class AgentStore:
    """Accounts, logins and sessions of agents."""

    def __init__(self, db: Database, clock: Clock, *, sandbox: bool) -> None:
        self._db, self._clock, self._sandbox = db, clock, sandbox
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)

    async def create(self, new: NewAgent) -> tuple[Agent, str]:
        """Create an account; (agent, TOTP secret to enrol). Raises `InvalidInput`, `DemoRefused`."""
        if new.demo and not self._sandbox:
            raise DemoRefused()
        if len(new.password) < MIN_PASSWORD or not new.cities or not new.roles:
            raise InvalidInput()
        secret = new.totp_secret or new_totp_secret()
        hashed = await asyncio.to_thread(hash_password, new.password)
        async with self._db.begin() as conn:
            taken = await conn.execute(select(agents.c.id).where(agents.c.username == new.username))
            if taken.first() is not None:
                raise InvalidInput(details={"fields": [{"field": "username", "problem": "taken"}]})
            agent_id = new_id("agt")
            await conn.execute(
                agents.insert().values(
                    id=agent_id,
                    username=new.username,
                    name=new.name,
                    name_en=new.name_en,
                    password_hash=hashed,
                    totp_secret=secret,
                    roles=list(new.roles),
                    cities=list(new.cities),
                    languages=list(new.languages),
                    media=list(new.media),
                    domains=list(new.domains),
                    generalist=new.generalist,
                    demo=new.demo,
                    failures=0,
                    created_at=self._clock.now(),
                )
            )
        return await self.get(agent_id), secret

    async def ensure_demo(self) -> int:
        """Create the demonstration agents that are missing; how many. Raises `DemoRefused`."""
        if not self._sandbox:
            raise DemoRefused()
        made = 0
        known = {agent.username for agent in await self.all()}
        for entry in demo_agents():
            if entry["username"] in known:
                continue
            lists = {k: tuple(v) for k, v in entry.items() if isinstance(v, list)}
            await self.create(NewAgent(**{**entry, **lists, "demo": True}))
            made += 1
        return made

    async def get(self, agent_id: str) -> Agent:
        """An agent by id; raises `NotSignedIn` when there is none."""
        async with self._db.connect() as conn:
            row = (await conn.execute(select(agents).where(agents.c.id == agent_id))).first()
        if row is None:
            raise NotSignedIn()
        return _agent(row)

    async def all(self) -> list[Agent]:
        """All agents that are not disabled."""
        async with self._db.connect() as conn:
            rows = await conn.execute(select(agents).where(agents.c.disabled_at.is_(None)))
            return [_agent(row) for row in rows]

    async def login(self, username: str, password: str, code: str) -> tuple[Agent, str]:
        """(agent, session token). Raises `BadCredentials` or `LockedOut`."""
        async with self._db.connect() as conn:
            row = (await conn.execute(select(agents).where(agents.c.username == username))).first()
        async with self._hashing:
            stored = row.password_hash if row is not None else await asyncio.to_thread(_nobody)
            right = await asyncio.to_thread(verify_password, stored, password)
        usable = row is not None and row.disabled_at is None and (self._sandbox or not row.demo)
        if row is None or not usable:
            LOGINS.labels("refused").inc()
            raise BadCredentials()
        outcome = await self._judge(row.id, right, code)
        if isinstance(outcome, str):
            LOGINS.labels("ok").inc()
            return _agent(row), outcome
        LOGINS.labels("locked" if isinstance(outcome, LockedOut) else "refused").inc()
        raise outcome

    async def _judge(self, agent_id: str, right: bool, code: str) -> str | Exception:
        """Count, lock, consume the code and open the session in one transaction."""
        now = self._clock.now()
        async with self._db.begin() as conn:
            row = (
                await conn.execute(select(agents).where(agents.c.id == agent_id).with_for_update())
            ).one()
            if row.locked_until is not None and row.locked_until > now:
                left = int((row.locked_until - now).total_seconds()) + 1
                return LockedOut(details={"retry_after_s": left})
            step = verify_totp(row.totp_secret, code, now, row.totp_counter) if right else None
            change = update(agents).where(agents.c.id == agent_id)
            if step is None:
                failures = row.failures + 1
                lock = now + timedelta(seconds=LOCK_S) if failures >= MAX_FAILURES else None
                await conn.execute(
                    change.values(failures=0 if lock else failures, locked_until=lock)
                )
                if lock:
                    log.warning("desk.login_locked", agent=agent_id)
                return BadCredentials()
            await conn.execute(change.values(failures=0, locked_until=None, totp_counter=step))
            token = new_token()
            await conn.execute(
                agent_sessions.insert().values(
                    token_hash=fingerprint(token),
                    agent=agent_id,
                    created_at=now,
                    expires_at=now + timedelta(seconds=SESSION_S),
                )
            )
            return token

    async def session(self, token: str | None) -> Agent:
        """The agent behind a session token; raises `NotSignedIn`."""
        if not token:
            raise NotSignedIn()
        query = (
            select(agents)
            .join(agent_sessions, agent_sessions.c.agent == agents.c.id)
            .where(
                agent_sessions.c.token_hash == fingerprint(token),
                agent_sessions.c.revoked_at.is_(None),
                agent_sessions.c.expires_at > self._clock.now(),
                agents.c.disabled_at.is_(None),
            )
        )
        async with self._db.connect() as conn:
            row = (await conn.execute(query)).first()
        if row is None or (row.demo and not self._sandbox):
            raise NotSignedIn()
        return _agent(row)

    async def logout(self, token: str) -> int:
        """End a session; how many of the agent's sessions are left."""
        now = self._clock.now()
        table = agent_sessions
        async with self._db.begin() as conn:
            row = (
                await conn.execute(
                    update(table)
                    .where(table.c.token_hash == fingerprint(token))
                    .values(revoked_at=now)
                    .returning(table.c.agent)
                )
            ).first()
            if row is None:
                return 0
            live = await conn.execute(
                select(table.c.token_hash).where(
                    table.c.agent == row.agent,
                    table.c.revoked_at.is_(None),
                    table.c.expires_at > now,
                )
            )
            return len(live.all())


def demo_agents() -> list[dict[str, Any]]:
    """The demonstration agents, as published in `docs/demo-accounts.json`."""
    loaded: list[dict[str, Any]] = json.loads(DEMO_FILE.read_text(encoding="utf-8"))
    return loaded
