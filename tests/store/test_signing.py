"""Signatures that anybody can check."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.store.signing import Signer, key_id, verifies

OURS, OTHERS = Signer(bytes(32)), Signer(bytes(range(32)))


def test_a_signature_is_that_of_its_message_and_key_alone() -> None:
    signature = OURS.sign(b"message")
    assert verifies(OURS.public_key, b"message", signature)
    assert not verifies(OURS.public_key, b"massage", signature)
    assert not verifies(OTHERS.public_key, b"message", signature)
    assert not verifies(OURS.public_key, b"message", signature[:-1])


def test_the_same_seed_makes_the_same_key_and_its_name() -> None:
    again = Signer(bytes(32))
    assert (again.public_key, again.key_id) == (OURS.public_key, OURS.key_id)
    assert key_id(OURS.public_key) == OURS.key_id != OTHERS.key_id
    assert len(OURS.key_id) == 16


def test_a_signer_checks_under_its_own_key_or_another() -> None:
    ours, others = OURS.sign(b"message"), OTHERS.sign(b"message")
    assert [OURS.check()(b"message", one) for one in (ours, others)] == [True, False]
    assert [OURS.check(OTHERS.public_key)(b"message", one) for one in (ours, others)] == [False, True]
    with pytest.raises(ValueError, match="not a public key in PEM"):
        OURS.check("a key")


def test_what_is_no_key_of_that_kind_is_told() -> None:
    rsa = generate_private_key(65537, 2048).public_key()
    pem = rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ValueError, match="not an Ed25519 public key"):
        key_id(pem)
    with pytest.raises(ValueError, match="not a public key in PEM"):
        verifies("a key", b"", b"")
