"""Renaming and removing: which service verb a gesture of the tree is (delivery rules, States of a delivery)."""

from __future__ import annotations

from gateway.domain.deliveries import Place
from gateway.domain.identity import Caller
from gateway.domain.referential import SftpAccount
from gateway.services import acknowledge, archives, returns
from gateway.services.archives import Opened
from gateway.services.office import Office
from gateway.sftp_server.errors import denied
from gateway.sftp_server.tree import File, Node, Side


async def find_archive(office: Office, caller: Caller, file: File, *, again: bool = False) -> Opened:
    """The archive that stands there, with `again` also one that the account has moved away. Raises NotFoundError."""
    place = Place(file.place) if file.place else None
    return await archives.find(office, caller, file.process, place, file.name, again=again)


async def rename(
    office: Office, caller: Caller, account: SftpAccount, source: Node, target: Node, *, replace: bool = False
) -> None:
    """An archive into DONE or FAILED, or an upload to another name; every other renaming is denied.

    `replace`: an upload that has the other name gives way; an archive never does.
    Raises what `acknowledge.move` and `returns.rename` raise.
    """
    if not isinstance(source, File) or not isinstance(target, File):
        raise denied("Only files can be renamed")
    if (source.process, source.side) != (target.process, target.side):
        raise denied("Files stay within the in/ or out/ directory of their process")
    if source.side is Side.OUT:
        names = (source.place, source.name), (target.place, target.name)
        await returns.rename(office, caller, source.process, *names, replace=replace)
        return
    if source.place or not target.place:
        await find_archive(office, caller, source)
        raise denied("Archives can be renamed from in/ into DONE or FAILED only")
    opened = await find_archive(office, caller, source, again=True)
    await acknowledge.move(office, caller, account, opened, Place(target.place), target.name)


async def remove(office: Office, caller: Caller, account: SftpAccount, node: Node) -> None:
    """An archive of the inbox, which says that it was taken in; one in DONE or FAILED, which says nothing; an upload.

    Raises what `acknowledge.remove` and `returns.remove` raise.
    """
    if not isinstance(node, File):
        raise denied("Directories stay")
    if node.side is Side.OUT:
        await returns.remove(office, caller, node.process, node.place, node.name)
        return
    await acknowledge.remove(office, caller, account, await find_archive(office, caller, node, again=True))
