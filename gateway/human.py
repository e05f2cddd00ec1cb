"""The human side as the gateway sees it: requests, state, transcript, and the media of a call.

Implements the ports of `desk/` over conversations and `video/`. Who is offered what is decided in
`desk/`; this module only translates. While a ticket is queued, offered or active the bot is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from core.callbacks import CallbackStore
from core.cards import Card, City, Mode, dump_card
from core.clock import Clock
from core.errors import AppError, NotFound
from core.i18n import Lang, text
from core.identity import Identity
from core.log import get_log
from core.outbox import Event
from desk.service import DeskService
from desk.tickets import CALLBACK, WAITING, Ticket
from gateway.conversations import Conversation, ConversationStore, Draft, Message
from gateway.hub import Hub
from gateway.tokens import TokenBox

log = get_log(__name__)
ABANDON_AFTER_S = 90.0
ABSENCE_PERIOD_S = 5.0
ASKED_MAX = 5
NO_TICKET_S = 2.0
"""How long "this thread has no ticket" is believed. Tickets are opened here, which forgets it at once;
another gateway process is noticed after this time."""
NO_TICKET_MAX = 20_000
MODES: tuple[Mode, Mode] = ("text", "video")


class Media(Protocol):
    """Calls, by consultation id; implemented over `video/`."""

    async def offer(self, consultation: str, leg: str, sdp: str) -> str:
        """SDP answer for a leg."""
        ...

    async def leave(self, consultation: str, leg: str) -> None:
        """A leg hangs up."""
        ...

    async def muted(self, consultation: str, leg: str, audio: bool, video: bool) -> None:
        """Microphone and camera of a leg are on or off."""
        ...


def _waits_for_call(ticket: Ticket) -> bool:
    return ticket.reason == CALLBACK and ticket.state in WAITING


_TOLD = ("answer", "account", "checklist", "compare", "bundle", "centres")
"""Cards that tell an agent what the resident has seen."""


def summarise(
    lang: Lang, messages: Sequence[dict[str, Any]], state: dict[str, Any], city: City | None
) -> dict[str, Any]:
    """What the agent is told of a thread: words asked, cards shown, slots. Pure."""
    asked = [m["text"] for m in messages if m["author"] == "resident"][-ASKED_MAX:]
    cards = []
    for message in messages:
        for card in message["cards"]:
            if card["type"] in _TOLD:
                name = card["name"][lang] if "name" in card else card["title"]
                code = card.get("code") or (card["id"] if card["type"] == "bundle" else None)
                cards.append({"type": card["type"], "code": code, "title": name})
    seen = list({(c["type"], c["title"]): c for c in cards}.values())[-ASKED_MAX:]
    words = text(
        "gateway.summary", lang, asked=" / ".join(asked) or "-",
        cards=" / ".join(c["title"] for c in seen) or "-",
    )  # fmt: skip
    return {
        "asked": asked,
        "cards": seen,
        "slots": state.get("slots", {}),
        "lang": lang,
        "city": city,
        "text": words,
    }


class HumanSide:
    """Wired once; `desk` and `media` are set by the composition root after construction."""

    desk: DeskService
    media: Media
    callbacks: CallbackStore

    def __init__(
        self,
        *,
        store: ConversationStore,
        hub: Hub,
        clock: Clock,
        tokens: TokenBox,
        assistant: Callable[[], str],
    ) -> None:
        self._store, self._hub, self._clock, self._tokens = store, hub, clock, tokens
        self._assistant = assistant
        self._absent: dict[str, float] = {}
        self._without: dict[str, float] = {}

    # ---- for turns and sockets ------------------------------------------------

    async def holds(self, conversation: str) -> bool:
        """Whether a person holds, or is about to take, the thread. Who only waits for a call goes
        on talking to the bot until the agent is there."""
        now = self._clock.monotonic()
        if now - self._without.get(conversation, -NO_TICKET_S) < NO_TICKET_S:
            return False
        ticket = await self.desk.store.open_of(conversation)
        if ticket is not None:
            return not _waits_for_call(ticket)
        if len(self._without) > NO_TICKET_MAX:
            self._without.clear()
        self._without[conversation] = now
        return False

    async def resident_said(self, conversation: str, message: Message) -> None:
        """Show a resident's message to the agent."""
        del message  # the desk fetches by sequence
        await self.desk.message_posted(conversation)

    async def complete_handoff(
        self, conversation: Conversation, card: dict[str, Any]
    ) -> dict[str, Any]:
        """Fill the expected wait into a `handoff` card."""
        if card["state"] != "offer":
            return card
        city = conversation.state.get("city")
        wait = await self.desk.expected_wait("text", conversation.lang, city)
        return {**card, "wait_s": wait, "modes": list(MODES)}

    async def state(self, conversation: str) -> dict[str, Any]:
        """`State` of the protocol."""
        state = await self.desk.state_of(conversation)
        ticket = await self.desk.store.open_of(conversation)
        if ticket is not None and _waits_for_call(ticket):
            state |= {"mode": "bot", "position": None, "wait_s": None}
        return {"assistant": self._assistant(), **state}

    async def request(
        self, conversation: Conversation, mode: Mode, identity: Identity | None
    ) -> None:
        """A resident asks for a person."""
        messages = [m.public() for m in await self._store.after(conversation.id, 0, limit=60)]
        state = conversation.state
        city: City | None = state.get("city") or state.get("asked_city")
        if city is None and identity is not None:
            city = identity.issuer
        self._without.pop(conversation.id, None)
        waiting = await self.desk.store.open_of(conversation.id)
        if waiting is not None and _waits_for_call(waiting):
            await self.desk.cancel(conversation.id)  # a person now is better than a call later
        await self.desk.open_ticket(
            conversation=conversation.id,
            media=mode,
            lang=conversation.lang,
            city=city,
            reason="asked",
            resident_name_masked=identity.name if identity else None,
            level=identity.level if identity else "L0",
            summary=summarise(conversation.lang, messages, conversation.state, city),
        )
        await self.state_changed(conversation.id)

    async def on_callback(self, event: Event) -> None:
        """Listener of the outbox: a request to be called back becomes a ticket. Safe to repeat."""
        request = await self.callbacks.get(event.key)
        conversation = await self._store.get(request.conversation) if request else None
        if request is None or conversation is None:
            return
        messages = [m.public() for m in await self._store.after(conversation.id, 0, limit=60)]
        told = summarise(request.lang, messages, conversation.state, request.city)
        told["text"] = text(
            "gateway.call_back", request.lang, phone=request.phone, about=request.about,
            when=request.wanted_at,
        )  # fmt: skip
        await self.desk.open_ticket(
            conversation=conversation.id, media="text", lang=request.lang, city=request.city,
            reason=CALLBACK, resident_name_masked=None, level="L0", summary=told,
        )  # fmt: skip
        self._without.pop(conversation.id, None)
        await self.callbacks.queued(request.id)

    async def cancel(self, conversation: str) -> None:
        """Leave the queue, or end the conversation with the agent."""
        if await self.desk.store.open_of(conversation) is None:
            raise AppError("no_ticket", status=409)
        await self.desk.cancel(conversation)
        await self.state_changed(conversation)

    async def rate(self, conversation: str, ticket: str, score: int, comment: str) -> None:
        """Store the rating and show it in the thread's rating card."""
        await self.desk.rate(conversation, ticket, score, comment)
        for message in await self._store.after(conversation, 0):
            for index, card in enumerate(message.cards):
                if card["type"] == "rating" and card["ticket"] == ticket:
                    rated = {**card, "score": score}
                    await self._store.replace_card(message.id, index, rated)
                    cards = [*message.cards]
                    cards[index] = rated
                    frame = {**message.public(), "cards": cards}
                    self._hub.send(conversation, {"type": "message.changed", **frame})

    async def resident_typing(self, conversation: str, on: bool) -> None:
        """Hand on to the agent."""
        await self.desk.resident_typing(conversation, on)

    async def resident_gone(self, conversation: str) -> None:
        """The page went away; the absence loop decides when that means leaving the queue."""
        await self.desk.resident_typing(conversation, False)

    async def step_absence(self) -> None:
        """One pass of loop `absence`, every 5 s: who left his page for 90 s leaves the queue."""
        now, waiting = self._clock.monotonic(), set()
        for ticket in await self.desk.store.waiting():
            conversation = await self._store.get(ticket.conversation)
            polls = conversation is not None and conversation.client == "rest"
            if polls or ticket.reason == CALLBACK or self._hub.listening(ticket.conversation):
                continue
            waiting.add(ticket.conversation)
            since = self._absent.setdefault(ticket.conversation, now)
            if now - since >= ABANDON_AFTER_S:
                await self.desk.abandon(ticket.conversation)
        self._absent = {c: t for c, t in self._absent.items() if c in waiting}

    # ---- calls ----------------------------------------------------------------

    async def _own_call(self, conversation: str, consultation: str) -> None:
        ticket = await self.desk.store.of_consultation(consultation)
        if ticket is None or ticket.conversation != conversation:
            raise NotFound()

    async def resident_offer(self, conversation: str, consultation: str, sdp: str) -> str:
        """SDP answer for the resident's leg of his own consultation."""
        await self._own_call(conversation, consultation)
        return await self.media.offer(consultation, "resident", sdp)

    async def resident_leave(self, conversation: str, consultation: str) -> None:
        """The resident hangs up; the text conversation goes on."""
        await self._own_call(conversation, consultation)
        await self.media.leave(consultation, "resident")

    async def resident_media(
        self, conversation: str, consultation: str, audio: bool, video: bool
    ) -> None:
        """The resident switched microphone or camera."""
        await self._own_call(conversation, consultation)
        await self.media.muted(consultation, "resident", audio, video)

    async def on_call_event(
        self, consultation: str, phase: str, peer_of: dict[str, dict[str, bool] | None]
    ) -> None:
        """Tell both sides how the call is. `peer_of[role]` is what that role sees of the other."""
        ticket = await self.desk.store.of_consultation(consultation)
        if ticket is None:
            return
        frame = {"type": "rtc.state", "consultation": consultation, "phase": phase}
        self._hub.send(ticket.conversation, {**frame, "peer": peer_of.get("resident")})
        await self.desk.rtc_state(consultation, phase, peer_of.get("agent"))

    # ---- ports of the desk: the resident's thread ------------------------------

    async def transcript(
        self, conversation: str, *, limit: int = 200, after: int = 0
    ) -> list[dict[str, Any]]:
        """Messages of a thread, as clients see them."""
        return [m.public() for m in await self._store.after(conversation, after, limit)]

    async def agent_message(
        self, conversation: str, ticket: str, agent_name: str, client_id: str, text: str
    ) -> dict[str, Any]:
        """Store and deliver what an agent says."""
        found = await self._store.get(conversation)
        if found is None:
            raise NotFound()
        draft = Draft(
            "agent", text, found.lang, f"agent:{ticket}:{client_id}", agent={"name": agent_name}
        )
        message, new = await self._store.append(conversation, draft)
        if new:
            self._hub.send(conversation, {"type": "message", **message.public()})
        return message.public()

    async def system_message(
        self, conversation: str, *, client_id: str, text: str, cards: Sequence[Card] = ()
    ) -> None:
        """A line of the desk in the thread."""
        found = await self._store.get(conversation)
        if found is None:
            return
        sealed = [self._tokens.seal_card(conversation, dump_card(card)) for card in cards]
        message, new = await self._store.append(
            conversation, Draft("system", text, found.lang, f"desk:{client_id}", cards=sealed)
        )
        if new:
            self._hub.send(conversation, {"type": "message", **message.public()})

    async def state_changed(self, conversation: str) -> None:
        """Tell the resident's pages who answers now."""
        self._without.pop(conversation, None)
        if self._hub.listening(conversation):
            self._hub.send(conversation, {"type": "state", **await self.state(conversation)})

    async def typing(self, conversation: str, on: bool) -> None:
        """The agent is typing."""
        self._hub.send(conversation, {"type": "typing", "author": "agent", "on": on})
