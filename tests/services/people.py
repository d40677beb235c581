"""Who takes part in the services' tests, with a clock to move, plain secrets and a meter that keeps its counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.identity import Caller, Door, Role

START = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OSL, OTHER_OSL = "OSL-13000918600011-00000", "OSL-13000918600011-00001"
RENNES, BREST, VANNES = "SI-21350238800019-35238", "SI-21290019900015-29019", "SI-21560260400013-56260"
GATEWAY = "ADMIN-00000000000000-00000"

DEPOSITOR = Caller(OSL, Role.OSL, Door.API, "depot")
OTHER_DEPOSITOR = Caller(OTHER_OSL, Role.OSL, Door.API, "other-depot")
RENNES_API = Caller(RENNES, Role.SI, Door.API, "rennes-api")
BREST_API = Caller(BREST, Role.SI, Door.API, "brest-api")
VANNES_API = Caller(VANNES, Role.SI, Door.API, "vannes-api")
OPERATOR = Caller(GATEWAY, Role.ADMIN, Door.GATEWAY, "replay")

XML, PDF = b"<acte/>" * 20, b"%PDF-1.7 " * 30


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


class PlainSecrets:
    """Secrets without the slowness; `verified` is what was compared."""

    def __init__(self) -> None:
        self.verified: list[str] = []

    def hash(self, secret: str) -> str:
        return f"hash of {secret}"

    def verify(self, hashed: str, secret: str) -> bool:
        self.verified.append(hashed)
        return hashed == self.hash(secret)

    def derive(self, label: str) -> bytes:
        return label.encode().ljust(32, b"\0")[:32]


class Counts:
    """A meter that keeps its counts."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, ...]] = Counter()

    def count(self, figure: str, **labels: str) -> None:
        self.seen[(figure, *labels.values())] += 1

    def gauge(self, figure: str, change: int) -> None:
        self.seen[(figure,)] += change


async def chunks(data: bytes, size: int = 64) -> AsyncIterator[bytes]:
    """The bytes as they come in."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def both(one: Any, other: Any) -> list[Any]:
    """Awaits two verbs at the same time; failures are answered as they are."""
    return list(await asyncio.gather(one, other, return_exceptions=True))
