"""Short ways to send an attachment in parts, for the tests of uploads."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

from gateway.domain.dossiers import Attachment
from gateway.domain.uploads import Upload
from gateway.services import uploads
from gateway.services.deposit import FolderView
from gateway.services.office import Office
from gateway.services.uploads import NewUpload
from gateway.store.blobs import LocalBlobs
from tests.services.people import DEPOSITOR, PDF, chunks
from tests.services.town import Town

DIGEST = hashlib.sha256(PDF).digest()
HALF = len(PDF) // 2


class BrokenError(Exception):
    """The connection is gone."""


async def broken(data: bytes) -> AsyncIterator[bytes]:
    """Bytes, then the end of the connection."""
    yield data
    raise BrokenError


async def begun(town: Town, view: FolderView, sha256: bytes | None = DIGEST, position: int = 1) -> Upload:
    new = NewUpload(view.attachments[position].size, view.attachments[position].id, view.folder.id, sha256=sha256)
    upload = await uploads.begin(town.office, DEPOSITOR, new)
    assert isinstance(upload, Upload)
    return upload


async def append(town: Town, upload: Upload, offset: int, data: bytes, office: Office | None = None) -> Upload:
    return await uploads.append(office or town.office, DEPOSITOR, upload.id, offset, chunks(data), len(data))


async def standing(town: Town, upload: Upload) -> int:
    return (await uploads.describe(town.office, DEPOSITOR, upload.id)).offset


async def attachment_of(town: Town, upload: Upload) -> Attachment:
    found = await town.store.read(lambda tx: tx.attachments.get(upload.attachment_id))
    assert found is not None
    return found


def restarted(town: Town) -> Office:
    """Another process on the same files."""
    blobs = LocalBlobs(town.blobs._root)
    return replace(town.office, blobs=blobs)
