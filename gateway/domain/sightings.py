"""What was seen of a credential when it last logged in: its software, and how it speaks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.identity import Door

EVERY: Final = timedelta(hours=1)
LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Sighting:
    """`credential`: name of an account, id of a client. `software` as it names itself; `algorithms` as negotiated.

    `legacy_at`: when an algorithm was last used that only an exception of the account allows. `mark`: of the secret or
    key it came in by, see `mark_of`; of what is read back, None.
    """

    door: Door
    credential: str
    seen_at: datetime
    software: str | None = None
    algorithms: str | None = None
    legacy_at: datetime | None = None
    mark: str | None = None

    def adds_to(self, known: Sighting | None) -> bool:
        """Whether it is worth writing: something differs, or the known one is an hour old."""
        if known is None or self.seen_at - known.seen_at >= EVERY:
            return True
        same = (self.software, self.algorithms) == (known.software, known.algorithms)
        return not same or (self.legacy_at is not None and known.legacy_at is None)


def mark_of(proof: str | bytes) -> str:
    """By what a secret (its stored hash) or a public key (its blob) is known again, and nothing can be done with."""
    return hashlib.sha256(proof.encode() if isinstance(proof, str) else proof).hexdigest()


def readable(text: str | None) -> str | None:
    """What a client says of itself, as it may be kept and shown: printable, short; None for nothing."""
    if not text:
        return None
    clean = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return clean.encode("utf-8", "replace").decode()[:LONGEST] or None
