"""Dual runs: begun and ended by operators, and what they showed (delivery rules, Dual run)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from gateway.domain.coverage import Coverage
from gateway.domain.deliveries import Delivery, DeliveryState, Serving
from gateway.domain.dossiers import Attachment
from gateway.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Door, Mode
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.referential import Subscription
from gateway.domain.rehearsals import (
    Compared,
    Comparison,
    Likeness,
    Rehearsal,
    Rehearsed,
    Side,
    Way,
    touched,
    way_of,
)
from gateway.domain.rehearsals import (
    compare as compare_sides,
)
from gateway.services.access import operators_alone, process_of, subscription_of
from gateway.services.acknowledge import ARCHIVE
from gateway.services.office import Office, gateway_caller
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction

LONGEST: Final = timedelta(days=366)
BATCH: Final = 50


async def start(
    office: Office, caller: Caller, subscription_id: str, mode: Mode, lasting: timedelta, once: Once | None = None
) -> Rehearsal | Replay:
    """Begins a dual run: from now on the door of `mode` shows the inbox as if it owned it, what is open included.

    For ADMIN. Raises ForbiddenError; NotFoundError; InvalidRequestError for the mode that owns the subscription, or a
    time that is none; ConflictError while another dual run or a drain is under way, or when the idempotency key was
    used for another request.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> Rehearsal:
        known = tx.subscriptions.hold(subscription_id)
        if known is None:
            raise NotFoundError("Subscription")
        return start_held(tx, caller, known, mode, lasting, now)

    begun = await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))
    office.signals.published()
    return begun


async def end(office: Office, caller: Caller, subscription_id: str) -> Comparison:
    """Ends the dual run of a subscription before its time and answers its result; the overlay goes.

    For ADMIN. Raises ForbiddenError, NotFoundError when none is under way.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> tuple[Comparison, list[str]]:
        known = tx.subscriptions.hold(subscription_id)
        found = None if known is None else finish(tx, caller, known, now)
        if known is None or found is None:
            raise NotFoundError("Dual run")
        return found

    result, blobs = await office.store.write(verb)
    for key in blobs:
        await office.blobs.delete(key)
    return result


async def end_due(office: Office) -> int:
    """Ends the dual runs whose time is over, each in its own transaction; answers how many."""
    caller = gateway_caller(office, "rehearsals")
    now = office.clock()
    ended = 0
    for rehearsal_id in await office.store.read(lambda tx: tx.rehearsals.due(now, BATCH)):
        blobs = await office.store.write(partial(_end_due, caller, rehearsal_id, now))
        for key in blobs or ():
            await office.blobs.delete(key)
        ended += blobs is not None
    return ended


async def compare(office: Office, caller: Caller, rehearsal_id: str) -> Comparison:
    """What the two systems did so far, or in the end. For ADMIN. Raises ForbiddenError or NotFoundError."""
    operators_alone(caller)

    def query(tx: Transaction) -> Comparison:
        found = tx.rehearsals.get(rehearsal_id)
        if found is None:
            raise NotFoundError("Dual run")
        return comparison(tx, found)

    return await office.store.read(query)


async def latest(office: Office, caller: Caller, subscription_id: str) -> Comparison:
    """The same of the subscription's dual run that began last. For ADMIN. Raises as `compare` does."""
    operators_alone(caller)

    def query(tx: Transaction) -> Comparison:
        found = tx.rehearsals.latest(subscription_id)
        if found is None:
            raise NotFoundError("Dual run")
        return comparison(tx, found)

    return await office.store.read(query)


def start_held(
    tx: Transaction, caller: Caller, known: Subscription, mode: Mode, lasting: timedelta, now: datetime
) -> Rehearsal:
    """Begins the dual run of a subscription that the transaction holds. Raises as `start` does."""
    faults = []
    if mode is known.access_mode:
        faults.append(f"mode: {mode} owns the subscription; the door of another mode rehearses")
    if not timedelta(0) < lasting <= LONGEST:
        faults.append(f"lasting: a dual run lasts some time, at most {LONGEST.days} days")
    if faults:
        raise InvalidRequestError(*faults)
    if known.rehearsal_id is not None:
        raise ConflictError(
            f"A dual run is under way in which {known.rehearsal_mode} rehearses; end it first",
            state={"rehearsal": known.rehearsal_id},
        )
    if tx.deliveries.open_of(known.id, now).pinned:
        raise ConflictError("A drain is under way: the old door finishes first, then another can rehearse")
    begun = Rehearsal(new_id(), known.id, mode, known.epoch, caller.actor, now, now + lasting)
    tx.rehearsals.begin(begun)
    tx.subscriptions.rehearse(known.id, begun.id, mode)
    tx.journal.write(
        Entry.REHEARSAL_STARTED,
        caller,
        now,
        subscription_id=known.id,
        epoch=known.epoch,
        detail={"rehearsal": begun.id, "mode": mode, "until": begun.ends_at.isoformat(timespec="milliseconds")},
    )
    return begun


def finish(tx: Transaction, caller: Caller, known: Subscription, now: datetime) -> tuple[Comparison, list[str]] | None:
    """Ends the dual run of a subscription that the transaction holds: its result is kept, its overlay goes.

    Answers the result and the blobs that nothing names any more; None when none is under way.
    """
    running = None if known.rehearsal_id is None else tx.rehearsals.get(known.rehearsal_id)
    if running is None:
        return None
    result = comparison(tx, running, over=True)
    blobs = tx.rehearsals.end(running.id, _dump(result), now)
    tx.subscriptions.rehearse(known.id, None, None)
    tx.journal.write(
        Entry.REHEARSAL_ENDED,
        caller,
        now,
        subscription_id=known.id,
        epoch=known.epoch,
        detail={"rehearsal": running.id, "mode": running.mode, **result.totals},
    )
    kept = tx.rehearsals.get(running.id)
    assert kept is not None, "a result stays"
    return Comparison(kept, result.owner, result.rows), blobs


def comparison(tx: Transaction, of: Rehearsal, *, over: bool = False) -> Comparison:
    """What the two systems did; of a dual run that has ended, the result that was kept."""
    if of.result is not None:
        return _load(of, of.result)
    subscription = subscription_of(tx, of.subscription_id)
    mandatory = process_of(tx, subscription.process).rules.mandatory
    ways: dict[str, tuple[Way, Way]] = {}
    rows = []
    for shown in tx.rehearsals.deliveries(of.id):
        real = tx.deliveries.get(shown.delivery_id)
        if real is None or real.state is DeliveryState.WITHDRAWN or real.subscription_id != of.subscription_id:
            continue  # taken back from both, or gone with its case to another organization
        if real.closed_at is not None and real.closed_at < of.started_at:
            continue  # settled before: what the rehearsing door repeated of it is no answer
        if shown.case_id not in ways:
            ways[shown.case_id] = _ways(tx, of, subscription.organization, shown.case_id)
        one, two = _sides(tx, of, subscription.access_mode, real, shown, ways[shown.case_id])
        likeness, differences = compare_sides(mandatory, (subscription.access_mode, one), (of.mode, two), over=over)
        rows.append(Compared(real.id, real.case_id, real.archive_name, likeness, differences))
    return Comparison(of, subscription.access_mode, tuple(rows))


def _end_due(caller: Caller, rehearsal_id: str, now: datetime, tx: Transaction) -> list[str] | None:
    rehearsal = tx.rehearsals.get(rehearsal_id)
    known = None if rehearsal is None else tx.subscriptions.hold(rehearsal.subscription_id)
    if known is None or known.rehearsal_id != rehearsal_id:
        return None
    found = finish(tx, caller, known, now)
    return None if found is None else found[1]


def _ways(tx: Transaction, of: Rehearsal, organization: str, case_id: str) -> tuple[Way, Way]:
    """The statuses that the owner and the rehearsing door set on a case since the dual run began."""
    known = tx.overlays.case(of.id, case_id)
    assert known is not None, "a case comes with its delivery"
    events = [one for one in tx.events.of_case(case_id) if one.transmitter == organization and one.id > of.id]
    return way_of(known.way.begun, events), known.way


def _sides(
    tx: Transaction, of: Rehearsal, owner: Mode, real: Delivery, shown: Rehearsed, ways: tuple[Way, Way]
) -> tuple[Side, Side]:
    held = [found for one in tx.archives.attachments(real.id) if (found := tx.attachments.get(one)) is not None]
    served = tx.servings.of_delivery(real.id)
    owners, others = (_digests(real, held, served, mode) for mode in (owner, of.mode))
    one = Side(touched(real.state, real.fetched_at), owners, ways[0])
    return one, Side(touched(shown.state, shown.fetched_at), others, ways[1])


def _digests(
    delivery: Delivery, held: list[Attachment], served: list[tuple[Door, Serving]], mode: Mode
) -> frozenset[bytes]:
    """The digests of the attachments that went out whole through the doors of a mode: alone, or in the archive."""
    found = set()
    for serving in (serving for door, serving in served if door.mode is mode):
        whole = Coverage(serving.coverage.get(ARCHIVE, ())).covers(delivery.archive_size)
        for one in held:
            if one.blob and (whole or Coverage(serving.coverage.get(one.id, ())).covers(one.size)):
                found.add(one.blob.sha256)
    return frozenset(found)


def _dump(result: Comparison) -> str:
    rows = [[one.delivery_id, one.case_id, one.archive, one.likeness, list(one.differences)] for one in result.rows]
    return json.dumps({"owner": result.owner, "rows": rows}, ensure_ascii=False, separators=(",", ":"))


def _load(of: Rehearsal, text: str) -> Comparison:
    kept: dict[str, Any] = json.loads(text)
    rows = tuple(Compared(row[0], row[1], row[2], Likeness(row[3]), tuple(row[4])) for row in kept["rows"])
    return Comparison(of, Mode(kept["owner"]), rows)
