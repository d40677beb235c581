"""Logins verified a short time ago, so that a poll with a password costs what a poll with a key costs."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=5)
CAPACITY = 20_000


class VerifiedLogins:
    """A bounded memory of (credential, its stored hash, secret) that matched.

    Only a keyed hash is held, under a key that lives as long as the process. The stored hash is part of it, so a change
    of the account forgets its logins at once.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._until: OrderedDict[bytes, datetime] = OrderedDict()

    def known(self, name: str, stored: str, secret: str, now: datetime) -> bool:
        """Whether that login was verified within LIFETIME."""
        until = self._until.get(self._mark(name, stored, secret))
        return until is not None and now < until

    def remember(self, name: str, stored: str, secret: str, now: datetime) -> None:
        """Notes that the login was verified now."""
        self._until[self._mark(name, stored, secret)] = now + LIFETIME
        while len(self._until) > CAPACITY:
            self._until.popitem(last=False)

    def _mark(self, *parts: str) -> bytes:
        text = "\0".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()
