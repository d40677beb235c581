"""Who may say something on a case: the depositor always, the recipient through the door that owns the case."""

from __future__ import annotations

from datetime import datetime

from gateway.domain.deliveries import owner
from gateway.domain.dossiers import Case, Event
from gateway.domain.errors import ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.statuses import Status
from gateway.services.access import is_recipient, subscription_of
from gateway.services.ports import Transaction


def may_act(tx: Transaction, caller: Caller, case: Case, now: datetime) -> None:
    """Raises unless the caller may change the case.

    NotFoundError for a recipient whose door neither owns the subscription nor one of the case's deliveries, and did not
    when the caller read the case (delivery rules: what does not count is answered as if the object were not there).
    InvalidRequestError when the case accepts nothing any more, or is not published yet.
    """
    if case.status is Status.ARCHIVED:
        raise InvalidRequestError("The case is archived and accepts nothing any more")
    if case.publication == 0:
        raise InvalidRequestError("The folder of the case is not completed yet")
    if is_recipient(caller, case) and not _owns(tx, caller, case, now):
        raise NotFoundError("Case")


def own_event(tx: Transaction, caller: Caller, case: Case, event_id: str) -> Event:
    """The event, if the caller's organization is its author. Raises NotFoundError or ForbiddenError."""
    event = tx.events.get(case.id, event_id)
    if event is None:
        raise NotFoundError("Event")
    if event.transmitter != caller.organization:
        raise ForbiddenError
    return event


def _owns(tx: Transaction, caller: Caller, case: Case, now: datetime) -> bool:
    mode = caller.door.mode
    subscription = subscription_of(tx, case.subscription_id)
    if subscription.access_mode is mode or tx.servings.owned_of_case(case.id, caller.door, caller.reader):
        return True
    return any(
        owner(subscription.access_mode, one.pinned_mode, one.pinned_until, now) is mode
        for one in tx.deliveries.of_case(case.id)
    )
