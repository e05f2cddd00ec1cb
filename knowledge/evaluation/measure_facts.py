"""Which fact leads the card: questions (`fact_questions.jsonl`) that each ask for one fact of a matter,
tellings (`tellings.jsonl`), in which words of a fact stand that is not asked (「老板电话也不接」), and
situations (`situations.jsonl`), one of every item, most of which do not name it, and what stands near the
list.

The questions were written in 2026-11 by two people who knew the items' names, conditions and figures, and what
a clerk would take as asked; tellings and situations by people who knew names and summaries; nothing was
learned from them.
What no fact tells (`overview`, `other`) is led by the overview.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from core.cards import AnswerCard
from core.i18n import Lang
from knowledge.answers import Responder
from knowledge.asked_fact import Asked

FACT_QUESTIONS = Path(__file__).parent / "fact_questions.jsonl"
TELLINGS = FACT_QUESTIONS.with_name("tellings.jsonl")
SITUATIONS = FACT_QUESTIONS.with_name("situations.jsonl")
OUTSIDE = "outside"
_REFUSED = {"abstain": "right", "clarify": "asked", "answer": "wrong"}


@dataclass(frozen=True)
class FactQuestion:
    """One question with what it asks."""

    text: str
    lang: Literal["zh", "yue", "en"]
    codes: tuple[str, ...]
    """Items meant; none of what is not in the list."""
    any: bool
    """Whether each of them alone would answer it."""
    fact: Asked

    @property
    def reply_lang(self) -> Lang:
        """Language of the reply."""
        return "en" if self.lang == "en" else "zh"


def load_fact_questions(path: Path = FACT_QUESTIONS) -> tuple[FactQuestion, ...]:
    """All questions, in file order."""
    rows = map(orjson.loads, path.read_bytes().splitlines())
    return tuple(FactQuestion(**{**row, "codes": tuple(row["codes"])}) for row in rows)


def measure_facts(
    responder: Responder, questions: Sequence[FactQuestion], today: dt.date
) -> dict[str, Any]:
    """Counts by language, and of what is not in the list (`OUTSIDE`): `right` item or all of them, `asked`
    back, `wrong` item, `not_found`; and of the single cards of the right item those that `lead` with the asked
    fact."""
    out: dict[str, Counter[str]] = {}
    for question in questions:
        own = out.setdefault(question.lang if question.codes else OUTSIDE, Counter())
        own["questions"] += 1
        reply = responder.respond(question.text, lang=question.reply_lang, today=today)
        if not question.codes:
            own[_REFUSED[reply.decision]] += 1
            continue
        sister = responder.catalogue.sister
        meant = [{code, sister(code) or code} for code in question.codes]
        found = [not one.isdisjoint(reply.codes) for one in meant]
        if reply.decision == "abstain":
            own["not_found"] += 1
        elif reply.decision == "clarify":
            own["asked"] += 1
        elif not any(found):
            own["wrong"] += 1
        else:
            own["right" if question.any or all(found) else "part"] += 1
        cards = [card for card in reply.cards if isinstance(card, AnswerCard)]
        if any(found) and len(cards) == 1:
            own["single"] += 1
            told = "overview" if question.fact == "other" else question.fact
            own["leads"] += cards[0].facet == told
    return {lang: _figures(counts) for lang, counts in sorted(out.items())}


def _figures(counts: Counter[str]) -> dict[str, Any]:
    names = ("questions", "right", "part", "asked", "wrong", "not_found", "single", "leads")
    share = round(counts["leads"] / counts["single"], 4) if counts["single"] else None
    return {**{name: counts[name] for name in names}, "lead_share": share}


def report_facts(measured: dict[str, Any], what: str = "one fact") -> str:
    """The figures as text."""
    return "\n".join(
        f"{what}, {lang}: right {own['right']} of {own['questions']}, in part {own['part']}, "
        f"asked {own['asked']}, wrong {own['wrong']}, not found {own['not_found']}; "
        f"the asked fact leads {own['leads']} of {own['single']} single cards"
        for lang, own in measured.items()
    )
