"""Host keys told to clients that logged in, so that they know the next one before it is used (OpenSSH's extension)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket, String

ANNOUNCE: Final = b"hostkeys-00@openssh.com"
PROVE: Final = b"hostkeys-prove-00@openssh.com"

_CHOKING: Final = re.compile(
    rb"SSH-2\.0-(?:"
    rb"TTSSH/(?:1\.5\.4|2\.[1-6]|2\.7[012])|"
    rb"WinSCP_release_(?:4|5\.0|5\.1(?:\.|$)|5\.5|5\.6|5\.7(?:$|\.[1-4]))|"
    rb"ConfD-)"
)
"""Old clients known to end the connection at a request that they do not know; sshd spares them in the same way."""


def understands(version: bytes) -> bool:
    """Whether a client of that version line takes the announcement, or at least bears it."""
    return _CHOKING.match(version) is None


def prove(packet: SSHPacket, keys: Sequence[asyncssh.SSHKey], session: bytes, rsa: bytes) -> bytes | None:
    """Signatures by the keys that a client asks to be proven, in its order; None when one is none of ours.

    `rsa`: the algorithm with which RSA keys sign, which has to be that of the key exchange if it was one with RSA.
    """
    ours = {key.public_data: key for key in keys}
    signatures: list[bytes] = []
    try:
        while packet:
            key = ours.pop(packet.get_string())  # each once: signing costs
            data = String(PROVE) + String(session) + String(key.public_data)
            signatures.append(String(key.sign(data, rsa if key.get_algorithm() == "ssh-rsa" else key.algorithm)))
    except (KeyError, PacketDecodeError):
        return None
    return b"".join(signatures)
