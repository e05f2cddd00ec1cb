"""National codes of matters: 31 characters for an implementation item, 33 for a handling item.

18 characters of the department's unified social credit code (GB 32100), one of the type of catalogue,
12 of the catalogue item (GB/T 39554.1), and two for a handling item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.imports.faults import BadValue, shown

_CODE = re.compile(r"^[0-9A-Z]{2}\d{6}[0-9A-Z]{10}\d[0-9A-Z]{12}(?:[0-9A-Z]{2})?$")
_CREDIT = re.compile(r"^[0-9A-Z]{2}\d{6}[0-9A-Z]{10}$")
_SCIENCE = re.compile(r"^\d(?:\.\d+)?[eE]\+?\d+$")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class NationalCode:
    """The parts of a code."""

    department: str
    """Unified social credit code, 18 characters."""
    catalogue: str
    """Catalogue item (基本编码), 12 characters."""
    handling: str | None
    """Number of the handling item, two characters."""


def is_credit_code(text: str) -> bool:
    """Whether it is a unified social credit code: 18 characters with the right check character."""
    if not _CREDIT.match(text) or any(c not in _CREDIT_ALPHABET for c in text):
        return False
    total = sum(_CREDIT_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31] == text[17]


def parse_code(text: str) -> NationalCode:
    """Take a code apart; raises `BadValue`."""
    if not _CODE.match(text):
        raise BadValue("bad_code", value=shown(text))
    return NationalCode(text[:18], text[19:31], text[31:] or None)


def is_code(text: str) -> bool:
    """Whether it has the form of a matter's code."""
    return _CODE.match(text) is not None


def national_code(value: object, *, department: str | None = None) -> str:
    """The code in `value`, upper case and without spaces; raises `BadValue`.

    A department's code in place of the matter's, and a code that a spreadsheet turned into a number,
    are named for what they are.
    """
    if isinstance(value, float) or (isinstance(value, int) and value > 10**15):
        raise BadValue("code_as_number", value=shown(value))
    text = re.sub(r"[\s\-]", "", str(value)).upper()
    if _SCIENCE.match(text):
        raise BadValue("code_as_number", value=shown(value))
    if (department and text == department) or (len(text) in (9, 18) and not _CODE.match(text)):
        raise BadValue("code_is_department", value=shown(text))
    parse_code(text)
    return text
