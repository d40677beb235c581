"""What is said in an alert, in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gateway.domain.alerts import Alert, AlertChannel, AlertKind, mail, payload

NOW = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)


def alert(kind: AlertKind, text: str = "bretagne", **detail: object) -> Alert:
    return Alert("0197a1b2", kind, AlertChannel.EMAIL, payload(kind, text, NOW, detail), NOW)


def test_a_webhook_says_what_when_and_about_what() -> None:
    assert json.loads(alert(AlertKind.MOVE_PAUSED, "bretagne", rule="error_rate_over").payload) == {
        "type": "move.paused",
        "timestamp": "2026-03-02T09:00:00.123+00:00",
        "data": {
            "title": {"fr": "Une migration est en pause", "en": "A move is paused"},
            "text": "bretagne",
            "detail": {"rule": "error_rate_over"},
        },
    }


def test_a_mail_says_it_in_french_then_in_english() -> None:
    found = mail(alert(AlertKind.MOVE_PAUSED, "bretagne: 3 % of 200 failed", rule="failed_deliveries_over"))
    assert found.subject == ("[gateway] Une migration est en pause / A move is paused: bretagne: 3 % of 200 failed")
    assert found.body.index("Une migration est en pause") < found.body.index("A move is paused")
    assert found.body.count("bretagne: 3 % of 200 failed") == 2
    assert found.body.count("  rule: failed_deliveries_over") == 2
    assert "2026-03-02 09:00:00 UTC · move.paused · 0197a1b2" in found.body


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_its_words_and_its_advice(kind: AlertKind) -> None:
    found = mail(alert(kind))
    assert found.subject.startswith("[gateway] ")
    assert found.body.count("bretagne") == 2


def test_a_subject_is_one_line_of_bounded_length() -> None:
    subject = mail(alert(AlertKind.TEST, "a\r\nBcc: somebody@example.org " + "long " * 100)).subject
    assert len(subject) == 200
    assert subject.isprintable()
