from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.domain.pushing import Breaker, PushTarget
from gateway.domain.retry import RetryPolicy

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = RetryPolicy(first=timedelta(seconds=10), ceiling=timedelta(minutes=1), attempts=12)


def test_a_breaker_opens_for_longer_each_time_and_never_gives_up() -> None:
    breaker = Breaker()
    assert breaker.lets(NOW)
    waits = []
    for _ in range(20):
        breaker = breaker.after("refused", NOW, POLICY, 1.0)
        assert breaker.open_until is not None
        waits.append((breaker.open_until - NOW).total_seconds())
    assert waits[:4] == [10, 20, 40, 60]
    assert waits[-1] == 60
    assert breaker.failures == 20
    assert breaker.last_error == "refused"
    assert not breaker.lets(NOW)
    assert breaker.lets(NOW + timedelta(minutes=1))


def test_a_policy_of_one_attempt_still_has_a_next_probe() -> None:
    breaker = Breaker().after("x" * 600, NOW, RetryPolicy(attempts=1), 0.5)
    assert breaker.open_until is not None
    assert len(breaker.last_error or "") == 500


def test_a_target_does_not_show_its_secrets() -> None:
    target = PushTarget("sftp.example.org", "hub", ("ssh-ed25519 AAAA",), password="sesame", key="PRIVATE")
    assert "sesame" not in repr(target)
    assert "PRIVATE" not in repr(target)
