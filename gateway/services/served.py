"""What the API served of a case: once its metadata and every attachment went out, its delivery is FETCHED."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.domain.coverage import Coverage
from gateway.domain.deliveries import Serving, Standing, owner
from gateway.domain.dossiers import Case
from gateway.domain.identity import Caller, Role
from gateway.services.access import case_of, is_recipient, subscription_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsing import on_case
from gateway.services.settle import whole_reading

METADATA: Final = "case"
"""The item that stands for the case's metadata; the others are named by their attachment ids."""
ARCHIVE: Final = "archive"
"""The item that stands for the archive of the delivery, which holds all the others."""


async def note_served(
    office: Office, caller: Caller, case_id: str, item: str, start: int, end: int, began: datetime | None = None
) -> None:
    """Counts what was served of one item of a case, since `began`, to its recipient; nothing for everybody else.

    Kept for every delivery of the case that is not served whole to this caller yet, as evidence even when another door
    owns it; one that was, and is still READY, is fetched by the first reading after its door became the caller's.
    """
    if caller.role is not Role.SI:
        return
    now = office.clock()
    standings = await office.store.peek(
        lambda tx: tx.servings.standings(case_id, item, caller.door, caller.reader, now, began or now)
    )
    if any(_wants(caller, one, item, start, end) for one in standings):
        await office.store.write(lambda tx: _note(tx, office, caller, case_id, item, start, end, now, began or now))


async def note_archive_served(
    office: Office, caller: Caller, case_id: str, delivery_id: str, start: int, end: int, began: datetime
) -> None:
    """The same for bytes of a delivery's archive: once all of them went out, all that it holds was served."""
    if caller.role is not Role.SI:
        return
    now = office.clock()
    standings = await office.store.peek(
        lambda tx: tx.servings.standings(case_id, ARCHIVE, caller.door, caller.reader, now, began)
    )
    if any(one.lacks(caller.door) for one in standings):
        await office.store.write(
            lambda tx: _note_archive(tx, office, caller, case_id, delivery_id, start, end, now, began)
        )


def _wants(caller: Caller, one: Standing, item: str, start: int, end: int) -> bool:
    """Whether serving the item would add something: bytes, or that the door owns by now what it served before."""
    if one.rehearsed and item == METADATA:
        return True  # an earlier dual run's reading is evidence, and none of this one
    serving = one.serving
    if serving is not None and (serving.owned or not one.owned_by(caller.door)):
        known = Coverage(serving.coverage.get(item, ()))
        if serving.whole_at is not None or known.includes(start, end):
            return False
    return item == METADATA or one.holds


def _note(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case_id: str,
    item: str,
    start: int,
    end: int,
    now: datetime,
    began: datetime,
) -> None:
    tx = on_case(tx, caller, case_id)
    case, _ = case_of(tx, caller, case_id, hold=True)
    if not is_recipient(caller, case):
        return
    for one in tx.servings.standings(case.id, item, caller.door, caller.reader, now, began):
        if _wants(caller, one, item, start, end):
            _serve(tx, office, caller, case, one, {item: (start, end)}, now)


def _note_archive(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case_id: str,
    delivery_id: str,
    start: int,
    end: int,
    now: datetime,
    began: datetime,
) -> None:
    tx = on_case(tx, caller, case_id)
    case, _ = case_of(tx, caller, case_id, hold=True)
    of_archive = tx.deliveries.get(delivery_id)
    if of_archive is None or not is_recipient(caller, case):
        return
    subscription = subscription_of(tx, of_archive.subscription_id)
    owning = owner(subscription.access_mode, of_archive.pinned_mode, of_archive.pinned_until, now)
    serving = tx.servings.get(delivery_id, caller.door, caller.reader)
    standing = Standing(delivery_id, owning, subscription.epoch, holds=True, serving=serving)
    _serve(tx, office, caller, case, standing, {ARCHIVE: (start, end)}, now)
    serving = tx.servings.get(delivery_id, caller.door, caller.reader)
    if serving is None or not Coverage(serving.coverage[ARCHIVE]).covers(of_archive.archive_size):
        return
    held = set(tx.archives.attachments(delivery_id))
    for one in tx.servings.standings(case.id, ARCHIVE, caller.door, caller.reader, now, began):
        if one.lacks(caller.door):
            inside = {name: (0, size) for name, size in _sizes(tx, case, one.delivery_id).items() if name in held}
            _serve(tx, office, caller, case, one, {METADATA: (0, 1), **inside}, now)


def _serve(
    tx: Transaction,
    office: Office,
    caller: Caller,
    case: Case,
    one: Standing,
    items: dict[str, tuple[int, int]],
    now: datetime,
) -> None:
    """Adds ranges of items to the coverage of one delivery, which is read when nothing is missing any more."""
    owns = one.owned_by(caller.door)
    serving = one.serving or Serving(owns, one.epoch, {})
    coverage = dict(serving.coverage)
    for item, (start, end) in items.items():
        covered = Coverage(coverage.get(item, ()))
        covered.add(start, end)
        coverage[item] = covered.ranges
    whole = METADATA in coverage and all(
        Coverage(coverage.get(identifier, ())).covers(size)
        for identifier, size in _sizes(tx, case, one.delivery_id).items()
    )
    whole_at = serving.whole_at or (now if whole else None)
    kept = replace(serving, owned=serving.owned or owns, coverage=coverage, whole_at=whole_at)
    tx.servings.save(one.delivery_id, caller.door, caller.reader, kept, now)
    held = tx.deliveries.for_gesture(one.delivery_id, caller.door, caller.reader) if whole else None
    if held is not None:
        whole_reading(tx, office, caller, held, now, first=serving.whole_at is None)


def _sizes(tx: Transaction, case: Case, delivery_id: str) -> dict[str, int]:
    """The attachments of the delivery's manifest with their sizes in bytes."""
    wanted = set(tx.archives.attachments(delivery_id))
    shown = [*tx.attachments.of_case(case.id), *tx.attachments.of_events(case.id)]
    return {one.id: one.size for one in shown if one.id in wanted}
