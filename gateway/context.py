"""What the edges of the gateway share: one object, built by `gateway.app`, injected everywhere."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from core.auth import Signer
from core.cache import Redis
from core.clock import Clock
from core.db import Database
from core.outbox import Outbox
from core.settings import Settings
from gateway.conversations import ConversationStore
from gateway.feedback import AnswerFeedback
from gateway.hub import Hub
from gateway.human import HumanSide
from gateway.rates import RateLimit
from gateway.search import SearchRuntime
from gateway.tokens import TokenBox
from gateway.turns import TurnService
from knowledge.editing.register import Register
from knowledge.learning.log import LearningLog


@dataclass
class Gateway:
    """Everything a handler may need."""

    settings: Settings
    clock: Clock
    db: Database
    redis: Redis | None
    http: aiohttp.ClientSession
    outbox: Outbox
    signer: Signer
    store: ConversationStore
    hub: Hub
    search: SearchRuntime
    turns: TurnService
    tokens: TokenBox
    human: HumanSide
    feedback: AnswerFeedback
    learning: LearningLog
    register: Register
    """The managed list."""
    limits: RateLimit
    """Per conversation."""
    address_limits: RateLimit
    """Per address."""
    ice: Callable[[str], list[dict[str, Any]]]
    """ICE servers for a user, with short-lived credentials."""
    sockets: weakref.WeakSet[web.WebSocketResponse] = field(default_factory=weakref.WeakSet)
