"""Subscriptions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway.domain.identity import Mode, Transport
from gateway.domain.referential import Complement, Subscription, SubscriptionStatus
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import subscriptions
from gateway.store.values import from_ms, to_ms

_c = subscriptions.c
COLUMNS = [
    _c.id,
    _c.organization_id,
    _c.process_code,
    _c.status,
    _c.access_mode,
    _c.transport,
    _c.epoch,
    _c.activate_at,
    _c.end_at,
    _c.template,
    _c.complement,
    _c.webhook,
    _c.email,
    _c.notification_frequency,
]
_CHANGING = (
    "status",
    "access_mode",
    "transport",
    "epoch",
    "activate_at",
    "end_at",
    "template",
    "complement",
    "webhook",
    "email",
    "notification_frequency",
    "updated_at",
)
_INSERT = insert_into(subscriptions)
_GET = Statement(select(*COLUMNS).where(_c.id == bindparam("id")))
_FIND = Statement(
    select(*COLUMNS).where(_c.organization_id == bindparam("organization"), _c.process_code == bindparam("process"))
)
_UPDATE = Statement(
    update(subscriptions).where(_c.id == bindparam("of")).values({name: bindparam(name) for name in _CHANGING})
)
_UNUSED = (
    "validate_at",
    "reject_at",
    "rejection_reason",
    "datapass_id",
    "local_administrator",
    "delegation_actor",
    "push",
)


class Subscriptions:
    """Rows of `subscriptions`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, identifier: str) -> Subscription | None:
        """The subscription of that id."""
        row = self._session.row(_GET, id=identifier)
        return None if row is None else subscription(row)

    def find(self, organization: str, process: str) -> Subscription | None:
        """The subscription of an organization to a process."""
        row = self._session.row(_FIND, organization=organization, process=process)
        return None if row is None else subscription(row)

    def add(self, new: Subscription, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(
            _INSERT,
            id=new.id,
            organization_id=new.organization,
            process_code=new.process,
            created_at=to_ms(now),
            **dict.fromkeys(_UNUSED),
            **(_values(new) | {"updated_at": None}),
        )

    def change(self, changed: Subscription, now: datetime) -> None:
        """Writes every field but organization and process."""
        self._session.run(_UPDATE, of=changed.id, **(_values(changed) | {"updated_at": to_ms(now)}))


def _values(of: Subscription) -> dict[str, Any]:
    return {
        "status": of.status,
        "access_mode": of.access_mode,
        "transport": of.transport,
        "epoch": of.epoch,
        "activate_at": to_ms(of.activate_at),
        "end_at": to_ms(of.end_at),
        "template": of.template,
        "complement": of.complement,
        "webhook": of.webhook,
        "email": of.email,
        "notification_frequency": of.notification_frequency,
    }


def subscription(row: Row) -> Subscription:
    """The subscription in a row of COLUMNS."""
    return Subscription(
        id=row[0],
        organization=row[1],
        process=row[2],
        status=SubscriptionStatus(row[3]),
        access_mode=Mode(row[4]),
        transport=Transport(row[5]),
        epoch=row[6],
        activate_at=from_ms(row[7]),
        end_at=from_ms(row[8]),
        template=row[9],
        complement=Complement(row[10]),
        webhook=row[11],
        email=row[12],
        notification_frequency=row[13],
    )
