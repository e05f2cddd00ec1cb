"""A resident's own records in both cities: who asks, with what consent, then the cities' answers.

Decides the identity level each record needs and that consent comes before the first look. An open
request is kept in `pending_request` and goes on by itself after sign-in or consent. Nothing of an
answer is kept.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal

from actions.chips import chip, notice
from actions.listing import CONTEXT_SLOT, context_of
from actions.precedence import PENDING_SLOT, list_first
from actions.service import service
from actions.services import Services
from actions.turn import Reply, Turn
from cities import present
from core.cards import AccountCard, Action, Card, ChoicesCard, SignInCard
from core.identity import Identity
from knowledge.comparing import compares
from knowledge.context import AnswerContext
from knowledge.facets import worded
from knowledge.text import understand

PURPOSE = "account_inquiry"
CONSENT_VERSION = "2026-11"
"""Version of the text `actions.consent.text`; a new text needs a new version."""
Level = Literal["L1", "L2", "L3"]
Ask = Callable[[Services, Identity, Turn], Awaitable[AccountCard]]


async def _fund(services: Services, identity: Identity, turn: Turn) -> AccountCard:
    return present.housing_fund_card(
        await services.cities.housing_fund(identity), identity, turn.lang
    )


async def _insurance(services: Services, identity: Identity, turn: Turn) -> AccountCard:
    return present.social_security_card(
        await services.cities.social_security(identity), identity, turn.lang
    )


async def _card(services: Services, identity: Identity, turn: Turn) -> AccountCard:
    return present.social_card_card(
        await services.cities.social_card(identity), identity, turn.lang
    )


async def _cases(services: Services, identity: Identity, turn: Turn) -> AccountCard:
    return present.case_card(await services.cities.case(identity), identity, turn.lang)


REQUESTS: dict[str, tuple[Level, Ask]] = {
    "check_housing_fund": ("L3", _fund),
    "estimate_withdrawal": ("L3", _fund),
    "check_social_security": ("L2", _insurance),
    "check_card_progress": ("L2", _card),
    "case_by_account": ("L2", _cases),
}
"""Request: level it needs (money: real name and second factor) and how it is answered."""
_NEXT: dict[str, tuple[tuple[str, str], ...]] = {
    "check_housing_fund": (("rent_sz", "SG-HF-002"), ("rent_dg", "SG-HF-003")),
    "estimate_withdrawal": (
        ("rent_sz", "SG-HF-002"), ("rent_dg", "SG-HF-003"),
        ("buy_sz", "SG-HF-004"), ("buy_dg", "SG-HF-005"),
    ),
    "check_social_security": (("proof", "SG-HR-002"), ("pension_transfer", "SG-HR-008")),
    "check_card_progress": (("card_replace", "SG-HR-004"), ("e_card", "SG-HR-006")),
    "case_by_account": (),
}  # fmt: skip


_ITEM = {
    "check_housing_fund": "SG-HF-001",
    "estimate_withdrawal": "SG-HF-001",
    "check_social_security": "SG-HR-001",
    "check_card_progress": "SG-HR-005",
    "case_by_account": "SG-XX-007",
}
"""What the list has on a request: what is said next goes on from it."""
_ONLY_THE_SUBJECT = re.compile(
    r"\W*((住房)?公积金|(社会保险|社会保障|社保|医保)(卡|号)?)(的?(事|事情|问题))?(怎么(弄|办|搞|处理))?\W*"
    r"|\W*((housing|provident|housing provident) fund|social (security|insurance)( card)?)\W*",
    re.IGNORECASE,
)
"""A subject without a wish: it may be one's own record or any of its services."""
MAX_CHOICES = 4
_OWN = {
    "check_housing_fund": "housing_fund",
    "estimate_withdrawal": "housing_fund",
    "check_card_progress": "card_progress",
}


async def account(services: Services, turn: Turn) -> Reply:
    """Answer the request of this turn's intent; a bare subject gets one clarifying question, and a
    question of the list, such as how the cities' rules compare or whom to call, is no look at one's own
    account."""
    if turn.text and (compares(turn.text) or worded(understand(turn.text).text) == "phone"):
        return await service(services, turn)
    if turn.text and _ONLY_THE_SUBJECT.fullmatch(turn.text):
        return await _which(services, turn)
    listed, still = await list_first(services, turn)
    return listed.then(await request(services, turn, turn.intent)) if still else listed


async def _which(services: Services, turn: Turn) -> Reply:
    """One's own record first, then what the list has on the subject."""
    found = await services.listing.ask(turn)
    key = _OWN.get(turn.intent, "social_security")
    own = chip(turn, key, f"check_{key}")
    # A card is mostly something to get done; a fund or an insurance mostly something to look up.
    listed = found.offers[: MAX_CHOICES - 1]
    choices = [*listed, own] if turn.intent == "check_card_progress" else [own, *listed]
    choices.append(chip(turn, "none", "none_of_these"))
    card = ChoicesCard(lang=turn.lang, prompt=turn.say("account.which"), choices=choices)
    return Reply([card], {CONTEXT_SLOT: found.context.as_dict()})


async def request(services: Services, turn: Turn, wanted: str) -> Reply:
    """Sign in, consent, answer: the first of them that is missing."""
    reply = await _next_of(services, turn, wanted)
    about = AnswerContext(code=_ITEM[wanted], facts=context_of(turn).facts)
    return replace(reply, slots={CONTEXT_SLOT: about.as_dict(), **reply.slots})


async def _next_of(services: Services, turn: Turn, wanted: str) -> Reply:
    level, ask = REQUESTS[wanted]
    identity = services.identity(turn.acting)
    if identity is None or not identity.at_least(level, services.clock.now()):
        return _sign_in(services, turn, wanted, level, step_up=identity is not None)
    if not await services.consents.granted(identity.network_id, PURPOSE):
        return _ask_consent(turn, wanted)
    card = await ask(services, identity, turn)
    card.actions = [*card.actions, *_next(turn, wanted)]
    items: list[Card | str] = [card]
    if wanted == "estimate_withdrawal":
        items.append(turn.say("account.estimate"))
    return Reply(items, {PENDING_SLOT: None})


def _next(turn: Turn, wanted: str) -> list[Action]:
    chips = [chip(turn, key, "ask_item", code=code) for key, code in _NEXT[wanted]]
    return [Action(title=c.title, token=c.token) for c in chips]


def _sign_in(services: Services, turn: Turn, wanted: str, level: Level, *, step_up: bool) -> Reply:
    card = SignInCard(
        lang=turn.lang,
        prompt=turn.say("sign_in.step_up" if step_up else "sign_in.prompt"),
        purpose=turn.say(f"purpose.{wanted}"),
        level=level,
        sandbox=services.sandbox,
    )
    return Reply([card], {PENDING_SLOT: {"intent": wanted, "stage": "sign_in"}})


def _ask_consent(turn: Turn, wanted: str) -> Reply:
    card = ChoicesCard(
        lang=turn.lang,
        prompt=turn.say("consent.text", purpose=turn.say(f"purpose.{wanted}")),
        choices=[
            chip(turn, "agree", "grant_consent", purpose=PURPOSE),
            chip(turn, "not_now", "decline_consent", purpose=PURPOSE),
        ],
    )
    return Reply([card], {PENDING_SLOT: {"intent": wanted, "stage": "consent"}})


def pending(turn: Turn) -> tuple[str, str] | None:
    """(request, stage) that waits, if one does."""
    stored: Any = turn.slots.get(PENDING_SLOT)
    if not isinstance(stored, dict) or stored.get("intent") not in REQUESTS:
        return None
    return str(stored["intent"]), str(stored.get("stage", ""))


async def consent(services: Services, turn: Turn) -> Reply:
    """Agree, not now, or withdraw."""
    if turn.intent == "revoke_consent":
        return await _revoke(services, turn)
    if turn.intent == "decline_consent":
        return Reply([notice(turn, "consent.declined", person=True)], {PENDING_SLOT: None})
    return await _grant(services, turn)


async def _grant(services: Services, turn: Turn) -> Reply:
    waiting = pending(turn)
    identity = services.identity(turn.acting)
    if identity is None:
        return await request(services, turn, waiting[0] if waiting else "check_social_security")
    if waiting is None:
        return Reply([notice(turn, "consent.nothing_open")])
    await services.consents.grant(identity.network_id, PURPOSE, "chat", CONSENT_VERSION)
    return await request(services, turn, waiting[0])


async def _revoke(services: Services, turn: Turn) -> Reply:
    identity = services.identity(turn.acting)
    if identity is None:
        return Reply([notice(turn, "consent.revoke_sign_in")])
    count = await services.consents.revoke(identity.network_id, PURPOSE)
    key = "consent.revoked" if count else "consent.none"
    return Reply([notice(turn, key, level="success" if count else "info")], {PENDING_SLOT: None})


async def signed_in(services: Services, turn: Turn) -> Reply:
    """The resident has just signed in: the open request goes on."""
    waiting = pending(turn)
    if waiting is not None:
        return await request(services, turn, waiting[0])
    return Reply([notice(turn, "sign_in.done", level="success")])


async def identity(services: Services, turn: Turn) -> Reply:
    """Asked to sign in or out. The session is the gateway's: it acts on the intent `sign_out`."""
    if turn.intent == "sign_out":
        return Reply([notice(turn, "sign_out", level="success")], {PENDING_SLOT: None})
    who = services.identity(turn.acting)
    if who is not None:
        return Reply([turn.say("sign_in.already", name=who.name)])
    card = SignInCard(
        lang=turn.lang,
        prompt=turn.say("sign_in.general"),
        purpose=turn.say("purpose.general"),
        level="L2",
        sandbox=services.sandbox,
    )
    return Reply([card])
