"""Where conversations with the dialogue engine are kept: short, in Redis, with a copy in memory.

A tracker is stored as a snapshot: its slots, its active form, and the events of the last few turns,
so that the hundredth turn costs what the third did. Personal data is not kept: identity tokens,
vectors and the contents of cards are left out. Redis away means the copy in memory is used; that
lost too means the engine starts the conversation afresh, while the record stays in SQL.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, Optional, Text

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

logger = logging.getLogger(__name__)

KEEP_TURNS = 3
"""Turns whose events are kept; rules look at one, forms at two."""
MEMORY_TRACKERS = 5_000
EXPIRES_S = 86_400
KEY = "sg:rasa:tracker:"
SECRET_METADATA = ("acting", "vector")
UNSTORED_SLOTS = ("session_started_metadata",)


def snapshot(tracker: DialogueStateTracker, turns: int = KEEP_TURNS) -> List[Dict[Text, Any]]:
    """Events that rebuild the tracker as far as the dialogue needs it, as dictionaries."""
    events = list(tracker.events)
    starts = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    cut = starts[-turns] if len(starts) > turns else 0
    kept: List[Event] = events[cut:]
    if cut:
        kept = _preamble(tracker, events[:cut]) + kept
    return [_clean(event) for event in kept]


def _preamble(tracker: DialogueStateTracker, dropped: List[Event]) -> List[Event]:
    before = DialogueStateTracker.from_events(
        tracker.sender_id, dropped, slots=list(tracker.slots.values())
    )
    head: List[Event] = [ActionExecuted("action_session_start"), SessionStarted()]
    head += [
        SlotSet(name, value)
        for name, value in before.current_slot_values().items()
        if value is not None and name not in UNSTORED_SLOTS
    ]
    if before.active_loop_name:
        head += [ActionExecuted(before.active_loop_name), ActiveLoop(before.active_loop_name)]
    return [*head, ActionExecuted("action_listen")]


def _clean(event: Event) -> Dict[Text, Any]:
    data: Dict[Text, Any] = event.as_dict()
    if isinstance(event, UserUttered):
        metadata = {
            k: v for k, v in (data.get("metadata") or {}).items() if k not in SECRET_METADATA
        }
        parsed = event.parse_data
        data["metadata"] = metadata
        data["parse_data"] = {
            "intent": parsed.get("intent"),
            "entities": parsed.get("entities", []),
            "text": parsed.get("text"),
        }
    elif isinstance(event, BotUttered):
        data["text"], data["data"] = None, {}
    elif isinstance(event, SlotSet) and event.key in UNSTORED_SLOTS:
        data["value"] = None
    return data


class SnapshotTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Snapshots in Redis when there is one, always in memory."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        event_broker: Optional[EventBroker] = None,
        redis_url: Text = "",
        record_exp: int = EXPIRES_S,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain or Domain.empty(), event_broker)
        self._memory: OrderedDict[Text, Text] = OrderedDict()
        self._expires_s = record_exp
        self._redis: Optional[Any] = None
        if redis_url:
            from redis.asyncio import Redis

            self._redis = Redis.from_url(
                redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True
            )

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store a snapshot. Never fails: the dialogue goes on without Redis."""
        text = json.dumps(snapshot(tracker), ensure_ascii=False, separators=(",", ":"))
        self._memory[tracker.sender_id] = text
        self._memory.move_to_end(tracker.sender_id)
        while len(self._memory) > MEMORY_TRACKERS:
            self._memory.popitem(last=False)
        if self._redis is not None:
            try:
                await self._redis.set(KEY + tracker.sender_id, text, ex=self._expires_s)
            except Exception as error:  # a cache: any failure of it is survivable
                logger.warning("tracker.redis_down %s", type(error).__name__)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The tracker rebuilt from its snapshot, or None."""
        text: Optional[Text] = None
        if self._redis is not None:
            try:
                text = await self._redis.get(KEY + sender_id)
            except Exception as error:
                logger.warning("tracker.redis_down %s", type(error).__name__)
                text = self._memory.get(sender_id)
        else:
            text = self._memory.get(sender_id)
        if text is None:
            return None
        tracker = self.init_tracker(sender_id)
        tracker.update_with_events(deserialise_events(json.loads(text)), self.domain)
        return tracker

    async def keys(self) -> Iterable[Text]:
        """Conversations in this process's memory."""
        return list(self._memory)

    async def close(self) -> None:
        """Close the Redis client."""
        if self._redis is not None:
            await self._redis.close()
