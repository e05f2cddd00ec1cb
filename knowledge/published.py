"""The published list: an index under `<data_dir>/index/<version>/` with the list it was built from.

Building goes into a new folder, then one pointer file is replaced: a running search keeps its
version, the next open sees the new one, and nobody ever mixes two.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from knowledge.catalogue import Catalogue, read_snapshot, snapshot
from knowledge.embed.port import Embedder
from knowledge.index import (
    FORMAT,
    NORMALISERS,
    Index,
    IndexMissing,
    Progress,
    VectorCache,
    assemble,
    read_index,
    readings,
    write_index,
)
from knowledge.text import understand
from knowledge.wordings import wordings

_POINTER = "current"
_LIST = "list.json"


@dataclass(frozen=True)
class PublishedIndex:
    """An index and the list it was built from: never of two versions."""

    index: Index
    catalogue: Catalogue


def index_version(catalogue: Catalogue, embedder: str) -> str:
    """Folder name of the index of this list with this embedder."""
    digest = hashlib.sha256(f"{catalogue.version}/{embedder}/{FORMAT}".encode())
    for name in NORMALISERS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return f"{catalogue.version}-{digest.hexdigest()[:8]}"


def build_index(
    catalogue: Catalogue, embedder: Embedder, data_dir: Path, progress: Progress | None = None
) -> tuple[str, bool]:
    """Build the index of `catalogue` unless it is there; (version, was built). Points to nothing."""
    version = index_version(catalogue, embedder.name)
    target = data_dir / "index" / version
    if (target / "meta.json").is_file():
        return version, False
    groups = [wordings(item) for item in catalogue.items.values()]
    cache = VectorCache(data_dir / "cache", embedder)
    flat = [wording.text for group in groups for wording in group]
    anchors = [text for name in catalogue.outside for text in (name.zh, name.en)]
    index = assemble(
        groups,
        cache.documents(flat, progress),
        readings(),
        outside=cache.documents([understand(text).core for text in anchors]),
        embedder=embedder.name,
        version=version,
    )
    write_index(index, target, {_LIST: snapshot(catalogue)})
    return version, True


def point_to(data_dir: Path, version: str) -> None:
    """Make `version` the current one, atomically."""
    root = data_dir / "index"
    pointer = root / f".{_POINTER}.{os.getpid()}"
    pointer.write_text(version + "\n", encoding="ascii")
    os.replace(pointer, root / _POINTER)


def current_version(data_dir: Path) -> str:
    """Version the pointer names; raises `IndexMissing`."""
    try:
        return (data_dir / "index" / _POINTER).read_text(encoding="ascii").strip()
    except OSError as error:
        raise IndexMissing() from error


def open_index(data_dir: Path, version: str | None = None) -> PublishedIndex:
    """Map an index (the current one by default) with its list; raises `IndexMissing`."""
    version = version or current_version(data_dir)
    folder = data_dir / "index" / version
    index = read_index(folder)
    try:
        catalogue = read_snapshot((folder / _LIST).read_bytes())
    except OSError as error:
        raise IndexMissing(details={"version": version}) from error
    return PublishedIndex(index, catalogue)
