"""Credentials whose end comes near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.authorized_keys import keys_of
from gateway.domain.referential import SftpAccount

SOON: Final = timedelta(days=30)


class CredentialKind(StrEnum):
    """What ends."""

    PASSWORD = "password"  # noqa: S105 (a kind, not one)
    KEY = "key"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Expiring:
    """One credential of an account: from `ends_at` on it opens nothing. `position` of a key in its list, from 1."""

    username: str
    organization: str
    kind: CredentialKind
    ends_at: datetime
    position: int = 0

    def days(self, now: datetime) -> int:
        """Whole days that are left; negative once it is over."""
        return (self.ends_at - now) // timedelta(days=1)


def expiring(account: SftpAccount, zone: ZoneInfo, before: datetime) -> Iterator[Expiring]:
    """The credentials of an account that end before that moment, or have ended."""
    if account.password_until is not None and account.password_hash is not None:
        midnight = datetime.combine(account.password_until + timedelta(days=1), time.min, zone)
        if midnight <= before:
            yield Expiring(account.username, account.organization, CredentialKind.PASSWORD, midnight)
    for kind, lines in ((CredentialKind.KEY, account.public_keys), (CredentialKind.AUTHORITY, account.authorities)):
        for position, line in enumerate(lines, 1):
            for key in keys_of((line,)):
                if key.expires_at is not None and key.expires_at <= before:
                    yield Expiring(account.username, account.organization, kind, key.expires_at, position)
