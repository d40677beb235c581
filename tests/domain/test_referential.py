"""When a subscription takes deposits, and what accounts do when nothing else is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.deliveries import Gesture
from gateway.domain.referential import SERVED, SftpAccount, Subscription, SubscriptionStatus

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(milliseconds=1), NOW + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("status", "activate_at", "end_at", "active"),
    [
        (SubscriptionStatus.ACTIVE, None, None, True),
        (SubscriptionStatus.ACTIVE, NOW, None, True),
        (SubscriptionStatus.ACTIVE, AFTER, None, False),
        (SubscriptionStatus.ACTIVE, BEFORE, AFTER, True),
        (SubscriptionStatus.ACTIVE, BEFORE, NOW, False),
        (SubscriptionStatus.INACTIVE, None, None, False),
        (SubscriptionStatus.SUSPENDED, None, None, False),
        (SubscriptionStatus.REFUSED, None, None, False),
    ],
)
def test_deposits_need_an_active_subscription_between_its_dates(
    status: SubscriptionStatus, activate_at: datetime | None, end_at: datetime | None, active: bool
) -> None:
    subscription = Subscription(
        "id", "SI-21350238800019-35238", "EtatCivil", status, activate_at=activate_at, end_at=end_at
    )
    assert subscription.active(NOW) is active


def test_an_inbox_is_served_after_its_end_but_not_while_it_is_suspended() -> None:
    assert set(SERVED) == {SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE}


def test_an_account_acknowledges_by_gestures_and_has_to_read_first() -> None:
    account = SftpAccount("id", "SI-21350238800019-35238", "rennes")
    assert account.acknowledge_on == {Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER}
    assert not account.allow_unread
