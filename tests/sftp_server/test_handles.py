"""Archives as they are read: any range, in any order, and what of it counts."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.deliveries import DeliveryState
from gateway.services import acknowledge, archives, authenticate
from gateway.services.archive_reading import ArchiveReader
from gateway.sftp_server.handles import ArchiveHandle, TextReader
from gateway.store.blobs import BlobReader
from tests.sftp_server.scene import Scene, fetch

FILES = {f"pièce {number}.pdf": random.Random(number).randbytes(1000 + 700 * number) for number in range(7)}


async def _opened(scene: Scene, name: str) -> ArchiveHandle:
    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    caller = authenticate.account_caller(account)
    opened = await archives.find(scene.office, caller, "EtatCivil", None, name)
    return ArchiveHandle(scene.office, caller, account, opened, await archives.content(scene.office, opened))


async def _whole(handle: ArchiveHandle) -> bytes:
    data = await handle.read(0, handle.shown.size + 10)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [archive.read(name) for name in archive.namelist()][2:] == list(FILES.values())
    return data


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ranges=st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 9_000)), max_size=30))
async def test_every_range_is_that_of_the_zip(scene: Scene, ranges: list[tuple[int, int]]) -> None:
    handle = await _opened(scene, await scene.deposit(FILES, number="N"))
    whole = await _whole(handle)
    assert len(whole) == handle.shown.size
    for offset, length in ranges:
        assert await handle.read(offset, length) == whole[offset : offset + length]
    await handle.close(clean=False)


async def test_reads_in_any_order_add_up_to_a_whole_reading(scene: Scene) -> None:
    name = await scene.deposit(FILES)
    handle = await _opened(scene, name)
    blocks = list(range(0, handle.shown.size, 512))
    random.Random(4).shuffle(blocks)
    for offset in blocks:
        await handle.read(offset, 512)
    await handle.close(clean=True)
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_one_missing_byte_is_no_whole_reading(scene: Scene) -> None:
    name = await scene.deposit(FILES)
    handle = await _opened(scene, name)
    await handle.read(0, 5000)
    await handle.read(5001, handle.shown.size)
    await handle.close(clean=True)
    assert (await scene.delivery(name)).state is DeliveryState.READY


@pytest.mark.parametrize(
    ("clean", "served"), [(True, ((0, 100), (200, 300))), (False, ((0, 100),))], ids=["closed", "broken off"]
)
async def test_what_may_not_have_arrived_does_not_count(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, clean: bool, served: object
) -> None:
    told: list[Any] = []

    async def closed(*arguments: Any, clean: bool) -> None:
        told.append((arguments[-1], clean))

    monkeypatch.setattr(acknowledge, "closed", closed)
    handle = await _opened(scene, await scene.deposit(FILES))
    await handle.read(0, 100)
    await handle.read(200, 100)
    await handle.close(clean=clean)
    assert told == [(served, clean)]


async def test_few_blobs_are_open_at_a_time_and_none_at_the_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"open": 0, "most": 0}
    real_reader: Callable[..., Any] = scene.office.blobs.reader
    real_close = BlobReader.close

    async def reader(key: str) -> BlobReader:
        counts["open"] += 1
        counts["most"] = max(counts.values())
        found: BlobReader = await real_reader(key)
        return found

    async def close(self: BlobReader) -> None:
        counts["open"] -= 1
        await real_close(self)

    monkeypatch.setattr(scene.office.blobs, "reader", reader)
    monkeypatch.setattr(BlobReader, "close", close)
    handle = await _opened(scene, await scene.deposit(FILES))
    counts.update(open=0, most=0)
    await _whole(handle)
    assert 1 <= counts["most"] <= 4
    await handle.close(clean=True)
    assert counts["open"] == 0


async def test_the_blobs_are_closed_even_if_the_reading_cannot_be_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError

    closed: list[ArchiveReader] = []

    async def close(self: ArchiveReader) -> None:
        closed.append(self)

    handle = await _opened(scene, await scene.deposit(FILES))
    await _whole(handle)
    monkeypatch.setattr(acknowledge, "closed", fail)
    monkeypatch.setattr(ArchiveReader, "close", close)
    with pytest.raises(OSError):
        await handle.close(clean=True)
    assert len(closed) == 1


async def test_an_error_file_is_read(scene: Scene) -> None:
    reader = TextReader("refusé".encode())
    assert (reader.size, await reader.read(2, 3)) == (7, b"fus")
    await reader.close()


async def test_an_archive_read_by_two_clients_counts_for_each(scene: Scene) -> None:
    name = await scene.deposit(FILES)
    path = f"/EtatCivil/in/{name}"
    first, second = await scene.play(fetch(path)), await scene.play(fetch(path))
    assert first == second
