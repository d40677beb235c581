"""Suspending subscriptions and resuming them, many at once: all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.identity import Caller, OrganizationId
from gateway.domain.referential import Subscription, SubscriptionStatus
from gateway.domain.switches import OpenDeliveries
from gateway.services.access import operators_alone
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault, in_one, repeated
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.subscriptions import SubscriptionChange, change_within

ACTIVE, SUSPENDED = SubscriptionStatus.ACTIVE, SubscriptionStatus.SUSPENDED


@dataclass(frozen=True, slots=True)
class Named:
    """A subscription as a file names it."""

    organization: str
    process: str


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What becomes of one subscription, and what is open in its inbox: nobody is shown that while it is suspended."""

    organization: str
    process: str
    before: SubscriptionStatus
    after: SubscriptionStatus
    open: OpenDeliveries

    @property
    def outcome(self) -> Outcome:
        """Whether it changes."""
        return Outcome.UNCHANGED if self.before is self.after else Outcome.CHANGED


async def suspend(
    office: Office, caller: Caller, rows: Sequence[Named], reason: str | None = None, *, dry_run: bool = False
) -> list[StatusChange]:
    """Suspends active subscriptions: no door lists their inbox or opens an archive in it, and no deposit may name them.

    Open deliveries stay as they are, and expire as others do; a case that a client of the API knows can still be read.
    One transaction, with a journal line each; one that is suspended already is left alone. `reason` is kept beside the
    journal. For operators. Raises ForbiddenError, and RefusedRowsError with everything that is wrong.
    """
    return await _all(office, caller, rows, ACTIVE, SUSPENDED, reason, dry_run=dry_run)


async def resume(
    office: Office, caller: Caller, rows: Sequence[Named], reason: str | None = None, *, dry_run: bool = False
) -> list[StatusChange]:
    """Makes suspended subscriptions active again, with all that is open in their inboxes; otherwise as `suspend`."""
    return await _all(office, caller, rows, SUSPENDED, ACTIVE, reason, dry_run=dry_run)


async def _all(
    office: Office,
    caller: Caller,
    rows: Sequence[Named],
    before: SubscriptionStatus,
    after: SubscriptionStatus,
    reason: str | None,
    *,
    dry_run: bool,
) -> list[StatusChange]:
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> list[StatusChange]:
        held, faults = _held(tx, rows, before, after)
        if faults:
            raise RefusedRowsError(faults)
        return [_one(tx, caller, known, after, reason, now) for known in held]

    done = await in_one(office, verb, dry_run=dry_run)
    if not dry_run:
        office.signals.published()  # who waits for an inbox that is shown again looks at it
    return done


def _held(
    tx: Transaction, rows: Sequence[Named], before: SubscriptionStatus, after: SubscriptionStatus
) -> tuple[list[Subscription], list[RowFault]]:
    faults = repeated(rows, "process")
    found = [tx.subscriptions.find(row.organization, row.process) for row in rows]
    for position, known in enumerate(found):
        if known is None:
            faults.append(RowFault(position, "process", "there is no subscription of this organization to it"))
    # in one order, so that two files never wait for each other
    held = {one.id: tx.subscriptions.hold(one.id) for one in sorted((one for one in found if one), key=_id)}
    kept = []
    for position, known in enumerate(found):
        present = held[known.id] if known else None
        if present is None:
            continue
        if present.status not in (before, after):
            message = f"the subscription is {present.status}; only one that is {before} becomes {after}"
            faults.append(RowFault(position, "process", message))
        kept.append(present)
    return kept, sorted(faults, key=lambda fault: fault.row)


def _id(known: Subscription) -> str:
    return known.id


def _one(
    tx: Transaction, caller: Caller, known: Subscription, after: SubscriptionStatus, reason: str | None, now: datetime
) -> StatusChange:
    opened = tx.deliveries.open_of(known.id, now)
    if known.status is not after:
        subscriber = OrganizationId.parse(known.organization)
        change = SubscriptionChange(known.process, subscriber, None, lambda held: replace(held, status=after), reason)
        change_within(tx, caller, known.id, change, None, now)
    return StatusChange(known.organization, known.process, known.status, after, opened)
