"""What a supervisor and its worker say to each other, over a pair of sockets that nobody else can open.

The supervisor tells its settings, first with all that a worker needs to begin, and again whenever they change. The
worker answers once, when its doors are open. The end of either is the end of the channel.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.app.registers import Registers
from gateway.config import Settings

READY: Final = b"+"
_LENGTH: Final = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Orders:
    """How to begin. `http`, `sftp`: descriptors of the listening sockets; `config`: the file of the settings.

    `registers`: where it counts its connections together with the other workers.
    """

    number: int
    settings: Settings
    config: Path | None
    http: list[int]
    sftp: list[int]
    registers: Registers


def send(writer: asyncio.StreamWriter, message: Orders | Settings) -> None:
    """Sends, as soon as the other side takes it."""
    content = pickle.dumps(message)
    writer.write(_LENGTH.pack(len(content)) + content)


async def receive(reader: asyncio.StreamReader) -> Any:
    """The next message. Raises EOFError when the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        content = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError("the channel has ended") from error
    return pickle.loads(content)  # noqa: S301  # written by the process that started this one
