"""The bundled backend: ONNX Runtime over the 4-bit graph that set-up built.

No torch, no network. One session, shared by all threads; repeated queries come from a small cache.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # it reports to a foreign service from its import on
import onnxruntime as ort  # type: ignore[import-untyped]

from knowledge.embed.port import Matrix, Vector
from knowledge.embed.tokens import Ids, Tokens

QUERY_PREFIX, DOCUMENT_PREFIX = "query: ", "passage: "
"""The prefixes multilingual-e5 was trained with."""
_CACHE_SIZE = 512
_BATCH = 16


def _session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class BundledEmbedder:
    """`Embedder` over a folder written by `knowledge.embed.graph.write_model`."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self._name: str = about["name"]
        self._dim: int = about["dim"]
        self.tokens = Tokens(folder, max_tokens=about["max_tokens"])
        self._session = _session(folder / "model.onnx", threads)
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    def run(self, ids: Ids, mask: Ids) -> Matrix:
        """float32[n, dim] of tokenised texts."""
        out: Matrix = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return out

    def encode_query(self, text: str) -> Vector:
        with self._lock:
            found = self._cache.get(text)
            if found is not None:
                self._cache.move_to_end(text)
                return found
        vector: Vector = self.run(*self.tokens.batch([QUERY_PREFIX + text]))[0]
        vector.setflags(write=False)
        with self._lock:
            self._cache[text] = vector
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return vector

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        out = np.zeros((len(texts), self._dim), np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(by_length), _BATCH):
            rows = by_length[start : start + _BATCH]
            out[rows] = self.run(*self.tokens.batch([DOCUMENT_PREFIX + texts[i] for i in rows]))
        return out
