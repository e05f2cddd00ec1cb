"""Nearest-neighbour search over the rows of an index: one port, three engines."""

from knowledge.vectors.port import Neighbours, Tags, VectorSearch
from knowledge.vectors.select import AUTO, Backend, backend_of

__all__ = ["AUTO", "Backend", "Neighbours", "Tags", "VectorSearch", "backend_of"]
