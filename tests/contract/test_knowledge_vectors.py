"""One contract over every engine of vector search: exact, quantised, layered, Redis 8."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from vector_servers import WHY_NOT, vector_redis

from core.cache import connect_blocking
from core.errors import InvalidInput
from core.settings import Settings
from knowledge.embed import Matrix
from knowledge.vectors import VectorSearch, backend_of
from knowledge.vectors.exact import ExactVectors
from knowledge.vectors.layered import LayeredVectors
from knowledge.vectors.port import Tags, make_tags
from knowledge.vectors.quantised import QuantisedVectors, build_quantised
from knowledge.vectors.redis8 import RedisVectors, drop, fill, set_key
from knowledge.vectors.select import open_vectors

ROWS, DIM = 3000, 64
RARE = 12


def _vectors(rows: int, seed: int) -> Matrix:
    """Unit vectors in clusters, as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((60, DIM))
    out = centres[rng.integers(0, 60, rows)] + 0.5 * rng.standard_normal((rows, DIM))
    return (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)


VECTORS, QUESTIONS = _vectors(ROWS, 1), _vectors(40, 2)
_GROUPS = [
    ["shenzhen", *(["dongguan"] if i % 3 == 0 else []), *(["rare"] if i % (ROWS // RARE) == 0 else [])]
    if i % 2 == 0
    else ["dongguan"]
    for i in range(ROWS)
]  # fmt: skip
TAGS = make_tags(_GROUPS, [1] * ROWS)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    with vector_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


def _quantised(folder: Path) -> VectorSearch:
    build_quantised(VECTORS, folder / "vectors.faiss")
    return QuantisedVectors(folder / "vectors.faiss", VECTORS, TAGS)


def _layered(_folder: Path) -> VectorSearch:
    """The last rows lie beside the others; a hundred rows of an older kind are gone."""
    split = ROWS - 300
    stale = _vectors(100, 3)
    base = np.concatenate([VECTORS[:split], stale])
    bits = np.concatenate([TAGS.bits[:split], np.full(100, 7, np.uint32)])
    gone = np.arange(split, split + 100)
    layered = LayeredVectors(
        ExactVectors(base, Tags(TAGS.names, bits)),
        ExactVectors(VECTORS[split:], Tags(TAGS.names, TAGS.bits[split:])),
        gone,
    )
    return _Renumbered(layered, split)


class _Renumbered:
    """The layered engine with the numbers the contract uses: those gone are not counted."""

    def __init__(self, inner: LayeredVectors, split: int) -> None:
        self._inner, self._split = inner, split

    def __len__(self) -> int:
        return len(self._inner) - 100

    def rows(self, positions: np.ndarray) -> Matrix:  # type: ignore[type-arg]
        return self._inner.rows(np.where(positions >= self._split, positions + 100, positions))

    def nearest(self, vector, count, having=()):  # type: ignore[no-untyped-def]
        found = self._inner.nearest(vector, count, having)
        assert not ((found.rows >= self._split) & (found.rows < self._split + 100)).any()
        rows = np.where(found.rows >= self._split, found.rows - 100, found.rows)
        return type(found)(rows, found.cosines)


_MAKERS: dict[str, Callable[[Path], VectorSearch]] = {
    "exact": lambda _folder: ExactVectors(VECTORS, TAGS),
    "halves": lambda _folder: ExactVectors(VECTORS.astype(np.float16), TAGS),
    "quantised": _quantised,
    "layered": _layered,
}


@pytest.fixture(scope="module", params=[*_MAKERS, "redis"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_url: str | None
) -> Iterator[VectorSearch]:
    if request.param != "redis":
        yield _MAKERS[request.param](tmp_path_factory.mktemp(request.param))
        return
    if redis_url is None:
        pytest.skip(WHY_NOT)
    client = connect_blocking(redis_url, 5.0)
    key = set_key("contract")
    fill(client, key, VECTORS, TAGS)
    yield RedisVectors(client, key, ExactVectors(VECTORS, TAGS), VECTORS, TAGS)
    drop(client, key)


def test_the_nearest_come_first_with_their_true_cosines(engine: VectorSearch) -> None:
    """Whatever an engine rounds inside, what it returns is right and in order."""
    hits = 0
    for question in QUESTIONS:
        true = VECTORS @ question
        found = engine.nearest(question, 10)
        assert found.rows.shape == found.cosines.shape == (10,)
        assert len(set(found.rows.tolist())) == 10
        assert np.all(np.diff(found.cosines) <= 0)
        np.testing.assert_allclose(found.cosines, true[found.rows], atol=2e-3)
        hits += len(set(found.rows.tolist()) & set(np.argsort(-true)[:10].tolist()))
    assert hits >= 0.95 * 10 * len(QUESTIONS)
    assert not isinstance(engine, RedisVectors) or engine.fallbacks == 0


@pytest.mark.parametrize("having", [("shenzhen",), ("dongguan", "shenzhen"), ("rare",)])
def test_a_filter_lets_nothing_else_through(engine: VectorSearch, having: tuple[str, ...]) -> None:
    """A city never gets a row of the other's; of few rows none is missed."""
    allowed = np.flatnonzero(TAGS.allowed(having))
    few = len(allowed) <= RARE
    hits = 0
    for question in QUESTIONS[:15]:
        found = engine.nearest(question, 10, having)
        assert np.isin(found.rows, allowed).all()
        true = allowed[np.argsort(-(VECTORS[allowed] @ question))[:10]]
        hits += len(set(found.rows.tolist()) & set(true.tolist()))
    assert hits >= (0.99 if few else 0.9) * 10 * 15


def test_an_unknown_tag_is_refused(engine: VectorSearch) -> None:
    """A filter that cannot be honoured is an error, not everything."""
    with pytest.raises(InvalidInput):
        engine.nearest(QUESTIONS[0], 5, ("guangzhou",))


def test_more_than_there_is_gives_what_there_is(engine: VectorSearch) -> None:
    """Counts beyond the rows, and none at all."""
    assert len(engine) == ROWS
    assert engine.nearest(QUESTIONS[0], 0).rows.size == 0
    found = engine.nearest(QUESTIONS[0], 20, ("rare",))
    assert found.rows.size == RARE


def test_rows_give_the_vectors(engine: VectorSearch) -> None:
    """For scoring an item by all its wordings."""
    places = np.array([0, 1, 2, 17, 2699, 2700, 2999])
    np.testing.assert_allclose(engine.rows(places), VECTORS[places], atol=1e-3)
    assert engine.rows(places).dtype == np.float32


def test_threads_get_the_same(engine: VectorSearch) -> None:
    """Engines are shared by all worker threads."""
    alone = [engine.nearest(q, 5, ("shenzhen",)).rows.tolist() for q in QUESTIONS[:10]]
    with ThreadPoolExecutor(4) as pool:
        asked = [*QUESTIONS[:10]] * 3
        for i, rows in enumerate(
            pool.map(lambda q: engine.nearest(q, 5, ("shenzhen",)).rows.tolist(), asked)
        ):
            assert rows == alone[i % 10]


def test_without_its_server_the_local_engine_answers(tmp_path: Path) -> None:
    """A search never fails because Redis is away; it is asked again after a while."""
    settings = Settings(
        data_dir=tmp_path, vector_backend="redis", vector_redis_url="redis://127.0.0.1:9/0"
    )
    engine = open_vectors(tmp_path, "v", VECTORS, TAGS, backend_of(settings))
    assert isinstance(engine, RedisVectors)
    now = [0.0]
    engine._now = lambda: now[0]
    exact = ExactVectors(VECTORS, TAGS).nearest(QUESTIONS[0], 10)
    assert engine.nearest(QUESTIONS[0], 10).rows.tolist() == exact.rows.tolist()
    assert engine.nearest(QUESTIONS[0], 10).rows.tolist() == exact.rows.tolist()
    assert engine.fallbacks == 2
    now[0] = 60.0
    assert engine.nearest(QUESTIONS[0], 10).rows.tolist() == exact.rows.tolist()


def test_a_missing_or_partial_set_is_written_while_the_local_engine_answers(
    redis_url: str | None,
) -> None:
    """Redis may lose everything at any time: it is filled again in the background, by one process."""
    if redis_url is None:
        pytest.skip(WHY_NOT)
    client, now = connect_blocking(redis_url, 5.0), [0.0]
    key = set_key("partly")
    local = ExactVectors(VECTORS, TAGS)
    fill(client, key, VECTORS[:200], Tags(TAGS.names, TAGS.bits[:200]))
    engine = RedisVectors(client, key, local, VECTORS, TAGS, now=lambda: now[0])
    other = RedisVectors(client, key, local, VECTORS, TAGS, now=lambda: now[0])
    best = local.nearest(QUESTIONS[0], 5).rows.tolist()
    for _ in range(2):
        assert engine.nearest(QUESTIONS[0], 5).rows.tolist() == best
        assert other.nearest(QUESTIONS[0], 5).rows.tolist() == best
        assert (engine.fallbacks, other.fallbacks) == (1, 1)
        assert engine.filling is not None
        assert other.filling is None
        engine.filling.join()
        now[0] += 60.0
        for each in (engine, other):
            assert each.nearest(QUESTIONS[0], 5).rows.tolist() == best
            assert each.fallbacks == 1
        drop(client, key)
        assert engine.nearest(QUESTIONS[0], 5).rows.tolist() == best  # notices that it is gone
        assert other.nearest(QUESTIONS[0], 5).rows.tolist() == best
        engine.fallbacks = other.fallbacks = 0
        engine.filling = None
    drop(client, key)


def test_the_setting_chooses_the_engine(tmp_path: Path) -> None:
    """`auto` takes the quantised file where there is one; `exact` never does."""
    build_quantised(VECTORS, tmp_path / "vectors.faiss")

    def opened(name: str) -> VectorSearch:
        settings = Settings(data_dir=tmp_path, vector_backend=name)  # type: ignore[arg-type]
        return open_vectors(tmp_path, "v", VECTORS, TAGS, backend_of(settings))

    assert isinstance(opened("auto"), QuantisedVectors)
    assert isinstance(opened("quantised"), QuantisedVectors)
    assert isinstance(opened("exact"), ExactVectors)
    (tmp_path / "vectors.faiss").unlink()
    assert isinstance(opened("auto"), ExactVectors)


def test_a_file_of_other_rows_is_refused(tmp_path: Path) -> None:
    """A quantised file that does not belong to the vectors never answers."""
    build_quantised(VECTORS[:500], tmp_path / "vectors.faiss")
    with pytest.raises(OSError, match="500 rows"):
        QuantisedVectors(tmp_path / "vectors.faiss", VECTORS, TAGS)
