"""SFTP accounts, their keys and the subscriptions they serve."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from gateway.domain.deliveries import Gesture
from gateway.domain.referential import SftpAccount
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import sftp_account_subscriptions as links
from gateway.store.tables import sftp_accounts as accounts
from gateway.store.tables import subscriptions
from gateway.store.values import from_json, to_json, to_ms

_c = accounts.c
_COLUMNS = [
    _c.id,
    _c.organization_id,
    _c.username,
    _c.password_hash,
    _c.public_keys,
    _c.flat,
    _c.acknowledge_on,
    _c.allow_unread,
    _c.networks,
    _c.legacy_algorithms_until,
    _c.enabled,
    _c.version,
    _c.authorities,
    _c.password_until,
    _c.imported_hash,
]
_CHANGING = [column.name for column in _COLUMNS[1:] if column is not _c.username]

_INSERT = insert_into(accounts)
_BY_NAME = Statement(select(*_COLUMNS).where(_c.username == bindparam("username")))
_GET = Statement(select(*_COLUMNS).where(_c.id == bindparam("id")))
_PROCESSES = Statement(
    select(subscriptions.c.process_code)
    .join(links, links.c.subscription_id == subscriptions.c.id)
    .where(links.c.account_id == bindparam("account"))
    .distinct()
    .order_by(subscriptions.c.process_code)
)
_UPDATE = Statement(
    update(accounts)
    .where(_c.id == bindparam("of"))
    .values({name: bindparam(name) for name in (*_CHANGING, "updated_at")})
)
_REHASH = Statement(
    update(accounts)
    .where(_c.id == bindparam("of"), _c.password_hash == bindparam("before"))
    .values(password_hash=bindparam("made_anew"))
)
_EXPIRING = Statement(
    select(*_COLUMNS)
    .where(
        _c.enabled,
        or_(
            _c.password_until.is_not(None),
            _c.public_keys.contains("expiry-time"),
            _c.authorities.contains("expiry-time"),
        ),
    )
    .order_by(_c.username)
)
_TRUSTING = Statement(
    select(*_COLUMNS)
    .where(or_(_c.authorities != "[]", func.lower(_c.public_keys).contains("cert-authority")))
    .order_by(_c.username)
)
_LINK = insert_into(links)
_LINKS = Statement(select(links.c.subscription_id).where(links.c.account_id == bindparam("account")))
_UNLINK = Statement(delete(links).where(links.c.account_id == bindparam("account")))
_SERVES = Statement(
    select(links.c.account_id).where(
        links.c.account_id == bindparam("account"), links.c.subscription_id == bindparam("subscription")
    )
)


class Accounts:
    """Rows of `sftp_accounts` with the subscriptions they serve."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_username(self, username: str) -> SftpAccount | None:
        """The account of that login name, with the codes of the processes it serves."""
        return self._with_processes(self._session.row(_BY_NAME, username=username))

    def get(self, identifier: str) -> SftpAccount | None:
        """The account of that id, in the same way."""
        return self._with_processes(self._session.row(_GET, id=identifier))

    def _with_processes(self, row: Row | None) -> SftpAccount | None:
        if row is None:
            return None
        processes = tuple(code for (code,) in self._session.rows(_PROCESSES, account=row[0]))
        return _account(row, processes)

    def serves(self, account: str, subscription: str) -> bool:
        """Whether the account serves that subscription."""
        return self._session.row(_SERVES, account=account, subscription=subscription) is not None

    def subscriptions(self, account: str) -> set[str]:
        """The ids of the subscriptions that the account serves."""
        return {identifier for (identifier,) in self._session.rows(_LINKS, account=account)}

    def add(self, account: SftpAccount, now: datetime) -> None:
        """Adds a new one, serving nothing yet."""
        self._session.run(
            _INSERT,
            id=account.id,
            username=account.username,
            created_at=to_ms(now),
            updated_at=None,
            **_values(account),
        )

    def change(self, account: SftpAccount, now: datetime) -> None:
        """Writes every field but the login name."""
        self._session.run(_UPDATE, of=account.id, updated_at=to_ms(now), **_values(account))

    def rehash(self, account: str, before: str, after: str) -> bool:
        """Puts another hash of the same password in the place of one; False if that is not there any more.

        Nothing of the account changes by it, so its version and its last change stay.
        """
        return self._session.run(_REHASH, of=account, before=before, made_anew=after) == 1

    def expiring(self) -> list[SftpAccount]:
        """The enabled accounts with a password, key or authority that has an end, by name, without their processes."""
        return [_account(row, ()) for row in self._session.rows(_EXPIRING)]

    def trusting(self) -> list[SftpAccount]:
        """The accounts that trust an authority with its certificates, by name, without their processes."""
        return [_account(row, ()) for row in self._session.rows(_TRUSTING)]

    def serve(self, account: str, subscription_ids: set[str]) -> None:
        """Makes the account serve just these subscriptions."""
        self._session.run(_UNLINK, account=account)
        for identifier in sorted(subscription_ids):
            self._session.run(_LINK, account_id=account, subscription_id=identifier)


def _values(account: SftpAccount) -> dict[str, Any]:
    return {
        "organization_id": account.organization,
        "password_hash": account.password_hash,
        "public_keys": to_json(list(account.public_keys)),
        "flat": account.flat,
        "acknowledge_on": to_json(sorted(account.acknowledge_on)),
        "allow_unread": account.allow_unread,
        "networks": to_json(list(account.networks)),
        "legacy_algorithms_until": _to_day(account.legacy_algorithms_until),
        "authorities": to_json(list(account.authorities)),
        "password_until": _to_day(account.password_until),
        "imported_hash": account.imported_hash,
        "enabled": account.enabled,
        "version": account.version,
    }


def _account(row: Row, processes: tuple[str, ...]) -> SftpAccount:
    return SftpAccount(
        id=row[0],
        organization=row[1],
        username=row[2],
        password_hash=row[3],
        public_keys=tuple(from_json(row[4])),
        flat=bool(row[5]),
        acknowledge_on=frozenset(map(Gesture, from_json(row[6]))),
        allow_unread=bool(row[7]),
        networks=tuple(from_json(row[8])),
        legacy_algorithms_until=_from_day(row[9]),
        enabled=bool(row[10]),
        version=row[11],
        authorities=tuple(from_json(row[12])),
        password_until=_from_day(row[13]),
        imported_hash=row[14],
        processes=processes,
    )


def _to_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _from_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
