"""Cells that a spreadsheet cannot take for a formula, and their reading back. Pure.

A text that begins with `=`, `+`, `-`, `@` (in any width), a tab or a line break gets an apostrophe in
front (OWASP, CSV injection); one that has apostrophes before such a mark gets one more, so that reading
takes away exactly what writing added.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"^'*[=+\-@＝＋－＠\t\r\n]")
_GUARDED = re.compile(r"^'+[=+\-@＝＋－＠\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\r\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Also an underscore that would begin an escape; the one at an escape's end may begin the next."""
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def guard(text: str) -> str:
    """The text for a CSV cell."""
    return f"'{text}" if _RISKY.match(text) else text


def unguard(text: str) -> str:
    """What `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def xml_safe(text: str) -> str:
    """The text for an XLSX cell: characters XML cannot hold as `_x0001_` (ECMA-376, ST_Xstring)."""
    return _CONTROL.sub(lambda m: f"_x{ord(m.group(0)):04X}_", text)


def xml_text(text: str) -> str:
    """What `xml_safe` was given, or another program escaped; halves of a character become one."""
    found = _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text)
    if found == text:
        return text
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
