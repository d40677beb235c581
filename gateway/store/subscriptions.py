"""Subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, or_, select, update

from gateway.domain.identity import Mode, Transport
from gateway.domain.referential import Complement, Contact, Subscription, SubscriptionStatus, begun_before
from gateway.store.push_targets import target, target_text
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import subscriptions
from gateway.store.values import from_json, from_ms, to_json, to_ms

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
    _c.validate_at,
    _c.reject_at,
    _c.rejection_reason,
    _c.datapass_id,
    _c.local_administrator,
    _c.delegation_actor,
    _c.updated_at,
    _c.rehearsal_id,
    _c.rehearsal_mode,
    _c.push,
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
    "validate_at",
    "reject_at",
    "rejection_reason",
    "datapass_id",
    "local_administrator",
    "delegation_actor",
    "push",
    "rehearsal_id",
    "rehearsal_mode",
    "updated_at",
)
_INSERT = insert_into(subscriptions)
_CREATE = Statement(
    lambda insert: (
        insert(subscriptions)
        .values({column.name: bindparam(column.name) for column in subscriptions.columns})
        .on_conflict_do_nothing(index_elements=[_c.organization_id, _c.process_code])
    )
)
_get = select(*COLUMNS).where(_c.id == bindparam("id"))
_GET = Statement(_get)
_HOLD = Statement(_get.with_for_update())
_SHARE = Statement(_get.with_for_update(read=True, key_share=True))
_AMONG: Final = 50  # so many are held by one statement
_HOLD_ALL = Statement(
    select(*COLUMNS).where(_c.id.in_([bindparam(f"id_{n}") for n in range(_AMONG)])).order_by(_c.id).with_for_update()
)
_DUE = Statement(
    select(_c.id)
    .where(
        _c.status == bindparam("status"),
        _c.validate_at <= bindparam("now"),
        _c.activate_at < bindparam("begun"),
        or_(_c.end_at.is_(None), _c.end_at > bindparam("now")),
    )
    .order_by(_c.activate_at, _c.id)
    .limit(bindparam("most"))
)
_FIND = Statement(
    select(*COLUMNS).where(_c.organization_id == bindparam("organization"), _c.process_code == bindparam("process"))
)
_UPDATE = Statement(
    update(subscriptions).where(_c.id == bindparam("of")).values({name: bindparam(name) for name in _CHANGING})
)

_REHEARSE = Statement(
    update(subscriptions)
    .where(_c.id == bindparam("of"))
    .values(rehearsal_id=bindparam("rehearsal"), rehearsal_mode=bindparam("mode"))
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

    def hold(self, identifier: str) -> Subscription | None:
        """The subscription of that id, kept from changes by others until the transaction ends."""
        row = self._session.row(_HOLD, id=identifier)
        return None if row is None else subscription(row)

    def share(self, identifier: str) -> Subscription | None:
        """The same, kept as it is until the transaction ends, by many at once: who holds it waits for all of them."""
        row = self._session.row(_SHARE, id=identifier)
        return None if row is None else subscription(row)

    def hold_all(self, identifiers: Iterable[str]) -> dict[str, Subscription]:
        """Those of these ids, by id, held in the order of their ids, in which nobody waits for the other."""
        found: list[Subscription] = []
        left = sorted(identifiers)
        for start in range(0, len(left), _AMONG):
            asked = left[start : start + _AMONG]
            padded = {f"id_{n}": asked[min(n, len(asked) - 1)] for n in range(_AMONG)}
            found += [subscription(row) for row in self._session.rows(_HOLD_ALL, **padded)]
        return {one.id: one for one in found}

    def add(self, new: Subscription, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(_INSERT, **_new(new, now))

    def create(self, new: Subscription, now: datetime) -> bool:
        """Adds a new one, unless the organization has a subscription to the process already."""
        return self._session.run(_CREATE, **_new(new, now)) == 1

    def due(self, now: datetime, most: int) -> list[str]:
        """The ids of those that are to become active, see `Subscription.due`; the longest waiting first."""
        rows = self._session.rows(
            _DUE, status=SubscriptionStatus.INACTIVE, now=to_ms(now), begun=to_ms(begun_before(now)), most=most
        )
        return [row[0] for row in rows]

    def rehearse(self, identifier: str, rehearsal: str | None, mode: Mode | None) -> None:
        """Notes the dual run that begins, or that none is under way any more. For its subscriber nothing changed."""
        self._session.run(_REHEARSE, of=identifier, rehearsal=rehearsal, mode=mode)

    def change(self, changed: Subscription, now: datetime) -> None:
        """Writes every field but organization and process."""
        self._session.run(_UPDATE, of=changed.id, **(_values(changed) | {"updated_at": to_ms(now)}))


def _new(new: Subscription, now: datetime) -> dict[str, Any]:
    return _values(new) | {
        "id": new.id,
        "organization_id": new.organization,
        "process_code": new.process,
        "webhook_generation": 1,
        "webhook_previous_until": None,
        "created_at": to_ms(now),
        "updated_at": None,
    }


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
        "validate_at": to_ms(of.validate_at),
        "reject_at": to_ms(of.reject_at),
        "rejection_reason": of.rejection_reason,
        "datapass_id": of.datapass_id,
        "local_administrator": _contact_text(of.local_administrator),
        "delegation_actor": _contact_text(of.delegation_actor),
        "push": target_text(of.push),
        "rehearsal_id": of.rehearsal_id,
        "rehearsal_mode": of.rehearsal_mode,
    }


def _contact_text(of: Contact | None) -> str | None:
    """Its address stands first, where `store.subscription_lists` looks for it."""
    return None if of is None else to_json(asdict(of))


def _contact(text: str | None) -> Contact | None:
    return None if text is None else Contact(**from_json(text))


@lru_cache(maxsize=4096)
def subscription(row: Row) -> Subscription:
    """The subscription in a row of COLUMNS. Remembered by its content: gestures read the same ones again and again."""
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
        validate_at=from_ms(row[14]),
        reject_at=from_ms(row[15]),
        rejection_reason=row[16],
        datapass_id=row[17],
        local_administrator=_contact(row[18]),
        delegation_actor=_contact(row[19]),
        updated_at=from_ms(row[20]),
        rehearsal_id=row[21],
        rehearsal_mode=None if row[22] is None else Mode(row[22]),
        push=None if row[23] is None else target(row[23]),
    )
