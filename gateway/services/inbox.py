"""The API inbox of an organization: its notices, and its open deliveries as notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge

from gateway.domain.deliveries import Gesture, Verdict
from gateway.domain.dossiers import Notification
from gateway.domain.errors import ForbiddenError, NotFoundError
from gateway.domain.identity import Caller, Door, Mode, Role
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.rehearsing import apart, on_subscription
from gateway.services.settle import gesture

_NOUN = "Notification"
_SHORT = 100


class Outcome(StrEnum):
    """What became of one notification that was to be acknowledged."""

    ACKNOWLEDGED = "acknowledged"
    REPEATED = "repeated"
    NOT_FOUND = "not-found"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One of several acknowledgements."""

    id: str
    outcome: Outcome


async def notifications(
    office: Office,
    caller: Caller,
    most: int,
    processes: Sequence[str] = (),
    priorities: Sequence[str] = (),
    after: tuple[datetime, str] | None = None,
) -> list[Notification]:
    """At most `most` notifications of the caller's organization (and process), oldest first.

    `processes` narrows to these codes; those of `priorities` come before the others. `after`: the date and the id
    behind which the list begins.
    """
    now = office.clock()
    look = office.store.glance if most <= _SHORT else office.store.read
    return await look(lambda tx: _list(tx, caller, most, processes, priorities, now, after))


async def dismiss(office: Office, caller: Caller, notification_id: str) -> None:
    """Deletes a notification. That of a delivery accepts the delivery, and may be repeated.

    Raises NotFoundError when there is none, ForbiddenError when it is another organization's.
    """
    now = office.clock()
    verdict = await office.store.write(lambda tx: _dismiss(tx, office, caller, notification_id, now))
    if verdict is Verdict.FOREIGN:
        raise NotFoundError(_NOUN)


async def acknowledge(
    office: Office, caller: Caller, notification_ids: Sequence[str], once: Once | None = None
) -> list[Acknowledged] | Replay:
    """Deletes several notifications in one transaction, each as `dismiss` does; answers in the order asked for.

    What is not there, another organization's or another door's is NOT_FOUND, and hinders none of the others. Raises
    ConflictError when the idempotency key was used for another request.
    """
    now = office.clock()

    def verb(tx: Transaction) -> list[Acknowledged]:
        # in one order, so that two clients that share ids wait for each other and not in a circle
        found = {one: _outcome(tx, office, caller, one, now) for one in sorted(set(notification_ids))}
        answer = []
        for one in notification_ids:
            answer.append(Acknowledged(one, found[one]))
            if found[one] is Outcome.ACKNOWLEDGED:
                found[one] = Outcome.REPEATED
        return answer

    def apart_from_others(tx: Transaction) -> list[Acknowledged] | Replay:
        rehearsals = () if once is None else tx.rehearsals.of_organization(caller.organization, Mode.API)
        return only_once(tx, caller, apart(once, rehearsals), now, verb)

    return await office.store.write(apart_from_others)


def _outcome(tx: Transaction, office: Office, caller: Caller, notification_id: str, now: datetime) -> Outcome:
    try:
        verdict = _dismiss(tx, office, caller, notification_id, now)
    except ForbiddenError:
        return Outcome.NOT_FOUND
    if verdict is Verdict.FOREIGN:
        return Outcome.NOT_FOUND
    return Outcome.ACKNOWLEDGED if verdict is Verdict.MOVES else Outcome.REPEATED


def _list(
    tx: Transaction,
    caller: Caller,
    most: int,
    processes: Sequence[str],
    priorities: Sequence[str],
    now: datetime,
    after: tuple[datetime, str] | None,
) -> list[Notification]:
    if most <= 0:
        return []
    wanted = set(processes)
    if caller.process is not None:
        wanted = wanted & {caller.process} if wanted else {caller.process}
        if not wanted:
            return []
    sources = []
    for identifier, process, rehearsal in tx.notifications.subscribed(caller.organization):
        if wanted and process not in wanted:
            continue
        sources.append(tx.notifications.of_subscription(identifier, now, most, after))
        if rehearsal is not None and caller.role is Role.SI:
            sources.append(tx.notifications.of_rehearsal(rehearsal, most, after))
    narrowed: list[str | None] = [*sorted(wanted)] or [None]
    narrowed += [code for code in priorities if not wanted or code in wanted]
    sources += [tx.notifications.notices(caller.organization, code, most, after) for code in narrowed]
    if priorities:
        found = {one.id: one for source in sources for one in source}.values()
        return sorted(found, key=lambda one: (one.process not in priorities, one.created_at, one.id))[:most]
    return list(merge(*sources, key=lambda one: (one.created_at, one.id)))[:most]


def _dismiss(tx: Transaction, office: Office, caller: Caller, notification_id: str, now: datetime) -> Verdict:
    if tx.notifications.delete(notification_id, caller.organization):
        return Verdict.MOVES
    if tx.notifications.recipient(notification_id) is not None:
        raise ForbiddenError
    delivery = tx.deliveries.get(notification_id)
    if delivery is None:
        return Verdict.FOREIGN
    subscription = tx.subscriptions.get(delivery.subscription_id)
    if subscription is None or subscription.organization != caller.organization:
        raise ForbiddenError
    if caller.process is not None and caller.process != delivery.process:
        raise ForbiddenError
    stage = on_subscription(tx, caller, subscription)
    seen = stage.deliveries.get(delivery.id) or delivery
    verdict = gesture(stage, office, caller, delivery.id, Gesture.DISMISS, now)
    if verdict is Verdict.FOREIGN and seen.open:
        return verdict
    if seen.closed_door is Door.API:  # what another door closed is shown, if anywhere, by that door
        stage.deliveries.dismiss(delivery.id)
    if stage is not tx and delivery.closed_door is Door.API:  # the door's own, from when it owned the subscription
        tx.deliveries.dismiss(delivery.id)
    return Verdict.MOVES if verdict is Verdict.MOVES else Verdict.REPEATS
