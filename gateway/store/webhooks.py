"""Where a subscription's webhook goes, and which keys sign it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, update

from gateway.domain.outgoing import WebhookKeys
from gateway.store.session import Session
from gateway.store.statement import Statement
from gateway.store.tables import subscriptions
from gateway.store.values import from_ms, to_ms

_c = subscriptions.c
_KEYS = Statement(select(_c.webhook_generation, _c.webhook_previous_until).where(_c.id == bindparam("of")))
_POINT = Statement(
    update(subscriptions).where(_c.id == bindparam("of")).values(webhook=bindparam("url"), updated_at=bindparam("now"))
)
_ROTATE = Statement(
    update(subscriptions)
    .where(_c.id == bindparam("of"), _c.webhook_generation == bindparam("before"))
    .values(
        webhook_generation=_c.webhook_generation + 1,
        webhook_previous_until=bindparam("until"),
        updated_at=bindparam("now"),
    )
)


class Webhooks:
    """The columns of `subscriptions` that are about webhooks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keys(self, subscription: str) -> WebhookKeys:
        """The keys of a subscription; those of one that was never rotated where there is none."""
        row = self._session.row(_KEYS, of=subscription)
        return WebhookKeys() if row is None else WebhookKeys(row[0], from_ms(row[1]))

    def point(self, subscription: str, url: str | None, now: datetime) -> None:
        """Sets the address to call, or that there is none."""
        self._session.run(_POINT, of=subscription, url=url, now=to_ms(now))

    def rotate(self, subscription: str, before: int, previous_until: datetime, now: datetime) -> bool:
        """Goes on to the next key, unless the last one is not `before` any more; the one before signs until a date."""
        values = {"of": subscription, "before": before, "until": to_ms(previous_until), "now": to_ms(now)}
        return self._session.run(_ROTATE, **values) == 1
