"""Nothing of asyncssh's server may work on the real disk, whatever a version adds."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, cast

import asyncssh
import pytest
from asyncssh import SFTPAttrs, SFTPServer

from gateway.domain.errors import NotFoundError
from gateway.sftp_server.base import KEPT, DenyAll
from gateway.sftp_server.quota import Quotas
from gateway.sftp_server.session import Session
from tests.sftp_server.scene import Scene

OPERATIONS = sorted(
    name for name in dir(SFTPServer) if not name.startswith("__") and callable(getattr(SFTPServer, name))
)


def test_there_is_something_to_refuse() -> None:
    assert {"open", "open56", "remove", "symlink", "statvfs", "scandir", "map_path"} <= set(OPERATIONS)
    assert not KEPT & set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("server", [DenyAll, Session])
def test_every_operation_is_replaced(server: type[SFTPServer], name: str) -> None:
    assert getattr(server, name) is not getattr(SFTPServer, name)


async def _outcome(operation: Any, *arguments: object) -> object:
    result = operation(*arguments)
    if inspect.isasyncgen(result):
        return [one async for one in result]
    return await result if inspect.isawaitable(result) else result


_HARMLESS = {"exit", "format_user", "format_group"}


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - _HARMLESS))
async def test_the_base_refuses_whatever_it_is_given(name: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"bytes")
    server = DenyAll(cast(Any, None))
    path = os.fsencode(victim)
    with pytest.raises(asyncssh.SFTPPermissionDenied):
        await _outcome(getattr(server, name), path, path)
    assert victim.read_bytes() == b"bytes"


async def test_a_session_reaches_no_path_of_the_host(scene: Scene, tmp_path: Path) -> None:
    account = await scene.office.store.read(lambda tx: tx.accounts.by_username("rennes"))
    assert account is not None
    session = Session(
        cast(Any, None),
        scene.office,
        account,
        spool=scene.spool,
        quotas=Quotas(scene.office),
        answer_max_size=10,
        log=cast(Any, None),
    )
    victim, directory, free = tmp_path / "victim", tmp_path / "directory", tmp_path / "free"
    victim.write_bytes(b"bytes")
    directory.mkdir()
    before = sorted(os.listdir(tmp_path))
    attrs = SFTPAttrs(size=0, permissions=0)
    with victim.open("rb+") as file:
        for existing in (victim, directory):
            one, new = os.fsencode(existing), os.fsencode(free)
            calls: dict[str, list[tuple[object, ...]]] = {
                **{name: [(one,)] for name in ("stat", "lstat", "scandir", "remove", "rmdir", "readlink", "statvfs")},
                **{name: [(one, attrs), (new, attrs)] for name in ("setstat", "lsetstat", "mkdir")},
                **{name: [(one, new), (new, one)] for name in ("rename", "posix_rename", "symlink", "link")},
                "open": [(path, flags, attrs) for path in (one, new) for flags in (1, 2 | 8, 2 | 8 | 16, 4 | 8)],
                "open56": [(one, 1, 0, attrs), (new, 2, 1, attrs)],
                "fstatvfs": [(file,)],
                "fsync": [(file,)],
                "lock": [(file, 0, 1, 0)],
                "unlock": [(file, 0, 1)],
                "map_path": [(one,)],
                "reverse_map_path": [(one,)],
                "convert_attrs": [(os.stat(existing),)],
                "_to_sftpname": [(os.fsencode(tmp_path), b"victim")],
                "format_longname": [(asyncssh.SFTPName(b"victim"),)],
            }
            of_handles = {"read", "write", "close", "fstat", "fsetstat"}  # they know nothing but handles of our own
            assert set(OPERATIONS) - set(calls) - of_handles - _HARMLESS == {"realpath"}
            for name, each in calls.items():
                for arguments in each:
                    with pytest.raises((asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied, NotFoundError)):
                        await _outcome(getattr(session, name), *arguments)
    assert await session.realpath(b"../../x") == b"/x"
    assert sorted(os.listdir(tmp_path)) == before
    assert victim.read_bytes() == b"bytes"
