"""Keeping the collector of reference cycles out of the way."""

import gc
import threading

import pytest

from core.collector import paused


@pytest.fixture(autouse=True)
def _as_before():
    was = gc.isenabled()
    yield
    (gc.enable if was else gc.disable)()


def test_nothing_is_collected_meanwhile_and_it_goes_on_after_an_error():
    def fails() -> None:
        with paused():
            assert not gc.isenabled()
            raise RuntimeError

    gc.enable()
    with pytest.raises(RuntimeError):
        fails()
    assert gc.isenabled()


def test_the_last_of_several_pauses_ends_it():
    gc.enable()
    inside, go = threading.Event(), threading.Event()

    def other() -> None:
        with paused():
            inside.set()
            go.wait(10)

    thread = threading.Thread(target=other)
    with paused():
        thread.start()
        assert inside.wait(10)
        with paused():
            pass
        assert not gc.isenabled()
    assert not gc.isenabled(), "another thread is still at it"
    go.set()
    thread.join(10)
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with paused():
        pass
    assert not gc.isenabled()
