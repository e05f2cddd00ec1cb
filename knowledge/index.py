"""The search index of any collection of worded things: immutable files in one folder.

Knows wordings, not the service list (`knowledge.published` ties an index to its list). A small index
is mapped and searched whole. A big one (`is_large`) keeps its vectors in half precision
with a quantised engine, reads postings in parts, and is updated by `knowledge.segments`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import orjson

if TYPE_CHECKING:
    from knowledge.segments import Delta

from core.errors import AppError
from knowledge.anchors import Anchors
from knowledge.classifier import Classes
from knowledge.columns import Column, Names, PhraseTable, open_column
from knowledge.embed.port import Matrix
from knowledge.lexical import Lexicon, open_lexicon, save_lexicon
from knowledge.spelling import Phrases, count_stretches, learn_phrases
from knowledge.term_tables import Wordings, stretches, whole_tables
from knowledge.vectors.exact import ExactVectors
from knowledge.vectors.port import Tags, VectorSearch, make_tags
from knowledge.vectors.select import AUTO, FILE, Backend, is_large, open_vectors
from knowledge.wordings import Wording

FORMAT = 11
"""Raise when the files change: older indexes are then rebuilt."""
NORMALISERS = (
    "text.py", "stated.py", "lexicon.py", "terms.py", "wordings.py", "spelling.py", "lexical.py",
    "term_tables.py", "background.py", "everyday.json", "classifier.py",
)  # fmt: skip
"""Code that decides what is in the files: a change of it is a new index."""
_ARRAYS = ("owner", "kind", "first", "term_starts", "term_ids")
_CLASSES, _ANCHORS = "classes.npz", "anchors.json"
_SAMPLE = 1024
"""Items of a big index whose cosines stand for those of all."""
_PHRASE_TEXTS = 100_000
"""Phrases of a big index are learned from so many of its texts."""
_BLOCK = 65_536
Places = npt.NDArray[np.intp]


class IndexMissing(AppError):
    """No index has been built: `python -m knowledge build`."""

    code = "index_missing"
    status = 503
    retryable = True


@dataclass(frozen=True)
class Sample:
    """Some items of a big index: what cosines are usual for a question."""

    vectors: Matrix
    """float32[wordings, dim] of all their wordings, by item."""
    first: Places
    """Where each item's begin."""


@dataclass(frozen=True)
class Index:
    """An opened index. Wordings are grouped by item: `first[i]:first[i+1]` are item i's rows."""

    version: str
    codes: Sequence[str]
    embedder: str
    vectors: Column
    """float[wordings, dim]: float32 when small, float16 when big."""
    outside: Matrix
    """float32[anchors, dim]: matters that the list does not cover."""
    outside_names: Sequence[str]
    """Their names, normalised."""
    owner: Column
    kind: Column
    first: Column
    term_starts: Column
    term_ids: Column
    """Sorted term ids of wording w: `term_ids[term_starts[w]:term_starts[w+1]]`."""
    words: Lexicon
    sounds: Lexicon
    readings: dict[str, str]
    """Character → pinyin syllable, without tone."""
    phrases: Phrases
    """The list's phrases by sound, for `knowledge.spelling`."""
    tags: Tags
    """What rows can be filtered by."""
    near: VectorSearch
    """Search over `vectors`."""
    sample: Sample | None
    """Only of a big index; a small one is searched whole."""
    classes: Classes | None = None
    """What tells the matters of a small index apart."""
    base: Index | None = None
    """The big index that this one updates."""
    delta: Delta | None = None
    """What it changes there."""

    @cached_property
    def wordings(self) -> Wordings | None:
        """The terms of the wordings from the terms' side; None of a big index, of which few are looked at."""
        if self.sample is not None:
            return None
        return Wordings.of(self.term_starts, self.term_ids, self.words.idf)

    @cached_property
    def anchors(self) -> Anchors:
        """The names of what the list does not cover, by words."""
        return Anchors.of(self.outside_names, self.words)


def assemble(
    groups: Sequence[Sequence[Wording]],
    vectors: Matrix,
    readings: dict[str, str],
    *,
    outside: Matrix,
    outside_names: Sequence[str] = (),
    embedder: str,
    version: str,
    tags: Sequence[Collection[str]] | None = None,
    classes: Classes | None = None,
) -> Index:
    """An index in memory from each item's wordings and their vectors, in the same order, the tags each
    item can be filtered by, and what tells the items apart."""
    large = is_large(len(vectors), len(groups))
    tables = whole_tables(kept=not large)
    for group in groups:
        tables.add(group)
    (words, numbers), (sounds, _) = tables.words.finish(), tables.sounds.finish()
    sizes = [len(group) for group in groups]
    first = np.zeros(len(groups) + 1, np.int32)
    np.cumsum(sizes, out=first[1:])
    own_tags = make_tags(tags or [()] * len(groups), sizes)
    return Index(
        version=version,
        codes=tuple(group[0].code for group in groups),
        embedder=embedder,
        vectors=vectors,
        outside=outside,
        outside_names=tuple(outside_names),
        owner=np.repeat(np.arange(len(groups), dtype=np.int32), sizes),
        kind=np.array(tables.kinds, np.int32),
        first=first,
        term_starts=tables.starts(),
        term_ids=tables.ids(numbers),
        words=words,
        sounds=sounds,
        readings=readings,
        phrases=_some_phrases(groups, len(vectors), readings)
        if large
        else learn_phrases(stretches(groups), readings),
        tags=own_tags,
        near=ExactVectors(vectors, own_tags),
        sample=_sample(vectors, first) if large else None,
        classes=classes,
    )


def _some_phrases(
    groups: Sequence[Sequence[Wording]], rows: int, readings: dict[str, str]
) -> Phrases:
    """Of a part of the wordings of a big list."""
    texts = [wording.text for group in groups for wording in group]
    return learn_phrases(count_stretches(texts[:: max(1, rows // _PHRASE_TEXTS)]), readings)


def _sample(vectors: Column, first: npt.NDArray[np.int32]) -> Sample:
    """The same items for the same index."""
    items = np.sort(np.random.default_rng(0).permutation(len(first) - 1)[:_SAMPLE])
    begin, end = first[items], first[items + 1]
    rows = np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])
    starts = np.concatenate([[0], np.cumsum(end - begin)[:-1]]).astype(np.intp)
    return Sample(np.asarray(vectors[rows], np.float32), starts)


def write_folder(target: Path, files: Mapping[str, Any], more: Any = None) -> None:
    """Write a folder whole or not at all: arrays as `<name>.npy`, bytes as `<name>`; then `more(room)`
    writes what it likes. A folder that is there already stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        if more is not None:
            more(room)
        for name, content in files.items():
            if isinstance(content, bytes):
                (room / name).write_bytes(content)
            else:
                np.save(room / f"{name}.npy", np.asarray(content))
        room.chmod(0o755)
        os.replace(room, target)
    except OSError:
        if not (target / "meta.json").is_file():  # else: another process was first
            raise
    finally:
        shutil.rmtree(room, ignore_errors=True)


def write_index(
    index: Index, target: Path, extra: Mapping[str, bytes] | None = None, backend: Backend = AUTO
) -> None:
    """Write the files of `index`, and those of `extra` by name, as the folder `target`: whole or not
    at all."""
    large = index.sample is not None

    def lexicons_and_vectors(room: Path) -> None:
        save_lexicon(index.words, room, "words", large=large)
        save_lexicon(index.sounds, room, "sounds", large=large)
        if large:
            Names.save(index.codes, room, "codes")
            PhraseTable.save(index.phrases, room, "phrases")
            _save_halves(index.vectors, room / "vectors.npy")
        else:
            np.save(room / "vectors.npy", np.asarray(index.vectors))
        if (large and backend.name != "exact") or backend.name == "quantised":
            from knowledge.vectors.quantised import build_quantised  # faiss where it is needed

            build_quantised(index.vectors, room / FILE)

    meta = {
        "format": FORMAT,
        "embedder": index.embedder,
        "items": len(index.codes),
        "codes": None if large else list(index.codes),
        "tags": index.tags.names,
        "average": {"words": index.words.average, "sounds": index.sounds.average},
    }
    files: dict[str, Any] = {name: getattr(index, name) for name in _ARRAYS}
    files |= {"outside": index.outside, "tags": index.tags.bits, **(extra or {})}
    files[_ANCHORS] = orjson.dumps(tuple(index.outside_names))
    files["readings.json"] = orjson.dumps(index.readings)
    if not large:
        texts, counts = zip(*index.phrases.values(), strict=True) if index.phrases else ((), ())
        files["phrases.json"] = orjson.dumps([list(index.phrases), texts, counts])
    if index.sample is not None:
        files |= {"sample": index.sample.vectors, "sample_first": index.sample.first}
    if index.classes is not None:
        files[_CLASSES] = index.classes.to_bytes()
    files["meta.json"] = orjson.dumps(meta, option=orjson.OPT_INDENT_2)
    write_folder(target, files, lexicons_and_vectors)


def _save_halves(vectors: Column, path: Path) -> None:
    """float16, written in parts: cosines move by less than .0005."""
    out = np.lib.format.open_memmap(path, "w+", np.float16, vectors.shape)
    for start in range(0, len(vectors), _BLOCK):
        out[start : start + _BLOCK] = vectors[start : start + _BLOCK]
    out.flush()


_OPEN: WeakValueDictionary[tuple[str, Backend], Index] = WeakValueDictionary()
_OPENING = threading.Lock()


def read_index(folder: Path, backend: Backend = AUTO) -> Index:
    """Open the index in `folder`; raises `IndexMissing`. Opened twice, it is the same object."""
    key = (str(folder.resolve()), backend)
    with _OPENING:
        found = _OPEN.get(key)
        if found is None:
            found = _open(folder, backend)
            _OPEN[key] = found
        return found


def _open(folder: Path, backend: Backend) -> Index:
    missing = IndexMissing(details={"version": folder.name})
    try:
        meta = orjson.loads((folder / "meta.json").read_bytes())
    except OSError as error:
        raise missing from error
    if meta["format"] != FORMAT:
        raise missing
    if "base" in meta:
        from knowledge.segments import join, read_delta  # they stand on this module

        base = _base(folder.parent / meta["base"], backend)
        return join(base, read_delta(folder, meta), folder.name)
    names = ("vectors", "outside", "tags", *_ARRAYS)
    arrays: dict[str, Any] = {name: open_column(folder / f"{name}.npy") for name in names}
    bits, outside = arrays.pop("tags"), np.asarray(arrays.pop("outside"))
    large = meta["codes"] is None
    sizes, averages = meta["items"], meta["average"]
    tags = Tags(tuple(meta["tags"]), bits)
    return Index(
        version=folder.name,
        codes=Names(folder, "codes") if large else tuple(meta["codes"]),
        embedder=meta["embedder"],
        outside=outside,
        outside_names=tuple(orjson.loads((folder / _ANCHORS).read_bytes())),
        words=open_lexicon(folder, "words", sizes, averages["words"]),
        sounds=open_lexicon(folder, "sounds", sizes, averages["sounds"]),
        readings=orjson.loads((folder / "readings.json").read_bytes()),
        phrases=PhraseTable(folder, "phrases") if large else _phrases(folder),
        tags=tags,
        near=open_vectors(folder, folder.name, arrays["vectors"], tags, backend),
        sample=Sample(np.load(folder / "sample.npy"), np.load(folder / "sample_first.npy"))
        if large
        else None,
        classes=_classes(folder / _CLASSES),
        **arrays,
    )


def _classes(path: Path) -> Classes | None:
    return Classes.from_bytes(path.read_bytes()) if path.is_file() else None


def base_of(folder: Path) -> str | None:
    """Version of the index that the one in `folder` stands on, if any."""
    try:
        base: str | None = orjson.loads((folder / "meta.json").read_bytes()).get("base")
    except (OSError, orjson.JSONDecodeError):
        return None
    return base


def _base(folder: Path, backend: Backend) -> Index:
    key = (str(folder.resolve()), backend)
    found = _OPEN.get(key)
    if found is None:
        found = _OPEN[key] = _open(folder, backend)
    return found


def _phrases(folder: Path) -> Phrases:
    sounds, texts, counts = orjson.loads((folder / "phrases.json").read_bytes())
    return dict(zip(sounds, zip(texts, counts, strict=True), strict=True))
