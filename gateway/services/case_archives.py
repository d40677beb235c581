"""A case's dossier as one zip for software at the REST door: the very bytes that the SFTP inbox serves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.deliveries import Delivery, DeliveryState
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller
from gateway.pec.archive import Archive
from gateway.services.access import case_of
from gateway.services.archive_reading import ArchiveReader
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.served import note_archive_served


@dataclass(frozen=True, slots=True)
class CaseArchive:
    """An archive being served. Tell `served` what went out whole, and `close` it.

    `fingerprint` is the same for the same bytes, and for no others.
    """

    delivery: Delivery
    fingerprint: bytes
    reader: ArchiveReader
    _office: Office
    _caller: Caller
    _began: datetime

    async def served(self, start: int, end: int) -> None:
        """Counts the bytes from `start` up to `end`, which have been sent to the recipient, towards its fetching."""
        of = self.delivery
        await note_archive_served(self._office, self._caller, of.case_id, of.id, start, end, self._began)

    async def close(self) -> None:
        """Ends the download."""
        await self.reader.close()


async def open_archive(office: Office, caller: Caller, case_id: str, sequence: int | None = None) -> CaseArchive:
    """The archive of a case's latest delivery, or of the one with that sequence; withdrawn ones are left out.

    For the depositor, the recipient and ADMIN. Raises NotFoundError when there is none, or its bytes were purged;
    ForbiddenError.
    """

    def query(tx: Transaction) -> tuple[Delivery, bytes]:
        case, _ = case_of(tx, caller, case_id)
        found = [
            one
            for one in tx.deliveries.of_case(case.id)
            if one.state is not DeliveryState.WITHDRAWN and sequence in (None, one.sequence)
        ]
        latest = max(found, key=lambda one: one.sequence, default=None)
        content = None if latest is None else tx.archives.content(latest.id)
        if latest is None or content is None:
            raise NotFoundError("File")
        return latest, content

    delivery, content = await office.store.read(query)
    archive = Archive.load(content)
    for key in {entry.blob for entry in archive.entries if entry.blob is not None}:
        await (await office.blobs.reader(key)).close()  # what was purged is refused before the first byte goes out
    fingerprint = hashlib.sha256(content).digest()
    return CaseArchive(delivery, fingerprint, ArchiveReader(office.blobs, archive), office, caller, office.clock())
