from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.doctor.blobs import check
from gateway.config import Settings
from gateway.config.settings import Blobs
from gateway.store import disk
from gateway.store.blobs import BlobReader, LocalBlobs
from tests.cli.doctor.states import states


def files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


async def test_a_blob_goes_round_and_nothing_stays(settings: Settings) -> None:
    await LocalBlobs(settings.blobs_path).open()
    assert states(await check(settings)) == {"blobs": "ok"}
    assert files(settings.blobs_path) == []


async def test_none_yet(settings: Settings) -> None:
    assert states(await check(settings)) == {"blobs": "warning"}
    assert not settings.data_dir.exists()


async def test_what_is_not_kept_is_a_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await LocalBlobs(settings.blobs_path).open()

    async def other(*_: object) -> bytes:
        return b"other bytes"

    with monkeypatch.context() as patched:
        patched.setattr(BlobReader, "read", other)
        assert states(await check(settings)) == {"blobs": "problem"}

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write_whole", fail)
    assert states(await check(settings)) == {"blobs": "problem"}
    assert files(settings.blobs_path) == []


async def test_a_store_that_this_version_cannot_use(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"blobs": Blobs(url="s3://bucket/prefix")})
    assert states(await check(elsewhere)) == {"blobs": "problem"}
