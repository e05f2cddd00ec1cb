"""Logs of the bot process: one JSON object a line, like every other process of ours.

Rasa logs texts of residents at debug and in some errors; everything of its own below a warning is
dropped, and of structlog events only the name is kept.
"""

from __future__ import annotations

import json
import logging
import sys
import time


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.startswith(("bot", "__main__"))
        event = record.getMessage() if ours else record.name + " " + str(record.msg)[:120]
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        if record.exc_info and record.exc_info[0]:
            line["exc_type"] = record.exc_info[0].__name__
            line["exc_at"] = self.formatException(record.exc_info).splitlines()[-12:-1]
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    """Send everything to stderr as JSON lines; foreign loggers from warning up."""
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("bot", "__main__"):
        logging.getLogger(name).setLevel(level.upper())
    for name in ("sanic.root", "sanic.error", "sanic.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
