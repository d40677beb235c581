"""Deadlines of deliveries and what depositors are told when they have passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.domain.expiry import expires_at, notice

PUBLISHED = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def test_a_deadline_is_counted_from_the_publication() -> None:
    assert expires_at(PUBLISHED, timedelta(days=60)) == datetime(2026, 5, 1, 23, 30, tzinfo=UTC)


def test_a_process_may_let_nothing_expire() -> None:
    assert expires_at(PUBLISHED, None) is None


def test_the_notice_tells_the_local_day_in_french_first() -> None:
    text = notice(PUBLISHED.astimezone(ZoneInfo("Europe/Paris")))
    french, english = text.split(" / ", 1)
    assert "03/03/2026" in french
    assert "délai" in french
    assert "2026-03-03" in english
    assert "not collected" in english
