"""The search index of any collection of worded things: immutable, memory-mapped files in one folder.

Knows wordings, not the service list (`knowledge.published` ties an index to its list). Embeddings
are cached by text, so that a rebuild embeds only what changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from core.errors import AppError
from knowledge.embed.port import Embedder, Matrix
from knowledge.lexical import Ints, Lexicon, build_lexicon, open_lexicon, save_lexicon
from knowledge.spelling import Phrases, learn_phrases
from knowledge.terms import syllables, terms
from knowledge.wordings import ALIAS, NAME, SUMMARY, Wording

FORMAT = 7
"""Raise when the files change: older indexes are then rebuilt."""
NORMALISERS = ("text.py", "lexicon.py", "terms.py", "wordings.py", "spelling.py", "lexical.py")
"""Code that decides what is in the files: a change of it is a new index."""
_ARRAYS = ("owner", "kind", "first", "term_starts", "term_ids")
Progress = Callable[[int, int], None]


class IndexMissing(AppError):
    """No index has been built: `python -m knowledge build`."""

    code = "index_missing"
    status = 503
    retryable = True


@dataclass(frozen=True)
class Index:
    """An opened index. Wordings are grouped by item: `first[i]:first[i+1]` are item i's rows."""

    version: str
    codes: tuple[str, ...]
    embedder: str
    vectors: Matrix
    """float32[wordings, dim]."""
    outside: Matrix
    """float32[anchors, dim]: matters that the list does not cover."""
    owner: Ints
    kind: Ints
    first: Ints
    term_starts: Ints
    term_ids: Ints
    """Sorted term ids of wording w: `term_ids[term_starts[w]:term_starts[w+1]]`."""
    words: Lexicon
    sounds: Lexicon
    readings: dict[str, str]
    """Character → pinyin syllable, without tone."""
    phrases: Phrases
    """The list's phrases by sound, for `knowledge.spelling`."""


@cache
def readings() -> dict[str, str]:
    """Commonest reading of every common character, so that queries need no pinyin library."""
    from pypinyin.contrib.tone_convert import to_normal  # build time only
    from pypinyin.pinyin_dict import pinyin_dict

    return {
        chr(point): to_normal(readings.split(",")[0]).replace("ü", "v")
        for point, readings in pinyin_dict.items()
        if 0x4E00 <= point <= 0x9FFF
    }


def _document(items: Sequence[Wording]) -> list[str]:
    """Terms of an item; names and aliases count twice."""
    out: list[str] = []
    for wording in items:
        row = terms(wording.text)
        out += row * (2 if wording.kind in (NAME, ALIAS) else 1)
    return out


def assemble(
    groups: Sequence[Sequence[Wording]],
    vectors: Matrix,
    readings: dict[str, str],
    *,
    outside: Matrix,
    embedder: str,
    version: str,
) -> Index:
    """An index in memory from each item's wordings and their vectors, in the same order."""
    flat = [wording for group in groups for wording in group]
    words = build_lexicon([_document(group) for group in groups])
    sounds = build_lexicon(
        [
            [s for w in group if w.kind != SUMMARY for s in syllables(w.text, readings)]
            for group in groups
        ]
    )
    rows = [words.known_ids(terms(wording.text)) for wording in flat]
    starts = np.zeros(len(flat) + 1, np.int32)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    first = np.zeros(len(groups) + 1, np.int32)
    np.cumsum([len(group) for group in groups], out=first[1:])
    return Index(
        version=version,
        codes=tuple(group[0].code for group in groups),
        embedder=embedder,
        vectors=vectors,
        outside=outside,
        owner=np.repeat(np.arange(len(groups), dtype=np.int32), np.diff(first)),
        kind=np.array([wording.kind for wording in flat], np.int32),
        first=first,
        term_starts=starts,
        term_ids=np.concatenate(rows) if rows else np.zeros(0, np.int32),
        words=words,
        sounds=sounds,
        readings=readings,
        phrases=learn_phrases((wording.text for wording in flat), readings),
    )


class VectorCache:
    """Embeddings by text, kept between builds in one file per embedder."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._path = folder / f"{embedder.name}.npz"
        self._embedder = embedder
        self._known: dict[bytes, Any] = {}
        if self._path.is_file():
            with np.load(self._path) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
            self._known = {bytes(key): vector for key, vector in zip(keys, vectors, strict=True)}

    @staticmethod
    def _key(text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    def documents(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """float32[n, dim]; embeds what is new and keeps it."""
        keys = [self._key(text) for text in texts]
        new = sorted(
            {k: t for k, t in zip(keys, texts, strict=True) if k not in self._known}.items()
        )
        for start in range(0, len(new), 64):
            part = new[start : start + 64]
            vectors = self._embedder.encode_documents([text for _, text in part])
            self._known.update(zip((key for key, _ in part), vectors, strict=True))
            if progress:
                progress(min(start + 64, len(new)), len(new))
        if new:
            self._save()
        if not keys:
            return np.zeros((0, self._embedder.dim), np.float32)
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, 16)
        with tempfile.NamedTemporaryFile(
            dir=self._path.parent, suffix=".npz", delete=False
        ) as file:
            np.savez(file, keys=keys, vectors=np.stack(list(self._known.values())))
        os.replace(file.name, self._path)


def write_index(index: Index, target: Path, extra: Mapping[str, bytes] | None = None) -> None:
    """Write the files of `index`, and those of `extra` by name, as the folder `target`: whole or not
    at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        np.save(room / "vectors.npy", index.vectors)
        np.save(room / "outside.npy", index.outside)
        for name in _ARRAYS:
            np.save(room / f"{name}.npy", getattr(index, name))
        save_lexicon(index.words, room, "words")
        save_lexicon(index.sounds, room, "sounds")
        (room / "readings.json").write_bytes(orjson.dumps(index.readings))
        (room / "phrases.json").write_bytes(orjson.dumps(index.phrases))
        for name, content in (extra or {}).items():
            (room / name).write_bytes(content)
        meta = {"format": FORMAT, "embedder": index.embedder, "codes": index.codes}
        (room / "meta.json").write_bytes(orjson.dumps(meta, option=orjson.OPT_INDENT_2))
        room.chmod(0o755)
        os.replace(room, target)
    except OSError:
        if not (target / "meta.json").is_file():  # else: another process was first
            raise
    finally:
        shutil.rmtree(room, ignore_errors=True)


def read_index(folder: Path) -> Index:
    """Map the index in `folder`; raises `IndexMissing`."""
    try:
        meta = orjson.loads((folder / "meta.json").read_bytes())
    except OSError as error:
        raise IndexMissing(details={"version": folder.name}) from error
    if meta["format"] != FORMAT:
        raise IndexMissing(details={"version": folder.name})
    names = ("vectors", "outside", *_ARRAYS)
    arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in names}
    codes = tuple(meta["codes"])
    return Index(
        version=folder.name,
        codes=codes,
        embedder=meta["embedder"],
        words=open_lexicon(folder, "words", len(codes)),
        sounds=open_lexicon(folder, "sounds", len(codes)),
        readings=orjson.loads((folder / "readings.json").read_bytes()),
        phrases={
            sound: (phrase, count)
            for sound, (phrase, count) in orjson.loads(
                (folder / "phrases.json").read_bytes()
            ).items()
        },
        **arrays,
    )
