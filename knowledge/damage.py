"""What files of an index raise that are cut off, overwritten or gone: they are read by several libraries,
each of which has errors of its own. Nothing is imported here."""

from __future__ import annotations

DAMAGED = (ValueError, KeyError, IndexError, TypeError, EOFError, OSError)
