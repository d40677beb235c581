"""Processes: declared and changed by operators, read by whom they concern (hub v1, Referential)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway.domain.changes import changed_fields
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Role
from gateway.domain.journal import Entry
from gateway.domain.lists import Page, Paged, ProcessFilter
from gateway.domain.referential import Process
from gateway.domain.statuses import Status
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition


async def create_process(office: Office, caller: Caller, new: Process, once: Once | None = None) -> Process | Replay:
    """Declares a process. For ADMIN.

    Raises ForbiddenError, InvalidRequestError listing every fault, and ConflictError when the idempotency key was used
    for another request.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> Process:
        faults = list(_faults(tx, new))
        if tx.processes.get(new.code) is not None or (not faults and not tx.processes.create(new, now)):
            faults.insert(0, f"Process {new.code} already exists")
        if faults:
            raise InvalidRequestError(*faults)
        tx.journal.write(Entry.PROCESS_CREATED, caller, now, detail={"process": new.code})
        return replace(new, created_at=now, updated_at=None)

    return await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))


async def find_processes(office: Office, caller: Caller, asked: ProcessFilter, page: Page) -> Paged[Process]:
    """A page of the processes that the caller may see: an OSL its own and those without owner, a recipient those that
    it subscribes to."""
    scoped = _scoped(caller, asked)
    return await office.store.read(lambda tx: tx.directory.processes(scoped, page))


async def read_process(office: Office, caller: Caller, code: str) -> Process:
    """The process of that code. Raises NotFoundError, also when the caller may not see it."""
    if caller.process not in (None, code):
        raise NotFoundError("Process")
    scoped = replace(_scoped(caller, ProcessFilter()), code=code)
    found = await office.store.read(lambda tx: tx.directory.processes(scoped, Page(most=1)))
    if not found.items:
        raise NotFoundError("Process")
    return found.items[0]


async def change_process(
    office: Office,
    caller: Caller,
    code: str,
    apply: Callable[[Process], Process],
    expected: Precondition | None = None,
) -> Process:
    """Changes a process to what `apply` makes of it; its code stays. For ADMIN.

    Raises ForbiddenError, NotFoundError, InvalidRequestError listing every fault, and ConflictError when the process is
    not as `expected`.
    """
    operators_alone(caller, code)
    now = office.clock()

    def verb(tx: Transaction) -> Process:
        known = tx.processes.hold(code)
        if known is None:
            raise NotFoundError("Process")
        if expected is not None:
            expected.check(known, "The process", "activated" if known.is_activated else "not activated")
        record = apply(known)
        faults = list(_faults(tx, record))
        if record.code != known.code:
            faults.insert(0, f"code: is {record.code}, and the code of {known.code} stays as it is")
        if faults:
            raise InvalidRequestError(*faults)
        if record == known:
            return known
        tx.processes.change(record, now)
        detail = {"process": code, "fields": changed_fields(known, record)}
        tx.journal.write(Entry.PROCESS_CHANGED, caller, now, detail=detail)
        return replace(record, updated_at=now)

    return await office.store.write(verb)


def _scoped(caller: Caller, asked: ProcessFilter) -> ProcessFilter:
    return replace(
        asked,
        seen_by=caller.organization if caller.role is Role.OSL else None,
        subscriber=caller.organization if caller.role is Role.SI else None,
        code=caller.process,
    )


def _faults(tx: Transaction, record: Process) -> Iterator[str]:
    if record.osl is not None:
        if not record.osl.startswith("OSL-"):
            yield "osl: must be an organization of type OSL"
        elif tx.organizations.get(record.osl) is None:
            yield f"osl: organization {record.osl} does not exist"
    status = record.status_before_file_deletion
    if status is not None and status not in Status.__members__:
        yield f"statusBeforeFileDeletion: {status} is not a status"
