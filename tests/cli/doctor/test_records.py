from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from gateway.cli.doctor.records import check
from gateway.domain.expiring import CredentialKind, Expiring
from gateway.services.checkup import Standing
from tests.cli.doctor.states import said, states

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
LATER = timedelta(days=60)


def test_nothing_to_look_at() -> None:
    found = check(Standing(0, None, {}), NOW, LATER)
    checks = ("credentials.legacy", "credentials.expiring", "outgoing.dead", "deliveries.oldest")
    assert states(found) == dict.fromkeys(checks, "ok")


def test_exceptions_that_ended_or_soon_will() -> None:
    ended = check(Standing(0, None, {"old": date(2026, 11, 30), "soon": date(2026, 12, 1)}), NOW, LATER)
    assert states(ended)["credentials.legacy"] == "warning"
    assert "1 exceptions for legacy algorithms have ended: old" in said(ended, "credentials.legacy")
    ending = check(Standing(0, None, {"soon": date(2026, 12, 31), "far": date(2027, 6, 1)}), NOW, LATER)
    assert "within 30 days: soon" in said(ending, "credentials.legacy")
    assert states(check(Standing(0, None, {"far": date(2027, 6, 1)}), NOW, LATER))["credentials.legacy"] == "ok"


def test_passwords_and_keys_that_end() -> None:
    ending = [
        Expiring(name, "SI-1", CredentialKind.PASSWORD, NOW + timedelta(days=days))
        for name, days in (("late", -1), ("soon", 3), ("soon", 4))
    ]
    found = check(Standing(0, None, {}), NOW, LATER, ending)
    assert states(found)["credentials.expiring"] == "warning"
    assert "3 passwords and keys end soon, 1 of them have ended: late, soon" in said(found, "credentials.expiring")


def test_many_names_are_cut() -> None:
    many = {f"account-{number}": date(2026, 1, 1) for number in range(8)}
    assert "account-4 and 3 more" in said(check(Standing(0, None, many), NOW, LATER), "credentials.legacy")


def test_calls_given_up() -> None:
    found = check(Standing(3, None, {}), NOW, LATER)
    assert states(found)["outgoing.dead"] == "warning"
    assert "gateway outgoing replay" in said(found, "outgoing.dead")


def test_a_dossier_is_old_after_half_of_its_time() -> None:
    for days, state in ((29, "ok"), (31, "warning")):
        found = check(Standing(0, NOW - timedelta(days=days), {}), NOW, LATER)
        assert states(found)["deliveries.oldest"] == state
        assert f"has waited {days} days" in said(found, "deliveries.oldest")
