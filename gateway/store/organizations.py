"""Organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway.domain.identity import OrganizationId
from gateway.domain.referential import Organization
from gateway.store.session import Row, Session
from gateway.store.statement import Statement, insert_into
from gateway.store.tables import organizations
from gateway.store.values import from_ms, to_ms

_c = organizations.c
_FIELDS = ("name", "code", "country", "postal_code", "territory", "email", "phone_number", "status")
COLUMNS = [_c.id, *(_c[name] for name in _FIELDS), _c.created_at, _c.updated_at]

_INSERT = insert_into(organizations)
_CREATE = Statement(
    lambda insert: (
        insert(organizations)
        .values({column.name: bindparam(column.name) for column in organizations.columns})
        .on_conflict_do_nothing(index_elements=[_c.id])
    )
)
_get = select(*COLUMNS).where(_c.id == bindparam("id"))
_GET = Statement(_get)
_HOLD = Statement(_get.with_for_update())
_UPDATE = Statement(
    update(organizations)
    .where(_c.id == bindparam("of"))
    .values({name: bindparam(name) for name in (*_FIELDS, "updated_at")})
)


class Organizations:
    """Rows of `organizations`, by their name `TYPE-siret-branch`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, name: str) -> Organization | None:
        """The organization of that name."""
        row = self._session.row(_GET, id=name)
        return None if row is None else organization(row)

    def hold(self, name: str) -> Organization | None:
        """The organization of that name, kept from changes by others until the transaction ends."""
        row = self._session.row(_HOLD, id=name)
        return None if row is None else organization(row)

    def add(self, organization: Organization, now: datetime) -> None:
        """Adds a new one."""
        self._session.run(_INSERT, **_new(organization, now))

    def create(self, organization: Organization, now: datetime) -> bool:
        """Adds a new one, unless there is one of that name."""
        return self._session.run(_CREATE, **_new(organization, now)) == 1

    def change(self, organization: Organization, now: datetime) -> None:
        """Writes every field but the name."""
        self._session.run(_UPDATE, of=str(organization.id), updated_at=to_ms(now), **_fields(organization))


def organization(row: Row) -> Organization:
    """The organization in a row of COLUMNS."""
    fields: dict[str, Any] = dict(zip(_FIELDS, row[1:-2], strict=True))
    return Organization(
        OrganizationId.parse(row[0]), **fields, created_at=from_ms(row[-2]), updated_at=from_ms(row[-1])
    )


def _new(organization: Organization, now: datetime) -> dict[str, Any]:
    identity = organization.id
    return {
        "id": str(identity),
        "type": identity.type,
        "company_register": identity.company_register,
        "branch_code": identity.branch_code,
        "created_at": to_ms(now),
        "updated_at": None,
        **_fields(organization),
    }


def _fields(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in _FIELDS}
