"""What a crash left behind, read from the store and the blobs of a gateway that was started again."""

from __future__ import annotations

import hashlib
from collections import Counter

from gateway.domain.dossiers import Attachment, AttachmentStatus
from gateway.domain.journal import Line
from gateway.services.office import Office
from gateway.services.ports import Transaction
from tests.faults.delivery_model import status_of_folder


async def lines(office: Office) -> list[Line]:
    """The whole journal."""
    return await office.store.read(lambda tx: tx.journal.after(0, 10**6))


async def counted(office: Office) -> Counter[str]:
    """How often the journal tells of each thing."""
    return Counter(line.entry for line in await lines(office))


async def check_consistent(office: Office) -> None:
    """What must hold after every crash, whatever was going on."""
    acknowledged = Counter(
        line.delivery_id for line in await lines(office) if line.entry in ("delivery.accepted", "delivery.rejected")
    )
    assert all(count == 1 for count in acknowledged.values())
    for folder_id in {line.folder_id for line in await lines(office) if line.folder_id}:
        await _check_folder(office, folder_id)


async def _check_folder(office: Office, folder_id: str) -> None:
    def query(tx: Transaction) -> list[Attachment]:
        folder = tx.folders.get(folder_id)
        assert folder is not None
        found = list(tx.attachments.of_folder(folder_id))
        cases = tx.cases.of_folder(folder_id)
        for case in cases:
            found += tx.attachments.of_events(case.id)
            for delivery in tx.deliveries.of_case(case.id):
                assert tx.archives.content(delivery.id) is not None
            assert (case.publication > 0) is (folder.completed_at is not None)
        if folder.completed_at is not None:
            assert folder.status == status_of_folder([case.status for case in cases])
        return found

    for attachment in await office.store.read(query):
        assert (attachment.blob is not None) is (attachment.status is AttachmentStatus.RECEIVED)
        if attachment.blob is not None:
            reader = await office.blobs.reader(attachment.blob.key)
            content = await reader.read(0, reader.size)
            await reader.close()
            assert hashlib.sha256(content).digest() == attachment.blob.sha256
