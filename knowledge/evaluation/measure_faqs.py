"""How well the frequent question that was asked is found among its matter's, and which leads a card.

Questions of `faq_questions.jsonl` name the matter and the frequent question that answers them, or none. Those
of the `train` split are plain rewordings, looked at when the thresholds were chosen; those of `test` are
residents' stories by somebody who knew the list's questions and not the search. The matter is taken as
found: this measures the frequent questions alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from knowledge.faqs import FrequentQuestions
from knowledge.search import SearchEngine

FAQ_QUESTIONS = Path(__file__).with_name("faq_questions.jsonl")


class FaqQuestion(BaseModel):
    """A resident's words about the matter `code`."""

    text: str
    lang: Literal["zh", "en", "yue"]
    code: str
    faq: str | None
    """The Chinese text of the frequent question that answers it; None where none does."""
    split: Literal["train", "test"]


def load_faq_questions(path: Path = FAQ_QUESTIONS) -> list[FaqQuestion]:
    """All in file order; raises `pydantic.ValidationError`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [FaqQuestion.model_validate_json(line) for line in lines if line.strip()]


def measure_faqs(engine: SearchEngine, questions: Sequence[FaqQuestion]) -> dict[str, Any]:
    """Shares 0..1 by split: `nearest` right of those with an answer; `led` of all, and right of those."""
    faqs = FrequentQuestions(engine)
    out: dict[str, Any] = {}
    for split in ("train", "test"):
        own = [question for question in questions if question.split == split]
        nearest = led = right = 0
        for question in own:
            asked = engine.understand(question.text, lang="en" if question.lang == "en" else "zh")
            sister = engine.catalogue.sister(question.code)
            items = [engine.catalogue.items[c] for c in (question.code, sister) if c is not None]
            vector = engine.embedder.encode_query(asked.core)
            found = faqs.asked(items, asked, vector, None)
            nearest += question.faq is not None and found.order[:1] == (question.faq,)
            lead = found.same or found.near
            led += lead is not None
            right += lead is not None and lead == question.faq
        answerable = sum(question.faq is not None for question in own)
        out[split] = {
            "questions": len(own),
            "answerable": answerable,
            "nearest": round(nearest / max(1, answerable), 4),
            "led": led,
            "led_right": round(right / led, 4) if led else None,
        }
    return out


def report_faqs(measured: dict[str, Any]) -> str:
    """The figures as text."""
    return "\n".join(
        f"frequent questions, {split}: the one asked is nearest for {values['nearest']} of "
        f"{values['answerable']}; one led {values['led']} of {values['questions']} cards, "
        f"rightly {values['led_right']}"
        for split, values in measured.items()
    )
