"""What one logged-in account can do over SFTP: each request becomes a look at the tree and one service call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

import asyncssh
from asyncssh import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_TRUNC, FXF_WRITE, SFTPAttrs, SFTPName
from structlog.typing import FilteringBoundLogger

from gateway.domain.deliveries import Place
from gateway.domain.errors import NotFoundError
from gateway.domain.referential import SftpAccount
from gateway.domain.revocations import Presented
from gateway.services import archives, authenticate, returns, revocations
from gateway.services.office import Office
from gateway.sftp_server import gestures
from gateway.sftp_server.attributes import Shown, attributes, is_recent, longname, packed
from gateway.sftp_server.base import DenyAll
from gateway.sftp_server.errors import denied, failure, no_such_file
from gateway.sftp_server.handles import ArchiveHandle, Handle, StoredHandle, TextReader
from gateway.sftp_server.quota import Quotas
from gateway.sftp_server.tree import Directory, File, Node, NoSuchPathError, Side, Tree, normal
from gateway.sftp_server.uploads import UploadHandle

READ_MOST: Final = 255 * 1024
"""Bytes in one answer to READ; a client that asks for more gets this much. OpenSSH's client takes no longer packets."""

_SHORT: Final = 256
"""An inbox that last had fewer files is listed where it is asked for: handing that to a thread would cost more."""

_KEPT_LENGTHS: Final = 20_000
_lengths: OrderedDict[tuple[str, str], int] = OrderedDict()

_LOOK_AGAIN: Final = timedelta(minutes=1)
_WRITING: Final = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC


class Session(DenyAll):
    """The account's view of the gateway, on one channel. `spool` is where uploads lie until their close."""

    def __init__(
        self,
        chan: asyncssh.SSHServerChannel[bytes],
        office: Office,
        account: SftpAccount,
        *,
        spool: Path,
        quotas: Quotas,
        answer_max_size: int,
        log: FilteringBoundLogger,
        certificate: Presented | None = None,
    ) -> None:
        super().__init__(chan)
        self._office = office
        self._account = account
        self._caller = authenticate.account_caller(account)
        self._tree = Tree(account.processes, flat=account.flat)
        self._spool = spool
        self._quotas = quotas
        self._answer_max_size = answer_max_size
        self._log = log
        self._certificate = certificate
        self._since = int(office.clock().timestamp())
        self._looked_up = office.clock()

    async def is_current(self) -> bool:
        """Whether account and certificate still are what they were at the login, as of the latest minute."""
        now = self._office.clock()
        if now - self._looked_up >= _LOOK_AGAIN:
            if not await authenticate.still(self._office, self._account):
                return False
            if self._certificate is not None and await revocations.revoked(self._office, self._certificate):
                return False
            self._looked_up = now
        return True

    async def entries(self, path: bytes) -> list[bytes]:
        """A directory's listing, each entry encoded for SFTP version 3."""
        now = int(self._office.clock().timestamp())
        zone = self._office.policy.zone
        return [packed(shown, zone, recent=is_recent(shown, now)) for shown in await self._listing(path)]

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        now = int(self._office.clock().timestamp())
        zone = self._office.policy.zone
        for shown in await self._listing(path):
            line = longname(shown, zone, recent=is_recent(shown, now))
            yield SFTPName(shown.name.encode(), line, attributes(shown))

    async def realpath(self, path: bytes) -> bytes:
        try:
            return normal(path)
        except NoSuchPathError:
            raise no_such_file() from None

    async def stat(self, path: bytes) -> SFTPAttrs:
        return attributes(await self._shown(self._node(path)))

    async def lstat(self, path: bytes) -> SFTPAttrs:
        return await self.stat(path)

    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Accepts times and permissions, which clients set after a transfer, and keeps none of them."""
        await self._shown(self._node(path))
        if attrs.size is not None or attrs.uid is not None:
            raise denied()

    async def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        await self.setstat(path, attrs)

    async def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:  # noqa: ARG002 (asyncssh's signature)
        """Makes nothing: what clients need is there. Fails for it as OpenSSH does for a directory that exists."""
        if isinstance(self._node(path), Directory):
            raise failure("The directory exists")
        raise denied()

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> Handle:  # noqa: ARG002 (asyncssh's signature)
        node = self._node(path)
        if isinstance(node, Directory):
            raise failure("Is a directory")
        if node.side is Side.IN:
            return await self._open_archive(node, pflags)
        if pflags & _WRITING:
            return await self._open_for_writing(node, pflags)
        return await self._open_upload(node)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return await cast(Handle, file_obj).read(offset, min(size, READ_MOST))

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return await cast(Handle, file_obj).write(offset, data)

    async def fstat(self, file_obj: object) -> SFTPAttrs:
        return attributes(cast(Handle, file_obj).shown)

    async def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        if attrs.uid is not None:
            raise denied()
        if attrs.size is not None:
            await cast(Handle, file_obj).resize(attrs.size)

    async def close(self, file_obj: object) -> None:
        """The client's own close. It is answered when what the close means is durable."""
        await cast(Handle, file_obj).close(clean=True)

    def left(self, file_obj: object) -> None:
        """The client has said goodbye and has got all answers so far; the handle may still be open."""
        if isinstance(file_obj, ArchiveHandle):
            file_obj.left()

    async def abandon(self, file_obj: object) -> None:
        """Ends a handle that its client never closed."""
        await cast(Handle, file_obj).close(clean=False)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, replace=False)

    async def _rename(self, oldpath: bytes, newpath: bytes, *, replace: bool) -> None:
        source, target = self._node(oldpath), self._node(newpath)
        await gestures.rename(self._office, self._caller, self._account, source, target, replace=replace)
        if isinstance(source, File) and isinstance(target, File):
            self._log.info("file renamed", process=source.process, side=source.side, place=target.place)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """The same, but an earlier upload of the new name gives way to it, as it does to a new upload."""
        await self._rename(oldpath, newpath, replace=True)

    async def remove(self, path: bytes) -> None:
        node = self._node(path)
        await gestures.remove(self._office, self._caller, self._account, node)
        if isinstance(node, File):
            self._log.info("file removed", process=node.process, side=node.side, place=node.place)

    def _node(self, path: bytes) -> Node:
        try:
            return self._tree.node(path)
        except NoSuchPathError:
            raise no_such_file() from None

    def _directory(self, name: str) -> Shown:
        return Shown(name, 0, self._since, directory=True)

    async def _listing(self, path: bytes) -> list[Shown]:
        node = self._node(path)
        if isinstance(node, File):
            await self._shown(node)
            raise failure("Not a directory")
        found = [self._directory(name) for name in (".", "..", *node.directories)]
        if node.side is Side.IN:
            if node.place:
                listed = await archives.placed(self._office, self._caller, node.process, Place(node.place))
            else:
                inbox = (self._account.id, node.process)
                short = _lengths.get(inbox, _SHORT) < _SHORT
                listed = await archives.inbox(self._office, self._caller, node.process, short=short)
                _lengths[inbox] = len(listed)
                if len(_lengths) > _KEPT_LENGTHS:
                    _lengths.popitem(last=False)
            found += [Shown(one.name, one.size, int(one.published_at.timestamp())) for one in listed]
        elif node.side is Side.OUT:
            uploads = await returns.listing(self._office, self._caller, node.process, node.place)
            found += [_shown_upload(upload) for upload in uploads]
        return found

    async def _shown(self, node: Node) -> Shown:
        if isinstance(node, Directory):
            return self._directory(node.path)
        if node.side is Side.OUT:
            return _shown_upload(await self._upload(node))
        opened = await gestures.find_archive(self._office, self._caller, node)
        return Shown(opened.name, opened.size, int(opened.published_at.timestamp()))

    async def _upload(self, node: File) -> returns.Upload:
        return await returns.find(self._office, self._caller, node.process, node.place, node.name)

    async def _open_archive(self, node: File, pflags: int) -> Handle:
        if pflags & _WRITING:
            raise denied("Archives can be read, renamed into DONE or FAILED, or removed; answers go to out/")
        place = Place(node.place) if node.place else None
        opened, content = await archives.open_archive(self._office, self._caller, node.process, place, node.name)
        return ArchiveHandle(self._office, self._caller, self._account, opened, content)

    async def _open_upload(self, node: File) -> Handle:
        upload = await self._upload(node)
        if upload.error:
            return StoredHandle(_shown_upload(upload), TextReader(returns.error_bytes(upload)))
        reader = await returns.open_upload(self._office, self._caller, upload)
        return StoredHandle(_shown_upload(upload), reader)

    async def _open_for_writing(self, node: File, pflags: int) -> Handle:
        if node.place:
            raise denied("Answers go to out/ itself; DONE and FAILED are filled by the gateway")
        returns.check_name(node.name)
        try:
            upload = await self._upload(node)
        except NotFoundError:
            if not pflags & FXF_CREAT:
                raise
            upload = None
        if upload is not None and pflags & FXF_CREAT and pflags & FXF_EXCL:
            raise failure("The file exists")
        kept = None if upload is None or pflags & FXF_TRUNC else upload
        share = await self._quotas.begin(self._caller)
        handle = UploadHandle(
            self._office,
            self._caller,
            node.process,
            node.name,
            self._spool,
            self._answer_max_size,
            share,
            append=bool(pflags & FXF_APPEND),
            new=kept is None,
        )
        if kept is not None:
            try:
                reader = await returns.open_upload(self._office, self._caller, kept)
                try:
                    await handle.load(reader)
                finally:
                    await reader.close()
            except BaseException:
                await handle.close(clean=False)
                raise
        return handle


def _shown_upload(upload: returns.Upload) -> Shown:
    return Shown(upload.name, upload.size, int(upload.modified_at.timestamp()))
