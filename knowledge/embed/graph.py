"""Builds the bundled model's files: two ONNX graphs of one network, and its tokenizer.

The network is BERT with 12 layers, mean pooling and L2 normalisation inside the graph, written node
by node from the packed weights (no torch, no export). `exact.onnx` computes with the 4-bit weights as
they are; `fast.onnx` with 8-bit integers in a third of the time: a few channels of a
transformer carry values twenty times the others', so each channel is first divided by what it needs
and its weights multiplied by the same (SmoothQuant, Xiao et al. 2023), as measured on the exact graph.
Runs once at set-up; the folder is named by the digest of its inputs, written aside and renamed, so it
is there whole or not at all. Inputs `input_ids` and, of the exact graph, `attention_mask` int64[n, s]
(what the fast one is given is not padded); output `embedding` float32[n, 384].
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from knowledge.embed.blob import BLOCK, Blob
from knowledge.embed.bundled import EXACT, FAST, PROBE, open_session
from knowledge.embed.calibration import TEXTS
from knowledge.embed.tokens import Tokens, build_tokenizer

_MS = "com.microsoft"
_SHARE = 0.8
"""How much of a channel's range moves into its weights."""
_ATTENDED = ".ctx"
"""How the outputs of attention are named."""
_TABLE = ("emb.q", "emb.z", "emb.s")
"""Weights that both graphs read from one file."""
Ranges = Mapping[str, npt.NDArray[np.float32]]
"""Input of a product → largest absolute value of each of its channels."""


class _Graph:
    """Collects nodes and weights under construction."""

    inputs: tuple[str, ...] = ("input_ids", "attention_mask")

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def floats(self, name: str, *shape: int) -> str:
        return self.constant(name, self.blob.floats(name, *shape))

    def node(self, op: str, inputs: list[str], out: str, domain: str = "", **attrs: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [out], name=out, domain=domain, **attrs))
        return out

    def dense(self, x: str, name: str, weights: list[str], shape: tuple[int, int]) -> str:
        """x · Wᵀ + b over packed 4-bit rows; several weights are stacked into one product."""
        rows, columns = shape
        packed, scales, biases = [], [], []
        for weight in weights:
            values, scale = self.blob.quantised(f"{weight}.w", rows, columns)
            blocks = values.reshape(rows, columns // BLOCK, BLOCK)
            packed.append(blocks[:, :, 0::2] | (blocks[:, :, 1::2] << 4))
            scales.append(scale)
            biases.append(self.blob.floats(f"{weight}.b", rows))
        inputs = [
            x,
            self.constant(f"{name}.q", np.concatenate(packed).astype(np.uint8)),
            self.constant(f"{name}.s", np.concatenate(scales)),
            "",
            "",
            self.constant(f"{name}.b", np.concatenate(biases)),
        ]
        total = rows * len(weights)
        return self.node(
            "MatMulNBits", inputs, name, _MS,
            K=columns, N=total, bits=4, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip

    def attention(self, parts: list[str], out: str) -> str:
        """Every token looks at every real one."""
        heads = self.blob.shape.heads
        return self.node("MultiHeadAttention", [*parts, "", "mask32"], out, _MS, num_heads=heads)

    def mean(self, x: str) -> str:
        """Of the real tokens, up to its length."""
        self.node("Cast", ["attention_mask"], "mask_f", to=TensorProto.FLOAT)
        self.constant("axis_last", np.array([2], np.int64))
        self.node("Unsqueeze", ["mask_f", "axis_last"], "mask_3d")
        self.node("Mul", [x, "mask_3d"], "masked")
        self.constant("axis_tokens", np.array([1], np.int64))
        return self.node("ReduceSum", ["masked", "axis_tokens"], "summed", keepdims=0)

    def add_norm(self, x: str, skip: str, prefix: str, out: str) -> str:
        # the runtime's fused operator for this takes twice as long on one thread
        shape = self.blob.shape
        weight = self.floats(f"{prefix}.w", shape.hidden)
        bias = self.floats(f"{prefix}.b", shape.hidden)
        total = self.node("Add", [x, skip], f"{out}.sum")
        return self.node(
            "LayerNormalization", [total, weight, bias], out, axis=-1, epsilon=shape.epsilon
        )


class _FastGraph(_Graph):
    """The same network with products of 8-bit integers, for texts of one length."""

    inputs = ("input_ids",)

    def __init__(self, blob: Blob, ranges: Ranges) -> None:
        super().__init__(blob)
        self._ranges = ranges

    def dense(self, x: str, name: str, weights: list[str], shape: tuple[int, int]) -> str:
        """x · Wᵀ + b; rows of W and all of x are quantised, x as it comes. What attention gives has no
        loud channels and is left as it is."""
        rows, columns = shape
        matrix = np.concatenate([self.blob.unpacked(f"{w}.w", rows, columns) for w in weights])
        bias = np.concatenate([self.blob.floats(f"{w}.b", rows) for w in weights])
        if not x.endswith(_ATTENDED):
            each = np.maximum(self._ranges[x], 1e-3) ** _SHARE
            each /= np.maximum(np.abs(matrix).max(0), 1e-4) ** (1 - _SHARE)
            each /= np.exp(np.log(each).mean())
            x = self.node("Mul", [x, self.constant(f"{name}.d", 1 / each)], f"{name}.even")
            matrix *= each
        scale = np.abs(matrix).max(1) / 127
        whole = np.round(matrix / scale[:, None]).astype(np.int8)
        inputs = [
            x,
            self.constant(f"{name}.q", np.ascontiguousarray(whole.T)),
            self.constant(f"{name}.s", scale),
            self.constant(f"{name}.z", np.zeros(len(scale), np.int8)),
            self.constant(f"{name}.b", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, name, _MS)

    def attention(self, parts: list[str], out: str) -> str:
        """Without a mask the runtime has a quicker way."""
        heads = self.blob.shape.heads
        return self.node("MultiHeadAttention", parts, out, _MS, num_heads=heads)

    def mean(self, x: str) -> str:
        self.constant("axis_tokens", np.array([1], np.int64))
        return self.node("ReduceSum", [x, "axis_tokens"], "summed", keepdims=0)


def _embeddings(g: _Graph) -> str:
    shape = g.blob.shape
    values, scales = g.blob.quantised("emb.word", shape.vocabulary, shape.hidden)
    table = TensorProto(name="emb.q", data_type=TensorProto.UINT4)
    table.dims.extend([shape.vocabulary, shape.hidden])
    table.raw_data = (values[:, 0::2] | (values[:, 1::2] << 4)).astype(np.uint8).tobytes()
    zero = TensorProto(name="emb.z", data_type=TensorProto.UINT4)
    zero.dims.extend([shape.vocabulary, shape.hidden // BLOCK])
    zero.raw_data = b"\x88" * (shape.vocabulary * shape.hidden // BLOCK // 2)
    g.weights += [table, zero]
    scale = g.constant("emb.s", scales)
    g.node(
        "GatherBlockQuantized", ["emb.q", "input_ids", scale, "emb.z"], "words", _MS,
        block_size=BLOCK, gather_axis=0, quantize_axis=1,
    )  # fmt: skip
    places = g.blob.floats("emb.pos", shape.positions, shape.hidden)
    places = places + g.blob.floats("emb.type", shape.types, shape.hidden)[0]
    g.constant("places", places)
    g.constant("zero", np.array([0], np.int64))
    g.node("Shape", ["input_ids"], "length", start=1, end=2)
    g.node("Slice", ["places", "zero", "length", "zero"], "place")
    g.node("Add", ["words", "place"], "embedded")
    weight, bias = g.floats("emb.ln.w", shape.hidden), g.floats("emb.ln.b", shape.hidden)
    return g.node(
        "LayerNormalization", ["embedded", weight, bias], "x0", axis=-1, epsilon=shape.epsilon
    )


def _layer(g: _Graph, x: str, index: int) -> str:
    shape = g.blob.shape
    p = f"l{index}"
    square = (shape.hidden, shape.hidden)
    g.dense(x, f"{p}.qkv", [f"{p}.q", f"{p}.k", f"{p}.v"], square)
    parts = [f"{p}.query", f"{p}.key", f"{p}.value"]
    g.nodes.append(helper.make_node("Split", [f"{p}.qkv"], parts, axis=-1, num_outputs=3))
    attended = g.attention(parts, f"{p}{_ATTENDED}")
    g.dense(attended, f"{p}.att", [f"{p}.ao"], square)
    middle = g.add_norm(f"{p}.att", x, f"{p}.aln", f"{p}.mid")
    g.dense(middle, f"{p}.up", [f"{p}.fi"], (shape.inner, shape.hidden))
    g.node("Gelu", [f"{p}.up"], f"{p}.gelu", _MS)
    g.dense(f"{p}.gelu", f"{p}.down", [f"{p}.fo"], (shape.hidden, shape.inner))
    return g.add_norm(f"{p}.down", middle, f"{p}.oln", f"x{index + 1}")


def build_graph(blob: Blob, ranges: Ranges | None = None) -> onnx.ModelProto:
    """The whole network as an ONNX model: exact, or fast, for channels of such ranges."""
    g = _Graph(blob) if ranges is None else _FastGraph(blob, ranges)
    x = _embeddings(g)
    if "attention_mask" in g.inputs:
        g.node("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
    for index in range(blob.shape.layers):
        x = _layer(g, x, index)
    g.node("LpNormalization", [g.mean(x)], "embedding", axis=-1, p=2)
    dims: list[str | int] = ["n", "s"]
    graph = helper.make_graph(
        g.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info(name, TensorProto.INT64, dims) for name in g.inputs],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", blob.shape.hidden])],
        g.weights,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_MS, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _save(model: onnx.ModelProto, room: Path, name: str) -> None:
    onnx.save(
        model,
        str(room / f"{name}.onnx"),
        save_as_external_data=True,  # so that ONNX Runtime maps the weights, shared by processes
        location=f"{name}.bin",
        size_threshold=1024,
    )


def _share_table(model: onnx.ModelProto, room: Path) -> None:
    """Let `model` read the token table that lies beside the exact graph."""
    saved = onnx.load(str(room / f"{EXACT}.onnx"), load_external_data=False).graph.initializer
    table = [tensor for tensor in saved if tensor.name in _TABLE]
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in _TABLE]
    del model.graph.initializer[:]
    model.graph.initializer.extend([*kept, *table])


def _measured(exact: onnx.ModelProto, tokens: Tokens, room: Path) -> tuple[Ranges, Any]:
    """(what flows into each product of the exact graph, its float32[texts, dim]) for `TEXTS`."""
    inputs = {n.input[0]: None for n in exact.graph.node if n.op_type == "MatMulNBits"}
    shown = onnx.ModelProto()
    shown.CopyFrom(onnx.load(str(room / f"{EXACT}.onnx"), load_external_data=False))
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inputs
    )
    path = room / "calibration.onnx"
    onnx.save(shown, str(path))
    session = open_session(path, threads=1)
    path.unlink()
    ranges: dict[str, npt.NDArray[np.float32]] = {}
    vectors = []
    for text in TEXTS:
        ids, mask = tokens.batch([text])
        feed = {"input_ids": ids, "attention_mask": mask}
        vector, *flows = session.run(["embedding", *inputs], feed)
        vectors.append(vector[0])
        for name, flow in zip(inputs, flows, strict=True):
            most = np.abs(flow).max((0, 1))
            ranges[name] = np.maximum(ranges.get(name, most), most)
    return ranges, np.stack(vectors)


def write_model(weights: Path, target: Path) -> None:
    """Write both graphs with their weights, the tokenizer, what a machine's arithmetic is checked by
    (`BundledEmbedder`) and `model.json` into `target`, whole."""
    blob = Blob(weights)
    target.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        build_tokenizer(blob.pieces, room)
        exact = build_graph(blob)
        _save(exact, room, EXACT)
        tokens = Tokens(room, max_tokens=blob.shape.positions)
        ranges, vectors = _measured(exact, tokens, room)
        fast = build_graph(blob, ranges)
        _share_table(fast, room)
        _save(fast, room, FAST)
        np.save(room / PROBE, vectors[-1])
        about = {
            "name": target.name,
            "model": "intfloat/multilingual-e5-small",
            "dim": blob.shape.hidden,
            "bits": 8,
            "max_tokens": blob.shape.positions,
            "probe": TEXTS[-1],
        }
        (room / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        try:
            room.chmod(0o755)
            for path in room.iterdir():
                path.chmod(0o644)
            os.replace(room, target)
        except OSError:
            if not (target / "model.json").is_file():  # else: another process was first
                raise
    finally:
        shutil.rmtree(room, ignore_errors=True)
