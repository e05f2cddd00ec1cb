"""The published list: an index under `<data_dir>/index/<version>/` with the list it was built from.

Building goes into a new folder, then one pointer file is replaced: a running search keeps its
version, the next open sees the new one, and nobody ever mixes two.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from core.cards import CITIES
from core.collector import paused
from knowledge.background import everyday
from knowledge.catalogue import Catalogue, read_snapshot
from knowledge.classifier import MOST_MATTERS, OUTSIDE, Classes, learn
from knowledge.columns import place_of
from knowledge.embed.batch import Progress
from knowledge.embed.cache import VectorCache
from knowledge.embed.port import Embedder, Matrix
from knowledge.index import (
    FORMAT,
    NORMALISERS,
    Index,
    IndexMissing,
    assemble,
    base_of,
    read_index,
    write_index,
)
from knowledge.model import ServiceItem
from knowledge.segments import Delta, NotAnUpdate, fits, update, write_delta
from knowledge.term_tables import readings
from knowledge.vectors.select import AUTO, Backend, is_large
from knowledge.wordings import (
    Wording,
    context_wordings,
    event_wordings,
    normalised,
    wordings,
)

_POINTER = "current"
DELIVERED = "delivered"
"""Pointer to the index of the list in the source tree, whatever is published."""
_LIST = "list.json"
_CODE = "code"
_OPENED = "opened"
_EVENTS, _CONTEXT = "events.npy", "context.npy"
ABANDONED_S = 3600.0
"""A build that is older is not going on any more; an index opened within this time is not removed."""


@dataclass(frozen=True)
class PublishedIndex:
    """An index and the list it was built from: never of two versions."""

    index: Index
    catalogue: Catalogue
    events: Matrix | None = None
    """Vectors of the life events' wordings (`event_wordings`); None where the index does not keep them."""
    context: Matrix | None = None
    """Likewise of `context_wordings`."""


def index_version(catalogue: Catalogue, embedder: str) -> str:
    """Folder name of the index of this list with this embedder."""
    digest = hashlib.sha256(f"{catalogue.version}/{embedder}/{_code_digest()}".encode())
    return f"{catalogue.version}-{digest.hexdigest()[:8]}"


def _code_digest() -> str:
    """Changes with the format of the files and the code that decides what is in them."""
    digest = hashlib.sha256(str(FORMAT).encode())
    for name in NORMALISERS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def build_index(
    catalogue: Catalogue,
    embedder: Embedder,
    data_dir: Path,
    progress: Progress | None = None,
    previous: PublishedIndex | None = None,
    backend: Backend = AUTO,
) -> tuple[str, bool]:
    """Build the index of `catalogue` unless it is there; (version, was built). Points to nothing.

    Of a big list only what differs from `previous` is written, beside it (`knowledge.segments`); a
    small one is assembled anew, which takes half a second for a hundred items. Either way only new
    texts are embedded. `backend` says whether a small one gets a quantised engine.
    """
    version = index_version(catalogue, embedder.name)
    target = data_dir / "index" / version
    if (target / "meta.json").is_file():
        return version, False
    # who publishes waits for it; what is built from nothing takes minutes
    with paused() if previous is not None else contextlib.nullcontext():
        _build(catalogue, embedder, data_dir, target, progress, previous, backend)
    return version, True


def _build(
    catalogue: Catalogue,
    embedder: Embedder,
    data_dir: Path,
    target: Path,
    progress: Progress | None,
    previous: PublishedIndex | None,
    backend: Backend,
) -> None:
    cache = VectorCache(data_dir / "cache", embedder)
    said = list(event_wordings(catalogue.bundles.values()))
    plans, events = [plan for plan, _ in said], cache.documents([text for _, text in said])
    context = cache.documents([said.text for said in context_wordings(catalogue.items.values())])
    extra = {
        _LIST: catalogue.snapshot,
        _CODE: _code_digest().encode(),
        _EVENTS: _npy(events),
        _CONTEXT: _npy(context),
    }
    if previous is not None and not _alike(previous, embedder, data_dir):
        previous = None
    if previous is not None and previous.index.sample is not None:
        delta = _delta(previous, catalogue, cache, progress)
        if delta is not None:
            write_delta(delta, target, extra)
            return
        previous = None  # its vectors are rounded
    groups = [wordings(item) for item in catalogue.items.values()]
    anchors = [normalised(text) for name in catalogue.outside for text in (name.zh, name.en)]
    before = None if previous is None else _Before.of(previous, catalogue)
    vectors = _vectors(groups, cache, progress, before)
    outside = cache.documents([*anchors, *everyday()])
    elsewhere = np.vstack([outside, cache.documents(said_outside(catalogue))])
    owners = [catalogue.matter(wording.code) for group in groups for wording in group]
    # mostly products of matrices, which leave Python to the rest
    with ThreadPoolExecutor(1) as beside:
        classes = beside.submit(
            _classes, np.vstack([vectors, events]), owners + plans, elsewhere, before
        )
        index = assemble(
            groups,
            vectors,
            readings(),
            outside=outside,
            outside_names=anchors,
            embedder=embedder.name,
            version=target.name,
            tags=[_tags(item) for item in catalogue.items.values()],
        )
        index = replace(index, classes=classes.result())
    write_index(index, target, extra, backend)


@dataclass(frozen=True)
class _Before:
    """The index before, and what is to be made anew."""

    index: Index
    items: Collection[str]
    """Codes of the items that are not as they were."""
    classes: Collection[str]
    """Classes of the classifier that are not."""

    @classmethod
    def of(cls, previous: PublishedIndex, catalogue: Catalogue) -> _Before:
        before = previous.catalogue
        items = _changed(catalogue, before)
        plans = {
            code for code, plan in catalogue.bundles.items() if before.bundles.get(code) != plan
        }
        classes = {catalogue.matter(code) for code in items} | plans
        if before.outside != catalogue.outside:
            classes.add(OUTSIDE)
        return cls(previous.index, items, classes)

    def vectors(self, code: str) -> Matrix | None:
        """Those of an item that is as it was."""
        place = None if code in self.items else place_of(self.index.codes, code)
        if place is None:
            return None
        return np.asarray(
            self.index.vectors[slice(*map(int, self.index.first[place : place + 2]))], np.float32
        )


def _vectors(
    groups: Sequence[Sequence[Wording]],
    cache: VectorCache,
    progress: Progress | None,
    before: _Before | None,
) -> Matrix:
    """Of all wordings, in order."""
    kept = [None if before is None else before.vectors(group[0].code) for group in groups]
    texts = [
        wording.text
        for group, own in zip(groups, kept, strict=True)
        if own is None
        for wording in group
    ]
    fresh, at = cache.documents(texts, progress), 0
    parts: list[Matrix] = []
    for group, own in zip(groups, kept, strict=True):
        if own is None:
            own = fresh[at : at + len(group)]
            at += len(group)
        parts.append(own)
    return np.vstack(parts)


def _classes(
    vectors: Matrix, owners: list[str], outside: Matrix, before: _Before | None
) -> Classes | None:
    """What tells the matters and the life events apart; None of a big list, and of too many matters."""
    matters = len(set(owners))
    if is_large(len(vectors), matters) or matters > MOST_MATTERS:
        return None
    if before is None:
        return learn(vectors, owners, outside)
    return learn(vectors, owners, outside, before.index.classes, before.classes)


def _changed(catalogue: Catalogue, before: Catalogue) -> set[str]:
    """Codes of the items that are not as they were."""
    return {
        code
        for code, item in catalogue.items.items()
        if (old := before.items.get(code)) is not item and old != item
    }


def said_outside(catalogue: Catalogue) -> list[str]:
    """How residents ask for what the list does not cover, normalised: taught to the classifier only, as a
    sentence near to one says less than a name."""
    return [normalised(text) for matter in catalogue.outside for text in matter.said]


def _npy(vectors: Matrix) -> bytes:
    out = io.BytesIO()
    np.save(out, vectors)
    return out.getvalue()


def _tags(item: ServiceItem) -> list[str]:
    """What an item can be filtered by: the cities that handle it, and its status."""
    return [*(city for city in CITIES if item.cities[city] is not None), item.status]


def _alike(previous: PublishedIndex, embedder: Embedder, data_dir: Path) -> bool:
    """Whether the index of `previous` was made by this code with this model."""
    index = previous.index
    base = data_dir / "index" / (index.base or index).version
    try:
        same = (base / _CODE).read_bytes() == _code_digest().encode()
    except OSError:
        return False
    return same and index.embedder == embedder.name


def _delta(
    previous: PublishedIndex, catalogue: Catalogue, cache: VectorCache, progress: Progress | None
) -> Delta | None:
    """What differs from `previous`; None when too much does."""
    before = previous.catalogue
    if catalogue.outside != before.outside:
        return None
    changed = [catalogue.items[code] for code in sorted(_changed(catalogue, before))]
    removed = before.items.keys() - catalogue.items.keys()
    if not fits(previous.index, len(changed) + len(removed)):
        return None
    try:
        return update(
            previous.index,
            [wordings(item) for item in changed],
            removed,
            lambda texts: cache.documents(texts, progress),
            [_tags(item) for item in changed],
        )
    except NotAnUpdate:
        return None


def list_version_of(version: str) -> str:
    """Version of the list that an index was built from, by the name of its folder."""
    return version.rsplit("-", 1)[0]


def point_to(data_dir: Path, version: str, pointer: str = _POINTER) -> None:
    """Make `version` the current one (or what another pointer names), atomically."""
    root = data_dir / "index"
    partial = root / f".{pointer}.{os.getpid()}.{threading.get_ident()}"
    partial.write_text(version + "\n", encoding="ascii")
    os.replace(partial, root / pointer)


def current_version(data_dir: Path, pointer: str = _POINTER) -> str:
    """Version a pointer names; raises `IndexMissing`."""
    try:
        return (data_dir / "index" / pointer).read_text(encoding="ascii").strip()
    except OSError as error:
        raise IndexMissing() from error


def delivered_version(data_dir: Path) -> str:
    """Index of the list that came with the source tree; raises `IndexMissing`."""
    with contextlib.suppress(IndexMissing):
        return current_version(data_dir, DELIVERED)
    version = current_version(data_dir)  # of a set-up that knew no other: nothing was published yet
    point_to(data_dir, version, DELIVERED)
    return version


def open_list(data_dir: Path, version: str) -> Catalogue:
    """The list an index was built from; raises `IndexMissing`."""
    try:
        return read_snapshot((data_dir / "index" / version / _LIST).read_bytes())
    except OSError as error:
        raise IndexMissing(details={"version": version}) from error


def adopt(
    data_dir: Path, version: str, embedder: Embedder, progress: Progress | None = None
) -> str:
    """After set-up built the delivered list's index `version`: point to it, unless another list was
    published here; that one's index is then brought up to date. Returns what is current now."""
    current: str | None = None
    with contextlib.suppress(IndexMissing):
        current, before = current_version(data_dir), delivered_version(data_dir)
        if current == before:
            current = None
    point_to(data_dir, version, DELIVERED)
    if current is not None:
        with contextlib.suppress(IndexMissing, ValidationError):
            version, _ = build_index(open_list(data_dir, current), embedder, data_dir, progress)
    if not _names(data_dir, version):
        point_to(data_dir, version)
    return version


def _names(data_dir: Path, version: str) -> bool:
    try:
        return current_version(data_dir) == version
    except IndexMissing:
        return False


def remove_old(data_dir: Path, keep: int, now: Callable[[], float] = time.time) -> None:
    """Remove old indexes and models. What stays: the newest `keep` of each, what a pointer names, what
    was opened within the hour, and what one of these stands on. Who has one open keeps it."""
    root = data_dir / "index"
    named = {current_version(data_dir, p) for p in (_POINTER, DELIVERED) if (root / p).is_file()}
    found = [path.parent for path in root.glob("*/meta.json") if not path.parent.is_symlink()]
    found.sort(key=lambda folder: (folder / "meta.json").stat().st_mtime_ns, reverse=True)
    kept = named | {folder.name for folder in found[:keep]}
    kept |= {folder.name for folder in found if now() - _age(folder / _OPENED) < ABANDONED_S}
    kept |= {base for name in kept if (base := base_of(root / name))}
    for folder in found:
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in root.glob(".building-*"):  # of a build that was killed
        if now() - _age(folder) > ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
    models = [path.parent for path in (data_dir / "models").glob("*/model.json")]
    models.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    for folder in models[keep:]:
        read = (folder / "model.json").stat()
        if now() - max(read.st_atime, read.st_mtime) > ABANDONED_S and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _age(path: Path) -> float:
    """When a file was last written, seconds; long ago where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def open_index(
    data_dir: Path, version: str | None = None, backend: Backend = AUTO
) -> PublishedIndex:
    """Map an index (the current one by default) with its list; raises `IndexMissing`."""
    version = version or current_version(data_dir)
    folder = data_dir / "index" / version
    with paused():
        index = read_index(folder, backend)
        with contextlib.suppress(OSError):  # a folder that may only be read
            (folder / _OPENED).touch()
        aside = (
            np.load(folder / name) if (folder / name).is_file() else None
            for name in (_EVENTS, _CONTEXT)
        )
        return PublishedIndex(index, open_list(data_dir, version), *aside)
