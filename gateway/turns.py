"""One turn: store, acknowledge, decide who answers, answer, store, deliver.

`who_answers` is the policy: a person while a ticket holds the thread, else Rasa, else (Rasa booting or
away) search alone. Turns of one conversation never overlap. A question stays `pending` in SQL until its
answers are stored, so a process killed in the middle answers after its restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from core.auth import Signer
from core.cards import CITIES, NoticeCard, dump_card, parse_card
from core.clock import Clock
from core.errors import AppError, InvalidInput, TooLarge, Unavailable
from core.flatten import flatten_card
from core.i18n import Lang, detect_lang, text
from core.identity import Identity
from core.log import get_log
from core.metrics import counter, histogram
from core.safety import Danger, danger_in
from core.settings import Settings
from gateway.conversations import Conversation, ConversationStore, Draft, Message
from gateway.hub import Hub
from gateway.rasa import RasaClient, RasaDown, Turn, TurnResult
from gateway.search import Said, SearchRuntime
from gateway.tokens import TokenBox, neutralise
from knowledge.answers import AnswerContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = get_log(__name__)
Answerer = Literal["human", "rasa", "search"]
TURNS = counter("sg_gateway_turns", "Turns by who answered", ("answerer",))
TURN_SECONDS = histogram("sg_gateway_turn_seconds", "Resident's message in to answer stored")
ACTING_TTL_S = 120
RECOVER_WITHIN = timedelta(minutes=30)
SIGN_OUT = "sign_out"
"""Intent on which the identity is dropped; the bot has said so."""


def who_answers(*, human_holds: bool, rasa_ready: bool) -> Answerer:
    """Who takes this turn."""
    if human_holds:
        return "human"
    return "rasa" if rasa_ready else "search"


class NothingSaid(Unavailable):
    """The dialogue engine ran the turn and said nothing: its actions failed."""

    code = "assistant_warming"


class HumanDesk(Protocol):
    """What a turn needs of the human side; wired by the composition root."""

    async def holds(self, conversation: str) -> bool:
        """Whether a person holds, or is about to take, the thread."""

    async def resident_said(self, conversation: str, message: Message) -> None:
        """Show a resident's message to the agent."""

    async def complete_handoff(
        self, conversation: Conversation, card: dict[str, Any]
    ) -> dict[str, Any]:
        """Fill wait and position into a `handoff` card."""


class TurnService:
    """Runs turns."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        store: ConversationStore,
        hub: Hub,
        rasa: RasaClient,
        search: SearchRuntime,
        tokens: TokenBox,
        signer: Signer,
    ) -> None:
        self._settings, self._clock, self._store, self._hub = settings, clock, store, hub
        self._rasa, self._search, self._tokens, self._signer = rasa, search, tokens, signer
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.rasa_ready = False
        self.on_rasa_change: list[Callable[[], Awaitable[None]]] = []
        self.desk: HumanDesk | None = None
        self.complete_sign_in: Callable[[dict[str, Any], str], dict[str, Any]] | None = None

    # ---- input ----------------------------------------------------------------

    def check_text(self, raw: object) -> str:
        """A resident's words, cleaned; raises `InvalidInput` or `TooLarge`."""
        if not isinstance(raw, str):
            raise InvalidInput(details={"field": "text"})
        if len(raw) > self._settings.message_max_chars:
            raise TooLarge(details={"max_chars": self._settings.message_max_chars})
        cleaned = neutralise(raw)
        if not cleaned:
            raise InvalidInput("empty_message", details={"field": "text"})
        return cleaned

    async def accept(self, conversation: Conversation, said: Said) -> tuple[Message, bool]:
        """Store what a resident said; returns it and whether it is new. Deliver, then `answer`."""
        human = self.desk is not None and await self.desk.holds(conversation.id)
        lang = (
            detect_lang(said.text, conversation.lang) if said.payload is None else conversation.lang
        )
        message, new = await self._store.append(
            conversation.id,
            Draft(
                "resident", said.text, lang, said.client_id, payload=said.payload, pending=not human
            ),
        )
        if new:
            self._hub.send(conversation.id, {"type": "message", **message.public()})
            if human and self.desk is not None:
                await self.desk.resident_said(conversation.id, message)
                await self._watch_over(conversation, message)
        return message, new

    async def _watch_over(self, conversation: Conversation, message: Message) -> None:
        """Somebody in danger gets the numbers at once, also while he waits for a person."""
        danger = danger_in(message.text) if message.payload is None else None
        if danger is None:
            return
        card = danger_notice(danger, message.lang)
        draft = Draft(
            "system", flatten_card(card), message.lang, f"danger:{message.id}", cards=[card]
        )
        told, _ = await self._store.append(conversation.id, draft)
        self._hub.send(conversation.id, {"type": "message", **told.public()})

    def answer_soon(self, message: Message, identity: Identity | None) -> None:
        """Answer in the background; failures are answered with a notice, never dropped."""
        self._spawn(self.answer(message, identity))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work, name="turn")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for the turns under way."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.turn_timeout_s)

    # ---- answering ------------------------------------------------------------

    async def answer(self, message: Message, identity: Identity | None) -> list[Message]:
        """Answer one stored message; returns the new messages of the thread."""
        if not message.pending:
            return []
        async with self._turn_lock(message.conversation):
            conversation = await self._store.get(message.conversation)
            if conversation is None:
                return []
            self._hub.send(conversation.id, {"type": "typing", "author": "bot", "on": True})
            try:
                with TURN_SECONDS.time():
                    return await self._answer(conversation, message, identity)
            finally:
                self._hub.send(conversation.id, {"type": "typing", "author": "bot", "on": False})

    async def _answer(
        self, conversation: Conversation, message: Message, identity: Identity | None
    ) -> list[Message]:
        human = self.desk is not None and await self.desk.holds(conversation.id)
        answerer = who_answers(human_holds=human, rasa_ready=self.rasa_ready)
        state = dict(conversation.state)
        cards: list[dict[str, Any]] = []
        if answerer == "human":
            await self._store.answer(conversation.id, message.id, [], lang=message.lang, state=None)
            return []
        try:
            if answerer == "rasa":
                try:
                    cards = await self._by_rasa(conversation, message, identity, state)
                except NothingSaid:
                    answerer = "search"
                except RasaDown:
                    self.rasa_ready, answerer = False, "search"
            if answerer == "search":
                cards = await self._by_search(message, state)
        except AppError as err:
            cards = [_error_notice(err, message.lang)]
        except Exception as exc:
            log.error("turn.failed", answerer=answerer, exc=exc)
            cards = [_error_notice(AppError(), message.lang)]
        TURNS.labels(answerer).inc()
        drafts = await self._drafts(conversation, message, cards)
        changed = state.get("asked_lang") != conversation.state.get("asked_lang")
        lang: Lang = state["asked_lang"] if changed else message.lang
        stored = await self._store.answer(
            conversation.id, message.id, drafts, lang=lang, state=state
        )
        for item in stored:
            self._hub.send(conversation.id, {"type": "message", **item.public()})
        return stored

    async def _by_rasa(
        self,
        conversation: Conversation,
        message: Message,
        identity: Identity | None,
        state: dict[str, Any],
    ) -> list[dict[str, Any]]:
        vector = None
        if message.payload is None:
            vector = await self._search.vector(message.text)
        acting = None
        if identity is not None and identity.expires_at > self._clock.now():
            acting = self._signer.sign("act", identity.claims(), ACTING_TTL_S)
        metadata = {
            "conversation": conversation.id,
            "client": conversation.client,
            "lang": message.lang,
            "city": state.get("city"),
            "acting": acting,
            "context": state.get("answer_context"),
        }
        result = await self._rasa.turn(
            Turn(conversation.id, message.text, message.payload, metadata, vector)
        )
        if not result.messages:
            # Rasa swallows a failed action: the action server is away, the list is not.
            raise NothingSaid(details={"missing": "actions"})
        _remember(state, result)
        state.pop("warming_told", None)
        wanted = result.slots.get("lang")
        if wanted in ("zh", "en") and wanted != state.get("asked_lang"):
            state["asked_lang"] = wanted  # "in English, please": the page follows
            self._hub.send(conversation.id, {"type": "lang", "lang": wanted})
        if result.intent and result.intent.get("name") == SIGN_OUT:
            await self._store.drop_identity(conversation.id)
            self._hub.send(conversation.id, {"type": "identity", "identity": None})
        return [_as_card(m, message.lang) for m in result.messages]

    async def _by_search(self, message: Message, state: dict[str, Any]) -> list[dict[str, Any]]:
        lang = message.lang
        if message.payload is None and (danger := danger_in(message.text)) is not None:
            return [danger_notice(danger, lang)]
        reply = await self._search.respond(
            Said(message.client_id, message.text, message.payload),
            lang=lang,
            city=state.get("city"),
            context=AnswerContext.from_dict(state.get("answer_context")),
            now=self._clock.now(),
        )
        state["answer_context"] = reply.context.as_dict()
        cards = [dump_card(card) for card in reply.cards]
        if not state.get("warming_told"):
            state["warming_told"] = True
            cards.append(dump_card(NoticeCard(lang=lang, text=text("gateway.warming", lang))))
        return cards

    async def _drafts(
        self, conversation: Conversation, message: Message, cards: list[dict[str, Any]]
    ) -> list[Draft]:
        drafts = []
        for index, card in enumerate(cards):
            if card["type"] == "handoff" and self.desk is not None:
                card = await self.desk.complete_handoff(conversation, card)
            elif card["type"] == "sign_in" and self.complete_sign_in is not None:
                card = self.complete_sign_in(card, conversation.client)
            drafts.append(
                Draft(
                    "bot",
                    flatten_card(card),
                    card["lang"],
                    f"bot:{message.id}:{index}",
                    cards=[self._tokens.seal_card(conversation.id, card)],
                )
            )
        return drafts

    # ---- turns nobody typed ---------------------------------------------------

    def trigger_soon(
        self, conversation: Conversation, payload: str, client_id: str, identity: Identity | None
    ) -> None:
        """`trigger` in the background."""
        self._spawn(self.trigger(conversation, payload, client_id, identity))

    async def trigger(
        self, conversation: Conversation, payload: str, client_id: str, identity: Identity | None
    ) -> list[Message]:
        """Run a turn that the product itself starts, e.g. going on after a sign-in."""
        if not self.rasa_ready or (
            self.desk is not None and await self.desk.holds(conversation.id)
        ):
            return []
        async with self._turn_lock(conversation.id):
            current = await self._store.get(conversation.id)
            if current is None:
                return []
            asked = Message(
                client_id, current.id, 0, client_id, "system", self._clock.now(), current.lang,
                "", [], None, payload, True,
            )  # fmt: skip
            return await self._answer(current, asked, identity)

    async def recover(self) -> int:
        """Answer what a killed process left unanswered; called once at start."""
        waiting = await self._store.pending(self._clock.now() - RECOVER_WITHIN)
        for message in waiting:
            self.answer_soon(message, await self._store.identity_of(message.conversation))
        return len(waiting)

    @asynccontextmanager
    async def _turn_lock(self, conversation: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(conversation, (asyncio.Lock(), 0))
        self._locks[conversation] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[conversation]
            if users == 1:
                del self._locks[conversation]
            else:
                self._locks[conversation] = (lock, users - 1)

    async def watch_rasa(self) -> None:
        """Loop `rasa-watch`, every second: whether Rasa answers; a change is told to open pages."""
        while True:
            ready = await self._rasa.ready()
            if ready != self.rasa_ready:
                self.rasa_ready = ready
                log.info("rasa.ready" if ready else "rasa.away")
                for listener in self.on_rasa_change:
                    await listener()
            await self._clock.sleep(1.0)


def _remember(state: dict[str, Any], result: TurnResult) -> None:
    context = result.slots.get("answer_context")
    if context:
        state["answer_context"] = context
    state["slots"] = {
        key: value
        for key, value in result.slots.items()
        if value is not None and key not in ("answer_context", "session_started_metadata")
    }
    if (city := result.slots.get("city")) in CITIES:
        state["city"] = city
    meant = context.get("city") if isinstance(context, dict) else None
    if meant in CITIES:
        state["asked_city"] = meant  # for the choice of an agent; it must not colour later answers


def _as_card(message: dict[str, Any], lang: Lang) -> dict[str, Any]:
    custom = message.get("custom")
    if custom:
        return dump_card(parse_card(custom))
    return dump_card(NoticeCard(lang=lang, text=message.get("text") or ""))


def danger_notice(danger: Danger, lang: Lang) -> dict[str, Any]:
    """Numbers first, in the words the bot uses."""
    return dump_card(
        NoticeCard(
            lang=lang,
            level="urgent",
            title=text(f"actions.crisis.{danger}.title", lang),
            text=text(f"actions.crisis.{danger}.text", lang),
        )
    )


def _error_notice(err: AppError, lang: Lang) -> dict[str, Any]:
    return dump_card(NoticeCard(lang=lang, level="warning", text=err.message(lang)))
