"""Telephone numbers in what residents write, for requests to be called back."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0(?:755|769|20|\d{2,3}))[ -]?(\d{7,8})(?!\d)")
_HK_MACAO = re.compile(r"(?<!\d)(\+85[23])[ -]?(\d{4})[ -]?(\d{4})(?!\d)")


def phone_in(words: str) -> str | None:
    """The telephone number in a text, digits only (`+852…` kept): a mainland mobile or landline
    with area code, or one of Hong Kong or Macao with its prefix."""
    if match := _MOBILE.search(words):
        return re.sub(r"\D", "", match.group(1))
    if match := _HK_MACAO.search(words):
        return "".join(match.groups())
    if match := _LANDLINE.search(words):
        return "".join(match.groups())
    return None


def masked_phone(phone: str) -> str:
    """`138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}"
