"""Switching a subscription to another door: one transaction, fenced by the epoch (delivery rules, Switch)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Mode, Right, Transport
from gateway.domain.journal import Entry
from gateway.domain.referential import Subscription
from gateway.domain.switches import InFlight, OpenDeliveries, Switch, Switched
from gateway.services import rehearsals
from gateway.services.access import may, operators_alone
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction


async def switch(office: Office, caller: Caller, subscription_id: str, wanted: Switch) -> Switched:
    """Switches one subscription. A rollback is a switch back, and re-opens nothing that was accepted.

    For ADMIN with the right to apply. Raises ForbiddenError, NotFoundError, InvalidRequestError for a switch that makes
    no sense, and ConflictError with the present mode and epoch when it was switched meanwhile.
    """
    done = await switch_once(office, caller, subscription_id, wanted, None)
    assert isinstance(done, Switched), "nothing is replayed without a key"
    return done


async def switch_once(
    office: Office, caller: Caller, subscription_id: str, wanted: Switch, once: Once | None
) -> Switched | Replay:
    """The same under a key: asked again, it answers what it did, and switches nothing. Raises as `switch` does."""
    may(caller, Right.APPLY)
    now = office.clock()

    def verb(tx: Transaction) -> Switched:
        known = tx.subscriptions.hold(subscription_id)
        if known is None:
            raise NotFoundError("Subscription")
        return switch_held(tx, caller, known, wanted, now)

    done = await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))
    if isinstance(done, Switched):
        office.meter.count("switches_total", to=done.after[0])
        office.signals.published()
    return done


async def find(office: Office, caller: Caller, subscriber: str, process: str) -> Subscription:
    """The subscription of an organization to a process. For ADMIN. Raises ForbiddenError or NotFoundError."""
    operators_alone(caller)
    found = await office.store.read(lambda tx: tx.subscriptions.find(subscriber, process))
    if found is None:
        raise NotFoundError(f"Subscription of {subscriber} to {process}")
    return found


async def open_deliveries(office: Office, caller: Caller, subscription_id: str) -> OpenDeliveries:
    """How many deliveries of a subscription are open now, whichever door owns them. For ADMIN."""
    operators_alone(caller)
    now = office.clock()
    return await office.store.read(lambda tx: tx.deliveries.open_of(subscription_id, now))


def keep(tx: Transaction, caller: Caller, known: Subscription, record: Subscription, now: datetime) -> Subscription:
    """Writes a changed subscription that the transaction holds, and answers it as it is kept.

    Another access mode or transport in it is a switch, by which what is open is carried.
    """
    moved = record.access_mode is Mode.SFTP and record.transport is not known.transport
    if record.access_mode is known.access_mode and not moved:
        tx.subscriptions.change(record, now)
        return replace(record, updated_at=now)
    done = switch_held(tx, caller, known, Switch(record.access_mode, record.transport), now, record=record)
    return replace(record, epoch=done.epoch, rehearsal_id=None, rehearsal_mode=None, updated_at=now)


def switch_held(
    tx: Transaction,
    caller: Caller,
    known: Subscription,
    wanted: Switch,
    now: datetime,
    *,
    record: Subscription | None = None,
    move: str | None = None,
) -> Switched:
    """Switches a subscription that the transaction holds; of its rows only those change that have to.

    `record`: the subscription with other changes that go with the switch. `move`: on whose behalf, for the journal. A
    dual run that is under way ends with its result. Raises InvalidRequestError and ConflictError as `switch` does.
    """
    transport = wanted.transport if wanted.to is Mode.SFTP else known.transport
    _check(known, wanted, transport)
    rehearsals.finish(tx, caller, known, now)  # the sweep finds the bytes that it leaves behind
    opened, ids = tx.deliveries.opened(known.id, now)
    mark = hashlib.sha256("\n".join(ids).encode())
    until = None
    if wanted.in_flight is InFlight.DRAIN and wanted.drain_for is not None:
        until = now + wanted.drain_for
        pinned = tx.deliveries.pin(known.id, known.access_mode, until, now)
        opened = replace(opened, pinned=opened.pinned + pinned)
    changed = replace(
        record or known,
        access_mode=wanted.to,
        transport=transport,
        epoch=known.epoch + 1,
        rehearsal_id=None,
        rehearsal_mode=None,
    )
    tx.subscriptions.change(changed, now)
    detail: dict[str, Any] = {
        "process": known.process,
        "subscriber": known.organization,
        "from": _named(known.access_mode, known.transport),
        "to": _named(changed.access_mode, changed.transport),
        "rule": wanted.in_flight,
        "open": {"ready": opened.ready, "fetched": opened.fetched, "pinned": opened.pinned},
    }
    if until is not None:
        detail["until"] = until.isoformat(timespec="milliseconds")
    if move is not None:
        detail["move"] = move
    tx.journal.write(
        Entry.SUBSCRIPTION_SWITCHED,
        caller,
        now,
        subscription_id=known.id,
        epoch=changed.epoch,
        digest=mark.digest(),
        detail=detail,
    )
    return Switched(
        known.id,
        known.organization,
        known.process,
        (known.access_mode, known.transport),
        (changed.access_mode, changed.transport),
        changed.epoch,
        opened,
        until,
    )


def _check(known: Subscription, wanted: Switch, transport: Transport) -> None:
    if wanted.epoch is not None and wanted.epoch != known.epoch:
        raise ConflictError(
            f"The subscription was switched meanwhile: it is in mode {known.access_mode}, epoch {known.epoch}, not "
            f"epoch {wanted.epoch}",
            state={"accessMode": known.access_mode, "transport": known.transport, "epoch": str(known.epoch)},
        )
    faults = []
    if wanted.to is known.access_mode and transport is known.transport:
        faults.append(f"to: the subscription is in mode {_named(wanted.to, transport)} already")
    if (wanted.in_flight is InFlight.DRAIN) is (wanted.drain_for is None):
        faults.append("drainFor: say how long a drain may take; it goes with inFlight drain alone")
    elif wanted.in_flight is InFlight.DRAIN and wanted.to is known.access_mode:
        faults.append("inFlight: between two transports there is nothing to drain, the door stays the same")
    if faults:
        raise InvalidRequestError(*faults)


def _named(mode: Mode, transport: Transport) -> str:
    return f"{mode} ({transport})" if mode is Mode.SFTP else str(mode)
