"""The bundled backend: ONNX Runtime over the graphs that set-up built.

No torch, no network. Texts go through the fast graph one by one: what is rounded to 8 bits depends on all
that is in one run, so a text has the same vector whatever else is embedded. Sessions are shared by all
threads; repeated queries come from a small cache. Products of 8-bit integers overflow on processors without
instructions for them: when the fast graph does not give the vector of the exact one, the exact one takes its
place; where that one does not give it either, the files are damaged.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # it reports to a foreign service from its import on
import onnxruntime as ort  # type: ignore[import-untyped]
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors  # type: ignore[import-untyped]

from core.errors import AppError
from core.log import get_log
from knowledge.embed.port import Matrix, Vector
from knowledge.embed.tokens import Ids, Tokens

QUERY_PREFIX, DOCUMENT_PREFIX = "query: ", "passage: "
"""The prefixes multilingual-e5 was trained with."""
FAST, EXACT, PROBE = "fast", "exact", "probe.npy"
"""The graphs' names, and the exact vector of the text that checks the fast one."""
_LIKE = 0.998
"""Least cosine of the two; measured .9995 where 8-bit products work."""
_CACHE_SIZE = 512
_DAMAGED = (
    ValueError, KeyError, IndexError, TypeError, EOFError, FileNotFoundError, ort_errors.Fail,
    ort_errors.InvalidArgument, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf, ort_errors.NoSuchFile,
    ort_errors.NotImplemented, ort_errors.RuntimeException,
)  # fmt: skip
"""What files of a model raise that are cut off, overwritten or gone, each with errors of its own reader."""
log = get_log(__name__)


class ModelBroken(AppError):
    """The files of the model are damaged: remove the folder, `python -m knowledge build`."""

    code = "model_broken"
    status = 503


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Raises `ModelBroken` for whatever the files of a model fail with."""
    try:
        yield
    except _DAMAGED as error:
        where = f"{folder.parent.name}/{folder.name}"  # not the whole path: a caller may be told
        raise ModelBroken(details={"folder": where}, folder=where) from error


def open_session(path: Path, *, threads: int) -> ort.InferenceSession:
    """A graph, ready to run."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _exactly(session: ort.InferenceSession, ids: Ids, mask: Ids) -> Matrix:
    out: Matrix = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    return out


class BundledEmbedder:
    """`Embedder` over a folder written by `knowledge.embed.graph.write_model`. Raises `ModelBroken`, also
    later, when the exact graph is opened."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._folder, self._threads = folder, threads
        self._lock = threading.Lock()
        self._exact: ort.InferenceSession | None = None
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        with _reading(folder):
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self._name: str = about["name"]
            self._dim: int = about["dim"]
            self.tokens = Tokens(folder, max_tokens=about["max_tokens"])
            self._probe = self.tokens.batch([about["probe"]])
            self._probe_vector: Vector = np.load(folder / PROBE)
            self._one = self._open()

    def _open(self) -> Callable[[Ids, Ids], Matrix]:
        session = open_session(self._folder / f"{FAST}.onnx", threads=self._threads)

        def fast(ids: Ids, _mask: Ids) -> Matrix:
            out: Matrix = session.run(None, {"input_ids": ids})[0]
            return out

        likeness = float(fast(*self._probe)[0] @ self._probe_vector)
        if likeness >= _LIKE:
            return fast
        log.warning("embedding.exact", cosine=round(likeness, 4))
        return self.run

    def _exact_graph(self) -> ort.InferenceSession:
        """The exact graph, opened when it is first needed."""
        with self._lock:
            if self._exact is None:
                with _reading(self._folder):
                    self._exact = self._checked(self._folder / f"{EXACT}.onnx")
            return self._exact

    def _checked(self, path: Path) -> ort.InferenceSession:
        """The exact graph; raises `ValueError` where it does not give the vector it gave at set-up."""
        session = open_session(path, threads=self._threads)
        likeness = float(_exactly(session, *self._probe)[0] @ self._probe_vector)
        if not likeness >= _LIKE:  # also where it is no number
            raise ValueError(f"cosine {likeness} to the vector of set-up")
        return session

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    def run(self, ids: Ids, mask: Ids) -> Matrix:
        """float32[n, dim] of tokenised texts, exactly."""
        return _exactly(self._exact_graph(), ids, mask)

    def each(self, ids: Ids, mask: Ids) -> Matrix:
        """float32[n, dim] of tokenised texts, one by one and without their padding."""
        out = np.zeros((len(ids), self._dim), np.float32)
        for row, length in enumerate(mask.sum(axis=1)):
            out[row] = self._one(ids[row : row + 1, :length], mask[row : row + 1, :length])[0]
        return out

    def encode_query(self, text: str) -> Vector:
        with self._lock:
            found = self._cache.get(text)
            if found is not None:
                self._cache.move_to_end(text)
                return found
        vector: Vector = self._one(*self.tokens.batch([QUERY_PREFIX + text]))[0]
        vector.setflags(write=False)
        with self._lock:
            self._cache[text] = vector
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return vector

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        out = np.zeros((len(texts), self._dim), np.float32)
        for row, text in enumerate(texts):
            out[row] = self._one(*self.tokens.batch([DOCUMENT_PREFIX + text]))[0]
        return out
