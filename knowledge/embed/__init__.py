"""Embeddings: one port, a bundled backend that needs no network, and hub models by name."""

from knowledge.embed.port import DIM, Embedder, Matrix, Vector
from knowledge.embed.select import ensure_model, open_embedder

__all__ = ["DIM", "Embedder", "Matrix", "Vector", "ensure_model", "open_embedder"]
