"""What one connection negotiated, and whether any of it is old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import asyncssh

OLD_KEY_EXCHANGES: Final = ("diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1")
OLD_ENCRYPTIONS: Final = ("aes128-cbc", "aes192-cbc", "aes256-cbc")
OLD_MACS: Final = ("hmac-sha1-etm@openssh.com", "hmac-sha1")
OLD_SIGNATURE: Final = "ssh-rsa"
"""RSA over SHA-1, of host keys and of clients."""

OLD: Final = frozenset({*OLD_KEY_EXCHANGES, *OLD_ENCRYPTIONS, *OLD_MACS, OLD_SIGNATURE})
"""Everything that only an account with an exception may use, and until its end."""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The names of the algorithms, as SSH spells them; empty where there is none, or none yet.

    `mac` is empty for a cipher that needs none. `signature` is the client's, empty for a login with a password.
    """

    kex: str
    host_key: str
    cipher: str
    mac: str
    signature: str

    @property
    def old(self) -> tuple[str, ...]:
        """Those among them that are old, each once."""
        return tuple(dict.fromkeys(name for name in self._names if name in OLD))

    @property
    def legacy(self) -> bool:
        """Whether any is old."""
        return bool(self.old)

    @property
    def text(self) -> str:
        """All of them on one line, for people."""
        return " ".join(name for name in self._names if name)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.kex, self.host_key, *self.cipher.split(","), *self.mac.split(","), self.signature)


def negotiated(ssh: asyncssh.SSHServerConnection) -> Negotiated:
    """What that connection negotiated so far; whole from the moment its client has logged in."""
    cipher, mac = _both(ssh, "cipher"), _both(ssh, "mac")
    return Negotiated(
        kex=_one(ssh, "kex"),
        host_key=_one(ssh, "host_key"),
        cipher=cipher,
        mac="" if mac == cipher else mac,
        signature=_one(ssh, "signature"),
    )


def _one(ssh: asyncssh.SSHServerConnection, name: str) -> str:
    return str(ssh.get_extra_info(name, ""))


def _both(ssh: asyncssh.SSHServerConnection, name: str) -> str:
    """What both directions use, which is the same but for strange clients."""
    return ",".join(dict.fromkeys(filter(None, (_one(ssh, f"recv_{name}"), _one(ssh, f"send_{name}")))))
