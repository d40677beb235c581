"""Sums do not depend on the pieces in which the bytes came."""

from __future__ import annotations

import hashlib
import zlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.blob import Blob
from gateway.domain.sums import Sums


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_the_pieces_do_not_matter(pieces: list[bytes]) -> None:
    sums = Sums()
    for piece in pieces:
        sums.add(memoryview(piece))
    whole = b"".join(pieces)
    assert sums.blob("key") == Blob("key", len(whole), hashlib.sha256(whole).digest(), zlib.crc32(whole))


def test_a_copy_goes_on_by_itself() -> None:
    sums = Sums()
    sums.add(b"one")
    copied = sums.copy()
    copied.add(b" and two")
    assert (sums.size, copied.size) == (3, 11)
    assert copied.blob("key").sha256 == hashlib.sha256(b"one and two").digest()
    assert sums.blob("key").sha256 == hashlib.sha256(b"one").digest()
