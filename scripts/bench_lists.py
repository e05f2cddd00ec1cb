"""Made-up lists of any size for `scripts/bench_scale.py`, and the torch model it is compared with.

A made-up item has two wordings: a name joined from two real names, and a short text about it. Real
names come from the list and, where it is there, from the province's records beside the project.
Up to `EMBEDDED` items are embedded truly. Embedding a million texts would take an hour, so vectors of
longer lists are mixed from the real vectors of their parts, with noise of a quarter of the spread
between real texts; what is measured over them is speed and memory, never quality.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cards import CITIES
from knowledge.catalogue import load_catalogue
from knowledge.embed.blob import Blob, weights_path
from knowledge.embed.cache import VectorCache
from knowledge.embed.port import Embedder, Matrix
from knowledge.text import understand
from knowledge.wordings import NAME, SUMMARY, Wording

EMBEDDED = 1000
_RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "guangdong_items.jsonl"
_MOST_NAMES = 2500


def real_names() -> list[str]:
    """Names of real matters, each once, normalised."""
    catalogue = load_catalogue()
    raw = [item.name.zh for item in catalogue.items.values()]
    raw += [name.zh for name in catalogue.outside]
    if _RECORDS.is_file():
        with _RECORDS.open(encoding="utf-8") as file:
            raw += [str(json.loads(line).get("matter_name") or "") for line in file]
    else:
        raw += [text for item in catalogue.items.values() for text in item.aliases.zh]
    names = dict.fromkeys(understand(text).core for text in raw)
    return [name for name in names if 4 <= len(name) <= 40][:_MOST_NAMES]


def questions(most: int) -> list[str]:
    """What residents say for matters of the real list."""
    items = load_catalogue().items.values()
    texts = [text for item in items for text in (*item.colloquial.zh, *item.questions.zh)]
    return texts[:: max(1, len(texts) // most)][:most]


class MadeUp:
    """A list of `size` items."""

    def __init__(self, size: int, names: Sequence[str]) -> None:
        rng = np.random.default_rng(size)
        self.names = names
        self.a = rng.integers(0, len(names), size)
        self.b = rng.integers(0, len(names), size)
        self.size = size

    def code(self, i: int) -> str:
        return f"X-{i:07d}"

    def group(self, i: int) -> list[Wording]:
        """Item i's wordings."""
        a, b = self.names[self.a[i]], self.names[self.b[i]]
        texts = ((NAME, f"{a} {b}"), (SUMMARY, f"第{i % 997}号窗口受理{a}"))
        return [Wording(self.code(i), kind, text, text, english=False) for kind, text in texts]

    def groups(self) -> list[list[Wording]]:
        """All of them."""
        return [self.group(i) for i in range(self.size)]

    def tags(self) -> list[tuple[str, ...]]:
        """The cities that handle each."""
        return [CITIES if i % 3 == 0 else (CITIES[i % 2],) for i in range(self.size)]

    def vectors(self, embedder: Embedder, cache: VectorCache) -> Matrix:
        """float32[2 · size, dim], wordings in order of items."""
        if self.size <= EMBEDDED:
            return cache.documents([w.text for group in self.groups() for w in group])
        real = cache.documents(list(self.names))
        out = np.empty((2 * self.size, embedder.dim), np.float32)
        for rows, part in self._mixed(real):
            out[rows] = part
        return out

    def _mixed(self, real: Matrix) -> Iterator[tuple[slice, Matrix]]:
        rng = np.random.default_rng(1)
        spread = float(np.linalg.norm(real - real.mean(0), axis=1).mean())
        noise = np.float32(0.25 * spread / real.shape[1] ** 0.5)
        for start in range(0, self.size, 20_000):
            a, b = self.a[start : start + 20_000], self.b[start : start + 20_000]
            part = np.empty((2 * len(a), real.shape[1]), np.float32)
            part[0::2] = 0.5 * real[a] + 0.5 * real[b]
            part[1::2] = 0.85 * real[a] + 0.15 * real[b]
            part += noise * rng.standard_normal(part.shape, np.float32)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
            yield slice(2 * start, 2 * start + len(part)), part


def torch_model(folder: Path) -> Any:
    """The bundled model in torch, weights unpacked to fp32, as a `SentenceTransformer` on one thread."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel

    from knowledge.embed.bundled import DOCUMENT_PREFIX, QUERY_PREFIX
    from knowledge.embed.st import OnnxModule

    blob = Blob(weights_path())
    shape = blob.shape
    config = BertConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=shape.inner,
        max_position_embeddings=shape.positions, type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon, pad_token_id=0,
    )  # fmt: skip
    bert = BertModel(config, add_pooling_layer=False)
    bert.train(False)
    bert.load_state_dict(_state(blob), strict=False)
    torch.set_num_threads(1)

    class TorchModule(OnnxModule):
        """The same tokens, through torch."""

        def forward(self, features: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
            ids, mask = features["input_ids"], features["attention_mask"]
            hidden = bert(input_ids=ids, attention_mask=mask).last_hidden_state
            kept = mask.unsqueeze(-1).float()
            pooled = (hidden * kept).sum(1) / kept.sum(1)
            features["sentence_embedding"] = torch.nn.functional.normalize(pooled, dim=-1)
            return features

    prompts = {"query": QUERY_PREFIX, "document": DOCUMENT_PREFIX}
    return SentenceTransformer(modules=[TorchModule(str(folder))], prompts=prompts, device="cpu")


def _state(blob: Blob) -> dict[str, Any]:
    import torch

    shape = blob.shape
    hidden, inner = shape.hidden, shape.inner

    def unpacked(name: str, rows: int, columns: int) -> Any:
        return torch.from_numpy(blob.unpacked(name, rows, columns))

    def floats(name: str, *sizes: int) -> Any:
        return torch.from_numpy(blob.floats(name, *sizes))

    state = {
        "embeddings.word_embeddings.weight": unpacked("emb.word", shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": floats("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": floats("emb.type", shape.types, hidden),
        "embeddings.LayerNorm.weight": floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": floats("emb.ln.b", hidden),
    }
    dense = (
        ("q", "attention.self.query", hidden, hidden),
        ("k", "attention.self.key", hidden, hidden),
        ("v", "attention.self.value", hidden, hidden),
        ("ao", "attention.output.dense", hidden, hidden),
        ("fi", "intermediate.dense", inner, hidden),
        ("fo", "output.dense", hidden, inner),
    )
    for layer in range(shape.layers):
        into = f"encoder.layer.{layer}."
        for short, name, rows, columns in dense:
            state[f"{into}{name}.weight"] = unpacked(f"l{layer}.{short}.w", rows, columns)
            state[f"{into}{name}.bias"] = floats(f"l{layer}.{short}.b", rows)
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            state[f"{into}{name}.weight"] = floats(f"l{layer}.{short}.w", hidden)
            state[f"{into}{name}.bias"] = floats(f"l{layer}.{short}.b", hidden)
    return state
