"""The recipient's own copies of files: which of them may be deleted, and which are (hub v1, Purge).

What the gateway keeps itself is not touched by this: it only remembers what the others say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway.domain.copies import Copy
from gateway.domain.dossiers import Case
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller, Role
from gateway.domain.journal import Entry
from gateway.services.access import is_depositor, is_recipient, out_of_process
from gateway.services.office import Office
from gateway.services.ports import Transaction

MOST: Final = 1000
"""How many copies are told of at a time."""


async def due(office: Office, caller: Caller) -> list[Copy]:
    """At most MOST copies that may be deleted and are not yet, of the caller's cases, oldest first."""

    def query(tx: Transaction) -> list[Copy]:
        if caller.role is Role.ADMIN:
            return tx.copies.due(MOST, process=caller.process)
        if caller.role is Role.OSL:
            return tx.copies.due_of_depositor(caller.organization, MOST, process=caller.process)
        return tx.copies.due_of_recipient(caller.organization, MOST, process=caller.process)

    return await office.store.read(query)


async def purged(office: Office, caller: Caller, copies: Sequence[Copy]) -> None:
    """Notes that these copies are deleted; may be repeated.

    Raises InvalidRequestError that lists each of them that no case of the caller's shows; then none is noted.
    """
    now = office.clock()
    await office.store.write(lambda tx: _purge(tx, caller, copies, now))


def _purge(tx: Transaction, caller: Caller, copies: Sequence[Copy], now: datetime) -> None:
    known: dict[Copy, Case] = {}
    faults = []
    for position, copy in enumerate(copies):
        case = tx.copies.case(copy)
        if case is None or not _sees(caller, case):
            faults.append(f"@body[{position}]: case {copy.case_id} has no attachment {copy.attachment_id}")
        else:
            known[copy] = case
    if faults:
        raise InvalidRequestError(*faults)
    changed: dict[str, list[str]] = {}
    for copy in sorted(known, key=lambda one: (one.case_id, one.attachment_id)):  # one order: two at once never lock
        if tx.copies.purge(copy, now):
            changed.setdefault(copy.case_id, []).append(copy.attachment_id)
    folders = {case.id: case.folder_id for case in known.values()}
    for case_id, attachments in changed.items():
        tx.journal.write(
            Entry.COPIES_PURGED,
            caller,
            now,
            folder_id=folders[case_id],
            case_id=case_id,
            detail={"attachments": attachments},
        )


def _sees(caller: Caller, case: Case) -> bool:
    """Whether the case is one of those that the caller may read."""
    if out_of_process(caller, case.process):
        return False
    published = is_recipient(caller, case) and case.publication > 0
    return published or is_depositor(caller, case) or caller.role is Role.ADMIN
