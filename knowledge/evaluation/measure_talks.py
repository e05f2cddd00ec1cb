"""How talks go: what follows a card is about its matter, about another, or about none of the list.

Every turn is put with the context of the turns before; where one of these was not understood, as if it
had been, so that each turn counts once. Greetings and thanks are the dialogue model's business and are
left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from core.i18n import Lang
from knowledge.answers import AnswerContext, Reply, Responder
from knowledge.asked_fact import LATER, facet_of
from knowledge.evaluation.talks import Kind, Talk, TalkTurn
from knowledge.text import understand

Outcome = Literal["right", "asked", "asked_else", "wrong", "not_found"]
"""`right`: an item meant, or an honest no where none is; `asked`: it is among what was asked about, or
nothing is meant; `asked_else`: it is not; `wrong`: another item; `not_found`: a no although the list has
it."""
OUTCOMES: tuple[Outcome, ...] = ("right", "asked", "asked_else", "wrong", "not_found")
KINDS: tuple[Kind, ...] = ("first", "same", "new", "outside")


def _meant(responder: Responder, turn: TalkTurn) -> set[str]:
    sister = responder.catalogue.sister
    return {*turn.codes, *(sister(code) or code for code in turn.codes)}


def outcome(responder: Responder, reply: Reply, turn: TalkTurn) -> Outcome:
    """What became of a turn."""
    meant = _meant(responder, turn)
    named = set(reply.codes)
    if reply.decision == "abstain":
        return "not_found" if meant else "right"
    if reply.decision == "clarify":
        return "asked" if not meant or named & meant else "asked_else"
    return "right" if named & meant else "wrong"


def _named_beside(responder: Responder, reply: Reply, turn: TalkTurn) -> str:
    """What stands beside an answer as what else may be meant: "meant", "another" or "none"."""
    named = {choice.code for choice in reply.offers} - set(reply.codes)
    return "meant" if named & _meant(responder, turn) else "another" if named else "none"


def measure_talks(responder: Responder, talks: Sequence[Talk], today: dt.date) -> dict[str, Any]:
    """Outcomes by kind of turn, by language of the turns that go on, and what stands beside answers after a
    card, as counts."""
    kinds: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    langs: dict[str, Counter[str]] = {}
    beside: Counter[str] = Counter()
    for talk in talks:
        lang: Lang = "en" if talk.lang == "en" else "zh"
        context = AnswerContext()
        for turn in talk.turns:
            if turn.kind == "social":
                continue
            reply = responder.respond(turn.text, lang=lang, context=context, today=today)
            became = outcome(responder, reply, turn)
            kinds[turn.kind][became] += 1
            if turn.kind in ("same", "new") and became in ("right", "wrong"):
                beside[became] += 1
                beside[f"{became}_{_named_beside(responder, reply, turn)}"] += 1
            if turn.kind == "same":
                langs.setdefault(talk.lang, Counter())[became] += 1
            context = _after(reply, turn, context, became)
    return {
        "by_kind": {kind: _counts(found) for kind, found in kinds.items()},
        "same_by_lang": {lang: _counts(found) for lang, found in sorted(langs.items())},
        "beside": {
            name: beside[name] for name in ("wrong", "wrong_meant", "right", "right_another")
        },
        "facts": _facts(responder, talks),
    }


def _facts(responder: Responder, talks: Sequence[Talk]) -> dict[str, Any]:
    """Of the turns that go on: whether what they ask is heard, as counts. To hear nothing of a case is right;
    `wrong` is what would lead a card and was not asked."""
    heard: Counter[str] = Counter()
    for talk in talks:
        for turn in talk.turns:
            if turn.fact is None:
                continue
            typed = understand(turn.text, lang="en" if talk.lang == "en" else "zh")
            vector = responder.engine.comparable(responder.engine.embed(turn.text))
            fact = facet_of(typed.text, LATER, vector)
            asked = None if turn.fact in ("other", "overview") else turn.fact
            heard["right" if fact == asked else "not_heard" if fact is None else "wrong"] += 1
    kinds = ("right", "wrong", "not_heard")
    return {"turns": sum(heard.values()), **{kind: heard[kind] for kind in kinds}}


def _after(reply: Reply, turn: TalkTurn, before: AnswerContext, became: Outcome) -> AnswerContext:
    """The context of the next turn."""
    facts = reply.context.facts
    if not turn.codes:
        return AnswerContext(code=before.code, facts=facts)
    if became == "right" and reply.context.code is not None:
        return reply.context
    return AnswerContext(code=turn.codes[0], facts=facts)


def _counts(found: Counter[str]) -> dict[str, Any]:
    total = sum(found.values())
    share = round(found["right"] / total, 4) if total else None
    return {"turns": total, **{name: found[name] for name in OUTCOMES}, "right_share": share}


def report_talks(measured: dict[str, Any]) -> str:
    """The figures as text."""
    rows = [(kind, found) for kind, found in measured["by_kind"].items()]
    rows += [(f"same, {lang}", found) for lang, found in measured["same_by_lang"].items()]
    facts = measured["facts"]
    heard = (
        f"talks, what is asked after a card: heard rightly {facts['right']} of {facts['turns']}, "
        f"wrongly {facts['wrong']}"
    )
    lines = [
        f"talks, {name}: right {found['right']} of {found['turns']}, asked {found['asked']}, asked "
        f"about another {found['asked_else']}, wrong {found['wrong']}, not found {found['not_found']}"
        for name, found in rows
    ]
    beside = measured["beside"]
    named = (
        f"talks, what else may be meant: named beside {beside['wrong_meant']} of {beside['wrong']} "
        f"wrong answers, something else beside {beside['right_another']} of {beside['right']} right ones"
    )
    return "\n".join([*lines, named, heard])
