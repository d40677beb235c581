"""Hashes of secrets (argon2id), and keys derived from the gateway's master key."""

from __future__ import annotations

import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


def hasher() -> PasswordHasher:
    """Argon2id at the least costs that OWASP's password storage guide has: some 20 ms.

    Importing hundreds of subscribers takes seconds then, and a flood of logins does not take the server down. Secrets
    that the gateway generates have 256 bits anyway.
    """
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Secrets:
    """See `services.ports.Secrets`. `costs` replaces `hasher()`."""

    def __init__(self, master_key: bytes, costs: PasswordHasher | None = None) -> None:
        self._master_key = master_key
        self._hasher = costs or hasher()
        self._decoy = self._hasher.hash("a hash that no secret has to match")

    def hash(self, secret: str) -> str:
        """A salted, slow hash."""
        return self._hasher.hash(secret)

    def verify(self, hashed: str, secret: str) -> bool:
        """Whether the hash is that of the secret. Anything that is no hash costs the same work and never matches."""
        try:
            return self._hasher.verify(hashed, secret)
        except InvalidHashError:
            self._spend(secret)
            return False
        except VerificationError:
            return False

    def _spend(self, secret: str) -> None:
        try:
            self._hasher.verify(self._decoy, secret)
        except VerificationError:
            return

    def derive(self, label: str) -> bytes:
        """32 bytes that only holders of the master key can make, always the same for a label."""
        return hmac.new(self._master_key, label.encode(), hashlib.sha256).digest()
