"""Ed25519 signatures under a key that follows from the gateway's master key, and their check without it."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from gateway.domain.seals import Check

LABEL: Final = "journal signature"
"""From what the master key derives the seed of the signing key."""


class Signer:
    """Signs under the Ed25519 key of a 32 byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """The public key as PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits that name the key."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(message)

    def check(self, public_key: str | None = None) -> Check:
        """How signatures under a public key given as PEM, or under this one, are checked.

        Raises ValueError for what is no Ed25519 key.
        """
        trusted = self.public_key if public_key is None else public_key
        key_id(trusted)
        return lambda message, signature: verifies(trusted, message, signature)


def key_id(public_key: str) -> str:
    """16 hexadecimal digits that name a public key given as PEM. Raises ValueError for what is no Ed25519 key."""
    raw = _loaded(public_key).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def verifies(public_key: str, message: bytes, signature: bytes) -> bool:
    """Whether the message was signed by the owner of the public key. Raises ValueError for what is no Ed25519 key."""
    try:
        _loaded(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _loaded(public_key: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in PEM, such as `gateway journal key` prints") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key, such as `gateway journal key` prints")
    return key
