"""What happened to a dossier, from the journal."""

from __future__ import annotations

from gateway.domain.identity import Caller
from gateway.domain.journal import Line
from gateway.services.access import folder_of
from gateway.services.office import Office
from gateway.services.ports import Transaction


async def of_folder(office: Office, caller: Caller, folder_id: str) -> list[Line]:
    """The journal's lines about a folder, oldest first. Raises NotFoundError or ForbiddenError."""

    def query(tx: Transaction) -> list[Line]:
        folder = folder_of(tx, caller, folder_id)
        return tx.journal.of_folder(folder.id)

    return await office.store.read(query)
