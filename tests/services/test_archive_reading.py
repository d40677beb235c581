"""Archives read in pieces, from a few open blobs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.pec.archive import Archive, Entry
from gateway.services.archive_reading import ArchiveReader
from gateway.store.blobs import BlobReader, LocalBlobs

BLOBS = 7


async def kept(directory: Path) -> tuple[LocalBlobs, Archive]:
    blobs = LocalBlobs(directory)
    await blobs.open()
    entries = [Entry.of_text("message.xml", b"<message/>")]
    for number in range(BLOBS):
        writer = await blobs.create()
        await writer.write(bytes([number]) * (1000 + number))
        blob = await writer.commit()
        entries.append(Entry(f"{number}.bin", blob.size, blob.crc32, blob.key, None))
    return blobs, Archive("archive.zip", datetime(2026, 6, 1, tzinfo=UTC), tuple(entries))


@pytest.mark.parametrize("step", [1, 97, 1 << 20])
async def test_pieces_of_any_size_in_any_order_make_one_zip(tmp_path: Path, step: int) -> None:
    blobs, archive = await kept(tmp_path)
    reader = ArchiveReader(blobs, archive)
    pieces = {at: await reader.read(at, step) for at in reversed(range(0, reader.size, step))}
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces[at] for at in sorted(pieces)))) as found:
        assert found.testzip() is None
        assert found.read("3.bin") == bytes([3]) * 1003
    assert await reader.read(reader.size, 10) == b""
    assert reader.descriptor() is None
    await reader.close()


async def test_few_blobs_are_open_at_a_time_and_none_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs, archive = await kept(tmp_path)
    opened: list[BlobReader] = []
    real = blobs.reader

    async def reader(key: str) -> BlobReader:
        opened.append(await real(key))
        return opened[-1]

    monkeypatch.setattr(blobs, "reader", reader)
    reading = ArchiveReader(blobs, archive)
    await reading.read(0, reading.size)
    assert len(opened) == BLOBS
    await reading.read(0, reading.size - 200)  # back and forth
    assert sum(one.descriptor() is not None for one in opened) == 4
    await reading.close()
    await reading.close()
    assert all(one.descriptor() is None for one in opened)


async def test_a_blob_that_was_deleted_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    blobs, archive = await kept(tmp_path)
    reading = ArchiveReader(blobs, replace(archive, entries=archive.entries[:2]))
    whole = await reading.read(0, reading.size)
    key = archive.entries[1].blob
    assert key is not None
    await blobs.delete(key)
    assert await reading.read(0, reading.size) == whole
    await reading.close()


async def test_a_blob_shorter_than_the_manifest_says_ends_the_reading(tmp_path: Path) -> None:
    blobs, archive = await kept(tmp_path)
    longer = replace(archive.entries[1], size=archive.entries[1].size + 1)
    reading = ArchiveReader(blobs, replace(archive, entries=(longer,)))
    with pytest.raises(EOFError):
        await reading.read(0, reading.size)
    await reading.close()
