"""Commitments: a line vouches for personal data that it does not hold."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.journal import Entry, commitment


def test_a_commitment_is_the_sha256_of_salt_and_payload() -> None:
    assert commitment(b"salt", b'{"message":"Bonjour"}') == hashlib.sha256(b'salt{"message":"Bonjour"}').hexdigest()


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(), st.binary())
def test_another_salt_or_payload_makes_another_commitment(one: bytes, other: bytes, said: bytes, told: bytes) -> None:
    assert (commitment(one, said) == commitment(other, told)) is ((one, said) == (other, told))


def test_every_entry_is_spelt_once() -> None:
    assert len({str(entry) for entry in Entry}) == len(Entry)
