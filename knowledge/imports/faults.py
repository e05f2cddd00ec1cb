"""How an import says no: to a value, to a row, to a file."""

from __future__ import annotations

from typing import Any

from core.errors import InvalidInput

SHOWN = 60
"""Characters of a bad value that a report repeats."""


class BadValue(Exception):
    """One value cannot be read; `reason` is a key of `imports.reason.*`."""

    def __init__(self, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


class ImportRefused(InvalidInput):
    """The file as a whole cannot be imported; nothing was changed. Code `import_*`."""


def refused(code: str, **params: Any) -> ImportRefused:
    """An `ImportRefused` whose message is `error.import_<code>`."""
    return ImportRefused(f"import_{code}", details=dict(params), **params)


def shown(value: object) -> str:
    """A value as a report repeats it: one line, short."""
    text = " ".join(str(value).encode("utf-8", "replace").decode().split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
