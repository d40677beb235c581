"""What clients of SFTP do: asyncssh's for many small things, OpenSSH's program for large ones."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from gateway.sftp_server import lean
from tools.bench.sftp_peers import CIPHER, Keys
from tools.bench.sftp_world import PASSWORD

_PATIENCE = 600
_BLOCK = 32768


class _Plain(asyncssh.SSHClient):
    """Sends no empty packet before each one, which no software of subscribers does: servers would decrypt it."""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        lean.slim(conn)


@dataclass(frozen=True, slots=True)
class Client:
    """How to reach one server. `user` and `home`, of an account's name: who logs in, and where its files are."""

    port: int
    keys: Keys
    user: Callable[[str], str]
    home: Callable[[str], str]
    options: dict[str, asyncssh.SSHClientConnectionOptions] = field(default_factory=dict)

    @asynccontextmanager
    async def connected(self, account: str, *, password: bool = False) -> AsyncIterator[asyncssh.SFTPClient]:
        """Logs in with the key, or with the password, and starts SFTP."""
        kind = "password" if password else "publickey"
        options = self.options.get(kind)
        if options is None:
            options = self.options[kind] = asyncssh.SSHClientConnectionOptions(
                known_hosts=None,
                config=None,
                agent_path=None,
                server_host_key_algs=["ssh-ed25519"],
                encryption_algs=[CIPHER],
                client_keys=None if password else [self.keys.client],
                password=PASSWORD if password else None,
                preferred_auth=[kind],
                username="",
            )
        async with (
            asyncssh.connect(
                "127.0.0.1", self.port, username=self.user(account), client_factory=_Plain, options=options
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            yield sftp

    async def poll(self, account: str, expected: int, *, password: bool = False) -> None:
        """Connects, lists the inbox, leaves. Raises RuntimeError when it does not show `expected` files."""
        async with self.connected(account, password=password) as sftp:
            found = await self.files(sftp, account)
            if len(found) != expected:
                raise RuntimeError(
                    f"{len(found)} files at port {self.port} in the inbox of {account} instead of {expected}"
                )

    async def pull(self, account: str, expected: int) -> None:
        """Connects, lists, fetches each file and renames it into DONE, leaves."""
        async with self.connected(account) as sftp:
            inbox = f"{self.home(account)}/in"
            found = await self.files(sftp, account)
            if len(found) != expected:
                raise RuntimeError(
                    f"{len(found)} files at port {self.port} in the inbox of {account} instead of {expected}"
                )
            for name in found:
                await self.fetch(sftp, f"{inbox}/{name}")
                await sftp.rename(f"{inbox}/{name}", f"{inbox}/DONE/{name}")

    async def files(self, sftp: asyncssh.SFTPClient, account: str) -> list[str]:
        """The names of the files in the inbox."""
        entries = await sftp.readdir(f"{self.home(account)}/in")
        return [str(entry.filename) for entry in entries if entry.filename not in (".", "..", "DONE", "FAILED")]

    async def fetch(self, sftp: asyncssh.SFTPClient, path: str) -> None:
        """Reads one file to its end, in pieces of 32 KiB as most clients do, and closes it."""
        async with sftp.open(path, "rb", block_size=_BLOCK) as file:
            if not await file.read():
                raise RuntimeError(f"nothing in {path}")

    def batch(self, account: str, *commands: str) -> None:
        """Runs commands with OpenSSH's client. Raises RuntimeError when one fails."""
        self.finish(self.start(account, *commands))

    def start(self, account: str, *commands: str) -> subprocess.Popen[str]:
        """The same, without waiting for the end."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "HostKeyAlgorithms=ssh-ed25519")
        line = ["sftp", "-q", "-F", "/dev/null", "-b", "-", "-P", str(self.port), "-i", str(self.keys.file)]
        line += [word for option in (*options, f"Ciphers={CIPHER}", "IdentitiesOnly=yes") for word in ("-o", option)]
        process = subprocess.Popen(
            [*line, f"{self.user(account)}@127.0.0.1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write("".join(f"{command}\n" for command in commands))
        process.stdin.close()
        process.stdin = None
        return process

    def finish(self, process: subprocess.Popen[str]) -> None:
        """Waits for the end. Raises RuntimeError when a command failed."""
        _, told = process.communicate(timeout=_PATIENCE)
        if process.returncode:
            raise RuntimeError(f"sftp: {told[-500:]}")


def to_gateway(port: int, keys: Keys) -> Client:
    """A client of the gateway, where each account sees its own tree."""
    return Client(port, keys, user=str, home=lambda _: "")


def to_peer(port: int, keys: Keys, user: str, root: Path | str) -> Client:
    """A client of a server of plain files: a directory for each account below `root`, as the server calls that."""
    return Client(port, keys, user=lambda _: user, home=lambda account: f"{root}/{account}")
