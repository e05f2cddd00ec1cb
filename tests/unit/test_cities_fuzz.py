"""Damaged answers of both cities: whatever the bytes, the adapters say `CityFailure`, nothing else."""

from __future__ import annotations

import random
from contextlib import suppress

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from cities import dongguan, shenzhen
from cities.ports import CityFailure

_SZ = orjson.dumps(
    {
        "code": "0", "sjc": "20261123100000", "wlsfbs": "netid-x", "data": {
            "grzh": "SZ900012345", "zhzt": "01", "zhye": 1234567, "ktqje": 1, "jcjs": 1000000,
            "dwjcbl": 500, "grjcbl": 500, "dwmc": "示例", "khrq": "20200115", "yhkh": None,
            "jcmx": [{"jcny": "202610", "jcje": 100000, "rzrq": "20261115"}],
        },
    }
)  # fmt: skip
_DG = (
    "<Response><RetCode>0000</RetCode><RespTime>2026-11-23T10:00:00+08:00</RespTime>"
    "<NetId>netid-x</NetId><Insurance><SocialNo>712345678</SocialNo><State>A</State>"
    "<Base>10000.00</Base><Scheme><Kind>YL</Kind><State>A</State><TotalMonths>10</TotalMonths>"
    "<FirstMonth>2026-01</FirstMonth><LastMonth>2026-10</LastMonth></Scheme></Insurance></Response>"
).encode("gb18030")


def damaged(body: bytes, seed: int, cuts: int) -> bytes:
    """`body` with bytes replaced, removed or doubled."""
    rng, out = random.Random(seed), bytearray(body)
    for _ in range(cuts):
        at = rng.randrange(len(out))
        kind = rng.randrange(3)
        if kind == 0:
            out[at] = rng.choice(b'0123456789<>"{}[],:-AZ\x00\xff')
        elif kind == 1:
            del out[at : at + rng.randrange(1, 5)]
        else:
            out[at:at] = out[at : at + rng.randrange(1, 20)]
    return bytes(out)


def read_shenzhen(body: bytes) -> None:
    """As the adapter reads a housing fund answer."""
    envelope = shenzhen._parse(shenzhen._Envelope, body)
    answer = shenzhen._answer(envelope, shenzhen._Fund, shenzhen._fund)
    assert answer.value is None or answer.value.balance >= 0


def read_dongguan(body: bytes) -> None:
    """As the adapter reads an insurance answer."""
    answer = dongguan._answer(dongguan.parse_document(body), "Insurance", dongguan._insured)
    assert answer.value is None or all(s.months >= 0 for s in answer.value.schemes)


def test_the_samples_are_valid() -> None:
    """The fuzzed samples are good answers to begin with."""
    read_shenzhen(_SZ)
    read_dongguan(_DG)


@settings(max_examples=300, deadline=None)
@given(st.integers(), st.integers(1, 6))
def test_damaged_answers_fail_in_one_way_only(seed: int, cuts: int) -> None:
    """No damage leads to another exception, a hang or a negative figure."""
    with suppress(CityFailure):
        read_shenzhen(damaged(_SZ, seed, cuts))
    with suppress(CityFailure):
        read_dongguan(damaged(_DG, seed, cuts))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_malformed(noise: bytes) -> None:
    """Arbitrary bytes are refused by both."""
    for read in (read_shenzhen, read_dongguan):
        with suppress(CityFailure):
            read(noise)
