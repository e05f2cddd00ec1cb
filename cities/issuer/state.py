"""What a sandbox issuer remembers for a few minutes: running sign-ins, codes, failed attempts.

In memory: losing it makes a resident start the sign-in again, nothing more. Everything lapses and is
bounded, so that a flood of requests cannot fill the process.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cities.sandbox.people import DemoAccount
from core.clock import Clock
from core.i18n import Lang
from core.identity import Level
from core.ids import new_token

FLOW_S = 600.0
CODE_S = 60.0
MAX_ENTRIES = 5000
FAILURES = 8
"""Wrong passwords or codes allowed from one address, or for one username, within `WINDOW_S`."""
WINDOW_S = 300.0
V = TypeVar("V")


@dataclass(slots=True)
class Flow:
    """One running sign-in, bound to one browser by `cookie`."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    level: Level
    lang: Lang
    id: str = field(default_factory=new_token)
    csrf: str = field(default_factory=new_token)
    cookie: str = field(default_factory=new_token)
    account: DemoAccount | None = None
    """Set once the first factor was right."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization code stands for."""

    account: DemoAccount
    redirect_uri: str
    nonce: str
    challenge: str
    level: Level
    auth_time: int


class _Lapsing(Generic[V]):
    """A bounded mapping whose entries lapse after `ttl_s`."""

    def __init__(self, clock: Clock, ttl_s: float) -> None:
        self._clock, self._ttl_s = clock, ttl_s
        self._entries: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def put(self, key: str, value: V) -> None:
        now = self._clock.monotonic()
        while self._entries:
            at, _ = next(iter(self._entries.values()))
            if now - at <= self._ttl_s and len(self._entries) < MAX_ENTRIES:
                break
            self._entries.popitem(last=False)
        self._entries[key] = (now, value)

    def get(self, key: str) -> V | None:
        found = self._entries.get(key)
        if found is None or self._clock.monotonic() - found[0] > self._ttl_s:
            return None
        return found[1]

    def pop(self, key: str) -> V | None:
        value = self.get(key)
        self._entries.pop(key, None)
        return value


class IssuerState:
    """Flows, codes and failed attempts of one issuer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flows: _Lapsing[Flow] = _Lapsing(clock, FLOW_S)
        self._codes: _Lapsing[Grant] = _Lapsing(clock, CODE_S)
        self._failures: _Lapsing[deque[float]] = _Lapsing(clock, WINDOW_S)

    def begin(self, flow: Flow) -> None:
        """Remember a new sign-in."""
        self._flows.put(flow.id, flow)

    def flow(self, flow_id: str) -> Flow | None:
        """A running sign-in, or None when unknown or lapsed."""
        return self._flows.get(flow_id)

    def end(self, flow: Flow) -> None:
        """Forget a sign-in: it is finished or was given up."""
        self._flows.pop(flow.id)

    def issue(self, grant: Grant) -> str:
        """A code for `grant`, good once, for a minute."""
        code = new_token()
        self._codes.put(_digest(code), grant)
        return code

    def redeem(self, code: str) -> Grant | None:
        """The grant behind a code; the code is spent, whatever happens next."""
        return self._codes.pop(_digest(code))

    def blocked(self, *keys: str) -> bool:
        """Whether one of `keys` (an address, a username) has failed too often lately."""
        now = self._clock.monotonic()
        for key in keys:
            times = self._failures.get(_digest(key))
            if times is not None and sum(now - at <= WINDOW_S for at in times) >= FAILURES:
                return True
        return False

    def failed(self, *keys: str) -> None:
        """Note a wrong password or code."""
        for key in map(_digest, keys):
            times = self._failures.pop(key) or deque(maxlen=FAILURES)
            times.append(self._clock.monotonic())
            self._failures.put(key, times)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
