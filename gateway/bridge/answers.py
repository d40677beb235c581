"""Queued answers on their way to the depositor: read with bounds, their files kept, then taken in at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import BinaryIO, Final

import structlog

from gateway.domain.blob import Blob
from gateway.domain.dossiers import AttachmentStatus
from gateway.domain.errors import UnavailableError
from gateway.pec.returns import Answer, AnswerFile, UnreadableAnswer, extract, read_answer
from gateway.services import take
from gateway.services.checking import Verdict, at_hand, check_answer
from gateway.services.office import Office

BATCH: Final = 50
_CHUNK: Final = 1 << 20

log = structlog.get_logger(__name__)


async def carry_answers(office: Office) -> int:
    """Takes in the answers that are queued; returns how many. One that fails is logged and stays queued.

    All stay queued while their files cannot be checked.
    """
    carried = 0
    waiting = await take.queued(office, BATCH)
    if waiting and not await at_hand(office):
        return 0
    for answer_id in waiting:
        try:
            carried += await carry_answer(office, answer_id)
        except Exception:
            log.exception("answer not carried", answer=answer_id)
            office.meter.count("errors_total", door="BRIDGE")
    return carried


async def carry_answer(office: Office, answer_id: str) -> bool:
    """Takes in one queued answer; False when it is not queued any more."""
    answer = await take.read(office, answer_id)
    if answer is None:
        return False
    kept: list[tuple[AnswerFile, Blob]] = []
    unsafe: list[tuple[AnswerFile, Verdict]] = []
    used: frozenset[str] = frozenset()
    with TemporaryFile() as spool:
        await _copy(office, answer.blob.key, spool)
        try:
            reading = await _read(office, spool, kept)
            safe = [] if isinstance(reading, UnreadableAnswer) else await _checked(office, kept, unsafe)
        except BaseException:
            await _delete(office, kept)
            raise
        try:
            taken = await take.take(office, answer_id, reading, safe, unsafe)
            used = taken.kept
        except (asyncio.CancelledError, UnavailableError):
            kept.clear()  # nobody knows whether rows name these files: the sweep looks
            raise
        finally:
            await _delete(office, [(file, blob) for file, blob in kept if blob.key not in used])
    log.info("answer settled", answer=answer_id, outcome=taken.state)
    return True


async def _read(office: Office, spool: BinaryIO, kept: list[tuple[AnswerFile, Blob]]) -> Answer | UnreadableAnswer:
    """What the answer says, or why it cannot be read; its files are added to `kept` one by one."""
    try:
        reading = await asyncio.to_thread(read_answer, spool, office.policy.answer_limits)
        for file in reading.files:
            kept.append((file, await _keep(office, spool, file)))
    except UnreadableAnswer as error:
        return error
    return reading


async def _checked(
    office: Office, kept: list[tuple[AnswerFile, Blob]], unsafe: list[tuple[AnswerFile, Verdict]]
) -> list[tuple[AnswerFile, Blob]]:
    """The files that may go on; what is wrong with the others is added to `unsafe`. Raises UnavailableError."""
    safe: list[tuple[AnswerFile, Blob]] = []
    for file, blob in kept:
        verdict = await check_answer(office, blob)
        if verdict.status is AttachmentStatus.RECEIVED:
            safe.append((file, blob))
        else:
            unsafe.append((file, verdict))
    return safe


async def _delete(office: Office, files: list[tuple[AnswerFile, Blob]]) -> None:
    for _, blob in files:
        with suppress(OSError):
            await office.blobs.delete(blob.key)


async def _copy(office: Office, key: str, spool: BinaryIO) -> None:
    reader = await office.blobs.reader(key)
    try:
        for offset in range(0, reader.size, _CHUNK):
            spool.write(await reader.read(offset, _CHUNK))
            await asyncio.sleep(0)  # a large answer does not keep the doors waiting
    finally:
        await reader.close()


async def _keep(office: Office, spool: BinaryIO, file: AnswerFile) -> Blob:
    """Keeps one file of the answer. Raises UnreadableAnswer when its bytes are not what the zip says."""
    writer = await office.blobs.create()
    chunks: Iterator[bytes] = extract(spool, file, office.policy.answer_limits)
    try:
        while (chunk := await asyncio.to_thread(next, chunks, b"")) != b"":
            await writer.write(chunk)
        return await writer.commit()
    finally:
        await writer.abort()
