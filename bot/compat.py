"""Every private or patched name of Rasa 3.6.21 that we touch, with a self-test at start.

What is changed, and why:

- TensorFlow is not imported by the serving process. Nothing in our pipeline uses it; three modules
  that Rasa imports for training only (call-backs, batches, the recipe check whose name stands in
  the model's description) are replaced by empty ones. Start falls from 14 to
  5 s, memory from 0.65 GB to 0.25 GB.
- The validator of action responses is compiled once; Rasa re-checks its own schema at each call,
  three quarters of a turn with a custom action.
- The tracker sent to actions carries slots, the latest message and the active form: no events.
- An action that failed is told to the output channel, which makes it a typed error; Rasa would
  answer with silence.
- The class of a stored event is looked up once per kind; Rasa walks all its classes each time.
- One HTTP session is kept to the action server; Rasa opens a new one for each call.

Nothing else in `bot/` may use a name that begins with an underscore of a foreign package.
"""

from __future__ import annotations

import inspect
import sys
import types
from functools import lru_cache
from typing import Any, Dict, List, Optional

RASA_VERSION = "3.6.21"
_STUBS: Dict[str, List[str]] = {
    "rasa.utils.tensorflow.callback": ["RasaTrainingLogger", "RasaModelCheckpoint"],
    "rasa.utils.tensorflow.data_generator": ["RasaDataGenerator", "RasaBatchDataGenerator"],
    "rasa.graph_components.validators.default_recipe_validator": ["DefaultV1RecipeValidator"],
}
_RANKING = 4


class Incompatible(RuntimeError):
    """The installed Rasa is not the one these patches were written for."""


class _NotForServing:
    """Stands where TensorFlow classes would be; making one is a programming error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise Incompatible("the serving process does not train neural models")


def without_tensorflow() -> None:
    """Keep TensorFlow out of this process. Must be called before `rasa.core` is imported."""
    if "rasa.utils.train_utils" in sys.modules:
        raise Incompatible("rasa was imported before bot.compat")
    for name, classes in _STUBS.items():
        module = types.ModuleType(name)
        for class_name in classes:
            setattr(module, class_name, type(class_name, (_NotForServing,), {}))
        sys.modules[name] = module


def install() -> None:
    """Apply the patches; raises `Incompatible` when a name they need is missing or changed."""
    self_test()
    from jsonschema import Draft202012Validator
    from rasa.core.actions.action import RemoteAction
    from rasa.shared.core.events import Event

    validator = Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(self: Any, result: Dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate
    RemoteAction._action_call_format = _slim_call
    RemoteAction.run = _telling(RemoteAction.run)
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=64)(Event.resolve_by_type))


def _telling(run: Any) -> Any:
    """An action's run that tells the output channel when it failed; Rasa itself goes on as if it
    had had nothing to say."""
    from rasa.core.actions.action import ActionExecutionRejection

    async def told(self: Any, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> Any:
        try:
            return await run(self, output_channel, nlg, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception:
            output_channel.failed = self.name()
            raise

    return told


def _slim_call(self: Any, tracker: Any, domain: Any) -> Dict[str, Any]:
    """Request of an action: what ours read, and no history."""
    latest = tracker.latest_message
    parsed = dict(latest.parse_data) if latest else {}
    message = {
        "text": parsed.get("text") or "",
        "intent": parsed.get("intent") or {},
        "intent_ranking": (parsed.get("intent_ranking") or [])[:_RANKING],
        "entities": list(latest.entities) if latest else [],
        "metadata": dict((latest.metadata if latest else None) or {}),
    }
    loop = tracker.active_loop
    return {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": {
            "sender_id": tracker.sender_id,
            "slots": {k: v for k, v in tracker.current_slot_values().items() if v is not None},
            "latest_message": message,
            "latest_action_name": tracker.latest_action_name,
            "active_loop": {"name": loop.name} if loop else {},
            "events": [],
            "paused": False,
            "followup_action": None,
        },
        "version": RASA_VERSION,
    }


def _parameters(function: Any) -> List[str]:
    return list(inspect.signature(function).parameters)


def self_test() -> None:
    """Check version, signatures and attributes of everything used here; raises `Incompatible`."""
    import rasa
    from rasa.core.actions.action import RemoteAction
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.core.processor import MessageProcessor
    from rasa.core.tracker_store import TrackerStore
    from rasa.shared.core.events import Event
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.utils.endpoints import EndpointConfig

    expected = [
        (RemoteAction._validate_action_result, ["self", "result"]),
        (RemoteAction._action_call_format, ["self", "tracker", "domain"]),
        (RemoteAction.run, ["self", "output_channel", "nlg", "tracker", "domain"]),
        (MessageProcessor.parse_message, ["self", "message", "tracker", "only_output_properties"]),
        (MessageProcessor.get_tracker, ["self", "conversation_id"]),
        (Agent.handle_message, ["self", "message"]),
        (TrackerStore.save, ["self", "tracker"]),
        (TrackerStore.retrieve, ["self", "sender_id"]),
        (DialogueStateTracker.current_slot_values, ["self"]),
        (Event.resolve_by_type, ["type_name", "default"]),
    ]
    problems = [
        function.__qualname__ for function, names in expected if _parameters(function) != names
    ]
    if "parse_data" not in _parameters(UserMessage.__init__):
        problems.append("UserMessage(parse_data)")
    if "kwargs" not in _parameters(EndpointConfig.request):
        problems.append("EndpointConfig.request(**kwargs)")
    if rasa.__version__ != RASA_VERSION:
        problems.append(f"rasa {rasa.__version__}")
    if problems:
        raise Incompatible("unexpected in Rasa: " + ", ".join(problems))


def action_endpoint(url: str, token: str, timeout_s: float) -> Any:
    """Endpoint of the action server with one kept-alive session, our internal header, and a limit
    of `timeout_s` (Rasa's own is five minutes)."""
    import aiohttp
    from rasa.utils.endpoints import ClientResponseError, EndpointConfig

    class KeptAlive(EndpointConfig):
        """Same calls as Rasa's endpoint, over one session."""

        _kept: Optional[aiohttp.ClientSession] = None

        async def request(self, method: str = "post", subpath: Optional[str] = None,
                          content_type: Optional[str] = "application/json",
                          compress: bool = False, **kwargs: Any) -> Optional[Any]:  # fmt: skip
            if self._kept is None or self._kept.closed:
                self._kept = self.session()
            kwargs["timeout"] = aiohttp.ClientTimeout(total=timeout_s)
            async with self._kept.request(method, self.url, **kwargs) as response:
                if response.status >= 400:
                    body = await response.content.read()
                    raise ClientResponseError(response.status, response.reason, body)
                return await response.json()

        async def close(self) -> None:
            """Close the kept session."""
            if self._kept is not None:
                await self._kept.close()

    return KeptAlive(url, headers={"X-SG-Internal": token})
