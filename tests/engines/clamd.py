"""The antivirus of the tests: a socket that speaks as clamd does, and clamd itself where it is installed.

The real one is optional: where there is none the stand-in takes its place, and the ids of the tests say so. Both know
one made-up signature.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

INFECTED: Final = b"made-up infected content"
SIGNATURE: Final = "Made.Up.Infected.UNOFFICIAL"
MAX_STREAM: Final = 1 << 20
_PROGRAM: Final = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
REAL: Final = "clamd" if _PROGRAM else "stand-in, for clamd is not installed"
_READY: Final = b"Self checking every"


@dataclass(slots=True)
class StandIn:
    """Speaks INSTREAM. `says` replaces its answer; `hangs_up` closes without one; `mute` never answers;
    it `goes_after` so many scans."""

    address: str = ""
    says: bytes | None = None
    hangs_up: bool = False
    mute: bool = False
    goes_after: int | None = None
    pieces: list[int] = field(default_factory=list)
    streams: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            self.hangs_up = self.hangs_up or len(self.streams) == self.goes_after
            answer = await self._take(reader)
            if self.mute:
                await reader.read()
            elif not self.hangs_up:
                writer.write(self.says if self.says is not None else answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> bytes:
        stream = bytearray()
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            if self.hangs_up:
                return b""
            if len(stream) + length > MAX_STREAM:
                return b"INSTREAM size limit exceeded. ERROR\0"
            self.pieces.append(length)
            stream += await reader.readexactly(length)
        self.streams.append(bytes(stream))
        return f"stream: {SIGNATURE} FOUND\0".encode() if INFECTED in stream else b"stream: OK\0"


@asynccontextmanager
async def stand_in(path: Path | None = None) -> AsyncIterator[StandIn]:
    """A stand-in on a local socket, or without `path` on a TCP port."""
    served = StandIn()
    if path is not None:
        server: asyncio.Server = await asyncio.start_unix_server(served.serve, path)
        served.address = str(path)
    else:
        server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
        served.address = "127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    try:
        yield served
    finally:
        server.close()


@asynccontextmanager
async def clamd() -> AsyncIterator[str]:
    """The address of an antivirus with one signature and a small StreamMaxLength: clamd, or its stand-in."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as directory:  # a local socket's path has to be short
        home = Path(directory)
        if _PROGRAM is None:
            async with stand_in(home / "socket") as served:
                yield served.address
            return
        (home / "signatures").mkdir()
        name = SIGNATURE.removesuffix(".UNOFFICIAL")
        (home / "signatures" / "local.ndb").write_text(f"{name}:0:*:{INFECTED.hex()}\n")
        settings = {
            "DatabaseDirectory": home / "signatures",
            "LocalSocket": home / "socket",
            "TemporaryDirectory": home,
            "Foreground": "yes",
            "StreamMaxLength": MAX_STREAM,
        }
        configuration = home / "clamd.conf"
        configuration.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        process = await asyncio.create_subprocess_exec(
            _PROGRAM,
            f"--config-file={configuration}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )
        assert process.stdout is not None
        try:
            said = b""
            while _READY not in said:
                line = await process.stdout.readline()
                assert line, f"clamd did not start: {said.decode(errors='replace')}"
                said += line
            yield str(home / "socket")
        finally:
            process.terminate()
            await process.communicate()
