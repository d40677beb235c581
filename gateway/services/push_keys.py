"""The key by which the gateway logs in at subscribers' servers: derived from the master key, and stored nowhere."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.services.office import Office


def private_key(office: Office) -> str:
    """The private key, as OpenSSH keeps it."""
    return _key(office).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def public_key(office: Office) -> str:
    """The line that a subscriber adds to its `authorized_keys`."""
    line = _key(office).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f"{line} gateway"


def _key(office: Office) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(office.secrets.derive("push-key"))
