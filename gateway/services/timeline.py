"""What happened to a dossier, from the journal."""

from __future__ import annotations

from gateway.domain.dossiers import Case
from gateway.domain.identity import Caller, Role
from gateway.domain.journal import Line
from gateway.domain.timeline import DEPOSITORS, RECIPIENTS, Reader, Step, step
from gateway.services.access import case_of, folder_of
from gateway.services.office import Office
from gateway.services.ports import Transaction


async def of_folder(office: Office, caller: Caller, folder_id: str) -> list[Line]:
    """The journal's lines about a folder, oldest first. Raises NotFoundError or ForbiddenError."""

    def query(tx: Transaction) -> list[Line]:
        folder = folder_of(tx, caller, folder_id)
        return tx.journal.of_folder(folder.id)

    return await office.store.read(query)


async def of_case(office: Office, caller: Caller, case_id: str, after: int, most: int) -> list[Step]:
    """What happened to a case, oldest first: at most `most` steps behind the number `after`.

    The depositor reads of the folder as a whole too, the recipient of its own case alone, ADMIN everything. Raises
    NotFoundError or ForbiddenError.
    """

    def query(tx: Transaction) -> list[Step]:
        case, folder = case_of(tx, caller, case_id)
        entries = {Role.OSL: DEPOSITORS, Role.SI: RECIPIENTS}.get(caller.role)
        lines = tx.journal.of_case(folder.id, case.id, entries, after, most, whole=caller.role is not Role.SI)
        reader = _reader(office, caller, case)
        return [step(line, reader) for line in lines]

    return await office.store.read(query)


def _reader(office: Office, caller: Caller, case: Case) -> Reader:
    own = None if caller.role is Role.ADMIN else caller.organization
    return Reader(own, case.depositor, case.recipient, office.gateway)
