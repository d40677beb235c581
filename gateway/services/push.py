"""Delivering to a subscriber's own SFTP server: which archive is next, whether it still is, and what became of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.alerts import AlertKind
from gateway.domain.deliveries import Delivery, Gesture, Serving, owner
from gateway.domain.identity import Caller, Door, Mode, Transport
from gateway.domain.journal import Entry
from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.domain.pushing import ACCOUNT_PREFIX, Breaker, PushTarget
from gateway.domain.referential import SERVED, SftpAccount, Subscription
from gateway.pec.archive import Archive
from gateway.services.acknowledge import ARCHIVE
from gateway.services.alerts import alert
from gateway.services.authenticate import account_caller
from gateway.services.figures import made_up
from gateway.services.office import Office, gateway_caller
from gateway.services.outgoing import tell_of_dead
from gateway.services.ports import Transaction
from gateway.services.push_keys import private_key
from gateway.services.push_secrets import unseal
from gateway.services.settle import gesture_on

_PATIENCE: Final = 3
"""Failures of a server in a row after which the people who run the gateway are told: fewer pass by themselves."""


@dataclass(frozen=True, slots=True)
class Server:
    """A subscriber's server while this process alone may go there. The secrets of `target` are open."""

    subscription_id: str
    process: str
    target: PushTarget
    account: SftpAccount
    breaker: Breaker
    holder: str
    lease: timedelta

    @property
    def caller(self) -> Caller:
        """On whose behalf the gateway acts there."""
        return account_caller(self.account, Door.PUSH)


@dataclass(frozen=True, slots=True)
class Push:
    """One archive on its way; `epoch` is that of its subscription at the start of the attempt."""

    outgoing: Outgoing
    delivery: Delivery
    archive: Archive
    epoch: int


def purpose(subscription_id: str) -> str:
    """What the secrets of a subscriber's server are sealed for."""
    return f"push:{subscription_id}"


async def waiting(office: Office, most: int) -> list[tuple[str, int]]:
    """The subscriptions for which something is due, with how often their server has failed in a row."""
    now = office.clock()
    return await office.store.read(lambda tx: tx.pushes.waiting(now, most))


async def open_server(office: Office, subscription_id: str, holder: str, lease: timedelta) -> Server | None:
    """Takes the right to go to a subscriber's server; None when another holder has it or nothing is pushed there.

    Raises UnsealableError when its secrets cannot be opened. To be given back by `leave`.
    """
    now = office.clock()

    def verb(tx: Transaction) -> tuple[Subscription, SftpAccount, Breaker] | None:
        subscription = tx.subscriptions.get(subscription_id)
        account = tx.accounts.by_username(ACCOUNT_PREFIX + subscription_id)
        if subscription is None or not _pushed(subscription) or account is None:
            return None
        if tx.leases.take(_lease(subscription_id), holder, now, now + lease) is None:
            return None
        return subscription, account, tx.breakers.get(subscription_id)

    found = await office.store.write(verb)
    if found is None:
        return None
    subscription, account, breaker = found
    assert subscription.push is not None
    target = _opened(office, subscription.id, subscription.push)
    return Server(subscription.id, subscription.process, target, account, breaker, holder, lease)


async def leave(office: Office, server: Server) -> None:
    """Gives the server back."""
    await office.store.write(lambda tx: tx.leases.release(_lease(server.subscription_id), server.holder))


async def keep(office: Office, server: Server) -> bool:
    """Prolongs the right to be there; False when it was lost."""
    now = office.clock()
    until = now + server.lease
    name = _lease(server.subscription_id)
    return await office.store.write(lambda tx: tx.leases.take(name, server.holder, now, until) is not None)


async def begin(office: Office, server: Server) -> Push | None:
    """The archive that has been due for longest. What is not to be pushed any more is forgotten on the way."""
    now = office.clock()

    def verb(tx: Transaction) -> tuple[Outgoing, Delivery, bytes, int] | None:
        while (call := tx.pushes.begin(server.subscription_id, now)) is not None:
            found = _ours(tx, call, now)
            content = None if found is None else tx.archives.content(call.id)
            if found is not None and content is not None:
                return call, found[0], content, found[1].epoch
            tx.pushes.drop(call)
        return None

    claimed = await office.store.write(verb)
    if claimed is None:
        return None
    call, delivery, content, epoch = claimed
    return Push(call, delivery, Archive.load(content), epoch)


async def still_ours(office: Office, server: Server, push: Push) -> bool:
    """Whether the archive is to be delivered by this attempt, asked just before it becomes visible there.

    False when a switch, a pin, a suspension or a withdrawal came between: then it is forgotten here.
    """
    now = office.clock()

    def verb(tx: Transaction) -> bool:
        if tx.leases.take(_lease(server.subscription_id), server.holder, now, now + server.lease) is None:
            return False
        if _ours(tx, push.outgoing, now) is not None:
            return True
        tx.pushes.drop(push.outgoing)
        return False

    return await office.store.write(verb)


async def delivered(office: Office, server: Server, push: Push, digest: bytes, *, found: bool) -> None:
    """Writes that the archive stands there whole: FETCHED, and ACCEPTED if a finished upload acknowledges.

    `digest`: SHA-256 of its bytes. `found`: an earlier attempt, whose end nobody learnt, had delivered it. That counts
    once: only the last attempt of a delivery settles it.
    """
    now = office.clock()
    delivery, caller = push.delivery, server.caller
    whole = Serving(owned=True, epoch=push.epoch, coverage={ARCHIVE: ((0, delivery.archive_size),)}, whole_at=now)

    def verb(tx: Transaction) -> bool | None:
        """Whether it counts; None when another attempt has settled it."""
        if not tx.outbox.settle(push.outgoing, OutgoingState.SENT, now, again_at=None, error=None):
            return None
        held = tx.deliveries.for_gesture(delivery.id, caller.door, caller.reader)
        assert held is not None, "a push refers to its delivery"
        tx.servings.save(delivery.id, caller.door, caller.reader, whole, now)
        accepts = Gesture.READ in server.account.acknowledge_on
        gesture_on(tx, office, caller, held, Gesture.READ, now, opened_owned=True, reading_accepts=accepts)
        tx.deliveries.note_fetch(delivery.id, now)
        case = tx.cases.get(delivery.case_id)
        tx.journal.write(
            Entry.DELIVERY_PUSHED,
            caller,
            now,
            folder_id=None if case is None else case[0].folder_id,
            case_id=delivery.case_id,
            delivery_id=delivery.id,
            subscription_id=server.subscription_id,
            epoch=push.epoch,
            digest=digest,
            detail={"attempt": push.outgoing.attempts} | ({"found": True} if found else {}),
        )
        tx.breakers.drop(server.subscription_id)
        return case is None or not case[1].synthetic

    counts = await office.store.write(verb)
    if counts:
        office.meter.count("pushes_total", outcome="delivered")
    if counts is not None:
        office.signals.published()


async def failed(office: Office, push: Push, error: str, *, give_up: bool = False) -> None:
    """Writes that an attempt failed, and when the next one is made.

    `give_up`: after the last attempt of the retry policy it is dead until an operator replays it; otherwise it goes on
    at the policy's slowest pace, until the delivery itself expires.
    """
    now, policy = office.clock(), office.policy.retry
    again_at = policy.next_attempt(push.outgoing.attempts, now, _jitter())
    if again_at is None and not give_up:
        again_at = now + policy.ceiling
    state = OutgoingState.DEAD if again_at is None else OutgoingState.PENDING

    def verb(tx: Transaction) -> bool:
        last = tx.outbox.settle(push.outgoing, state, now, again_at=again_at, error=error[:500])
        if last and state is OutgoingState.DEAD:
            sid = push.delivery.subscription_id
            detail = {"outgoing": push.outgoing.id}
            caller = gateway_caller(office, "push")
            case = push.delivery.case_id
            tx.journal.write(Entry.OUTGOING_DEAD, caller, now, subscription_id=sid, case_id=case, detail=detail)
            tell_of_dead(tx, office, push.outgoing, error, now)
        return last and not made_up(tx, push.delivery.case_id)

    if await office.store.write(verb):
        office.meter.count("pushes_total", outcome="dead" if state is OutgoingState.DEAD else "failed")


async def server_failed(office: Office, server: Server, error: str) -> Breaker:
    """Opens the server's breaker: nobody goes there for a while, longer each time."""
    now, policy, jitter = office.clock(), office.policy.retry, _jitter()

    def verb(tx: Transaction) -> Breaker:
        breaker = tx.breakers.get(server.subscription_id).after(error, now, policy, jitter)
        tx.breakers.put(server.subscription_id, breaker)
        if breaker.failures >= _PATIENCE:
            _tell(tx, office, server, breaker, now)
        return breaker

    office.meter.count("push_servers_failed_total")
    return await office.store.write(verb)


async def server_answered(office: Office, server: Server) -> None:
    """Closes the server's breaker."""
    if server.breaker.failures:
        await office.store.write(lambda tx: tx.breakers.drop(server.subscription_id))


def _tell(tx: Transaction, office: Office, server: Server, breaker: Breaker, now: datetime) -> None:
    of = tx.subscriptions.get(server.subscription_id)
    if of is None or of.push is None:
        return
    detail = {"failures": breaker.failures, "host": of.push.host, "failure": (breaker.last_error or "")[:200]}
    text = f"{of.organization} for {of.process}"
    alert(tx, office, AlertKind.PUSH_FAILING, text, now, detail, about=server.subscription_id)


def _ours(tx: Transaction, call: Outgoing, now: datetime) -> tuple[Delivery, Subscription] | None:
    delivery = tx.deliveries.get(call.id)
    subscription = tx.subscriptions.get(call.subscription_id)
    if delivery is None or subscription is None or not delivery.open or not _pushed(subscription):
        return None
    owning = owner(subscription.access_mode, delivery.pinned_mode, delivery.pinned_until, now)
    return (delivery, subscription) if owning is Mode.SFTP else None


def _pushed(subscription: Subscription) -> bool:
    return subscription.push is not None and subscription.transport is Transport.PUSH and subscription.status in SERVED


def _opened(office: Office, subscription_id: str, target: PushTarget) -> PushTarget:
    password, key = (
        None if sealed is None else unseal(office, purpose(subscription_id), sealed)
        for sealed in (target.password, target.key)
    )
    if password is None and key is None:
        key = private_key(office)
    return replace(target, password=password, key=key)


def _lease(subscription_id: str) -> str:
    return f"push:{subscription_id}"


def _jitter() -> float:
    return random.random()  # noqa: S311 (spreads attempts, guards nothing)
