"""Hands what was not answered well, and what residents then chose, to the learning log.

Behind the answer: nothing waits for it and a failure is only logged. The question a choice belongs
to is remembered in memory only, for the newest conversations.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any

from actions.listing import context_of
from actions.turn import Turn
from core.i18n import Lang
from core.log import get_log
from knowledge.answers import Reply as Found
from knowledge.learning.log import LearningLog

log = get_log(__name__)
REMEMBERED = 2_000
IN_FLIGHT = 200


class Learner:
    """Notes questions and choices in the background."""

    def __init__(self, learning: LearningLog) -> None:
        self._log = learning
        self._asked: OrderedDict[str, tuple[str, Lang]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def answered(self, turn: Turn, found: Found, list_version: str) -> None:
        """Note how a question in words was answered."""
        self._asked.pop(turn.conversation, None)
        if not turn.text:
            return
        if found.context.choices:
            self._asked[turn.conversation] = (turn.text, turn.lang)
            while len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        self._soon(
            self._log.asked(
                turn.text, lang=turn.lang, decision=found.decision, confidence=found.confidence,
                codes=found.codes, list_version=list_version,
            )
        )  # fmt: skip

    def chose(self, turn: Turn, code: str) -> None:
        """Note a tap on one of the choices the last question brought."""
        asked = self._asked.pop(turn.conversation, None)
        if asked is not None and code in context_of(turn).choices:
            self._soon(self._log.chose(asked[0], lang=asked[1], code=code))

    def _soon(self, work: Coroutine[Any, Any, bool]) -> None:
        if len(self._tasks) >= IN_FLIGHT:
            work.close()
            return
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _quietly(work: Coroutine[Any, Any, bool]) -> None:
    try:
        await work
    except Exception as exc:
        log.warning("learning.not_noted", exc=exc)
