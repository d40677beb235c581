"""Ports on what readiness is judged by, and on made-up dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.domain.identity import Mode
from gateway.domain.readiness import Facts


class Readiness(Protocol):
    """Port on readiness; see `store.readiness`."""

    def doubtful(self, now: datetime) -> set[str]: ...
    def facts(
        self, ids: Sequence[str], to: Mode, now: datetime, zone: ZoneInfo, move: str | None = None, *, whole: bool
    ) -> dict[str, Facts]: ...


class Synthetic(Protocol):
    """Port on made-up dossiers; see `store.synthetic`."""

    def of_subscription(self, subscription: str, most: int) -> list[str]: ...
    def purge(self, folder: str, now: datetime) -> None: ...
