"""A legacy server: paramiko, as so many of them. Everything here blocks; stories send it to a thread."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import paramiko

from tests.journeys.world import PROCESS, key_of

_TIMEOUT: Final = 30.0


class Legacy:
    """One session of an account."""

    def __init__(self, sftp: paramiko.SFTPClient) -> None:
        self.sftp = sftp

    def list(self, directory: str = "in") -> list[str]:
        """The names of the files of in, in/DONE, out …"""
        directories = {"DONE", "FAILED"}
        return sorted(name for name in self.sftp.listdir(f"/{PROCESS}/{directory}") if name not in directories)

    def read(self, name: str, directory: str = "in") -> bytes:
        """The whole file, read as paramiko likes it: many requests ahead; then closed."""
        target = io.BytesIO()
        self.sftp.getfo(f"/{PROCESS}/{directory}/{name}", target)
        return target.getvalue()

    def entries(self, name: str) -> dict[str, bytes]:
        """The entries of an archive of the inbox."""
        return unzipped(self.read(name))

    def rename(self, name: str, place: str = "DONE") -> None:
        self.sftp.rename(f"/{PROCESS}/in/{name}", f"/{PROCESS}/in/{place}/{name}")

    def remove(self, name: str) -> None:
        self.sftp.remove(f"/{PROCESS}/in/{name}")

    def put(self, name: str, content: bytes) -> None:
        """Uploads an answer; paramiko looks at its size afterwards."""
        self.sftp.putfo(io.BytesIO(content), f"/{PROCESS}/out/{name}", len(content))


@contextmanager
def session(port: int, username: str, password: str | None = None) -> Iterator[Legacy]:
    """Logs in with the account's key, or a password; ends the connection whatever happens."""
    connection = socket.create_connection(("127.0.0.1", port), _TIMEOUT)
    transport = paramiko.Transport(connection)
    transport.banner_timeout = transport.auth_timeout = _TIMEOUT
    try:
        transport.connect(username=username, pkey=None if password else key_of(username), password=password or "")
        sftp = paramiko.SFTPClient.from_transport(transport)
        assert sftp is not None
        yield Legacy(sftp)
    finally:
        transport.close()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The entries of a zip that is sound."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
