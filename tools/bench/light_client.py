"""A client that takes a fraction of what a poll costs the server: libssh2's, where `ssh2-python` is installed.

For rows that keep every processor busy, clients' too: there a client in Python would be what is measured.
"""

from __future__ import annotations

import importlib
import socket
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

from tools.bench.sftp_peers import CIPHER, Keys

_PACKAGE: Final = "ssh2-python"
_EXCHANGE: Final = "curve25519-sha256"
_PATIENCE: Final = 120.0


def version() -> str | None:
    """`ssh2-python 1.2.0`, or None where it is not installed."""
    try:
        importlib.import_module("ssh2.session")
        return f"{_PACKAGE} {metadata.version(_PACKAGE)}"
    except ImportError:
        return None


@dataclass(frozen=True, slots=True)
class LightClient:
    """Logs in with the key, as `user`, and lists; for any number of threads. Needs what `version` looks for."""

    port: int
    user: str
    private: bytes
    public: bytes

    def poll(self, inbox: str, expected: int) -> None:
        """Connects, lists the inbox, leaves. Raises RuntimeError when it does not show `expected` files."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as link:
            link.settimeout(None)  # libssh2 waits by itself, on the descriptor
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found = self._listed(link, inbox)
        files = sum(name not in (b".", b"..", b"DONE", b"FAILED") for name in found)
        if files != expected:
            raise RuntimeError(f"{files} files at port {self.port} in {inbox} instead of {expected}")

    def _listed(self, link: socket.socket, inbox: str) -> list[bytes]:
        """What libssh2 keeps ends with this call: it writes to the descriptor, which another thread may have later."""
        ssh2: Any = importlib.import_module("ssh2.session")
        session = ssh2.Session()
        session.set_timeout(round(_PATIENCE * 1000))
        for method, wanted in (
            (ssh2.LIBSSH2_METHOD_KEX, _EXCHANGE),
            (ssh2.LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519"),
            (ssh2.LIBSSH2_METHOD_CRYPT_CS, CIPHER),
            (ssh2.LIBSSH2_METHOD_CRYPT_SC, CIPHER),
        ):
            session.method_pref(method, wanted)
        session.handshake(link)
        session.userauth_publickey_frommemory(self.user, self.private, publickeyfiledata=self.public)
        with session.sftp_init().opendir(inbox) as directory:
            found = [name for _, name, _ in directory.readdir()]
        session.disconnect()
        return found


def light_client(port: int, keys: Keys, user: str) -> LightClient:
    """One for a server at that port."""
    public = keys.client.export_public_key()
    return LightClient(port, user, keys.file.read_bytes(), public)
