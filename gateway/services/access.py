"""Which objects a caller may see and act on; every look-up of a verb goes through here."""

from __future__ import annotations

from gateway.domain.dossiers import Case, Folder, Parties
from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Door, Right, Role
from gateway.domain.referential import Process, Subscription
from gateway.services.ports import Transaction


def folder_of(tx: Transaction, caller: Caller, folder_id: str, *, hold: bool = False) -> Folder:
    """The folder, for its depositor or ADMIN. Raises NotFoundError, or ForbiddenError for everybody else."""
    folder = tx.folders.hold(folder_id) if hold else tx.folders.get(folder_id)
    if folder is None:
        raise NotFoundError("Folder")
    deposited = caller.role is Role.OSL and folder.depositor == caller.organization
    if not (deposited or caller.role is Role.ADMIN) or out_of_process(caller, folder.process):
        raise ForbiddenError
    return folder


def case_of(tx: Transaction, caller: Caller, case_id: str, *, hold: bool = False) -> tuple[Case, Folder]:
    """The case with its folder, for the depositor, the recipient or ADMIN; a recipient sees it once it is published.

    Raises NotFoundError, or ForbiddenError for everybody else (hub v1, Fetching).
    """
    found = tx.cases.hold(case_id) if hold else tx.cases.get(case_id)
    if found is None:
        raise NotFoundError("Case")
    may_see(caller, found[0])
    return found


def may_see(caller: Caller, case: Case | Parties) -> None:
    """Raises what `case_of` raises for a case that exists."""
    if not (is_depositor(caller, case) or is_recipient(caller, case) or caller.role is Role.ADMIN):
        raise ForbiddenError
    if out_of_process(caller, case.process):
        raise ForbiddenError
    if is_recipient(caller, case) and case.publication == 0:
        raise NotFoundError("Case")


def operators_alone(caller: Caller, process: str | None = None) -> None:
    """Raises ForbiddenError unless the caller runs the gateway.

    A credential for one process runs nothing else: `process` is the one that the verb is about, None where it is about
    others too.
    """
    if caller.role is not Role.ADMIN or caller.process not in (None, process):
        raise ForbiddenError


def may(caller: Caller, right: Right) -> None:
    """Raises ForbiddenError unless the caller runs the gateway and has that right; the command line has every one."""
    operators_alone(caller)
    if caller.door is not Door.GATEWAY and right not in caller.rights:
        raise ForbiddenError(f"This credential may not {right} moves")


def out_of_process(caller: Caller, process: str) -> bool:
    """Whether the caller's credential is for another process only."""
    return caller.process is not None and caller.process != process


def is_depositor(caller: Caller, case: Case | Parties) -> bool:
    """Whether the caller speaks for the depositor of the case."""
    return caller.role is Role.OSL and case.depositor == caller.organization


def is_recipient(caller: Caller, case: Case | Parties) -> bool:
    """Whether the caller speaks for the recipient of the case.

    An SFTP account that serves several organizations reaches their cases by its archives and answers alone.
    """
    return caller.role is Role.SI and case.recipient == caller.organization


def process_of(tx: Transaction, code: str) -> Process:
    """The process of a case that exists; it always does."""
    process = tx.processes.get(code)
    assert process is not None, "a case refers to its process"
    return process


def subscription_of(tx: Transaction, identifier: str, *, hold: bool = False) -> Subscription:
    """The subscription of a case that exists; it always does. `hold`: switches and ends of dual runs wait."""
    subscription = tx.subscriptions.share(identifier) if hold else tx.subscriptions.get(identifier)
    assert subscription is not None, "a case refers to its subscription"
    return subscription
