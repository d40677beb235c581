"""Outgoing calls: claimed under a lease, settled by their outcome, tried again by the retry policy."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.alerts import AlertKind
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.outgoing import Outgoing, OutgoingState, WebhookKeys
from gateway.services.access import operators_alone
from gateway.services.alerts import alert
from gateway.services.figures import made_up
from gateway.services.office import Office, gateway_caller
from gateway.services.ports import Transaction
from gateway.services.webhook_keys import signing_key

_MARGIN = 3
"""A claim outlasts this many time-outs, so that a slow call is not made a second time meanwhile."""


@dataclass(frozen=True, slots=True)
class Call:
    """One POST to be made now; `url` None: its subscription has no webhook any more."""

    outgoing: Outgoing
    url: str | None
    body: bytes
    headers: Mapping[str, str]


async def claim(office: Office) -> list[Call]:
    """Takes the calls that are due, so that no other process makes them; they are to be settled."""
    now = office.clock()
    until = now + office.policy.outgoing_timeout * _MARGIN

    def verb(tx: Transaction) -> list[tuple[Outgoing, str | None, WebhookKeys]]:
        found = []
        for one in tx.outbox.claim(now, until, office.policy.outgoing_batch):
            subscription = tx.subscriptions.get(one.subscription_id)
            url = subscription.webhook if subscription else None
            found.append((one, url, tx.webhooks.keys(one.subscription_id)))
        return found

    claimed = await office.store.write(verb)
    return [Call(one, url, one.payload.encode(), _headers(office, one, keys, now)) for one, url, keys in claimed]


async def settle(office: Office, call: Call, failure: str | None) -> None:
    """Writes what became of a call. `failure` says why it failed, without secrets; None: it succeeded.

    After the last attempt, or when there is nowhere to call, the call is dead until somebody replays it.
    """
    now = office.clock()
    again_at = None
    state = OutgoingState.SENT
    if failure is not None:
        jitter = random.random()  # noqa: S311 (spreads calls, guards nothing)
        again_at = office.policy.retry.next_attempt(call.outgoing.attempts, now, jitter) if call.url else None
        state = OutgoingState.DEAD if again_at is None else OutgoingState.PENDING

    def verb(tx: Transaction) -> bool:
        """Whether it counts."""
        last = tx.outbox.settle(call.outgoing, state, now, again_at=again_at, error=failure and failure[:500])
        if last and state is not OutgoingState.PENDING:
            entry = Entry.OUTGOING_SENT if state is OutgoingState.SENT else Entry.OUTGOING_DEAD
            caller = gateway_caller(office, "outgoing")
            _line(tx, office, caller, entry, call.outgoing.id, call.outgoing)
        if last and state is OutgoingState.DEAD:
            tell_of_dead(tx, office, call.outgoing, failure or "", now)
        return last and not made_up(tx, call.outgoing.case_id)

    if await office.store.write(verb):
        office.meter.count("outgoing_total", outcome=state)


async def dead(office: Office, most: int = 100) -> list[Outgoing]:
    """The calls that were given up, oldest first."""
    return await office.store.read(lambda tx: tx.outbox.in_state(OutgoingState.DEAD, most))


async def replay(office: Office, caller: Caller, outgoing_id: str) -> None:
    """Gives a dead call all its attempts again. For operators.

    Raises ForbiddenError; ConflictError when there is no dead call of that id.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> None:
        if not tx.outbox.replay(outgoing_id, now):
            raise ConflictError("There is no dead call of that id; list them first")
        _line(tx, office, caller, Entry.OUTGOING_REPLAYED, outgoing_id)

    await office.store.write(verb)


def tell_of_dead(tx: Transaction, office: Office, call: Outgoing, failure: str, now: datetime) -> None:
    """Alerts the people who run the gateway to a call that was given up, once in a while for each subscription."""
    of = tx.subscriptions.get(call.subscription_id)
    text = f"{call.kind} to {of.organization} for {of.process}" if of else call.kind
    detail = {"outgoing": call.id, "attempts": call.attempts, "failure": failure[:200]}
    alert(tx, office, AlertKind.OUTGOING_DEAD, text, now, detail, about=call.subscription_id)


def _headers(office: Office, outgoing: Outgoing, keys: WebhookKeys, now: datetime) -> dict[str, str]:
    """Content type, idempotency key, and the signatures of the Standard Webhooks specification, one by each key."""
    stamp = str(int(now.timestamp()))
    signed = f"{outgoing.id}.{stamp}.{outgoing.payload}".encode()
    signatures = []
    for generation in keys.signing(now):
        key = signing_key(office, outgoing.subscription_id, generation)
        signatures.append("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode())
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": outgoing.id,
        "webhook-id": outgoing.id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _line(
    tx: Transaction,
    office: Office,
    caller: Caller,
    entry: Entry,
    outgoing_id: str,
    call: Outgoing | None = None,
) -> None:
    subscription, case = (call.subscription_id, call.case_id) if call else (None, None)
    detail = {"outgoing": outgoing_id}
    tx.journal.write(entry, caller, office.clock(), subscription_id=subscription, case_id=case, detail=detail)
