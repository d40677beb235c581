"""An SFTP server that allows nothing: asyncssh's own methods work on the real disk, so each is taken away first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from asyncssh import SFTPName, SFTPServer

from gateway.sftp_server.errors import denied

KEPT: Final = frozenset({"channel", "connection", "env", "logger"})
"""What asyncssh.SFTPServer knows of its own session; none of it reaches a file."""


async def _refuse(*_: object, **__: object) -> None:
    raise denied()


def _refuse_text(*_: object, **__: object) -> str:
    return ""


async def _refuse_listing(*_: object, **__: object) -> AsyncIterator[SFTPName]:
    raise denied()
    yield SFTPName()  # makes this a generator, which fails at its first step as callers expect


def _end(*_: object, **__: object) -> None:
    """Nothing is held."""


_OTHERWISE: Final = {
    "scandir": _refuse_listing,
    "format_user": _refuse_text,
    "format_group": _refuse_text,
    "exit": _end,
}


class DenyAll(SFTPServer):
    """Every operation of asyncssh.SFTPServer, refused; those of later versions too. A door overrides its own."""


for _name in vars(SFTPServer):
    if not _name.startswith("__") and _name not in KEPT:
        setattr(DenyAll, _name, _OTHERWISE.get(_name, _refuse))
