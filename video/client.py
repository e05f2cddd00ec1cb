"""The gateway's way to a media node. Needs no media library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

from core.errors import AppError, Unavailable
from core.http import INTERNAL_HEADER
from core.log import get_log

log = get_log(__name__)

CALL_TIMEOUT_S = 5.0
QUIET_S = 30.0
"""The node pings every 10 s; an event stream that is silent for longer is dead."""
BACKOFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)


class VideoClient:
    """Calls one media node.

    Every call raises the node's own typed error (`AppError` with its code and status), or
    `Unavailable("video_unavailable")` when the node cannot be reached.
    """

    def __init__(self, base_url: str, token: str, session: aiohttp.ClientSession) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {INTERNAL_HEADER: token}
        self._session = session

    async def join(self, room: str, leg: str, sdp: str, role: str | None = None) -> str:
        """SDP answer to a leg's offer; also for a rejoin, renegotiation or ICE restart."""
        body = {"sdp": sdp} | ({"role": role} if role else {})
        answer = await self._call("POST", f"{_room(room)}/legs/{quote(leg, safe='')}", body)
        return str(answer["sdp"])

    async def bridge(self, room: str) -> dict[str, Any]:
        """Let the legs see and hear each other: `{"bridged": true, "legs": [...]}`."""
        return await self._call("POST", f"{_room(room)}/bridge")

    async def unbridge(self, room: str) -> dict[str, Any]:
        """Hold: stay connected, pass nothing on."""
        return await self._call("DELETE", f"{_room(room)}/bridge")

    async def leave(self, room: str, leg: str) -> None:
        """A leg hangs up; one that is already gone is fine."""
        await self._gone_is_fine(f"{_room(room)}/legs/{quote(leg, safe='')}")

    async def close_room(self, room: str) -> None:
        """End a room; one that is already gone is fine."""
        await self._gone_is_fine(_room(room))

    async def stats(self, room: str) -> dict[str, Any]:
        """State and quality of a room."""
        return await self._call("GET", _room(room))

    async def health(self) -> bool:
        """Whether the node answers."""
        try:
            await self._call("GET", "/healthz", timeout=1.0)
        except AppError:
            return False
        return True

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Events of the node for ever, reconnecting by itself.

        After each connection a `{"type": "hello", "epoch", "rooms"}` comes first: `rooms` is the
        whole state when events may have been missed (the node restarted), None when the stream
        goes on where it stopped. While the node is away one `{"type": "lost"}` is given. Pings are
        left out.
        """
        epoch, after, failures = "", -1, 0
        while True:
            try:
                async for event in self._stream(epoch, after):
                    failures = 0
                    if event["type"] == "ping":
                        continue
                    if event["type"] == "hello":
                        resumed = event["rooms"] is None
                        epoch, after = event["epoch"], after if resumed else event["seq"]
                    else:
                        after = event["seq"]
                    yield event
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
                log.debug("video.events_interrupted", kind=type(exc).__name__)
            if failures == 0:
                yield {"type": "lost"}
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _stream(self, epoch: str, after: int) -> AsyncIterator[dict[str, Any]]:
        async with self._session.get(
            f"{self._base}/v1/events",
            params={"epoch": epoch, "after": str(after)},
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CALL_TIMEOUT_S, sock_read=QUIET_S
            ),
        ) as response:
            response.raise_for_status()
            async for line in response.content:
                yield orjson.loads(line)

    async def _gone_is_fine(self, path: str) -> None:
        try:
            await self._call("DELETE", path)
        except AppError as err:
            if err.status != 404:
                raise

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: float = CALL_TIMEOUT_S,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(
                method,
                self._base + path,
                json=body,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                answer: dict[str, Any] = orjson.loads(await response.read())
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, orjson.JSONDecodeError) as exc:
            raise Unavailable("video_unavailable") from exc
        if status >= 400:
            err = answer.get("error", {})
            raise AppError(
                str(err.get("code", "video_unavailable")),
                status=status,
                retryable=bool(err.get("retryable", False)),
                details=dict(err.get("details") or {}),
            )
        return answer


def _room(room: str) -> str:
    return f"/v1/rooms/{quote(room, safe='')}"
