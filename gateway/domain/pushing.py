"""Delivering to a subscriber's own SFTP server: where it is, how it is known, and when a dead one is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.domain.deliveries import Gesture
from gateway.domain.retry import RetryPolicy

KIND: Final = "push"
"""The kind of the outgoing calls that are archives to be delivered; the id of such a call is that of its delivery."""

ACCOUNT_PREFIX: Final = "push:"
"""Begins the names of the accounts on whose behalf the gateway acts at subscribers' servers; nobody logs in by them."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A subscriber's SFTP server.

    `host_keys` are the pinned lines as OpenSSH keeps public keys; any of them may be shown, so that a rotation needs no
    moment at which both sides change. `directory` takes archives, `answers` (None: none) is looked through for answers.
    `password` and `key` (a private key as OpenSSH keeps it) are sealed wherever they are kept; without either the
    gateway's own key logs in. `acknowledge_on`: READ makes a finished upload the acknowledgement, ANSWER an answer.
    """

    host: str
    username: str
    host_keys: tuple[str, ...]
    port: int = 22
    directory: str = "."
    answers: str | None = None
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    acknowledge_on: frozenset[Gesture] = frozenset({Gesture.READ, Gesture.ANSWER})


@dataclass(frozen=True, slots=True)
class Manner:
    """How servers are dealt with. Waits in seconds.

    `connections`: servers at a time. `suffix`: of the temporary name. `private_targets`: whether servers may lie at
    addresses that are not of the internet, see `bridge.targets`. `answer_max_size` in bytes.
    """

    connections: int = 32
    connect_timeout: float = 10
    timeout: float = 60
    suffix: str = ".part"
    private_targets: bool = False
    answer_max_size: int = 2**30


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of a server that fails: until `open_until` nobody tries it; the next attempt is a probe."""

    failures: int = 0
    open_until: datetime | None = None
    last_error: str | None = None

    def after(self, error: str, now: datetime, policy: RetryPolicy, jitter: float) -> Breaker:
        """The breaker after one more failure: it opens for longer each time, and never gives up."""
        failures = self.failures + 1
        again = policy.next_attempt(min(failures, policy.attempts - 1), now, jitter)
        return Breaker(failures, again or now + policy.ceiling, error[:500])

    def lets(self, now: datetime) -> bool:
        """Whether the server may be tried now."""
        return self.open_until is None or self.open_until <= now


@dataclass(frozen=True, slots=True)
class PushState:
    """How pushing to one subscription stands, for operators."""

    subscription_id: str
    organization: str
    process: str
    host: str
    waiting: int
    dead: int
    oldest: datetime | None
    breaker: Breaker
    last_error: str | None = None
