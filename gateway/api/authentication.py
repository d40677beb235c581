"""Bearer tokens, and the roles that an operation is open to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from gateway.api import limits, parameters
from gateway.api.context import office_of
from gateway.api.errors import Refusal
from gateway.api.problems import native
from gateway.domain.errors import ForbiddenError, InvalidRequestError, UnauthorizedError
from gateway.domain.identity import Caller, Role
from gateway.services import authenticate

Operation = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPERATORS: Final = frozenset({Role.ADMIN})
RECIPIENTS: Final = frozenset({Role.SI, Role.ADMIN})
DEPOSITORS: Final = frozenset({Role.OSL, Role.ADMIN})
EVERYBODY: Final = frozenset({Role.OSL, Role.SI, Role.ADMIN})
REGISTRARS: Final = frozenset({Role.DATAPASS, Role.ADMIN})
ANYBODY: Final = frozenset(Role)
INVALID_CREDENTIALS: Final = "Invalid Credentials. Make sure you have provided the correct security credentials"


async def caller_of(request: web.Request) -> Caller:
    """Who asks. Raises UnauthorizedError, or InvalidRequestError when the client names its software wrongly."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not token:
        raise UnauthorizedError(INVALID_CREDENTIALS)
    partner, faults = parameters.partner(request)
    caller = await authenticate.bearer(office_of(request), token, partner)
    structlog.contextvars.bind_contextvars(caller=caller.organization, actor=caller.actor)
    if faults:
        raise InvalidRequestError(*parameters.every_fault(request))
    return caller


def entitled(operation: Operation, roles: frozenset[Role]) -> Handler:
    """The operation for callers in one of the roles; others get 401 or 403 before anything of theirs is read."""

    async def handler(request: web.Request) -> web.StreamResponse:
        caller = await caller_of(request)
        await limits.admit(request, caller)
        if native(request) and caller.lent:
            raise ForbiddenError(f"A client of another role is {caller.role} on the hub's paths alone")
        if caller.role not in roles:
            raise (
                ForbiddenError(f"This operation is open to: {', '.join(sorted(roles))}")
                if native(request)
                else (ForbiddenError)
            )
        return await operation(request, caller)

    return handler


def overridden(handler: Handler) -> Handler:
    """A PATCH for clients that can only POST: with `X-HTTP-Method-Override: PATCH`, else 405."""

    async def post(request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-HTTP-Method-Override", "").strip().upper() != "PATCH":
            raise Refusal(405, "Method not allowed: POST needs the header X-HTTP-Method-Override: PATCH")
        return await handler(request)

    return post
