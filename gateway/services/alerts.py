"""Alerts to the people who run the gateway: queued with what they tell of, sent at least once over each channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway.domain import alerts as words
from gateway.domain.alerts import Alert, AlertChannel, AlertKind
from gateway.domain.errors import ConflictError
from gateway.domain.identity import Caller
from gateway.domain.ids import new_id
from gateway.domain.outgoing import OutgoingState
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction

_MARGIN: Final = 3
"""A claim outlasts this many time-outs, as those of outgoing calls do."""


def alert(
    tx: Transaction,
    office: Office,
    kind: AlertKind,
    text: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    *,
    about: str | None = None,
) -> bool:
    """Queues an alert over each configured channel, in the caller's transaction; False if nobody is told.

    `text` says in a few words what it is about; it and `detail` hold no personal data. `about` names what lasts (a
    server, a disk): the same is told again only after a time that the configuration says. None: told each time.
    """
    policy = office.policy
    if about is not None and tx.alerts.told_since(kind, about, now - policy.alert_again):
        return False
    payload = words.payload(kind, text, now, detail or {})
    for channel in policy.alert_channels:
        tx.alerts.add(Alert(new_id(), kind, channel, payload, now, about or "", next_at=now))
    return bool(policy.alert_channels)


async def raise_alert(
    office: Office, kind: AlertKind, text: str, detail: Mapping[str, Any] | None = None, *, about: str | None = None
) -> bool:
    """The same in a transaction of its own, for what is no part of another."""
    now = office.clock()
    return await office.store.write(lambda tx: alert(tx, office, kind, text, now, detail, about=about))


async def claim(office: Office) -> list[Alert]:
    """Takes the alerts that are due, so that no other process sends them; they are to be settled."""
    now = office.clock()
    until = now + office.policy.outgoing_timeout * _MARGIN
    return await office.store.write(lambda tx: tx.alerts.claim(now, until, office.policy.outgoing_batch))


async def settle(office: Office, sent: Alert, failure: str | None) -> None:
    """Writes what became of an alert. `failure` says why it failed, without secrets; None: it arrived.

    After the last attempt it is dead until somebody replays it.
    """
    now = office.clock()
    again_at = None
    state = OutgoingState.SENT
    if failure is not None:
        jitter = random.random()  # noqa: S311 (spreads attempts, guards nothing)
        again_at = office.policy.retry.next_attempt(sent.attempts, now, jitter)
        state = OutgoingState.DEAD if again_at is None else OutgoingState.PENDING
    error = failure and failure[:500]
    if await office.store.write(lambda tx: tx.alerts.settle(sent, state, now, again_at=again_at, error=error)):
        office.meter.count("alerts_total", channel=sent.channel, outcome=state)


def unkept(office: Office, kind: AlertKind, text: str, channel: AlertChannel) -> Alert:
    """An alert that is to be sent at once and kept nowhere."""
    now = office.clock()
    return Alert(new_id(), kind, channel, words.payload(kind, text, now, {}), now)


def signing_key(office: Office, secret: str = "") -> bytes:
    """The key that signs alerts: the one of a secret (`whsec_` and base64), or one derived from the master key.

    Raises ValueError when the secret is not one.
    """
    if not secret:
        return office.secrets.derive("alerts")
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def headers(key: bytes, of: Alert, now: datetime) -> dict[str, str]:
    """Content type, idempotency key and signature of the Standard Webhooks specification."""
    stamp = str(int(now.timestamp()))
    signed = f"{of.id}.{stamp}.{of.payload}".encode()
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": of.id,
        "webhook-id": of.id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(),
    }


async def dead(office: Office, caller: Caller, most: int = 100) -> list[Alert]:
    """The alerts that were given up, oldest first. For operators; raises ForbiddenError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.alerts.in_state(OutgoingState.DEAD, most))


async def replay(office: Office, caller: Caller, alert_id: str) -> None:
    """Gives a dead alert all its attempts again. For operators.

    Raises ForbiddenError; ConflictError when there is no dead alert of that id.
    """
    operators_alone(caller)
    now = office.clock()
    if not await office.store.write(lambda tx: tx.alerts.replay(alert_id, now)):
        raise ConflictError("There is no dead alert of that id; list them first")
