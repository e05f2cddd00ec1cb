"""Search at 1,000, 100,000 and a million items: time, memory, building, updating, against baselines.

    python scripts/bench_scale.py                     1k and 100k, some two minutes
    python scripts/bench_scale.py --sizes 1000,100000,1000000
    python scripts/bench_scale.py --whole 100000      the index of so many items, every text embedded

Each size is built in one process, searched in a second (whose memory is what counts), updated in a
third, and searched with the baselines in a fourth, all over the same list (`scripts.bench_lists`).
A query is timed from the words to the judged candidates: normalising, mending, embedding on one
thread, candidates, ranking. `BENCH_MILLION=1` adds the million to `make bench`. Files go to a
temporary folder of the size of the list (5 GB for a million items) and are deleted.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

from scripts.bench_report import Row, milliseconds, show, summary  # noqa: E402

TARGETS = {1_000: (15.0, 600.0), 100_000: (25.0, 750.0), 1_000_000: (45.0, 1200.0)}
"""Items → (longest p95 in ms, most memory in MB)."""
FASTER = 5.0
BUILD_MIN = 20.0
UPDATE_MS = 100.0
PUBLISH_MS = 1000.0
QUERIES = 200
STEPS = ("build", "search", "update", "baselines")
_RATE_TEXTS = 1500
_VERSION, _UPDATED = "made-up", "made-up-2"


def wanted_sizes() -> list[int]:
    """What `make bench` measures."""
    return [1_000, 100_000] + ([1_000_000] if os.environ.get("BENCH_MILLION") else [])


def _embedder() -> Any:
    from core.settings import get_settings
    from knowledge.embed import open_embedder

    return open_embedder(get_settings().model_copy(update={"data_dir": _data_dir()}))


def _data_dir() -> Path:
    return Path(os.environ.get("SG_DATA_DIR") or ROOT / "var").resolve()


def _made_up(size: int) -> Any:
    from scripts.bench_lists import MadeUp, real_names

    return MadeUp(size, real_names())


def _cache(folder: Path, embedder: Any) -> Any:
    from knowledge.embed.cache import VectorCache

    return VectorCache(folder / "cache", embedder)


def _memory_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def build(folder: Path, size: int) -> dict[str, Any]:
    """Embed (truly or mixed), assemble, write."""
    from knowledge.embed.batch import encode_many
    from knowledge.index import assemble, write_index
    from knowledge.term_tables import readings

    embedder, made = _embedder(), _made_up(size)
    vectors = made.vectors(embedder, _cache(folder.parent, embedder))
    texts = [w.text for i in range(min(size, _RATE_TEXTS) // 2) for w in made.group(i)]
    started = time.perf_counter()
    for _ in encode_many(embedder, texts):
        pass
    rate = len(texts) / (time.perf_counter() - started)
    started = time.perf_counter()
    index = assemble(
        made.groups(), vectors, readings(), outside=np.zeros((0, embedder.dim), np.float32),
        embedder=embedder.name, version=_VERSION, tags=made.tags(),
    )  # fmt: skip
    assembled = time.perf_counter() - started
    write_index(index, folder / _VERSION)
    files = sum(path.stat().st_size for path in (folder / _VERSION).iterdir())
    return {
        "texts": 2 * size,
        "embedded_per_s": round(rate, 1),
        "embedding_s_at_that_rate": round(2 * size / rate, 1),
        "assembling_s": round(assembled, 1),
        "writing_s": round(time.perf_counter() - started - assembled, 1),
        "files_mb": round(files / 1e6),
    }


def whole(size: int) -> dict[str, Any]:
    """Embed every text of a list, with progress, assemble and write it: minutes, nothing extrapolated."""
    from knowledge.embed.batch import Meter, encode_many
    from knowledge.index import assemble, write_index
    from knowledge.term_tables import readings

    embedder, made = _embedder(), _made_up(size)
    texts = [wording.text for group in made.groups() for wording in group]
    vectors = np.empty((len(texts), embedder.dim), np.float32)
    meter, done, told = Meter("embedding"), 0, time.perf_counter()
    started = time.perf_counter()
    for places, part in encode_many(embedder, texts):
        vectors[places] = part
        done += len(places)
        if time.perf_counter() - told > 15:
            told = time.perf_counter()
            print(meter.line(done, len(texts)), flush=True)
    embedded = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="sg-scale-") as folder:
        index = assemble(
            made.groups(), vectors, readings(), outside=np.zeros((0, embedder.dim), np.float32),
            embedder=embedder.name, version=_VERSION, tags=made.tags(),
        )  # fmt: skip
        write_index(index, Path(folder) / _VERSION)
        spent = time.perf_counter() - started
    return {
        "texts": len(texts),
        "embedding_min": round(embedded / 60, 1),
        "whole_min": round(spent / 60, 1),
        "memory_mb": round(_memory_mb()),
    }


def _engine(folder: Path) -> Any:
    from knowledge.catalogue import make_catalogue
    from knowledge.index import read_index
    from knowledge.published import PublishedIndex
    from knowledge.rank import load_rules
    from knowledge.search import SearchEngine

    index = read_index(folder)
    return SearchEngine(PublishedIndex(index, make_catalogue([])), _embedder(), load_rules())


def _query(engine: Any, text: str) -> Any:
    asked = engine.understand(text)
    ranked = engine.ranked(asked)
    engine.judge(ranked, asked)
    return ranked


def _timed(run: Callable[[str], Any], texts: Sequence[str]) -> dict[str, Any]:
    run("暖身")
    spent = []
    for text in texts:
        started = time.perf_counter()
        run(text)
        spent.append(time.perf_counter() - started)
    return milliseconds(spent)


def search(folder: Path, _size: int) -> dict[str, Any]:
    """Ask, and say how long it took and how much memory the process has then."""
    from scripts.bench_lists import questions

    texts = questions(QUERIES)
    gc.collect()
    started = time.perf_counter()
    engine = _engine(folder / _VERSION)
    opened = time.perf_counter() - started
    found = _timed(lambda text: _query(engine, text), texts)
    embedding = _timed(lambda text: engine._embedder.encode_query(f"{text} "), texts)
    return {
        **found,
        "embedding_p50_ms": embedding["p50_ms"],
        "memory_mb": round(_memory_mb()),
        "open_ms": round(opened * 1000),
    }


def update(folder: Path, size: int) -> dict[str, Any]:
    """One item changed, from the new words to the search that finds it."""
    from knowledge.embed.cache import VectorCache
    from knowledge.index import read_index
    from knowledge.segments import fits, update, write_delta
    from knowledge.wordings import NAME, Wording

    engine, made = _engine(folder / _VERSION), _made_up(size)
    _query(engine, "暖身")
    if not fits(engine.index, 1):
        return {}
    cache: VectorCache = _cache(folder.parent, engine._embedder)
    out = []
    for turn in range(5):
        i = size // 2 + turn
        text = f"无人机临时起降场地报备{time.time_ns()}号"  # never embedded before
        group = [Wording(made.code(i), NAME, text, text, english=False), made.group(i)[1]]
        started = time.perf_counter()
        vectors = cache.documents([w.text for w in group])
        embedded = time.perf_counter() - started
        delta = update(engine.index, [group], (), cache.documents, [("shenzhen",)])
        version = f"{_UPDATED}-{turn}"
        write_delta(delta, folder / version)
        index = read_index(folder / version)
        updated = time.perf_counter() - started
        found = index.codes[index.owner[index.near.nearest(vectors[0], 1).rows[0]]]
        if found != made.code(i):
            raise RuntimeError(f"{found} found for {made.code(i)}")
        out.append((updated, embedded))
    out.sort()
    return {
        "update_ms": round(out[2][0] * 1000, 1),
        "of_it_embedding_ms": round(out[2][1] * 1000, 1),
    }


def baselines(folder: Path, size: int) -> dict[str, Any]:
    """`util.semantic_search` over torch, and numpy over all rows with our embedding; best 5."""
    import torch
    from sentence_transformers import util

    from knowledge.embed.select import model_folder
    from scripts.bench_lists import questions, torch_model

    embedder, made = _embedder(), _made_up(size)
    vectors = made.vectors(embedder, _cache(folder.parent, embedder))
    texts = questions(QUERIES)[: max(20, min(QUERIES, 5_000_000 // size))]
    engine = _engine(folder / _VERSION)
    ours = _timed(lambda text: _query(engine, text), texts)

    def plain(text: str) -> Any:
        scores = vectors @ embedder.encode_query(f"{text}  ")
        best = np.argpartition(scores, -5)[-5:]
        return best[np.argsort(-scores[best])]

    numpy = _timed(plain, texts)
    model, corpus = torch_model(model_folder(_data_dir())), torch.from_numpy(vectors)
    agree = float(
        model.encode_query(texts[0], normalize_embeddings=True) @ embedder.encode_query(texts[0])
    )

    def stock(text: str) -> Any:
        asked = model.encode_query(text, convert_to_tensor=True, show_progress_bar=False)
        return util.semantic_search(asked, corpus, top_k=5)

    torch_ms = _timed(stock, texts)
    return {
        "ours_p50_ms": ours["p50_ms"],
        "numpy_p50_ms": numpy["p50_ms"],
        "semantic_search_p50_ms": torch_ms["p50_ms"],
        "semantic_search_p95_ms": torch_ms["p95_ms"],
        "times_faster": round(torch_ms["p50_ms"] / ours["p50_ms"], 1),
        "same_model_cosine": round(agree, 4),
    }


def publish(folder: Path, _size: int) -> dict[str, Any]:
    """One changed item of the real list: built, pointed to, opened, found."""
    from knowledge.catalogue import load_catalogue, make_catalogue
    from knowledge.published import build_index, open_index, point_to
    from knowledge.rank import load_rules
    from knowledge.search import SearchEngine

    embedder, listed = _embedder(), load_catalogue()
    data = folder / "real"
    data.mkdir()
    (data / "cache").symlink_to(folder / "cache")
    version, _ = build_index(listed, embedder, data)
    point_to(data, version)
    before = open_index(data)
    spent = []
    for _ in range(3):
        text = f"无人机临时起降场地报备{time.time_ns()}号"  # never embedded before
        item = next(iter(listed.items.values()))
        words = item.aliases.model_copy(update={"zh": [*item.aliases.zh, text]})
        changed = item.model_copy(update={"aliases": words})
        records = [r for kind in listed.records.values() for r in kind.values()]
        started = time.perf_counter()
        version, _ = build_index(
            make_catalogue([*records, changed]), embedder, data, previous=before
        )
        point_to(data, version)
        engine = SearchEngine(open_index(data), embedder, load_rules())
        found = engine.search(text)
        spent.append(time.perf_counter() - started)
        if not found.results or found.results[0].code != item.item_id:
            raise RuntimeError("the changed item is not found")
    return {"items": len(listed.items), "publish_ms": round(sorted(spent)[1] * 1000)}


_RUN = {
    "build": build, "search": search, "update": update, "baselines": baselines, "publish": publish,
}  # fmt: skip


def _step(name: str, folder: Path, size: int) -> dict[str, Any]:
    """A step in a process of its own."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), "--step", name, "--folder", str(folder),
         "--sizes", str(size)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{name} of {size}: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**found, f"{name}_step_s": round(time.perf_counter() - started, 1)}


def rows_of(size: int, found: dict[str, Any]) -> list[Row]:
    """The report of one size."""
    p95, memory = TARGETS.get(size, (float("inf"), float("inf")))
    rows = [
        Row(
            f"query, {size:,} items",
            f"p95 ≤ {p95:g} ms",
            f"p50 {found['p50_ms']} ms, p95 {found['p95_ms']} ms"
            f" (of it embedding {found['embedding_p50_ms']})",
            found["p95_ms"] <= p95,
            found,
        ),
        Row(
            f"memory of the searching process, {size:,} items",
            f"≤ {memory:g} MB",
            f"{found['memory_mb']} MB after {found['n']} queries; files {found['files_mb']} MB",
            found["memory_mb"] <= memory,
        ),
        Row(
            f"against semantic_search over torch, {size:,} items",
            f"≥ {FASTER:g} × faster",
            f"{found['times_faster']} × ({found['semantic_search_p50_ms']} ms; "
            f"numpy over all rows {found['numpy_p50_ms']} ms; ours {found['ours_p50_ms']} ms)",
            found["times_faster"] >= FASTER,
        ),
    ]
    minutes = (found["embedding_s_at_that_rate"] + found["assembling_s"] + found["writing_s"]) / 60
    rows.append(
        Row(
            f"index of {size:,} items from nothing",
            f"≤ {BUILD_MIN:g} min" if size == 100_000 else "-",
            f"{minutes:.1f} min: {found['texts']:,} texts at {found['embedded_per_s']}/s (measured "
            f"on a part), assembling {found['assembling_s']} s, writing {found['writing_s']} s",
            minutes <= BUILD_MIN if size == 100_000 else True,
        )
    )
    if "update_ms" in found:
        rows.append(
            Row(
                f"one item of {size:,} updated and searchable",
                f"≤ {UPDATE_MS:g} ms",
                f"{found['update_ms']} ms, of it embedding {found['of_it_embedding_ms']}",
                found["update_ms"] <= UPDATE_MS,
            )
        )
    return rows


def measure(cache: Path, sizes: Sequence[int]) -> list[Row]:
    """All rows; embeddings of real names are kept below `cache` between runs."""
    out: list[Row] = []
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sg-scale-") as temporary:
        for size in sizes:
            folder = Path(temporary) / str(size)
            folder.mkdir()
            (Path(temporary) / "cache").unlink(missing_ok=True)
            (Path(temporary) / "cache").symlink_to(cache.resolve())
            found: dict[str, Any] = {}
            for step in STEPS:
                found |= _step(step, folder, size)
            out += rows_of(size, found)
            for path in sorted(folder.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
        found = _step("publish", Path(temporary), 0)
        out.append(
            Row(
                f"one item of the real list ({found['items']}) published and searchable",
                f"≤ {PUBLISH_MS:g} ms",
                f"{found['publish_ms']} ms with everything",
                found["publish_ms"] <= PUBLISH_MS,
            )
        )
    return out


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=",".join(map(str, wanted_sizes())))
    parser.add_argument("--whole", type=int, metavar="ITEMS", help="embed and build them all")
    parser.add_argument("--step", choices=list(_RUN), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.whole:
        print(json.dumps(whole(args.whole)))
        return 0
    sizes = [int(size) for size in args.sizes.split(",") if size.strip()]
    if args.step:
        print(json.dumps(_RUN[args.step](args.folder, sizes[0])))
        return 0
    rows = measure(_data_dir() / "bench", sizes)
    for row in rows:
        show(row)
    print(f"\n{summary(rows)}")
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
