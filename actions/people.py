"""A person, and what makes one needed: requests, feelings, danger, requests that must be refused.

Danger to life comes first and names the help lines before anything else. Feelings are answered in
words, with the list's answer where there is one, and with the offer of a person.
"""

from __future__ import annotations

import re

from actions.chips import TEXT_FIRST, VIDEO_FIRST, chip, notice, person, to_person
from actions.glossary import explain
from actions.service import about, again, answered, reply_of
from actions.services import Services
from actions.turn import Reply, Turn
from core.cards import Action, ChoicesCard, NoticeCard

WORTH_SEARCHING = 8
"""Characters from which a worried sentence may also hold a question."""
SURE = 0.6
"""From this confidence on, a request is taken for unlawful without a word that says so."""
_UNLAWFUL = ("other_people_data", "forge_documents", "bribery", "evade_rules")
_UNLAWFUL_WORDS = re.compile(
    r"假|伪造|刻.{0,2}章|[pP]图|红包|送礼|好处|塞.{0,3}钱|走后门|关系|套现|套.{0,4}公积金|骗|糊弄|蒙混|漏洞|空子|逃税|"
    r"别人|他人|(老婆|老公|对象|前夫|前妻|邻居|同事|老板|员工|儿媳|女婿|男友|女友|朋友|别家).{0,4}(的|名下|嘅)|"
    r"fake|forg|brib|gift|cash out|cheat|trick|loophole|without (him|her|them)|"
    r"(someone|somebody|wife|husband|friend|neighbo|boss|ex)\b.{0,3}('s|s')",
    re.I,
)
_HELP_LINES = {
    "self_harm": ("12356", "120", "110"),
    "emergency": ("110", "120", "119"),
}


async def handoff(services: Services, turn: Turn) -> Reply:
    """「转人工」: the offer at once, nothing asked before."""
    del services
    video = turn.intent == "human_video"
    key = "handoff.video" if video else "handoff.text"
    return Reply([person(turn, turn.say(key), VIDEO_FIRST if video else TEXT_FIRST)])


async def feelings(services: Services, turn: Turn) -> Reply:
    """Kind words that fit, an answer if the list has one, and a person."""
    if turn.intent == "angry":
        return _angry(turn)
    if turn.intent == "confused":
        return _confused(turn)
    reply = Reply([turn.say(f"feel.{turn.intent}")])
    if len(turn.text) >= WORTH_SEARCHING:
        found = await services.listing.ask(turn)
        if found.decision == "answer":
            reply = reply.then(reply_of(turn, found))
    modes = VIDEO_FIRST if turn.intent == "elderly_help" else TEXT_FIRST
    reply.items.append(person(turn, turn.say(f"handoff.{turn.intent}"), modes))
    return reply


def _angry(turn: Turn) -> Reply:
    before = turn.count("upset")
    if before:
        card = person(turn, turn.say("handoff.angry"))
        return Reply([turn.say("feel.angry_again"), card], {"upset": before + 1})
    card_choices = ChoicesCard(
        lang=turn.lang,
        prompt=turn.say("feel.angry"),
        choices=[
            chip(turn, "person", "human_text"),
            chip(turn, "callback", "request_callback"),
            chip(turn, "complain", "complaint_12345"),
        ],
    )
    return Reply([card_choices], {"upset": 1})


def _confused(turn: Turn) -> Reply:
    if explained := explain(turn):
        return Reply([explained])
    kept = turn.slots.get("last_cards")
    refs = [part for part in kept if "ref" in part] if isinstance(kept, list) else []
    if refs and not turn.count("misunderstood"):
        code = str(refs[-1]["ref"])
        choices = [
            chip(turn, "steps", "ask_item", code=code, facet="steps"),
            chip(turn, "bring", "checklist", code=code),
            chip(turn, "person", "human_text"),
        ]
        card = ChoicesCard(lang=turn.lang, prompt=turn.say("feel.confused"), choices=choices)
        return Reply([card], understood=False)
    prompt = turn.say("handoff.confused")
    return Reply([person(turn, prompt)], understood=False)


async def crisis(services: Services, turn: Turn) -> Reply:
    """Life in danger: numbers first, then a person here."""
    del services
    lines = [
        Action(title=turn.say(f"line.{number}"), kind="link", url=f"tel:{number}")
        for number in _HELP_LINES[turn.intent]
    ]
    card = NoticeCard(
        lang=turn.lang,
        level="urgent",
        title=turn.say(f"crisis.{turn.intent}.title"),
        text=turn.say(f"crisis.{turn.intent}.text"),
        actions=lines,
    )
    return Reply([card, person(turn, turn.say(f"handoff.{turn.intent}"))])


async def refuse(services: Services, turn: Turn) -> Reply:
    """Refused, with the reason and the lawful way; the resident is not scolded."""
    if turn.intent == "prompt_injection":
        return Reply([turn.say("unsafe.prompt_injection")])
    if (
        turn.intent in _UNLAWFUL
        and turn.confidence < SURE
        and not _UNLAWFUL_WORDS.search(turn.text)
    ):
        found = await services.listing.ask(turn)
        if found.decision != "abstain":
            return reply_of(turn, found)
    if turn.intent == "abuse":
        before = turn.count("upset")
        if before:
            return Reply([person(turn, turn.say("handoff.abuse"))], {"upset": before + 1})
        return Reply([turn.say("unsafe.abuse")], {"upset": 1})
    card = NoticeCard(
        lang=turn.lang,
        level="warning",
        title=turn.say(f"unsafe.{turn.intent}.title"),
        text=turn.say(f"unsafe.{turn.intent}.text"),
        actions=[to_person(turn)],
    )
    return Reply([card])


async def minor(services: Services, turn: Turn) -> Reply:
    """Under age: general answers yes, accounts only with a guardian."""
    reply = Reply([notice(turn, "minor")])
    if len(turn.text) >= WORTH_SEARCHING:
        found = await services.listing.ask(turn)
        if found.decision == "answer":
            return reply.then(reply_of(turn, found))
    return reply


_ACTS = {
    "book_window": "SG-XX-001",
    "door_to_door": "SG-XX-003",
    "complaint_12345": "SG-XX-006",
}


async def act(services: Services, turn: Turn) -> Reply:
    """A booking, a visit, a complaint: how it is done, and a person to do it with."""
    reply = await about(services, turn, _ACTS[turn.intent])
    if not answered(reply):
        reply.items.append(turn.say(f"act.{turn.intent}"))
    reply.items.append(person(turn, turn.say(f"handoff.{turn.intent}")))
    return reply


async def repeat(services: Services, turn: Turn) -> Reply:
    """Say the last thing again."""
    kept = turn.slots.get("last_cards")
    if isinstance(kept, list) and kept:
        return await again(services, turn, kept)
    return Reply([turn.say("repeat.nothing")])
