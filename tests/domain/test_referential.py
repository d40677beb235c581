"""When a subscription takes deposits, and what accounts do when nothing else is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.deliveries import Gesture
from gateway.domain.referential import SERVED, SftpAccount, Subscription, SubscriptionStatus, begun_before

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(milliseconds=1), NOW + timedelta(milliseconds=1)
TONIGHT, TOMORROW = datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC)  # in Paris
ACTIVE, INACTIVE = SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE


@pytest.mark.parametrize(
    ("status", "activate_at", "end_at", "active"),
    [
        (SubscriptionStatus.ACTIVE, None, None, True),
        (SubscriptionStatus.ACTIVE, NOW, None, True),
        (SubscriptionStatus.ACTIVE, TONIGHT, None, True),
        (SubscriptionStatus.ACTIVE, TOMORROW, None, False),
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


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        ("2026-03-01T23:00:59.999+00:00", False),
        ("2026-03-01T23:01:00.000+00:00", True),
        ("2026-03-28T23:01:00.000+00:00", True),
    ],
)
@pytest.mark.parametrize("hour", ["2026-03-01T23:00:00+00:00", "2026-03-02T22:59:59.999+00:00"])
def test_an_activation_date_has_come_one_minute_into_its_day_in_paris(hour: str, now: str, begun: bool) -> None:
    assert (datetime.fromisoformat(hour) < begun_before(datetime.fromisoformat(now))) is begun


def test_it_is_due_when_it_was_validated_and_its_day_has_come() -> None:
    due = Subscription("id", "SI", "EtatCivil", INACTIVE, activate_at=NOW, validate_at=NOW)
    assert due.due(NOW)
    assert due.due(BEFORE) is False
    for changes in (
        {"status": SubscriptionStatus.SUSPENDED},
        {"status": SubscriptionStatus.REFUSED},
        {"status": ACTIVE},
        {"activate_at": None},
        {"activate_at": TOMORROW},
        {"validate_at": None},
        {"validate_at": AFTER},
        {"end_at": NOW},
    ):
        assert replace(due, **changes).due(NOW) is False, changes
    assert replace(due, end_at=AFTER).due(NOW)


def test_an_active_one_shows_as_inactive_outside_its_dates() -> None:
    active = Subscription("id", "SI", "EtatCivil", ACTIVE)
    assert active.shown(NOW) is ACTIVE
    assert replace(active, activate_at=TOMORROW).shown(NOW) is INACTIVE
    assert replace(active, end_at=NOW).shown(NOW) is INACTIVE
    suspended = replace(active, status=SubscriptionStatus.SUSPENDED, end_at=NOW)
    assert suspended.shown(NOW) is SubscriptionStatus.SUSPENDED


def test_an_inbox_is_served_after_its_end_but_not_while_it_is_suspended() -> None:
    assert set(SERVED) == {SubscriptionStatus.ACTIVE, SubscriptionStatus.INACTIVE}


def test_an_account_acknowledges_by_gestures_and_has_to_read_first() -> None:
    account = SftpAccount("id", "SI-21350238800019-35238", "rennes")
    assert account.acknowledge_on == {Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER}
    assert not account.allow_unread
