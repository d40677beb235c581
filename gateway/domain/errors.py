"""The few kinds of failure a verb can answer with; each door maps them to its protocol in its `errors.py`.

A message is written for the caller: what was wrong, where, what to do. It never names a path of the host, a
secret, or an organization that the caller has no right to know of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta


class DomainError(Exception):
    """A verb was refused. `message` may be shown to the caller as it is."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequestError(DomainError):
    """The request contradicts a rule. `faults` lists every one of them, the first being `message`."""

    def __init__(self, *faults: str) -> None:
        super().__init__(faults[0])
        self.faults = faults


class UnauthorizedError(DomainError):
    """The caller did not prove who it is."""


class ForbiddenError(DomainError):
    """The caller is known, may know that the object exists, and has no right on it."""

    def __init__(self, message: str = "Unauthorized user") -> None:
        super().__init__(message)


class NotFoundError(DomainError):
    """There is no such object for this caller; `noun` is its name as the doors show it."""

    def __init__(self, noun: str) -> None:
        super().__init__(f"{noun} is not found")
        self.noun = noun


class ConflictError(DomainError):
    """The request met another state than it assumed, for example a reused idempotency key.

    `state`: what the caller may know of the present state, by field.
    """

    def __init__(self, message: str, state: Mapping[str, str | None] | None = None) -> None:
        super().__init__(message)
        self.state = dict(state or {})


class UnreadError(DomainError):
    """An acknowledgement came for an archive that was never read whole, and the account does not allow that."""


class TooManyRequestsError(DomainError):
    """The caller's allowance is used up; there is a new one after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(DomainError):
    """Nothing is wrong with the request; it can be repeated after `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after
