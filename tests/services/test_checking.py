"""Bytes that are kept are looked at in pieces: their type, what they unpack to, and the antivirus."""

from __future__ import annotations

import asyncio
import gzip
import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.bridge.clamd import Clamd
from gateway.domain.blob import Blob
from gateway.domain.content import Content
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import UnavailableError
from gateway.pec.zip_bounds import Bounds
from gateway.services.checking import Verdict, check
from gateway.services.office import Office
from gateway.services.ports import BlobReader, Blobs
from tests.engines.clamd import INFECTED, REAL, SIGNATURE, clamd, stand_in
from tests.services.people import PDF
from tests.services.town import Town

RECEIVED, REJECTED, CORRUPTED = AttachmentStatus.RECEIVED, AttachmentStatus.REJECTED, AttachmentStatus.CORRUPTED
ZIP = "application/zip"
MIB = 2**20


def packed(entries: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


async def blob_of(office: Office, data: bytes) -> Blob:
    writer = await office.blobs.create()
    await writer.write(data)
    return await writer.commit()


async def judged(office: Office, declared: str, data: bytes) -> Verdict:
    return await check(office, declared, await blob_of(office, data))


def guarded(office: Office, address: str, max_stream: int = MIB, **policy: Any) -> Office:
    scanner = Clamd(address, timeout=timedelta(minutes=1), max_stream=max_stream)
    return replace(office, scanner=scanner, policy=replace(office.policy, **policy))


@pytest.fixture
async def office(town: Town) -> Office:
    return town.office


async def test_what_is_what_was_declared_is_received(office: Office) -> None:
    assert await judged(office, "application/pdf", PDF) == Verdict()
    assert await judged(office, "made/up", b"anything") == Verdict()


async def test_a_contradiction_names_both_sides(office: Office) -> None:
    verdict = await judged(office, "application/pdf", b"MZ\x90\0")
    assert verdict.status is REJECTED
    assert verdict.detail == {
        "reason": "another type than declared",
        "declared": "application/pdf",
        "found": "application/x-executable",
    }


async def test_an_office_document_is_told_by_what_it_holds(office: Office) -> None:
    sheet = packed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
    assert await judged(office, Content.XLSX, sheet) == Verdict()
    assert await judged(office, ZIP, sheet) == Verdict()
    verdict = await judged(office, Content.DOCX, sheet)
    assert (verdict.status, verdict.detail["found"]) == (REJECTED, Content.XLSX)


@pytest.mark.parametrize("declared", [ZIP, "application/octet-stream", "made/up"])
async def test_a_zip_beyond_its_bounds_is_rejected_whatever_it_was_declared_as(office: Office, declared: str) -> None:
    bounded = replace(office, policy=replace(office.policy, zip_bounds=Bounds(total=3 * MIB)))
    assert await judged(bounded, declared, packed({"a": bytes(3 * MIB)})) == Verdict()
    verdict = await judged(bounded, declared, packed({"a": bytes(3 * MIB + 1)}))
    assert verdict == Verdict(
        REJECTED, {"reason": "too large unpacked", "declared": declared, "found": "application/zip"}
    )


async def test_a_gzip_is_measured_as_a_zip_is(office: Office) -> None:
    bounded = replace(office, policy=replace(office.policy, zip_bounds=Bounds(total=3 * MIB)))
    for declared in ("application/gzip", "made/up"):
        assert await judged(bounded, declared, gzip.compress(bytes(3 * MIB))) == Verdict()
        verdict = await judged(bounded, declared, gzip.compress(bytes(3 * MIB + 1)))
        assert verdict == Verdict(
            REJECTED, {"reason": "too large unpacked", "declared": declared, "found": "application/gzip"}
        )
    assert (await judged(bounded, "application/pdf", gzip.compress(PDF))).status is REJECTED


async def test_what_cannot_be_measured_passes_under_its_own_type_alone(office: Office) -> None:
    data = b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40)
    assert await judged(office, "application/x-7z-compressed", data) == Verdict()
    for declared in ("application/octet-stream", "made/up", "application/vnd.rar", ZIP):
        assert (await judged(office, declared, data)).detail["found"] == "application/x-7z-compressed"


async def test_a_walk_that_is_cut_short_reads_no_further(office: Office) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Slow:
        """A reader that is in the middle of the walk when its caller gives up."""

        def __init__(self, reader: BlobReader) -> None:
            self._reader = reader
            self.size = reader.size
            self.close = reader.close
            self._reads = 0

        async def read(self, offset: int, length: int) -> bytes:
            self._reads += 1
            if self._reads == 1:
                return await self._reader.read(offset, length)
            begun.set()
            await go_on.wait()
            try:
                return await self._reader.read(offset, length)
            except ValueError:
                ended.set()
                raise

    class SlowBlobs:
        async def reader(self, key: str) -> Slow:
            return Slow(await office.blobs.reader(key))

    blob = await blob_of(office, packed({"a": b"text"}))
    task = asyncio.create_task(check(replace(office, blobs=cast(Blobs, SlowBlobs())), ZIP, blob))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await ended.wait()


@pytest.mark.parametrize("engine", [REAL])
async def test_the_antivirus_sees_what_is_kept(office: Office, engine: str) -> None:
    async with clamd() as address:
        office = guarded(office, address)
        assert await judged(office, "application/pdf", PDF) == Verdict()
        infected = PDF.ljust(MIB - 100) + INFECTED
        assert await judged(office, "application/pdf", infected) == Verdict(CORRUPTED, {"signature": SIGNATURE})
        assert (await judged(office, ZIP, INFECTED)).status is REJECTED  # nobody asks about what is refused anyway


@asynccontextmanager
async def gone() -> AsyncIterator[str]:
    async with stand_in() as served:
        address = served.address
    yield address


async def test_nothing_passes_unseen_unless_the_configuration_says_so(office: Office) -> None:
    async with gone() as address:
        with pytest.raises(UnavailableError, match="put it again later"):
            await judged(guarded(office, address), "application/pdf", PDF)
        verdict = await judged(guarded(office, address, accept_unscanned=True), "application/pdf", PDF)
    assert verdict == Verdict(RECEIVED, {"unscanned": "the antivirus was away"})


async def test_what_is_too_large_for_the_antivirus_is_refused_unless_the_configuration_says_so(office: Office) -> None:
    async with stand_in() as served:
        small = guarded(office, served.address, len(PDF) - 1)
        reason = "larger than the antivirus takes"
        assert await judged(small, "application/pdf", PDF) == Verdict(REJECTED, {"reason": reason})
        small = guarded(office, served.address, len(PDF) - 1, accept_too_large=True)
        assert await judged(small, "application/pdf", PDF) == Verdict(RECEIVED, {"unscanned": reason})
        assert served.streams == []
