"""Subscriptions: asked for, found, changed, and activated when their day has come (hub v1, Referential)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from gateway.domain.changes import changed_fields
from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, OrganizationId, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.lists import Page, Paged, SubscriptionFilter
from gateway.domain.referential import Process, Subscription, SubscriptionStatus
from gateway.services.access import operators_alone, out_of_process, process_of
from gateway.services.office import Office, gateway_caller
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition
from gateway.services.switching import keep

BATCH: Final = 200
_AUTO: Final = "Auto"
_OF_A_SWITCH: Final = ("access_mode", "transport", "epoch", "rehearsal_id", "rehearsal_mode")


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscription with its status as it is shown now."""

    subscription: Subscription
    status: SubscriptionStatus


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """What a subscription is to become: `apply` answers the present one with what was asked for over it.

    `reason`, an operator's words, is kept beside the journal.
    """

    process: str
    subscriber: OrganizationId
    status: SubscriptionStatus | None
    apply: Callable[[Subscription], Subscription]
    reason: str | None = None


async def create_subscription(
    office: Office, caller: Caller, new: Subscription, once: Once | None = None
) -> SubscriptionView | Replay:
    """Creates a subscription: Refusé when it is asked for so, Inactif otherwise.

    The process decides whether it is validated at once; its id and epoch in `new` are not used. For DATAPASS and ADMIN.
    Raises ForbiddenError, InvalidRequestError listing every fault, and ConflictError when the idempotency key was used
    for another request.
    """
    if caller.role not in (Role.DATAPASS, Role.ADMIN) or out_of_process(caller, new.process):
        raise ForbiddenError
    now = office.clock()
    return await office.store.write(
        lambda tx: only_once(tx, caller, once, now, lambda tx: _create(tx, caller, new, now))
    )


async def find_subscriptions(
    office: Office, caller: Caller, asked: SubscriptionFilter, page: Page
) -> Paged[SubscriptionView]:
    """A page of the subscriptions that the caller may see. Raises ForbiddenError for others than OSL and ADMIN."""
    now = office.clock()
    scoped = replace(asked, osl=_osl(caller), process=caller.process)
    found = await office.store.read(lambda tx: tx.directory.subscriptions(scoped, page, now))
    return Paged(tuple(_view(one, now) for one in found.items), found.offset, found.total)


async def read_subscription(office: Office, caller: Caller, identifier: str) -> SubscriptionView:
    """The subscription, for ADMIN and for the OSL of its process. Raises NotFoundError or ForbiddenError."""
    osl, now = _osl(caller), office.clock()

    def query(tx: Transaction) -> SubscriptionView:
        found = tx.subscriptions.get(identifier)
        if found is None:
            raise NotFoundError("Subscription")
        if out_of_process(caller, found.process) or (
            osl is not None and process_of(tx, found.process).osl not in (None, osl)
        ):
            raise ForbiddenError
        return _view(found, now)

    return await office.store.read(query)


async def change_subscription(
    office: Office,
    caller: Caller,
    identifier: str,
    change: SubscriptionChange,
    expected: Precondition | None = None,
) -> SubscriptionView:
    """Changes a subscription; another access mode is a switch and increases the epoch in the same transaction.

    The status that is shown already changes nothing. One that was active and is set to Inactif ends now, unless it says
    when; otherwise the next round would activate it again. For ADMIN. Raises ForbiddenError, NotFoundError,
    InvalidRequestError listing every fault, and ConflictError when the subscription is not as `expected`.
    """
    operators_alone(caller, caller.process)
    now = office.clock()
    return await office.store.write(lambda tx: change_within(tx, caller, identifier, change, expected, now))


def change_within(
    tx: Transaction,
    caller: Caller,
    identifier: str,
    change: SubscriptionChange,
    expected: Precondition | None,
    now: datetime,
) -> SubscriptionView:
    """The same in the transaction of a verb on many, which has seen to it that its caller is an operator."""
    known = tx.subscriptions.hold(identifier)
    if known is None:
        raise NotFoundError("Subscription")
    if out_of_process(caller, known.process):
        raise ForbiddenError
    if expected is not None:
        view = _view(known, now)
        expected.check(view, "The subscription", view.status)
    record = change.apply(known)
    faults = []
    if change.process != known.process:
        faults.append(f"processCode: a subscription to {known.process} cannot become one to another process")
    if str(change.subscriber) != known.organization:
        faults.append(f"subscriber: a subscription of {known.organization} cannot become one of another organization")
    faults += _date_faults(record)
    if faults:
        raise InvalidRequestError(*faults)
    if change.status is not None and change.status is not known.shown(now):
        record = _moved(known, replace(record, status=change.status), now)
    if record != known:
        record = _write(tx, caller, known, record, now, change.reason)
    return _view(record, now)


async def activate_due(office: Office) -> int:
    """Activates what is validated and whose day has come, each in its own transaction; answers how many."""
    caller = gateway_caller(office, "activation")
    now = office.clock()
    due = await office.store.read(lambda tx: tx.subscriptions.due(now, BATCH))
    return sum([await office.store.write(partial(_activate, caller, identifier, now)) for identifier in due])


def _activate(caller: Caller, identifier: str, now: datetime, tx: Transaction) -> bool:
    known = tx.subscriptions.hold(identifier)
    if known is None or not known.due(now):
        return False
    _write(tx, caller, known, replace(known, status=SubscriptionStatus.ACTIVE), now)
    return True


def _create(tx: Transaction, caller: Caller, new: Subscription, now: datetime) -> SubscriptionView:
    process = tx.processes.get(new.process)
    faults = list(_reference_faults(tx, new, process)) + list(_date_faults(new))
    if faults:
        raise InvalidRequestError(*faults)
    assert process is not None, "its absence is a fault"
    refused = new.status is SubscriptionStatus.REFUSED
    record = replace(
        new,
        id=new_id(),
        epoch=1,
        status=SubscriptionStatus.REFUSED if refused else SubscriptionStatus.INACTIVE,
        validate_at=None if refused else _validated(caller, new, process, now),
        reject_at=(new.reject_at or now) if refused else new.reject_at,
    )
    if not tx.subscriptions.create(record, now):
        raise InvalidRequestError(_already(record))
    tx.journal.write(
        Entry.SUBSCRIPTION_CREATED,
        caller,
        now,
        subscription_id=record.id,
        epoch=record.epoch,
        detail={
            "subscriber": record.organization,
            "process": record.process,
            "status": record.status,
            "mode": record.access_mode,
        },
    )
    return _view(record, now)


def _validated(caller: Caller, new: Subscription, process: Process, now: datetime) -> datetime | None:
    """Where the process wants it done by hand, only an operator can say that it was."""
    if process.subscription_validation == _AUTO:
        return new.validate_at or now
    return new.validate_at if caller.role is Role.ADMIN else None


def _moved(known: Subscription, record: Subscription, now: datetime) -> Subscription:
    """A new status brings its date with it, where that was not given."""
    if record.status is SubscriptionStatus.REFUSED:
        return replace(record, reject_at=record.reject_at or now)
    if record.status is SubscriptionStatus.ACTIVE:
        return replace(record, validate_at=record.validate_at or now)
    was = known.status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.SUSPENDED)
    return replace(record, end_at=now) if was and record.due(now) else record


def _write(
    tx: Transaction,
    caller: Caller,
    known: Subscription,
    record: Subscription,
    now: datetime,
    reason: str | None = None,
) -> Subscription:
    """Keeps a change, and tells the journal which fields, and what became of the status; a switch has its own line."""
    kept = keep(tx, caller, known, record, now)
    changed = [name for name in changed_fields(known, record) if name not in _OF_A_SWITCH]
    if not changed:
        return kept
    detail: dict[str, Any] = {"process": record.process, "fields": changed}
    if record.status is not known.status:
        detail["status"] = {"from": known.status, "to": record.status}
    tx.journal.write(
        Entry.SUBSCRIPTION_CHANGED,
        caller,
        now,
        subscription_id=record.id,
        epoch=kept.epoch,
        detail=detail,
        personal=None if reason is None else {"reason": reason},
    )
    return kept


def _reference_faults(tx: Transaction, new: Subscription, process: Process | None) -> Iterator[str]:
    if process is None:
        yield f"processCode: process {new.process} does not exist"
    if not new.organization.startswith("SI-"):
        yield "subscriber: a subscriber is an organization of type SI"
    elif tx.organizations.get(new.organization) is None:
        yield f"subscriber: organization {new.organization} does not exist"
    elif process is not None and tx.subscriptions.find(new.organization, new.process) is not None:
        yield _already(new)


def _date_faults(record: Subscription) -> Iterator[str]:
    if record.activate_at is not None and record.end_at is not None and record.end_at <= record.activate_at:
        yield "endDateTime: must be later than activateDateTime"


def _already(record: Subscription) -> str:
    return f"Subscription of {record.organization} to {record.process} already exists"


def _osl(caller: Caller) -> str | None:
    """The OSL to whose processes the caller is narrowed, None for ADMIN. Raises ForbiddenError for other roles."""
    if caller.role is Role.OSL:
        return caller.organization
    operators_alone(caller, caller.process)
    return None


def _view(found: Subscription, now: datetime) -> SubscriptionView:
    return SubscriptionView(found, found.shown(now))
