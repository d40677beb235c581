"""What a gzip unpacks to is bounded, whatever it says and however it is wrapped."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import BinaryIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.pec.gzip_bounds import MAGIC, measure_gzip
from gateway.pec.zip_bounds import Bounds, UnboundedZipError

MIB = 2**20
BOUNDS = Bounds(total=3 * MIB, ratio=10**6, ratio_from=MIB, nesting=2)


def spool() -> BinaryIO:
    return io.BytesIO()


def refused(data: bytes, bounds: Bounds = BOUNDS) -> str | None:
    try:
        measure_gzip(io.BytesIO(data), spool, bounds)
    except UnboundedZipError as error:
        return error.reason
    return None


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    return made.getvalue()


@given(parts=st.lists(st.binary(max_size=3000), min_size=1, max_size=4), padding=st.integers(0, 600))
def test_what_is_within_its_bounds_passes_with_all_its_members(parts: list[bytes], padding: int) -> None:
    assume(not b"".join(parts).startswith((MAGIC, b"PK")))  # what is looked into, in the tests below
    whole = b"".join(gzip.compress(part) for part in parts) + bytes(padding)
    assert gzip.decompress(whole) == b"".join(parts)
    assert refused(whole) is None


def test_the_size_counts_over_members_and_levels() -> None:
    half = gzip.compress(bytes(MIB + MIB // 2))
    assert refused(half + half) is None
    assert refused(half + half + gzip.compress(b"x")) == "too large unpacked"
    assert refused(gzip.compress(bytes(3 * MIB))) is None
    assert refused(gzip.compress(gzip.compress(bytes(3 * MIB)))) == "too large unpacked"


def test_a_ratio_beyond_its_bound_is_refused_once_it_matters() -> None:
    strict = Bounds(total=64 * MIB, ratio=100, ratio_from=MIB)
    assert refused(gzip.compress(bytes(MIB)), strict) is None
    assert refused(gzip.compress(bytes(MIB + 1)), strict) == "ratio too high"


def test_nesting_is_bounded_and_a_zip_within_is_measured() -> None:
    data = b"made up"
    for _ in range(BOUNDS.nesting + 1):
        data = gzip.compress(data)
        assert refused(data) is None
    assert refused(gzip.compress(data)) == "nested too deep"
    assert refused(gzip.compress(zipped(b"made up"))) is None
    assert refused(gzip.compress(zipped(bytes(3 * MIB + 1)))) == "too large unpacked"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        gzip.compress(b"made up")[:-1],
        gzip.compress(b"made up")[:5],
        gzip.compress(b"made up") + b"garbage",
        gzip.compress(b"made up")[:-8] + bytes(8),
        b"\x1f\x8b\x08" + bytes(40),
    ],
    ids=["empty", "cut", "head alone", "garbage behind", "wrong sum", "nothing in it"],
)
def test_what_cannot_be_measured_is_refused(data: bytes) -> None:
    assert refused(data) == "damaged gzip"
