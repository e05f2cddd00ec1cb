"""The service list as topics use it: `knowledge` behind asynchronous calls.

Search and embedding run in a thread, never on the event loop. The embedding of the resident's words
is taken from Redis when the gateway left it there, and computed otherwise. Decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any, TypeVar

import numpy as np

from actions.turn import Turn
from core.cache import CacheDown, Redis
from core.cards import AnswerCard, Card, City, Facet
from core.clock import CITY_TZ, Clock
from core.keys import query_vector
from knowledge.answers import AnswerContext, Responder
from knowledge.answers import Reply as Found
from knowledge.embed import DIM, Vector

T = TypeVar("T")
CONTEXT_SLOT = "answer_context"
_VECTOR_BYTES = DIM * 4


class Listing:
    """Questions to the list, for one process. `open_responder` may take its time at the first call and
    answers at once afterwards, with what is published then."""

    def __init__(
        self,
        open_responder: Callable[[], Responder],
        *,
        clock: Clock,
        redis: Redis | None = None,
        threads: int = 2,
    ) -> None:
        self._open = open_responder
        self._clock, self._redis = clock, redis
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="list")
        self._responder: Responder | None = None
        self._opening = asyncio.Lock()

    async def ready(self) -> Responder:
        """The responder of the version in force, opened at first use; raises `AppError` while there is
        no index."""
        if self._responder is None:
            async with self._opening:
                if self._responder is None:
                    self._responder = await self._run(self._open)
                return self._responder
        self._responder = self._open()
        return self._responder

    @property
    def list_version(self) -> str:
        """Version of the list answered from; empty before it is open."""
        return self._responder.engine.list_version if self._responder else ""

    async def ask(self, turn: Turn, words: str | None = None) -> Found:
        """Answer the resident's words, or `words`, in the context of the conversation."""
        responder = await self.ready()
        query = turn.text if words is None else words
        vector = await self._vector(query) if words is None else None
        return await self._run(
            partial(
                responder.respond,
                query,
                lang=turn.lang,
                city=turn.city,
                context=context_of(turn),
                vector=vector,
                today=self._today(),
                now=self._clock.now(),
            )
        )

    async def item(
        self, turn: Turn, code: str, city: City | None = None, facet: Facet | None = None
    ) -> Found:
        """One item by its code; raises `NotFound`."""
        responder = await self.ready()
        return await self._run(
            partial(
                responder.choose,
                code,
                lang=turn.lang,
                city=city,
                facet=facet,
                today=self._today(),
                context=context_of(turn),
            )
        )

    async def tapped(self, turn: Turn) -> Found:
        """What a chip of the list asks for: an item, a life event, places; raises `AppError`."""
        responder = await self.ready()
        return await self._run(
            partial(
                responder.tapped,
                turn.entities,
                lang=turn.lang,
                context=context_of(turn),
                today=self._today(),
                now=self._clock.now(),
            )
        )

    async def checklist(self, turn: Turn, code: str, city: City | None = None) -> Card:
        """The documents of an item; raises `NotFound`."""
        responder = await self.ready()
        return await self._run(
            partial(responder.checklist_card, code, lang=turn.lang, city=city, today=self._today())
        )

    async def card(self, turn: Turn, context: AnswerContext) -> AnswerCard | None:
        """The answer that a context stands for, without words; None when there was none."""
        if context.code is None or context.asking is not None:
            return None
        found = await self.item(turn, context.code, context.city, context.facet)
        return next((card for card in found.cards if isinstance(card, AnswerCard)), None)

    def _today(self) -> date:
        return self._clock.now().astimezone(CITY_TZ).date()

    async def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def _vector(self, words: str) -> Vector | None:
        if self._redis is None:
            return None
        try:
            raw: Any = await self._redis.get(query_vector(words))
        except CacheDown:
            return None
        if not isinstance(raw, bytes) or len(raw) != _VECTOR_BYTES:
            return None
        return np.frombuffer(raw, dtype="<f4")


def context_of(turn: Turn) -> AnswerContext:
    """What the last answer was about: as the gateway says, else as the dialogue remembers."""
    stored = turn.context or turn.slots.get(CONTEXT_SLOT)
    return AnswerContext.from_dict(stored if isinstance(stored, dict) else None)
