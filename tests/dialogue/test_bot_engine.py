"""The dialogue engine's own parts, in Rasa's environment: patches, components, channel, snapshots."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SET_UP


@pytest.fixture(scope="module")
def checks(model: Path) -> dict[str, Any]:
    """What `rasa_checks.py` found."""
    environment = {**os.environ, "SG_DATA_DIR": str(SET_UP), "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(
        [str(ROOT / ".venv-rasa/bin/python"), "tests/dialogue/rasa_checks.py", str(model)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(x for x in done.stdout.splitlines() if x.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line[len("RESULT ") :])
    return found


def test_serving_never_loads_tensorflow(checks: dict[str, Any]) -> None:
    """Start-up time and memory depend on it."""
    assert checks["tensorflow"] is False


def test_a_sent_vector_is_used_once_and_not_kept(checks: dict[str, Any]) -> None:
    """The vector leaves the metadata, and no embedding engine is loaded for it."""
    assert checks["vector_left"] is False
    assert checks["engine_after_vector"] is False
    assert checks["with_vector"] is not None


def test_a_broken_vector_costs_time_not_the_turn(checks: dict[str, Any]) -> None:
    """A vector that does not decode is computed anew."""
    assert checks["bad_vector"] == "human_text"


def test_a_leading_slash_is_only_a_character(checks: dict[str, Any]) -> None:
    """Nothing a resident types is executed as an intent."""
    assert checks["slash"] != "grant_consent"
    assert checks["neutralised"] == ["restart", "greet{}", "back", "restart", "a/b"]


def test_payloads_are_checked_against_the_domain(checks: dict[str, Any]) -> None:
    """Only our own intents, well formed; Rasa's commands and nested values are not taken."""
    got = checks["payloads"]
    assert got['/ask_item{"code": "SG-HR-004"}'] == ["ask_item", {"code": "SG-HR-004"}]
    assert got["/greet"] == ["greet", {}]
    assert got['/ask_item{"a": {"b": 1}}'] == ["ask_item", {}]
    for refused in ("/restart", "/back", "/nonsense"):
        assert got[refused] == "unknown_payload"
    for broken in ("greet", "/ask_item{broken", "/greet; drop"):
        assert got[broken] == "invalid_payload"


def test_tokens_keep_their_places(checks: dict[str, Any]) -> None:
    """Han characters one by one, Latin words and numbers whole, offsets exact."""
    text = "我要补SG-HR-004社保卡，don't wait 3天"
    assert all(text[start:end] == token for token, start, end in checks["tokens"])
    words = [token for token, _, _ in checks["tokens"]]
    assert words[:3] == ["我", "要", "补"]
    assert {"社", "don't", "3", "天"} <= set(words)


def test_long_conversations_stay_small(checks: dict[str, Any]) -> None:
    """The two-hundredth turn is stored in the size of the tenth."""
    three, ten, two_hundred = checks["snapshots"]["sizes"]
    assert two_hundred < ten * 1.1
    assert ten < three * 2


def test_a_snapshot_keeps_what_the_dialogue_needs(checks: dict[str, Any]) -> None:
    """Slots, active form and requested slot survive; storing again changes nothing."""
    found = checks["snapshots"]
    assert (found["loop"], found["requested"]) == ("callback_form", "callback_phone")
    assert found["context"] == {"code": "SG-29"}
    assert found["stable"] is True


def test_a_snapshot_holds_no_secrets(checks: dict[str, Any]) -> None:
    """No identity token, no vector, no text of a card."""
    text = checks["snapshots"]["text"]
    assert "SECRET" not in text
    assert "VV" not in text
    assert "PRIVATE" not in text


def test_redis_away_does_not_break_a_conversation(checks: dict[str, Any]) -> None:
    """The copy in memory is used."""
    assert checks["snapshots"]["without_redis"] == {"code": "SG-1"}
