"""sentence-transformers: the bundled model as a module, and hub models by name.

Importing this module imports torch; only `embedding_backend=hub` and tests do. The query path of
the bundled backend never comes here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from knowledge.embed.bundled import DOCUMENT_PREFIX, QUERY_PREFIX, BundledEmbedder
from knowledge.embed.port import Matrix, Vector

_PROMPTS = {"query": QUERY_PREFIX, "document": DOCUMENT_PREFIX}


class OnnxModule(InputModule):
    """A whole bundled model (network, pooling, normalisation) as one sentence-transformers module."""

    config_keys: list[str] = ["folder", "threads"]  # noqa: RUF012
    save_in_root = True

    def __init__(self, folder: str, threads: int = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.folder, self.threads = folder, threads
        self.embedder = BundledEmbedder(Path(folder), threads=threads)
        self.tokenizer = None  # type: ignore[assignment]
        self.max_seq_length = 512
        self.register_buffer("_device_marker", torch.zeros(1), persistent=False)

    def preprocess(  # type: ignore[override]
        self, inputs: Sequence[str], prompt: str | None = None, **_kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """Token ids and mask of texts, after their prompt."""
        ids, mask = self.embedder.tokens.batch([(prompt or "") + text for text in inputs])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Adds `sentence_embedding`, float32[n, dim]."""
        ids = features["input_ids"].cpu().numpy()
        mask = features["attention_mask"].cpu().numpy()
        features["sentence_embedding"] = torch.from_numpy(self.embedder.each(ids, mask))
        return features

    def get_embedding_dimension(self) -> int:
        return self.embedder.dim

    get_sentence_embedding_dimension = get_embedding_dimension

    def save(self, output_path: str, *_args: Any, **_kwargs: Any) -> None:
        """Writes the module's settings; the model folder itself stays where it is."""
        self.save_config(output_path)


def bundled_sentence_transformer(folder: Path, *, threads: int = 1) -> SentenceTransformer:
    """The bundled model as an ordinary `SentenceTransformer` with query and document prompts."""
    module = OnnxModule(str(folder), threads)
    return SentenceTransformer(modules=[module], prompts=_PROMPTS, device="cpu")


class HubEmbedder:
    """`Embedder` over any sentence-transformers model, by hub name or folder."""

    def __init__(self, model: str, *, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self._model = SentenceTransformer(model, device="cpu")
        prompts: dict[str, str | None] = self._model.prompts
        e5 = re.search(r"(^|[-_/])e5[-_]", model.lower())
        if e5 and not any(prompts.values()):
            self._model.prompts = dict(_PROMPTS)
        self._name = "hub-" + re.sub(r"[^A-Za-z0-9.]+", "-", model).strip("-").lower()
        self._dim = int(self._model.get_embedding_dimension() or 0)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    def encode_query(self, text: str) -> Vector:
        out = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        vector: Vector = np.asarray(out, np.float32)
        return vector

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.zeros((0, self._dim), np.float32)
        out = self._model.encode_document(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        matrix: Matrix = np.asarray(out, np.float32)
        return matrix
