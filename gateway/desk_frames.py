"""Frames an agent's page may send (docs/api/protocol.md, "Agent socket"), checked on arrival."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.cards import Mode
from core.errors import InvalidInput, TooLarge
from core.http import field_errors
from desk.tickets import Outcome

MAX_FRAME = 64 * 1024
TicketId = Annotated[str, Field(min_length=1, max_length=40)]
ClientId = Annotated[str, Field(min_length=8, max_length=64)]
RoomId = Annotated[str, Field(min_length=1, max_length=64)]
Code = Annotated[str, Field(pattern=r"^SG-[A-Z]{2,4}-\d{3}$")]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Hello(_Frame):
    """First; `after` is the last desk event seen."""

    type: Literal["hello"]
    after: int = Field(0, ge=0)


class PresenceFrame(_Frame):
    """How the agent is, and for which media."""

    type: Literal["presence"]
    status: Literal["online", "away", "offline"]
    media: list[Mode] = Field(default_factory=list, max_length=2)


class Heartbeat(_Frame):
    """Every ten seconds."""

    type: Literal["heartbeat"]


class Ping(_Frame):
    """Is the socket alive?"""

    type: Literal["ping"]


class OnTicket(_Frame):
    """Something to do with a ticket."""

    type: Literal["accept", "decline", "end", "release"]
    ticket: TicketId


class Say(_Frame):
    """To the resident."""

    type: Literal["say"]
    ticket: TicketId
    client_id: ClientId
    text: str = Field(min_length=1, max_length=20_000)


class Typing(_Frame):
    """The agent is typing."""

    type: Literal["typing"]
    ticket: TicketId
    on: bool


class WrapUpFrame(_Frame):
    """The report."""

    type: Literal["wrap_up"]
    ticket: TicketId
    client_id: ClientId
    summary: str = Field(min_length=1, max_length=2000)
    outcome: Outcome
    codes: list[Code] = Field(default_factory=list, max_length=20)
    note: str = Field("", max_length=2000)


class RtcOffer(_Frame):
    """The browser's SDP offer."""

    type: Literal["rtc.offer"]
    consultation: RoomId
    sdp: str = Field(min_length=1, max_length=60_000)


class RtcLeave(_Frame):
    """Hang up."""

    type: Literal["rtc.leave"]
    consultation: RoomId


class RtcMedia(_Frame):
    """Microphone and camera are on or off."""

    type: Literal["rtc.media"]
    consultation: RoomId
    audio: bool
    video: bool


Frame = (
    Hello
    | PresenceFrame
    | Heartbeat
    | Ping
    | OnTicket
    | Say
    | Typing
    | WrapUpFrame
    | RtcOffer
    | RtcLeave
    | RtcMedia
)
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def parse(raw: str) -> tuple[Frame, dict[str, Any]]:
    """The frame, and what identifies it in an error. Raises `InvalidInput` or `TooLarge`."""
    if len(raw) > MAX_FRAME or len(raw.encode()) > MAX_FRAME:
        raise TooLarge()
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise InvalidInput("invalid_json") from exc
    if not isinstance(data, dict):
        raise InvalidInput("desk_bad_frame")
    try:
        return _FRAME.validate_python(data), refers(data)
    except ValidationError as exc:
        details: dict[str, Any] = {"fields": field_errors(exc), "refers": refers(data)}
        raise InvalidInput("desk_bad_frame", details=details) from exc


def refers(data: dict[str, Any]) -> dict[str, Any]:
    """What an error frame repeats, so that the page knows what failed."""
    found = {}
    for key in ("client_id", "ticket", "consultation"):
        value = data.get(key)
        if isinstance(value, str) and len(value) <= 64:
            found[key] = value
    return found
