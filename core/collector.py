"""Python's collector of reference cycles, kept out of the way of what is built to stay.

It looks at everything alive whenever enough new was made: half a second of the gateway's start, a fifth
of taking another list into use, and in a process that holds a list each full look stops everybody for
0.2 s.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def paused() -> Iterator[None]:
    """Nothing is collected meanwhile, in any thread. May be nested, also by several threads at once; a
    collector that was off before stays off."""
    global _pauses, _was_on
    with _turn:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _turn:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()


def settle() -> None:
    """What lives now is here to stay: it is not looked at again. Called once by a process that has loaded
    all it needs."""
    gc.collect()
    gc.freeze()
