"""Domain errors and faults of the protocol, in the hub's shape: `{"errors": [{"code": …, "message": "…"}]}`.

Where the hub says nothing: a reused idempotency key is 409; what can be tried again later is 503 with `Retry-After`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from gateway.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnreadError,
)

INVALID_CREDENTIALS: Final = 900901
_STATUSES: Final[Mapping[type[DomainError], int]] = {
    InvalidRequestError: 400,
    UnauthorizedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    UnreadError: 409,
    TooManyRequestsError: 429,
    UnavailableError: 503,
}
_MESSAGES: Final = {404: "Resource is not found", 405: "Method not allowed", 417: "Expectation is not known"}


class Refusal(Exception):  # noqa: N818 (an answer of the protocol, not a mistake in the program)
    """The request was refused by the door itself: `status` and `message` as answered, with further `headers`."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def answer(error: BaseException) -> web.Response | None:
    """The answer to a refused request, or None when the error is none that a caller may be told of."""
    if isinstance(error, Refusal):
        return error_response(error.status, error.message, headers=error.headers)
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, web.HTTPException):
        message = _MESSAGES.get(error.status, error.reason)
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return error_response(error.status, message, headers=allow)
    return None


def error_response(
    status: int, *messages: str, code: int | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer in the hub's shape; `code` of each error is the status unless given."""
    faults = [{"code": code or status, "message": message} for message in messages]
    return web.Response(
        status=status,
        body=json.dumps({"errors": faults}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def internal_error(identifier: str) -> web.Response:
    """The answer to what nobody foresaw: an id under which the log tells more, and nothing else."""
    return error_response(500, f"Internal server error, reference {identifier}")


def _domain(error: DomainError) -> web.Response | None:
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), None)
    if status is None:
        return None
    if isinstance(error, InvalidRequestError):
        return error_response(status, *error.faults)
    if isinstance(error, UnauthorizedError):
        headers = {"WWW-Authenticate": 'Bearer realm="gateway"'}
        return error_response(status, error.message, code=INVALID_CREDENTIALS, headers=headers)
    if isinstance(error, (UnavailableError, TooManyRequestsError)):
        seconds = max(1, math.ceil(error.retry_after.total_seconds()))
        return error_response(status, error.message, headers={"Retry-After": str(seconds)})
    return error_response(status, error.message)
