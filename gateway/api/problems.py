"""Errors of the native operations: problem details (RFC 9457), every fault of the request listed.

What is not the caller's to know of is answered as if it did not exist: the hub's 403 for another organization's object
is a 404 here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from gateway.domain.errors import ConflictError, ForbiddenError, NotFoundError
from gateway.domain.plans import MoveTextError

NATIVE_BASE: Final = "/gateway/v1"
"""The prefix of the gateway's own operations, with their version."""
UNAUTHORIZED_USER: Final = ForbiddenError().message
_NOT_THERE: Final = "There is no such object for this caller: check the ids, and that the token is that of its owner"
_TITLES: Final[Mapping[int, str]] = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    409: "Conflict",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    417: "Expectation failed",
    422: "Unprocessable content",
    423: "Locked",
    428: "Precondition required",
    429: "Too many requests",
    460: "Checksum mismatch",
    500: "Internal error",
    503: "Unavailable",
}


def native(request: web.Request) -> bool:
    """Whether the request is for a native operation, so that its errors are problems."""
    return request.path.startswith(NATIVE_BASE + "/") or request.path == NATIVE_BASE


def problem(answer: web.Response, error: BaseException | None = None) -> web.Response:
    """The problem that says what an answer in the hub's error shape says; a conflict names the present state."""
    status, messages = answer.status, _messages(answer)
    if isinstance(error, NotFoundError) or (isinstance(error, ForbiddenError) and error.message == UNAUTHORIZED_USER):
        status, messages = 404, [_NOT_THERE]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, answer.reason),
        "status": status,
        "detail": messages[0],
    }
    if len(messages) > 1:
        body["errors"] = [{"detail": message} for message in messages]
    if isinstance(error, MoveTextError):
        places = ({"path": one.path, "line": one.line, "column": one.column} for one in error.found)
        body["errors"] = [{"detail": str(one), **place} for one, place in zip(error.found, places, strict=True)]
    if isinstance(error, ConflictError) and error.state:
        body["state"] = error.state
    kept = {name: value for name, value in answer.headers.items() if name not in ("Content-Type", "Content-Length")}
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        headers={**kept, "Content-Type": "application/problem+json"},
    )


def _messages(answer: web.Response) -> list[str]:
    assert isinstance(answer.body, bytes), "errors are small answers"
    return [fault["message"] for fault in json.loads(answer.body)["errors"]]
