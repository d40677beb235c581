"""The SQL of `domain.deliveries.owner`: which access mode owns a delivery now. Nothing stores it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, bindparam, case

from gateway.store.tables import deliveries, subscriptions

_d = deliveries.c


def owner() -> ColumnElement[str]:
    """The mode that owns the delivery at the parameter `now`; deliveries and subscriptions are to be joined."""
    pinned = and_(_d.pinned_mode.is_not(None), _d.pinned_until > bindparam("now"))
    return case((pinned, _d.pinned_mode), else_=subscriptions.c.access_mode).cast(String(7))
