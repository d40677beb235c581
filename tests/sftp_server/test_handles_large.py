"""Archives beyond 4 GiB: any range is computed, none is built, and readers that know zip64 find their way."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from typing import IO, Any, cast

import paramiko
import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.pec.archive import Archive, Entry, Layout
from gateway.services import archives
from gateway.store.blobs import LocalBlobs
from tests.sftp_server.scene import START, Scene

GIB = 2**30
SMALL = b"%PDF-1.4 the last one"
ENTRIES = (
    Entry("A-1-EtatCivil-doc-scan-1-1.pdf", 5 * GIB, 7, "vast", None),
    Entry("A-1-EtatCivil-doc-acte-1-1.pdf", len(SMALL), zlib.crc32(SMALL), "small", None),
)


class Virtual:
    """Bytes that lie nowhere: each is the lowest of its offset."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.read_bytes = 0

    @property
    def size(self) -> int:
        return 5 * GIB if self._key == "vast" else len(SMALL)

    async def read(self, offset: int, length: int) -> bytes:
        if self._key == "small":
            return SMALL[offset : offset + length]
        self.read_bytes += length
        return bytes(place & 0xFF for place in range(offset, min(offset + length, self.size)))

    async def close(self) -> None:
        """Nothing is held."""


def grow(monkeypatch: pytest.MonkeyPatch) -> list[Virtual]:
    """From now on every archive is a vast one; the readers that are opened for it."""
    archive, found = Archive("vast.zip", START, ENTRIES), list[Virtual]()
    find = archives.find

    async def vast(*arguments: Any, **options: Any) -> archives.Opened:
        return replace(await find(*arguments, **options), size=Layout(archive).size)

    async def opened(*arguments: Any, **options: Any) -> tuple[archives.Opened, Archive]:
        return await vast(*arguments, **options), archive

    async def reader(_: LocalBlobs, key: str) -> Virtual:
        found.append(Virtual(key))
        return found[-1]

    monkeypatch.setattr(archives, "find", vast)
    monkeypatch.setattr(archives, "open_archive", opened)
    monkeypatch.setattr(LocalBlobs, "reader", reader)
    return found


async def test_a_foreign_reader_takes_what_lies_behind_four_gibibytes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await scene.deposit()
    readers = grow(monkeypatch)

    def part(sftp: paramiko.SFTPClient) -> tuple[list[int], bytes, bytes]:
        path = f"/EtatCivil/in/{name}"
        assert (sftp.stat(path).st_size or 0) > 5 * GIB
        with sftp.open(path) as file, zipfile.ZipFile(cast(IO[bytes], file)) as archive:
            last = archive.read(archive.namelist()[1])
            file.seek(4 * GIB + 3)
            return [info.file_size for info in archive.infolist()], last, file.read(10)

    sizes, last, middle = await scene.play(part)
    begin = 30 + len(ENTRIES[0].name) + 20  # a local header with the extra field of zip64
    assert (sizes, last) == ([5 * GIB, len(SMALL)], SMALL)
    assert middle == bytes((4 * GIB + 3 - begin + place) & 0xFF for place in range(10))
    assert sum(reader.read_bytes for reader in readers) < 2**20
    assert (await scene.delivery(name)).state is DeliveryState.READY
