"""The bot's parts that need no Rasa: vectors, n-grams, the digest that decides about training."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml

from bot.components import embedding
from bot.components.embedding import DIM, BadVector, Embedder, decode_vector, normalise
from bot.components.ngrams import Ngrams, grams

ROOT = Path(__file__).resolve().parents[2]


def load_train() -> ModuleType:
    """`scripts/train.py` as a module."""
    spec = importlib.util.spec_from_file_location("sg_train", ROOT / "scripts" / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def examples() -> list[tuple[str, str]]:
    """(text, intent) of every training example."""
    found = []
    for path in sorted((ROOT / "nlu_data").rglob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [
                (line[2:].strip(), block["intent"]) for line in block["examples"].splitlines()
            ]
    return found


def held_out(name: str) -> list[dict[str, str]]:
    """Held-out paraphrases."""
    path = ROOT / "tests" / "dialogue" / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def encoded(vector: np.ndarray) -> str:
    """As the gateway sends a vector."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def test_a_vector_survives_the_wire() -> None:
    """384 little-endian float32 in base64, exactly."""
    vector = np.linspace(-1, 1, DIM, dtype=np.float32)
    assert np.array_equal(decode_vector(encoded(vector)), vector)


@pytest.mark.parametrize(
    "bad", ["", "!!", "AAAA", encoded(np.full(DIM, np.nan)), encoded(np.ones(3))]
)
def test_a_bad_vector_is_named(bad: str) -> None:
    """Wrong alphabet, wrong length, not finite: `BadVector`, never garbage."""
    with pytest.raises(BadVector):
        decode_vector(bad)


class CountingEngine:
    """Stands for the engine: counts the texts it was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def query(self, texts: list[str]) -> np.ndarray:
        self.texts += texts
        return np.stack([np.full(DIM, len(t), dtype=np.float32) for t in texts])


def test_training_computes_a_text_once(tmp_path: Path) -> None:
    """The second training of the same texts computes nothing, in this process or the next."""
    first = Embedder(tmp_path)
    first._engine = CountingEngine()
    vectors = first.many(["你好", "ＨＥＬＬＯ  there", "你好"])
    assert first._engine.texts == ["你好", "hello there"]
    second = Embedder(tmp_path)
    second._engine = CountingEngine()
    assert np.array_equal(second.many(["你好", "hello there", "你好"]), vectors)
    assert second._engine.texts == []
    assert list(tmp_path.glob("*.npz")) == [tmp_path / embedding._CACHE]


def test_the_engine_is_not_loaded_before_it_is_needed() -> None:
    """A server that is always given vectors never pays for the engine."""
    assert Embedder().loaded is False
    assert normalise("  ＡＢＣ　你好\n") == "abc 你好"


def test_ngrams_weigh_rare_grams_more_and_have_unit_length() -> None:
    """tf-idf as in the literature: unit rows, unknown texts empty."""
    model = Ngrams.fit(["公积金提取", "公积金贷款", "社保卡提取", "社保卡贷款"])
    columns, values = model.row("公积金提取")
    assert np.isclose(np.linalg.norm(values), 1.0)
    assert len(columns) == len(set(columns.tolist()))
    assert model.row("xyz")[0].size == 0
    assert "公积金" in set(grams("公积金"))


def test_the_digest_changes_only_with_what_is_trained(tmp_path: Path) -> None:
    """Examples, rules, components and config count; the channel and the server do not."""
    train = load_train()
    for name in ("config.yml", "bot/rules/a.yml", "bot/channel.py", "nlu_data/x/b.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    start = train.digest(tmp_path)
    (tmp_path / "bot/channel.py").write_text("2")
    (tmp_path / "nlu_data/notes.txt").write_text("2")
    assert train.digest(tmp_path) == start
    seen = {start}
    for name in ("config.yml", "bot/rules/a.yml", "nlu_data/x/b.yml"):
        (tmp_path / name).write_text("2")
        seen.add(train.digest(tmp_path))
    assert len(seen) == 4


def test_a_failed_training_leaves_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A training that ends badly says so in one sentence and publishes nothing."""
    train = load_train()
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho the reason\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("SG_RASA_PYTHON", str(broken))
    target = tmp_path / "models" / "x.tar.gz"
    with pytest.raises(SystemExit, match="Training failed"):
        train.train(target)
    assert "the reason" in capfd.readouterr().err
    assert list(target.parent.iterdir()) == []
    monkeypatch.setenv("SG_RASA_PYTHON", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="environment is missing"):
        train.train(target)


def test_training_examples_are_many_real_and_apart_from_the_held_out() -> None:
    """At least 45 intents and 1,500 examples; none has two intents; none is held out."""
    all_examples = [(t, i) for t, i in examples() if not t.startswith("/")]
    assert len({intent for _, intent in all_examples}) >= 45
    assert len(all_examples) >= 1500
    texts = [text.lower() for text, _ in all_examples]
    assert len(texts) == len(set(texts))
    for name in ("nlu_holdout.jsonl", "nlu_blind.jsonl"):
        assert not {e["text"].lower() for e in held_out(name)} & set(texts)


def test_payload_intents_are_never_learnt_from_words() -> None:
    """Their only examples begin with a slash, which the classifier leaves out."""
    for text, intent in examples():
        payload = intent in (
            "ask_item", "checklist", "report_outdated", "case_by_account", "grant_consent",
            "decline_consent", "EXTERNAL_signed_in",
        )  # fmt: skip
        assert text.startswith("/") == payload


def test_nothing_here_needs_rasa() -> None:
    """These parts run in the app's environment, where Rasa is not installed."""
    assert "rasa" not in sys.modules
