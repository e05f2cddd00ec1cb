"""Contract: the record, its migrations, callbacks, and addresses behind a proxy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from core.callbacks import CallbackStore
from core.clock import FakeClock
from core.db import Database, metadata
from core.identity import Identity
from core.settings import Settings
from gateway.conversations import ConversationStore
from gateway.migrate import migrate
from tests.gateway_client import page, rasa_is_seen, running
from tests.rasa_fake import fake_rasa


async def test_migrations_make_exactly_the_tables_of_the_rooms(settings: Settings) -> None:
    """A fresh installation has what the code expects; migrating twice changes nothing."""
    await migrate(settings)
    await migrate(settings)
    db = Database(settings.db_url())

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.begin() as conn:
        assert await conn.run_sync(differences) == []
    await db.close()


async def test_a_request_to_be_called_waits_for_an_agent_while_the_bot_goes_on(
    settings: Settings,
) -> None:
    """The agent gets the number; the resident is not silenced, and may still ask for a person."""
    async with (
        fake_rasa(settings.dialogue_token()) as (_, url),
        running(settings.model_copy(update={"rasa_url": url})) as (client, gw),
    ):
        await rasa_is_seen(gw)
        async with page(client) as resident:
            thread = resident.frames[0]["conversation"]
            store = CallbackStore(gw.db, gw.clock)
            await store.add(
                conversation=thread, phone="13800000000", about="公积金", when="明天上午",
                lang="zh", city="dongguan",
            )  # fmt: skip
            await gw.outbox.step()
            await gw.outbox.step()
            (ticket,) = await gw.human.desk.store.waiting()
            assert ticket.reason == "callback"
            assert "13800000000" in ticket.summary["text"]
            assert (await resident.say("你好"))["author"] == "bot"
            await resident.send(type="handoff", client_id="client-0009", mode="text")
            state = await resident.until("state", mode="queued")
            assert state["ticket"] != ticket.id


async def test_an_identity_ends_with_its_time_and_with_sign_out(
    db: Database, clock: FakeClock
) -> None:
    """Nobody stays signed in on a phone that was put down."""
    store = ConversationStore(db, clock)
    thread = await store.create(client="page", lang="zh")
    token = await store.open_session(thread.id, days=30)
    session = await store.session(token)
    assert session is not None
    who = Identity("net-000001", "shenzhen", "张*明", "L3", clock.now() + timedelta(minutes=30))
    await store.set_identity(session.fingerprint, who)
    assert (await store.identity_of(thread.id)) == who
    await store.drop_identity(thread.id)
    assert await store.identity_of(thread.id) is None
    await store.set_identity(session.fingerprint, who)
    clock.advance(1801)
    later = await store.session(token)
    assert later is not None
    assert later.identity is None
    clock.advance(31 * 86_400)
    assert await store.session(token) is None


@pytest.mark.parametrize(("proxies", "limited"), [(0, True), (1, False)])
async def test_residents_behind_our_proxy_do_not_share_a_limit(
    settings: Settings, proxies: int, limited: bool
) -> None:
    """The address is what our own proxy saw; what the caller writes himself is not believed."""
    given = settings.model_copy(update={"trusted_proxies": proxies, "rate_per_minute": 1})
    async with running(given) as (client, _):
        statuses = []
        for number in range(8):
            headers = {"X-Forwarded-For": f"203.0.113.7, 198.51.100.{number}"}
            answer: aiohttp.ClientResponse = await client.get(
                "/api/v1/services/search?q=社保卡", headers=headers
            )
            statuses.append(answer.status)
    assert (429 in statuses) is limited
