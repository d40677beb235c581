"""The algorithms that the door offers: no SHA-1, no CBC; AES-GCM first, which processors do in hardware.

ChaCha20 is on no list: the client's order decides, and processors that do AES in hardware pay double for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import asyncssh
from asyncssh.kex import get_kex_algs
from asyncssh.packet import SSHPacket

from gateway.sftp_server.negotiated import OLD_ENCRYPTIONS, OLD_KEY_EXCHANGES, OLD_MACS, OLD_SIGNATURE

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
_WITH_OLD: Final = _ACCEPTED | {OLD_SIGNATURE.encode()}
_COOKIE: Final = 16
_STRICT: Final = b"kex-strict-c-v00@openssh.com"


@dataclass(frozen=True, slots=True)
class Lists:
    """The algorithms of one side, in its order."""

    key_exchanges: list[bytes]
    host_keys: list[bytes]
    encryptions: list[bytes]
    macs: list[bytes]


def key_exchanges() -> list[str]:
    """The key exchanges that the installed cryptography can do, post-quantum ones first."""
    known = set(get_kex_algs())
    return [name for name in _KEY_EXCHANGES if name.encode() in known]


def modern(host_keys: Sequence[bytes]) -> Lists:
    """What every client is offered, with host keys that sign in these ways."""
    return Lists(_encoded(key_exchanges()), list(host_keys), _encoded(ENCRYPTIONS), _encoded(MACS))


def for_old_clients(lists: Lists, client: Lists | None) -> Lists:
    """The lists, each with the old algorithms at its end where the client's own list has nothing modern.

    Its order decides what is chosen, and many clients put an old algorithm before the modern ones that they know too.
    None stands for a client that waits to see our lists first.
    """

    def widened(own: list[bytes], known: list[bytes], old: Sequence[str]) -> list[bytes]:
        return [*own, *_encoded(old)] if set(own).isdisjoint(known) else own

    theirs = client or Lists([], [], [], [])
    has_rsa = RSA_HOST_SIGNATURES[0] in lists.host_keys
    wide = Lists(
        widened(lists.key_exchanges, theirs.key_exchanges, OLD_KEY_EXCHANGES),
        widened(lists.host_keys, theirs.host_keys, [OLD_SIGNATURE] if has_rsa else []),
        widened(lists.encryptions, theirs.encryptions, OLD_ENCRYPTIONS),
        widened(lists.macs, theirs.macs, OLD_MACS),
    )
    if client is None or _STRICT in client.key_exchanges:
        return wide
    cipher = next((name for name in client.encryptions if name in wide.encryptions), b"")
    return replace(wide, macs=[name for name in wide.macs if not needs_strict_kex(cipher, name)])


def lists_of(kexinit: bytes) -> Lists:
    """The lists of a client's KEXINIT message, from its cookie on; what it sends counts for both directions.

    Raises asyncssh.packet.PacketDecodeError.
    """
    packet = SSHPacket(kexinit)
    packet.get_bytes(_COOKIE)
    exchanges, keys, up, down, mac_up, mac_down = (packet.get_namelist() for _ in range(6))
    return Lists(
        list(exchanges),
        list(keys),
        [name for name in up if name in down],
        [name for name in mac_up if name in mac_down],
    )


def needs_strict_kex(cipher: bytes, mac: bytes) -> bool:
    """Whether without strict key exchange somebody between could cut off the first packets unseen (Terrapin)."""
    return cipher.startswith(b"chacha20") or (cipher.endswith(b"-cbc") and b"-etm@" in mac)


def accept_signatures(key: asyncssh.SSHKey, *, old: bool = False) -> bool:
    """Whether a client's key can sign in a way that is accepted; from now on it verifies no other.

    asyncssh offers only the signature algorithms it is told to, but would still verify an RSA signature over SHA-1.
    `old` accepts those too, for a caller that looks afterwards at what was used.
    """
    accepted = _WITH_OLD if old else _ACCEPTED
    key.all_sig_algorithms = {name for name in key.all_sig_algorithms if name in accepted}
    return bool(key.all_sig_algorithms)


def _encoded(names: Sequence[str]) -> list[bytes]:
    return [name.encode() for name in names]
