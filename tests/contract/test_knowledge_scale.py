"""Big indexes: found as in small ones, updated beside the base, files that many may read and write."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from knowledge_engine import engine_of

from core.settings import Settings
from knowledge.candidates import candidates
from knowledge.catalogue import Catalogue, load_catalogue, make_catalogue
from knowledge.columns import (
    HashedTexts,
    JoinedColumn,
    Names,
    PhraseTable,
    StoredColumn,
    place_of,
)
from knowledge.embed import Matrix, Vector
from knowledge.embed.batch import Meter, encode_many
from knowledge.embed.cache import VectorCache, text_key
from knowledge.evaluation.questions import load_questions
from knowledge.index import Index, assemble, read_index, write_index
from knowledge.lexical import build_lexicon
from knowledge.published import (
    PublishedIndex,
    base_of,
    build_index,
    open_index,
    point_to,
    remove_old,
)
from knowledge.rank import load_rules
from knowledge.search import SearchEngine
from knowledge.segments import NotAnUpdate, fits, update, write_delta
from knowledge.term_tables import readings
from knowledge.terms import syllables, terms
from knowledge.vectors import select
from knowledge.vectors.select import LARGE_ITEMS
from knowledge.wordings import NAME, SUMMARY, Wording, wordings

ITEMS = LARGE_ITEMS + 50
_SUBJECTS = [
    "社保卡",
    "居住证",
    "公积金",
    "营业执照",
    "出生证明",
    "结婚登记",
    "不动产",
    "驾驶证",
    "失业保险",
    "学位申请",
]
_VERBS = ["补办", "注销", "变更", "查询", "提取", "转移", "年审", "预约", "备案", "续期"]


class _Letters:
    """Deterministic vectors from letters; counts what it embeds."""

    name, dim = "letters", 32

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self._lock = threading.Lock()

    def encode_query(self, text: str) -> Vector:
        row = np.full(self.dim, 0.05, np.float32)
        for a, b in zip(text, text[1:] + "。", strict=True):
            row[(ord(a) * 31 + ord(b) * 7) % self.dim] += 1
        return row / np.float32(np.linalg.norm(row))

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        with self._lock:
            self.embedded += texts
        return np.stack([self.encode_query(text) for text in texts])


EMBEDDER = _Letters()


def _group(i: int, name: str | None = None) -> list[Wording]:
    text = name or f"{_SUBJECTS[i % 10]}{_VERBS[i // 10 % 10]}第{i}号"
    code = f"X-{i:06d}"
    return [
        Wording(code, NAME, text, text, english=False),
        Wording(code, SUMMARY, f"窗口{i % 97}办理{text}", text, english=False),
    ]


def _tags(i: int) -> tuple[str, ...]:
    return ("shenzhen", "dongguan") if i % 2 else ("shenzhen",)


def _embed(texts: Sequence[str]) -> Matrix:
    return np.stack([EMBEDDER.encode_query(text) for text in texts])


@pytest.fixture(scope="module")
def in_memory() -> Index:
    groups = [_group(i) for i in range(ITEMS)]
    return assemble(
        groups,
        _embed([w.text for group in groups for w in group]),
        readings(),
        outside=np.zeros((0, EMBEDDER.dim), np.float32),
        embedder=EMBEDDER.name,
        version="big",
        tags=[_tags(i) for i in range(ITEMS)],
    )


@pytest.fixture(scope="module")
def folder(in_memory: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("index")
    write_index(in_memory, root / "big")
    return root


@pytest.fixture(scope="module")
def big(folder: Path) -> Iterator[Index]:
    return read_index(folder / "big")


def _ask(index: Index, text: str) -> Any:
    return candidates(
        index, terms(text), syllables(text, index.readings), EMBEDDER.encode_query(text)
    )


def _first(index: Index, text: str) -> str:
    """The code of the best candidate by words and likeness."""
    found = _ask(index, text)
    return index.codes[found.items[int(np.argmax(found.words + found.dense))]]


def test_a_big_index_finds_what_looking_at_everything_finds(in_memory: Index, big: Index) -> None:
    """The same best items by each channel, with the same values, from a part of the work."""
    assert in_memory.sample is not None
    assert big.sample is not None
    whole = replace(in_memory, sample=None)
    for i in range(0, ITEMS, ITEMS // 25):
        text = f"{_SUBJECTS[i % 10]}{_VERBS[i // 10 % 10]}第{i}号"
        true, found = _ask(whole, text), _ask(big, text)
        at = {int(item): place for place, item in enumerate(found.items)}
        for channel in ("words", "dense"):
            best = np.argmax(getattr(true, channel))
            item = int(true.items[best])
            assert item in at, (text, channel)
        shared = [(p, at[int(item)]) for p, item in enumerate(true.items) if int(item) in at]
        mine, theirs = ([pair[side] for pair in shared] for side in (0, 1))
        for name in ("words", "covered", "sounds", "dense"):
            np.testing.assert_allclose(
                getattr(found, name)[theirs], getattr(true, name)[mine], atol=2e-3
            )
        assert found.known == pytest.approx(true.known, abs=1e-6)
        assert found.dense_mean == pytest.approx(true.dense_mean, abs=0.02)
        assert found.dense_std == pytest.approx(true.dense_std, rel=0.2)
        assert (found.wordings.kind[found.wordings.first] == NAME).all()


def test_words_nobody_has_and_words_everybody_has(big: Index) -> None:
    """Common words alone still bring their best items; unknown ones bring nothing and break nothing."""
    assert big.words.find(["卐卐"], 16).size == 0
    assert big.words.find([], 16).size == 0
    everybody = big.words.find(terms("办理"), 16)
    assert everybody.size == 16
    found = _ask(big, "卐卐")
    assert found.known == 0.0
    assert found.items.size > 0


def test_items_are_scored_alike_from_either_side() -> None:
    """The short list's scores are those of scoring everything."""
    documents = [terms(_group(i)[0].text) for i in range(400)]
    lexicon = build_lexicon(documents)
    query = terms("公积金提取第120号 卐")
    whole, covered, known = lexicon.score(query)
    items = np.arange(400)
    scores, shares, part = lexicon.of(query, items)
    np.testing.assert_allclose(scores, whole, atol=1e-6)
    np.testing.assert_allclose(shares, covered, atol=1e-6)
    assert part == pytest.approx(known)
    assert lexicon.find(query, 3)[0] == int(np.argmax(whole))


def _updated(folder: Path, previous: Index, version: str, changed: Any, removed: Any) -> Index:
    delta = update(previous, changed, removed, _embed, [_tags(int(g[0].code[2:])) for g in changed])
    write_delta(delta, folder / version, {"note": b"x"})
    return read_index(folder / version)


def test_one_changed_item_is_written_beside_the_base(folder: Path, big: Index) -> None:
    """New words are found, old ones no longer bring the item, the base stays as it was."""
    name = "无人机起降场备案齉"
    index = _updated(folder, big, "one", [_group(500, name)], ())
    assert base_of(folder / "one") == "big"
    assert sum(p.stat().st_size for p in (folder / "one").iterdir()) < 100_000
    assert _first(index, name) == "X-000500"
    assert index.words.ids["齉"] >= len(big.words.ids)
    assert "齉" not in big.words.ids
    old = _group(500)[0].text
    assert _first(big, old) == "X-000500"
    found = _ask(index, old)
    assert 500 not in found.items.tolist()
    places = [i for i in found.items.tolist() if index.codes[i] == "X-000500"]
    assert all(place >= len(big.codes) for place in places)
    assert index.near.rows(np.array([0, len(big.owner)])).shape == (2, EMBEDDER.dim)


def test_updates_replace_one_another(folder: Path, big: Index) -> None:
    """A second change of the same item takes the first one's place; removed items are gone; a new
    one is there; everything else is found as before."""
    first = _updated(
        folder, big, "u1", [_group(7, "热气球飞行许可"), _group(8, "跳伞场地许可")], ()
    )
    second = _updated(folder, first, "u2", [_group(7, "潜水教练登记")], ["X-000009"])
    third = _updated(folder, second, "u3", [_group(ITEMS + 3, "滑翔伞俱乐部备案")], ["X-000008"])
    assert third.delta is not None
    assert third.delta.codes == ("X-000007", f"X-{ITEMS + 3:06d}")
    assert third.delta.gone.tolist() == [7, 8, 9]
    assert _first(third, "潜水教练登记") == "X-000007"
    assert _first(third, "滑翔伞俱乐部备案") == f"X-{ITEMS + 3:06d}"
    codes = {third.codes[i] for text in ("热气球飞行许可", "跳伞场地许可", _group(9)[0].text)
             for i in _ask(third, text).items}  # fmt: skip
    assert "X-000008" not in codes
    assert "X-000009" not in codes
    for i in range(100, ITEMS, ITEMS // 9):
        assert _first(third, _group(i)[0].text) == f"X-{i:06d}"
    held = np.asarray(third.first[np.array([len(big.codes), len(big.codes) + 1])])
    assert held.tolist() == [len(big.owner), len(big.owner) + 2]


def test_a_filter_holds_for_updated_items(folder: Path, big: Index) -> None:
    """An item that only Shenzhen handles now is no longer found for Dongguan."""
    name = "风筝冲浪许可"
    delta = update(big, [_group(501, name)], (), _embed, [("shenzhen",)])
    write_delta(delta, folder / "tagged")
    index, asked = read_index(folder / "tagged"), EMBEDDER.encode_query(name)
    assert index.codes[index.owner[index.near.nearest(asked, 1).rows[0]]] == "X-000501"
    rows = index.near.nearest(asked, 20, ("dongguan",)).rows
    assert "X-000501" not in {index.codes[i] for i in index.owner[rows]}
    with pytest.raises(NotAnUpdate):
        update(big, [_group(1)], (), _embed, [("guangzhou",)])


def test_what_grew_too_large_is_assembled_anew(big: Index, in_memory: Index) -> None:
    """A delta has a limit, and a small index has none."""
    assert fits(big, 10)
    assert not fits(big, ITEMS // 10 + 1)
    assert not fits(replace(in_memory, sample=None), 1)


@pytest.fixture
def small_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real list is treated as a big one."""
    monkeypatch.setattr(select, "LARGE_ROWS", 500)


@pytest.mark.usefixtures("small_is_big")
def test_the_real_list_answers_alike_as_a_big_index(settings: Settings, tmp_path: Path) -> None:
    """The residents' questions of the training half get the same first item, nearly all of them."""
    engine = engine_of(settings)
    groups = [wordings(item) for item in engine.catalogue.items.values()]
    index = assemble(
        groups, np.asarray(engine.index.vectors), engine.index.readings,
        outside=engine.index.outside, embedder=engine.index.embedder, version="as-big",
    )  # fmt: skip
    write_index(index, tmp_path / "as-big")
    opened = read_index(tmp_path / "as-big")
    assert opened.sample is not None
    other = SearchEngine(PublishedIndex(opened, engine.catalogue), engine._embedder, load_rules())
    asked = [q for q in load_questions() if q.split == "train" and q.answerable][:80]
    same = 0
    for question in asked:
        vector = engine.embed(question.text)
        pair = [e.search(question.text, vector=vector).results[:1] for e in (engine, other)]
        same += [h.code for h in pair[0]] == [h.code for h in pair[1]]
    assert same >= 0.95 * len(asked)


def _with_alias(listed: Catalogue, text: str) -> Catalogue:
    item = next(iter(listed.items.values()))
    words = item.aliases.model_copy(update={"zh": [*item.aliases.zh, text]})
    records = [r for kind in listed.records.values() for r in kind.values()]
    return make_catalogue([*records, item.model_copy(update={"aliases": words})])


@pytest.mark.usefixtures("small_is_big")
def test_publishing_a_big_list_writes_only_what_changed(tmp_path: Path) -> None:
    """The changed item is found, an open search keeps its version, and the base outlives its turn."""
    listed, embedder = load_catalogue(), _Letters()
    first, _ = build_index(listed, embedder, tmp_path)
    point_to(tmp_path, first)
    before = open_index(tmp_path)
    embedder.embedded.clear()
    changed = _with_alias(listed, "热气球飞行许可")
    second, built = build_index(changed, embedder, tmp_path, previous=before)
    assert built
    assert embedder.embedded == ["热气球飞行许可"]
    assert base_of(tmp_path / "index" / second) == first
    point_to(tmp_path, second)
    after = open_index(tmp_path)
    assert after.catalogue.version == changed.version
    engine = SearchEngine(after, embedder, load_rules())
    assert engine.search("热气球飞行许可").results[0].code == next(iter(listed.items))
    assert before.index.version == first
    assert len(before.index.codes) == len(listed.items)
    third, _ = build_index(_with_alias(changed, "跳伞许可"), embedder, tmp_path, previous=after)
    point_to(tmp_path, third)
    later = 1e12
    remove_old(tmp_path, 1, now=lambda: later)
    kept = {path.parent.name for path in (tmp_path / "index").glob("*/meta.json")}
    assert kept == {first, third}
    assert open_index(tmp_path).index.version == third
    rebuilt, _ = build_index(_with_alias(listed, "另一个"), embedder, tmp_path)
    assert base_of(tmp_path / "index" / rebuilt) is None


def test_old_folders_go_and_those_in_use_stay(tmp_path: Path) -> None:
    """Newest, pointed to, opened within the hour, and unfinished ones of a dead build."""
    embedder, names = _Letters(), []
    listed = load_catalogue()
    items = list(listed.items.values())[:3]
    for turn in range(5):
        part = make_catalogue([*items, *list(listed.items.values())[3 : 4 + turn]])
        name, _ = build_index(part, embedder, tmp_path)
        os.utime(tmp_path / "index" / name / "meta.json", (turn, turn))
        names.append(name)
    point_to(tmp_path, names[0])
    open_index(tmp_path, names[1])
    (tmp_path / "index" / ".building-dead").mkdir()
    os.utime(tmp_path / "index" / ".building-dead", (0, 0))
    remove_old(tmp_path, 2)
    left = {path.name for path in (tmp_path / "index").iterdir() if path.is_dir()}
    assert left == {names[0], names[1], names[3], names[4]}


def test_readers_never_mix_versions_while_it_is_published(folder: Path, big: Index) -> None:
    """Whoever opens what the pointer names gets one whole version, whenever."""
    data = folder.parent / "swap"
    (data / "index").mkdir(parents=True)
    (data / "index" / "big").symlink_to(folder / "big")
    point_to(data, "big")
    seen: list[tuple[str, str]] = []
    stop = threading.Event()

    def read() -> None:
        from knowledge.published import current_version

        while not stop.is_set():
            name = current_version(data)
            index = read_index(data / "index" / name)
            seen.append((name, index.version))
            if index.delta is not None:
                turn = int(name[1:])
                assert _first(index, f"飞艇{turn}号许可") == "X-000003"

    readers = [threading.Thread(target=read) for _ in range(2)]
    failed: list[BaseException] = []
    threading.excepthook, hook = lambda args: failed.append(args.exc_value), threading.excepthook
    try:
        for reader in readers:
            reader.start()
        index = big
        for turn in range(8):
            delta = update(index, [_group(3, f"飞艇{turn}号许可")], (), _embed, [_tags(3)])
            write_delta(delta, data / "index" / f"v{turn}")
            point_to(data, f"v{turn}")
            index = read_index(data / "index" / f"v{turn}")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        threading.excepthook = hook
    assert not failed
    assert all(name == version for name, version in seen)


def test_a_stored_array_reads_as_numpy_does(tmp_path: Path) -> None:
    """Positions, slices, repeats, ends; out of range is an error."""
    rng = np.random.default_rng(0)
    for array in (rng.integers(0, 9, 1000).astype(np.int32), rng.random((50, 7), np.float32)):
        np.save(tmp_path / "a.npy", array)
        stored = StoredColumn(tmp_path / "a.npy")
        assert stored.shape == array.shape
        assert stored.dtype == array.dtype
        keys = [rng.integers(0, len(array), 40), np.arange(5, 20), np.array([], np.intp), [3, 3, 2]]
        joined = JoinedColumn(stored, array[:10])
        both = np.concatenate([array, array[:10]])
        for key in keys:
            np.testing.assert_array_equal(stored[key], array[key])
            np.testing.assert_array_equal(joined[key], both[key])
        late = np.arange(len(array) - 5, len(array) + 10)
        np.testing.assert_array_equal(joined[late], both[late])
        np.testing.assert_array_equal(joined[len(array)], array[0])
        np.testing.assert_array_equal(stored[3:9:2], array[3:9:2])
        np.testing.assert_array_equal(stored[-1], array[-1])
        np.testing.assert_array_equal(np.asarray(stored), array)
        with pytest.raises(IndexError):
            stored[np.array([len(array)])]


def test_tables_of_texts_give_back_what_was_put_in(tmp_path: Path) -> None:
    """Terms, codes and phrases, without a dictionary in memory."""
    texts = [f"词{i}" for i in range(500)] + ["a b", "é"]
    HashedTexts.save(texts, tmp_path, "t")
    table = HashedTexts(tmp_path, "t")
    assert [table[text] for text in texts] == list(range(len(texts)))
    assert list(table) == texts
    assert len(table) == len(texts)
    assert "没有" not in table
    assert table.get("没有") is None
    with pytest.raises(KeyError):
        table["没有"]
    Names.save(["SG-HF-001", "X"], tmp_path, "n")
    names = Names(tmp_path, "n")
    assert list(names) == ["SG-HF-001", "X"]
    assert names[-1] == "X"
    assert (place_of(names, "X"), place_of(names, "Y"), place_of(("a",), "a")) == (1, None, 0)
    phrases = {"she bao": ("社保", 7), "bu ban": ("补办", 3)}
    PhraseTable.save(phrases, tmp_path, "p")
    assert dict(PhraseTable(tmp_path, "p").items()) == phrases
    HashedTexts.save([], tmp_path, "none")
    assert list(HashedTexts(tmp_path, "none")) == []


def test_many_texts_are_embedded_once_each_in_their_places(tmp_path: Path) -> None:
    """On several threads, by length, with progress that ends at the end."""
    embedder = _Letters()
    texts = [f"{'字' * (i % 37)}{i}" for i in range(900)]
    out = np.zeros((len(texts), embedder.dim), np.float32)
    for places, vectors in encode_many(embedder, texts, workers=3):
        out[places] = vectors
    np.testing.assert_array_equal(out, _embed(texts))
    assert sorted(embedder.embedded) == sorted(texts)
    now = iter([0.0, 10.0])
    meter = Meter("embedding", lambda: next(now))
    assert meter.line(0, 1200) == "embedding 0/1200"
    assert meter.line(100, 1200) == "embedding 100/1200 · 10/s · 2 min left"


def test_the_cache_keeps_what_was_embedded(tmp_path: Path) -> None:
    """Old texts cost nothing; repeated ones count once; a torn end is cut off."""
    embedder, told = _Letters(), []
    cache = VectorCache(tmp_path, embedder)
    texts = ["甲", "乙", "甲", "丙"]
    np.testing.assert_array_equal(cache.documents(texts, lambda *p: told.append(p)), _embed(texts))
    assert sorted(embedder.embedded) == sorted(["甲", "乙", "丙"])
    assert told[-1] == (3, 3)
    embedder.embedded.clear()
    np.testing.assert_array_equal(VectorCache(tmp_path, embedder).documents(texts), _embed(texts))
    assert embedder.embedded == []
    for part in ("keys", "vectors"):
        with (tmp_path / f"letters.{part}").open("ab") as file:
            file.write(b"torn")
    np.testing.assert_array_equal(cache.documents(["丁", "甲"]), _embed(["丁", "甲"]))
    assert embedder.embedded == ["丁"]
    np.testing.assert_array_equal(cache.documents(["丁", "丙"]), _embed(["丁", "丙"]))
    assert embedder.embedded == ["丁"]
    assert cache.documents([]).shape == (0, embedder.dim)


def test_the_cache_tells_keys_apart_that_begin_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many at once are looked up by the first half of their keys, and compared by the whole."""
    monkeypatch.setattr(
        "knowledge.embed.cache.text_key", lambda text: bytes(8) + text_key(text)[:8]
    )
    embedder, texts = _Letters(), [f"{'字' * (i % 7)}{i}" for i in range(200)]
    cache = VectorCache(tmp_path, embedder)
    cache.documents(texts[:150])
    embedder.embedded.clear()
    np.testing.assert_array_equal(cache.documents(texts), _embed(texts))
    assert sorted(embedder.embedded) == sorted(texts[150:])


_WRITER = """
import sys
from pathlib import Path
import numpy as np
from knowledge.embed.cache import VectorCache, text_key
class Digests:
    name, dim = "digests", 4
    def encode_documents(self, texts):
        return np.stack([np.frombuffer(text_key(t), np.uint8)[:4].astype(np.float32) for t in texts])
cache = VectorCache(Path(sys.argv[1]), Digests())
for turn in range(15):
    cache.documents([f"{sys.argv[2]}-{turn}-{i}" for i in range(20)])
"""


class _Digests(_Letters):
    name, dim = "digests", 4

    def encode_query(self, text: str) -> Vector:
        return np.frombuffer(text_key(text), np.uint8)[:4].astype(np.float32)


def test_processes_write_the_cache_together(tmp_path: Path) -> None:
    """Nothing of either is lost or mixed up."""
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), str(who)])
        for who in range(2)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    embedder = _Digests()
    texts = [f"{who}-{turn}-{i}" for who in range(2) for turn in range(15) for i in range(20)]
    found = VectorCache(tmp_path, embedder).documents(texts)
    np.testing.assert_array_equal(found, np.stack([embedder.encode_query(text) for text in texts]))
    assert embedder.embedded == []


def test_a_list_is_big_by_its_wordings_or_by_its_items() -> None:
    """Few items may have many wordings; many items are slow with two each."""
    assert not select.is_large(select.LARGE_ROWS - 1, 106)
    assert select.is_large(select.LARGE_ROWS, 106)
    assert select.is_large(2 * LARGE_ITEMS, LARGE_ITEMS)
    assert not select.is_large(2 * LARGE_ITEMS - 2, LARGE_ITEMS - 1)
