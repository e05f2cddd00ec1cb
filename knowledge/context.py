"""What the last reply was about and what the resident has said of himself: kept between turns.

JSON-able and kept by the caller. Holds cities of facts ("pays in Dongguan"), never a name or number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from core.cards import CITIES, City, Facet
from knowledge.jurisdiction import FACTS, Place, facts_from
from knowledge.model import DecidingFact


@dataclass(frozen=True)
class AnswerContext:
    """Context of follow-ups."""

    code: str | None = None
    city: City | None = None
    facet: Facet | None = None
    choices: tuple[str, ...] = ()
    """Codes of matters and plans offered by the last choices card, in order."""
    facts: Mapping[DecidingFact, Place] = field(default_factory=dict)
    """Where the resident's facts lie, as far as he has said; `both` also where he did not know."""
    asking: DecidingFact | None = None
    """The fact that the last card asked for, about `code`."""
    bundle: str | None = None
    """Life event shown last; `answers` as `knowledge.bundles.write_answers` writes them."""
    answers: str = ""
    view: Literal["centres"] | None = None
    """The last card listed places, for `code` if there is one."""
    aside: bool = False
    """Whether `choices` stood beside an answer, as what else may be meant: nothing was asked."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form; what is empty is left out, besides the first four."""
        body: dict[str, Any] = {
            "code": self.code, "city": self.city, "facet": self.facet,
            "choices": list(self.choices),
        }  # fmt: skip
        extra = {
            "facts": dict(self.facts), "asking": self.asking, "bundle": self.bundle,
            "answers": self.answers, "view": self.view, "aside": self.aside,
        }  # fmt: skip
        return {**body, **{key: value for key, value in extra.items() if value}}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> AnswerContext:
        """From `as_dict`; anything unknown or malformed is dropped."""
        data = data or {}
        code, city, facet, bundle = (data.get(key) for key in ("code", "city", "facet", "bundle"))
        choices = data.get("choices") or ()
        asking, answers = data.get("asking"), data.get("answers")
        return cls(
            code if isinstance(code, str) else None,
            city if city in CITIES else None,
            facet if facet in get_args(Facet) else None,
            tuple(choice for choice in choices if isinstance(choice, str)),
            facts_from(data.get("facts")),
            asking if asking in FACTS else None,
            bundle if isinstance(bundle, str) else None,
            answers if isinstance(answers, str) else "",
            "centres" if data.get("view") == "centres" else None,
            data.get("aside") is True,
        )
