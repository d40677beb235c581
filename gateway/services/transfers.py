"""One organization's cases given to another, for example when communes merge (hub v1, Referential)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, OrganizationId, Role
from gateway.domain.journal import Entry
from gateway.domain.referential import SERVED, Subscription
from gateway.domain.transfers import Transferred
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.publish import tell


async def migrate_cases(office: Office, caller: Caller, source: OrganizationId, target: OrganizationId) -> int:
    """Makes all cases of `source` those of `target`, with events, notifications and open deliveries; returns how many.

    Each case goes to the target's subscription of the same process, whose webhook is told of the deliveries that are
    open, as of new ones. ADMIN moves any; a recipient only its own, to
    another branch of its companyRegister, and only those of its process where its credential is for one. Raises
    ForbiddenError, NotFoundError for an unknown organization, and InvalidRequestError that lists every process to which
    the target has no subscription; then nothing was moved.
    """
    now = office.clock()
    moved = await office.store.write(lambda tx: _migrate(tx, caller, source, target, now))
    office.signals.published()
    return moved


def _migrate(tx: Transaction, caller: Caller, source: OrganizationId, target: OrganizationId, now: datetime) -> int:
    _allowed(caller, source, target)
    if source == target:
        raise InvalidRequestError("organizationTarget: must be another organization than organizationSource")
    if tx.organizations.get(str(source)) is None or tx.organizations.get(str(target)) is None:
        raise NotFoundError("Organization")
    held = [(code, of) for code, of in tx.transfers.held(str(source)) if caller.process in (None, code)]
    ways, faults = [], []
    for process, of in held:
        to = tx.subscriptions.find(str(target), process)
        if to is None or to.status not in SERVED:
            # existing clients match this spelling
            faults.append(f"Case recipient {target} does not suscribed to {process}")
        else:
            ways.append((of, to))
    if faults:
        raise InvalidRequestError(*faults)
    moved = Transferred()
    for of, into in ways:
        moved += _move(tx, caller, str(source), of, into, now)
    tx.journal.write(
        Entry.CASES_MIGRATED,
        caller,
        now,
        detail={"from": str(source), "to": str(target), "processes": [code for code, _ in held], **asdict(moved)},
    )
    return moved.cases


def _move(tx: Transaction, caller: Caller, source: str, of: str, into: Subscription, now: datetime) -> Transferred:
    tx.transfers.hold(of)
    coming = tx.deliveries.open_ids(of)
    moved = tx.transfers.move(source, of, into.organization, into.id)
    for identifier in coming:
        delivery = tx.deliveries.get(identifier)
        assert delivery is not None, "its case is held"
        for subscription, way in ((of, {"to": into.id}), (into.id, {"from": of, "archive": delivery.archive_name})):
            tx.journal.write(
                Entry.DELIVERY_MOVED,
                caller,
                now,
                case_id=delivery.case_id,
                delivery_id=delivery.id,
                subscription_id=subscription,
                detail=way,
            )
        tell(tx, delivery, into, now)
    return moved


def _allowed(caller: Caller, source: OrganizationId, target: OrganizationId) -> None:
    if caller.role is Role.ADMIN:
        return
    own = caller.role is Role.SI and caller.organization == str(source)
    if not own or target.type != source.type or target.company_register != source.company_register:
        raise ForbiddenError
