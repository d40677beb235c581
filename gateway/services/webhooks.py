"""A subscription's webhook in its subscriber's own hands: address, signing secret, test calls, what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Role
from gateway.domain.ids import new_id
from gateway.domain.journal import Entry
from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.domain.referential import Subscription
from gateway.services.access import out_of_process
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.webhook_keys import usable_address, webhook_key

OVERLAP: Final = timedelta(hours=24)
"""How long the secret before signs too, so that a receiver can be changed without missing a call."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a subscription is called; `previous_until` while two secrets sign. `secret` only where it is told."""

    url: str
    generation: int
    previous_until: datetime | None
    secret: str | None = field(default=None, repr=False)


async def read(office: Office, caller: Caller, subscription_id: str) -> Webhook:
    """The webhook, without its secret. Raises ForbiddenError, NotFoundError."""
    return await office.store.read(lambda tx: _webhook(tx, office, _own(tx, caller, subscription_id)))


async def point(office: Office, caller: Caller, subscription_id: str, url: str) -> Webhook:
    """Sets the address to call, and tells the secret that signs.

    Raises ForbiddenError, NotFoundError; InvalidRequestError for an address that is not usable.
    """

    def verb(tx: Transaction) -> Webhook:
        own = _own(tx, caller, subscription_id)
        if not usable_address(url):
            raise InvalidRequestError(
                "@body.url: must be an https:// address without credentials (http:// only to this machine itself)"
            )
        if own.webhook != url:
            tx.webhooks.point(own.id, url, office.clock())
            _line(tx, office, caller, Entry.SUBSCRIPTION_CHANGED, own, webhook="set")
        found = tx.subscriptions.get(own.id)
        assert found is not None, "it was just changed"
        return _webhook(tx, office, found, told=True)

    return await office.store.write(verb)


async def drop(office: Office, caller: Caller, subscription_id: str) -> None:
    """Calls the subscriber no more; what is still queued becomes dead. Raises ForbiddenError, NotFoundError."""

    def verb(tx: Transaction) -> None:
        own = _own(tx, caller, subscription_id)
        _webhook(tx, office, own)
        tx.webhooks.point(own.id, None, office.clock())
        _line(tx, office, caller, Entry.SUBSCRIPTION_CHANGED, own, webhook="dropped")

    await office.store.write(verb)


async def rotate(office: Office, caller: Caller, subscription_id: str, once: Once | None = None) -> Webhook | Replay:
    """Goes on to a new secret and tells it; the one before signs too for OVERLAP, older ones no more.

    Raises ForbiddenError, NotFoundError; ConflictError when another rotation came between.
    """

    def verb(tx: Transaction) -> Webhook:
        own = _own(tx, caller, subscription_id)
        generation = _webhook(tx, office, own).generation
        now = office.clock()
        if not tx.webhooks.rotate(own.id, generation, now + OVERLAP, now):
            raise ConflictError("The secret was rotated meanwhile: read the webhook again")
        _line(tx, office, caller, Entry.WEBHOOK_ROTATED, own, generation=generation + 1)
        return _webhook(tx, office, own, told=True)

    return await office.store.write(lambda tx: only_once(tx, caller, once, office.clock(), verb))


async def send_test(office: Office, caller: Caller, subscription_id: str, once: Once | None = None) -> str | Replay:
    """Queues one signed call that says it is a test, and answers its id.

    Raises ForbiddenError, NotFoundError; ConflictError when the idempotency key was used for another request.
    """

    def verb(tx: Transaction) -> str:
        own = _own(tx, caller, subscription_id)
        _webhook(tx, office, own)
        now = office.clock()
        data = {"subscriptionId": own.id, "processCode": own.process, "subscriber": own.organization}
        payload = {"type": "webhook.test", "timestamp": now.isoformat(timespec="milliseconds"), "data": data}
        call = Outgoing(new_id(), "test", own.id, json.dumps(payload, separators=(",", ":")), now, next_at=now)
        tx.outbox.add(call)
        _line(tx, office, caller, Entry.WEBHOOK_TESTED, own, outgoing=call.id)
        return call.id

    return await office.store.write(lambda tx: only_once(tx, caller, once, office.clock(), verb))


async def calls(
    office: Office, caller: Caller, subscription_id: str, state: OutgoingState | None, after: str, most: int
) -> list[Outgoing]:
    """At most `most` calls of the subscription behind the id `after`, oldest first.

    Raises ForbiddenError, NotFoundError.
    """
    return await office.store.read(
        lambda tx: tx.outbox.of_subscription(_own(tx, caller, subscription_id).id, state, after, most)
    )


async def replay(
    office: Office, caller: Caller, subscription_id: str, outgoing_id: str, once: Once | None = None
) -> Replay | None:
    """Gives a dead call of the subscription all its attempts again.

    Raises ForbiddenError, NotFoundError; ConflictError with its state when it is not dead.
    """

    def verb(tx: Transaction) -> None:
        own = _own(tx, caller, subscription_id)
        call = tx.outbox.get(outgoing_id)
        if call is None or call.subscription_id != own.id:
            raise NotFoundError("Call")
        if not tx.outbox.replay(call.id, office.clock()):
            raise ConflictError("The call is not dead: only those are made again", {"state": call.state})
        _line(tx, office, caller, Entry.OUTGOING_REPLAYED, own, outgoing=call.id)

    return await office.store.write(lambda tx: only_once(tx, caller, once, office.clock(), verb))


def _own(tx: Transaction, caller: Caller, subscription_id: str) -> Subscription:
    """The subscription, for its subscriber's own software or ADMIN."""
    found = tx.subscriptions.get(subscription_id)
    if found is None:
        raise NotFoundError("Subscription")
    subscriber = caller.role is Role.SI and found.organization == caller.organization
    if not (subscriber or caller.role is Role.ADMIN) or out_of_process(caller, found.process):
        raise ForbiddenError
    return found


def _webhook(tx: Transaction, office: Office, of: Subscription, *, told: bool = False) -> Webhook:
    if of.webhook is None:
        raise NotFoundError("Webhook")
    keys = tx.webhooks.keys(of.id)
    overlaps = len(keys.signing(office.clock())) > 1
    secret = webhook_key(office, of.id, keys.generation) if told else None
    return Webhook(of.webhook, keys.generation, keys.previous_until if overlaps else None, secret)


def _line(tx: Transaction, office: Office, caller: Caller, entry: Entry, of: Subscription, **detail: Any) -> None:
    tx.journal.write(entry, caller, office.clock(), subscription_id=of.id, epoch=of.epoch, detail=detail)
