"""Resumable uploads cut off anywhere or done at the same time, and the download that goes on likewise."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.natives import faults
from tests.api.tus import (
    LARGE,
    another_process,
    begin,
    cut,
    finished,
    freed,
    large_file,
    patch,
    standing,
    stands,
    until,
    written,
)
from tests.api.visitor import PDF, Visitor, digest


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.floats(0, 0.999), st.booleans()), max_size=5), whole=st.booleans())
async def test_an_upload_cut_anywhere_goes_on_until_it_is_whole(
    visitor: Visitor, cuts: list[tuple[float, bool]], whole: bool
) -> None:
    folder = await visitor.create(**large_file())
    path = await begin(visitor, folder, LARGE, **({"digest": digest(LARGE)} if whole else {}))
    offset = 0
    for share, restart in cuts:
        rest = LARGE[offset:]
        sent = int(len(rest) * share)
        if restart:
            async with another_process(visitor) as other:
                await cut(other, path, offset, rest, sent)
                await stands(other, path, offset + sent)
        else:
            await cut(visitor, path, offset, rest, sent)
        offset += sent
        await stands(visitor, path, offset)
    answer = await freed(visitor, path, offset, LARGE[offset:])
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(LARGE)))
    assert await standing(visitor, path) == len(LARGE)
    download = await visitor.call("rennes", "GET", await finished(visitor, folder))
    assert hashlib.sha256(download.body).digest() == hashlib.sha256(LARGE).digest()
    assert download.headers["digest"] == digest(LARGE)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(1, len(LARGE)), min_size=1, max_size=5))
async def test_a_download_cut_anywhere_goes_on_until_it_is_whole(
    visitor: Visitor, uploaded: str, steps: list[int]
) -> None:
    got, etag = b"", ""
    for step in steps:
        headers = {"Range": f"bytes={len(got)}-", **({"If-Range": etag} if etag else {})}
        headers["Authorization"] = f"Bearer {await visitor.token('rennes')}"
        async with visitor.session.get(visitor.url("/teledossiers/v1" + uploaded), headers=headers) as response:
            assert response.status == (206 if len(got) < len(LARGE) else 416)
            if response.status == 206:
                etag = response.headers["ETag"]
                wanted = min(step, len(LARGE) - len(got))
                got += await response.content.readexactly(wanted)
            response.close()  # the connection ends here
    if len(got) < len(LARGE):
        rest = await visitor.call("rennes", "GET", uploaded, headers={"Range": f"bytes={len(got)}-", "If-Range": etag})
        got += rest.body
    assert digest(got) == digest(LARGE)


@pytest.fixture
async def uploaded(visitor: Visitor) -> str:
    folder = await visitor.create(**large_file())
    path = await begin(visitor, folder, LARGE)
    for start in range(0, len(LARGE), 300_000):
        assert (await patch(visitor, path, start, LARGE[start : start + 300_000])).status == 204
    return await finished(visitor, folder)


@pytest.fixture
async def path(visitor: Visitor) -> str:
    """An upload of a PDF that was begun."""
    return await begin(visitor, await visitor.create(**large_file(PDF)), PDF)


async def test_of_two_requests_at_once_one_is_told_to_wait(visitor: Visitor, path: str) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield PDF[:100]
        await until(lambda: written(visitor) == 100)
        async with another_process(visitor) as other:
            answer = await patch(other, path, 0, PDF)
        assert (answer.status, "Another request" in faults(answer)[0]) == (423, True)
        yield PDF[100:]

    assert (await patch(visitor, path, 0, slow())).status == 204
    assert await standing(visitor, path) == len(PDF)


async def test_of_requests_at_the_same_offset_one_wins(visitor: Visitor, path: str) -> None:
    async with another_process(visitor) as other:
        answers = await asyncio.gather(*(patch(each, path, 0, PDF[:300]) for each in (visitor, other, other)))
    first, *others = sorted(answer.status for answer in answers)
    assert first == 204
    assert set(others) <= {409, 423}
    assert await standing(visitor, path) == 300
