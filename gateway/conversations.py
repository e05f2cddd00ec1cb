"""Conversations in SQL: the thread, its order, and who may read it.

A message is stored before it is acknowledged; a repeated `client_id` returns the first one. `seq` is
given inside the storing transaction, so replays and live delivery never disagree. Never decides who
answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Insert, Row, Update, select, update

from core.auth import fingerprint
from core.clock import Clock
from core.db import Database
from core.i18n import Lang
from core.identity import Identity
from core.ids import new_id, new_token
from gateway.tables import conversations, messages, sessions

Author = Literal["resident", "bot", "agent", "system"]
REPLAY_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to store."""

    author: Author
    text: str
    lang: Lang
    client_id: str
    cards: list[dict[str, Any]] = field(default_factory=list)
    agent: dict[str, Any] | None = None
    payload: str | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message."""

    id: str
    conversation: str
    seq: int
    client_id: str
    author: Author
    at: datetime
    lang: Lang
    text: str
    cards: list[dict[str, Any]]
    agent: dict[str, Any] | None
    payload: str | None
    pending: bool

    def public(self) -> dict[str, Any]:
        """As clients see it."""
        data: dict[str, Any] = {
            "seq": self.seq,
            "id": self.id,
            "author": self.author,
            "at": self.at.isoformat(),
            "lang": self.lang,
            "text": self.text,
            "cards": self.cards,
        }
        if self.author == "resident":
            data["client_id"] = self.client_id
        if self.agent:
            data["agent"] = self.agent
        return data


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread."""

    id: str
    client: str
    lang: Lang
    last_seq: int
    read_seq: int
    delivered_seq: int
    state: dict[str, Any]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A resident's browser: one conversation, perhaps an identity."""

    fingerprint: str
    conversation: str
    identity: Identity | None


class ConversationStore:
    """Reads and writes threads."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def create(self, *, client: str, lang: Lang, id_: str | None = None) -> Conversation:
        """A new thread, or the existing one of that id."""
        key, now = id_ or new_id("conv"), self._clock.now()

        def work(conn: Connection) -> Conversation:
            found = _conversation(conn, key)
            if found is None:
                conn.execute(
                    conversations.insert().values(
                        id=key, client=client, lang=lang, last_seq=0, read_seq=0, delivered_seq=0,
                        state={}, created_at=now, updated_at=now,
                    )
                )  # fmt: skip
                found = _conversation(conn, key)
            assert found is not None
            return found

        if id_ is not None and (known := await self.get(key)) is not None:
            return known
        made: Conversation = await self._db.call(work, write=True)
        return made

    async def get(self, conversation: str) -> Conversation | None:
        """The thread, if there is one."""
        return await self._db.call(lambda conn: _conversation(conn, conversation))

    async def open_session(self, conversation: str, days: int) -> str:
        """A bearer token for the browser of this thread."""
        token, now = new_token(), self._clock.now()
        row = sessions.insert().values(
            fingerprint=fingerprint(token),
            conversation=conversation,
            identity=None,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        await self._write(row)
        return token

    async def session(self, token: str) -> Session | None:
        """The session behind a token; an identity that has expired is left out."""
        return await self.session_by_fingerprint(fingerprint(token)) if token else None

    async def session_by_fingerprint(self, fingerprint_: str) -> Session | None:
        """The session as it is now; an identity that has expired is left out."""
        now = self._clock.now()
        query = select(sessions).filter_by(fingerprint=fingerprint_)
        row = await self._db.call(lambda conn: conn.execute(query).first())
        if row is None or row.expires_at < now:
            return None
        identity = Identity.from_claims(row.identity) if row.identity else None
        if identity is not None and identity.expires_at <= now:
            identity = None
        return Session(row.fingerprint, row.conversation, identity)

    async def identity_of(self, conversation: str) -> Identity | None:
        """Who is signed in to a thread, for a turn that goes on after a restart."""
        now = self._clock.now()
        query = select(sessions.c.identity).where(
            sessions.c.conversation == conversation, sessions.c.expires_at > now
        )
        rows = await self._db.call(lambda conn: conn.execute(query).scalars().all())
        known = [Identity.from_claims(row) for row in rows if row]
        return next((i for i in known if i.expires_at > now), None)

    async def set_identity(self, fingerprint_: str, identity: Identity | None) -> None:
        """Attach what an issuer vouched for, or drop it."""
        claims = identity.claims() if identity else None
        await self._write(
            update(sessions).where(sessions.c.fingerprint == fingerprint_).values(identity=claims)
        )

    async def drop_identity(self, conversation: str) -> None:
        """Sign a thread out, in every browser."""
        await self._write(
            update(sessions).where(sessions.c.conversation == conversation).values(identity=None)
        )

    async def append(self, conversation: str, draft: Draft) -> tuple[Message, bool]:
        """Store one message; returns it and whether it is new."""
        now = self._clock.now()
        return await self._db.call(lambda conn: _append(conn, conversation, draft, now), write=True)

    async def answer(
        self,
        conversation: str,
        question: str | None,
        drafts: list[Draft],
        *,
        lang: Lang,
        state: dict[str, Any] | None,
    ) -> list[Message]:
        """Store the bot's answers and take `question` off the pending list, in one transaction."""
        now = self._clock.now()
        values: dict[str, Any] = {"lang": lang} if state is None else {"lang": lang, "state": state}

        def work(conn: Connection) -> list[Message]:
            stored = [_append(conn, conversation, draft, now) for draft in drafts]
            if question is not None:
                conn.execute(
                    update(messages).where(messages.c.id == question).values(pending=False)
                )
            conn.execute(
                update(conversations).where(conversations.c.id == conversation).values(**values)
            )
            return [message for message, new in stored if new]

        return await self._db.call(work, write=True)

    async def after(self, conversation: str, seq: int, limit: int = REPLAY_LIMIT) -> list[Message]:
        """Messages with a greater `seq`, in order; of a very long thread the newest `limit`."""
        query = (
            select(messages)
            .where(messages.c.conversation == conversation, messages.c.seq > seq)
            .order_by(messages.c.seq.desc())
            .limit(limit)
        )
        rows = await self._db.call(lambda conn: conn.execute(query).all())
        return [_message(row) for row in reversed(rows)]

    async def pending(self, since: datetime) -> list[Message]:
        """Residents' messages the bot has not answered: what a killed process left behind."""
        query = (
            select(messages)
            .where(messages.c.pending.is_(True), messages.c.at >= since)
            .order_by(messages.c.conversation, messages.c.seq)
        )
        return [_message(row) for row in await self._db.call(lambda c: c.execute(query).all())]

    async def mark(self, conversation: str, **columns: Any) -> None:
        """Set `lang`, `read_seq`, `delivered_seq` or `state` of a thread."""
        await self._write(
            update(conversations).where(conversations.c.id == conversation).values(**columns)
        )

    async def replace_card(self, message: str, index: int, card: dict[str, Any]) -> None:
        """Change one card of a stored message, e.g. the score in a rating card."""

        def work(conn: Connection) -> None:
            row = conn.execute(select(messages.c.cards).filter_by(id=message)).first()
            if row is not None:
                cards = [*row.cards]
                cards[index] = card
                conn.execute(update(messages).where(messages.c.id == message).values(cards=cards))

        await self._db.call(work, write=True)

    async def _write(self, statement: Insert | Update) -> None:
        await self._db.call(lambda conn: conn.execute(statement) and None, write=True)


def _conversation(conn: Connection, key: str) -> Conversation | None:
    row = conn.execute(select(conversations).filter_by(id=key)).first()
    if row is None:
        return None
    return Conversation(
        row.id, row.client, row.lang, row.last_seq, row.read_seq, row.delivered_seq,
        row.state or {}, row.updated_at,
    )  # fmt: skip


def _append(
    conn: Connection, conversation: str, draft: Draft, now: datetime
) -> tuple[Message, bool]:
    known = conn.execute(
        select(messages).filter_by(conversation=conversation, client_id=draft.client_id)
    ).first()
    if known is not None:
        return _message(known), False
    seq = conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(last_seq=conversations.c.last_seq + 1, updated_at=now)
        .returning(conversations.c.last_seq)
    ).scalar_one()
    message = Message(
        new_id("msg"), conversation, seq, draft.client_id, draft.author, now, draft.lang,
        draft.text, draft.cards, draft.agent, draft.payload, draft.pending,
    )  # fmt: skip
    conn.execute(
        messages.insert().values(
            id=message.id, conversation=conversation, seq=seq, client_id=draft.client_id,
            author=draft.author, at=now, lang=draft.lang, text=draft.text, cards=draft.cards,
            agent=draft.agent, payload=draft.payload, pending=draft.pending,
        )
    )  # fmt: skip
    return message, True


def _message(row: Row[Any]) -> Message:
    return Message(
        row.id, row.conversation, row.seq, row.client_id, row.author, row.at, row.lang, row.text,
        row.cards, row.agent, row.payload, row.pending,
    )  # fmt: skip
