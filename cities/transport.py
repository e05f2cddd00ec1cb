"""One HTTP exchange with a city's system, with every failure named.

It decides which failures are safe to repeat (all our calls are queries). It never logs a body, a
header or an address with personal data in it, and never follows a redirect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp

from cities.ports import CityFailure

MAX_BODY = 1024 * 1024
_BUSY = frozenset({500, 502, 503, 504})
SessionSource = Callable[[], aiohttp.ClientSession]
"""Gives the shared session; called inside the running loop only."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer: at most `MAX_BODY` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def post(
    session: aiohttp.ClientSession, url: str, *, headers: Mapping[str, str], body: bytes
) -> Reply:
    """POST and read the whole answer.

    Raises `CityFailure`: `down` (safe) when there was no connection or a 5xx, `malformed` when the
    answer is too large or a redirect. 4xx is returned to the adapter, which knows what it means.
    """
    try:
        async with session.post(url, headers=headers, data=body, allow_redirects=False) as response:
            data = await response.content.read(MAX_BODY + 1)
            while len(data) <= MAX_BODY and not response.content.at_eof():
                data += await response.content.read(MAX_BODY + 1 - len(data))
            status, answered = response.status, response.headers.copy()
    except TimeoutError as late:
        raise CityFailure("timeout") from late
    except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError) as lost:
        raise CityFailure("down", safe=True) from lost
    if len(data) > MAX_BODY:
        raise CityFailure("malformed", where="size")
    if status in _BUSY:
        raise CityFailure("down", safe=True)
    if status in (408, 429):
        raise CityFailure("refused")
    if 300 <= status < 400:
        raise CityFailure("malformed", where="redirect")
    return Reply(status, answered, data)
