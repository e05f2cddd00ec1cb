"""The dialogue engine as seen from the gateway: one turn in, messages and slots out.

Talks to our own input channel (`bot/channel.py`). Never decides what to say when Rasa is away; it
raises `RasaDown` and the turn decides.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np
import numpy.typing as npt
import orjson
from yarl import URL

from core.errors import Unavailable
from core.http import INTERNAL_HEADER
from core.metrics import histogram

TURN_SECONDS = histogram("sg_gateway_rasa_turn_seconds", "One turn of the dialogue engine")


class RasaDown(Unavailable):
    """Rasa is starting, restarting, or too slow."""

    code = "assistant_warming"


@dataclass(frozen=True, slots=True)
class Turn:
    """What goes in: either a resident's words or a payload the server issued."""

    conversation: str
    text: str | None
    payload: str | None
    metadata: dict[str, Any]
    vector: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What came out."""

    messages: list[dict[str, Any]]
    slots: dict[str, Any] = field(default_factory=dict)
    intent: dict[str, Any] | None = None


class RasaClient:
    """One pooled HTTP client."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        session: aiohttp.ClientSession,
        timeout_s: float,
        actions_url: str = "",
    ) -> None:
        """`actions_url`: the webhook of the action server, where it is known: without it no turn succeeds."""
        self._base, self._session = base_url.rstrip("/"), session
        self._needed = [f"{self._base}/status"]
        if actions_url:
            self._needed.append(str(URL(actions_url).with_path("/healthz")))
        self._headers = {INTERNAL_HEADER: token, "Content-Type": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=1.0)

    async def turn(self, turn: Turn) -> TurnResult:
        """Run one turn; raises `RasaDown`."""
        vector = None
        if turn.vector is not None:
            vector = base64.b64encode(turn.vector.astype("<f4").tobytes()).decode()
        body: dict[str, Any] = {
            "sender": turn.conversation,
            "metadata": {**turn.metadata, "vector": vector},
        }
        body["payload" if turn.payload else "text"] = turn.payload or turn.text
        try:
            with TURN_SECONDS.time():
                async with self._session.post(
                    f"{self._base}/webhooks/shenguan/webhook",
                    data=orjson.dumps(body),
                    headers=self._headers,
                    timeout=self._timeout,
                ) as response:
                    raw = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise RasaDown(details={"missing": "rasa"}) from exc
        if response.status != 200:
            raise RasaDown(details={"missing": "rasa", "status": response.status})
        data = orjson.loads(raw)
        return TurnResult(data.get("messages", []), data.get("slots", {}), data.get("intent"))

    async def ready(self) -> bool:
        """Whether the model is loaded and answers, and so does the action server."""
        for url in self._needed:
            try:
                async with self._session.get(
                    url, headers=self._headers, timeout=aiohttp.ClientTimeout(total=1.0)
                ) as response:
                    if response.status != 200:
                        return False
            except (aiohttp.ClientError, TimeoutError, OSError):
                return False
        return True
