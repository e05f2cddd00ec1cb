"""Structured logs: a static event name plus fields, one JSON object a line.

Never message text, names, identity or account numbers. A field that must hold personal data is
called `pii_…` and is replaced by `***` before it is written.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        for key, value in fields.items():
            line[key] = "***" if key.startswith("pii_") else value
        if record.exc_info:
            kind, exc, _ = record.exc_info
            line["exc_type"] = kind.__name__ if kind else None
            line["exc_at"] = self.formatException(record.exc_info).splitlines()[-12:-1]
            del exc
        return json.dumps(line, ensure_ascii=False, default=str)


class Log:
    """`log.info("ticket.offered", ticket=…)`: the event is static, the rest are fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: Any) -> None:
        self._logger.debug(event, extra={"fields": fields})

    def info(self, event: str, **fields: Any) -> None:
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: Any) -> None:
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, *, exc: BaseException | None = None, **fields: Any) -> None:
        self._logger.error(event, exc_info=exc, extra={"fields": fields})


def get_log(name: str) -> Log:
    """A logger for module `name`."""
    return Log(name)


def configure(level: str = "info") -> None:
    """Send everything to stderr as JSON lines. Call once per process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in (
        "aioice",
        "aiortc",
        "httpx",
        "httpcore",
        "aiohttp.access",
        "asyncio",
        "aiosqlite",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
