"""The SFTP inbox: archives as listings show them, and what an account may open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.deliveries import Delivery, DeliveryState, Listed, Place, counts, owner
from gateway.domain.errors import NotFoundError
from gateway.domain.identity import Caller
from gateway.domain.referential import SERVED, Subscription
from gateway.pec.archive import Archive
from gateway.services.access import subscription_of
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rehearsing import on_subscription


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive that an account may read; `owned`: its door owns the delivery now, under `epoch`. Size in bytes.

    `opened_at` is when it was found. `place` is where it was asked for, `moved_to` where the account has put it.
    `rehearsed`: found in a dual run.
    """

    delivery: Delivery
    name: str
    size: int
    published_at: datetime
    owned: bool
    epoch: int
    opened_at: datetime
    place: Place | None = None
    moved_to: Place | None = None
    rehearsed: bool = False


async def inbox(office: Office, caller: Caller, process: str, *, short: bool = False) -> list[Listed]:
    """The archives waiting in the account's inbox of a process, oldest first; `short`: they will be a few hundred."""
    now = office.clock()
    account = _account(caller)
    look = office.store.peek if short else office.store.read
    return await look(lambda tx: tx.archives.inbox(account, process, now))


async def placed(office: Office, caller: Caller, process: str, place: Place) -> list[Listed]:
    """The archives that the account moved to DONE or FAILED, for as long as doors keep them."""
    since = office.clock() - office.policy.retention
    account = _account(caller)
    return await office.store.read(lambda tx: tx.archives.placed(account, process, place, since))


async def find(
    office: Office, caller: Caller, process: str, place: Place | None, name: str, *, again: bool = False
) -> Opened:
    """The archive of that name in the inbox itself (`place` None) or in a place.

    In the inbox a closed archive stays addressable, and with `again` also one that the account has moved away, so that
    a repeated gesture finds it. Raises NotFoundError: no such archive, another subscriber's, withdrawn, or never this
    door's.
    """
    now = office.clock()
    return await office.store.glance(lambda tx: found(tx, office, caller, process, place, name, now, again=again))


async def open_archive(
    office: Office, caller: Caller, process: str, place: Place | None, name: str
) -> tuple[Opened, Archive]:
    """The same with what is frozen, to be laid out, in one look. Raises NotFoundError also when it was purged."""
    now = office.clock()

    def query(tx: Transaction) -> tuple[Opened, bytes | None]:
        opened = found(tx, office, caller, process, place, name, now)
        return opened, tx.archives.content(opened.delivery.id)

    opened, data = await office.store.glance(query)
    if data is None:
        raise NotFoundError("File")
    return opened, Archive.load(data)


def found(
    tx: Transaction,
    office: Office,
    caller: Caller,
    process: str,
    place: Place | None,
    name: str,
    now: datetime,
    *,
    again: bool = False,
) -> Opened:
    """What `find` finds, within a transaction of the caller's. Raises NotFoundError."""
    account = _account(caller)
    row, rehearsed = _seen(tx, caller, account, process, place, name)
    if row is None or row[1].status not in SERVED:
        raise NotFoundError("File")
    delivery, subscription, moved_to = row
    if moved_to is not place and not (again and place is None):
        raise NotFoundError("File")
    owning = owner(subscription.access_mode, delivery.pinned_mode, delivery.pinned_until, now)
    owned = counts(caller.door, owning, late=False)
    if not _addressable(tx, office, caller, delivery, now, owned=owned):
        raise NotFoundError("File")
    return Opened(
        delivery,
        name,
        delivery.archive_size,
        delivery.published_at,
        owned and not rehearsed,
        subscription.epoch,
        now,
        place,
        moved_to,
        rehearsed,
    )


def _seen(
    tx: Transaction, caller: Caller, account: str, process: str, place: Place | None, name: str
) -> tuple[tuple[Delivery, Subscription, Place | None] | None, bool]:
    """What an account finds there, and whether it finds it because it rehearses."""
    if place is None:
        row = tx.archives.by_name(account, process, name)
        stage = tx if row is None else on_subscription(tx, caller, row[1], hold=False)
        return (row, False) if stage is tx else (stage.archives.by_name(account, process, name), True)
    row = tx.archives.by_place(account, process, place, name)
    found = tx.rehearsals.by_place(account, process, place, name) if row is None else None
    delivery = None if found is None else tx.deliveries.get(found[1])
    if delivery is None:
        return row, False
    stage = on_subscription(tx, caller, subscription_of(tx, delivery.subscription_id), hold=False)
    return stage.archives.by_place(account, process, place, name), True


async def content(office: Office, opened: Opened) -> Archive:
    """The frozen archive, to be laid out. Raises NotFoundError when it was purged."""
    data = await office.store.peek(lambda tx: tx.archives.content(opened.delivery.id))
    if data is None:
        raise NotFoundError("File")
    return Archive.load(data)


def _addressable(
    tx: Transaction, office: Office, caller: Caller, delivery: Delivery, now: datetime, *, owned: bool
) -> bool:
    """Open and this door's; or once opened through it; closed ones for the retention, so that repetitions succeed."""
    if delivery.state is DeliveryState.WITHDRAWN:
        return False
    if not delivery.open and delivery.closed_at is not None and delivery.closed_at <= now - office.policy.retention:
        return False
    if owned:
        return True
    serving = tx.servings.get(delivery.id, caller.door, caller.reader)
    return serving is not None and serving.owned


def _account(caller: Caller) -> str:
    assert caller.account is not None, "only SFTP accounts have archives"
    return caller.account
