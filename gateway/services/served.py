"""What the API served of a case: once its metadata and every attachment went out, its delivery is FETCHED."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.domain.coverage import Coverage
from gateway.domain.deliveries import Delivery, Gesture, Serving, counts, owner
from gateway.domain.dossiers import Case
from gateway.domain.identity import Caller
from gateway.domain.referential import Subscription
from gateway.services.access import case_of, is_recipient, subscription_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.settle import gesture

METADATA: Final = "case"
"""The item that stands for the case's metadata; the others are named by their attachment ids."""
ARCHIVE: Final = "archive"
"""The item that stands for the archive of the delivery, which holds all the others."""


async def note_served(office: Office, caller: Caller, case_id: str, item: str, start: int, end: int) -> None:
    """Counts what was served of one item of a case to its recipient; nothing for everybody else.

    Kept for every delivery of the case that is not served whole to this caller yet, as evidence even when another door
    owns it; one that was, and is still READY, is fetched by the first reading after its door became the caller's.
    """
    now = office.clock()
    waiting = await office.store.glance(lambda tx: _waiting(tx, caller, case_id, item, start, end, now))
    if waiting:
        await office.store.write(lambda tx: _note(tx, office, caller, case_id, item, start, end, now))


async def note_archive_served(
    office: Office, caller: Caller, case_id: str, delivery_id: str, start: int, end: int
) -> None:
    """The same for bytes of a delivery's archive: once all of them went out, all that it holds was served."""
    now = office.clock()
    waiting = await office.store.glance(lambda tx: _lacking(tx, caller, case_id, now))
    if waiting:
        await office.store.write(lambda tx: _note_archive(tx, office, caller, case_id, delivery_id, start, end, now))


def _waiting(tx: Transaction, caller: Caller, case_id: str, item: str, start: int, end: int, now: datetime) -> bool:
    case, _ = case_of(tx, caller, case_id)
    if not is_recipient(caller, case):
        return False
    subscription = subscription_of(tx, case.subscription_id)
    deliveries = [one for one in tx.deliveries.of_case(case.id) if one.open]
    return any(_wants(tx, caller, one, subscription, item, start, end, now) for one in deliveries)


def _lacking(tx: Transaction, caller: Caller, case_id: str, now: datetime) -> bool:
    """Whether the caller receives the case and an open delivery of it was not served whole to it yet."""
    case, _ = case_of(tx, caller, case_id)
    subscription = subscription_of(tx, case.subscription_id)
    deliveries = [one for one in tx.deliveries.of_case(case.id) if one.open]
    return is_recipient(caller, case) and any(_lacks(tx, caller, one, subscription, now) for one in deliveries)


def _lacks(tx: Transaction, caller: Caller, delivery: Delivery, subscription: Subscription, now: datetime) -> bool:
    serving = tx.servings.get(delivery.id, caller.door, caller.reader)
    if serving is None or serving.whole_at is None:
        return True
    return not serving.owned and _owns(caller, delivery, subscription, now)


def _wants(
    tx: Transaction,
    caller: Caller,
    delivery: Delivery,
    subscription: Subscription,
    item: str,
    start: int,
    end: int,
    now: datetime,
) -> bool:
    """Whether serving the item would add something: bytes, or that the door owns by now what it served before."""
    serving = tx.servings.get(delivery.id, caller.door, caller.reader)
    if serving is not None and (serving.owned or not _owns(caller, delivery, subscription, now)):
        known = Coverage(serving.coverage.get(item, ()))
        if serving.whole_at is not None or known.includes(start, end):
            return False
    return item == METADATA or item in tx.archives.attachments(delivery.id)


def _owns(caller: Caller, delivery: Delivery, subscription: Subscription, now: datetime) -> bool:
    owning = owner(subscription.access_mode, delivery.pinned_mode, delivery.pinned_until, now)
    return counts(caller.door, owning, late=False)


def _note(
    tx: Transaction, office: Office, caller: Caller, case_id: str, item: str, start: int, end: int, now: datetime
) -> None:
    case, _ = case_of(tx, caller, case_id, hold=True)
    subscription = subscription_of(tx, case.subscription_id)
    for delivery in tx.deliveries.of_case(case.id):
        if delivery.open and _wants(tx, caller, delivery, subscription, item, start, end, now):
            whole = _serve(tx, caller, case, delivery, subscription, item, start, end, now)
            if whole:
                gesture(tx, office, caller, delivery.id, Gesture.READ, now)


def _note_archive(
    tx: Transaction, office: Office, caller: Caller, case_id: str, delivery_id: str, start: int, end: int, now: datetime
) -> None:
    case, _ = case_of(tx, caller, case_id, hold=True)
    subscription = subscription_of(tx, case.subscription_id)
    deliveries = tx.deliveries.of_case(case.id)
    of_archive = next(one for one in deliveries if one.id == delivery_id)
    _serve(tx, caller, case, of_archive, subscription, ARCHIVE, start, end, now)
    serving = tx.servings.get(delivery_id, caller.door, caller.reader)
    if serving is None or not Coverage(serving.coverage[ARCHIVE]).covers(of_archive.archive_size):
        return
    for delivery in deliveries:
        if not delivery.open or not _lacks(tx, caller, delivery, subscription, now):
            continue
        whole = _serve(tx, caller, case, delivery, subscription, METADATA, 0, 1, now)
        held = set(tx.archives.attachments(of_archive.id))
        for identifier, size in _sizes(tx, case, delivery).items():
            if identifier in held:
                whole = _serve(tx, caller, case, delivery, subscription, identifier, 0, size, now)
        if whole:
            gesture(tx, office, caller, delivery.id, Gesture.READ, now)


def _serve(
    tx: Transaction,
    caller: Caller,
    case: Case,
    delivery: Delivery,
    subscription: Subscription,
    item: str,
    start: int,
    end: int,
    now: datetime,
) -> bool:
    """Adds to the coverage of one delivery; True when nothing is missing any more."""
    owns = _owns(caller, delivery, subscription, now)
    serving = tx.servings.get(delivery.id, caller.door, caller.reader) or Serving(owns, subscription.epoch, {})
    covered = Coverage(serving.coverage.get(item, ()))
    covered.add(start, end)
    coverage = serving.coverage | {item: covered.ranges}
    sizes = _sizes(tx, case, delivery)
    whole = METADATA in coverage and all(
        Coverage(coverage.get(identifier, ())).covers(size) for identifier, size in sizes.items()
    )
    whole_at = serving.whole_at or (now if whole else None)
    kept = replace(serving, owned=serving.owned or owns, coverage=coverage, whole_at=whole_at)
    tx.servings.save(delivery.id, caller.door, caller.reader, kept, now)
    return whole


def _sizes(tx: Transaction, case: Case, delivery: Delivery) -> dict[str, int]:
    """The attachments of the delivery's manifest with their sizes in bytes."""
    wanted = set(tx.archives.attachments(delivery.id))
    shown = [*tx.attachments.of_case(case.id), *tx.attachments.of_events(case.id)]
    return {one.id: one.size for one in shown if one.id in wanted}
