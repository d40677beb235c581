"""A subscriber's own SFTP server as the gateway sees it: one connection, its host key pinned, every wait bounded."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast

import asyncssh
from asyncssh.sftp import SFTPOpUnsupported

from gateway.bridge.targets import PrivateTargetError, public_socket
from gateway.domain.pushing import PushTarget

T = TypeVar("T")
Read = Callable[[int, int], Awaitable[bytes]]

CHUNK: Final = 256 * 1024
MOST_FILES: Final = 10_000
"""Of a directory, at one look."""
_WRITE: Final = 16 * 1024
"""What every server takes in one request."""
_AHEAD: Final = 64
"""Writes under way at a time: 1 MiB of memory, and no waiting for each answer."""
_HOST_KEY_SIGNATURES: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


class RemoteError(Exception):
    """The server cannot be reached, is not the one it should be, or broke off; the text says why, without secrets."""


class RefusedError(RemoteError):
    """The server answers, and does not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the server; size in bytes, `changed` in seconds since 1970."""

    name: str
    size: int
    changed: int


class _Pinned(asyncssh.SSHClient):
    """Trusts the pinned host keys alone, and remembers which one was shown."""

    def __init__(self, keys: list[asyncssh.SSHKey]) -> None:
        self._keys = [key.public_data for key in keys]
        self.mismatch: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 (asyncssh's)
        if key.public_data in self._keys:
            return True
        self.mismatch = key.get_fingerprint()
        return False


@asynccontextmanager
async def connected(
    target: PushTarget, *, private: bool, connect_timeout: float, timeout: float
) -> AsyncIterator[Remote]:
    """A session on the server; its secrets in `target` are open. Waits in seconds.

    `private`: whether it may lie at an address that is not of the internet. Raises RemoteError.
    """
    async with _told():
        keys = [asyncssh.import_public_key(line) for line in target.host_keys]
        client = _Pinned(keys)
        sock = await _socket(target, private=private, timeout=connect_timeout)
        try:
            connection = await asyncssh.connect(
                target.host,
                target.port,
                sock=sock,
                config=None,
                username=target.username,
                password=target.password,
                client_keys=[asyncssh.import_private_key(target.key)] if target.key else None,
                agent_path=None,
                known_hosts=([], [], []),
                client_factory=lambda: client,
                server_host_key_algs=_signatures(keys),
                preferred_auth="publickey" if target.key else "password,keyboard-interactive",
                login_timeout=connect_timeout,
                connect_timeout=connect_timeout,
                keepalive_interval=timeout,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            sock.close()
            seen = client.mismatch or "none of a kind that is taken"
            raise RemoteError(f"the host key is not the pinned one: the server shows {seen}") from error
        except BaseException:
            sock.close()
            raise
    try:
        async with _told(), asyncio.timeout(connect_timeout):
            sftp = await connection.start_sftp_client()
        yield Remote(sftp, timeout)
    finally:
        connection.abort()
        with suppress(Exception):
            await asyncio.wait_for(connection.wait_closed(), timeout)


class Remote:
    """One session on a server. Paths are as the server has them. Raises RemoteError, of which RefusedError."""

    def __init__(self, sftp: asyncssh.SFTPClient, timeout: float) -> None:
        self._sftp = sftp
        self._timeout = timeout

    async def size(self, path: str) -> int | None:
        """The size of a file in bytes; None when there is none of that name."""
        try:
            found = await self._do(self._sftp.stat(path))
        except RefusedError as error:
            if isinstance(error.__cause__, asyncssh.SFTPNoSuchFile):
                return None
            raise
        return found.size

    async def upload(self, path: str, size: int, read: Read) -> None:
        """Writes a file anew from what `read(offset, length)` gives; when this returns the server has all of it."""
        file = await self._do(self._sftp.open(path, "wb", block_size=0))
        under_way: deque[asyncio.Task[int]] = deque()
        try:
            for offset in range(0, size, CHUNK):
                data = await read(offset, min(CHUNK, size - offset))
                for start in range(0, len(data), _WRITE):
                    if len(under_way) >= _AHEAD:
                        await self._do(under_way.popleft())
                    part = data[start : start + _WRITE]
                    under_way.append(asyncio.create_task(file.write(part, offset + start)))
            while under_way:
                await self._do(under_way.popleft())
            try:
                await self._do(file.fsync())
            except RefusedError as error:
                if not isinstance(error.__cause__, SFTPOpUnsupported):
                    raise
            await self._do(file.close())
        except BaseException:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            with suppress(RemoteError):
                await self._do(file.close())
            raise

    async def write(self, path: str, content: bytes) -> None:
        """Writes a small file anew."""

        async def read(offset: int, length: int) -> bytes:
            return content[offset : offset + length]

        await self.upload(path, len(content), read)

    async def fetch(self, path: str, size: int, file: BinaryIO) -> int:
        """Copies a file of about that size; answers how many bytes came, at most one more than expected."""
        remote = await self._do(self._sftp.open(path, "rb", block_size=0))
        try:
            offset = 0
            while offset <= size:
                data = await self._do(remote.read(min(CHUNK, size + 1 - offset), offset))
                if not data:
                    break
                assert isinstance(data, bytes)
                await asyncio.to_thread(file.write, data)
                offset += len(data)
            return offset
        finally:
            with suppress(RemoteError):
                await self._do(remote.close())

    async def rename(self, before: str, after: str) -> None:
        """Gives a file its other name. A file of that name is not overwritten by servers that keep to the protocol."""
        await self._do(self._sftp.rename(before, after))

    async def remove(self, path: str) -> None:
        """Deletes a file."""
        await self._do(self._sftp.remove(path))

    async def ensure_directory(self, path: str) -> None:
        """Makes a directory unless it is there."""
        if not await self._do(self._sftp.isdir(path)):
            await self._do(self._sftp.mkdir(path))

    async def files(self, path: str) -> list[Entry]:
        """The plain files of a directory, `MOST_FILES` at most: one that never ends fills no memory here.

        A name that is no UTF-8 keeps nobody from the others; it is shown as well as it can be.
        """
        return await self._do(self._files(path))

    async def _files(self, path: str) -> list[Entry]:
        found: list[Entry] = []
        listing = cast("AsyncGenerator[asyncssh.SFTPName, None]", self._sftp.scandir(path.encode()))
        async with aclosing(listing):
            async for each in listing:
                if len(found) >= MOST_FILES:
                    break
                name = each.filename if isinstance(each.filename, str) else each.filename.decode(errors="replace")
                attributes = each.attrs
                if attributes.type == asyncssh.FILEXFER_TYPE_REGULAR and attributes.size is not None:
                    found.append(Entry(name, attributes.size, attributes.mtime or 0))
        return found

    async def _do(self, step: Awaitable[T]) -> T:
        async with _told(), asyncio.timeout(self._timeout):
            return await step


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Turns what goes wrong on the way into RemoteError, and what the server refuses into RefusedError."""
    try:
        yield
    except asyncssh.SFTPError as error:
        if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            raise RemoteError("the connection was lost") from error
        raise RefusedError(f"the server refused it: {error.reason[:200] or f'code {error.code}'}") from error
    except TimeoutError as error:
        raise RemoteError("the server did not answer in time") from error
    except asyncssh.PermissionDenied as error:
        raise RemoteError("the server does not let the gateway log in") from error
    except asyncssh.KeyImportError as error:
        raise RemoteError("a declared key cannot be read") from error
    except asyncssh.Error as error:
        raise RemoteError(f"the connection failed: {error.reason[:200]}") from error
    except PrivateTargetError as error:
        raise RemoteError("refused: the address is not a public one") from error
    except OSError as error:
        reason = (error.strerror or "no reason given") if error.errno else type(error).__name__
        raise RemoteError(f"cannot be reached: {reason}") from error


async def _socket(target: PushTarget, *, private: bool, timeout: float) -> socket.socket:
    """A connection to the first address of the host that takes one; each is looked at before it is called."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("no address")
    async with asyncio.timeout(timeout):
        for address in await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM):
            try:
                sock = socket.socket(*address[:3]) if private else public_socket(address)
            except OSError as error:
                failure = error
                continue
            try:
                sock.setblocking(False)
                await loop.sock_connect(sock, address[4])
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                return sock
    raise failure


def _signatures(keys: list[asyncssh.SSHKey]) -> list[str]:
    """What the server may sign with: as the pinned keys can first, so that it shows one of these if it has it."""
    pinned = {each.decode() for key in keys for each in key.sig_algorithms}
    return sorted(_HOST_KEY_SIGNATURES, key=lambda name: name not in pinned)
