"""Settling deliveries: one counted acknowledgement each, whatever the door (delivery rules, States of a delivery)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.deliveries import (
    ACKNOWLEDGED,
    Delivery,
    DeliveryState,
    Gesture,
    Judgement,
    Verdict,
    counts,
    judge,
    owner,
    status_of,
)
from gateway.domain.dossiers import Case, EventStatus, Folder
from gateway.domain.identity import Caller, Door, Role
from gateway.domain.journal import Entry
from gateway.domain.referential import Subscription
from gateway.domain.statuses import Step, allowed
from gateway.services.access import process_of, subscription_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.progress import advance, notify
from gateway.services.rehearsing import is_stage

Held = tuple[Delivery, Subscription, bool]
"""A delivery that nobody else moves meanwhile, as `Deliveries.for_gesture` finds it."""

_KEEPS_NOTIFICATION = (Gesture.STATUS, Gesture.INTEGRATION_ERROR, Gesture.RECEIPT)
_ENTRIES = {
    DeliveryState.FETCHED: Entry.DELIVERY_FETCHED,
    DeliveryState.ACCEPTED: Entry.DELIVERY_ACCEPTED,
    DeliveryState.REJECTED: Entry.DELIVERY_REJECTED,
}


def gesture(
    tx: Transaction,
    office: Office,
    caller: Caller,
    delivery_id: str,
    made: Gesture,
    now: datetime,
    *,
    opened_owned: bool = False,
    allow_unread: bool = True,
    reading_accepts: bool = False,
) -> Verdict:
    """Takes one gesture on one delivery and writes all that follows from it.

    `opened_owned`: the caller's door owned the delivery when it was opened, as the door itself remembers; what it did
    earlier is looked up. Answers FOREIGN when the gesture does not count for this caller, or there is no such delivery.
    """
    held = tx.deliveries.for_gesture(delivery_id, caller.door, caller.reader)
    if held is None:
        return Verdict.FOREIGN
    return gesture_on(
        tx,
        office,
        caller,
        held,
        made,
        now,
        opened_owned=opened_owned,
        allow_unread=allow_unread,
        reading_accepts=reading_accepts,
    )


def gesture_on(
    tx: Transaction,
    office: Office,
    caller: Caller,
    held: Held,
    made: Gesture,
    now: datetime,
    *,
    opened_owned: bool = False,
    allow_unread: bool = True,
    reading_accepts: bool = False,
) -> Verdict:
    """The same for a delivery that this transaction holds already."""
    delivery, subscription, served_owned = held
    owning = owner(subscription.access_mode, delivery.pinned_mode, delivery.pinned_until, now)
    if not counts(caller.door, owning, late=opened_owned or served_owned):
        _once_a_day(tx, caller, delivery, made, now, Entry.DELIVERY_REFUSED)
        return Verdict.FOREIGN
    judgement = _judge(tx, delivery, made, allow_unread=allow_unread, reading_accepts=reading_accepts)
    if judgement.verdict is Verdict.MOVES:
        _move(tx, office, caller, delivery, subscription, made, judgement, now)
    elif judgement.verdict is Verdict.UNREAD:
        _once_a_day(tx, caller, delivery, made, now, Entry.DELIVERY_REFUSED)
    elif made is not Gesture.READ:
        _once_a_day(tx, caller, delivery, made, now, Entry.DELIVERY_REPEATED)
    return judgement.verdict


def whole_reading(
    tx: Transaction,
    office: Office,
    caller: Caller,
    held: Held,
    now: datetime,
    *,
    first: bool,
    opened_owned: bool = False,
    reading_accepts: bool = False,
) -> Verdict:
    """Takes the gesture of a reading of which nothing is missing any more.

    `first`: nothing was whole before for this caller. Then the journal knows of it even when it moves nothing, since
    every delivery that was served whole through more than one door or account is to be listed (delivery rules, What
    else must hold).
    """
    delivery = held[0]
    verdict = gesture_on(
        tx,
        office,
        caller,
        held,
        Gesture.READ,
        now,
        opened_owned=opened_owned,
        reading_accepts=reading_accepts,
    )
    if first and verdict is not Verdict.MOVES:
        tx.journal.write(
            Entry.DELIVERY_SERVED,
            caller,
            now,
            case_id=delivery.case_id,
            delivery_id=delivery.id,
            subscription_id=delivery.subscription_id,
        )
    return verdict


def accept_by_answer(
    tx: Transaction, office: Office, caller: Caller, case: Case, made: Gesture | None, now: datetime
) -> bool:
    """Accepts (or rejects) what an answer or a status settles: the fetched deliveries, else the oldest open one.

    If none is open, one that has expired and was not published again. `made` None: the caller may answer, but
    acknowledges nothing by it. False when the caller's door neither owns the subscription nor one of the case's
    deliveries, and never did when the caller opened it.
    """
    subscription = subscription_of(tx, case.subscription_id, hold=True)
    mode = caller.door.mode
    late = tx.servings.owned_of_case(case.id, caller.door, caller.reader)
    mine = [
        one
        for one in tx.deliveries.of_case(case.id)
        if one.id in late or owner(subscription.access_mode, one.pinned_mode, one.pinned_until, now) is mode
    ]
    if not mine and subscription.access_mode is not mode:
        return False
    if made is not None:
        for delivery in _settled_by_answer(mine, case):
            gesture(tx, office, caller, delivery.id, made, now)
    return True


def repeat(tx: Transaction, caller: Caller, delivery: Delivery, made: Gesture, now: datetime) -> Verdict:
    """A gesture that the caller has already made: answered like the first time, written once a day."""
    _once_a_day(tx, caller, delivery, made, now, Entry.DELIVERY_REPEATED)
    return Verdict.REPEATS


def _settled_by_answer(deliveries: Sequence[Delivery], case: Case) -> Sequence[Delivery]:
    fetched = [one for one in deliveries if one.state is DeliveryState.FETCHED]
    if fetched:
        return fetched
    unread = [one for one in deliveries if one.state is DeliveryState.READY]
    expired = [one for one in deliveries if one.state is DeliveryState.EXPIRED and one.publication == case.publication]
    return (unread or expired)[:1]


def _judge(
    tx: Transaction, delivery: Delivery, made: Gesture, *, allow_unread: bool, reading_accepts: bool
) -> Judgement:
    republished = False
    if delivery.state is DeliveryState.EXPIRED:
        found = tx.cases.get(delivery.case_id)
        republished = found is not None and found[0].publication > delivery.publication
    return judge(
        made,
        delivery.state,
        fetched=delivery.fetched_at is not None,
        republished=republished,
        allow_unread=allow_unread,
        reading_accepts=reading_accepts,
    )


def _move(
    tx: Transaction,
    office: Office,
    caller: Caller,
    delivery: Delivery,
    subscription: Subscription,
    made: Gesture,
    judgement: Judgement,
    now: datetime,
) -> None:
    """Writes the new state, the case's status and the journal line. The delivery is held, so the guard cannot fail."""
    state = judgement.state
    assert state is not None
    if state is DeliveryState.FETCHED:
        moved = tx.deliveries.fetch(delivery.id, now)
    else:
        grace = now + office.policy.grace if made is Gesture.READ else None
        moved = tx.deliveries.close(
            delivery.id,
            delivery.state,
            state,
            now,
            door=caller.door,
            actor=caller.actor,
            gesture=made,
            fetched=made is Gesture.READ,
            unread=judgement.unread,
            shown=caller.door is Door.API and made in _KEEPS_NOTIFICATION,
            listed_until=grace,
        )
    assert moved, "a held delivery is moved by nobody else"
    case, folder = _held_case(tx, delivery)
    tx.journal.write(
        _ENTRIES[state],
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        delivery_id=delivery.id,
        subscription_id=subscription.id,
        epoch=subscription.epoch,
        detail={"gesture": made} | ({"unread": True} if judgement.unread else {}),
    )
    if state in ACKNOWLEDGED and not folder.synthetic and not is_stage(tx):
        office.meter.count("acknowledgements_total", door=caller.door, gesture=made)
    if state is DeliveryState.ACCEPTED:
        _receive_event(tx, caller, delivery, case, now)
    _follow_gesture(tx, caller, case, folder, made, now)


def _follow_gesture(tx: Transaction, caller: Caller, case: Case, folder: Folder, made: Gesture, now: datetime) -> None:
    """Writes the status that the gesture itself stands for, where the transition table allows it."""
    wanted = status_of(made, caller.door)
    if wanted is None or wanted not in allowed(process_of(tx, case.process).rules, Role.SI, case.status):
        return
    advance(tx, caller, case, folder, (Step(wanted),), now)


def _receive_event(tx: Transaction, caller: Caller, delivery: Delivery, case: Case, now: datetime) -> None:
    """Outside the API, acceptance also marks the event that the delivery carries as received, and tells its author."""
    if delivery.event_id is None or caller.door is Door.API:
        return
    if not tx.events.change_status(delivery.event_id, EventStatus.SENT, EventStatus.RECEIVED, now):
        return
    event = tx.events.get(case.id, delivery.event_id)
    if event is not None and event.notification:
        notify(tx, case, replace(event, updated_at=now), case.depositor, case.recipient)


def _held_case(tx: Transaction, delivery: Delivery) -> tuple[Case, Folder]:
    found = tx.cases.hold(delivery.case_id)
    assert found is not None, "a delivery refers to its case"
    return found


def _once_a_day(
    tx: Transaction, caller: Caller, delivery: Delivery, made: Gesture, now: datetime, entry: Entry
) -> None:
    """Repetitions and refusals share one line a day for each delivery, actor and gesture."""
    if not tx.journal.repeated(delivery.id, caller.actor, made, now):
        return
    case, folder = _held_case(tx, delivery)
    tx.journal.write(
        entry,
        caller,
        now,
        folder_id=folder.id,
        case_id=case.id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        detail={"gesture": made, "state": delivery.state},
    )
