"""What is wrong with a value, in words: where the model has a pattern, an example of what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_core import ErrorDetails

from knowledge.imports.faults import shown

FORMS = {
    r"^SG-[A-Z]{2}-\d{3}$": "code of an item such as SG-HR-001",
    r"^(S\d{1,2}[a-z]?|DEMO)$": "code of a source such as S12 or DEMO",
    r"^[a-z0-9_]{2,40}$": "id such as id_card (2 to 40 small letters, digits and _)",
    r"^[0-9A-Z]{12}$": "code of 12 digits and capital letters",
    r"^[0-9A-Z]{31}$": "code of 31 digits and capital letters",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "time of day such as 09:00",
    r"^(SZ|DG)-[A-Z0-9]{2,12}(-[A-Z0-9]{1,8})?$": "code of a centre such as SZ-FT or DG-CA-1",
    r"^B-[A-Z]{2,20}$": "code of a life event such as B-MOVE",
    r"^L-[A-Z0-9-]{2,30}$": "code of a contact such as L-DG-1",
    r"^D-[A-Z0-9-]{2,30}$": "code of an offer such as D-DG-1",
}
"""Every pattern of `knowledge.model`, and what it takes."""
_DATE = "is no date such as 2025-05-10"
_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "string_pattern_mismatch": lambda c: f"is no {FORMS.get(c['pattern'], 'text of this form')}",
    "greater_than_equal": lambda c: f"is less than {c['ge']}",
    "less_than_equal": lambda c: f"is more than {c['le']}",
    "decimal_max_places": lambda c: f"has more than {c['decimal_places']} decimal places",
    "literal_error": lambda c: f"is not {c['expected']}",
    **dict.fromkeys(("decimal_parsing", "decimal_type", "finite_number"), lambda _: "is no number"),
    **dict.fromkeys(
        ("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        lambda _: _DATE,
    ),
}


def in_words(problem: ErrorDetails) -> str:
    """One problem of a `ValidationError`, without the field's name."""
    told = _WORDS.get(problem["type"])
    if told is None:
        return problem["msg"]
    return f"{shown(problem['input'])} {told(problem.get('ctx', {}))}"
