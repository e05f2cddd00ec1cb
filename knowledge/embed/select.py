"""Which embedder a setting means, and building the bundled one's files at set-up."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from core.errors import AppError
from core.settings import Settings
from knowledge.embed.blob import file_digest, weights_path
from knowledge.embed.bundled import BundledEmbedder
from knowledge.embed.port import Embedder

GRAPH_VERSION = 5
"""Raise when the graphs, the tokenizer or the way through them changes: the name, and with it every cached
vector, changes."""


class ModelNotBuilt(AppError):
    """Set-up has not been run: `python -m knowledge build`."""

    code = "model_not_built"
    status = 503


@cache
def _bundled_name(weights: Path) -> str:
    digest = hashlib.sha256(f"{file_digest(weights)}/{GRAPH_VERSION}".encode()).hexdigest()
    return f"e5-small-q8-{digest[:12]}"


def model_folder(data_dir: Path) -> Path:
    """Where the bundled model's files are, or will be; named by the digest of what makes them."""
    return data_dir / "models" / _bundled_name(weights_path())


def ensure_model(data_dir: Path) -> tuple[Path, bool]:
    """Build the bundled model's files unless they are there; (folder, whether it was built)."""
    folder = model_folder(data_dir)
    if folder.is_dir():  # whole, or damaged: opening it says so
        return folder, False
    from knowledge.embed.graph import write_model  # onnx is needed at set-up only

    write_model(weights_path(), folder)
    return folder, True


def open_embedder(settings: Settings) -> Embedder:
    """The embedder of `settings`; raises `ModelNotBuilt` before set-up, `ModelBroken`."""
    if settings.embedding_backend == "hub":
        from knowledge.embed.st import HubEmbedder  # torch only where it is asked for

        return HubEmbedder(settings.embedding_model, threads=settings.embedding_threads)
    folder = model_folder(settings.data_dir)
    if not folder.is_dir():
        raise ModelNotBuilt()
    return BundledEmbedder(folder, threads=settings.embedding_threads)
