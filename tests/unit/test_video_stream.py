"""Reception statistics, lost packets, renumbering and retransmission, without a network.

Loss is a pattern, time is an argument: every run is the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from video.forward.history import HISTORY, Renumbering, SendHistory
from video.forward.keyframe import starts_keyframe
from video.forward.sender import useful_limit
from video.forward.stream import GIVE_UP_S, MAX_GAP, NACK_EVERY_S, InboundStream
from video.forward.wire import (
    HEADROOM,
    INPUT,
    VIEW,
    abs_send_time_word,
    audio_level_word,
    extension_byte,
)

FRAME = 3600


def video_stream() -> InboundStream:
    """A VP8 stream that nobody listens to."""
    return InboundStream(None, ssrc=1, payload_type=96, mime="video/vp8", clock_rate=90000)


def play(stream: InboundStream, start: int, count: int, lost: Iterable[int] = ()) -> list[int]:
    """Receive `count` packets 10 ms apart, without those at the `lost` positions; the gaps seen."""
    missing = set(lost)
    gaps = []
    for i in range(count):
        if i in missing:
            continue
        gap = stream.received((start + i) & 0xFFFF, (i * FRAME) & 0xFFFFFFFF, i * 0.04)
        if gap:
            gaps.append(gap)
    return gaps


def test_no_loss_reports_none() -> None:
    """A clean stream must not make its source slow down."""
    stream = video_stream()
    assert play(stream, 65000, 1000) == []
    report = stream.report()
    assert (report.fraction_lost, report.packets_lost, report.jitter) == (0, 0, 0)
    assert report.highest_seq == 65000 + 999
    assert stream.missing == {}


def test_loss_is_counted_over_a_sequence_wrap() -> None:
    """Reports stay true when the 16-bit sequence starts over."""
    stream = video_stream()
    assert play(stream, 65530, 20, lost=[3, 8, 9]) == [1, 2]
    report = stream.report()
    assert report.packets_lost == 3
    assert report.fraction_lost == (3 << 8) // 20
    assert set(stream.missing) == {65533, 2, 3}


def test_each_report_covers_its_own_interval() -> None:
    """Old loss is not reported as new."""
    stream = video_stream()
    play(stream, 0, 10, lost=[4, 5])
    assert stream.report().fraction_lost > 0
    for seq in range(10, 20):
        stream.received(seq, seq * FRAME, seq * 0.04)
    later = stream.report()
    assert later.fraction_lost == 0
    assert later.packets_lost == 2


def test_late_packet_is_no_longer_missing() -> None:
    """Reordering must not be asked for twice."""
    stream = video_stream()
    stream.received(1, 0, 0.0)
    assert stream.received(3, FRAME, 0.0) == 1
    assert list(stream.missing) == [2]
    assert stream.received(2, 0, 0.0) == 0
    assert stream.missing == {}


def test_lost_packets_are_asked_for_again_then_given_up() -> None:
    """A lost request or a lost retransmission does not freeze the picture for ever."""
    stream = video_stream()
    stream.received(1, 0, 0.0)
    stream.received(4, FRAME, 0.0)
    assert stream.ask_again(NACK_EVERY_S / 2) == ([], False)
    assert stream.ask_again(NACK_EVERY_S) == ([2, 3], False)
    assert stream.retransmitted(2)
    assert not stream.retransmitted(2), "a second copy is not passed on"
    assert stream.ask_again(2.5 * NACK_EVERY_S) == ([3], False)
    assert stream.ask_again(GIVE_UP_S + 0.1) == ([], True)
    assert (stream.recovered, stream.lost_for_good) == (1, 1)


def test_a_huge_hole_is_not_asked_for() -> None:
    """A source that restarts is not flooded with requests."""
    stream = video_stream()
    stream.received(0, 0, 0.0)
    assert stream.received(MAX_GAP + 2, FRAME, 0.0) == MAX_GAP + 1
    assert stream.missing == {}


def test_audio_is_never_asked_for_again() -> None:
    """Audio comes too late when it comes twice; Opus repairs it itself."""
    stream = InboundStream(None, ssrc=1, payload_type=111, mime="audio/opus", clock_rate=48000)
    stream.received(1, 0, 0.0)
    assert stream.received(3, 1920, 0.0) == 1
    assert stream.missing == {}


def test_jitter_follows_uneven_arrival() -> None:
    """The source is told how uneven the path is (RFC 3550 A.8), in timestamp units."""
    stream = video_stream()
    for i in range(200):
        stream.received(i, i * FRAME, i * 0.04 + (0.01 if i % 2 else 0.0))
    assert 800 < stream.report().jitter <= 900
    wrapped = video_stream()
    wrapped.received(0, 0xFFFFFFFF - FRAME + 1, 0.0)
    wrapped.received(1, 0, 0.04)
    assert wrapped.report().jitter == 0, "a timestamp wrap is not jitter"


def test_renumbering_continues_over_a_change_of_source() -> None:
    """A viewer sees one unbroken stream whatever is behind it."""
    numbers = Renumbering(first_seq=100)
    numbers.start(seq=65535, ts=5000, now=10.0, clock_rate=90000)
    assert numbers.map(65535, 5000, 10.0) == (100, 5000)
    assert numbers.map(0, 8600, 10.04) == (101, 8600)
    numbers.stop()
    numbers.start(seq=777, ts=4_000_000_000, now=12.04, clock_rate=90000)
    assert numbers.map(777, 4_000_000_000, 12.04) == (102, 8600 + 180_000)
    assert numbers.map(778, 4_000_003_600, 12.08) == (103, 8600 + 183_600)


def test_renumbering_keeps_order_of_late_packets_and_drops_those_before_the_start() -> None:
    """A retransmission keeps its place; one from before the key frame must not overwrite another."""
    numbers = Renumbering(first_seq=0xFFFE)
    numbers.start(seq=10, ts=0, now=0.0, clock_rate=90000)
    assert numbers.map(10, 0, 0.0) == (0xFFFE, 0)
    assert numbers.map(12, 0, 0.0) == (0, 0)
    assert numbers.map(11, 0, 0.0) == (0xFFFF, 0)
    assert numbers.map(9, 0, 0.0) is None
    assert numbers.last_seq == 0


def test_late_packets_pass_for_as_long_as_a_call_lasts() -> None:
    """An hour of video wraps the sequence many times; a retransmission always finds its place."""
    numbers = Renumbering(first_seq=5)
    numbers.start(seq=1000, ts=0, now=0.0, clock_rate=90000)
    for number in range(200_000):
        seq = (1000 + number) & 0xFFFF
        if number % 50 == 7:
            continue
        assert numbers.map(seq, 0, 0.0) is not None
        if number % 50 == 9 and number > 50:
            late = (seq - 2) & 0xFFFF
            assert numbers.map(late, 0, 0.0) == ((5 + number - 2) & 0xFFFF, 0)


def test_history_gives_back_only_what_was_sent() -> None:
    """A retransmission is the very packet, or nothing."""
    history = SendHistory()
    for seq in range(HISTORY + 5):
        history.put(seq, seq * 2, 0, b"%d" % seq)
    assert history.get(4) is None, "overwritten"
    assert history.get(5) == (5, 10, 0, b"5")
    assert history.get(HISTORY + 4) == (HISTORY + 4, (HISTORY + 4) * 2, 0, b"%d" % (HISTORY + 4))
    assert history.get(HISTORY + 5) is None
    history.clear()
    assert history.get(5) is None


def test_keyframes_are_recognised_from_the_first_bytes() -> None:
    """The first picture after a change of source must be a whole one."""
    assert starts_keyframe("video/vp8", b"\x10\x00")
    assert not starts_keyframe("video/vp8", b"\x10\x01"), "delta frame"
    assert not starts_keyframe("video/vp8", b"\x00\x00"), "middle of a frame"
    assert not starts_keyframe("video/vp8", b"\x11\x00"), "later partition"
    assert starts_keyframe("video/vp8", b"\x90\x80\x81\x02\x00"), "two-byte picture id"
    assert starts_keyframe("video/vp8", b"\x90\xe0\x01\x02\x03\x00"), "id, tl0, tid"
    assert not starts_keyframe("video/vp8", b"\x90\x80"), "cut short"
    assert not starts_keyframe("video/vp8", b"")
    assert starts_keyframe("video/h264", b"\x67")
    assert starts_keyframe("video/h264", b"\x18\x00\x05\x67")
    assert starts_keyframe("video/h264", b"\x7c\x85")
    assert not starts_keyframe("video/h264", b"\x7c\x05")
    assert not starts_keyframe("video/h264", b"\x41")
    assert starts_keyframe("audio/opus", b"")


def test_extension_elements_are_found_under_any_id() -> None:
    """Ids differ per browser: the level is found by its negotiated id, padding skipped."""
    data = bytes([0x31, 1, 2, 0, 0, 0xA0, 0x85, 0])
    assert extension_byte(data, 0, len(data), 10) == 0x85
    assert extension_byte(data, 0, len(data), 3) == 1
    assert extension_byte(data, 0, len(data), 4) == -1
    assert extension_byte(bytes([0xA0]), 0, 1, 10) == -1, "cut short"
    assert extension_byte(bytes([0xF0, 0xA0, 1]), 0, 3, 10) == -1, "15 ends the list"
    word = audio_level_word(4, 0x85).to_bytes(4, "big")
    assert extension_byte(word, 0, 4, 4) == 0x85
    assert abs_send_time_word(3, 1.0).to_bytes(4, "big") == bytes([0x32, 0x04, 0, 0])


def test_scratch_views_share_one_buffer() -> None:
    """The input lies `HEADROOM` into the buffer, so a header can be written in front of it."""
    INPUT[0] = 0x7B
    assert VIEW[HEADROOM] == 0x7B


def test_an_estimate_limits_the_source_only_when_the_path_is_full() -> None:
    """A source that sends little must not be kept there; one that sends too much must slow down."""
    assert useful_limit(675_000, 500_000) == 1_350_000, "room to spare: let it grow"
    assert useful_limit(425_000, 500_000) == 425_000, "overuse: the viewer's word counts"
    assert useful_limit(510_000, 500_000) == 510_000, "full: no growth"
    assert useful_limit(300_000, 0) == 300_000, "nothing known yet"
