"""A resident's thumb on an answer: one verdict a message, counted for editors without the person."""

from __future__ import annotations

from sqlalchemy import select

from core.clock import Clock
from core.db import Database
from core.errors import NotFound
from gateway.tables import message_ratings, messages
from knowledge.learning.log import LearningLog


class AnswerFeedback:
    """Takes verdicts on answer cards."""

    def __init__(self, db: Database, clock: Clock, learning: LearningLog) -> None:
        self._db, self._clock, self._learning = db, clock, learning

    async def rate(self, conversation: str, seq: int, up: bool) -> bool:
        """Count a verdict on message `seq` of a thread; False when it already has one.

        Raises `NotFound` where the message is not an answer of the assistant in this thread.
        """
        query = select(messages).filter_by(conversation=conversation, seq=seq, author="bot")
        asked = (
            select(messages)
            .where(
                messages.c.conversation == conversation,
                messages.c.seq < seq,
                messages.c.author == "resident",
            )
            .order_by(messages.c.seq.desc())
            .limit(1)
        )
        async with self._db.begin() as conn:
            answer = (await conn.execute(query)).first()
            card = (
                next((c for c in answer.cards if c["type"] == "answer"), None) if answer else None
            )
            if answer is None or card is None:
                raise NotFound()
            if (await conn.execute(select(message_ratings).filter_by(message=answer.id))).first():
                return False
            await conn.execute(
                message_ratings.insert().values(message=answer.id, up=up, at=self._clock.now())
            )
            question = (await conn.execute(asked)).first()
        if question is not None and question.payload is None:
            await self._learning.rated(
                question.text, lang=question.lang, code=str(card["code"]), up=up
            )
        return True
