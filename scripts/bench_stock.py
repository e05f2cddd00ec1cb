"""The baseline of the turn bench: an untouched Rasa 3.6.21, trained on a part of our examples.

Decides what "stock" means: the configuration file that the installed Rasa itself uses when none is
given (DIET 100 epochs, ResponseSelector, FallbackClassifier; Memoization, RulePolicy, UnexpecTED,
TED), one custom action on a stock `rasa run actions`, the stock REST channel, the in-memory tracker
store. Never patches Rasa and never listens on anything but loopback.

The default tokenizer splits on blanks, which Chinese does not have. So that the pipeline stays the
default one, Han characters are written with blanks between them, in training and in the load.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.product import free_port

ROOT = Path(__file__).resolve().parent.parent
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"
DEFAULT_CONFIG = "lib/python3.10/site-packages/rasa/engine/recipes/config_files/default_config.yml"
PER_INTENT = 8
PER_SERVICE_INTENT = 24
TRAIN_WITHIN_S = 900
START_WITHIN_S = 240
_HAN = re.compile(r"([\u3400-\u9fff])")
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SANIC_HOST": "127.0.0.1",
    "PYTHONWARNINGS": "ignore",
}
ACTION = '''"""The one custom action of the baseline."""

from rasa_sdk import Action


class Answer(Action):
    def name(self):
        return "action_answer"

    def run(self, dispatcher, tracker, domain):
        intent = tracker.latest_message["intent"]["name"]
        dispatcher.utter_message(text=f"The answer to {intent}.")
        return []
'''


def spaced(text: str) -> str:
    """Blanks around every Han character, for the default whitespace tokenizer."""
    return " ".join(_HAN.sub(r" \1 ", text).split())


def examples() -> dict[str, list[str]]:
    """Our training examples by intent: a fixed part, spread evenly over the files (languages and
    domains), so that training stays within a few minutes."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "nlu_data").rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []:
            if "intent" not in block:
                continue
            for line in block["examples"].splitlines():
                text = spaced(_MARKED.sub(r"\1", line.strip().removeprefix("-").strip()))
                if text and not text.startswith("/"):
                    found[block["intent"]][path.name].append(text)
    return {
        intent: _spread(list(files.values()), PER_SERVICE_INTENT if len(files) > 3 else PER_INTENT)
        for intent, files in sorted(found.items())
    }


def _spread(files: list[list[str]], limit: int) -> list[str]:
    """Up to `limit` texts, one from each file in turn."""
    taken: list[str] = []
    for row in range(max(map(len, files))):
        for texts in files:
            if row < len(texts) and len(taken) < limit and texts[row] not in taken:
                taken.append(texts[row])
    return taken


def sources() -> dict[str, str]:
    """Files of the baseline's project by name."""
    default = (ROOT / ".venv-rasa" / DEFAULT_CONFIG).read_text(encoding="utf-8")
    by_intent = examples()
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in by_intent.items()
    ]
    names = list(by_intent)
    follow = [names[(index * 7 + 3) % len(names)] for index in range(len(names))]
    stories = [
        {
            "story": f"{first} then {second}",
            "steps": [
                step for name in (first, second) for step in ({"intent": name}, {"action": "action_answer"})
            ],
        }
        for first, second in zip(names, follow, strict=True)
    ]  # fmt: skip
    rules = [
        {"rule": name, "steps": [{"intent": name}, {"action": "action_answer"}]}
        for name in ("nlu_fallback",)
    ]
    domain = {
        "version": "3.1",
        "intents": names,
        "actions": ["action_answer"],
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    return {
        "config.yml": default.replace("placeholder_default", "stock"),
        "domain.yml": _yaml(domain),
        "data/nlu.yml": _yaml({"version": "3.1", "nlu": nlu}),
        "data/stories.yml": _yaml({"version": "3.1", "stories": stories}),
        "data/rules.yml": _yaml({"version": "3.1", "rules": rules}),
        "credentials.yml": "rest:\n",
        "actions.py": ACTION,
    }


def _yaml(data: object) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_style=None)


def prepare(cache: Path) -> Path:
    """The trained baseline below `cache`, trained at the first run; returns its folder.

    Trained again when Rasa's defaults or the recipe here change, not when our examples grow: the
    speed of a turn does not depend on a few sentences, and both sides would otherwise wait minutes.
    """
    files = sources()
    recipe = json.dumps([files["config.yml"], ACTION, PER_INTENT, PER_SERVICE_INTENT])
    folder = cache / f"stock-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if (folder / "models" / "stock.tar.gz").exists():
        return folder
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    count = sum(len(texts) for texts in examples().values())
    print(f"  training the stock baseline on {count} examples, once, some minutes …", flush=True)
    started = time.monotonic()
    with (folder / "train.log").open("wb") as log:
        done = subprocess.run(
            [str(RASA), "train", "--fixed-model-name", "making", "--quiet"],
            cwd=folder, env={**os.environ, **ENVIRONMENT}, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, timeout=TRAIN_WITHIN_S, check=False,
        )  # fmt: skip
    made = folder / "models" / "making.tar.gz"
    if done.returncode or not made.exists():
        raise RuntimeError(f"The baseline could not be trained; see {folder / 'train.log'}")
    made.replace(folder / "models" / "stock.tar.gz")
    took = time.monotonic() - started
    (folder / "trained.json").write_text(json.dumps({"examples": count, "seconds": round(took)}))
    print(f"  trained in {took:.0f} s", flush=True)
    return folder


@dataclass(frozen=True)
class Stock:
    """A running baseline: address of its REST channel, its processes."""

    url: str
    pids: tuple[int, ...]


@contextmanager
def running(folder: Path) -> Iterator[Stock]:
    """Start action server and Rasa, wait until a message is answered, stop both afterwards."""
    port, actions = free_port(), free_port()
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n"
    )
    commands = [
        [str(RASA), "run", "actions", "--port", str(actions), "--actions", "actions"],
        [
            str(RASA), "run", "--port", str(port), "--interface", "127.0.0.1",
            "--model", "models/stock.tar.gz", "--endpoints", "endpoints.yml",
            "--credentials", "credentials.yml",
        ],
    ]  # fmt: skip
    env = {**os.environ, **ENVIRONMENT}
    with (folder / "run.log").open("wb") as log:
        started = [
            subprocess.Popen(
                command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
            for command in commands
        ]  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
            _wait(url, started, folder)
            yield Stock(url, tuple(process.pid for process in started))
        finally:
            _stop(started)


def _wait(url: str, processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    body = json.dumps({"sender": "ready", "message": "hello"}).encode()
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            break
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                if json.loads(answer.read()):
                    return
        except (urllib.error.URLError, OSError, ValueError):
            pass
        time.sleep(0.5)
    raise RuntimeError(f"The baseline does not answer; see {folder / 'run.log'}")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
