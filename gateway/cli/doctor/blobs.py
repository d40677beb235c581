"""The blob store: one small blob written, read back and deleted."""

from __future__ import annotations

import secrets

from gateway.cli.doctor.findings import Finding, problem, warning, well
from gateway.config import Settings
from gateway.domain.blob import BlobMissing, StorageUnavailable
from gateway.store.blobs import LocalBlobs

_ADVICE = "look at the disk of data_dir/blobs: its space, its modes, and the system's log"


async def check(settings: Settings) -> list[Finding]:
    """Uses the directories that are there, and makes none where the gateway has not run yet."""
    if settings.blobs.url:
        advice = "leave blobs.url empty: this version keeps blobs in data_dir/blobs"
        return [problem("blobs", "blobs.url names a store that this version cannot use", advice)]
    if not all((settings.blobs_path / name).is_dir() for name in ("objects", "tmp")):
        return [warning("blobs", "there is no blob store yet", "the first `gateway serve` makes it")]
    try:
        same = await _round_trip(LocalBlobs(settings.blobs_path))
    except (StorageUnavailable, BlobMissing) as error:
        return [problem("blobs", f"a blob cannot be kept: {error}", _ADVICE)]
    if not same:
        return [problem("blobs", "a blob was read back with other bytes than were written", _ADVICE)]
    return [well("blobs", "a blob is written, read back and deleted")]


async def _round_trip(blobs: LocalBlobs) -> bool:
    content = secrets.token_bytes(4096)
    writer = await blobs.create()
    await writer.write(content)
    blob = await writer.commit()
    try:
        reader = await blobs.reader(blob.key)
        try:
            return await reader.read(0, len(content) + 1) == content
        finally:
            await reader.close()
    finally:
        await blobs.delete(blob.key)
