"""Whether a caller rehearses, and the transaction in which its verb then runs (delivery rules, Dual run).

The verbs are the same for a door that owns a subscription and for one that rehearses: the latter are given a stage,
which shows the subscription as the caller's own and keeps what is written to itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from gateway.domain.identity import Caller, Door, Role
from gateway.domain.referential import Subscription
from gateway.services.once import Once
from gateway.services.overlay import Stage
from gateway.services.ports import Transaction


def rehearses(caller: Caller, subscription: Subscription) -> bool:
    """Whether a dual run is under way in which the caller's door acts as if it owned the subscription."""
    return subscription.rehearsal_mode is not None and _may(caller) and subscription.rehearsal_mode is caller.door.mode


def on_subscription(tx: Transaction, caller: Caller, subscription: Subscription, *, hold: bool = True) -> Transaction:
    """The stage of the subscription's dual run if the caller rehearses there, else the transaction itself.

    The end of the dual run waits for whoever has a stage, so that nothing is written behind it. `hold` False: for one
    who only reads.
    """
    if subscription.rehearsal_id is None or not rehearses(caller, subscription):
        return tx
    return _stage(tx, subscription.rehearsal_id, hold=hold)


def on_case(tx: Transaction, caller: Caller, case_id: str, *, hold: bool = True) -> Transaction:
    """The same for the subscription of a case. Who may see the case is not asked here."""
    found = tx.rehearsals.on_case(case_id) if _may(caller) else None
    if found is None or found[1] is not caller.door.mode:
        return tx
    return _stage(tx, found[0], hold=hold)


def is_stage(tx: Transaction) -> bool:
    """Whether what is written there has no effect elsewhere."""
    return isinstance(tx, Stage)


def apart(once: Once | None, rehearsals: Sequence[str]) -> Once | None:
    """The key of a request by a caller that rehearses: it is not that of the same request after the dual run."""
    if once is None or not rehearsals:
        return once
    return replace(once, key=hashlib.sha256("\n".join((*rehearsals, once.key)).encode()).hexdigest())


def _may(caller: Caller) -> bool:
    """Subscribers' own credentials rehearse; the gateway does not push in a dual run."""
    return caller.role is Role.SI and caller.door is not Door.PUSH


def _stage(tx: Transaction, rehearsal_id: str, *, hold: bool) -> Transaction:
    rehearsal = tx.rehearsals.get(rehearsal_id)
    if rehearsal is None:
        return tx
    look = tx.subscriptions.share if hold else tx.subscriptions.get
    subscription = look(rehearsal.subscription_id)
    if subscription is None or subscription.rehearsal_id != rehearsal_id:
        return tx  # it ended a moment ago
    return cast(Transaction, Stage(tx, rehearsal, subscription.organization))
