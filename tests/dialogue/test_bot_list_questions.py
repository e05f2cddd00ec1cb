"""What the list knows is said by the bot as well: no other intent takes the question away."""

from __future__ import annotations

import datetime as dt

from actions.precedence import OWN
from core.clock import CITY_TZ
from core.settings import get_settings
from knowledge.evaluation.questions import load_questions
from tests.dialogue.conftest import Answer, Bot
from tests.knowledge_engine import responder_of

KEPT = 0.99
_WHOLE = {"bundle", "centres", "comparison"}


def _kept(answer: Answer, wanted: set[str]) -> bool:
    """Whether an item searched for is answered, is part of the plan shown, or is itself what is done."""
    intent = answer.intent["name"]
    if wanted & OWN.get(intent, frozenset()):
        return "sign_in" in answer.types or "answer" in answer.types
    if intent == "check_case_progress":
        return "SG-XX-007" in wanted
    return bool(_WHOLE & set(answer.types) or wanted & {card.get("code") for card in answer.cards})


def test_the_bot_answers_what_the_list_answers(bot: Bot) -> None:
    """Every held-out question that the list answers rightly on its own, put to the running bot."""
    list_alone = responder_of(get_settings())
    today = dt.datetime.now(CITY_TZ).date()
    lost, asked = [], 0
    for question in load_questions():
        if question.split != "test" or not question.codes:
            continue
        lang = "en" if question.lang == "en" else "zh"
        found = list_alone.respond(question.text, lang=lang, today=today)
        right = set(question.codes) & set(found.codes)
        if found.decision != "answer" or not right:
            continue
        asked += 1
        answer = bot.talk(lang=lang).say(question.text)
        if not _kept(answer, right):
            lost.append((question.text, answer.intent["name"], answer.types))
    assert asked > 250
    assert len(lost) <= (1 - KEPT) * asked, lost
