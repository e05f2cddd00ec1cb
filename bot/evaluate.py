"""How well intents are recognised: `python -m bot.evaluate --model FILE` (Rasa's environment).

Prints accuracy on held-out paraphrases (tests/dialogue/nlu_holdout.jsonl, never trained on) per
language, the worst intents with what they were taken for, and what the fallback does. `--compare`
fits alternatives on the same examples: strength of regularisation, character n-grams, and both.
`--json` prints one object for machines. Decides nothing.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
import warnings
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
warnings.filterwarnings("ignore")

from bot import compat  # noqa: E402
from bot.log import configure  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
HOLDOUT = ROOT / "tests" / "dialogue" / "nlu_holdout.jsonl"
SERVICE_PREFIX = "ask_"
Example = Dict[str, str]


def holdout(path: Path = HOLDOUT) -> List[Example]:
    """`{"text", "intent", "lang"}` for every held-out paraphrase."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def same_door(expected: str, got: str) -> bool:
    """Whether a mistake is harmless: both are questions that the list's search answers, and the
    search reads the facet from the words itself; the fallback searches too."""
    searched = ("out_of_scope", "nlu_fallback")
    return expected.startswith(SERVICE_PREFIX) and (
        got.startswith(SERVICE_PREFIX) or got in searched
    )


def report(examples: Sequence[Example], predicted: Sequence[Tuple[str, float]]) -> Dict[str, Any]:
    """Figures of one run; `predicted` is (intent, confidence) per example."""
    right: Counter = Counter()
    served: Counter = Counter()
    total: Counter = Counter()
    confused: Dict[str, List[str]] = defaultdict(list)
    for example, (intent, confidence) in zip(examples, predicted, strict=True):
        expected = example["intent"]
        for group in ("all", example["lang"]):
            total[group] += 1
            right[group] += intent == expected
            served[group] += intent == expected or same_door(expected, intent)
        if intent != expected:
            confused[expected].append(f"{example['text']} -> {intent} ({confidence:.2f})")
    worst = sorted(confused.items(), key=lambda item: -len(item[1]))
    return {
        "examples": total["all"],
        "accuracy": {group: round(right[group] / total[group], 3) for group in total},
        "right_action": {group: round(served[group] / total[group], 3) for group in total},
        "confused": dict(worst),
    }


async def predict(model: Path, texts: Sequence[str]) -> Tuple[List[Tuple[str, float]], float]:
    """(intent, confidence) of each text by the trained model, and milliseconds a text."""
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import UserMessage

    agent = await load_agent(str(model))
    assert agent.processor is not None, f"no model at {model}"
    await agent.processor.parse_message(UserMessage("warm up"))
    started = time.monotonic()
    found = []
    for text in texts:
        intent = (await agent.processor.parse_message(UserMessage(text, metadata={})))["intent"]
        found.append((intent["name"], intent["confidence"]))
    return found, (time.monotonic() - started) * 1000 / len(texts)


def compare(examples: Sequence[Example]) -> Dict[str, Dict[str, float]]:
    """Alternatives on the same data: name to accuracy per language and seconds to fit."""
    import numpy as np
    from rasa.shared.nlu.training_data.loading import load_data
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    from bot.components.embedding import Embedder, cache_dir

    data = list(load_data(str(ROOT / "nlu_data")).intent_examples)
    data = [m for m in data if not m.get("text").startswith("/")]
    texts, labels = [m.get("text") for m in data], [m.get("intent") for m in data]
    embedder = Embedder(cache_dir())
    dense, dense_test = embedder.many(texts), embedder.many([e["text"] for e in examples])
    mean = dense.mean(axis=0)
    dense, dense_test = dense - mean, dense_test - mean
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    sparse = grams.fit_transform([t.lower() for t in texts])
    sparse_test = grams.transform([e["text"].lower() for e in examples])

    def both(weight: float) -> Tuple[Any, Any]:
        return (
            hstack([csr_matrix(dense), sparse * weight]).tocsr(),
            hstack([csr_matrix(dense_test), sparse_test * weight]).tocsr(),
        )

    def logistic(c: float) -> Any:
        return LogisticRegression(C=c, max_iter=400, class_weight="balanced", random_state=7)

    runs: Dict[str, Tuple[Any, Any, Any]] = {
        f"e5, logistic C={c}": (logistic(c), dense, dense_test) for c in (3, 10, 30, 100, 300)
    }
    runs["e5, linear SVM"] = (LinearSVC(C=3, class_weight="balanced"), dense, dense_test)
    runs["char n-grams, logistic C=30"] = (logistic(30), sparse, sparse_test)
    for weight in (0.1, 0.2, 0.4, 1.0):
        runs[f"e5 + {weight} char n-grams, logistic C=30"] = (logistic(30), *both(weight))
    results = {}
    truth = np.array([e["intent"] for e in examples])
    langs = np.array([e["lang"] for e in examples])
    for name, (model, x, x_test) in runs.items():
        started = time.monotonic()
        found = model.fit(x, labels).predict(x_test)
        ok = found == truth
        results[name] = {"all": round(float(ok.mean()), 3)}
        for lang in sorted(set(langs)):
            results[name][lang] = round(float(ok[langs == lang].mean()), 3)
        results[name]["fit_s"] = round(time.monotonic() - started, 1)
    return results


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="Measure the recognition of intents.")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--set", type=Path, default=HOLDOUT, help="held-out examples, JSON lines")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    compat.without_tensorflow()
    configure("warning")
    examples = holdout(arguments.set)
    if arguments.compare:
        table = compare(examples)
        if arguments.json:
            print(json.dumps(table))
            return
        for name, row in table.items():
            print(f"{name:42}", "  ".join(f"{k} {v}" for k, v in row.items()))
        return
    if not arguments.model or not arguments.model.is_file():
        raise SystemExit("Give --model; `python scripts/train.py --path` prints it.")
    predicted, milliseconds = asyncio.run(predict(arguments.model, [e["text"] for e in examples]))
    figures = report(examples, predicted)
    figures["ms_per_text"] = round(milliseconds, 1)
    if arguments.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    confused = figures.pop("confused")
    for name, value in figures.items():
        print(f"{name}: {value}")
    print("confused, worst first:")
    for intent, lines in list(confused.items())[:25]:
        print(f"  {intent}")
        for line in lines:
            print(f"    {line}")


if __name__ == "__main__":
    sys.exit(main())
