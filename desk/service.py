"""The desk, for those who wire it: what residents and agents can do.

Decides who may do what; what a command does is decided in `desk.tickets`, who is offered what in
`desk.routing`. Everything acknowledged is in SQL before the call returns; consequences in the thread
follow at once and survive a crash (`desk.effects`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.cache import Redis
from core.cards import City, Mode
from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotAllowed, NotFound
from core.i18n import Lang
from core.ids import new_id
from core.outbox import Event as OutboxEvent
from core.settings import Settings
from desk import views
from desk.agents import Agent, AgentStore
from desk.effects import Effects
from desk.engine import Engine
from desk.errors import MediaNotHeld, NotYours, TicketState
from desk.ports import Ports
from desk.presence import Presence, PresenceStatus, PresenceStore
from desk.signals import Signal, Signals
from desk.store import Report, TicketEvent, TicketStore
from desk.tickets import (
    HELD,
    WAITING,
    Accept,
    Cancel,
    ChangeMedia,
    Command,
    Decline,
    End,
    Outcome,
    Release,
    Ticket,
    WrapUp,
)
from desk.wait import estimate


class DeskService:
    """Everything the gateway calls. `engine.run()` must be running somewhere."""

    def __init__(
        self, *, db: Database, redis: Redis | None, clock: Clock, settings: Settings, ports: Ports
    ) -> None:
        self._clock, self._ports = clock, ports
        self.signals = Signals()
        self.store = TicketStore(db, clock)
        self.agents = AgentStore(db, clock, sandbox=settings.sandbox)
        self.presence = PresenceStore(db, redis, clock)
        self.effects = Effects(
            store=self.store, agents=self.agents, ports=ports, wait_of=self._wait_of
        )
        self.engine = Engine(
            store=self.store,
            agents=self.agents,
            presence=self.presence,
            effects=self.effects,
            clock=clock,
            settings=settings,
            apply=self._apply,
            settle=self._after,
            place_changed=ports.conversation.state_changed,
        )

    # -- residents ------------------------------------------------------------------------------

    async def open_ticket(
        self,
        *,
        conversation: str,
        media: Mode,
        lang: Lang,
        city: City | None,
        reason: str,
        resident_name_masked: str | None,
        level: str,
        summary: dict[str, Any],
        domain: str | None = None,
    ) -> Ticket:
        """Queue the resident for an agent. One open ticket per conversation: a second call returns
        it, changed to the other medium if that is asked for."""
        now = self._clock.now()
        fresh = Ticket(
            id=new_id("tkt"),
            conversation=conversation,
            state="queued",
            media=media,
            lang=lang,
            city=city,
            domain=domain,
            reason=reason[:64],
            resident_name=resident_name_masked,
            level=level,
            summary=summary,
            opened_at=now,
            enqueued_at=now,
        )
        ticket, new = await self.store.insert(fresh)
        if new:
            await self._after(ticket.id)
        elif ticket.media != media:
            await self._apply(ticket.id, ChangeMedia(media))
        return await self.store.get(ticket.id)

    async def cancel(self, conversation: str) -> None:
        """The resident leaves the queue, or ends the human conversation. Harmless without a ticket."""
        ticket = await self.store.open_of(conversation)
        if ticket is None:
            return
        try:
            await self._apply(ticket.id, End(None) if ticket.state == "active" else Cancel())
        except TicketState:  # accepted in this very moment: leave the conversation instead
            await self._apply(ticket.id, End(None))

    async def abandon(self, conversation: str) -> None:
        """The resident went away while waiting. One who is being served keeps his agent."""
        ticket = await self.store.open_of(conversation)
        if ticket is not None and ticket.state in WAITING:
            await self._apply(ticket.id, Cancel(abandoned=True))

    async def rate(self, conversation: str, ticket_id: str, score: int, comment: str = "") -> None:
        """The resident's rating, 1–5, of a finished ticket of his own conversation."""
        ticket = await self.store.get(ticket_id)
        if ticket.conversation != conversation:
            raise NotFound()
        if ticket.ended_at is None or not 1 <= score <= 5:
            raise TicketState(details={"state": ticket.state})
        await self.store.rate(ticket, score, comment[:1000])

    async def state_of(self, conversation: str) -> dict[str, Any]:
        """`State` of the protocol, without `assistant`. Mode `human` only while an agent holds the
        thread: from the moment it ends the bot answers again."""
        state: dict[str, Any] = {
            "mode": "bot",
            "ticket": None,
            "position": None,
            "wait_s": None,
            "media": None,
            "agent": None,
            "consultation": None,
        }
        ticket = await self.store.open_of(conversation)
        if ticket is None:
            return state
        place, wait_s = await self._wait_of(ticket)
        state |= {"ticket": ticket.id, "position": place, "wait_s": wait_s, "media": ticket.media}
        state["mode"] = "human" if ticket.state == "active" else ticket.state
        state["consultation"] = ticket.consultation if ticket.media == "video" else None
        if ticket.agent is not None:
            agent = await self.agents.get(ticket.agent)
            state["agent"] = {"name": agent.called(ticket.lang), "city": agent.cities[0]}
        return state

    async def expected_wait(self, media: Mode, lang: Lang, city: City | None) -> int | None:
        """Seconds a resident would wait if he queued now; None when nobody is online for him."""
        now = self._clock.now()
        ticket = Ticket(
            id="~", conversation="", state="queued", media=media, lang=lang, city=city, domain=None,
            reason="", resident_name=None, level="L0", summary={}, opened_at=now, enqueued_at=now,
        )  # fmt: skip
        snapshot = await self.engine.look()
        return estimate(ticket, snapshot.queue(), snapshot.agents, snapshot.handle_s[media])

    async def message_posted(self, conversation: str) -> None:
        """There is a new message in a conversation: its agent's pages fetch it."""
        holder = await self._holder(await self.store.open_of(conversation))
        if holder is not None:
            self.signals.send(Signal(holder))

    async def resident_typing(self, conversation: str, on: bool) -> None:
        """Hand on to the agent that the resident is typing."""
        ticket = await self.store.open_of(conversation)
        if ticket is not None and ticket.state == "active":
            frame = {"type": "typing", "ticket": ticket.id, "author": "resident", "on": on}
            self.signals.send(Signal(ticket.agent, frame))

    async def rtc_state(
        self, consultation: str, phase: str, peer: dict[str, bool] | None = None
    ) -> None:
        """Hand on to the agent how the call is."""
        holder = await self._holder(await self.store.of_consultation(consultation))
        if holder is not None:
            frame = {"type": "rtc.state", "consultation": consultation, "phase": phase}
            self.signals.send(Signal(holder, frame | {"peer": peer}))

    async def on_outbox(self, _event: OutboxEvent) -> None:
        """Listener for the outbox topic `desk.ticket`: another process changed a ticket."""
        self._changed()

    # -- agents ---------------------------------------------------------------------------------

    async def logout(self, token: str) -> None:
        """End a session; with the last one the agent goes offline and gives his tickets back."""
        agent = await self.agents.session(token)
        left = await self.agents.logout(token)
        if left == 0:
            await self.set_presence(agent, "offline", [])
            for ticket in await self.store.of_agent(agent.id):
                if ticket.state == "active":
                    await self._apply(ticket.id, Release(agent.id))
        self.signals.send(Signal(agent.id, close=True))

    async def set_presence(
        self, agent: Agent, status: PresenceStatus, media: Sequence[Mode]
    ) -> Presence:
        """Online, away or offline, for some media. Whoever is not online keeps no offers."""
        if not set(media) <= set(agent.media):
            raise MediaNotHeld()
        if status == "online" and "agent" not in agent.roles:
            raise NotAllowed()
        await self.presence.set(agent.id, status, media)
        if status != "online":
            for ticket in await self.store.of_agent(agent.id):
                if ticket.state == "offered":
                    await self._apply(ticket.id, Decline(agent.id))
        self._changed()
        found = await self.presence.of(agent.id)
        assert found is not None
        frame = {"type": "presence", "status": status, "media": list(media)}
        self.signals.send(Signal(agent.id, frame))
        return found

    async def heartbeat(self, agent: Agent) -> None:
        """A sign of life of an agent's page."""
        await self.presence.heartbeat(agent.id)

    async def accept(self, agent: Agent, ticket_id: str) -> Ticket:
        """Take an offered ticket; again: the same ticket."""
        await self._apply(ticket_id, Accept(agent.id))
        return await self.store.get(ticket_id)

    async def decline(self, agent: Agent, ticket_id: str) -> None:
        """Do not take it; somebody else is asked."""
        await self._apply(ticket_id, Decline(agent.id))

    async def release(self, agent: Agent, ticket_id: str) -> None:
        """Give a conversation back to the front of the queue."""
        await self._apply(ticket_id, Release(agent.id))

    async def end(self, agent: Agent, ticket_id: str) -> Ticket:
        """End the conversation; the report follows."""
        return await self._apply(ticket_id, End(agent.id))

    async def wrap_up(
        self,
        agent: Agent,
        ticket_id: str,
        *,
        client_id: str,
        summary: str,
        outcome: Outcome,
        codes: Sequence[str] = (),
        note: str = "",
    ) -> Ticket:
        """The agent's report; closes the ticket. Idempotent on `client_id`; a second report of
        another id raises `TicketState`."""
        report = Report(ticket_id, agent.id, client_id, summary, outcome, tuple(codes), note)
        known = await self.store.report_of(ticket_id)
        if known is None:
            try:
                writer = self.store.report_writer(report)
                await self.store.transition(ticket_id, WrapUp(agent.id), writer)
            except Conflict:
                known = await self.store.report_of(ticket_id)
                if known is None:
                    raise
        if known is not None and (known.agent, known.client_id) != (agent.id, client_id):
            raise NotYours() if known.agent != agent.id else TicketState()
        await self._after(ticket_id)
        await self.presence.became_idle(agent.id)
        return await self.store.get(ticket_id)

    async def say(self, agent: Agent, ticket_id: str, client_id: str, text: str) -> dict[str, Any]:
        """What the agent says to the resident; the stored `Message`. Idempotent on `client_id`."""
        ticket = await self._held(agent, ticket_id)
        name = agent.called(ticket.lang)
        message = await self._ports.conversation.agent_message(
            ticket.conversation, ticket.id, name, client_id, text
        )
        self.signals.send(Signal(agent.id))
        return message

    async def typing(self, agent: Agent, ticket_id: str, on: bool) -> None:
        """The agent is typing."""
        ticket = await self._held(agent, ticket_id)
        await self._ports.conversation.typing(ticket.conversation, on)

    async def agent_offer(self, agent: Agent, consultation: str, sdp: str) -> str:
        """SDP answer for the agent's leg. Allowed from the offer on, so that it is connected when
        he accepts."""
        await self._call(agent, consultation)
        return await self._ports.media.agent_offer(consultation, sdp)

    async def agent_media(self, agent: Agent, consultation: str, audio: bool, video: bool) -> None:
        """The agent switched microphone or camera."""
        await self._call(agent, consultation)
        await self._ports.media.agent_media(consultation, audio, video)

    async def agent_leave(self, agent: Agent, consultation: str) -> None:
        """The agent hangs up; the ticket stays his."""
        await self._call(agent, consultation)
        await self._ports.media.agent_leave(consultation)

    async def queue(self, agent: Agent) -> list[dict[str, Any]]:
        """The queue as this agent may see it."""
        return views.briefs(agent, await self.store.waiting())

    async def holdings(self, agent: Agent) -> list[dict[str, Any]]:
        """Tickets the agent holds or is offered, with messages."""
        return [await self.view(agent, t) for t in await self.store.of_agent(agent.id)]

    async def ticket(self, agent: Agent, ticket_id: str) -> dict[str, Any]:
        """One ticket; raises `NotFound` when the agent may not see it."""
        ticket = await self.store.get(ticket_id)
        if not views.may_see(agent, ticket):
            raise NotFound()
        return await self.view(agent, ticket)

    async def view(self, agent: Agent, ticket: Ticket) -> dict[str, Any]:
        """`Ticket` of the protocol, with messages only if the agent may read them."""
        messages = None
        if views.may_read(agent, ticket):
            messages = await self._ports.conversation.transcript(ticket.conversation)
        place = next(
            (i for i, t in enumerate(await self.store.waiting(), 1) if t.id == ticket.id), None
        )
        return views.full(ticket, place, messages)

    async def new_messages(self, ticket: Ticket, after: int) -> list[dict[str, Any]]:
        """Messages of a ticket's conversation with `seq > after`. The caller checked `may_read`."""
        return await self._ports.conversation.transcript(ticket.conversation, after=after)

    # -- inside ---------------------------------------------------------------------------------

    async def _apply(self, ticket_id: str, command: Command) -> Ticket:
        ticket, event = await self.store.transition(ticket_id, command)
        if event is not None or isinstance(command, Accept):
            await self._after(ticket_id)  # after a crash a repeated accept finishes the first
        return ticket

    async def _after(self, ticket_id: str) -> None:
        self._changed()
        await self.effects.drain(ticket_id)
        self._changed()

    def _changed(self) -> None:
        self.engine.forget()
        self.signals.send(Signal())
        self.engine.kick()

    async def _wait_of(self, ticket: Ticket) -> tuple[int | None, int | None]:
        return (await self.engine.look()).wait_of(ticket)

    async def _held(self, agent: Agent, ticket_id: str) -> Ticket:
        ticket = await self.store.get(ticket_id)
        if not views.may_read(agent, ticket):
            raise NotYours()
        if ticket.state != "active":
            raise TicketState(details={"state": ticket.state, "ticket": ticket.id})
        return ticket

    async def _call(self, agent: Agent, consultation: str) -> Ticket:
        ticket = await self.store.of_consultation(consultation)
        if ticket is None or not views.may_read(agent, ticket):
            raise NotFound()
        return ticket

    async def _holder(self, ticket: Ticket | None) -> str | None:
        if ticket is None or ticket.state not in HELD | WAITING:
            return None
        return ticket.agent or ticket.offered_to


__all__ = ["DeskService", "TicketEvent"]
