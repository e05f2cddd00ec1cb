"""Updates of a big index: a few changed items beside it, instead of writing it anew.

An updated index is a big one (its base, which stays as it is) and one delta: all items that differ
from the base, and which of the base's no longer count. The next update writes a new delta that takes
the old one's place. When it has grown too large (`fits`), the list is assembled anew. Rarity of the
base's terms stays as it was until then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from knowledge.columns import Column, JoinedColumn, JoinedNames, place_of
from knowledge.embed.port import Matrix
from knowledge.index import FORMAT, Index, Places, write_folder
from knowledge.lexical import Documents, LexiconBuilder, extend
from knowledge.term_tables import TermTables
from knowledge.vectors.exact import ExactVectors
from knowledge.vectors.layered import LayeredVectors
from knowledge.vectors.port import Tags, make_tags
from knowledge.wordings import Wording

MOST_ITEMS = 2000
"""Changed items a delta may hold."""
Embed = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True)
class Delta:
    """What differs from the base. Positions and term ids continue the base's."""

    base: str
    """Version of the base."""
    codes: tuple[str, ...]
    gone: Places
    """Items of the base that no longer count, ascending."""
    vectors: Matrix
    kind: Column
    first: Column
    term_starts: Column
    term_ids: Column
    words: Documents
    new_words: tuple[str, ...]
    sounds: Documents
    new_sounds: tuple[str, ...]
    bits: Column
    """Tags of each row."""


class NotAnUpdate(ValueError):
    """The change does not fit beside the base: assemble the list anew."""


def fits(previous: Index, changed: int) -> bool:
    """Whether so many changed items may still be kept beside the base."""
    if previous.sample is None:
        return False
    held = len(previous.delta.codes) + len(previous.delta.gone) if previous.delta else 0
    return held + changed <= min(MOST_ITEMS, len(previous.codes) // 10)


def update(
    previous: Index,
    changed: Sequence[Sequence[Wording]],
    removed: Collection[str],
    embed: Embed,
    tags: Sequence[Collection[str]] | None = None,
) -> Delta:
    """`previous` with these items new or changed (the wordings of each, and its tags) and those of
    `removed` codes taken out. Raises `NotAnUpdate` for tags that the base has no name for."""
    base = previous.base or previous
    dropped = {group[0].code for group in changed} | set(removed)
    places = [place_of(base.codes, code) for code in dropped]
    own = make_tags(tags or [()] * len(changed), [len(group) for group in changed])
    if not set(own.names) <= set(base.tags.names):
        raise NotAnUpdate(f"tags {sorted(set(own.names) - set(base.tags.names))}")
    bits = np.zeros(len(own.bits), np.uint32)
    for i, name in enumerate(own.names):
        bits |= (own.bits[:] >> i & 1) << base.tags.names.index(name)
    fresh = _fresh(base, previous.delta, changed, embed, bits)
    gone = np.array(sorted(place for place in places if place is not None), np.intp)
    if previous.delta is None:
        return _with(fresh, gone=gone)
    old = previous.delta
    keep = [i for i, code in enumerate(old.codes) if code not in dropped]
    return _with(_concatenate(_take(old, keep), fresh), gone=np.union1d(old.gone, gone))


def _with(delta: Delta, **changes: Any) -> Delta:
    return Delta(**{**{name: getattr(delta, name) for name in Delta.__annotations__}, **changes})


def _fresh(
    base: Index, old: Delta | None, changed: Sequence[Sequence[Wording]], embed: Embed, bits: Column
) -> Delta:
    tables = TermTables(
        LexiconBuilder(base.words, old.new_words if old else ()),
        LexiconBuilder(base.sounds, old.new_sounds if old else ()),
    )
    for group in changed:
        tables.add(group)
    return Delta(
        base=base.version,
        codes=tuple(group[0].code for group in changed),
        gone=np.zeros(0, np.intp),
        vectors=embed([wording.text for group in changed for wording in group]),
        kind=np.array(tables.kinds, np.int32),
        first=np.cumsum([0, *(len(group) for group in changed)]).astype(np.int32),
        term_starts=tables.starts(),
        term_ids=tables.ids(),
        words=tables.words.documents(),
        new_words=tuple(tables.words.new),
        sounds=tables.sounds.documents(),
        new_sounds=tuple(tables.sounds.new),
        bits=bits,
    )


def _runs(starts: Column, keep: Sequence[int]) -> tuple[Places, Any]:
    """(positions of the entries of these groups, where each group's begin and the end)."""
    left, right = np.asarray(starts[:-1])[keep], np.asarray(starts[1:])[keep]
    parts = [np.arange(a, b) for a, b in zip(left, right, strict=True)]
    flat = np.concatenate(parts) if parts else np.zeros(0, np.intp)
    return flat.astype(np.intp), np.concatenate([[0], np.cumsum(right - left)])


def _take(delta: Delta, keep: Sequence[int]) -> Delta:
    """The delta with only these of its items."""
    rows, first = _runs(delta.first, keep)
    entries, starts = _runs(delta.term_starts, rows.tolist())

    def documents(of: Documents) -> Documents:
        flat, begin = _runs(of.starts, keep)
        return Documents(begin, of.terms[flat], of.counts[flat], of.lengths[list(keep)])

    return _with(
        delta,
        codes=tuple(delta.codes[i] for i in keep),
        vectors=delta.vectors[rows],
        kind=delta.kind[rows],
        first=first.astype(np.int32),
        term_starts=starts.astype(np.int32),
        term_ids=delta.term_ids[entries],
        words=documents(delta.words),
        sounds=documents(delta.sounds),
        bits=delta.bits[rows],
    )


def _after(a: Column, b: Column) -> Any:
    """Starts `a`, then starts `b` moved behind them."""
    return np.concatenate([a[:], b[1:] + a[-1]]).astype(np.asarray(b[:]).dtype)


def _both(a: Documents, b: Documents) -> Documents:
    return Documents(
        _after(a.starts, b.starts),
        np.concatenate([a.terms, b.terms]),
        np.concatenate([a.counts, b.counts]),
        np.concatenate([a.lengths, b.lengths]),
    )


def _concatenate(a: Delta, b: Delta) -> Delta:
    """Items of `a`, then of `b`, whose new terms continue those of `a`."""
    return _with(
        b,
        codes=a.codes + b.codes,
        vectors=np.concatenate([a.vectors, b.vectors]),
        kind=np.concatenate([a.kind, b.kind]),
        first=_after(a.first, b.first),
        term_starts=_after(a.term_starts, b.term_starts),
        term_ids=np.concatenate([a.term_ids, b.term_ids]),
        words=_both(a.words, b.words),
        sounds=_both(a.sounds, b.sounds),
        bits=np.concatenate([a.bits, b.bits]),
    )


def join(base: Index, delta: Delta, version: str) -> Index:
    """The updated index; its cost follows the delta."""
    items, rows = len(base.codes), len(base.owner)
    sizes = np.diff(delta.first[:])
    gone_rows = [np.arange(base.first[i], base.first[i + 1]) for i in delta.gone.tolist()]
    tags = Tags(base.tags.names, delta.bits)
    return Index(
        version=version,
        codes=JoinedNames(base.codes, delta.codes),
        embedder=base.embedder,
        vectors=JoinedColumn(base.vectors, delta.vectors),
        outside=base.outside,
        outside_names=base.outside_names,
        owner=JoinedColumn(
            base.owner, np.repeat(np.arange(len(sizes), dtype=np.int32) + items, sizes)
        ),
        kind=JoinedColumn(base.kind, delta.kind),
        first=JoinedColumn(base.first, delta.first[:] + np.int32(rows), items),
        term_starts=JoinedColumn(
            base.term_starts, delta.term_starts[:] + np.int32(len(base.term_ids)), rows
        ),
        term_ids=JoinedColumn(base.term_ids, delta.term_ids),
        words=extend(base.words, delta.words, delta.new_words, delta.gone),
        sounds=extend(base.sounds, delta.sounds, delta.new_sounds, delta.gone),
        readings=base.readings,
        phrases=base.phrases,
        tags=Tags(base.tags.names, JoinedColumn(base.tags.bits, delta.bits)),
        near=LayeredVectors(
            base.near,
            ExactVectors(delta.vectors, tags),
            np.concatenate(gone_rows) if gone_rows else np.zeros(0, np.intp),
        ),
        sample=base.sample,
        base=base,
        delta=delta,
    )


_ARRAYS = ("gone", "vectors", "kind", "first", "term_starts", "term_ids", "bits")
_PARTS = ("starts", "terms", "counts", "lengths")


def write_delta(delta: Delta, target: Path, extra: Mapping[str, bytes] | None = None) -> None:
    """Write the files, and those of `extra` by name, as the folder `target` beside the base's folder:
    whole or not at all."""
    files: dict[str, Any] = {name: getattr(delta, name) for name in _ARRAYS}
    for name in ("words", "sounds"):
        documents: Documents = getattr(delta, name)
        files |= {f"{name}.{part}": getattr(documents, part) for part in _PARTS}
    meta = {
        "format": FORMAT,
        "base": delta.base,
        "codes": delta.codes,
        "new_words": delta.new_words,
        "new_sounds": delta.new_sounds,
    }
    files |= {**(extra or {}), "meta.json": orjson.dumps(meta)}
    write_folder(target, files)


def read_delta(folder: Path, meta: Mapping[str, Any]) -> Delta:
    """The delta in `folder`."""

    def documents(name: str) -> Documents:
        return Documents(*(np.load(folder / f"{name}.{part}.npy") for part in _PARTS))

    return Delta(
        base=meta["base"],
        codes=tuple(meta["codes"]),
        new_words=tuple(meta["new_words"]),
        new_sounds=tuple(meta["new_sounds"]),
        words=documents("words"),
        sounds=documents("sounds"),
        **{name: np.load(folder / f"{name}.npy") for name in _ARRAYS},
    )
