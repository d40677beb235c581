"""The referential searched: lists with filters, an order and pages, and who takes which process now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, case, exists, func, not_, or_, select

from gateway.domain.identity import OrganizationId
from gateway.domain.lists import (
    Capability,
    CapabilityFilter,
    OrganizationFilter,
    Page,
    Paged,
    ProcessFilter,
    SubscriptionFilter,
)
from gateway.domain.referential import Organization, Process, Subscription, SubscriptionStatus, begun_before
from gateway.store.organizations import COLUMNS as ORGANIZATION_COLUMNS
from gateway.store.organizations import organization
from gateway.store.processes import COLUMNS as PROCESS_COLUMNS
from gateway.store.processes import process
from gateway.store.session import Row, Session
from gateway.store.statement import Statement
from gateway.store.subscriptions import COLUMNS as SUBSCRIPTION_COLUMNS
from gateway.store.subscriptions import subscription
from gateway.store.tables import organizations, processes, subscriptions
from gateway.store.values import from_ms, to_json, to_ms

Condition = ColumnElement[bool]
Orders = Mapping[str, ColumnElement[Any]]

_s, _o, _p = subscriptions.c, organizations.c, processes.c
_SUBSCRIBED = subscriptions.join(organizations, _o.id == _s.organization_id).join(processes, _p.code == _s.process_code)
_SUBSCRIPTION_ORDERS: Orders = {
    "id": _s.id,
    "datapass_id": _s.datapass_id,
    "si_type": _o.type,
    "si_company_register": _o.company_register,
    "si_branch_code": _o.branch_code,
    "notification_frequency": _s.notification_frequency,
    "access_mode": _s.access_mode,
    "delegation_actor": _s.delegation_actor,  # their addresses stand first in both
    "email": _s.email,
    "local_admin": _s.local_administrator,
    "rejection_reason": _s.rejection_reason,
    "activate_date_time": _s.activate_at,
    "validate_date_time": _s.validate_at,
    "reject_date_time": _s.reject_at,
    "end_date_time": _s.end_at,
    "update_date_time": _s.updated_at,
    "process_code": _s.process_code,
}
_DATES: Mapping[str, str] = {"create_date_time": "created_at", "update_date_time": "updated_at", "osl": "osl_id"}


class Directory:
    """Reads rows of `organizations`, `processes` and `subscriptions`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def subscriptions(self, asked: SubscriptionFilter, page: Page, now: datetime) -> Paged[Subscription]:
        """A page of subscriptions, by id unless ordered; their status is filtered and ordered as it is shown `now`."""
        shown = case(
            (and_(_s.status == SubscriptionStatus.ACTIVE, not_(_active(now))), SubscriptionStatus.INACTIVE.value),
            else_=_s.status,
        )
        where = [
            *_equal({_o.company_register: asked.company_register, _s.process_code: asked.process, shown: asked.status}),
            *_owned(asked.osl),
            *_among(_s.process_code, asked.processes),
        ]
        if asked.delegation_actor_email is not None:
            text = to_json({"email": asked.delegation_actor_email.lower()}).removesuffix("}")
            where.append(func.lower(func.substr(_s.delegation_actor, 1, len(text))) == text)
        orders = {**_SUBSCRIPTION_ORDERS, "status": shown}
        rows, total = self._page(SUBSCRIPTION_COLUMNS, _SUBSCRIBED, where, orders, page, [_s.id])
        return Paged(tuple(map(subscription, rows)), page.offset, total)

    def organizations(self, asked: OrganizationFilter, page: Page) -> Paged[Organization]:
        """A page of organizations, by name of the form TYPE-siret-branch unless ordered."""
        where = _equal({_o.type: asked.type, _o.company_register: asked.company_register, _o.id: asked.only})
        rows, total = self._page(ORGANIZATION_COLUMNS, organizations, where, _own(_o), page, [_o.id])
        return Paged(tuple(map(organization, rows)), page.offset, total)

    def processes(self, asked: ProcessFilter, page: Page) -> Paged[Process]:
        """A page of processes, by code unless ordered."""
        where = [*_equal({_p.osl_id: asked.osl, _p.code: asked.code}), *_owned(asked.seen_by)]
        if asked.subscriber is not None:
            where.append(exists().where(_s.process_code == _p.code, _s.organization_id == asked.subscriber))
        rows, total = self._page(PROCESS_COLUMNS, processes, where, _own(_p), page, [_p.code])
        return Paged(tuple(map(process, rows)), page.offset, total)

    def capabilities(
        self, asked: CapabilityFilter, after: tuple[str, str] | None, most: int, now: datetime
    ) -> list[Capability]:
        """Who takes which process `now`, behind a process and an organization, ordered by these two."""
        where = [
            _active(now),
            _p.is_activated.is_(True),
            *_equal(
                {
                    _o.company_register: asked.company_register,
                    _o.branch_code: asked.branch_code,
                    _o.postal_code: asked.postal_code,
                    _s.process_code: asked.process,
                }
            ),
            *_owned(asked.osl),
            *_among(_s.process_code, asked.processes),
        ]
        if after is not None:
            same = and_(_s.process_code == after[0], _s.organization_id > after[1])
            where.append(or_(_s.process_code > after[0], same))
        query = (
            select(_s.process_code, _o.id, _o.name, _o.postal_code, _o.territory, _s.activate_at, _s.end_at)
            .select_from(_SUBSCRIBED)
            .where(*where)
            .order_by(_s.process_code, _s.organization_id)
            .limit(most)
        )
        return [
            Capability(row[0], OrganizationId.parse(row[1]), row[2], row[3], row[4], from_ms(row[5]), from_ms(row[6]))
            for row in self._session.rows(Statement(query))
        ]

    def _page(
        self,
        columns: Sequence[Column[Any]],
        table: FromClause,
        where: Sequence[Condition],
        orders: Orders,
        page: Page,
        key: Sequence[Column[Any]],
    ) -> tuple[list[Row], int]:
        """The rows of a page, nulls last and the key deciding between equals, and the number of all rows.

        Written for this one question: its clauses depend on what is asked.
        """
        counted = self._session.row(Statement(select(func.count()).select_from(table).where(*where)))
        order: list[ColumnElement[Any]] = []
        if page.order is not None:
            field = orders[page.order]
            order.append((field.desc() if page.descending else field.asc()).nulls_last())
        query = select(*columns).select_from(table).where(*where).order_by(*order, *key)
        rows = self._session.rows(Statement(query.limit(page.most).offset(page.offset)))
        return rows, 0 if counted is None else counted[0]


def _own(columns: Any) -> Orders:
    """A table's own columns, under the names they are ordered by."""
    return {
        **{column.name: column for column in columns},
        **{name: columns[at] for name, at in _DATES.items() if at in columns},
    }


def _active(now: datetime) -> Condition:
    """The SQL of `Subscription.active`."""
    return and_(
        _s.status == SubscriptionStatus.ACTIVE.value,
        or_(_s.activate_at.is_(None), _s.activate_at < to_ms(begun_before(now))),
        or_(_s.end_at.is_(None), _s.end_at > to_ms(now)),
    )


def _owned(osl: str | None) -> list[Condition]:
    return [] if osl is None else [or_(_p.osl_id == osl, _p.osl_id.is_(None))]


def _among(column: Column[Any], values: tuple[str, ...]) -> list[Condition]:
    return [column.in_(values)] if values else []


def _equal(wanted: Mapping[ColumnElement[Any], str | None]) -> list[Condition]:
    return [column == value for column, value in wanted.items() if value is not None]
