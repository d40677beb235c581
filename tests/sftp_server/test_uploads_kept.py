"""What is uploaded is written once: summed as it comes, and kept where it was spooled."""

from __future__ import annotations

import hashlib
import os
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.services import authenticate, returns
from gateway.sftp_server.uploads import UploadHandle
from gateway.store import blobs
from gateway.store.blobs import LocalBlobs
from tests.sftp_server.scene import Scene

PATH = "/EtatCivil/out/retour.zip"
PIECES = st.tuples(st.integers(0, 60), st.binary(max_size=40))


async def _handle(scene: Scene, *, append: bool = False) -> UploadHandle:
    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    caller = authenticate.account_caller(account)
    share = await scene.server._quotas.begin(caller)
    return UploadHandle(
        scene.office, caller, "EtatCivil", "retour.zip", scene.spool, 1 << 20, share, append=append, new=True
    )


async def _kept(scene: Scene) -> returns.Upload:
    account = await authenticate.sftp_account(scene.office, "rennes")
    assert account is not None
    (upload,) = await returns.listing(scene.office, authenticate.account_caller(account), "EtatCivil", "")
    return upload


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(PIECES, st.integers(0, 80)), min_size=1, max_size=8), append=st.booleans())
async def test_the_digest_is_that_of_the_bytes_whatever_their_order(
    scene: Scene, steps: list[tuple[int, bytes] | int], append: bool
) -> None:
    handle, expected = await _handle(scene, append=append), bytearray()
    for step in steps:
        if isinstance(step, int):
            await handle.resize(step)
            expected = bytearray(expected[:step].ljust(step, b"\0"))
            continue
        offset, data = step
        await handle.write(offset, data)
        if append:
            offset = len(expected)
        if data:
            expected = expected.ljust(offset, b"\0")
            expected[offset : offset + len(data)] = data
    size = handle.shown.size
    await handle.close(clean=True)
    whole = bytes(expected.ljust(size, b"\0"))
    blob = (await _kept(scene)).answer.blob
    assert (blob.size, blob.sha256, blob.crc32) == (size, hashlib.sha256(whole).digest(), zlib.crc32(whole))
    reader = await scene.office.blobs.reader(blob.key)
    assert await reader.read(0, size) == whole
    await reader.close()


async def test_an_upload_in_order_is_neither_read_again_nor_copied(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("its bytes were gone through once more")

    monkeypatch.setattr(LocalBlobs, "_copy", never)
    monkeypatch.setattr(blobs, "take_in", never)
    data = os.urandom(300_000)
    async with scene.connect() as conn, conn.start_sftp_client() as sftp, sftp.open(PATH, "wb") as file:
        await file.write(data)
    assert (await _kept(scene)).answer.blob.sha256 == hashlib.sha256(data).digest()


async def test_where_files_without_a_name_are_not_to_be_had_it_is_copied(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "O_TMPFILE", os.O_WRONLY)  # as where it is unknown: a directory cannot be written
        handle = await _handle(scene)
    await handle.write(0, b"<half")
    await handle.close(clean=True)
    assert (await _kept(scene)).answer.blob.sha256 == hashlib.sha256(b"<half").digest()
    assert list(scene.spool.iterdir()) == []
