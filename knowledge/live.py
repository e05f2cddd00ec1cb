"""The published list in a running process: the engine changes under it, no search ever notices.

A thread looks at the pointer ten times a second (one `stat`). When another index is named it is opened
beside the present one, warmed, and takes its place in one assignment: searches in flight finish on the
old one. An index that cannot be opened is logged and tried again later; the old one keeps serving.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import Unavailable
from core.log import get_log
from core.metrics import counter, gauge
from core.settings import Settings
from knowledge.answers import Responder
from knowledge.catalogue import Catalogue
from knowledge.embed import Embedder, open_embedder
from knowledge.published import current_version
from knowledge.search import SearchEngine

log = get_log(__name__)
PERIOD_S = 0.1
RETRY_S = 10.0
_NEVER = float("inf")
SWAPS = counter("sg_knowledge_index_swaps", "Indexes taken into use", ("result",))
SWAPPED_AT = gauge("sg_knowledge_index_since_seconds", "Unix time since which the index serves")
_WARM = "社保卡"
_Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Live:
    """What serves now: an engine and the responder over the same list."""

    engine: SearchEngine
    responder: Responder

    @property
    def catalogue(self) -> Catalogue:
        """The list of this engine."""
        return self.engine.catalogue


class LiveEngine:
    """The engine of this process. Thread-safe."""

    def __init__(
        self, settings: Settings, *, embedder: Embedder | None = None, period_s: float = PERIOD_S
    ) -> None:
        self._settings, self._period_s = settings, period_s
        self._pointer: Path = settings.data_dir / "index" / "current"
        self._embedder = embedder
        self._live: Live | None = None
        self._mark: _Mark | None = None
        self._retry_at = _NEVER
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def open(self) -> Live:
        """Load the model and the current index, and watch the pointer from now on. Raises `AppError`
        where one is missing; an index that comes later is still taken into use."""
        with self._turn:
            if self._embedder is None:
                self._embedder = open_embedder(self._settings)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="list-live", daemon=True)
                self._watcher.start()
            if self._live is None:
                self._mark, self._retry_at = self._seen(), time.monotonic() + RETRY_S
                self._live = self._opened()
                self._retry_at = _NEVER
            return self._live

    @property
    def embedder(self) -> Embedder | None:
        """The model, once it is loaded."""
        return self._embedder

    @property
    def ready(self) -> bool:
        """Whether there is an engine."""
        return self._live is not None

    def now(self) -> Live:
        """What serves now; take it once per request. Raises `Unavailable` before there is any."""
        live = self._live
        if live is None:
            raise Unavailable(details={"missing": "search"})
        return live

    def responder(self) -> Responder:
        """The responder that serves now; the first call opens the engine."""
        live = self._live
        return (live if live is not None else self.open()).responder

    def refresh(self) -> bool:
        """Take the index into use that the pointer names, if it is another; True when it was."""
        with self._turn:
            mark = self._seen()
            if mark is None or (mark == self._mark and time.monotonic() < self._retry_at):
                return False
            self._mark, self._retry_at = mark, _NEVER
            if self._live is not None and self._named() == self._live.engine.index.version:
                return False
            started = time.perf_counter()
            try:
                self._live = self._opened()
            except Exception as exc:
                self._retry_at = time.monotonic() + RETRY_S
                SWAPS.labels("failed").inc()
                log.error("list.index_not_opened", exc=exc)
                return False
            SWAPS.labels("opened").inc()
            log.info(
                "list.index_opened", list_version=self._live.catalogue.version,
                seconds=round(time.perf_counter() - started, 3),
            )  # fmt: skip
            return True

    def close(self) -> None:
        """Stop watching; what is open still serves."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(timeout=5)

    def _opened(self) -> Live:
        assert self._embedder is not None
        engine = SearchEngine.open(self._settings, embedder=self._embedder)
        engine.search(_WARM, lang="zh", k=1)
        SWAPPED_AT.set(time.time())
        responder = Responder(engine, engine.catalogue)
        responder.warm()
        return Live(engine, responder)

    def _named(self) -> str:
        return current_version(self._settings.data_dir)

    def _seen(self) -> _Mark | None:
        try:
            found = self._pointer.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _watch(self) -> None:
        while not self._stop.wait(self._period_s):
            mark = self._seen()
            if mark is not None and (mark != self._mark or time.monotonic() >= self._retry_at):
                try:
                    self.refresh()
                except Exception as exc:
                    log.error("list.watch_failed", exc=exc)
