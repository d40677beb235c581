"""The algorithms that the door offers: no SHA-1, no CBC; AES-GCM first, which processors do in hardware."""

from __future__ import annotations

from typing import Final

import asyncssh
from asyncssh.kex import get_kex_algs

_KEY_EXCHANGES: Final = (
    "mlkem768x25519-sha256",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
ENCRYPTIONS: Final = [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
]
MACS: Final = [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
]
COMPRESSIONS: Final = ["none"]
"""Archives do not shrink, and what a client compressed could grow without bound here."""

SIGNATURES: Final = [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
]
RSA_HOST_SIGNATURES: Final = (b"rsa-sha2-512", b"rsa-sha2-256")

_ACCEPTED: Final = frozenset(name.encode() for name in SIGNATURES)


def key_exchanges() -> list[str]:
    """The key exchanges that the installed cryptography can do, post-quantum ones first."""
    known = set(get_kex_algs())
    return [name for name in _KEY_EXCHANGES if name.encode() in known]


def accept_modern_signatures_only(key: asyncssh.SSHKey) -> bool:
    """Whether a client's key can sign in a way that is accepted; from now on it verifies no other.

    asyncssh offers only the signature algorithms it is told to, but would still verify an RSA signature over SHA-1.
    """
    key.all_sig_algorithms = {name for name in key.all_sig_algorithms if name in _ACCEPTED}
    return bool(key.all_sig_algorithms)
