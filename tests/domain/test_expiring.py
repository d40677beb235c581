"""Passwords and keys whose end comes near."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from gateway.domain.authorized_keys import PARIS
from gateway.domain.expiring import CredentialKind, Expiring, expiring
from gateway.domain.referential import SftpAccount

KEY = "ssh-ed25519 AAAA"
ACCOUNT = SftpAccount(
    "id",
    "SI-1",
    "rennes",
    password_hash="a hash",
    password_until=date(2026, 7, 1),
    public_keys=("damaged", f'expiry-time="20260702" {KEY}', KEY),
)
MIDNIGHT = datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_a_password_ends_with_its_day_and_a_key_with_its_moment() -> None:
    assert list(expiring(ACCOUNT, PARIS, MIDNIGHT)) == [
        Expiring("rennes", "SI-1", CredentialKind.PASSWORD, MIDNIGHT),
        Expiring("rennes", "SI-1", CredentialKind.KEY, MIDNIGHT, 2),
    ]
    assert list(expiring(ACCOUNT, PARIS, MIDNIGHT - timedelta(milliseconds=1))) == []


def test_an_authority_that_ends_is_told_beside_keys() -> None:
    account = replace(ACCOUNT, password_until=None, authorities=(KEY, f'expiry-time="20260702" {KEY}'))
    assert [(one.kind, one.position) for one in expiring(account, PARIS, MIDNIGHT)] == [("key", 2), ("authority", 2)]


def test_a_day_without_a_password_is_no_end() -> None:
    assert [one.kind for one in expiring(replace(ACCOUNT, password_hash=None), PARIS, MIDNIGHT)] == ["key"]


def test_days_are_whole_ones() -> None:
    (first, _) = expiring(ACCOUNT, PARIS, MIDNIGHT)
    for hours, days in ((49, 2), (24, 1), (1, 0), (-1, -1)):
        assert first.days(MIDNIGHT - timedelta(hours=hours)) == days
