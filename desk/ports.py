"""What the desk needs of others. Wired by the gateway; fakes in tests.

Every call may be repeated after a crash: the `client_id` of a message, or the ticket of a consultation,
is what makes the repetition harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.cards import Card
from desk.tickets import Ticket


class ConversationPort(Protocol):
    """The resident's thread."""

    async def transcript(
        self, conversation: str, *, limit: int = 200, after: int = 0
    ) -> list[dict[str, Any]]:
        """Messages as `Message` of the protocol, in `seq` order: with `after` 0 the last `limit`, else
        the first `limit` with `seq > after`."""
        ...

    async def agent_message(
        self, conversation: str, ticket: str, agent_name: str, client_id: str, text: str
    ) -> dict[str, Any]:
        """Store and deliver what the agent says; the stored `Message`. The same `client_id` again
        returns the first one. Durable before it returns."""
        ...

    async def system_message(
        self, conversation: str, *, client_id: str, text: str, cards: Sequence[Card] = ()
    ) -> None:
        """A line of the desk in the thread; once per `client_id`. Durable before it returns."""
        ...

    async def state_changed(self, conversation: str) -> None:
        """Tell the resident's page who answers now (`DeskService.state_of`)."""
        ...

    async def typing(self, conversation: str, on: bool) -> None:
        """The agent is typing."""
        ...


class ConsultationPort(Protocol):
    """The media room of a video ticket. Raises `core.errors.Unavailable` when no node is up."""

    async def prepare(self, ticket: Ticket) -> str:
        """Make the room, so that both can wait in it; its id. The same for the same ticket."""
        ...

    async def start(self, consultation: str) -> None:
        """Let the two hear and see each other."""
        ...

    async def end(self, consultation: str, reason: str) -> None:
        """Hang up both and forget the room; harmless when it is gone."""
        ...


class MediaSignalPort(Protocol):
    """The agent's leg of a consultation."""

    async def agent_offer(self, consultation: str, sdp: str) -> str:
        """SDP answer to the agent's offer."""
        ...

    async def agent_media(self, consultation: str, audio: bool, video: bool) -> None:
        """The agent switched microphone or camera."""
        ...

    async def agent_leave(self, consultation: str) -> None:
        """The agent's leg is gone; the resident stays in the waiting room."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The three, together."""

    conversation: ConversationPort
    consultation: ConsultationPort
    media: MediaSignalPort
