"""The service list in this process: opened in the background, searched off the event loop.

One embedding a turn: the vector made here is handed to Rasa with the turn and left in Redis for the
actions for a minute, under a hash of the words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson

from core import keys
from core.cache import CacheDown, Redis
from core.cards import City
from core.clock import CITY_TZ
from core.errors import Unavailable
from core.i18n import Lang
from core.log import get_log
from core.metrics import histogram
from core.settings import Settings
from knowledge.answers import AnswerContext, Reply
from knowledge.catalogue import Catalogue
from knowledge.embed import Vector
from knowledge.live import Live, LiveEngine
from knowledge.search import SearchEngine, SearchResult

log = get_log(__name__)
T = TypeVar("T")
VECTOR_TTL_S = 60
_ITEM = re.compile(r"/ask_item(\{.*\})", re.DOTALL)
SEARCH_SECONDS = histogram("sg_gateway_search_seconds", "Search, embedding included", ("what",))


@dataclass(frozen=True, slots=True)
class Said:
    """What a resident said: words, or the payload of a chip and the words on it."""

    client_id: str
    text: str
    payload: str | None = None


class SearchRuntime:
    """The published list as it is now, and a few worker threads. Another version may serve from one
    call to the next: what must be of one version takes `engine` or `catalogue` once."""

    def __init__(self, settings: Settings, redis: Redis | None, workers: int = 2) -> None:
        self._redis = redis
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="search")
        self.live = LiveEngine(settings)
        self._failure: str | None = None

    async def open(self) -> None:
        """Load index and model; a failure is kept for `/readyz` and raised to callers."""
        try:
            await self._run(self.live.open)
        except Exception as exc:
            self._failure = type(exc).__name__
            log.error("search.not_opened", exc=exc)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return self.live.ready

    def _now(self) -> Live:
        if not self.live.ready:
            raise Unavailable(details={"missing": "search", "reason": self._failure})
        return self.live.now()

    @property
    def engine(self) -> SearchEngine:
        """The engine that serves now; raises `Unavailable` before there is one."""
        return self._now().engine

    @property
    def catalogue(self) -> Catalogue:
        """The published list."""
        return self.engine.catalogue

    async def vector(self, text: str) -> Vector:
        """Embedding of a resident's own words for understanding, float32[dim]; the one for search
        (of the normalised words) is left in Redis for the actions."""
        with SEARCH_SECONDS.labels("embed").time():
            spoken, normalised = await self._run(self.engine.embed_turn, text)
        if self._redis is not None:
            try:
                await self._redis.set(
                    keys.query_vector(text), normalised.tobytes(), ex=VECTOR_TTL_S
                )
            except CacheDown:
                log.warning("search.vector_not_shared")
        return spoken

    async def search(
        self, query: str, *, lang: Lang | None, city: City | None, k: int
    ) -> SearchResult:
        """Search the list."""
        engine = self.engine
        with SEARCH_SECONDS.labels("search").time():
            return await self._run(engine.search, query, lang=lang, city=city, k=k)

    async def respond(
        self, said: Said, *, lang: Lang, city: City | None, context: AnswerContext, now: datetime
    ) -> Reply:
        """What the assistant answers without Rasa: while it boots, or when it is down. `now` is
        aware."""
        today = now.astimezone(CITY_TZ).date()
        responder = self._now().responder
        if said.payload is None:
            return await self._run(
                responder.respond, said.text, lang=lang, city=city, context=context,
                today=today, now=now,
            )  # fmt: skip
        chosen = _ITEM.fullmatch(said.payload)
        if chosen is None:
            raise Unavailable("assistant_warming", details={"missing": "chat"})
        values = orjson.loads(chosen.group(1))
        return await self._run(
            responder.tapped, values, lang=lang, context=context, today=today, now=now,
        )  # fmt: skip

    async def _run(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Stop the threads."""
        self.live.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
