"""Hashes of secrets (argon2id; older kinds are only verified), and keys derived from the gateway's master key."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.domain.password_hashes import HashKind, kind_of, sha512_parts
from gateway.store.sha512_crypt import sha512_crypt

_BCRYPT_READS: Final = 72  # bytes; older libraries ignored the rest without a word
_LONGEST: Final = 4096  # bytes; the work of sha512-crypt grows with the square of a password's length


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
        """Whether the hash is that of the secret: argon2, or imported as bcrypt or sha512-crypt.

        Anything that is no hash costs the same work as argon2 and never matches.
        """
        match kind_of(hashed):
            case HashKind.BCRYPT:
                return _bcrypt(hashed, secret.encode())
            case HashKind.SHA512_CRYPT if len(secret.encode()) <= _LONGEST:
                return _sha512_crypt(hashed, secret.encode())
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


def _bcrypt(hashed: str, secret: bytes) -> bool:
    try:
        return bcrypt.checkpw(secret[:_BCRYPT_READS], hashed.encode())
    except ValueError:  # a salt with bits that cannot be
        return False


def _sha512_crypt(hashed: str, secret: bytes) -> bool:
    parts = sha512_parts(hashed)
    assert parts is not None, "its kind was told by its shape"
    rounds, salt = parts
    return hmac.compare_digest(sha512_crypt(secret, salt, rounds), hashed.rpartition("$")[2])
