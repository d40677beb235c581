"""Ports on the journal, idempotency records, outgoing calls, leases and figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from gateway.domain.deliveries import Gesture
from gateway.domain.figures import Snapshot
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry, Line
from gateway.domain.outgoing import Lease, Outgoing, OutgoingState, WebhookKeys


class Journal(Protocol):
    """Port on journal; see `store.journal`."""

    def write(
        self,
        entry: Entry,
        caller: Caller,
        now: datetime,
        *,
        folder_id: str | None = None,
        case_id: str | None = None,
        delivery_id: str | None = None,
        subscription_id: str | None = None,
        epoch: int | None = None,
        digest: bytes | None = None,
        detail: Mapping[str, Any] | None = None,
        personal: Mapping[str, Any] | None = None,
    ) -> None: ...
    def repeated(self, delivery_id: str, actor: str, gesture: Gesture, now: datetime) -> bool: ...
    def of_folder(self, folder_id: str, most: int = 1000) -> list[Line]: ...
    def after(self, seq: int, most: int = 1000) -> list[Line]: ...


class Idempotency(Protocol):
    """Port on idempotency; see `store.idempotency`."""

    def claim(self, client: str, key: str, request: bytes, now: datetime) -> tuple[bytes, str] | None: ...
    def answer(self, client: str, key: str, answer: str) -> None: ...
    def forget(self, before: datetime) -> int: ...


class Outbox(Protocol):
    """Port on outbox; see `store.outbox`."""

    def add(self, new: Outgoing) -> None: ...
    def claim(self, now: datetime, until: datetime, most: int) -> list[Outgoing]: ...
    def settle(
        self, call: Outgoing, state: OutgoingState, now: datetime, *, again_at: datetime | None, error: str | None
    ) -> bool: ...
    def in_state(self, state: OutgoingState, most: int) -> list[Outgoing]: ...
    def get(self, identifier: str) -> Outgoing | None: ...
    def of_subscription(
        self, subscription: str, state: OutgoingState | None, after: str, most: int
    ) -> list[Outgoing]: ...
    def replay(self, identifier: str, now: datetime) -> bool: ...


class Webhooks(Protocol):
    """Port on webhooks; see `store.webhooks`."""

    def keys(self, subscription: str) -> WebhookKeys: ...
    def point(self, subscription: str, url: str | None, now: datetime) -> None: ...
    def rotate(self, subscription: str, before: int, previous_until: datetime, now: datetime) -> bool: ...


class Rates(Protocol):
    """Port on rates; see `store.rates`."""

    def take(self, name: str, period: int, share: int, limit: int, expires_at: datetime) -> tuple[int, int]: ...
    def forget(self, now: datetime) -> int: ...


class Leases(Protocol):
    """Port on leases; see `store.leases`."""

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None: ...
    def release(self, name: str, holder: str) -> bool: ...


class Figures(Protocol):
    """Port on figures; see `store.figures`."""

    def snapshot(self) -> Snapshot: ...
    def legacy_until(self) -> dict[str, date]: ...
