"""Subscribers' own SFTP servers: OpenSSH's, and one of asyncssh that can be told to fail."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from gateway.domain.pushing import PushTarget
from tests.clients.programs import lacking

SSHD = Path("/usr/sbin/sshd")
USER = "hub"
PASSWORD = "made up"


def key_of(name: str) -> asyncssh.SSHKey:
    """A key that is always the same for a name."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    return asyncssh.import_private_key(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


def line_of(key: asyncssh.SSHKey) -> str:
    """Its public half as OpenSSH keeps it."""
    return key.export_public_key().decode().strip()


@dataclass
class Server:
    """A running server; its files lie below `root`. `trouble(verb, path)` may raise in its name, or wait."""

    root: Path
    port: int
    host_key: str
    username: str = USER
    logins: int = 0
    sessions: int = 0
    most_sessions: int = 0
    trouble: Callable[[str, str], Any] | None = None
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)

    def target(self, **changes: Any) -> PushTarget:
        """This server as it is declared, its password open."""
        values: dict[str, Any] = {"port": self.port, "directory": "in", "answers": "out", "password": PASSWORD}
        return PushTarget("127.0.0.1", self.username, (self.host_key,), **(values | changes))

    def files(self, directory: str = "in") -> dict[str, bytes]:
        """What lies in a directory, by name."""
        return {one.name: one.read_bytes() for one in (self.root / directory).iterdir() if one.is_file()}

    def cut(self) -> None:
        """Drops every connection."""
        for one in list(self.connections):
            one.abort()


class _Login(asyncssh.SSHServer):
    def __init__(self, server: Server, authorized: str) -> None:
        self._server, self._authorized = server, authorized

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._server.connections.add(conn)
        self._server.sessions += 1
        self._server.most_sessions = max(self._server.most_sessions, self._server.sessions)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self._conn)
        self._server.sessions -= 1

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.logins += 1
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return bool(self._authorized)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and line_of(key).split()[:2] == self._authorized.split()[:2]


def _files(server: Server) -> type[asyncssh.SFTPServer]:
    async def ask(verb: str, path: bytes) -> None:
        answer = server.trouble(verb, path.decode()) if server.trouble else None
        if answer is not None:
            await answer

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(chan, chroot=str(server.root).encode())

        async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            await ask("open", path)
            return super().open(path, pflags, attrs)

        async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
            await ask("write", str(file_obj.name).encode())
            return super().write(file_obj, offset, data)  # type: ignore[return-value]  # it may be awaited too

        async def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
            await ask("setstat", path)
            super().setstat(path, attrs)

        async def fsetstat(self, file_obj: Any, attrs: asyncssh.SFTPAttrs) -> None:
            await ask("setstat", str(file_obj.name).encode())
            super().fsetstat(file_obj, attrs)

        async def rename(self, oldpath: bytes, newpath: bytes) -> None:
            await ask("rename", oldpath)
            super().rename(oldpath, newpath)
            await ask("renamed", newpath)

    return Files


@asynccontextmanager
async def serving(root: Path, *, key: str = "host", authorized: str = "") -> AsyncIterator[Server]:
    """A server of asyncssh with the directories `in` and `out`."""
    for name in ("in", "out"):
        (root / name).mkdir(parents=True, exist_ok=True)
    server = Server(root, 0, line_of(key_of(key)))
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key_of(key)],
        server_factory=lambda: _Login(server, authorized),
        sftp_factory=_files(server),
    )
    server.port = listener.get_port()
    try:
        yield server
    finally:
        server.cut()
        listener.close()
        await listener.wait_closed()


def demand_sshd() -> None:
    """Where sshd is absent the present test is skipped; in CI it fails, unless the machine cannot get it."""
    if not SSHD.exists():
        lacking("sshd", "openssh-server")


@asynccontextmanager
async def openssh(root: Path, authorized: str) -> AsyncIterator[Server]:
    """OpenSSH's sshd with a process for each connection, so that no port has to be guessed."""
    demand_sshd()
    for name in ("in", "out"):
        (root / name).mkdir(parents=True, exist_ok=True)
    home = root / "etc"
    home.mkdir()
    (home / "host_key").touch(mode=0o600)
    (home / "host_key").write_bytes(key_of("host").export_private_key())
    (home / "authorized_keys").write_text(authorized + "\n")
    (home / "sshd.conf").write_text(
        f"HostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized_keys\nStrictModes no\nUsePAM no\n"
        f"PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\n"
        f"Subsystem sftp internal-sftp -d {root}\n"
    )
    if os.getuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)  # where sshd shuts its processes in
    processes: list[asyncio.subprocess.Process] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    async def accept() -> None:
        while True:
            sock, _ = await asyncio.get_running_loop().sock_accept(listener)
            sock.setblocking(True)
            with sock, (home / "log").open("ab") as log:
                command = (str(SSHD), "-i", "-e", "-f", str(home / "sshd.conf"))
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=sock.fileno(), stdout=sock.fileno(), stderr=log
                )
                processes.append(process)

    accepting = asyncio.create_task(accept())
    try:
        yield Server(root, listener.getsockname()[1], line_of(key_of("host")), username=getpass.getuser())
    finally:
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        listener.close()
        for process in processes:
            if process.returncode is None:
                process.terminate()
            await process.wait()
