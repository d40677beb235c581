"""Requests per minute, of a client, of its organization, and of what asks for tokens.

Answers tell the client how it stands in `RateLimit` and `RateLimit-Policy`; above it is 429 with `Retry-After`.
"""

from __future__ import annotations

import hashlib
import math
from typing import Final

from aiohttp import web

from gateway.api.context import CONTEXT
from gateway.domain.errors import TooManyRequestsError
from gateway.domain.identity import Caller
from gateway.domain.rates import Rate
from gateway.services.allowance import Standing

_STANDINGS: Final = web.RequestKey("standings", list[tuple[str, Standing]])


async def admit(request: web.Request, caller: Caller) -> None:
    """Counts a request of the caller. Raises TooManyRequestsError."""
    limits = request.app[CONTEXT].limits
    await _spend(request, "client", caller.actor, limits.per_client)
    await _spend(request, "organization", caller.organization, limits.per_organization)


async def admit_token_request(request: web.Request, client_id: str) -> None:
    """Counts a request for a token, by who is asked for and from where. Raises TooManyRequestsError."""
    hashed = hashlib.sha256(client_id.encode()).hexdigest()  # it may be anything
    await _spend(request, "token", f"{request.remote}:{hashed}", request.app[CONTEXT].limits.token_requests)


def tell(request: web.Request, response: web.StreamResponse) -> None:
    """Says in the answer how the request's allowances stand."""
    found = request.get(_STANDINGS)
    if found:
        policies = [f'"{name}";q={one.rate.limit};w={_seconds(one.rate)}' for name, one in found]
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(f'"{name}";r={one.remaining};t={one.seconds}' for name, one in found)


async def _spend(request: web.Request, name: str, whose: str, rate: Rate | None) -> None:
    if rate is None:
        return
    standings = request.setdefault(_STANDINGS, [])
    try:
        standings.append((name, await request.app[CONTEXT].allowances.spend(f"{name}:{whose}", rate)))
    except TooManyRequestsError as error:
        standings.append((name, Standing(rate, 0, max(1, math.ceil(error.retry_after.total_seconds())))))
        raise


def _seconds(rate: Rate) -> int:
    return int(rate.period.total_seconds())
